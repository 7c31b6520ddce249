"""Breakpoints and watches: listed, switched, edited, counted."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from runtime.protocol.breakpoints import Breakpoint, Watch
from workbench.inspection.break_rows import break_heading, break_rows, counted
from workbench.view import View
from workbench.widgets.line_view import LineView

KEYS = "n new  w watch  enter edit  space on/off  d delete"
KEYS_CELLS = 70
"""From here on there is room for what the keys do."""


class BreakWish(StrEnum):
    """What is asked of a breakpoint or a watch."""

    NEW = "new"
    WATCH = "watch"
    EDIT = "edit"
    SWITCH = "switch"
    REMOVE = "remove"


class BreaksPane(LineView, inherit_bindings=False):
    """Its keys are those of the list while the cursor is on a row of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "ask('new')", "new"),
        Binding("w", "ask('watch')", "watch"),
        Binding("space", "ask_of_row('switch')", "on/off"),
        Binding("d,delete", "ask_of_row('remove')", "delete"),
    ]

    class Asked(Message):
        """Something is asked of a breakpoint, of a watch, or of neither."""

        def __init__(self, wish: BreakWish, target: Breakpoint | Watch | None) -> None:
            super().__init__()
            self.wish = wish
            self.target = target

    view: reactive[View] = reactive(View, repaint=False)

    def watch_view(self, old: View, new: View) -> None:
        """Fill the list when it has changed."""
        if old.breaks != new.breaks:
            self._fill()

    def on_resize(self) -> None:
        """Columns follow the width."""
        self._fill()

    def on_show(self) -> None:
        """What was not seen was not filled."""
        self._fill()

    def on_focus(self) -> None:
        """The cursor is on a row, so that the keys have something to act on."""
        if self.cursor is None and self.view.breaks.breakpoints:
            self.set_cursor(0)

    def open(self) -> None:
        """Edit what the cursor is on."""
        self._ask_of_row(BreakWish.EDIT)

    def action_ask(self, wish: str) -> None:
        """Ask for something new."""
        self.post_message(self.Asked(BreakWish(wish), None))

    def action_ask_of_row(self, wish: str) -> None:
        """Ask something of the row of the cursor."""
        self._ask_of_row(BreakWish(wish))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a row to act on, a key is what it is everywhere."""
        if action == "ask_of_row":
            return self._row_target is not None
        return True

    @property
    def _row_target(self) -> Breakpoint | Watch | None:
        if self.cursor is None or self.cursor >= len(self.rows):
            return None
        target = self.rows[self.cursor].target
        return target if isinstance(target, Breakpoint | Watch) else None

    def _ask_of_row(self, wish: BreakWish) -> None:
        target = self._row_target
        if target is not None:
            self.post_message(self.Asked(wish, target))

    def _fill(self) -> None:
        if not self.display or not self.room:
            return
        breaks = self.view.breaks
        heading = (break_heading(breaks, self.room),) if breaks.breakpoints else ()
        self.show(break_rows(breaks, self.room), heading)
        keys = KEYS if self.room >= KEYS_CELLS else "n w enter space d"
        self.border_subtitle = "  ".join(filter(None, (counted(breaks), keys)))
