"""Whether a flow became slower or faster, beyond the noise of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from statistics import median

from runtime.bench.result import OPENING, PROCESSOR, SPEED, BenchResult
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

    Elements a second are counted by the clock, which runs on while other programs have the
    processor, and the unit does not see that. So their change has to be there by processor time
    as well. What a flow waits for its rates and paused sinks is the same on every machine.
    """
    found = []
    for metric, values in now.samples.items():
        old = before.samples.get(metric)
        if metric == OPENING or not old or not any(old) or not any(values):
            continue
        found.append(_compared(metric, before, now))
    return tuple(found)


def _compared(metric: str, before: BenchResult, now: BenchResult) -> Comparison:
    old, new = before.samples[metric], now.samples[metric]
    if metric == SPEED:
        first, second = (_paces(side, _seen_ns(side), before) for side in (before, now))
    else:
        first, second = (_in_yardsticks(side.samples[metric], side) for side in (before, now))
    ratio, noise, change = _judged(first, second)
    if metric == SPEED and change is not Change.NONE:
        worked = [_paces(side, side.samples[PROCESSOR], before) for side in (before, now)]
        if _judged(*worked)[-1] is not change:
            change = Change.NONE
    return Comparison(metric, median(old), median(new), ratio, noise, change)


def _judged(first: Sequence[float], second: Sequence[float]) -> tuple[float, float, Change]:
    """How many times as much the second are, what noise explains, and what that means."""
    ratio = median(second) / median(first)
    noise = max(LEAST_CHANGE, NOISE_FACTOR * (_scatter(first) + _scatter(second)))
    change = Change.NONE
    if min(len(first), len(second)) >= LEAST_RUNS:
        apart = 1 + LEAST_CHANGE
        if ratio > 1 + noise and min(second) > max(first) * apart:
            change = Change.SLOWER
        elif ratio < 1 / (1 + noise) and max(second) * apart < min(first):
            change = Change.FASTER
    return ratio, noise, change


def _seen_ns(side: BenchResult) -> list[float]:
    """Time of an element by the clock, without waits; by run."""
    waits_ns = _waits_ns(side)
    return [max(1e9 / speed - waits_ns, 0.0) if speed else 0.0 for speed in side.samples[SPEED]]


def _paces(side: BenchResult, times: Sequence[float], unit: BenchResult) -> list[float]:
    """Time of an element with its waits, as on the machine that `unit` was measured on."""
    waits = _waits_ns(side) / (median(unit.yardstick_ns) if _has_yardsticks(unit) else 1.0)
    return [waits + worked for worked in _in_yardsticks(times, side)]


def _waits_ns(side: BenchResult) -> float:
    """What an element waits for rates and paused sinks, on average."""
    return side.waits_ns / side.elements if side.elements else 0.0


def _in_yardsticks(times: Sequence[float], side: BenchResult) -> list[float]:
    """Times in units of the yardstick of their run."""
    units = side.yardstick_ns
    if not _has_yardsticks(side) or len(units) != len(times):
        return list(times)
    return [time / unit for time, unit in zip(times, units, strict=True)]


def _has_yardsticks(side: BenchResult) -> bool:
    return bool(side.yardstick_ns) and all(side.yardstick_ns)


def _scatter(values: Sequence[float]) -> float:
    """The middle distance from the median, as a share of it."""
    middle = median(values)
    return median(abs(value - middle) for value in values) / middle if middle else 0.0
