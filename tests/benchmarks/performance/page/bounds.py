"""What bounds each curve, in a sentence made of its figures."""

from __future__ import annotations

import math
from collections.abc import Callable

from tests.benchmarks.performance.curves.recording_curve import (
    BACK,
    MIDDLE,
    OPEN,
    RECORD,
    REPLAY,
    THROUGH,
)
from tests.benchmarks.performance.flows import DIRECT, ENGINE, FLOOR, NATIVE, RECORDED, STOCK
from tests.benchmarks.performance.results import Curve, Line

FRAME_US = 100_000
"""A picture, at ten a second."""
_NEARLY_FLAT = 0.2
"""An exponent below which a curve does not grow to speak of."""


def bound(curve: Curve) -> str:
    """The sentence of a curve. Raises KeyError for one that is not known."""
    return _BOUNDS[curve.key](curve)


def exponent(line: Line) -> float:
    """By which power of x the line grows at its end: 0 not at all, 1 as x does."""
    first, last = line.points[-2:]
    return math.log(last.y.median / first.y.median) / math.log(last.x / first.x)


def slope(line: Line) -> float:
    """How much of y a further x takes at the end of the line."""
    first, last = line.points[-2:]
    return (last.y.median - first.y.median) / (last.x - first.x)


def _ends(line: Line) -> tuple[float, float]:
    return line.points[0].y.median, line.points[-1].y.median


def _from_to(line: Line) -> str:
    first, last = _ends(line)
    return f"from {number(first)} to {number(last)}"


def number(value: float) -> str:
    """With three significant figures, and commas."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    rounded = round(value, digits)
    return f"{rounded:,.{digits}f}" if digits else f"{float(f'{value:.3g}'):,.0f}"


def rate(microseconds_a_byte: float) -> str:
    """Megabytes or gigabytes a second."""
    megabytes = 1 / microseconds_a_byte
    return f"{number(megabytes / 1e3)} GB/s" if megabytes >= 1_000 else f"{number(megabytes)} MB/s"


def _payload_read(curve: Curve) -> str:
    parts = []
    for line in (curve.line(DIRECT), curve.line(FLOOR), curve.line(STOCK), curve.line(NATIVE)):
        if line is None or len(line.points) < 2:
            continue
        each = slope(line)
        knee = line.points[0].y.median / each
        parts.append(
            f"{line.name} {number(each * 1e3)} ns a byte ({rate(each)}), more than the call itself "
            f"from {knee:,.0f} bytes on"
        )
    direct, floor = curve.line(DIRECT), curve.line(FLOOR)
    library = ""
    if direct is not None and floor is not None and len(floor.points) > 1:
        ratio = slope(floor) / slope(direct)
        library = (
            " The direct layer and the C host use the same C library, and a byte costs the C host "
            f"{number(ratio)} times what it costs the layer: it is the library's values, and not "
            "Python, that bound it."
        )
    return "The bytes: " + "; ".join(parts) + "." + library


def _payload_passed(curve: Curve) -> str:
    flat = [
        f"{line.name} goes {_from_to(line)} µs" for line in curve.lines if line.name != RECORDED
    ]
    recorded = curve.line(RECORDED)
    assert recorded is not None
    passed = f"Nothing that grows, for what is passed on: over all sizes, {'; '.join(flat)}."
    each = slope(recorded)
    if each <= 0:
        return f"{passed} Recording showed no growth in this run."
    return (
        f"{passed} Recording reads each payload once, for the digest that is kept of it: "
        f"{number(each * 1e3)} ns a byte ({rate(each)}), spread over the calls of its element."
    )


def _flow(what: str) -> Callable[[Curve], str]:
    def sentence(curve: Curve) -> str:
        engine = curve.line(ENGINE)
        assert engine is not None
        parts = []
        for name in (NATIVE, DIRECT):
            line = curve.line(name)
            if line is None:
                continue
            least, last = min(point.y.median for point in line.points), line.points[-1].y.median
            own = engine.points[-1].y.median
            parts.append(
                f"{name}, {number(last)} µs a call at {line.points[-1].x:,.0f} {what}, "
                f"{number(last - least)} more than at its least, {number(100 * own / last)} % of "
                f"it the engine's"
            )
        engine_first, engine_last = _ends(engine)
        return (
            f"The calls, and the engine around them: {'; '.join(parts)}. The engine alone goes "
            f"from {number(engine_first)} to {number(engine_last)} µs."
        )

    return sentence


def _nodes(curve: Curve) -> str:
    parts = []
    for line in curve.lines:
        last = line.points[-1]
        parts.append(
            f"{line.name}, {number(last.y.median / 1e3)} ms at {last.x:,.0f} nodes, growing as "
            f"nodes^{max(exponent(line), 0):.1f}"
        )
    again = [line for line in curve.lines if line.name.endswith("after a step")]
    worst = max(line.points[-1].y.median for line in again)
    return (
        f"The nodes, seen first all at once, and later those that are drawn again. "
        f"{'; '.join(parts)}. At ten pictures a second one may take 100 ms; that after a step "
        f"takes {number(100 * worst / FRAME_US)} % of it at most."
    )


def _recording(curve: Curve) -> str:
    parts = []
    for name in (RECORD, REPLAY, OPEN, THROUGH, MIDDLE, BACK):
        line = curve.line(name)
        if line is None:
            continue
        power = exponent(line)
        if power < _NEARLY_FLAT:
            parts.append(f"{name}, {number(line.points[-1].y.median)} ms whatever the length")
        else:
            parts.append(
                f"{name}, {number(slope(line) * 1e3)} µs for each further call "
                f"(growing as calls^{power:.1f})"
            )
    return "The calls, which are made or read one after the other: " + "; ".join(parts) + "."


_BOUNDS: dict[str, Callable[[Curve], str]] = {
    "payload-read": _payload_read,
    "payload-passed": _payload_passed,
    "chain": _flow("nodes"),
    "fan-out": _flow("sinks"),
    "queue-depth": _flow("elements of capacity"),
    "nodes-on-screen": _nodes,
    "recording-length": _recording,
}
