"""The names that an expression may use, and what they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from runtime.expression.value_types import ANY, DOUBLE, INT, TEXT, ValueKind, ValueType
from runtime.model.lazy.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record: an attribute of that name."""

    name: str
    type: ValueType
    about: str
    """What it is, in half a sentence."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A function that takes one text and gives an object: `queue("a -> b")`.

    It is asked of the record as `look_up(name, text)`; a field may have the same name.
    """

    name: str
    members: Mapping[str, ValueType] = field(hash=False)
    about: str


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The fields and lookups of one sort of record."""

    fields: tuple[Field, ...]
    lookups: tuple[Lookup, ...] = ()
    unavailable: tuple[tuple[str, str], ...] = ()
    """Fields of other records, each with the reason why it is none here."""

    def field_type(self, name: str) -> ValueType | None:
        """What a field is; None for another name."""
        return next((one.type for one in self.fields if one.name == name), None)

    def lookup(self, name: str) -> Lookup | None:
        """The lookup of that name."""
        return next((one for one in self.lookups if one.name == name), None)

    def without(self, names: tuple[str, ...], reason: str) -> Vocabulary:
        """The vocabulary where some fields are not known yet, for a reason."""
        kept = tuple(one for one in self.fields if one.name not in names)
        return Vocabulary(kept, self.lookups, (*self.unavailable, *((n, reason) for n in names)))


OUTPUT_MEMBERS: Mapping[str, ValueType] = {
    "port": TEXT,
    "seq": INT,
    "size": INT,
    "content_type": TEXT,
    "text": TEXT,
    "json": ANY,
}
"""What one of `outputs` has."""

ELEMENT_FIELDS = frozenset({"seq", "size", "content_type", "text", "json"})
"""Fields of an element, which a call may be without."""

CALL = Vocabulary(
    (
        Field("node", TEXT, "the node's name"),
        Field("export", TEXT, "the function that is called: process, route, pull, …"),
        Field("port", TEXT, "the output port the element came from, or goes to"),
        Field("edge", TEXT, 'the edge the element came by, or goes into: "a:port -> b"'),
        Field("seq", INT, "the element's number at its source, from 0"),
        Field("size", INT, "bytes of the payload"),
        Field("content_type", TEXT, "the element's content type"),
        Field("text", TEXT, "the payload as text"),
        Field("json", ANY, "the payload as JSON: json.user.name, json.items[0]"),
        Field("ms", DOUBLE, "how long the call took, in milliseconds"),
        Field("fuel", INT, "fuel that the call used"),
        Field("hits", INT, "how often the condition held before"),
        Field(
            "outputs",
            ValueType(ValueKind.LIST, ValueType(ValueKind.OBJECT, members=OUTPUT_MEMBERS)),
            "what the call put out: outputs[0].json, outputs.size()",
        ),
    )
)
"""A call that was made, and its element."""

NEXT_CALL = CALL.without(
    ("ms", "fuel", "outputs"), "is known when the call has been made, not before it"
)
"""A call that is about to be made."""
