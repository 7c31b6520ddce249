"""What a value in an expression can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from runtime.model.lazy.dataclass import dataclass


class ValueKind(StrEnum):
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

    kind: ValueKind
    item: ValueType | None = None
    """Of a list: what each of its items is."""
    members: Mapping[str, ValueType] | None = field(default=None, hash=False)
    """Of an object: what it has. None where that is not known."""

    @property
    def is_number(self) -> bool:
        """True for both kinds of numbers."""
        return self.kind in (ValueKind.INT, ValueKind.DOUBLE)


BOOL = ValueType(ValueKind.BOOL)
INT = ValueType(ValueKind.INT)
DOUBLE = ValueType(ValueKind.DOUBLE)
TEXT = ValueType(ValueKind.TEXT)
NULL = ValueType(ValueKind.NULL)
LIST = ValueType(ValueKind.LIST)
OBJECT = ValueType(ValueKind.OBJECT)
ANY = ValueType(ValueKind.ANY)


def kind_of(value: object) -> ValueKind:
    """The kind of a value that was read from JSON, or made by an expression."""
    match value:
        case bool():
            return ValueKind.BOOL
        case int():
            return ValueKind.INT
        case float():
            return ValueKind.DOUBLE
        case str():
            return ValueKind.TEXT
        case None:
            return ValueKind.NULL
        case list() | tuple():
            return ValueKind.LIST
        case _:
            return ValueKind.OBJECT
