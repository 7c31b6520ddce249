"""A lineage as a tree: each call under the one that gave it the element."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.model.text.durations import spaced_duration
from runtime.model.text.plurals import counted
from runtime.protocol.lineage import Lineage, LineageAggregate, LineageCall, LineageInput
from workbench.lineage.lineage_rows import (
    LineageCallRef,
    LineageRef,
    branched,
    call_role,
    element_name,
    summary_row,
)
from workbench.text.excerpt import excerpt
from workbench.text.figures import size
from workbench.text.lines import Line, Row, Span, StyleRole, line, pad

NAME_CELLS = 42
"""Cells that the names keep, however narrow the pane is."""
RAN_CELLS = 10
WAITED_CELLS = 11
SIZE_CELLS = 12
CAME_CELLS = 18


class _Columns:
    """Which columns there is room for: `came to` goes first, then the size, then the wait."""

    def __init__(self, cells: int) -> None:
        room = cells - 1 - RAN_CELLS - NAME_CELLS
        self.waits = room >= WAITED_CELLS
        self.sizes = room >= WAITED_CELLS + SIZE_CELLS
        self.came = room >= WAITED_CELLS + SIZE_CELLS + CAME_CELLS
        used = RAN_CELLS + WAITED_CELLS * self.waits + SIZE_CELLS * self.sizes
        self.came_cells = max(CAME_CELLS, cells // 6) if self.came else 0
        self.names = max(cells - 1 - used - self.came_cells, 12)

    def row(
        self,
        name: Line,
        waited: str,
        ran: str,
        sizes: str,
        came_to: str,
        role: StyleRole = StyleRole.DIM,
        target: object = None,
    ) -> Row:
        """A row of the table; a column without room is left out."""
        spans = list(_fitted(name, self.names))
        if self.waits:
            spans.append(Span(pad(waited, WAITED_CELLS, right=True), StyleRole.DIM))
        spans.append(Span(pad(ran, RAN_CELLS, right=True), StyleRole.DIM))
        if self.sizes:
            spans.append(Span(pad(sizes, SIZE_CELLS, right=True), StyleRole.DIM))
        if self.came:
            spans.append(Span(pad(f"   {came_to}", self.came_cells), role))
        return Row((Span(" "), *spans), target)


def tree_rows(lineage: Lineage, cells: int) -> list[Row]:
    """The whole of it, for a pane of so many cells."""
    columns = _Columns(cells)
    rows = [summary_row(lineage), Row(line(""))]
    rows.append(columns.row((), "waited", "ran", "size", "came to", StyleRole.FAINT))
    for call, indent in branched(lineage.calls):
        rows.append(_call_row(call, indent, columns))
    left_out = lineage.calls_in_all - len(lineage.calls)
    if left_out:
        rows.append(Row(line((f" … {left_out:,} more calls", StyleRole.DIM))))
    for drop in lineage.drops:
        words = f" ! dropped at {excerpt(drop.node, 40)}: {drop.reason}"
        rows.append(Row(line((words, StyleRole.WARN))))
    of = (lineage.made_of, *lineage.into)
    for aggregate in (one for one in of if one is not None):
        rows += _aggregate_rows(aggregate, lineage, columns, cells)
    return rows


def _call_row(call: LineageCall, indent: str, columns: _Columns) -> Row:
    name = line(
        (indent, StyleRole.FAINT),
        (excerpt(call.node, 40), StyleRole.ACCENT),
        (f"  {call.export}", StyleRole.TEXT),
        (f"  call {call.call:,}", StyleRole.FAINT),
    )
    came_to = call.came_to if columns.came or not call.came_to else ""
    if not columns.came and call.came_to:
        name = (*name, Span(f"  {excerpt(call.came_to, 20)}", call_role(call)))
    waited = "·" if call.after is None else spaced_duration(call.waited_ns)
    return columns.row(
        name,
        waited,
        spaced_duration(call.ran_ns),
        _sizes(call),
        excerpt(came_to, 40),
        call_role(call),
        LineageCallRef(call.call),
    )


def _sizes(call: LineageCall) -> str:
    if call.size_in is None or call.size_out is None:
        known = call.size_out if call.size_in is None else call.size_in
        return "·" if known is None else size(known)
    if call.size_out < 1024 and call.size_in < 1024:
        return f"{call.size_in}→{size(call.size_out)}"
    return f"→{size(call.size_out)}"


def _aggregate_rows(
    aggregate: LineageAggregate, lineage: Lineage, columns: _Columns, cells: int
) -> Iterator[Row]:
    """What an aggregate was made of."""
    if not aggregate.inputs:
        return
    count = counted(aggregate.inputs_in_all, "input")
    more = " or more: earlier calls are not kept" if aggregate.cut else ""
    listed = len(aggregate.inputs)
    last = f", the last {listed:,} listed" if listed < aggregate.inputs_in_all else ""
    name = f"#{aggregate.sequence} of {excerpt(aggregate.node, 30)}"
    head = f" {name} is made of {count}{more}{last} "
    yield Row(line(""))
    yield Row(
        line((head, StyleRole.ACCENT), ("─" * max(cells - len(head), 0), StyleRole.FAINT)),
        LineageRef(aggregate.lineage) if aggregate.lineage != lineage.lineage else None,
    )
    for place, one in enumerate(aggregate.inputs):
        branch = "└─ " if place == listed - 1 else "├─ "
        yield _input_row(one, branch, lineage, columns)


def _input_row(one: LineageInput, branch: str, lineage: Lineage, columns: _Columns) -> Row:
    own = one.lineage == lineage.lineage
    name = line(
        (branch, StyleRole.FAINT),
        (element_name(one.source, one.sequence), StyleRole.STRONG if own else StyleRole.NAME),
        (f"  call {one.call:,}", StyleRole.FAINT),
        ("  this one" if own else "", StyleRole.ACCENT),
    )
    target = LineageCallRef(one.call) if own else LineageRef(one.lineage)
    waited, ran = spaced_duration(one.waited_ns), spaced_duration(one.ran_ns)
    return columns.row(name, waited, ran, size(one.size), "", target=target)


def _fitted(spans: Line, cells: int) -> Line:
    """A line in exactly so many cells, cut with a mark."""
    made: list[Span] = []
    left = cells
    for text, role in spans:
        if left <= 0:
            break
        cut = text if len(text) <= left else pad(text, left)
        made.append(Span(cut, role))
        left -= len(cut)
    return (*made, Span(" " * max(left, 0)))
