"""Python's garbage collector, set for a process that makes many small tuples and keeps some."""

from __future__ import annotations

import gc

YOUNG_OBJECTS = 50_000
"""Objects made between two looks at the young ones. The default of 700 would look at the kept
events of a running flow many times over, at several microseconds a call."""


def settle_collector() -> None:
    """Leave what is loaded alone, and look less often at what a run makes. Once a process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 50, 50)
