"""The ring: what the session did lately, in memory, bounded in bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import chain

from runtime.model.call import PRINTED_KEPT_BYTES
from runtime.model.events import CallFinished
from runtime.recording.lines import Entry

RING_BYTES = 64 * 1024 * 1024
"""Default bound, in bytes."""

CALL_BYTES = 800
"""Memory of one kept call without payloads, in bytes; measured in tests/test_recording_ring.py."""

HOST_BYTES = 200
"""Memory of one kept host answer, in bytes."""

COMMAND_BYTES = 150
"""Memory of one kept command, in bytes."""

CHUNKS = 64
"""About as many chunks a full ring has; the oldest one goes at once when the bound is reached."""


class Ring:
    """Keeps the newest calls and commands; the oldest go when the bound is reached.

    It keeps references to events that exist anyway and encodes nothing. Payloads count once, at
    the call that put them out. Entries come and go in chunks, so that letting go of an old one
    costs nothing for each entry but its memory.
    """

    def __init__(self, limit: int = RING_BYTES) -> None:
        self.limit = limit
        """Bound in bytes."""
        self.entries_lost = 0
        """Calls and commands that had to go."""
        self.calls_lost = 0
        """Calls that had to go."""
        self._chunk_bytes = limit // CHUNKS
        self._commands = 0
        self._closed: deque[tuple[int, list[Entry]]] = deque()
        self._closed_bytes = 0
        self._open: list[Entry] = []
        self._open_bytes = 0
        self._put = self._open.append

    def append(self, entry: Entry) -> None:
        """Keep one entry, in the order of the run."""
        if type(entry) is CallFinished:
            _, answer, _, outputs, _ = entry
            size = CALL_BYTES
            if outputs:
                for element in outputs:
                    size += len(element[6][0])
            if answer[4]:
                size += min(answer[4], PRINTED_KEPT_BYTES)
            if answer[5]:
                size += HOST_BYTES * len(answer[5])
        else:
            size = COMMAND_BYTES
            self._commands += 1
        self._put(entry)
        self._open_bytes = size = self._open_bytes + size
        if size > self._chunk_bytes:
            self._close_chunk()

    def clear(self) -> None:
        """Forget everything, for a run that begins anew."""
        self.entries_lost = self.calls_lost = self._commands = self._closed_bytes = 0
        self._closed.clear()
        self._begin_chunk()

    @property
    def bytes_used(self) -> int:
        """Memory of what is kept, in bytes: close, not exact."""
        return self._closed_bytes + self._open_bytes

    @property
    def calls_kept(self) -> int:
        """Calls that are kept."""
        entries = sum(len(chunk) for _, chunk in self._closed) + len(self._open)
        return entries - self._commands

    @property
    def complete(self) -> bool:
        """True while nothing is lost; only then can the run be repeated from its start."""
        return self.entries_lost == 0

    @property
    def first_call(self) -> int | None:
        """Number of the oldest call kept; None when there is none."""
        for entry in self.entries():
            if isinstance(entry, CallFinished):
                return entry.call.number
        return None

    @property
    def last_call(self) -> int | None:
        """Number of the newest call kept; None when there is none."""
        for chunk in self._chunks()[::-1]:
            for entry in reversed(chunk):
                if isinstance(entry, CallFinished):
                    return entry.call.number
        return None

    def entries(self, until: int | None = None) -> Iterator[Entry]:
        """What is kept at this moment, oldest first; up to and with call `until`."""
        chunks = self._chunks()
        chunks[-1] = chunks[-1].copy()  # the others do not change any more
        entries = chain.from_iterable(chunks)
        return entries if until is None else _until(entries, until)

    def _chunks(self) -> list[list[Entry]]:
        return [*(chunk for _, chunk in self._closed), self._open]

    def _begin_chunk(self) -> None:
        self._open = []
        self._open_bytes = 0
        self._put = self._open.append

    def _close_chunk(self) -> None:
        self._closed.append((self._open_bytes, self._open))
        self._closed_bytes += self._open_bytes
        self._begin_chunk()
        while self._closed_bytes > self.limit - self._chunk_bytes and self._closed:
            size, chunk = self._closed.popleft()
            self._closed_bytes -= size
            commands = sum(type(entry) is not CallFinished for entry in chunk)
            self._commands -= commands
            self.entries_lost += len(chunk)
            self.calls_lost += len(chunk) - commands


def _until(entries: Iterator[Entry], until: int) -> Iterator[Entry]:
    for entry in entries:
        if isinstance(entry, CallFinished) and entry.call.number > until:
            return
        yield entry
