"""The inspection of an edge and of the elements that wait in it."""

from __future__ import annotations

from runtime.model.linked import LinkedEdge, LinkedFlow
from runtime.model.measures.call_times import CallTimes
from runtime.model.measures.histogram import Spread
from runtime.model.snapshot import EdgeSnapshot, FlowSnapshot
from runtime.model.text.durations import spaced_duration
from runtime.protocol.replies import QueueListing
from workbench.inspection.rows import LABEL_CELLS, facts, in_rows, section, title
from workbench.inspection.slowness.flow_history import FlowHistory
from workbench.inspection.slowness.history_chart import queue_chart
from workbench.inspection.tables.queue_rows import waiting_rows
from workbench.text.figures import bar, count
from workbench.text.glyphs import FULL, pressure_role
from workbench.text.lines import Line, Row, StyleRole, line, width_of
from workbench.view import NodeRef

BAR_CELLS = 14
CHART_CELLS = 60
"""Cells from which the history of a queue is a chart."""


def edge_rows(
    flow: LinkedFlow,
    snapshot: FlowSnapshot | None,
    times: CallTimes,
    index: int,
    listing: QueueListing | None,
    cells: int,
    history: FlowHistory | None = None,
    stopped: int | None = None,
) -> list[Row]:
    """An edge's queue: how full, what waits, how it was, and how it behaves.

    `stopped` is the id of the element that a breakpoint holds.
    """
    if index >= len(flow.edges):
        return [title("This edge is not in the flow any more")]
    edge = flow.edges[index]
    rows = _heading(edge.label, snapshot, index, cells)
    rows.append(section("waiting", "in order of taking", cells))
    rows += waiting_rows(listing, cells, stopped)
    if history is not None:
        rows += _history(history, index, edge.label, edge.capacity, cells)
    rows.append(section("figures", cells=cells))
    rows += _ends(edge)
    if snapshot is not None:
        wait = times.wait(edge.source, edge.target)
        rows += _counts(snapshot.edges[index], wait, edge.rate, cells)
    return rows


def _heading(label: str, snapshot: FlowSnapshot | None, index: int, cells: int) -> list[Row]:
    """The queue's name and how full it is, in one row where both have room."""
    if snapshot is None:
        return in_rows(title(label), cells)
    edge = snapshot.edges[index]
    depth = (f"{edge.depth}/{edge.capacity}", pressure_role(edge.depth, edge.capacity))
    full = (FULL if edge.full else "", StyleRole.BAD)
    rest = (f"  peak {edge.peak}  {edge.policy.value}", StyleRole.DIM)
    whole = line((f" {label}", StyleRole.STRONG), "  ", depth, full, rest)
    if width_of(whole) <= cells:
        return [Row(whole)]
    return [*in_rows(title(label), cells), Row(line(" ", depth, full, rest))]


def _ends(edge: LinkedEdge) -> list[Row]:
    """The nodes at both ends; Enter goes there."""
    return [
        Row(line((f" {side:<12}", StyleRole.DIM), (node, StyleRole.ACCENT)), NodeRef(node))
        for side, node in (("from", edge.source), ("to", edge.target))
    ]


def _history(history: FlowHistory, index: int, label: str, capacity: int, cells: int) -> list[Row]:
    """The last five minutes: a chart, or one row where the pane is narrow."""
    if cells >= CHART_CELLS:
        return queue_chart(history, index, label, capacity, cells)
    past = history.depth_line(index, capacity, cells - LABEL_CELLS - 3)
    return facts((("last 5 min", line((past, StyleRole.GOOD))),), cells)


def depth_bar(edge: EdgeSnapshot, cells: int) -> Line:
    """`48/64! ━━━━──`: depth, capacity, a sign when it is full, and a bar."""
    role = pressure_role(edge.depth, edge.capacity)
    filled = bar(edge.depth, edge.capacity, cells)
    return line(
        ("━" * filled, role),
        ("─" * (cells - filled), StyleRole.FAINT),
        (f" {edge.depth}/{edge.capacity}", role if edge.depth else StyleRole.DIM),
        (FULL if edge.full else " ", StyleRole.BAD),
    )


def _counts(edge: EdgeSnapshot, wait: Spread | None, rate: float | None, cells: int) -> list[Row]:
    drops = ", ".join(f"{number} {reason.value}" for reason, number in edge.drops)
    blocked = spaced_duration(edge.blocked_ns)
    if edge.paced_ns:
        blocked += f", {spaced_duration(edge.paced_ns)} of it by its rate"
    waited = ""
    if wait is not None and wait.max_ns:
        waited = f"p50 {spaced_duration(wait.p50_ns)}, max {spaced_duration(wait.max_ns)}"
    response = ""
    if edge.response is not None:
        p50, most = map(spaced_duration, (edge.response.p50_ns, edge.response.max_ns))
        response = f"p50 {p50}, max {most} until the producer was suspended"
    role = StyleRole.WARN if edge.full else StyleRole.TEXT
    return facts(
        (
            ("state", line((edge.state.value, role))),
            ("depth", depth_bar(edge, BAR_CELLS)),
            ("peak", f"{edge.peak}, relieved at {edge.low_mark}"),
            ("policy", edge.policy.value + (f" {rate:g}/s" if rate else "")),
            ("passed", f"{count(edge.enqueued)} in, {count(edge.dequeued)} out"),
            ("waited", waited),
            ("for room", f"{count(edge.pending)} wait" if edge.pending else ""),
            ("lost", line((drops, StyleRole.WARN)) if edge.dropped else ""),
            (
                "was full",
                f"{edge.episodes}x, {count(edge.drained)} drained" if edge.episodes else "",
            ),
            ("blocked", line((blocked, StyleRole.WARN)) if edge.blocked_ns else ""),
            ("response", response),
            ("producer", "done" if edge.done else ""),
        ),
        cells,
    )
