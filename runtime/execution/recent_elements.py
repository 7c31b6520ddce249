"""Elements that were seen lately, kept for the inspector."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from runtime.model.element import Element

RECENT_BYTES = 32 * 1024 * 1024
"""Payload bytes of elements kept for inspection after they left the flow."""
ELEMENT_OVERHEAD_BYTES = 400
"""What an element without payload is counted as."""


class RecentElements:
    """Elements seen lately, by id, bounded by their payloads' bytes."""

    def __init__(self, limit: int = RECENT_BYTES) -> None:
        self._limit = limit
        self._bytes = 0
        self._elements: OrderedDict[int, Element] = OrderedDict()

    def add(self, element: Element) -> None:
        """Keep an element; the oldest ones make room."""
        previous = self._elements.pop(element.id, None)
        if previous is not None:
            self._bytes -= _size(previous)
        self._elements[element.id] = element
        self._bytes += _size(element)
        while self._bytes > self._limit and len(self._elements) > 1:
            _, oldest = self._elements.popitem(last=False)
            self._bytes -= _size(oldest)

    def clear(self) -> None:
        """Forget every element."""
        self._elements.clear()
        self._bytes = 0

    def get(self, element_id: int) -> Element | None:
        """The element as it was last seen, or None."""
        return self._elements.get(element_id)

    def __iter__(self) -> Iterator[Element]:
        return iter(self._elements.values())

    def __len__(self) -> int:
        return len(self._elements)


def _size(element: Element) -> int:
    return len(element.payload.data) + ELEMENT_OVERHEAD_BYTES
