"""What `bench` prints: tables that are Markdown too, and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import log
from typing import Any

import msgspec
from rich.cells import cell_len

from runtime.bench.comparing import Change, Comparison, calls_ratio
from runtime.bench.result import (
    ARROW,
    CALL,
    END_TO_END,
    ENGINE,
    OPENING,
    PROCESSOR,
    SPEED,
    BenchResult,
    Durations,
)
from runtime.bench.workload import conditions
from runtime.flow.manifest.problems import listed
from runtime.model.lazy.dataclass import dataclass
from runtime.model.text.durations import spaced_duration
from runtime.model.text.plurals import counted, word_for
from runtime.model.text.printable import json_line
from workbench.text.figures import duration
from workbench.text.short_names import shorten
from workbench.text.wrapping import wrap_words

FEW_ELEMENTS = 100
"""Of a pass: below, first calls count for much."""
LEAST_NAME_CELLS = 12
"""A name in a table keeps so many, also where the table is then wider than the terminal."""
GOOD_NAME_CELLS = 20
"""Columns that tell less are left out of a terminal rather than names cut below this."""
SPARE_COLUMNS = ("p99.9", "p90", "count", "noise", "before")
"""In the order in which they are left out."""
OTHER_MACHINE = 0.1
"""Calls that do the same work as before changed by more than this, as a logarithm: it is told."""
MOST_IDLE = 8
"""Names of nodes without an element that are told."""
_SPREAD = ("count", "p50", "p90", "p99", "p99.9", "longest")
_WHOLE = "end to end"
_CALL = "call of "


@dataclass(frozen=True, slots=True)
class Against:
    """A saved result, and what became of each metric since."""

    name: str
    before: BenchResult
    comparisons: Sequence[Comparison]


@dataclass(frozen=True, slots=True)
class _Table:
    """Its first column holds names, the others figures."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def report_lines(
    result: BenchResult,
    against: Against | None = None,
    stock: BenchResult | None = None,
    columns: int | None = None,
) -> list[str]:
    """The whole report for people, as Markdown; `stock` is through wasmtime-py's own binding.

    For a terminal of `columns`, sentences are wrapped and names in tables shortened.
    """
    lines: list[str] = []
    for part in _parts(result, against, stock):
        if lines:
            lines.append("")
        if isinstance(part, _Table):
            lines += _drawn(part, columns)
        else:
            for text in part.split("\n"):
                lines += [text] if columns is None else wrap_words(text, columns)
    return lines


def report_json(
    result: BenchResult, against: Against | None = None, stock: BenchResult | None = None
) -> str:
    """One object: the result, what changed, and the same through wasmtime-py's own binding."""
    found: dict[str, Any] = {"type": "bench", **msgspec.to_builtins(result)}
    found["medians"] = {metric: result.middle(metric) for metric in result.samples}
    found["stock"] = None if stock is None else msgspec.to_builtins(stock)
    found["comparison"] = None
    if against is not None:
        found["comparison"] = [msgspec.to_builtins(item) for item in against.comparisons]
        found["compared_with"] = {
            "name": against.name,
            "builds": against.before.builds,
            "calls_ratio": calls_ratio(against.before, result),
            "workload": msgspec.to_builtins(against.before.workload),
        }
    return json_line(found)


def verdict(comparisons: Iterable[Comparison]) -> str:
    """One sentence."""
    slower = [_named(item.metric) for item in comparisons if item.change is Change.SLOWER]
    faster = [_named(item.metric) for item in comparisons if item.change is Change.FASTER]
    if not slower and not faster:
        return "No change beyond the noise of the runs."
    parts = [f"slower: {', '.join(slower)}"] * bool(slower)
    parts += [f"faster: {', '.join(faster)}"] * bool(faster)
    return f"{'; '.join(parts).capitalize()}."


