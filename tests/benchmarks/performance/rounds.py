"""Ways of doing the same, measured in turns within one run."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tests.benchmarks.performance.results import Spread

Way = Callable[[int], object]
"""Does it so many times."""


class Effort(NamedTuple):
    """How much is measured."""

    rounds: int
    seconds: float
    """Of one round of one way, about."""
    scale: float
    """What long measurements are shortened to: 1 for all of it."""
    quick: bool = False


WHOLE = Effort(rounds=7, seconds=0.08, scale=1.0)
QUICK = Effort(rounds=3, seconds=0.01, scale=0.05, quick=True)


def in_turns(ways: Mapping[str, Way], effort: Effort) -> dict[str, Spread]:
    """Microseconds of processor time that each takes for one; the ways take turns."""
    counts = {name: _count(way, effort.seconds) for name, way in ways.items()}
    found: dict[str, list[float]] = {name: [] for name in ways}
    gc.collect()
    gc.disable()
    try:
        for _ in range(effort.rounds):
            for name, way in ways.items():
                began = time.process_time()
                way(counts[name])
                found[name].append((time.process_time() - began) / counts[name] * 1e6)
    finally:
        gc.enable()
    return {name: Spread.of(values) for name, values in found.items()}


def _count(way: Way, seconds: float) -> int:
    """How often it can be done in about so many seconds; the first times do not count."""
    count, took = 1, 0.0
    while True:
        began = time.process_time()
        way(count)
        took = time.process_time() - began
        if took >= seconds / 4:
            return max(1, int(count * seconds / took))
        count *= 4
