"""What a condition behind `/` may ask of a thing: its fields' names, and how each is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, NamedTuple, TypeVar

from runtime.expression.expression_error import MissingError
from runtime.expression.value_types import ValueType
from runtime.expression.vocabulary import Field, Vocabulary

T = TypeVar("T")


class SearchedField(NamedTuple, Generic[T]):
    """A field of a thing that is searched."""

    name: str
    type: ValueType
    about: str
    """What it is, in half a sentence."""
    read: Callable[[T], object]
    """Its value. Raises `MissingError` for a thing that has none."""


class SearchedFields(Generic[T]):
    """The fields of one sort of thing."""

    def __init__(self, *fields: SearchedField[T]) -> None:
        self.vocabulary = Vocabulary(tuple(Field(one.name, one.type, one.about) for one in fields))
        """The names that a condition may use."""
        self._read = {one.name: one.read for one in fields}

    def record(self, thing: T) -> object:
        """What a condition is asked of: an object whose attributes are the fields."""
        return _Record(self._read, thing)


class _Record(Generic[T]):
    """Fields are read when they are asked for: most conditions ask for one."""

    __slots__ = ("_read", "_thing")

    def __init__(self, read: Mapping[str, Callable[[T], object]], thing: T) -> None:
        self._read, self._thing = read, thing

    def __getattr__(self, name: str) -> object:
        read = self._read.get(name)
        if read is None:
            raise AttributeError(name)
        return read(self._thing)


def there(value: T | None, reason: str) -> T:
    """A value that is there. Raises `MissingError` with the reason why it is not."""
    if value is None:
        raise MissingError(reason)
    return value