def _parts(
    result: BenchResult, against: Against | None, stock: BenchResult | None
) -> Iterator[str | _Table]:
    workload = result.workload
    yield f"# Benchmark of flow '{workload.flow}'"
    passes = counted(result.passes, "pass", "passes")
    yield (
        f"{counted(result.runs, 'run')}, {passes} in all; {workload.machine}; calls through the "
        f"{workload.call_layer} layer, {workload.engine} engine."
    )
    yield _Table(
        ("", "median", "± half range"),
        [
            ("elements a second", _rate(result.middle(SPEED)), f"{result.spread(SPEED):.1%}"),
            _measure(result, PROCESSOR, "processor time an element, µs", "{:,.1f}", 1e3),
            _measure(result, ENGINE, "engine a call, calls excluded, µs", "{:,.2f}", 1e3),
            _measure(result, OPENING, "instances made and ended, a pass, ms", "{:,.1f}", 1e6),
        ],
    )
    waits = dict(result.waits)
    if result.end_to_end is not None:
        waits[_WHOLE] = result.end_to_end
    # No call was made of a source whose elements a file gave.
    called = {node: found for node, found in result.nodes.items() if node not in workload.inputs}
    yield _Table(("call of", *_SPREAD), [_durations(*item) for item in called.items()])
    if waits:
        yield _Table(("wait", *_SPREAD), [_durations(*item) for item in waits.items()])
    binding = "" if stock is None else ", wasmtime-py's binding included"
    yield "\n".join(_counts(result, binding))
    if stock is not None:
        yield _stock_table(result, stock)
    if against is not None:
        yield from _comparison(result, against)


def _counts(result: BenchResult, binding: str) -> Iterator[str]:
    per_element = max(result.elements, 1)
    each = (
        f"; an element takes {result.calls / per_element:,.1f} calls, "
        f"{result.copies / per_element:,.1f} copies of {_bytes_each(result)} bytes, and "
        f"{result.buffers / per_element:,.1f} new buffers; forwarding allocates none."
    )
    yield (
        f"{counted(result.elements, 'element')}, {result.delivered:,} delivered, "
        f"{result.dropped:,} dropped, {counted(result.errors, 'error')}"
        f"{each if result.elements else '.'}"
    )
    memory = f"{result.peak_memory_bytes / 2**20:,.0f} MiB"
    yield f"Memory of the process at most {memory}{binding}."
    if per_element < FEW_ELEMENTS * result.passes:
        yield "Few elements a pass: lines of a file in place of a source tell more."
    if result.cut:
        yield (
            f"{counted(result.cut, 'pass', 'passes')} ended before the sources did, as the flow "
            "takes long or has no end: with --limit all passes have as many elements."
        )
    if result.idle:
        yield f"Without an element in any pass: {listed(result.idle, MOST_IDLE)}."
        if result.cut:
            yield (
                f"Under {result.workload.schedule.value} a source that never ends may keep others "
                "waiting: --schedule round-robin calls each in turn."
            )
    if result.waits_ns:
        waited = spaced_duration(result.waits_ns)
        yield f"Paused sinks and rates took {waited}, which is counted and not slept."
    for edge, response in result.responses.items():
        yield (
            f"Back-pressure at {edge}: its producer was suspended "
            f"{counted(response.samples, 'time')}, after "
            f"{duration(response.p50_ns)} (p50), {duration(response.p99_ns)} (p99)."
        )


def _stock_table(result: BenchResult, stock: BenchResult) -> _Table:
    """How many times as fast each thing is as through the binding."""
    rows = []
    for metric in result.samples:
        if metric not in stock.samples or not result.middle(metric):
            continue
        own, other = result.middle(metric), stock.middle(metric)
        times = own / other if metric == SPEED else other / own
        rows.append((_named(metric), _figure(metric, own), _figure(metric, other), f"{times:.1f}"))
    return _Table(("median of", "studio", "wasmtime-py", "times as fast"), rows)


