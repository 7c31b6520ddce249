"""The lineage of an element, over the lower part of the screen: a tree, or a waterfall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from runtime.protocol.lineage import Lineage
from workbench.lineage.lineage_rows import LineageCallRef, LineageRef
from workbench.lineage.lineage_tree import tree_rows
from workbench.lineage.lineage_waterfall import waterfall_rows
from workbench.text.key_hints import key_hints
from workbench.text.lines import Row, StyleRole, line, plain
from workbench.widgets.border_words import border_words
from workbench.widgets.label import LineLabel
from workbench.widgets.line_view import LineView

FRAME = 2
"""Cells of a frame, left and right; rows, above and below."""
SHARE = 60
"""Per cent of the screen's rows that it takes at the most: the graph above stays in sight."""

Chosen = LineageCallRef | LineageRef
"""Where it leads: to a call, or to another lineage."""


class LineageScreen(ModalScreen[Chosen | None]):
    """Gives back what Enter was pressed on, or None. `show` brings what it waits for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,O", "close", "close"),
        Binding("up,k", "move(-1)", "up"),
        Binding("down,j", "move(1)", "down"),
        Binding("pageup", "page(-1)", "page up"),
        Binding("pagedown", "page(1)", "page down"),
        Binding("v", "view", "view"),
        Binding("o", "origin", "origin"),
        Binding("y", "copy", "copy"),
        Binding("enter", "go", "go"),
    ]

    def __init__(self, waterfall: bool = False) -> None:
        super().__init__()
        self.waterfall = waterfall
        """True while it is drawn as a waterfall."""
        self._lineage: Lineage | None = None
        self._rows = LineView(id="lineage", classes="pane")
        self._keys = LineLabel(id="lineage-keys")

    def compose(self) -> ComposeResult:
        """The drawing, and the keys."""
        yield self._rows
        yield self._keys

    def on_mount(self) -> None:
        """The screen itself has the keys."""
        self._rows.can_focus = False

    def on_resize(self) -> None:
        """Rows follow the width."""
        self.call_after_refresh(self._fill)

    def show(self, lineage: Lineage) -> None:
        """It was found."""
        self._lineage = lineage
        self._fill()

    def _fill(self) -> None:
        cells, found = self.size.width - FRAME, self._lineage
        if cells <= 0:
            return
        if found is None:
            rows = [Row(line((" Looking through what the ring has…", StyleRole.DIM)))]
            title = "Lineage"
        elif not found.found:
            rows = [Row(line((f" Not found: {found.why}.", StyleRole.WARN)))]
            title = "Lineage"
        else:
            title = f"Lineage of #{found.sequence}"
            draw = waterfall_rows if self.waterfall else tree_rows
            rows = draw(found, max(self._rows.room, cells - 2))
        forms = "waterfall  v tree" if self.waterfall else "tree  v waterfall"
        self._rows.border_title = border_words(title, forms, cells)
        lit = found is not None and found.found
        self._rows.note_in_border("the path is lit in the graph" if lit else "")
        most = max(self.size.height * SHARE // 100, FRAME + 3)
        self._rows.styles.height = min(len(rows) + FRAME, most)
        self._rows.show(rows)
        if self._at >= len(rows) or rows[self._at].target is None:
            self._rows.set_cursor(_next_target(rows, 0, 1))
        self._write_keys()

    def _write_keys(self) -> None:
        target = self._target()
        keys = [("v", "tree" if self.waterfall else "waterfall"), ("o", "origin"), ("y", "copy")]
        if isinstance(target, LineageCallRef):
            keys.insert(0, ("enter", f"to call {target.call:,}"))
        elif isinstance(target, LineageRef):
            keys.insert(0, ("enter", "its lineage"))
        keys.append(("esc", "back"))
        self._keys.lines = (key_hints(keys, self.size.width),)

    @property
    def _at(self) -> int:
        return self._rows.cursor or 0

    def _target(self) -> Chosen | None:
        rows, at = self._rows.rows, self._at
        target = rows[at].target if at < len(rows) else None
        return target if isinstance(target, LineageCallRef | LineageRef) else None

    # ---- what keys do

    def action_move(self, step: int) -> None:
        """Go to the next row that leads somewhere."""
        rows = self._rows.rows
        self._rows.set_cursor(_next_target(rows, self._at + step, step))
        self._write_keys()

    def action_page(self, pages: int) -> None:
        """Move by pages."""
        at = self._at + pages * self._rows.page_rows
        self._rows.set_cursor(_next_target(self._rows.rows, at, 1))
        self._write_keys()

    def action_view(self) -> None:
        """Draw it the other way."""
        self.waterfall = not self.waterfall
        self._fill()

    def action_origin(self) -> None:
        """Go to the call that began it."""
        if self._lineage is not None and self._lineage.calls:
            self.dismiss(LineageCallRef(self._lineage.calls[0].call))

    def action_copy(self) -> None:
        """Copy it as text."""
        text = "\n".join(plain(row.spans).rstrip() for row in self._rows.rows)
        self.app.copy_to_clipboard(text)

    def action_go(self) -> None:
        """Go where the cursor leads."""
        target = self._target()
        if target is not None:
            self.dismiss(target)

    def action_close(self) -> None:
        """Close without going anywhere."""
        self.dismiss(None)

    def on_line_view_opened(self, message: LineView.Opened) -> None:
        """A row was clicked."""
        if isinstance(message.target, LineageCallRef | LineageRef):
            self.dismiss(message.target)


def _next_target(rows: Sequence[Row], at: int, step: int) -> int:
    """The row from `at` on, in the direction of `step`, that leads somewhere; else the nearest."""
    at = min(max(at, 0), len(rows) - 1)
    found = range(at, len(rows) if step > 0 else -1, 1 if step > 0 else -1)
    ahead = next((place for place in found if rows[place].target is not None), None)
    if ahead is not None:
        return ahead
    back = range(at, -1 if step > 0 else len(rows), -1 if step > 0 else 1)
    return next((place for place in back if rows[place].target is not None), 0)
