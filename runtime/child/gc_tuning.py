"""Python's garbage collector, set for a process that makes many small tuples and keeps some."""

from __future__ import annotations

import gc
import weakref

YOUNG_OBJECTS = 50_000
"""Objects made between two looks at the young ones. The default of 700 would look at the kept
events of a running flow many times over, at several microseconds a call."""

MOST_SLICES_APART = 16
"""Slices of a run without garbage from one look at what is new to the next."""


def settle_collector() -> None:
    """Leave what is loaded alone, and look less often at what a run makes. Once a process.

    The little garbage of the imports stays: to look for it takes as long as a tenth of them.
    """
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 50, 50)
    gc.enable()


class RunCollector:
    """Collects after each slice of a run, so that no collection looks at all that is kept of it.

    Once the ring is full, an event that goes cancels one that comes: Python then counts few new
    objects, waits long, and looks at hundreds of thousands at once, for up to a second. Here what
    is new is looked at after a slice, and what is left of it never again: nearly all of it is
    let go of by whoever kept it, and freed at once. Only what goes round in circles and dies later
    has to be looked for, and that is little but the executions that are left.

    A flow whose calls leave no garbage is looked at after one slice of several: a look takes a
    twentieth of the slice. What is overlooked of one that begins to is found at the run's end.
    """

    def __init__(self) -> None:
        self._run: weakref.ref[object] | None = None
        self._apart = 1
        """Slices from one look to the next."""
        self._unlooked = 0
        """Slices since the last look."""

    def tend(self, run: object) -> None:
        """A slice of calls of `run` was made; when it is another run, the one before may go."""
        before, self._run = self._run, weakref.ref(run)
        if before is not None and before() is not run:
            gc.unfreeze()
            gc.collect()
            self._apart = 1
        self._unlooked += 1
        if self._unlooked >= self._apart:
            found = gc.collect(0)
            self._apart = 1 if found else min(2 * self._apart, MOST_SLICES_APART)
            self._unlooked = 0
        gc.freeze()

    def let_go(self) -> None:
        """The run is over: collect all that is left of it."""
        self._run = None
        gc.unfreeze()
        gc.collect()
        gc.freeze()
