"""The ring: what the session did lately, in memory, bounded in bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from runtime.model.commands import Step
from runtime.model.events import CallFinished
from runtime.protocol.timeline import RING_BYTES
from runtime.recording.command_lines import is_change
from runtime.recording.encoding import Entry
from runtime.recording.ring.compact import CompactChunk
from runtime.recording.ring.compact_tier import CompactTier
from runtime.recording.ring.sizes import CALL_BYTES, bytes_of_calls, bytes_of_command

CHUNKS = 128
"""About as many chunks a full ring has; the oldest one is compacted, or goes, at once when the
bound is reached. More chunks would cost more for each, fewer take longer to compact."""

SMALL_CHUNKS, SMALL_CHUNK_CALLS = 8, 32
"""A small ring has no more chunks than that, if they have no more calls: a compact chunk of few
calls takes more for each."""

BATCH = 128
"""Entries are counted at least so many at once: one by one, between calls, costs twice."""

LARGE_BYTES = 64 * 1024
"""A payload of more bytes is counted as it comes: a batch of them could be larger than a ring."""

FEW = 32
"""In more entries at once there are no large payloads: their calls take too long for that."""

COMPACTED_BYTES = 4 * 1024 * 1024
"""About as much is made compact at once, which takes a few times that memory."""


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

    The oldest entries are not lost at once but made compact, in up to half of the bound: what is
    needed to see again what the flow did stays. The oldest of those go for good.
    """

    def __init__(self, limit: int = RING_BYTES) -> None:
        self.limit = limit
        """Bound in bytes."""
        self._reserved_bytes = 0
        self.entries_gone = 0
        """Calls and commands of which nothing is kept any more."""
        self.calls_gone = 0
        """Calls of which nothing is kept any more."""
        self.bytes_passed = 0
        """Memory of all that was ever appended, in bytes, but for what came last."""
        self._compact = CompactTier()
        least = min(limit // SMALL_CHUNKS, SMALL_CHUNK_CALLS * CALL_BYTES)
        self._chunk_bytes = max(limit // CHUNKS, least)
        self._entry_bytes = CALL_BYTES
        self._closed: deque[_Chunk] = deque()
        self._closed_bytes = self._closed_entries = 0
        self._begin_chunk()

    @property
    def repeatable(self) -> bool:
        """True while the run can be executed again: all since its start is kept."""
        return not self.entries_gone

    @property
    def entries_lost(self) -> int:
        """Calls and commands that are no longer kept in full."""
        return self.entries_gone + self._compact.entries

    @property
    def calls_lost(self) -> int:
        """Calls that are no longer kept in full."""
        return self.calls_gone + self._compact.calls

    @property
    def entries_passed(self) -> int:
        """Calls and commands that were ever appended."""
        return self.entries_lost + self._closed_entries + len(self._open)

    @property
    def bytes_of_entry(self) -> int:
        """Memory of an entry, in bytes: the mean of those that came lately."""
        return self._entry_bytes

    def append(self, entry: Entry) -> None:
        """Keep one entry, in the order of the run."""
        self._put(entry)
        if len(self._open) >= self._count_at or _is_large(entry):
            self._count()

    def extend(self, entries: Sequence[Entry], size: int | None = None) -> None:
        """Keep entries, in the order of the run.

        Of calls alone `size` can be given: `bytes_of_calls`, so that they are not counted again.
        """
        if size and self._has_room_for(size):
            self._open += entries
            self._note_counted(len(entries), len(entries), size)
            return
        first = 0
        while first < len(entries):
            after = first + max(self._count_at - len(self._open), 1)
            self._open += entries[first:after]
            if len(self._open) >= self._count_at:
                self._count()
            first = after
        if len(entries) < FEW and any(map(_is_large, entries)):
            self._count()

    def reserve(self, size: int) -> None:
        """Leave so many bytes of the bound to somebody else; what was reserved before is free."""
        self._reserved_bytes = size
        self._make_room()

    def clear(self) -> None:
        """Forget everything, for a run that begins again."""
        self.entries_gone = self.calls_gone = self.bytes_passed = 0
        self._closed_bytes = self._closed_entries = 0
        self._compact = CompactTier()
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
    def complete(self) -> bool:
        """True while everything since the start is kept in full."""
        return not self.entries_lost

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
        entries = self.entries_since(0)
        return entries if until is None else _until(entries, until, self.calls_lost)

    def entries_since(self, entry: int) -> Iterator[Entry]:
        """What is kept in full of all that was appended, without the first `entry` of it."""
        skipped = entry - self.entries_lost
        chunks = self._chunks()
        while len(chunks) > 1 and skipped >= len(chunks[0]):
            skipped -= len(chunks.pop(0))
        chunks[-1] = chunks[-1].copy()  # the others do not change any more
        return islice(chain.from_iterable(chunks), max(skipped, 0), None)

    def entries_backwards(self) -> Iterator[Entry]:
        """What is kept in full at this moment, newest first."""
        return chain.from_iterable(map(reversed, self.lists_backwards()))

    def lists_backwards(self) -> Iterator[list[Entry]]:
        """What is kept in full at this moment in lists, the last ones first; each in its order."""
        chunks = self._chunks()
        chunks[-1] = chunks[-1].copy()
        return reversed(chunks)

    def calls(self) -> Iterator[CallFinished]:
        """The calls among `entries()`."""
        return (entry for entry in self.entries() if isinstance(entry, CallFinished))

    def calls_backwards(self) -> Iterator[list[CallFinished]]:
        """The calls among `entries()` in lists, the last ones first; each in the calls' order."""
        for chunk in self._chunks()[::-1]:
            yield [entry for entry in chunk if isinstance(entry, CallFinished)]

    def compact_chunks(self) -> list[CompactChunk]:
        """What is kept compact, oldest first; `entries()` follow it."""
        return self._compact.chunks()

    def until(self, number: int) -> Ring:
        """A ring of its own that holds the run up to call `number`, to go on from there.

        It ends right before the next call, with the commands that stand there. This ring stays
        as it is. Both count the memory of what they share.
        """
        self._count()
        made = Ring(self.limit)
        made.entries_gone, made.calls_gone = self.entries_gone, self.calls_gone
        made._compact = self._compact.until(number)
        if made._compact.entries < self._compact.entries:
            return made
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
        return self._closed_bytes + self._compact.bytes_used + self._reserved_bytes

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
        self._note_counted(len(entries), calls, size)

    def _has_room_for(self, size: int) -> bool:
        """Whether the open chunk does."""
        self._count()
        return self._open_bytes + size <= self._chunk_bytes

    def _note_counted(self, entries: int, calls: int, size: int) -> None:
        """The last so many entries, with so many calls, take `size` bytes."""
        self._entry_bytes = size // entries
        self._open_bytes += size
        self.bytes_passed += size
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
        self._closed_entries += len(chunk.entries)

    def _make_room(self) -> None:
        """Let go of the oldest while the bound is passed: first in full, then compact."""
        compact, bound = self._compact, self.limit - self._chunk_bytes
        while self._held_bytes > bound and (self._closed or compact):
            if compact and (compact.bytes_used > self.limit // 2 or not self._closed):
                chunk = compact.drop_oldest()
                self.entries_gone += chunk.entries
                self.calls_gone += chunk.calls
                continue
            entries, _, size = self._closed.popleft()
            self._closed_bytes -= size
            self._closed_entries -= len(entries)
            for piece in [entries] if size <= COMPACTED_BYTES else _pieces(entries):
                self._compact_piece(piece)

    def _compact_piece(self, entries: list[Entry]) -> None:
        compact = self._compact
        calls = list(map(type, entries)).count(CallFinished)
        gone_entries, gone_calls = compact.entries + len(entries), compact.calls + calls
        if not compact.add(entries):
            self.entries_gone += gone_entries
            self.calls_gone += gone_calls


def _is_large(entry: Entry) -> bool:
    if type(entry) is not CallFinished:
        return False
    return any(len(output.payload.data) > LARGE_BYTES for output in entry.outputs)


def _pieces(entries: list[Entry]) -> Iterator[list[Entry]]:
    """The entries in order, in lists of about `COMPACTED_BYTES`."""
    piece: list[Entry] = []
    held = 0
    for entry in entries:
        piece.append(entry)
        held += _measured([entry]).size
        if held >= COMPACTED_BYTES:
            yield piece
            piece, held = [], 0
    if piece:
        yield piece


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
