"""A lineage as a waterfall: each call on one scale of time, what it waited before it."""

from __future__ import annotations

from runtime.model.text.durations import spaced_duration
from runtime.protocol.lineage import Lineage, LineageCall
from workbench.lineage.lineage_rows import LineageCallRef, branched, call_role, summary_row
from workbench.text.excerpt import excerpt
from workbench.text.lines import Row, Span, StyleRole, line, pad

NAME_CELLS = 30
RESULT_CELLS = 20
LEAST_BAR = 24
WIDE = NAME_CELLS + LEAST_BAR + RESULT_CELLS + 26
"""Cells from which on there is room for what calls came to."""
WAITING, RUNNING = "░", "█"


def waterfall_rows(lineage: Lineage, cells: int) -> list[Row]:
    """The whole of it, for a pane of so many cells."""
    results = RESULT_CELLS if cells >= WIDE else 0
    room = max(cells - 1 - NAME_CELLS - results - 1, 8)
    begun = min((call.began_ns for call in lineage.calls), default=0)
    whole = max(lineage.total_ns, 1)
    total = spaced_duration(lineage.total_ns)
    scale = " " * (NAME_CELLS + 1) + "0" + pad(total, max(room - 1, 0), right=True)
    rows = [summary_row(lineage), Row(line((scale, StyleRole.FAINT)))]
    for call, indent in branched(lineage.calls):
        name = f"{indent.replace('─ ', ' ').replace('   ', '  ').replace('│  ', '│ ')}"
        spans = [
            Span(" "),
            Span(pad(f"{name}{excerpt(call.node, 30)}  {call.export}", NAME_CELLS), StyleRole.TEXT),
            *_bar(call, begun, whole, room),
        ]
        if results:
            spans.append(Span(pad(excerpt(call.came_to, 40), results, right=True), call_role(call)))
        rows.append(Row(tuple(spans), LineageCallRef(call.call)))
    left_out = lineage.calls_in_all - len(lineage.calls)
    if left_out:
        rows.append(Row(line((f" … {left_out:,} more calls", StyleRole.DIM))))
    rows.append(Row(line("")))
    rows.append(_legend(lineage, cells))
    return rows


def _bar(call: LineageCall, begun: int, whole: int, room: int) -> tuple[Span, ...]:
    """A call shorter than a cell is one cell; what it waited stands before it."""
    at = min((call.began_ns - begun) * room // whole, room - 1)
    end = min(-(-(call.began_ns - begun + call.ran_ns) * room // whole), room)
    running = max(end - at, 1)
    waited = max(call.began_ns - begun - call.waited_ns, 0) * room // whole
    waiting = max(at - waited, 0) if call.waited_ns else 0
    return (
        Span(" " * (at - waiting)),
        Span(WAITING * waiting, StyleRole.DIM),
        Span(RUNNING * running, StyleRole.BAD if call.failed else StyleRole.ACCENT),
        Span(" " * (room - at - running)),
    )


def _legend(lineage: Lineage, cells: int) -> Row:
    signs = line(
        (f" {WAITING}", StyleRole.DIM),
        (" waiting   ", StyleRole.TEXT),
        (RUNNING, StyleRole.ACCENT),
        (" in a call", StyleRole.TEXT),
    )
    longest = max(lineage.calls, key=lambda call: call.waited_ns, default=None)
    if longest is None or not longest.waited_ns:
        return Row(signs)
    waited = spaced_duration(longest.waited_ns)
    words = f"longest wait: {waited} before {excerpt(longest.node, 30)}"
    room = cells - 2 - sum(len(span.text) for span in signs)
    return Row((*signs, Span(pad(words, max(room, 0), right=True), StyleRole.DIM)))
