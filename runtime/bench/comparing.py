"""Whether a flow became slower or faster, beyond the noise of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from statistics import median

from runtime.bench.result import OPENING, SPEED, BenchResult
from runtime.model.lazy.dataclass import dataclass

LEAST_CHANGE = 0.05
"""Smaller changes are none, however quiet the machine is."""
NOISE_FACTOR = 2.0
"""A change is larger than so many times the scatter of the runs, of both sides together."""
LEAST_RUNS = 3


class Change(StrEnum):
    """What became of a metric."""

    SLOWER = "slower"
    FASTER = "faster"
    NONE = "no change"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric, before and now."""

    metric: str
    before: float
    now: float
    """Medians of the runs, as they were measured."""
    ratio: float
    """How many times as slow it is now, with the speed of the machine taken into account."""
    noise: float
    """The change, as a share, that the runs' scatter alone could explain."""
    change: Change


def compare(before: BenchResult, now: BenchResult) -> tuple[Comparison, ...]:
    """The metrics that both have, the most important first.

    Each run is measured in units of work that never changes, done just before it, so a machine
    that is busier today counts for little. A change has to be larger than the scatter, and every
    run of one side has to be apart from every run of the other by at least `LEAST_CHANGE`.
    """
    found = []
    for metric, values in now.samples.items():
        old = before.samples.get(metric)
        if metric == OPENING or not old or not any(old) or not any(values):
            continue
        found.append(_compared(metric, before, old, now, values))
    return tuple(found)


def _compared(
    metric: str,
    before: BenchResult,
    old: Sequence[float],
    now: BenchResult,
    new: Sequence[float],
) -> Comparison:
    slower_is_less = metric == SPEED
    first = _in_yardsticks(old, before.yardstick_ns, inverted=slower_is_less)
    second = _in_yardsticks(new, now.yardstick_ns, inverted=slower_is_less)
    ratio = median(second) / median(first)
    noise = max(LEAST_CHANGE, NOISE_FACTOR * (_scatter(first) + _scatter(second)))
    change = Change.NONE
    if min(len(first), len(second)) >= LEAST_RUNS:
        apart = 1 + LEAST_CHANGE
        if ratio > 1 + noise and min(second) > max(first) * apart:
            change = Change.SLOWER
        elif ratio < 1 / (1 + noise) and max(second) * apart < min(first):
            change = Change.FASTER
    return Comparison(metric, median(old), median(new), ratio, noise, change)


def _in_yardsticks(
    values: Sequence[float], yardsticks: Sequence[float], *, inverted: bool
) -> list[float]:
    """Times in units of the yardstick of their run; of a speed, its time."""
    times = [1e9 / value if inverted and value else value for value in values]
    units = yardsticks if len(yardsticks) == len(values) and all(yardsticks) else [1.0]
    return [time / units[index % len(units)] for index, time in enumerate(times)]


def _scatter(values: Sequence[float]) -> float:
    """The middle distance from the median, as a share of it."""
    middle = median(values)
    return median(abs(value - middle) for value in values) / middle if middle else 0.0
