"""Breakpoints and watches: listed, switched, edited, counted."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.reactive import reactive

from runtime.protocol.breakpoints import Breakpoint, BreakpointRow, Watch, WatchRow
from workbench.inspection.tables.break_rows import break_heading, break_rows, counted
from workbench.search.row_fields import BREAKS
from workbench.search.searchable import Found
from workbench.text.lines import Row, plain
from workbench.view import View
from workbench.widgets.line_view import LineView

if TYPE_CHECKING:
    from workbench.search.query import Query

KEYS = "n new  w watch  enter edit  space on/off  d delete"
KEYS_OF_SEARCH = "n N next  esc ends the search"
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
    """Its keys are those of the list while the cursor is on a row of it.

    While it is searched, `n` goes to the next match, as everywhere.
    """

    vocabulary = BREAKS.vocabulary
    filters = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "ask('new')", "new"),
        Binding("w", "ask('watch')", "watch"),
        Binding("space", "ask_of_row('switch')", "on/off"),
        Binding("d,delete", "ask_of_row('remove')", "delete"),
    ]

    view: reactive[View] = reactive(View, repaint=False)

    def __init__(
        self, ask: Callable[[BreakWish, Breakpoint | Watch | None], None], *, id: str, classes: str
    ) -> None:
        """`ask` is told what is asked of a breakpoint, of a watch, or of neither.

        It is called, not sent a message: keys typed behind this one are for the dialog it opens.
        """
        super().__init__(id=id, classes=classes)
        self._ask = ask

    def watch_view(self, old: View, new: View) -> None:
        """Fill the list when it has changed."""
        if old.breaks != new.breaks:
            self._fill()

    def record_of(self, row: Row) -> object:
        """The fields of a breakpoint or a watch."""
        breaks, target = self.view.breaks, row.target
        found: list[BreakpointRow | WatchRow] = [
            *(one for one in breaks.breakpoints if one.breakpoint == target),
            *(one for one in breaks.watches if one.watch == target),
        ]
        return BREAKS.record(found[0]) if found else None

    def _row_matches(self, row: Row, query: Query) -> bool:
        """A breakpoint and its problem are found, and hidden, together."""
        target = row.target
        if not isinstance(target, Breakpoint | Watch):
            return False
        whole = target.words if isinstance(target, Breakpoint) else target.text
        texts = [whole, *(plain(one.spans) for one in self._given if one.target == target)]
        return query.matches("\n".join(texts), partial(self.record_of, row))

    def found(self) -> Found:
        """How many breakpoints and watches match."""
        rows = {row.target: row for row in self._given if row.target is not None}
        query = self.sought
        matching = (
            0 if query is None else sum(self._row_matches(row, query) for row in rows.values())
        )
        return Found(matching, len(rows))

    def is_match(self, index: int) -> bool:
        """The row of a match; its problem below is not another one."""
        again = index > 0 and self.rows[index - 1].target == self.rows[index].target
        return super().is_match(index) and not again

    def search(self, query: Query | None, *, filtering: bool) -> None:
        """The border tells which keys there are."""
        super().search(query, filtering=filtering)
        self._write_border()

    def on_resize(self) -> None:
        """Columns follow the width."""
        self._fill()

    def on_show(self) -> None:
        """What was not seen was not filled."""
        self._fill()

    def on_focus(self) -> None:
        """The cursor is on a row, so that the keys have something to act on."""
        self._begin_with_first()

    def _begin_with_first(self) -> None:
        if self.has_focus and self.cursor is None and self.view.breaks.breakpoints:
            self.set_cursor(0)

    def open(self) -> None:
        """Edit what the cursor is on."""
        self._ask_of_row(BreakWish.EDIT)

    def action_ask(self, wish: str) -> None:
        """Ask for something new."""
        self._ask(BreakWish(wish), None)

    def action_ask_of_row(self, wish: str) -> None:
        """Ask something of the row of the cursor."""
        self._ask_of_row(BreakWish(wish))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a row to act on, a key is what it is everywhere."""
        if action == "ask_of_row":
            return self._row_target is not None
        return parameters != (BreakWish.NEW.value,) or self.sought is None

    @property
    def _row_target(self) -> Breakpoint | Watch | None:
        if self.cursor is None or self.cursor >= len(self.rows):
            return None
        target = self.rows[self.cursor].target
        return target if isinstance(target, Breakpoint | Watch) else None

    def _ask_of_row(self, wish: BreakWish) -> None:
        target = self._row_target
        if target is not None:
            self._ask(wish, target)

    def _fill(self) -> None:
        if not self.display or not self.room:
            return
        breaks = self.view.breaks
        heading = (break_heading(breaks, self.room),) if breaks.breakpoints else ()
        self.show(break_rows(breaks, self.room), heading)
        self._begin_with_first()  # the keys may be here before there is room for rows
        self._write_border()

    def _write_border(self) -> None:
        keys = KEYS if self.room >= KEYS_CELLS else "n w enter space d"
        if self.sought is not None:
            keys = KEYS_OF_SEARCH
        self.note_in_border("  ".join(filter(None, (counted(self.view.breaks), keys))))
