"""The compact tier of the ring: the run before what is kept in full."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Sequence

from runtime.model.events import CallFinished
from runtime.recording.encoding import Entry
from runtime.recording.replayed_sources import ReplayedSources
from runtime.recording.ring.compact import CompactChunk

CHUNK_ENTRIES = 8192
"""About so many calls and commands a compact chunk has."""


class CompactTier:
    """Compact chunks, one after the other, from the start of a run on."""

    def __init__(self, sources: frozenset[str]) -> None:
        self.bytes_used = 0
        """Memory, in bytes."""
        self.answered = ReplayedSources(sources)
        """Whose answers are kept of what is added next."""
        self._chunks: deque[CompactChunk] = deque()
        self._open: CompactChunk | None = None

    def __len__(self) -> int:
        """Chunks there are."""
        return len(self._chunks)

    @property
    def calls(self) -> int:
        """Calls there are."""
        return sum(map(len, self._chunks))

    @property
    def commands(self) -> int:
        """Commands there are."""
        return sum(len(chunk.commands) for chunk in self._chunks)

    def add(self, entries: Sequence[Entry]) -> bool:
        """Add what follows; False when it cannot be kept: then nothing is kept any more."""
        chunk = self._open
        if chunk is None:
            chunk = self._open = CompactChunk(self._next_number(entries), self.answered)
            self._chunks.append(chunk)
            self.bytes_used += chunk.bytes_used
        before = chunk.bytes_used
        try:
            chunk.add(entries, self.answered)
        except (ValueError, OverflowError, struct.error):
            self.clear()
            return False
        self.bytes_used += chunk.bytes_used - before
        if len(chunk) + len(chunk.commands) >= CHUNK_ENTRIES:
            self._open = None
        return True

    def drop_oldest(self) -> None:
        """Let go of the oldest chunk; what is left is of no use to repeat the run."""
        chunk = self._chunks.popleft()
        self.bytes_used -= chunk.bytes_used
        if chunk is self._open:
            self._open = None

    def clear(self) -> None:
        """Let go of everything."""
        self._chunks.clear()
        self._open = None
        self.bytes_used = 0

    def chunks(self) -> list[CompactChunk]:
        """The chunks, oldest first; they do not change any more."""
        self._open = None
        return list(self._chunks)

    def until(self, number: int) -> CompactTier:
        """A tier of its own with the calls up to `number` and the commands right after it."""
        made = CompactTier(frozenset())
        made.answered = self.answered.copy()
        for chunk in self.chunks():
            if chunk.first + len(chunk) > number + 1:
                chunk, made.answered = chunk.until(number)
                made._append(chunk)
                break
            made._append(chunk)
        return made

    def _append(self, chunk: CompactChunk) -> None:
        self._chunks.append(chunk)
        self.bytes_used += chunk.bytes_used

    def _next_number(self, entries: Sequence[Entry]) -> int:
        if self._chunks:
            last = self._chunks[-1]
            return last.first + len(last)
        return next((entry.call.number for entry in entries if isinstance(entry, CallFinished)), 1)
