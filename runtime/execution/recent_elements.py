"""Elements that were seen lately, kept for the inspector."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.model.element import Element
from runtime.model.events import CallFinished

RECENT_BYTES = 32 * 1024 * 1024
"""Payload bytes of elements kept for inspection after they left the flow."""
ELEMENT_OVERHEAD_BYTES = 400
"""What an element without payload is counted as."""
KEPT_CHANGES = 10_000
"""Elements of which it is kept that they were put in or edited by hand."""


class RecentElements:
    """Elements seen lately, by id, bounded by their payloads' bytes.

    There are two halves. What is seen goes into the younger one, and when that is full it becomes
    the older one, whose elements go: so keeping an element is little more than putting it into a
    dictionary, which is done several times a call.
    """

    def __init__(self, limit: int = RECENT_BYTES) -> None:
        """`limit` is in bytes; at least the elements of the last half of it are kept."""
        self._half = limit // 2
        self._bytes = 0
        """Of the younger half."""
        self._young: dict[int, Element] = {}
        self._old: dict[int, Element] = {}
        self._injected_at: dict[int, int] = {}
        self._edited: dict[int, None] = {}

    def add(self, element: Element) -> None:
        """Keep an element as it is now; the oldest ones make room."""
        if element.id not in self._young:
            size = len(element.payload.data) + ELEMENT_OVERHEAD_BYTES
            self._bytes += size
            if self._bytes > self._half and self._young:
                self._young, self._old, self._bytes = {}, self._young, size
        self._young[element.id] = element

    def add_call(self, event: CallFinished) -> None:
        """Keep what went into a call, and what came out of it as it was delivered."""
        call, _, _, outputs, deliveries = event
        element = call.element
        if element is not None:
            self.add(element)
        for _, element, _ in deliveries:
            self.add(element)
        for element in outputs:
            if element.id not in self._young:
                self.add(element)

    def note_injected(self, element_id: int, at_ns: int) -> None:
        """It was put in from outside at that flow time."""
        self._injected_at[element_id] = at_ns
        if len(self._injected_at) > KEPT_CHANGES:
            del self._injected_at[next(iter(self._injected_at))]

    def note_edited(self, element_id: int) -> None:
        """It was given another payload."""
        self._edited[element_id] = None
        if len(self._edited) > KEPT_CHANGES:
            del self._edited[next(iter(self._edited))]

    def is_edited(self, element_id: int) -> bool:
        """True when it has another payload than it was given with."""
        return element_id in self._edited

    def given_at(self, element: Element) -> int | None:
        """Flow time when it came into its queue, or was held before it; None when not kept."""
        if element.path:
            last = element.path[-1]
            return last.at_ns + last.duration_ns
        return self._injected_at.get(element.id)

    def clear(self) -> None:
        """Forget every element."""
        self._young, self._old, self._bytes = {}, {}, 0

    def get(self, element_id: int) -> Element | None:
        """The element as it was last seen, or None."""
        return self._young.get(element_id) or self._old.get(element_id)

    def __iter__(self) -> Iterator[Element]:
        return iter({**self._old, **self._young}.values())

    def __len__(self) -> int:
        return len(self._old.keys() | self._young.keys())
