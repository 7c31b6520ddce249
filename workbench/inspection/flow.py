"""The inspection of a whole flow, for when nothing is selected."""

from __future__ import annotations

from runtime.model.linked import LinkedFlow
from runtime.model.measures.call_times import CallTimes
from runtime.model.snapshot import FlowSnapshot
from runtime.model.text.durations import spaced_duration
from runtime.model.text.plurals import counted
from workbench.inspection.rows import copied, facts, section, title
from workbench.inspection.slowness.why_slow import slow_rows
from workbench.text.figures import count
from workbench.text.lines import Row, StyleRole, line


def flow_rows(
    flow: LinkedFlow, snapshot: FlowSnapshot | None, times: CallTimes, cells: int
) -> list[Row]:
    """Totals, and how each node spent its time."""
    rows = [title(flow.name, _parts(flow))]
    if snapshot is None:
        return rows
    rows += facts(
        (
            ("order", f"{snapshot.schedule.value}"),
            ("flow time", spaced_duration(snapshot.at_ns)),
            ("elements", f"{count(snapshot.pulled)} in, {count(snapshot.delivered)} delivered"),
            *((what, count(number)) for what, number in _more(snapshot) if number),
            ("lost", line((str(snapshot.dropped), StyleRole.WARN)) if snapshot.dropped else ""),
            ("errors", line((str(snapshot.errors), StyleRole.BAD)) if snapshot.errors else ""),
            *copied(snapshot.copies),
        ),
        cells,
    )
    return [*rows, section("why slow", "8", cells), *slow_rows(flow, snapshot, times, cells)]


def _parts(flow: LinkedFlow) -> str:
    """`2 nodes, 1 edge`."""
    nodes, edges = len(flow.nodes), len(flow.edges)
    return f"{counted(nodes, 'node')}, {counted(edges, 'edge')}"


def _more(snapshot: FlowSnapshot) -> tuple[tuple[str, int], ...]:
    """What else is on either side of the account, see `FlowSnapshot.queued`."""
    return (
        ("injected", snapshot.injected),
        ("flushed", snapshot.flushed),
        ("copied", snapshot.copied),
        ("absorbed", snapshot.absorbed),
        ("filtered", snapshot.filtered),
        ("queued", snapshot.queued),
    )
