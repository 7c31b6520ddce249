"""Measurements that take too long for `make performance`, each made when it is asked for.

    make performance PERFORMANCE="--long forks"
    make performance PERFORMANCE="--long forks --calls 10000 1000000"

What each found is kept in docs/performance/long-runs.json, and stands on the page from then on.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

import msgspec

from runtime.child.gc_tuning import settle_collector
from tests.benchmarks.calls import python_price
from tests.benchmarks.performance.flows import layers
from tests.benchmarks.performance.machine import load, machine
from tests.benchmarks.performance.page.bounds import number
from tests.benchmarks.performance.profiles import profiling
from tests.benchmarks.performance.profiles.profile_before import COMMIT, profile_before
from tests.benchmarks.performance.results import Machine, Profile
from tests.benchmarks.performance.rounds import WHOLE, Effort
from tests.benchmarks.timetravel import backward_search, going_back, guest_forks

Value = TypeVar("Value")


class LongRun(msgspec.Struct):
    """A table of one such measurement."""

    title: str
    text: str
    """What was done, and how to read the table."""
    head: list[str]
    rows: list[list[str]]
    machine: Machine


class Asked(msgspec.Struct):
    """What the command line asks for."""

    calls: tuple[int, ...] = ()
    """Instead of those that a measurement makes by itself."""
    component: Path | None = None
    """A Python component that is built."""
    before: Path | None = None
    """A checkout of the commit to compare with."""
    effort: Effort = WHOLE


def long_run(key: str, asked: Asked) -> LongRun:
    """Make the measurement of that name. Raises `RuntimeError`: something for it is missing."""
    before, began = load(), time.monotonic()
    title, text, measure = MEASUREMENTS[key]
    head, *rows = measure(asked)
    about = machine(before, time.monotonic() - began, quick=False)
    return LongRun(title, text, head, rows, about)


def read_long_runs(path: Path) -> dict[str, LongRun]:
    """What was kept, by name; none where there is no file. Raises `msgspec.DecodeError`."""
    if not path.exists():
        return {}
    return msgspec.json.decode(path.read_bytes(), type=dict[str, LongRun])


def keep_long_run(key: str, found: LongRun, path: Path) -> None:
    """Keep it with the others, in the order of `MEASUREMENTS`."""
    kept = {**read_long_runs(path), key: found}
    ordered = {name: kept[name] for name in MEASUREMENTS if name in kept}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(ordered), indent=1) + b"\n")


def _apart(function: Callable[..., Value], *given: object) -> Value:
    """What it gives in a process of its own, so that memory begins at nothing each time."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn, initializer=settle_collector) as pool:
        return pool.submit(function, *given).result()


# ---- the measurements: a row of heads, then the others


def _forks(asked: Asked) -> Iterator[list[str]]:
    if "native" not in layers():
        raise RuntimeError("the native call layer is needed: make native")
    yield [
        "flow, calls before",
        "a call, µs",
        "of that checkpoints",
        "kept, MiB",
        "fork, ms",
        "memory of the instances, ms",
        "by every call, ms",
        f"next {guest_forks.FOLLOWING:,} calls",
        "memory after a tenth, at the end, MiB",
    ]
    for sample in guest_forks.SAMPLES:
        for place in asked.calls or guest_forks.PLACES:
            found = _apart(guest_forks.measure, sample, place)
            again = found.every_call_ms
            yield [
                f"{sample}, {place:,}",
                number(found.call_us),
                f"{number(found.checkpoints_us)} µs, {found.checkpoints_us / found.call_us:.1%}",
                number(found.kept_mib),
                number(found.fork_ms),
                number(found.restore_us / 1e3),
                "the start is lost" if again is None else number(again),
                "equal" if found.equal else "**unlike**",
                f"{number(found.early_mib)}, {number(found.late_mib)}",
            ]


def _going_back(asked: Asked) -> Iterator[list[str]]:
    yield [
        "calls",
        "a call, µs",
        "of that checkpoints",
        "one call back, ms",
        "to the middle, ms",
        "one call back there, ms",
        "to the earliest place, ms",
        "calls in full, compact",
        "memory, MiB",
    ]
    ring = guest_forks.RING_MIB * going_back.MIB
    for calls in asked.calls or going_back.LENGTHS:
        found = _apart(going_back.measure, calls, ring)
        yield [
            f"{calls:,}",
            number(found.call_us),
            f"{number(found.checkpoints_us)} µs, {found.checkpoints_us / found.call_us:.1%}",
            f"{number(found.back_ms)} (at most {number(found.longest_back_ms)})",
            f"{number(found.middle.jump_ms)}, at call {found.middle.place:,}",
            number(found.middle.back_ms),
            f"{number(found.earliest.jump_ms)}, at call {found.earliest.place:,}",
            f"{found.in_full:,}, {found.compact:,}",
            number(found.memory_mib),
        ]


