"""What `bench` prints: tables that are Markdown too, and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from runtime.bench.comparing import Change, Comparison
from runtime.bench.result import (
    ENGINE,
    OPENING,
    PROCESSOR,
    SPEED,
    BenchResult,
    Durations,
)
from runtime.model.text.printable import json_line
from workbench.text.figures import duration, spaced_duration

FEW_ELEMENTS = 100
"""Of a pass: below, first calls count for much."""
_SPREAD_HEAD = ("", "count", "p50", "p90", "p99", "p99.9", "longest")


def report_lines(
    result: BenchResult, comparisons: Sequence[Comparison], stock: BenchResult | None = None
) -> list[str]:
    """The whole report for people; `stock` is the same through wasmtime-py's own binding."""
    per_element = max(result.elements, 1)
    lines = [
        f"# Benchmark of flow '{result.flow}'",
        "",
        f"{result.runs} runs of {result.passes} passes in all; {result.machine}; calls through the "
        f"{result.call_layer} layer.",
        "",
        *_table(
            ("", "median", "± half range"),
            [
                _measure(result, SPEED, "elements a second", "{:,.0f}"),
                _measure(result, PROCESSOR, "processor time an element, µs", "{:,.1f}", 1e3),
                _measure(result, ENGINE, "engine a call, calls excluded, µs", "{:,.2f}", 1e3),
                _measure(result, OPENING, "instances made and ended, a pass, ms", "{:,.1f}", 1e6),
            ],
        ),
        "",
        *_table(
            _SPREAD_HEAD,
            [
                *(_durations(f"call of {node}", found) for node, found in result.nodes.items()),
                *(_durations(f"wait {edge}", found) for edge, found in result.waits.items()),
                *([_durations("end to end", result.end_to_end)] if result.end_to_end else []),
            ],
        ),
        "",
        f"{result.elements:,} elements, {result.delivered:,} delivered, {result.dropped:,} "
        f"dropped, {result.errors:,} errors; an element takes {result.calls / per_element:.1f} "
        f"calls, {result.copies / per_element:.1f} copies of {_bytes_each(result)} bytes, and "
        f"{result.buffers / per_element:.1f} new buffers; forwarding allocates none.",
        f"Memory of the process at most {result.peak_memory_bytes / 2**20:,.0f} MiB.",
    ]
    if per_element < FEW_ELEMENTS * result.passes:
        lines.append("Few elements a pass: lines of a file in place of a source tell more.")
    if result.waits_ns:
        waited = spaced_duration(result.waits_ns)
        lines.append(f"Paused sinks and rates took {waited}, which is counted and not slept.")
    for edge, response in result.responses.items():
        lines.append(
            f"Back-pressure at {edge}: its producer was suspended {response.samples:,} times, "
            f"after {duration(response.p50_ns)} (p50), {duration(response.p99_ns)} (p99)."
        )
    if stock is not None:
        lines += ["", *_stock_lines(result, stock)]
    if comparisons:
        lines += ["", *comparison_lines(comparisons)]
    return lines


def _stock_lines(result: BenchResult, stock: BenchResult) -> list[str]:
    """How many times as fast each thing is as through the binding."""
    rows = []
    for metric in result.samples:
        if metric not in stock.samples or not result.middle(metric):
            continue
        own, other = result.middle(metric), stock.middle(metric)
        times = own / other if metric == SPEED else other / own
        rows.append((_named(metric), _figure(metric, own), _figure(metric, other), f"{times:.1f}"))
    return _table(("", "studio", "wasmtime-py", "times as fast"), rows)


def comparison_lines(comparisons: Sequence[Comparison]) -> list[str]:
    """What changed since the saved result."""
    rows = [
        (
            _named(item.metric),
            _figure(item.metric, item.before),
            _figure(item.metric, item.now),
            f"{item.ratio:.2f}",
            f"{item.noise:.0%}",
            item.change.value,
        )
        for item in comparisons
    ]
    head = ("", "before", "now", "times as slow", "noise", "")
    return [*_table(head, rows), "", verdict(comparisons)]


def verdict(comparisons: Iterable[Comparison]) -> str:
    """One sentence."""
    slower = [_named(item.metric) for item in comparisons if item.change is Change.SLOWER]
    faster = [_named(item.metric) for item in comparisons if item.change is Change.FASTER]
    if not slower and not faster:
        return "No change beyond the noise of the runs."
    parts = [f"slower: {', '.join(slower)}"] * bool(slower)
    parts += [f"faster: {', '.join(faster)}"] * bool(faster)
    return f"{'; '.join(parts).capitalize()}."


def report_json(
    result: BenchResult, comparisons: Sequence[Comparison], stock: BenchResult | None = None
) -> str:
    """One object: the result, what changed, and the same through wasmtime-py's own binding."""
    found: dict[str, Any] = {"type": "bench", **msgspec.to_builtins(result)}
    found["medians"] = {metric: result.middle(metric) for metric in result.samples}
    found["stock"] = None if stock is None else msgspec.to_builtins(stock)
    found["comparison"] = [msgspec.to_builtins(item) for item in comparisons] or None
    return json_line(found)


def _measure(
    result: BenchResult, metric: str, name: str, form: str, unit: float = 1.0
) -> tuple[str, str, str]:
    spread = f"{result.spread(metric):.1%}"
    return name, form.format(result.middle(metric) / unit), spread


def _durations(name: str, found: Durations) -> tuple[str, ...]:
    times = (found.p50_ns, found.p90_ns, found.p99_ns, found.p999_ns, found.max_ns)
    return name, f"{found.count:,}", *map(duration, times)


def _bytes_each(result: BenchResult) -> str:
    return f"{result.copied_bytes / result.copies:,.0f}" if result.copies else "0"


def _named(metric: str) -> str:
    return metric.replace(" ns", "").replace("ns/", "")


def _figure(metric: str, value: float) -> str:
    return f"{value:,.0f}" if metric == SPEED else duration(round(value))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of Markdown whose columns stand under each other."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def row(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        numbers = [cell.rjust(width) for cell, width in others]
        return f"| {' | '.join([first[0].ljust(first[1]), *numbers])} |"

    rule = [f"{'-' * widths[0]}", *(f"{'-' * (width - 1)}:" for width in widths[1:])]
    return [row(head), f"| {' | '.join(rule)} |", *map(row, rows)]
