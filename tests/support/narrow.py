"""Says of a value what a test knows of it, for the type checker and as an assertion."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def present(value: T | None) -> T:
    """The value, which is there."""
    assert value is not None
    return value


def only(kind: type[T], value: object) -> T:
    """The value, which is of this type."""
    assert isinstance(value, kind), value
    return value
