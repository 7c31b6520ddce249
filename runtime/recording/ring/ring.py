"""The ring: what the session did lately, in memory, bounded in bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from runtime.model.commands import Step
from runtime.model.events import CallFinished
from runtime.recording.command_lines import is_change
from runtime.recording.encoding import Entry
from runtime.recording.ring.compact import CompactChunk
from runtime.recording.ring.compact_tier import CompactTier
from runtime.recording.ring.sizes import CALL_BYTES, bytes_of_calls, bytes_of_command

RING_BYTES = 64 * 1024 * 1024
"""Default bound, in bytes."""

CHUNKS = 128
"""About as many chunks a full ring has; the oldest one is compacted, or goes, at once when the
bound is reached. More chunks would cost more for each, fewer take longer to compact."""

BATCH = 32
"""Entries are counted at least so many at once: one by one, between calls, costs twice."""


class _Chunk(NamedTuple):
    """Entries that came one after the other."""

    entries: list[Entry]
    calls: int
    size: int
    """In bytes."""


class Ring:
    """Keeps the newest calls and commands; the oldest go when the bound is reached.

    It keeps references to events that exist anyway and encodes nothing. Payloads count once, at
    the call that put them out. Entries come and go in chunks, so that letting go of an old one
    costs little for each entry.

    When the `sources` are known, the oldest entries are not lost at once but made compact: what
    executing the run again needs stays, in up to half of the bound. Only when that is full too,
    the start of the run is lost, and with it all that was compact.
    """

    def __init__(self, limit: int = RING_BYTES, sources: frozenset[str] | None = None) -> None:
        self.limit = limit
        """Bound in bytes."""
        self.entries_lost = 0
        """Calls and commands that are no longer kept in full."""
        self.calls_lost = 0
        """Calls that are no longer kept in full."""
        self.repeatable = True
        """True while the run can be executed again: all since its start is kept, in full or
        compact."""
        self._compact = None if sources is None else CompactTier(sources)
        self._chunk_bytes = limit // CHUNKS
        self._entry_bytes = CALL_BYTES
        self._closed: deque[_Chunk] = deque()
        self._closed_bytes = 0
        self._begin_chunk()

    @property
    def sources(self) -> frozenset[str] | None:
        """Nodes whose answers are kept when entries are made compact; None compacts nothing.

        To be set before the run begins; a `Relink` among the entries changes them.
        """
        return None if self._compact is None else self._compact.answered.nodes

    @sources.setter
    def sources(self, nodes: frozenset[str] | None) -> None:
        self._compact = None if nodes is None else CompactTier(nodes)

    def append(self, entry: Entry) -> None:
        """Keep one entry, in the order of the run."""
        self._put(entry)
        if len(self._open) >= self._count_at:
            self._count()

    def clear(self) -> None:
        """Forget everything, for a run that begins again."""
        self.entries_lost = self.calls_lost = self._closed_bytes = 0
        self.repeatable = True
        self.sources = self.sources
        self._closed.clear()
        self._begin_chunk()

    @property
    def bytes_used(self) -> int:
        """Memory of what is kept, in bytes: close, not exact."""
        self._count()
        return self._held_bytes + self._open_bytes

    @property
    def calls_kept(self) -> int:
        """Calls that are kept in full."""
        self._count()
        return sum(chunk.calls for chunk in self._closed) + self._open_calls

    @property
    def calls_compact(self) -> int:
        """Calls before these of which what repeating them needs is kept."""
        return self._compact.calls if self._compact is not None and self.repeatable else 0

    @property
    def complete(self) -> bool:
        """True while everything since the start is kept in full."""
        return self.entries_lost == 0

    @property
    def first_call(self) -> int | None:
        """Number of the oldest call kept in full; None when there is none."""
        return next((event.call.number for event in self.calls()), None)

    @property
    def last_call(self) -> int | None:
        """Number of the newest call kept in full; None when there is none."""
        return next(filter(None, map(_last_call, self._chunks()[::-1])), None)

    def entries(self, until: int | None = None) -> Iterator[Entry]:
        """What is kept in full at this moment, oldest first; up to and with call `until`."""
        chunks = self._chunks()
        chunks[-1] = chunks[-1].copy()  # the others do not change any more
        entries = chain.from_iterable(chunks)
        return entries if until is None else _until(entries, until, self.calls_lost)

    def calls(self) -> Iterator[CallFinished]:
        """The calls among `entries()`."""
        return (entry for entry in self.entries() if isinstance(entry, CallFinished))

    def compact_chunks(self) -> list[CompactChunk]:
        """The run from its start to `entries()`, oldest first; none when the start is lost.

        Chunks that were given do not change any more.
        """
        return [] if self._compact is None or not self.repeatable else self._compact.chunks()

    def until(self, number: int) -> Ring:
        """A ring of its own that holds the run up to call `number`, to go on from there.

        It ends right before the next call, with the commands that stand there. This ring stays
        as it is. Both count the memory of what they share.
        """
        self._count()
        made = Ring(self.limit)
        made.repeatable = self.repeatable
        if self._compact is not None and self.repeatable:
            made._compact = compact = self._compact.until(number)
            made.calls_lost = compact.calls
            made.entries_lost = compact.calls + compact.commands
            if made.calls_lost < self._compact.calls:
                return made
        else:
            made.calls_lost, made.entries_lost = self.calls_lost, self.entries_lost
        chunks = deque([*self._closed, self._open_chunk(self._open.copy())])
        calls = self.calls_lost
        while chunks and (_last_call(chunks[0].entries) or calls) < number:
            calls += chunks[0].calls
            made._hold(chunks.popleft())
        rest = chain.from_iterable(chunk.entries for chunk in chunks)
        found = list(_until(rest, number, calls))
        while found and type(found[-1]) is Step:
            found.pop()  # it asks for the call that is not made
        made._hold(_measured(found))
        return made

    # ---- chunks

    @property
    def _held_bytes(self) -> int:
        compact = 0 if self._compact is None else self._compact.bytes_used
        return self._closed_bytes + compact

    def _chunks(self) -> list[list[Entry]]:
        return [*(chunk.entries for chunk in self._closed), self._open]

    def _open_chunk(self, entries: list[Entry]) -> _Chunk:
        return _Chunk(entries, self._open_calls, self._open_bytes)

    def _begin_chunk(self) -> None:
        self._open: list[Entry] = []
        self._put = self._open.append
        self._open_bytes = self._open_calls = self._counted = 0
        self._count_at = self._fitting(self._chunk_bytes)

    def _fitting(self, room: int) -> int:
        """Entries until the next count, when there is so much room in the open chunk."""
        return max(1, min(BATCH, room // self._entry_bytes))

    def _count(self) -> None:
        """Count the memory of what came lately."""
        entries = self._open[self._counted :]
        if not entries:
            return
        _, calls, size = _measured(entries)
        self._entry_bytes = size // len(entries)
        self._open_bytes += size
        self._open_calls += calls
        self._counted = len(self._open)
        room = self._chunk_bytes - self._open_bytes
        self._count_at = self._counted + self._fitting(room)
        if room < 0:
            self._hold(self._open_chunk(self._open))
            self._begin_chunk()
            self._make_room()

    def _hold(self, chunk: _Chunk) -> None:
        self._closed.append(chunk)
        self._closed_bytes += chunk.size

    def _make_room(self) -> None:
        """Let go of the oldest while the bound is passed: first in full, then compact."""
        compact, bound = self._compact, self.limit - self._chunk_bytes
        while self._held_bytes > bound:
            if compact and (not self.repeatable or compact.bytes_used > self.limit // 2):
                compact.drop_oldest()
                self.repeatable = False
                continue
            entries, calls, size = self._closed.popleft()
            self._closed_bytes -= size
            self.entries_lost += len(entries)
            self.calls_lost += calls
            if self.repeatable and (compact is None or not compact.add(entries)):
                self.repeatable = False


def _measured(entries: list[Entry]) -> _Chunk:
    calls = [entry for entry in entries if type(entry) is CallFinished]
    size = bytes_of_calls(calls)
    if len(calls) != len(entries):
        commands = [entry for entry in entries if not isinstance(entry, CallFinished)]
        size += sum(map(bytes_of_command, commands))
    return _Chunk(entries, len(calls), size)


def _last_call(chunk: list[Entry]) -> int | None:
    for entry in reversed(chunk):
        if isinstance(entry, CallFinished):
            return entry.call.number
    return None


def _until(entries: Iterator[Entry], until: int, made: int) -> Iterator[Entry]:
    """Entries, after `made` calls, up to call `until` and the change or the call after it."""
    for entry in entries:
        if isinstance(entry, CallFinished):
            made = entry.call.number
            if made > until:
                return
        elif made >= until and is_change(entry):
            return
        yield entry
