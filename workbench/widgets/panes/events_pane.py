"""The event log: what the engine said, one line each."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len

from runtime.model.text.plurals import counted
from runtime.protocol.logs.event_lines import CallMark, EventLine
from workbench.search.row_fields import EVENTS
from workbench.text.excerpt import excerpt
from workbench.text.figures import duration
from workbench.text.glyphs import MARK_SIGNS
from workbench.text.lines import Line, Row, StyleRole, fit, line, pad
from workbench.text.short_names import shorten
from workbench.view import CallRef, EdgeRef, ElementRef, NodeRef
from workbench.widgets.log_view import LogView

NODE_CELLS = 11
LEAST_NODE_CELLS = 4
NUMBER_CELLS = 4
"""Least cells of a call's number."""

TOOK_CELLS = 6
"""Cells of how long it took."""

CALLS = (CallMark.CALL, CallMark.ERROR, CallMark.LET_GO)
"""Lines that tell of a call."""

_CALL = re.compile(r"[a-z-]+\(#\d+\) |pull ")
"""The name of the call in front of what it did."""

WIDE_CELLS = 60
"""From here on there is room for the number of the call."""


def shortened(text: str, cells: int) -> str:
    """What was done, without where to and which call it was when there is no room for these."""
    if cell_len(text) <= cells or not _CALL.match(text):
        return fit(text, cells)
    did = text.partition(" -> ")[0]
    if cell_len(did) <= cells:
        return did
    return fit(_CALL.sub("", did, count=1).replace("an element", "one"), cells)


class Gap:
    """Lines that were not kept."""

    def __init__(self, lines: int) -> None:
        self.lines = lines


class EventsPane(LogView["EventLine | Gap"], inherit_bindings=False):
    """Calls, drops, failures, back-pressure, states. Opening a line opens its element."""

    gutter_cells = 3
    vocabulary = EVENTS.vocabulary

    _names: tuple[str, ...] = ()
    _node_cells = NODE_CELLS
    """Cells of the longest name, as far as there is room for it."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of all nodes of the flow, so that no two that are cut look alike."""
        return self._names

    @names.setter
    def names(self, names: tuple[str, ...]) -> None:
        self._names = names
        longest = max(map(cell_len, names), default=NODE_CELLS)
        self._node_cells = min(max(longest, LEAST_NODE_CELLS), NODE_CELLS)

    def take(self, lines: Sequence[EventLine], lost: int) -> None:
        """Append what happened."""
        gap: list[EventLine | Gap] = [Gap(lost)] if lost else []
        self.add([*gap, *lines])

    def entry_gutter(self, entry: EventLine | Gap) -> Line:
        """The sign of the line's kind."""
        if isinstance(entry, Gap):
            return line((" ..", StyleRole.WARN))
        sign, role = MARK_SIGNS[entry.mark]
        return line((f" {sign:<2}", role))

    def entry_body(self, entry: EventLine | Gap) -> Line:
        """Call number, node, what it said, how long it took."""
        if isinstance(entry, Gap):
            return line(
                (f"{counted(entry.lines, 'line was', 'lines were')} not kept", StyleRole.WARN)
            )
        sign_role = MARK_SIGNS[entry.mark][1]
        took = f"  {duration(entry.duration_ns)}" if entry.duration_ns else ""
        wide = self.body_cells >= WIDE_CELLS
        return line(
            (f"{entry.call or '':>5} " if wide else "", StyleRole.FAINT),
            (
                f"{pad(self._short(entry.node), self._node_cells)} " if entry.node else "",
                StyleRole.ACCENT,
            ),
            (excerpt(entry.text), StyleRole.TEXT if entry.call or not entry.node else sign_role),
            (took, StyleRole.FAINT),
        )

    def spans_at(self, index: int) -> Line:
        """A row that is neither wrapped nor scrolled across is cut so that number, node and time
        are always seen."""
        if self.wrapped or self.scroll_x or not self._rows:
            return super().spans_at(index)
        entry = self._rows[index]
        if isinstance(entry, Gap):
            return super().spans_at(index)
        return self.entry_gutter(entry) + self._in_columns(entry)

    def _in_columns(self, entry: EventLine) -> Line:
        number_cells = self._number_cells
        room = self.body_cells - number_cells - 1 - TOOK_CELLS - 1
        node = f"{pad(self._short(entry.node), self._node_cells)} " if entry.node else ""
        room -= cell_len(node)
        took = duration(entry.duration_ns) if entry.duration_ns else ""
        number = f"{entry.call:,}" if entry.call else ""
        sign_role = MARK_SIGNS[entry.mark][1]
        return line(
            (f"{pad(number, number_cells, right=True)} ", StyleRole.FAINT),
            (node, StyleRole.ACCENT),
            (
                pad(shortened(excerpt(entry.text.removeprefix(f"{entry.node} ")), room), room),
                StyleRole.TEXT if entry.call or not entry.node else sign_role,
            ),
            (f" {pad(took, TOOK_CELLS, right=True)}", StyleRole.FAINT),
        )

    @property
    def _number_cells(self) -> int:
        """Cells of the last call's number: the column grows with a digit, and never shrinks."""
        last = next(
            (e.call for e in reversed(self._entries) if isinstance(e, EventLine) and e.call), 0
        )
        return max(len(f"{last:,}"), NUMBER_CELLS)

    def _short(self, node: str) -> str:
        return shorten(self.names, NODE_CELLS).get(node, node)

    def entry_cells(self, entry: EventLine | Gap) -> int:
        """About how wide the line is."""
        if isinstance(entry, Gap):
            return 40
        return (
            6 * (self.body_cells >= WIDE_CELLS)
            + (self._node_cells + 1) * bool(entry.node)
            + cell_len(entry.text)
            + 9
        )

    def entry_target(self, entry: EventLine | Gap) -> object:
        """The element of the line, else its edge, else its node."""
        if isinstance(entry, Gap):
            return None
        if entry.element_id is not None:
            return ElementRef(entry.element_id, entry.lineage)
        if entry.edge is not None:
            return EdgeRef(entry.edge)
        return NodeRef(entry.node) if entry.node else None

    def open(self) -> None:
        """Look into the call of the line, else into what the line stands for."""
        self.take_last()
        entry = self.entry_at_cursor
        if isinstance(entry, EventLine) and entry.call and entry.mark in CALLS:
            self.post_message(self.Opened(self, CallRef(entry.call)))
        else:
            super().open()

    def entry_record(self, entry: EventLine | Gap) -> object:
        """The line's fields."""
        return None if isinstance(entry, Gap) else EVENTS.record(entry)

    def empty_rows(self) -> Sequence[Row]:
        """What will stand here."""
        return (
            Row(line("")),
            Row(line((" Nothing has happened yet.", StyleRole.DIM))),
            Row(line((" Every call will be a line here.", StyleRole.FAINT))),
        )
