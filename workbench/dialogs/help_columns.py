"""The list of the help: one column, or two where it is wide enough, with one cursor."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal

from workbench.text.lines import Row, StyleRole, line
from workbench.widgets.line_view import LineView

TWO_COLUMNS = 104
"""Cells from which there are two columns: a terminal of 110."""


class HelpColumns(Horizontal):
    """Sections of rows; the cursor goes over those that stand for something, column by column."""

    def __init__(self) -> None:
        super().__init__(id="help-columns")
        self._views = (LineView(id="help-list"), LineView(id="help-more"))
        self._at = 0
        """The column with the cursor."""

    def compose(self) -> ComposeResult:
        """Both; the second is there where there is room."""
        yield from self._views

    def on_mount(self) -> None:
        """The filter has the keys."""
        for view in self._views:
            view.can_focus = False

    @property
    def two(self) -> bool:
        """True where there is room for two columns."""
        return self.size.width >= TWO_COLUMNS

    @property
    def column_cells(self) -> int:
        """Cells of a row."""
        return self.size.width // (1 + self.two) - 1

    @property
    def views(self) -> tuple[LineView, ...]:
        """The columns there are."""
        return self._views if self.two else self._views[:1]

    @property
    def target(self) -> object:
        """What the row of the cursor stands for; None without one."""
        view = self._views[self._at]
        return None if view.cursor is None else view.rows[view.cursor].target

    def show(self, sections: Sequence[Sequence[Row]]) -> None:
        """Show the sections from the first one on, the cursor on the first row it can have."""
        self._views[1].display = self.two
        half = sum(map(len, sections)) / 2
        columns: tuple[list[Row], list[Row]] = ([], [])
        for section in sections:
            # A section stands where more of it lies: in the first half, or in the second.
            later = self.two and bool(columns[0]) and len(columns[0]) + len(section) / 2 > half
            columns[later or bool(columns[1])].extend(section)
        nothing = [Row(line((" Nothing is called that.", StyleRole.DIM)))]
        for view, rows in zip(self._views, (columns[0] or nothing, columns[1]), strict=True):
            view.cursor = None
            view.show(rows)
            view.scroll_to(y=0, animate=False, force=True)
        self._at = 0
        self.move(1)

    def move(self, step: int) -> None:
        """Go to the next row that stands for something, over headings and from one column to the
        other."""
        view = self._views[self._at]
        place = (view.cursor if view.cursor is not None else -1) + step
        while 0 <= place < len(view.rows) and view.rows[place].target is None:
            place += step
        if 0 <= place < len(view.rows):
            view.set_cursor(place)
            return
        other = self._at + step
        if 0 <= other < len(self.views) and self._views[other].rows:
            view.cursor = None
            view.refresh()
            self._at = other
            self._views[other].cursor = len(self._views[other].rows) if step < 0 else None
            self.move(step)
