"""Which handler takes which request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

R = TypeVar("R")


class RequestTable:
    """One handler for each type of request."""

    def __init__(self) -> None:
        self._handlers: dict[type[Any], Callable[[Any], object]] = {}

    def on(self, kind: type[R], handler: Callable[[R], object]) -> None:
        """Have `handler` take the requests of a type."""
        self._handlers[kind] = handler

    @property
    def kinds(self) -> frozenset[type[Any]]:
        """The types that have a handler."""
        return frozenset(self._handlers)

    def handle(self, request: object) -> None:
        """Give a request to its handler. Raises `KeyError` for a type that has none."""
        self._handlers[type(request)](request)
