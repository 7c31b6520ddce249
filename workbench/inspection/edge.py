"""The inspection of an edge and of the elements that wait in it."""

from __future__ import annotations

from runtime.model.call_times import CallTimes
from runtime.model.commands import INJECTED
from runtime.model.histogram import Spread
from runtime.model.linked import LinkedFlow
from runtime.model.snapshot import EdgeSnapshot, FlowSnapshot
from runtime.protocol.element_summary import ElementSummary
from runtime.protocol.updates import QueueListing
from workbench.inspection.flow_history import FlowHistory
from workbench.inspection.history_chart import queue_chart
from workbench.inspection.rows import LABEL_CELLS, facts, section, title
from workbench.text.excerpt import excerpt
from workbench.text.figures import bar, count, duration, size
from workbench.text.glyphs import FULL, pressure_role
from workbench.text.lines import Line, Row, StyleRole, line
from workbench.view import ElementRef, NodeRef

BAR_CELLS = 14
CHART_CELLS = 60
"""Cells from which the history of a queue is a chart."""
INJECTED_SIGN = "+"
"""Before the number of an element that was put in by hand."""


def edge_rows(
    flow: LinkedFlow,
    snapshot: FlowSnapshot | None,
    times: CallTimes,
    index: int,
    listing: QueueListing | None,
    cells: int,
    history: FlowHistory | None = None,
) -> list[Row]:
    """An edge's queue: how full, how it was, how it behaves, and what waits."""
    if index >= len(flow.edges):
        return [title("This edge is not in the flow any more")]
    edge = flow.edges[index]
    rows = [title(edge.label)]
    rows.append(
        Row(
            line((f" {'from':<12}", StyleRole.DIM), (edge.source, StyleRole.ACCENT)),
            NodeRef(edge.source),
        )
    )
    rows.append(
        Row(
            line((f" {'to':<12}", StyleRole.DIM), (edge.target, StyleRole.ACCENT)),
            NodeRef(edge.target),
        )
    )
    if snapshot is not None:
        wait = times.wait(edge.source, edge.target)
        rows += _counts(snapshot.edges[index], wait, edge.rate, cells)
    if history is not None:
        rows += _history(history, index, edge.label, edge.capacity, cells)
    rows.append(section("waiting", "in order of taking", cells))
    rows += _waiting(listing)
    return rows


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
    blocked = duration(edge.blocked_ns)
    if edge.paced_ns:
        blocked += f", {duration(edge.paced_ns)} of it by its rate"
    waited = ""
    if wait is not None and wait.max_ns:
        waited = f"p50 {duration(wait.p50_ns)}, max {duration(wait.max_ns)}"
    response = ""
    if edge.response is not None:
        p50, most = duration(edge.response.p50_ns), duration(edge.response.max_ns)
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


def _waiting(listing: QueueListing | None) -> list[Row]:
    if listing is None:
        return [Row(line(("   …", StyleRole.FAINT)))]
    if not listing.elements:
        return [Row(line((" The queue is empty.", StyleRole.DIM)))]
    rows = [_element(element) for element in listing.elements]
    more = listing.depth - listing.offset - len(listing.elements)
    if more > 0:
        rows.append(Row(line((f" and {more} more", StyleRole.DIM))))
    return rows


def _element(element: ElementSummary) -> Row:
    sign = INJECTED_SIGN if element.source == INJECTED else "#"
    spans = line(
        (f" {sign}{element.sequence:<5}", StyleRole.STRONG),
        (f"{size(element.size):>9} ", StyleRole.DIM),
        (excerpt(element.preview, 160), StyleRole.TEXT),
    )
    return Row(spans, ElementRef(element.element_id, element.lineage))
