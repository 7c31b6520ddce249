"""The queue table: every edge with its depth, peak, counts and policy."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from types import MappingProxyType

from rich.cells import cell_len
from textual.reactive import reactive

from runtime.model.snapshot import EdgeSnapshot
from workbench.inspection.edge import depth_bar
from workbench.inspection.rows import column
from workbench.inspection.slowness.flow_history import FlowHistory
from workbench.inspection.tables.break_rows import stop_signs
from workbench.search.row_fields import QUEUES
from workbench.text.figures import count, duration
from workbench.text.glyphs import DROP
from workbench.text.lines import Line, Row, Span, StyleRole, line, width_of
from workbench.text.short_names import shorten_edges
from workbench.view import EdgeRef, View
from workbench.widgets.line_view import LineView

BAR_CELLS = (5, 24)
DEPTH_CELLS = 9
"""Of depth and capacity, where there is no edge yet."""
NAME_CELLS = (16, 34)
HISTORY_CELLS = 15
HISTORY_BAR = 8
"""Cells that a bar keeps where there is a history next to it."""
HISTORY_HEADING = "last 5 min"


class QueuesPane(LineView, inherit_bindings=False):
    """One row an edge; Enter or a click lists what waits there."""

    vocabulary = QUEUES.vocabulary
    filters = True

    view: reactive[View] = reactive(View, repaint=False)

    _short: Mapping[str, str] = MappingProxyType({})
    """What stands for the names of the edges, no two alike."""

    def watch_view(self, old: View, new: View) -> None:
        """Fill the table when the snapshot has changed."""
        if new.snapshot is not None:
            self._history.take(new.snapshot, monotonic())
        changed = old.snapshot != new.snapshot or old.breaks != new.breaks
        if changed or old.flow != new.flow:
            self._fill()

    def __init__(self, *, id: str, classes: str) -> None:
        super().__init__(id=id, classes=classes)
        self._history = FlowHistory()

    def open_queue(self, selection: object) -> bool:
        """Open the queue under the cursor, without a cursor the selected one; False for none."""
        targets = [row.target for row in self.rows]
        if self.cursor is None and selection in targets:
            self.set_cursor(targets.index(selection))
        on_queue = self.cursor is not None and isinstance(targets[self.cursor], EdgeRef)
        self.open()
        return on_queue

    def record_of(self, row: Row) -> object:
        """The queue's figures."""
        snapshot, target = self.view.snapshot, row.target
        if snapshot is None or not isinstance(target, EdgeRef):
            return None
        return QUEUES.record(snapshot.edges[target.edge])

    def searched_text(self, row: Row) -> str:
        """With the edge's whole name, where it is shown short."""
        snapshot, target = self.view.snapshot, row.target
        seen = super().searched_text(row)
        if snapshot is None or not isinstance(target, EdgeRef):
            return seen
        label = snapshot.edges[target.edge].label
        return seen if label in seen else f"{label} {seen}"

    def set_cursor(self, row: int) -> None:
        """The border has the whole name of an edge that is shown short."""
        super().set_cursor(row)
        self._write_whole_name()

    def _write_whole_name(self) -> None:
        snapshot = self.view.snapshot
        on_row = self.cursor is not None and self.cursor < len(self.rows)
        target = self.rows[self.cursor or 0].target if on_row else None
        label = ""
        if snapshot is not None and isinstance(target, EdgeRef):
            label = snapshot.edges[target.edge].label
        whole = self._short.get(label, label) == label
        self.note_in_border("" if whole else label)

    def on_resize(self) -> None:
        """Columns follow the width, and so does the name in the border."""
        self._fill()
        self._write_whole_name()

    def _fill(self) -> None:
        snapshot = self.view.snapshot
        if snapshot is None:
            self.show((Row(line((" Queues appear when the flow is ready.", StyleRole.DIM))),))
            return
        signs = stop_signs(self.view.breaks)
        name_cells, bar_cells = self._cells(snapshot.edges, bool(signs))
        past_cells = HISTORY_CELLS if bar_cells - HISTORY_CELLS - 1 >= HISTORY_BAR else 0
        if past_cells:
            bar_cells -= past_cells + 1
        names = tuple(edge.label for edge in snapshot.edges)
        self._short = shorten_edges(names, name_cells - bool(signs))
        heading = (
            Span(" "),
            column("edge", name_cells, StyleRole.FAINT),
            column("depth", bar_cells + self._depth_cells, StyleRole.FAINT),
            *((column(HISTORY_HEADING, past_cells, StyleRole.FAINT),) if past_cells else ()),
            *(column(text, cells, StyleRole.FAINT, right=True) for text, cells in self._columns()),
        )
        rows = [
            Row(self._row(edge, name_cells, bar_cells, past_cells, signs), EdgeRef(edge.index))
            for edge in snapshot.edges
        ]
        self.show(rows, (heading,))

    @property
    def _depth_cells(self) -> int:
        """Cells of `1000/1000!` and the blank before it."""
        snapshot = self.view.snapshot
        edges = snapshot.edges if snapshot is not None else ()
        return max((2 * len(str(edge.capacity)) + 3 for edge in edges), default=DEPTH_CELLS)

    def _columns(self) -> tuple[tuple[str, int], ...]:
        wide = self.room >= 70
        columns = (("peak", 4), ("in", 5), ("out", 5), ("lost", 5))
        return (*columns, ("blocked", 7)) if wide else columns

    def _cells(self, edges: tuple[EdgeSnapshot, ...], signs: bool) -> tuple[int, int]:
        """Cells for the names, with a breakpoint's sign where there are any, and for the bars."""
        longest = max((cell_len(edge.label) for edge in edges), default=0) + signs
        longest = max(longest, NAME_CELLS[0])
        fixed = 3 + self._depth_cells + sum(cells + 1 for _, cells in self._columns())
        room = self.room - fixed
        bar_cells = min(max(room - longest, BAR_CELLS[0]), BAR_CELLS[1])
        return max(min(longest, room - bar_cells), NAME_CELLS[0]), bar_cells

    def _past(self, edge: EdgeSnapshot, cells: int) -> tuple[Span, ...]:
        """How deep it was, where there is room for that."""
        past = self._history.depth_line(edge.index, edge.capacity, cells)
        return (column(past, cells, StyleRole.GOOD),) if cells else ()

    def _row(
        self,
        edge: EdgeSnapshot,
        name_cells: int,
        bar_cells: int,
        past_cells: int,
        signs: Mapping[str, str],
    ) -> Line:
        depth = depth_bar(edge, bar_cells)
        fill = " " * max(bar_cells + self._depth_cells + 1 - width_of(depth), 0)
        dropped = f"{DROP}{count(edge.dropped)}" if edge.dropped else "-"
        values = [
            (str(edge.peak), StyleRole.DIM),
            (count(edge.enqueued), StyleRole.TEXT),
            (count(edge.dequeued), StyleRole.TEXT),
            (dropped, StyleRole.WARN if edge.dropped else StyleRole.FAINT),
            (
                duration(edge.blocked_ns) if edge.blocked_ns else "-",
                StyleRole.WARN if edge.blocked_ns else StyleRole.FAINT,
            ),
        ]
        cells = [width for _, width in self._columns()]
        stop = signs.get(edge.label, " ")
        return (
            Span(stop if stop == " " else f" {stop}", StyleRole.NEXT),
            column(self._short[edge.label], name_cells - (stop != " "), StyleRole.TEXT),
            *depth,
            Span(fill),
            *self._past(edge, past_cells),
            *(
                column(text, width, role, right=True)
                for (text, role), width in zip(values, cells, strict=False)
            ),
        )
