"""The event log: what the engine said, one line each."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from runtime.protocol.updates import EventLine
from workbench.text.excerpt import excerpt
from workbench.text.figures import duration
from workbench.text.glyphs import MARK_SIGNS
from workbench.text.lines import Line, Row, StyleRole, line, pad
from workbench.text.short_names import shorten
from workbench.view import EdgeRef, ElementRef, NodeRef
from workbench.widgets.log_view import LogView

NODE_CELLS = 11
WIDE_CELLS = 60
"""From here on there is room for the number of the call."""


class Gap:
    """Lines that were not kept."""

    def __init__(self, lines: int) -> None:
        self.lines = lines


class EventsPane(LogView["EventLine | Gap"], inherit_bindings=False):
    """Calls, drops, failures, back-pressure, states. Opening a line opens its element."""

    gutter_cells = 4

    names: tuple[str, ...] = ()
    """Of all nodes of the flow, so that no two that are cut look alike."""

    def take(self, lines: Sequence[EventLine], lost: int) -> None:
        """Append what happened."""
        gap: list[EventLine | Gap] = [Gap(lost)] if lost else []
        self.add([*gap, *lines])

    def entry_gutter(self, entry: EventLine | Gap) -> Line:
        """The sign of the line's kind."""
        if isinstance(entry, Gap):
            return line((" .. ", StyleRole.WARN))
        sign, role = MARK_SIGNS[entry.mark]
        return line((f" {sign:<3}", role))

    def entry_body(self, entry: EventLine | Gap) -> Line:
        """Call number, node, what it said, how long it took."""
        if isinstance(entry, Gap):
            return line((f"{entry.lines:,} lines were not kept", StyleRole.WARN))
        sign_role = MARK_SIGNS[entry.mark][1]
        took = f"  {duration(entry.duration_ns)}" if entry.duration_ns else ""
        wide = self.body_cells >= WIDE_CELLS
        return line(
            (f"{entry.call or '':>5} " if wide else "", StyleRole.FAINT),
            (
                f"{pad(self._short(entry.node), NODE_CELLS)} " if entry.node else "",
                StyleRole.ACCENT,
            ),
            (excerpt(entry.text), StyleRole.TEXT if entry.call or not entry.node else sign_role),
            (took, StyleRole.FAINT),
        )

    def _short(self, node: str) -> str:
        return shorten(self.names, NODE_CELLS).get(node, node)

    def entry_cells(self, entry: EventLine | Gap) -> int:
        """About how wide the line is."""
        if isinstance(entry, Gap):
            return 40
        return (
            6 * (self.body_cells >= WIDE_CELLS)
            + (NODE_CELLS + 1) * bool(entry.node)
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

    def empty_rows(self) -> Sequence[Row]:
        """What will stand here."""
        return (
            Row(line("")),
            Row(line((" Nothing has happened yet.", StyleRole.DIM))),
            Row(line((" Every call will be a line here.", StyleRole.FAINT))),
        )
