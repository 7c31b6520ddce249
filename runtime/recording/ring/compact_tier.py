"""The compact tier of the ring: what was done before what is kept in full."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Sequence

from runtime.model.events import CallFinished
from runtime.recording.encoding import Entry
from runtime.recording.ring.compact import CompactChunk, chunk_of
from runtime.recording.ring.compact_columns import CallKinds


class CompactTier:
    """Compact chunks, one after the other; the oldest can be let go."""

    def __init__(self, kinds: CallKinds | None = None) -> None:
        self.calls = 0
        """Calls there are."""
        self.entries = 0
        """Calls and commands there are."""
        self._chunks: deque[CompactChunk] = deque()
        self._chunk_bytes = 0
        self._kinds = CallKinds() if kinds is None else kinds

    def __len__(self) -> int:
        """Chunks there are."""
        return len(self._chunks)

    @property
    def bytes_used(self) -> int:
        """Memory, in bytes."""
        return self._chunk_bytes + self._kinds.bytes_used

    def add(self, entries: Sequence[Entry]) -> bool:
        """Add what follows; False when it cannot be kept: then nothing is kept any more."""
        try:
            chunk = chunk_of(entries, self._next_number(entries), self._kinds)
        except (ValueError, OverflowError, struct.error):
            self.clear()
            return False
        self._append(chunk)
        return True

    def drop_oldest(self) -> CompactChunk:
        """Let go of the oldest chunk, and give it."""
        chunk = self._chunks.popleft()
        self._count(chunk, -1)
        if not self._chunks:
            self.clear()
        return chunk

    def clear(self) -> None:
        """Let go of everything."""
        self._chunks.clear()
        self._kinds = CallKinds()  # another tier may have the old ones
        self.calls = self.entries = self._chunk_bytes = 0

    def chunks(self) -> list[CompactChunk]:
        """The chunks, oldest first."""
        return list(self._chunks)

    def until(self, number: int) -> CompactTier:
        """A tier of its own with the calls up to `number` and the commands right after it."""
        made = CompactTier(self._kinds)
        for chunk in self._chunks:
            cut = chunk if chunk.last < number else chunk.until(number)
            made._append(cut)
            if cut.entries < chunk.entries:
                break
        return made

    def _append(self, chunk: CompactChunk) -> None:
        self._chunks.append(chunk)
        self._count(chunk, 1)

    def _count(self, chunk: CompactChunk, times: int) -> None:
        self.calls += times * chunk.calls
        self.entries += times * chunk.entries
        self._chunk_bytes += times * chunk.bytes_used

    def _next_number(self, entries: Sequence[Entry]) -> int:
        if self._chunks:
            return self._chunks[-1].last + 1
        return next((entry.call.number for entry in entries if isinstance(entry, CallFinished)), 1)
