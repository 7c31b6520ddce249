"""What components printed, on its way to the screen, bounded for each node."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter

from runtime.protocol.updates import PrintedChunk

PRINTED_PENDING_BYTES = 256 * 1024
"""Printed bytes kept for one node between two polls."""
PRINTED_AGAIN_BYTES = 1024 * 1024
"""Printed bytes of one node that can be shown again after they were given out."""


class OutputBuffer:
    """Printed bytes on their way to the screen, bounded for each node. For any thread."""

    def __init__(self, limit: int = PRINTED_PENDING_BYTES) -> None:
        self._lock = threading.RLock()
        self._limit = limit
        self._chunks: deque[PrintedChunk] = deque()
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
        """Keep what a component wrote; `link` says of which element."""
        self.add(PrintedChunk(node, stream, data, call, None, granted))

    def add(self, chunk: PrintedChunk) -> None:
        """Keep a chunk; the node's oldest ones make room, and are counted as lost."""
        size = len(chunk.data)
        node, limit = chunk.node, self._limit
        with self._lock:
            self._printed[node] = self._printed.get(node, 0) + size
            if size > limit:
                over = size - limit
                self._lose(node, over)
                chunk = chunk._replace(data=chunk.data[over:])
                size = limit
            self._chunks.append(chunk)
            self._pending[node] = pending = self._pending.get(node, 0) + size
            if pending > 2 * limit:
                self._trim(node)

    def link(self, sequences: Mapping[int, int]) -> None:
        """Say on which elements calls worked, among them those whose chunks came last.

        By the calls' numbers, the elements' sequences.
        """
        with self._lock:
            if self._chunks:
                self._sequences.update(sequences)

    def take(self) -> tuple[tuple[PrintedChunk, ...], tuple[tuple[str, int], ...]]:
        """Everything kept, and the bytes lost by node, since the last time."""
        with self._lock:
            if not self._chunks and not self._lost:
                return (), ()
            for node, pending in list(self._pending.items()):
                if pending > self._limit:
                    self._trim(node)
            chunks = tuple(_joined(self._chunks, self._sequences))
            lost = tuple(self._lost.items())
            self._remember(chunks)
            self._chunks.clear()
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
            self._chunks.clear()
            self._sequences.clear()
            self._pending.clear()
            self._given.clear()

    def _remember(self, chunks: Iterable[PrintedChunk]) -> None:
        for node, lost in self._lost.items():
            self._given.setdefault(node, _Given(node)).lost += lost
        for chunk in chunks:
            given = self._given.get(chunk.node)
            if given is None:
                given = self._given[chunk.node] = _Given(chunk.node)
            self._given_count += 1
            given.add(self._given_count, chunk)

    def _lose(self, node: str, size: int) -> None:
        self._lost[node] = self._lost.get(node, 0) + size

    def _trim(self, node: str) -> None:
        """Forget the node's oldest chunks; amortised, it runs once in a limit's worth of bytes."""
        over = self._pending[node] - self._limit
        kept: deque[PrintedChunk] = deque()
        for chunk in self._chunks:
            if over > 0 and chunk.node == node:
                over -= len(chunk.data)
                self._pending[node] -= len(chunk.data)
                self._lose(node, len(chunk.data))
            else:
                kept.append(chunk)
        self._chunks = kept
        left = {chunk.call for chunk in kept}
        self._sequences = {call: one for call, one in self._sequences.items() if call in left}


class _Given:
    """What one node printed that was given out."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.chunks: deque[tuple[int, PrintedChunk]] = deque()
        """With their place among those of all nodes."""
        self.lost = 0
        """Bytes that are not kept any more."""
        self._bytes = 0

    def add(self, place: int, chunk: PrintedChunk) -> None:
        """Keep a chunk; the oldest ones make room."""
        self.chunks.append((place, chunk))
        self._bytes += len(chunk.data)
        while self._bytes > PRINTED_AGAIN_BYTES and len(self.chunks) > 1:
            over = len(self.chunks.popleft()[1].data)
            self._bytes -= over
            self.lost += over


def _joined(chunks: Iterable[PrintedChunk], sequences: Mapping[int, int]) -> Iterator[PrintedChunk]:
    """The chunks with the sequences of their calls' elements.

    Neighbours of one call and stream are put together: fewer cross the pipe.
    """
    for (node, stream, call, sequence, granted), group in groupby(chunks, key=_origin):
        data = b"".join([chunk.data for chunk in group])
        yield PrintedChunk(node, stream, data, call, sequences.get(call, sequence), granted)


def _origin(chunk: PrintedChunk) -> tuple[str, str, int, int | None, bool]:
    return chunk.node, chunk.stream, chunk.call, chunk.sequence, chunk.granted