def _comparison(result: BenchResult, against: Against) -> Iterator[str | _Table]:
    """What changed since the saved result."""
    before = against.before
    others = [node for node, digest in result.builds.items() if before.builds.get(node) != digest]
    gone = [node for node in before.builds if node not in result.builds]
    found = [f"other builds of {', '.join(others)}"] * bool(others)
    found += [f"{', '.join(gone)} {word_for(len(gone), 'is', 'are')} gone"] * bool(gone)
    if not found:
        found = ["the same builds"]
    found += conditions(before.workload, result.workload)
    yield f"Compared with '{against.name}': {'; '.join(found)}."
    calls = calls_ratio(before, result)
    if calls is not None and abs(log(calls)) > OTHER_MACHINE:
        yield (
            f"Calls that do the same work as then take {calls:.2f} times as long: the machine is "
            "another one, or others are at work on it."
        )
    rows = [
        (
            _named(item.metric),
            _figure(item.metric, item.before),
            _figure(item.metric, item.now),
            f"{item.ratio:.2f}",
            f"{item.noise:.0%}",
            item.change.value,
        )
        for item in against.comparisons
    ]
    yield _Table(("median of", "before", "now", "times as slow", "noise", ""), rows)
    yield verdict(against.comparisons)


def _measure(
    result: BenchResult, metric: str, name: str, form: str, unit: float
) -> tuple[str, str, str]:
    spread = f"{result.spread(metric):.1%}"
    return name, form.format(result.middle(metric) / unit), spread


def _durations(name: str, found: Durations) -> tuple[str, ...]:
    times = (found.p50_ns, found.p90_ns, found.p99_ns, found.p999_ns, found.max_ns)
    return name, f"{found.count:,}", *map(duration, times)


def _bytes_each(result: BenchResult) -> str:
    return f"{result.copied_bytes / result.copies:,.0f}" if result.copies else "0"


def _named(metric: str) -> str:
    """A metric as the tables above name it."""
    if metric.startswith(CALL):
        return f"{_CALL}{metric.removeprefix(CALL)}"
    if metric == END_TO_END:
        return _WHOLE
    return metric.replace(" ns", "").replace("ns/", "")


def _figure(metric: str, value: float) -> str:
    return _rate(value) if metric == SPEED else duration(round(value))


def _rate(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _shortened(names: list[str], cells: int) -> list[str]:
    """The names in so many cells: of an edge both ends are shortened, of a call its node."""
    if max(map(cell_len, names), default=0) <= cells:
        return names
    parted = [(name.startswith(_CALL), name.removeprefix(_CALL).split(ARROW)) for name in names]
    by_room: dict[int, list[str]] = {}
    for of_call, ends in parted:
        by_room.setdefault(_room(of_call, ends, cells), []).extend(ends)
    short = {room: shorten(tuple(ends), room) for room, ends in by_room.items()}
    return [
        _CALL * of_call + ARROW.join(short[_room(of_call, ends, cells)][end] for end in ends)
        for of_call, ends in parted
    ]


def _room(of_call: bool, ends: Sequence[str], cells: int) -> int:
    """Cells for each end."""
    return (cells - len(_CALL) * of_call - len(ARROW) * (len(ends) - 1)) // len(ends)


def _drawn(table: _Table, columns: int | None) -> list[str]:
    """A table of Markdown whose columns stand under each other."""
    names = [row[0] for row in table.rows]
    figures = list(zip(*(row[1:] for row in (table.head, *table.rows)), strict=True))
    if columns is not None:
        wanted = min(GOOD_NAME_CELLS, max(map(cell_len, names), default=0))
        for spare in SPARE_COLUMNS:
            if _room_for_names(figures, columns) < wanted:
                figures = [column for column in figures if column[0] != spare]
        room = _room_for_names(figures, columns)
        names = _shortened(names, max(room, LEAST_NAME_CELLS, len(table.head[0])))
    widths = [max(map(len, column)) for column in figures]
    widest = max(map(cell_len, (table.head[0], *names)))

    def row(name: str, cells: Sequence[str]) -> str:
        numbers = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
        return f"| {' | '.join([name + ' ' * (widest - cell_len(name)), *numbers])} |"

    rule = ["-" * widest, *(f"{'-' * (width - 1)}:" for width in widths)]
    head, *rows = zip(*figures, strict=True)
    lines = [row(table.head[0], head), f"| {' | '.join(rule)} |"]
    return lines + [row(name, cells) for name, cells in zip(names, rows, strict=True)]


def _room_for_names(figures: Sequence[Sequence[str]], columns: int) -> int:
    """Cells that columns of figures leave for the first one."""
    taken = sum(max(map(len, column)) + len(" | ") for column in figures)
    return columns - taken - len("|  |")
