"""The largest costs that are left, ranked by a profile, and what it would take to remove each."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.benchmarks.performance.curves.bytes_as_text import TRIED
from tests.benchmarks.performance.flows import DIRECT, ENGINE, FLOOR, NATIVE
from tests.benchmarks.performance.page.bounds import number, rate, slope
from tests.benchmarks.performance.profiles import profiling
from tests.benchmarks.performance.results import COMPILED_ENGINE, Curve, Profile, Results

CALLS = "Calling components"
ENGINE_COST = "The engine"
RECORDING = "Recording"
PRINTING = "Output of components"
_COSTS = {
    profiling.CALLING: CALLS,
    profiling.ANSWERING: CALLS,
    profiling.PREPARING: CALLS,
    profiling.ENGINE: ENGINE_COST,
    profiling.RECORDING: RECORDING,
    profiling.PRINTING: PRINTING,
}
_SHOWN = 3


class Cost(NamedTuple):
    """One of them."""

    name: str
    call_us: dict[str, float]
    """Microseconds a call, by layer."""


def largest(results: Results) -> list[Cost]:
    """Three, the one that takes most on the direct layer first."""
    found: dict[str, dict[str, float]] = {}
    for profile in results.profiles:
        for share in profile.shares:
            cost = _COSTS.get(share.part)
            if cost is not None:
                of_layer = found.setdefault(cost, {})
                taken = profile.call_us * share.percent / 100
                of_layer[profile.layer] = of_layer.get(profile.layer, 0.0) + taken
    ranked = sorted(found.items(), key=lambda item: item[1].get(DIRECT, 0.0), reverse=True)
    return [Cost(name, by_layer) for name, by_layer in ranked[:_SHOWN]]


def remedy(cost: Cost, results: Results) -> str:
    """What it would take."""
    return _REMEDIES[cost.name](results)


def of_layer(results: Results, layer: str) -> Profile | None:
    """The profile of a layer, where it was made."""
    return next((one for one in results.profiles if one.layer == layer), None)


def _calls(results: Results) -> str:
    curve = results.curve("payload-read")
    direct = curve.line(DIRECT)
    assert direct is not None
    floor, native = curve.line(FLOOR), curve.line(NATIVE)
    least = f" ({number(floor.points[0].y.median)} in C)" if floor else ""
    text = (
        "Directly, a call is Python code that fills C values through ctypes: "
        f"{number(direct.points[0].y.median)} µs for a routed call with the smallest "
        f"payload{least}, and {number(slope(direct) * 1e3)} ns for each further byte "
        f"({rate(slope(direct))}), as every byte of a list becomes a C value of 32 bytes and a "
        "Rust value of 48. The [native call layer](native-layer.md) removes both"
    )
    if native is not None:
        text += (
            f": {number(native.points[0].y.median)} µs, {number(slope(native) * 1e3)} ns a byte. "
            "What is left there is making a Python object of each call and each answer"
        )
    return (
        f"{text}.{_tried(curve)} Without it, it would take a C interface of wasmtime for "
        "components that hands over a list of bytes as one block, or shows where a component's "
        "memory lies; version 50 has neither."
    )


def _tried(curve: Curve) -> str:
    tried = curve.line(TRIED)
    if tried is None:
        return ""
    each = slope(tried)
    return (
        f" Bytes that cross as Latin-1 text were tried: {number(each * 1e3)} ns a byte "
        f"({rate(each)}), every other one above 127. That takes another type of `read` and "
        "`read-all` in the component, written into it before it is compiled; fuel is then another "
        "where bytes are above 127, and what a component hands over cannot go that way, as such "
        "text may not begin at an odd address."
    )


def _engine(results: Results) -> str:
    engine = results.curve("chain").line(ENGINE)
    assert engine is not None
    first, last = engine.points[0].y.median, engine.points[-1].y.median
    taken = (
        f"{number(first)} µs a call in the smallest flow, {number(last)} in a chain of 64 (with "
        "ready-made answers)"
    )
    if results.machine.engine == COMPILED_ENGINE:
        return (
            f"It is compiled, and takes {taken}. What is left is Python's objects for commands, "
            "events and elements, which a screen and a recording are made of."
        )
    return (
        f"It is Python, and takes {taken}. The same code [compiled](compiled-engine.md) takes "
        "less; it would take wheels for every system to make that what everybody has."
    )


def _recording(results: Results) -> str:
    curve = results.curve("payload-passed")
    plain, recorded = curve.line(ENGINE), curve.line("engine and recording")
    assert plain is not None
    assert recorded is not None
    more = recorded.points[0].y.median - plain.points[0].y.median
    return (
        f"Every call is kept in memory, so that it can be undone: {number(more)} µs more a call "
        "with ready-made answers and the smallest payload, and a digest of each payload as old "
        "calls are made compact. It would take a ring that is written where the call is made, "
        "in the native layer; or a session that gives up stepping back."
    )


def _printing(_results: Results) -> str:
    return (
        "What a component prints goes into a file in memory, whose place is asked for after each "
        "call. It would take streams of the host's own, which the C library does not let a host "
        "define; the native layer has them."
    )


_REMEDIES: dict[str, Callable[[Results], str]] = {
    CALLS: _calls,
    ENGINE_COST: _engine,
    RECORDING: _recording,
    PRINTING: _printing,
}