def _searches(asked: Asked) -> Iterator[list[str]]:
    yield ["where", "condition that holds nowhere", "a million calls, s", "calls looked at"]
    elements = asked.calls[0] // 3 if asked.calls else 40_000
    for found in _apart(_all_searches, elements):
        shown = f"`{found.condition}`".replace("|", "\\|") if found.condition else "–"
        yield [found.where, shown, number(found.million_s), f"{found.looked:,}"]


def _all_searches(elements: int) -> list[backward_search.Searched]:
    return list(backward_search.searches(elements))


def _python(asked: Asked) -> Iterator[list[str]]:
    if "native" not in layers():
        raise RuntimeError("the native call layer is needed: make native")
    with tempfile.TemporaryDirectory(prefix="torvyn-studio-python-") as folder:
        component = asked.component or python_price.built_component(Path(folder))
        if component is None:
            raise RuntimeError("componentize-py is needed, or --component with what it built")
        yield [
            "the enricher in, memory",
            "a call of it, µs",
            "checkpoints, µs a call of the flow",
            "kept, MiB",
            "fork from the middle, ms",
            "how",
        ]
        calls = asked.calls[0] if asked.calls else python_price.CALLS
        for price in python_price.prices(calls, component):
            yield [
                f"{price.language}, {'readable' if price.readable else 'not readable'}",
                number(price.call_us),
                number(price.checkpoints_us),
                number(price.kept_mib),
                number(price.fork_ms),
                price.way,
            ]


def _before(asked: Asked) -> Iterator[list[str]]:
    if asked.before is None:
        raise RuntimeError(f"--before names a checkout of {COMMIT}, with its .venv")
    here = _apart(profiling.profiles, asked.effort)
    profiles = [profile_before(asked.before, asked.effort), *here]
    now = [f"now, {profile.layer}" for profile in profiles[1:]]
    yield ["µs a call", f"before ({COMMIT}), {profiles[0].layer}", *now]
    parts = dict.fromkeys(share.part for profile in profiles for share in profile.shares)
    for part in parts:
        yield [part, *(_part_us(profile, part) for profile in profiles)]
    yield ["all", *(number(profile.call_us) for profile in profiles)]


def _part_us(profile: Profile, part: str) -> str:
    found = [share.percent for share in profile.shares if share.part == part]
    return number(profile.call_us * found[0] / 100) if found else "–"


Measure = Callable[[Asked], Iterator[list[str]]]
MEASUREMENTS: dict[str, tuple[str, str, Measure]] = {
    "before": (
        "Where the time went before, and where it goes",
        "The fan-out sample, its sinks printing, recorded as in the workbench: microseconds of "
        "processor time a call, by what was found at work.",
        _before,
    ),
    "forks": (
        "Going on from a place in the past",
        "Two samples run in a session as the workbench's is, on the native layer: the fan-out, and "
        "the orders, which have an aggregator whose totals grow. Then the session goes back to a "
        "place 1,100 calls before the end and forks; *fork* is from the request until the flow "
        "stands there with instances of its own. The calls that follow are held against the past: "
        "outcome, fuel and printed bytes. The last column has the resident memory after a tenth "
        "of the calls and after all of them.",
        _forks,
    ),
    "going-back": (
        "Going back",
        "The fan-out sample in a session, its source without an end, a ring of "
        f"{guest_forks.RING_MIB} MiB: from a request to the update that shows the place.",
        _going_back,
    ),
    "searches": (
        "Looking backwards for a condition",
        "A run of a source, a processor and a sink is kept in a ring; conditions that hold nowhere "
        "are looked for from its end, so that every call is looked at.",
        _searches,
    ),
    "python": (
        "What a component in Python costs",
        "The orders sample with its enricher in Rust and in Python, with code whose memory cannot "
        "be read (`--guest-debug off`) and with code whose memory can (`all`). A call of the "
        "enricher by the clock; the rest of the processor.",
        _python,
    ),
}
