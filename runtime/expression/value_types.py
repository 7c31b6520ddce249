"""What a value in an expression can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of values, by the words they are told in."""

    BOOL = "true or false"
    INT = "a whole number"
    DOUBLE = "a decimal number"
    TEXT = "text"
    NULL = "null"
    LIST = "a list"
    OBJECT = "an object"
    ANY = "any value"
    """Known only when it is evaluated: what stands in JSON."""


@dataclass(frozen=True, slots=True)
class ValueType:
    """A kind, and what is known of what is in it."""

    kind: Kind
    item: ValueType | None = None
    """Of a list: what each of its items is."""
    members: Mapping[str, ValueType] | None = field(default=None, hash=False)
    """Of an object: what it has. None where that is not known."""

    @property
    def is_number(self) -> bool:
        """True for both kinds of numbers."""
        return self.kind in (Kind.INT, Kind.DOUBLE)


BOOL = ValueType(Kind.BOOL)
INT = ValueType(Kind.INT)
DOUBLE = ValueType(Kind.DOUBLE)
TEXT = ValueType(Kind.TEXT)
NULL = ValueType(Kind.NULL)
LIST = ValueType(Kind.LIST)
OBJECT = ValueType(Kind.OBJECT)
ANY = ValueType(Kind.ANY)


def kind_of(value: object) -> Kind:
    """The kind of a value that was read from JSON, or made by an expression."""
    match value:
        case bool():
            return Kind.BOOL
        case int():
            return Kind.INT
        case float():
            return Kind.DOUBLE
        case str():
            return Kind.TEXT
        case None:
            return Kind.NULL
        case list() | tuple():
            return Kind.LIST
        case _:
            return Kind.OBJECT
