"""What components printed, on its way to the screen, bounded for each node."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping, Set
from functools import partial
from itertools import chain, groupby, repeat
from operator import eq, itemgetter
from typing import NamedTuple

from runtime.model.events import CallFinished, Event
from runtime.protocol.logs.printed_chunks import PrintedChunk, PrintedChunks

PRINTED_PENDING_BYTES = 256 * 1024
"""Printed bytes kept for one node between two polls."""
PRINTED_AGAIN_BYTES = 1024 * 1024
"""Printed bytes of one node that can be shown again after they were given out."""


_CHUNK = partial(tuple.__new__, PrintedChunk)
"""Makes one of its fields, at a third of what its own constructor costs."""

_Written = tuple[str, str, bytes, int, bool]
"""Node, stream, bytes, call, and whether the stream is granted: a plain tuple, as there is one for
each line that a flow prints."""


class OutputBuffer:
    """Printed bytes on their way to the screen, bounded for each node. For any thread."""

    def __init__(
        self, limit: int = PRINTED_PENDING_BYTES, again: int = PRINTED_AGAIN_BYTES
    ) -> None:
        """Bytes of each node that are kept until `take`, and after it for `take_all`."""
        self.muted = False
        """True while nothing that is printed is kept."""
        self._lock = threading.RLock()
        self._limit = limit
        self._fresh: list[_Written] = []
        """What was written and not counted yet; it comes after the rest."""
        self._fresh_bytes = 0
        self._written: deque[_Written] = deque()
        self._sequences: dict[int, int] = {}
        """Of the elements that calls worked on which printed chunks, by the calls' numbers."""
        self._unordered: set[int] = set()
        """Calls that wrote to both streams in an order that is not known."""
        self._pending: dict[str, int] = {}
        self._lost: dict[str, int] = {}
        self._given = _Given(again)
        self._printed: dict[str, int] = {}

    def totals(self) -> dict[str, int]:
        """Bytes that were ever printed, by node."""
        with self._lock:
            self._count()
            return dict(self._printed)

    def begin_after(self, printed: Mapping[str, int]) -> None:
        """So many bytes were printed before, by node: they count as lost."""
        with self._lock:
            for node, size in printed.items():
                self._printed[node] = self._printed.get(node, 0) + size
                self._lose(node, size)

    def printed(
        self,
        node: str,
        call: int,
        stream: str,
        data: bytes,
        granted: bool,
        order_known: bool = True,
    ) -> None:
        """Keep what a component wrote; see `OnPrint`. `link` says of which element.

        The node's oldest chunks make room, and are counted as lost.
        """
        if self.muted:
            return
        # There is one for each line that a flow prints: what can wait is done for many at once.
        with self._lock:
            self._fresh.append((node, stream, data, call, granted))
            if not order_known:
                self._unordered.add(call)
            self._fresh_bytes += len(data)
            if self._fresh_bytes > self._limit:
                self._count()

    def _count(self) -> None:
        """Count what was written since the last time, and keep each node within its bound."""
        fresh, self._fresh, self._fresh_bytes = self._fresh, [], 0
        limit, totals = self._limit, self._printed
        by_node: dict[str, int] = {}
        for index, (node, stream, data, call, granted) in enumerate(fresh):
            size = len(data)
            if size > limit:
                over = size - limit
                totals[node] = totals.get(node, 0) + over
                self._lose(node, over)
                fresh[index] = (node, stream, data[over:], call, granted)
                size = limit
            by_node[node] = by_node.get(node, 0) + size
        self._written += fresh
        for node, size in by_node.items():
            totals[node] = totals.get(node, 0) + size
            self._pending[node] = pending = self._pending.get(node, 0) + size
            if pending > 2 * limit:
                self._trim(node)

    def link(self, sequences: Mapping[int, int]) -> None:
        """Say on which elements calls worked, among them those whose chunks came last.

        By the calls' numbers, the elements' sequences.
        """
        with self._lock:
            if self._fresh or self._written:
                self._sequences.update(sequences)

    def take(self) -> tuple[tuple[PrintedChunk, ...], tuple[tuple[str, int], ...]]:
        """Everything kept, and the bytes lost by node, since the last time."""
        with self._lock:
            self._count()
            if not self._written and not self._lost:
                return (), ()
            for node, pending in list(self._pending.items()):
                if pending > self._limit:
                    self._trim(node)
            chunks = PrintedChunks()
            if self._written:
                chunks = _joined(self._written, self._sequences, self._unordered)
            lost = tuple(self._lost.items())
            self._given.add(chunks, self._pending, self._lost)
            self._written.clear()
            self._sequences.clear()
            self._unordered.clear()
            self._pending.clear()
            self._lost.clear()
            return chunks, lost

    def take_all(self) -> tuple[tuple[PrintedChunk, ...], tuple[tuple[str, int], ...]]:
        """As `take`, with what was given out before once more, as far as it is kept."""
        with self._lock:
            self.take()
            return self._given.chunks(), self._given.lost()

    def clear(self) -> None:
        """Forget what is kept."""
        with self._lock:
            self._count()
            self._written.clear()
            self._sequences.clear()
            self._unordered.clear()
            self._pending.clear()
            self._given.clear()

    def _lose(self, node: str, size: int) -> None:
        self._lost[node] = self._lost.get(node, 0) + size

    def _trim(self, node: str) -> None:
        """Forget the node's oldest chunks; amortised, it runs once in a limit's worth of bytes."""
        over = self._pending[node] - self._limit
        kept: deque[_Written] = deque()
        for one in self._written:
            if over > 0 and one[0] == node:
                size = len(one[2])
                over -= size
                self._pending[node] -= size
                self._lose(node, size)
            else:
                kept.append(one)
        self._written = kept
        left = {one[3] for one in kept}
        self._sequences = {call: one for call, one in self._sequences.items() if call in left}
        self._unordered &= left


