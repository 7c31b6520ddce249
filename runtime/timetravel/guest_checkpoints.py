"""Checkpoints from which a flow can go on: they hold what its components remembered, too."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter

from runtime.execution.execution_checkpoint import ExecutionCheckpoint
from runtime.model.lazy.dataclass import dataclass
from runtime.recording.ring.ring import Ring
from runtime.wasm.guest_memory import NotAvailable
from runtime.wasm.guest_states import GuestStates

CALLS_APART = 2_048
"""Calls from one to the next, as long as the ring has room for them."""
SHARE_OF_RING = 4
"""So large a part of the ring is for what components remember."""
BYTES_A_CALL = 4_096
"""Memory that is compared with the last checkpoint's, for each call between them, at the most:
about a quarter of a microsecond."""
INTERPRETER_CALL = 16
"""A call of a component with an interpreter counts for so many others: it takes as long."""


@dataclass(frozen=True, slots=True, eq=False)
class GuestCheckpoint:
    """Where a branch stood, its components included."""

    calls: int
    """Calls made before it."""
    entry: int
    """Entries the ring was given before it."""
    checkpoint: ExecutionCheckpoint
    guests: GuestStates


_CALLS, _ENTRY = attrgetter("calls"), attrgetter("entry")


class GuestCheckpoints:
    """Those of a branch, within their share of its ring.

    Memory that does not change is held once. When the rest takes more than the share, every other
    one of the older half goes, so that they lie the closer together the later they were made.
    """

    def __init__(self, ring: Ring) -> None:
        self.bytes_used = 0
        """Memory, in bytes."""
        self.why_none = ""
        """Why there was none to add, the last time or ever."""
        self._ring = ring
        self._kept: list[GuestCheckpoint] = []
        self._sizes: list[int] = []
        """Memory of each next to the one before it."""
        self._next = CALLS_APART
        """None before so many calls."""

    def __len__(self) -> int:
        return len(self._kept)

    def due(self, calls: int) -> bool:
        """Whether one is to be added now, after `calls` calls."""
        return calls >= self._next

    def add(self, checkpoint: ExecutionCheckpoint, guests: GuestStates | NotAvailable) -> None:
        """Keep where the branch stands; what the ring has lost the calls after goes."""
        calls = checkpoint.calls
        self._next = calls + CALLS_APART
        if isinstance(guests, NotAvailable):
            self.why_none = guests.why
            return
        self._next = calls + max(CALLS_APART, _bytes_looked_at(guests) // BYTES_A_CALL)
        self._forget()
        self._keep(GuestCheckpoint(calls, self._ring.entries_passed, checkpoint, guests))
        share = self._ring.limit // SHARE_OF_RING
        if self.bytes_used > share:
            self._thin(share)

    def before(self, calls: int) -> GuestCheckpoint | None:
        """The last one that is not after `calls` calls, and after which all calls are kept."""
        at = bisect_right(self._kept, calls, key=_CALLS)
        return self._kept[at - 1] if at > self._first_usable() else None

    @property
    def earliest(self) -> GuestCheckpoint | None:
        """The first one after which all calls are kept; None when there is none."""
        at = self._first_usable()
        return self._kept[at] if at < len(self._kept) else None

    def until(self, calls: int, ring: Ring) -> GuestCheckpoints:
        """Those up to `calls` calls, for a branch with a ring of its own."""
        made = GuestCheckpoints(ring)
        at = bisect_right(self._kept, calls, key=_CALLS)
        made._kept, made._sizes = self._kept[:at], self._sizes[:at]
        made.bytes_used = sum(made._sizes)
        made.why_none = self.why_none
        made._next = (made._kept[-1].calls if made._kept else 0) + CALLS_APART
        return made

    def _first_usable(self) -> int:
        return bisect_right(self._kept, self._ring.entries_gone - 1, key=_ENTRY)

    def _keep(self, one: GuestCheckpoint) -> None:
        before = self._kept[-1].guests if self._kept else None
        size = one.guests.bytes_beside(before) + one.checkpoint.bytes_used
        self._kept.append(one)
        self._sizes.append(size)
        self.bytes_used += size

    def _forget(self) -> None:
        lost = self._ring.entries_lost
        for one in self._kept:
            if one.entry >= lost:
                break
            one.checkpoint.engine.pack()
        gone = self._first_usable()
        if gone:
            del self._kept[:gone], self._sizes[:gone]
            if self._kept:  # the first one has nothing to share with before it
                first = self._kept[0]
                self._sizes[0] = first.guests.bytes_beside(None) + first.checkpoint.bytes_used
            self.bytes_used = sum(self._sizes)

    def _thin(self, share: int) -> None:
        """Let every other old one go, the last one never, until they take no more than `share`."""
        while len(self._kept) > 1 and self.bytes_used > share:
            half = (len(self._kept) + 1) // 2
            self._reset(self._kept[:half][1::2] + self._kept[half:])
        if self.bytes_used > share:
            self.why_none = (
                f"what the components remember takes {self.bytes_used / 2**20:,.1f} MiB, and "
                f"{share / 2**20:,.1f} MiB of the ring are for it: give it more with --ring"
            )
            self._next = 4 * max(self._next, CALLS_APART)
            self._reset([])

    def _reset(self, kept: list[GuestCheckpoint]) -> None:
        self._kept, self._sizes, self.bytes_used = [], [], 0
        for one in kept:
            self._keep(one)


def _bytes_looked_at(guests: GuestStates) -> int:
    """Memory that the next states are compared with; of interpreters, as much less as counts."""
    return sum(
        sum(state.image.sizes) // (INTERPRETER_CALL if state.interpreter else 1)
        for state in guests.by_node.values()
    )
