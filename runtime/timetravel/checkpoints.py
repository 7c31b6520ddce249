"""Checkpoints of a branch, every few thousand calls: where going back begins."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import NamedTuple

from runtime.execution.execution_checkpoint import ExecutionCheckpoint
from runtime.recording.ring.ring import Ring
from runtime.timetravel.guest_checkpoints import GuestCheckpoints

CALLS_APART = 2_048
"""Calls from one checkpoint to the next, as long as the ring has room for them."""
SHARE_OF_RING = 16
"""A checkpoint is made at the latest when so large a part of the ring came since the last one."""
SHARE_OF_CHECKPOINTS = 8
"""So large a part of the ring is for checkpoints."""
CALLS_UNSEEN = 128
"""Calls that may pass without a look at whether a checkpoint is due."""


class KeptCheckpoint(NamedTuple):
    """A checkpoint, and its place among what the ring was given."""

    calls: int
    """Calls made before it."""
    entry: int
    """Entries the ring was given before it."""
    checkpoint: ExecutionCheckpoint


_CALLS, _ENTRY = attrgetter("calls"), attrgetter("entry")


class Checkpoints:
    """Places of a branch from which it can be seen again, within the bound of its ring.

    Where calls are kept in full, checkpoints share elements with them. Where calls are compact,
    they are packed; when these take more than their share of the ring, every other one goes, and
    fewer are packed from then on, until they take much less than their share.
    """

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self.guests = GuestCheckpoints(ring)
        """Those from which the flow can go on."""
        self._kept: list[KeptCheckpoint] = []
        self._packed = 0
        """The first so many are packed."""
        self._packed_bytes = 0
        self._apart = 0
        """Calls between packed ones, at least."""
        self._pack_from = 0
        """None before so many calls is packed."""
        self._bytes_at_last = 0
        self.look_at = 0
        """After so many calls a checkpoint may be `due`; before, it is not worth asking."""

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def earliest(self) -> KeptCheckpoint | None:
        """The first from which all that follows is kept; None when there is none."""
        at = self._first_usable()
        return self._kept[at] if at < len(self._kept) else None

    def due(self, calls: int) -> bool:
        """Whether a checkpoint is to be added now, after `calls` calls."""
        ring = self._ring
        unseen = ring.limit // (4 * SHARE_OF_RING) // ring.bytes_of_entry
        self.look_at = calls + max(1, min(CALLS_UNSEEN, unseen))
        last = self._kept[-1].calls if self._kept else 0
        return (
            calls - last >= CALLS_APART
            or ring.bytes_passed - self._bytes_at_last >= ring.limit // SHARE_OF_RING
        )

    def add(self, checkpoint: ExecutionCheckpoint) -> None:
        """Keep where the branch stands, right after a call; what the ring has lost goes."""
        ring = self._ring
        self._bytes_at_last = ring.bytes_passed
        self._forget()
        self._kept.append(KeptCheckpoint(checkpoint.calls, ring.entries_passed, checkpoint))
        self._pack()
        share = ring.limit // SHARE_OF_CHECKPOINTS
        if self._packed_bytes > share:
            self._thin(share)
        elif self._packed_bytes < share // 4:
            self._apart //= 2
        self._reserve()

    def before(self, calls: int) -> KeptCheckpoint | None:
        """The last one that is not after `calls` calls, and from which all that follows is kept."""
        at = bisect_right(self._kept, calls, key=_CALLS)
        return self._kept[at - 1] if at > self._first_usable() else None

    def before_element(self, element_id: int) -> KeptCheckpoint | None:
        """The last one that was made before an element was; None when there is none."""
        at = bisect_right(self._kept, element_id - 1, key=_last_id)
        return self._kept[at - 1] if at > self._first_usable() else None

    def backwards(self, calls: int) -> list[KeptCheckpoint]:
        """Those before call `calls` from which all that follows is kept, the last one first."""
        at = bisect_right(self._kept, calls - 1, key=_CALLS)
        return self._kept[self._first_usable() : at][::-1]

    def until(self, calls: int, ring: Ring) -> Checkpoints:
        """Those up to `calls` calls, for a branch with a ring of its own."""
        made = Checkpoints(ring)
        made.guests = self.guests.until(calls, ring)
        at = bisect_right(self._kept, calls, key=_CALLS)
        made._kept, made._packed, made._apart = self._kept[:at], min(self._packed, at), self._apart
        made._packed_bytes = sum(one.checkpoint.bytes_used for one in made._kept[: made._packed])
        made._reserve()
        return made

    def _first_usable(self) -> int:
        return bisect_right(self._kept, self._ring.entries_gone - 1, key=_ENTRY)

    def _forget(self) -> None:
        gone = self._first_usable()
        if gone:
            self._packed_bytes -= _bytes_of(self._kept[: min(gone, self._packed)])
            self._packed = max(self._packed - gone, 0)
            del self._kept[:gone]

    def _pack(self) -> None:
        """Pack those whose calls are compact, and let go of those that follow too closely."""
        kept, lost = self._kept, self._ring.entries_lost
        while self._packed < len(kept) - 1 and kept[self._packed].entry < lost:
            one = kept[self._packed]
            close = self._packed and one.calls - kept[self._packed - 1].calls < self._apart
            if close or one.calls < self._pack_from:
                del kept[self._packed]
                continue
            one.checkpoint.engine.pack()
            self._packed_bytes += one.checkpoint.bytes_used
            self._packed += 1

    def _thin(self, share: int) -> None:
        """Let every other packed one go until they take no more than `share` bytes."""
        packed = self._kept[: self._packed]
        first, last = packed[0].calls, packed[-1].calls
        while _bytes_of(packed) > share:
            packed = packed[::2] if len(packed) > 1 else []
        if packed:
            self._apart = max(2 * self._apart, (last - first) // len(packed))
        else:  # one alone takes too much
            self._pack_from = last + CALLS_APART
        self._kept[: self._packed] = packed
        self._packed, self._packed_bytes = len(packed), _bytes_of(packed)

    def _reserve(self) -> None:
        packed, guests = self._packed_bytes, self.guests.bytes_used
        self._ring.reserve(packed + _bytes_of(self._kept[self._packed :]) + guests)


def _bytes_of(kept: list[KeptCheckpoint]) -> int:
    return sum(one.checkpoint.bytes_used for one in kept)


def _last_id(kept: KeptCheckpoint) -> int:
    return kept.checkpoint.engine.last_id
