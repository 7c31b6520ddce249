"""Elements' ways as trees of calls, and as JSON with Torvyn's field names."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import click

from runtime.lineage.element_traces import ElementTrace, ElementTraces, TracedHop
from runtime.model.element import Element
from runtime.model.linked import LinkedFlow
from runtime.model.text.durations import spaced_duration
from runtime.model.text.plurals import counted
from runtime.model.text.printable import json_line, printable

_NS_PER_US = 1_000
_CALL_COLUMN = 44
_SHOWN_PARENTS = 20
MOST_ANCESTORS = 100
"""Elements that one element came from, and whose way is told with its own; the rest are counted."""


def is_lineage(words: str | None) -> Callable[[Element], bool] | None:
    """Whether an element is the one that `--lineage` names; None without one."""
    if words is None:
        return None
    return partial(_is_named, words)


def is_one_element(words: str | None) -> bool:
    """Whether `--lineage` names one element: `#1` is one of each source."""
    return words is not None and not words.startswith("#")


def _is_named(words: str, one: Element | ElementTrace) -> bool:
    """`4` is a lineage, `orders#1` an element of a source, `#1` one of any source."""
    source, sign, number = words.rpartition("#")
    if not sign:
        return str(one.lineage) == number
    return str(one.sequence) == number and source in ("", one.source)


def chosen_traces(traces: ElementTraces, lineage: str | None) -> list[ElementTrace]:
    """All that are kept, or one, then what it came from, again and again.

    Of what it came from, `MOST_ANCESTORS` at most. Raises `click.UsageError` when there is no such
    lineage.
    """
    if lineage is None:
        return list(traces.traces.values())
    found = [trace for trace in traces.traces.values() if _is_named(lineage, trace)]
    if not found:
        raise click.UsageError(
            f"there is no element '{lineage}' among {traces.lineages:,}. A number alone is a "
            f"lineage; '#{lineage.rpartition('#')[2]}' is an element by its sequence. Without "
            f"--lineage the first ones are listed"
        )
    chosen = {trace.lineage: trace for trace in found}
    waiting = deque(parent for trace in found for parent in trace.came_from or ())
    while waiting and len(chosen) <= MOST_ANCESTORS:
        parent = traces.traces.get(waiting.popleft())
        if parent is not None and parent.lineage not in chosen:
            chosen[parent.lineage] = parent
            waiting += parent.came_from or ()
    return list(chosen.values())


def trace_text(traces: ElementTraces, chosen: list[ElementTrace], *, summary: bool = True) -> str:
    """A tree for each element, then the figures of all that are shown."""
    blocks = ["\n".join(_tree(trace, traces)) for trace in chosen]
    if summary:
        blocks.append("\n".join(_summary(traces, chosen)))
    return "\n\n".join(blocks)


def _tree(trace: ElementTrace, traces: ElementTraces) -> Iterator[str]:
    yield f"{_name(trace)}  lineage {trace.lineage}"
    if trace.came_from is not None:
        yield f"  from {_parents(trace, traces) or f'what {printable(trace.source)} had kept'}"
    children: dict[int | None, list[int]] = {}
    for index, hop in enumerate(trace.hops):
        children.setdefault(hop.after, []).append(index)
    waiting = [(index, "  ", True) for index in reversed(children.get(None, []))]
    while waiting:
        index, indent, is_root = waiting.pop()
        hop, below = trace.hops[index], children.get(index, [])
        yield _hop_line(hop, indent)
        deeper = indent if is_root else indent.replace("├─ ", "│  ").replace("└─ ", "   ")
        for number, child in enumerate(reversed(below)):
            waiting.append((child, deeper + ("└─ " if number == 0 else "├─ "), False))
    for into in trace.into:
        yield f"  made into {printable(into.node)}#{into.sequence}  call {into.call}"
    for drop in trace.drops:
        yield f"  left at {printable(drop.node)}: {drop.reason}"
    yield (
        f"  in components {spaced_duration(trace.run_ns)}, "
        f"end to end {spaced_duration(trace.total_ns)}"
    )


def _hop_line(hop: TracedHop, indent: str) -> str:
    head = f"{indent}{printable(hop.node)}.{hop.export}"
    waited = "" if hop.after is None else f"waited {spaced_duration(hop.wait_ns)}, "
    ran = f"{waited}ran {spaced_duration(hop.run_ns)}"
    outcome = f"  {printable(hop.outcome)}" if hop.outcome else ""
    return f"{head:<{_CALL_COLUMN}}  call {hop.call:<5} {ran}{outcome}"


def _parents(trace: ElementTrace, traces: ElementTraces) -> str:
    parents = trace.came_from or ()
    shown = parents[:_SHOWN_PARENTS]
    names = [_name(traces.traces[item]) if item in traces.traces else f"{item}" for item in shown]
    more = trace.inputs_in_all - len(shown)
    return ", ".join(names) + (f" and {more:,} more" if more else "")


def _summary(traces: ElementTraces, chosen: list[ElementTrace]) -> Iterator[str]:
    figures = _latencies(chosen)
    yield "Summary"
    yield f"  {'Elements':<16}{traces.lineages:,} traced, {len(chosen):,} shown"
    if figures is not None:
        mean, p50, p99 = (spaced_duration(item) for item in figures)
        yield f"  {'End to end':<16}mean {mean}, p50 {p50}, p99 {p99}"
    if traces.copies is not None:
        size = counted(traces.copied_bytes or 0, "byte")
        yield f"  {'Copies':<16}{counted(traces.copies, 'copy', 'copies')}, {size}"
    yield f"  {'Back-pressure':<16}{counted(traces.episodes, 'episode')}"


def json_lines(
    flow: LinkedFlow, traces: ElementTraces, chosen: list[ElementTrace], *, summary: bool = True
) -> Iterator[str]:
    """An object for each element, then the summary (docs/torvyn-facts.md#command-line)."""
    for trace in chosen:
        yield json_line(_trace_object(trace))
    if not summary:
        return
    figures = _latencies(chosen)
    mean, p50, p99 = (None, None, None) if figures is None else map(_us, figures)
    yield json_line(
        {
            "type": "summary",
            "flow_name": flow.name,
            "elements_traced": traces.lineages,
            "elements_shown": len(chosen),
            "truncated": len(traces.traces) < traces.lineages,
            "avg_latency_us": mean,
            "p50_latency_us": p50,
            "p99_latency_us": p99,
            "total_copies": traces.copies,
            "total_copy_bytes": traces.copied_bytes,
            "backpressure_events": traces.episodes,
        }
    )


def _trace_object(trace: ElementTrace) -> dict[str, Any]:
    return {
        "type": "trace",
        "element_id": trace.sequence,
        "source": trace.source,
        "lineage": trace.lineage,
        "came_from": None if trace.came_from is None else list(trace.came_from),
        "inputs": trace.inputs_in_all,
        "made_into": [into.lineage for into in trace.into],
        "spans": [
            {
                "component": hop.node,
                "operation": hop.export,
                "call": hop.call,
                "parent": hop.after,
                "began_ns": hop.began_ns,
                "wait_us": _us(hop.wait_ns),
                "duration_us": _us(hop.run_ns),
                "bytes_in": hop.size_in,
                "bytes_out": hop.size_out,
                "outcome": hop.outcome or None,
                "error": hop.failed,
            }
            for hop in trace.hops
        ],
        "drops": [
            {"component": drop.node, "reason": drop.reason, "at_ns": drop.at_ns}
            for drop in trace.drops
        ],
        "in_component_us": _us(trace.run_ns),
        "total_latency_us": _us(trace.total_ns),
    }


def _latencies(chosen: list[ElementTrace]) -> tuple[int, int, int] | None:
    """Mean, p50 and p99 of the times end to end, in nanoseconds; None without elements."""
    times = sorted(trace.total_ns for trace in chosen)
    if not times:
        return None
    p50, p99 = (times[-(-len(times) * percent // 100) - 1] for percent in (50, 99))
    return sum(times) // len(times), p50, p99


def _name(trace: ElementTrace) -> str:
    return f"{printable(trace.source)}#{trace.sequence}"


def _us(nanoseconds: int) -> float:
    return nanoseconds / _NS_PER_US