def sequences_of(events: Iterable[Event]) -> dict[int, int]:
    """By the number of each call that printed, the sequence of the element it worked on."""
    return {
        event.call.number: event.call.element.sequence
        for event in events
        if type(event) is CallFinished and event.call.element is not None and event.answer.printed
    }


class _Batch(NamedTuple):
    """What was given out at once."""

    chunks: tuple[PrintedChunk, ...]
    """In the order they were printed; at least one."""
    sizes: dict[str, int]
    """Bytes by node."""

    def without(self, node: str) -> _Batch:
        """What other nodes printed."""
        sizes = {other: size for other, size in self.sizes.items() if other != node}
        if not sizes:
            return _Batch((), sizes)
        return _Batch(tuple([one for one in self.chunks if one.node != node]), sizes)


class _Given:
    """What was given out, as far as it can be shown again."""

    def __init__(self, limit: int) -> None:
        """`limit` is in bytes of each node."""
        self._limit = limit
        self._batches: list[_Batch] = []
        """In the order they were given out."""
        self._bytes: dict[str, int] = {}
        """Kept of each node."""
        self._lost: dict[str, int] = {}

    def add(
        self, chunks: tuple[PrintedChunk, ...], sizes: Mapping[str, int], lost: Mapping[str, int]
    ) -> None:
        """Keep chunks, and how many bytes of each node they have, and how many were lost."""
        if chunks:
            self._batches.append(_Batch(chunks, dict(sizes)))
        for node, size in lost.items():
            self._lost[node] = self._lost.get(node, 0) + size
        for node, size in sizes.items():
            self._bytes[node] = self._bytes.get(node, 0) + size
            if self._bytes[node] > 2 * self._limit:
                self._forget(node)

    def chunks(self) -> tuple[PrintedChunk, ...]:
        """All that is kept, in the order it was printed."""
        for node in self._bytes:
            self._forget(node)
            self._trim(node)
        return tuple(chain.from_iterable(batch.chunks for batch in self._batches))

    def lost(self) -> tuple[tuple[str, int], ...]:
        """Bytes that are not kept, by node."""
        return tuple(self._lost.items())

    def clear(self) -> None:
        """Forget what is kept."""
        self._batches.clear()
        self._bytes.clear()
        self._lost.clear()

    def _forget(self, node: str) -> None:
        """Forget what the node printed first, batch by batch, as long as a whole one is over."""
        for at, batch in enumerate(self._batches):
            size = batch.sizes.get(node, 0)
            if self._bytes[node] - size < self._limit:
                break
            if node in batch.sizes:
                self._batches[at] = batch.without(node)
                self._lose(node, size)
        self._batches = [batch for batch in self._batches if batch.sizes]

    def _trim(self, node: str) -> None:
        """Forget the node's oldest chunks of the first batch that has any."""
        if self._bytes[node] <= self._limit:
            return
        at = next(at for at, batch in enumerate(self._batches) if batch.sizes.get(node))
        batch = self._batches[at]
        kept = []
        for chunk in batch.chunks:
            if chunk.node == node and self._bytes[node] > self._limit:
                batch.sizes[node] -= len(chunk.data)
                self._lose(node, len(chunk.data))
            else:
                kept.append(chunk)
        self._batches[at : at + 1] = [_Batch(tuple(kept), batch.sizes)] if kept else []

    def _lose(self, node: str, size: int) -> None:
        self._bytes[node] -= size
        self._lost[node] = self._lost.get(node, 0) + size


def _joined(
    written: Iterable[_Written], sequences: Mapping[int, int], unordered: Set[int]
) -> PrintedChunks:
    """What was written, with the sequences of the calls' elements and the calls without order.

    Neighbours of one call and stream are put together: fewer cross the pipe.
    """
    nodes, streams, data, calls, granted = zip(*written, strict=True)
    if any(map(eq, calls, calls[1:])):
        groups = groupby(written, key=itemgetter(0, 1, 3, 4))
        whole = [(*origin, b"".join([one[2] for one in group])) for origin, group in groups]
        nodes, streams, calls, granted, data = zip(*whole, strict=True)
    ordered = [call not in unordered for call in calls] if unordered else repeat(True, len(calls))
    columns = nodes, streams, data, calls, map(sequences.get, calls), granted, ordered
    return PrintedChunks(map(_CHUNK, zip(*columns, strict=True)))
