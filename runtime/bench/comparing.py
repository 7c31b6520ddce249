"""Whether a flow became slower or faster, beyond the noise of the runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from math import hypot, sqrt
from statistics import median

from runtime.bench.result import CALL, OPENING, PROCESSOR, SPEED, BenchResult, call_metric
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
LEAST_OTHERS = 2
"""Nodes that do the same work as before, at least, for their calls to tell what the machine does:
one alone may be of another kind."""
UNEVEN = 0.25
"""A machine that became slower is not as much so for each component: where calls that do the same
take twice as long, what differs by less than this share of that is no change."""


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
    """The change, as a share, that the runs' scatter and the machine could explain."""
    change: Change


def compare(before: BenchResult, now: BenchResult) -> tuple[Comparison, ...]:
    """The metrics that both have, the most important first.

    A change has to be larger than the scatter of the runs explains, and every run of one side,
    but for its slowest, has to be apart from every run of the other. What became faster has to be
    `GAIN` times as much: see there.

    What the machine itself became is seen in two ways: in a unit of work that never changes, done
    between the calls of both sides, and in the calls of nodes that do the same work as before (see
    `BenchResult.works`). Other programs that take the caches slow calls down by much more than
    that unit. The calls of a node that does other work are compared in units of the calls of such
    nodes, run by run. Everything else changed when it did as it was measured, and also in the units
    of whichever of the two explains more of it; calls, in those of the other calls as well.

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


def calls_ratio(before: BenchResult, now: BenchResult) -> float | None:
    """How many times as long calls that do the same work take; None where too few nodes do."""
    same = _same_work(before, now)
    if len(same) < LEAST_OTHERS:
        return None
    return median(median(now.samples[metric]) / median(before.samples[metric]) for metric in same)


@dataclass(frozen=True, slots=True)
class _Machine:
    """How many times as slow the machine itself is now."""

    least: float
    most: float
    shown: float
    """What the ratios shown are divided by: 1 where scatter could explain what the unit says."""


def _machine(before: BenchResult, now: BenchResult) -> _Machine:
    units = before.yardstick_ns, now.yardstick_ns
    if not all(side and all(side) for side in units):
        by_unit, shown = 1.0, 1.0
    else:
        by_unit, _, change = _judged(*units, gain=1)
        shown = 1.0 if change is Change.NONE else by_unit
    by_calls = calls_ratio(before, now) or by_unit
    return _Machine(min(by_unit, by_calls), max(by_unit, by_calls), shown)


def _compared(metric: str, before: BenchResult, now: BenchResult, machine: _Machine) -> Comparison:
    old, new = before.samples[metric], now.samples[metric]
    same = _same_work(before, now)
    others = [own for own in same if own != metric]
    by_run = metric.startswith(CALL) and _is_in_each_run(metric, before, now)
    if by_run and len(others) >= LEAST_OTHERS:
        ratio, noise, change = _next_to(metric, others, before, now)
        # What does the same work may differ from the others only as these are held up, or were.
        if metric in same and change is not _changed(old, new, machine)[-1]:
            change = Change.NONE
    elif metric == SPEED:
        waits = _waits_ns(before), _waits_ns(now)
        ratio, noise, change = _changed(_seen_ns(before), _seen_ns(now), machine, *waits)
        worked = before.samples[PROCESSOR], now.samples[PROCESSOR]
        if change is not _changed(*worked, machine, *waits)[-1]:
            change = Change.NONE
    else:
        ratio, noise, change = _changed(old, new, machine)
    return Comparison(metric, median(old), median(new), ratio, noise, change)


def _same_work(before: BenchResult, now: BenchResult) -> list[str]:
    """Metrics of the calls of nodes that do the same work as before, in each run of both sides."""
    return [
        metric
        for node, work in now.works.items()
        if before.works.get(node) == work
        and _is_in_each_run(metric := call_metric(node), before, now)
    ]


def _is_in_each_run(metric: str, *sides: BenchResult) -> bool:
    """Whether there is a time of it, and not 0, in each run of the sides."""
    return all(
        all(times) and len(times) == len(side.samples[PROCESSOR])
        for side in sides
        for times in [side.samples.get(metric, [])]
    )


def _next_to(
    metric: str, others: Sequence[str], before: BenchResult, now: BenchResult
) -> tuple[float, float, Change]:
    """What became of a node's calls in units of those of others, made in the same run."""
    usual = {other: median(before.samples[other]) for other in others}
    units = [_units(usual, side) for side in (before, now)]
    old, new = (
        [value / unit for value, unit in zip(side.samples[metric], its_units, strict=True)]
        for side, its_units in zip((before, now), units, strict=True)
    )
    by_others = median(units[1]) / median(units[0])
    uneven = UNEVEN * (max(by_others, 1 / by_others) - 1)
    ratio, noise, change = _judged(old, new, uneven=uneven, of_both=True)
    # It may look faster only as the others are held up.
    if change is Change.FASTER and median(now.samples[metric]) > median(before.samples[metric]):
        change = Change.NONE
    return ratio, noise, change


def _units(usual: Mapping[str, float], side: BenchResult) -> list[float]:
    """By run, how many times as long as usual calls took: of most of the metrics, as one of them
    may change by itself."""
    times = ([value / middle for value in side.samples[own]] for own, middle in usual.items())
    return [median(run) for run in zip(*times, strict=True)]


def _changed(
    before: Sequence[float],
    now: Sequence[float],
    machine: _Machine,
    waits_before: float = 0.0,
    waits_now: float = 0.0,
) -> tuple[float, float, Change]:
    """What became of times, which are besides waits, on what became of the machine."""
    first = [waits_before + value for value in before]

    def judged(machine_ratio: float) -> tuple[float, float, Change]:
        return _judged(first, [waits_now + value / machine_ratio for value in now])

    ratio, noise, _ = judged(machine.shown)
    change = judged(1.0)[-1]
    explained = machine.most if change is Change.SLOWER else machine.least
    return ratio, noise, change if judged(explained)[-1] is change else Change.NONE


def _judged(
    first: Sequence[float],
    second: Sequence[float],
    gain: float = GAIN,
    uneven: float = 0.0,
    of_both: bool = False,
) -> tuple[float, float, Change]:
    """How many times as much the second are, what noise explains, and what that means.

    Quotients, `of_both`, are off at either end where something else had the machine.
    """
    ratio = median(second) / median(first)
    noise = max(LEAST_CHANGE, ERRORS * hypot(_error(first), _error(second)), uneven)
    change = Change.NONE
    if min(len(first), len(second)) >= LEAST_RUNS:
        first, second = (_without_outliers(values, both_ends=of_both) for values in (first, second))
        if ratio > 1 + noise and min(second) > max(first):
            change = Change.SLOWER
        elif ratio < 1 / (1 + gain * noise) and max(second) < min(first):
            change = Change.FASTER
    return ratio, noise, change


def _without_outliers(values: Sequence[float], *, both_ends: bool) -> list[float]:
    share = int(OUTLIERS * len(values))
    return sorted(values)[share * both_ends : len(values) - share]


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
