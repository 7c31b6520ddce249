"""The ring: what the session did lately, in memory, bounded in bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

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


class Ring:
    """Keeps the newest calls and commands; the oldest go when the bound is reached.

    It keeps references to events that exist anyway and encodes nothing. Payloads count once, at
    the call that put them out.
    """

    def __init__(self, limit: int = RING_BYTES) -> None:
        self.limit = limit
        """Bound in bytes."""
        self.bytes_used = 0
        self.calls_kept = 0
        self.calls_lost = 0
        """Calls that had to go."""
        self.entries_lost = 0
        """Calls and commands that had to go."""
        self._entries: deque[Entry] = deque()

    def append(self, entry: Entry) -> None:
        """Keep one entry, in the order of the run."""
        self._entries.append(entry)
        if type(entry) is CallFinished:
            self.calls_kept += 1
        self.bytes_used += entry_bytes(entry)
        if self.bytes_used > self.limit:
            self._shrink()

    def clear(self) -> None:
        """Forget everything, for a run that begins anew."""
        self._entries.clear()
        self.bytes_used = self.calls_kept = self.calls_lost = self.entries_lost = 0

    @property
    def complete(self) -> bool:
        """True while nothing is lost; only then can the run be repeated from its start."""
        return self.entries_lost == 0

    @property
    def first_call(self) -> int | None:
        """Number of the oldest call kept; None when there is none."""
        for entry in self._entries:
            if isinstance(entry, CallFinished):
                return entry.call.number
        return None

    @property
    def last_call(self) -> int | None:
        """Number of the newest call kept; None when there is none."""
        for entry in reversed(self._entries):
            if isinstance(entry, CallFinished):
                return entry.call.number
        return None

    def entries(self, until: int | None = None) -> Iterator[Entry]:
        """What is kept at this moment, oldest first; up to and with call `until`."""
        for entry in tuple(self._entries):
            if until is not None and isinstance(entry, CallFinished) and entry.call.number > until:
                return
            yield entry

    def _shrink(self) -> None:
        entries = self._entries
        while self.bytes_used > self.limit and entries:
            entry = entries.popleft()
            self.bytes_used -= entry_bytes(entry)
            self.entries_lost += 1
            if isinstance(entry, CallFinished):
                self.calls_kept -= 1
                self.calls_lost += 1


def entry_bytes(entry: Entry) -> int:
    """Memory of one entry, in bytes: close, not exact."""
    if type(entry) is not CallFinished:
        return COMMAND_BYTES
    size = CALL_BYTES
    for element in entry.outputs:
        size += len(element.payload.data)
    answer = entry.answer
    if answer.printed_bytes:
        size += min(answer.printed_bytes, PRINTED_KEPT_BYTES)
    if answer.host:
        size += HOST_BYTES * len(answer.host)
    return size
