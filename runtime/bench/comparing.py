"""Whether a flow became slower or faster, beyond the noise of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from math import hypot, sqrt
from statistics import median

from runtime.bench.result import OPENING, PROCESSOR, SPEED, BenchResult
from runtime.model.lazy.dataclass import dataclass

LEAST_CHANGE = 0.07
"""Smaller changes are none, however quiet the machine is."""
OUTLIERS = 0.1
"""The slowest runs of each side, so large a share, say nothing: something else had the machine."""
ERRORS = 4
"""A change is larger than so many standard errors of both medians together."""
GAIN = 2
"""What became faster changed by so many times what would be enough to be slower.

Runs made one after the other scatter less than the machine does from one minute to the next. Those
saved in a bad moment make the same build look faster ever after, however often it is measured; a
small gain that is missed harms nobody.
"""
MEDIAN_ERROR = 1.4826 * 1.2533
"""The standard error of the median of n runs is so many times their scatter, by the root of n."""
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

    A change has to be larger than the scatter of the runs explains, and every run of one side,
    but for its slowest, has to be apart from every run of the other. What became faster has to be
    `GAIN` times as much: see there.

    It has to be there as it was measured, and also in units of work that never changes, done
    between the calls of both sides: where that work became slower too, the machine did. The ratio
    is in those units where that is beyond the scatter of that work.

    Elements a second are counted by the clock, which runs on while other programs have the
    processor, and the unit does not see that. So their change has to be there by processor time
    as well. What a flow waits for its rates and paused sinks is the same on every machine.
    """
    machine = _machine(before, now)
    found = []
    for metric, values in now.samples.items():
        old = before.samples.get(metric)
        if metric == OPENING or not old or not median(old) or not median(values):
            continue
        found.append(_compared(metric, before, now, machine))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Machine:
    """What became of the machine itself."""

    ratio: float
    """How many times as slow it is now."""
    certain: bool
    """False where its scatter could explain it."""


def _machine(before: BenchResult, now: BenchResult) -> _Machine:
    units = before.yardstick_ns, now.yardstick_ns
    if not all(side and all(side) for side in units):
        return _Machine(1.0, certain=False)
    ratio, _, change = _judged(*units, gain=1)
    return _Machine(ratio, certain=change is not Change.NONE)


def _compared(metric: str, before: BenchResult, now: BenchResult, machine: _Machine) -> Comparison:
    old, new = before.samples[metric], now.samples[metric]
    if metric == SPEED:
        ratio, noise, change = _changed(
            _seen_ns(before), _seen_ns(now), machine, _waits_ns(before), _waits_ns(now)
        )
        worked = before.samples[PROCESSOR], now.samples[PROCESSOR]
        if change is not _changed(*worked, machine, _waits_ns(before), _waits_ns(now))[-1]:
            change = Change.NONE
    else:
        ratio, noise, change = _changed(old, new, machine)
    return Comparison(metric, median(old), median(new), ratio, noise, change)


def _changed(
    before: Sequence[float],
    now: Sequence[float],
    machine: _Machine,
    waits_before: float = 0.0,
    waits_now: float = 0.0,
) -> tuple[float, float, Change]:
    """What became of times, which are besides waits, on what became of the machine."""
    first = [waits_before + value for value in before]
    measured = _judged(first, [waits_now + value for value in now])
    in_units = _judged(first, [waits_now + value / machine.ratio for value in now])
    ratio, noise, change = in_units if machine.certain else measured
    return ratio, noise, change if measured[-1] is in_units[-1] else Change.NONE


def _judged(
    first: Sequence[float], second: Sequence[float], gain: float = GAIN
) -> tuple[float, float, Change]:
    """How many times as much the second are, what noise explains, and what that means."""
    ratio = median(second) / median(first)
    noise = max(LEAST_CHANGE, ERRORS * hypot(_error(first), _error(second)))
    change = Change.NONE
    if min(len(first), len(second)) >= LEAST_RUNS:
        first, second = _without_outliers(first), _without_outliers(second)
        if ratio > 1 + noise and min(second) > max(first):
            change = Change.SLOWER
        elif ratio < 1 / (1 + gain * noise) and max(second) < min(first):
            change = Change.FASTER
    return ratio, noise, change


def _without_outliers(values: Sequence[float]) -> list[float]:
    return sorted(values)[: len(values) - int(OUTLIERS * len(values))]


def _seen_ns(side: BenchResult) -> list[float]:
    """Time of an element by the clock, without waits; by run."""
    waits_ns = _waits_ns(side)
    return [max(1e9 / speed - waits_ns, 0.0) if speed else 0.0 for speed in side.samples[SPEED]]


def _waits_ns(side: BenchResult) -> float:
    """What an element waits for rates and paused sinks, on average."""
    return side.waits_ns / side.elements if side.elements else 0.0


def _error(values: Sequence[float]) -> float:
    """The standard error of the median, as a share of it."""
    middle = median(values)
    if not middle:
        return 0.0
    scatter = median(abs(value - middle) for value in values) / middle
    return MEDIAN_ERROR * scatter / sqrt(len(values))
