"""Elements that were seen lately, kept for the inspector."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from runtime.model.element import Element
from runtime.model.events import CallFinished

RECENT_BYTES = 32 * 1024 * 1024
"""Memory of the calls whose elements can be inspected after they left the flow."""
BATCH_CALLS = 256
"""Most calls that are forgotten at once."""
BATCHES = 16
"""Least batches in which the memory is used: so little of it is free after one is forgotten."""
KEPT_CHANGES = 10_000
"""Elements of which it is kept that they were put in or edited by hand."""


class _Batch:
    """Calls that came one after the other, with an index of their elements once one is asked for.

    Nearly all elements are never asked for, and an index of each is what costs.
    """

    __slots__ = ("_indexed", "_seen", "calls", "size")

    def __init__(self) -> None:
        self.calls: list[CallFinished] = []
        self.size = 0
        """In bytes."""
        self._seen: dict[int, Element] = {}
        self._indexed = 0
        """Calls that the index has."""

    def seen(self) -> dict[int, Element]:
        """What went into its calls, and what came out of them as it was delivered, by id."""
        seen = self._seen
        if self._indexed < len(self.calls):
            for call, _, _, outputs, deliveries in self.calls[self._indexed :]:
                if call.element is not None:
                    seen[call.element.id] = call.element
                # Of an output that is delivered, the delivery has the same element.
                for element in outputs:
                    seen[element.id] = element
                for _, element, _ in deliveries:
                    seen[element.id] = element
            self._indexed = len(self.calls)
        return seen


class RecentElements:
    """Elements of the last calls, by id, bounded by the memory of these calls."""

    def __init__(self, limit: int = RECENT_BYTES) -> None:
        """`limit` is in bytes."""
        self._limit = limit
        self._bytes = 0
        self._batches: deque[_Batch] = deque([_Batch()])
        self._injected_at: dict[int, int] = {}
        self._edited: dict[int, None] = {}

    def add_calls(self, calls: Sequence[CallFinished], size: int) -> None:
        """Keep the elements of calls, whose memory is `size`; those of the oldest make room."""
        batch = self._batches[-1]
        batch.calls += calls
        batch.size += size
        self._bytes += size
        if len(batch.calls) >= BATCH_CALLS or batch.size > self._limit // BATCHES:
            self._batches.append(_Batch())
            while self._bytes > self._limit and len(self._batches) > 2:
                self._bytes -= self._batches.popleft().size

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
        self._batches, self._bytes = deque([_Batch()]), 0

    def get(self, element_id: int) -> Element | None:
        """The element as it was last seen, or None."""
        for batch in reversed(self._batches):
            found = batch.seen().get(element_id)
            if found is not None:
                return found
        return None

    def __iter__(self) -> Iterator[Element]:
        return iter(self._all().values())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[int, Element]:
        found: dict[int, Element] = {}
        for batch in self._batches:
            found |= batch.seen()
        return found
