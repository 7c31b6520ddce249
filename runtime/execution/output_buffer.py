"""What components printed, on its way to the screen, bounded for each node."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import eq, itemgetter

from runtime.model.events import CallFinished, Event
from runtime.protocol.printed_chunks import PrintedChunks
from runtime.protocol.updates import PrintedChunk

PRINTED_PENDING_BYTES = 256 * 1024
"""Printed bytes kept for one node between two polls."""
PRINTED_AGAIN_BYTES = 1024 * 1024
"""Printed bytes of one node that can be shown again after they were given out."""


_Written = tuple[str, str, bytes, int, bool]
"""Node, stream, bytes, call, and whether the stream is granted: a plain tuple, as there is one for
each line that a flow prints."""


class OutputBuffer:
    """Printed bytes on their way to the screen, bounded for each node. For any thread."""

    def __init__(self, limit: int = PRINTED_PENDING_BYTES) -> None:
        self._lock = threading.RLock()
        self._limit = limit
        self._written: deque[_Written] = deque()
        self._sequences: dict[int, int] = {}
        """Of the elements that calls worked on which printed chunks, by the calls' numbers."""
        self._pending: dict[str, int] = {}
        self._lost: dict[str, int] = {}
        self._given: dict[str, _Given] = {}
        self._given_count = 0
        self._printed: dict[str, int] = {}

    def totals(self) -> dict[str, int]:
        """Bytes that were ever printed, by node."""
        with self._lock:
            return dict(self._printed)

    def begin_after(self, printed: Mapping[str, int]) -> None:
        """So many bytes were printed before, by node: they count as lost."""
        with self._lock:
            for node, size in printed.items():
                self._printed[node] = self._printed.get(node, 0) + size
                self._lose(node, size)

    def printed(self, node: str, call: int, stream: str, data: bytes, granted: bool) -> None:
        """Keep what a component wrote; `link` says of which element.

        The node's oldest chunks make room, and are counted as lost.
        """
        size, limit = len(data), self._limit
        with self._lock:
            self._printed[node] = self._printed.get(node, 0) + size
            if size > limit:
                over = size - limit
                self._lose(node, over)
                data, size = data[over:], limit
            self._written.append((node, stream, data, call, granted))
            self._pending[node] = pending = self._pending.get(node, 0) + size
            if pending > 2 * limit:
                self._trim(node)

    def link(self, sequences: Mapping[int, int]) -> None:
        """Say on which elements calls worked, among them those whose chunks came last.

        By the calls' numbers, the elements' sequences.
        """
        with self._lock:
            if self._written:
                self._sequences.update(sequences)

    def take(self) -> tuple[tuple[PrintedChunk, ...], tuple[tuple[str, int], ...]]:
        """Everything kept, and the bytes lost by node, since the last time."""
        with self._lock:
            if not self._written and not self._lost:
                return (), ()
            for node, pending in list(self._pending.items()):
                if pending > self._limit:
                    self._trim(node)
            chunks = _joined(self._written, self._sequences) if self._written else PrintedChunks()
            lost = tuple(self._lost.items())
            self._remember(chunks)
            self._written.clear()
            self._sequences.clear()
            self._pending.clear()
            self._lost.clear()
            return chunks, lost

    def take_all(self) -> tuple[tuple[PrintedChunk, ...], tuple[tuple[str, int], ...]]:
        """As `take`, with what was given out before once more, as far as it is kept."""
        with self._lock:
            self.take()
            given = self._given.values()
            lost = tuple((item.node, item.lost) for item in given if item.lost)
            ordered = sorted((entry for item in given for entry in item.chunks), key=itemgetter(0))
        return tuple(chunk for _, chunk in ordered), lost

    def clear(self) -> None:
        """Forget what is kept."""
        with self._lock:
            self._written.clear()
            self._sequences.clear()
            self._pending.clear()
            self._given.clear()

    def _remember(self, chunks: Sequence[PrintedChunk]) -> None:
        for node, lost in self._lost.items():
            self._given.setdefault(node, _Given(node)).lost += lost
        by_node: dict[str, list[tuple[int, PrintedChunk]]] = {}
        for entry in enumerate(chunks, self._given_count):
            node = entry[1].node
            if node in by_node:
                by_node[node].append(entry)
            else:
                by_node[node] = [entry]
        self._given_count += len(chunks)
        for node, entries in by_node.items():
            self._given.setdefault(node, _Given(node)).extend(entries)

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


def sequences_of(events: Iterable[Event]) -> dict[int, int]:
    """By the number of each call that printed, the sequence of the element it worked on."""
    return {
        event.call.number: event.call.element.sequence
        for event in events
        if type(event) is CallFinished and event.call.element is not None and event.answer.printed
    }


class _Given:
    """What one node printed that was given out."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.chunks: deque[tuple[int, PrintedChunk]] = deque()
        """With their place among those of all nodes."""
        self.lost = 0
        """Bytes that are not kept any more."""
        self._bytes = 0

    def extend(self, entries: Sequence[tuple[int, PrintedChunk]]) -> None:
        """Keep chunks with their places; the oldest ones make room."""
        self.chunks += entries
        self._bytes += sum([len(chunk.data) for _, chunk in entries])
        while self._bytes > PRINTED_AGAIN_BYTES and len(self.chunks) > 1:
            over = len(self.chunks.popleft()[1].data)
            self._bytes -= over
            self.lost += over


def _joined(written: Iterable[_Written], sequences: Mapping[int, int]) -> PrintedChunks:
    """What was written, with the sequences of the calls' elements.

    Neighbours of one call and stream are put together: fewer cross the pipe.
    """
    nodes, streams, data, calls, granted = zip(*written, strict=True)
    if any(map(eq, calls, calls[1:])):
        groups = groupby(written, key=itemgetter(0, 1, 3, 4))
        whole = [(*origin, b"".join([one[2] for one in group])) for origin, group in groups]
        nodes, streams, calls, granted, data = zip(*whole, strict=True)
    columns = nodes, streams, data, calls, map(sequences.get, calls), granted
    return PrintedChunks(map(PrintedChunk._make, zip(*columns, strict=True)))
