"""The help: every action with its keys, those of the pane first; type to find, Enter does it."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from runtime.protocol.timeline import TimelineMark
from workbench.actions.action import Action
from workbench.actions.context import Context, PaneName
from workbench.actions.table import ACTIONS
from workbench.dialogs.help_columns import HelpColumns
from workbench.dialogs.help_rows import help_sections, pane_title
from workbench.dialogs.help_search import HELP
from workbench.search.query import QueryError
from workbench.search.typed_words import words_query
from workbench.text.glyphs import HERE, TIMELINE_SIGNS
from workbench.text.lines import Line, StyleRole, line, width_of
from workbench.timeline.track import DONE, TO_COME, UNDONE
from workbench.widgets.border_words import border_words
from workbench.widgets.label import LineLabel
from workbench.widgets.line_view import LineView
from workbench.widgets.match_keys import MatchField, MatchKeysScreen

STATES: tuple[tuple[str, str, StyleRole], ...] = (
    (">", "ready", StyleRole.GOOD),
    ("||", "blocked", StyleRole.WARN),
    ("@", "next", StyleRole.NEXT),
    ("x", "failed", StyleRole.BAD),
    ("!", "full", StyleRole.WARN),
    ("o", "lost", StyleRole.WARN),
    ("^", "peak", StyleRole.TEXT),
    ("r", "reloaded", StyleRole.ACCENT),
    ("<", "back", StyleRole.WARN),
    ("~", "not granted", StyleRole.WARN),
    ("?", "no file", StyleRole.WARN),
    ("①", "where an edge goes on", StyleRole.ACCENT),
)

_ON_TIMELINE = (TimelineMark.STOP, TimelineMark.FORK, TimelineMark.CHANGE, TimelineMark.MARK)

TIMELINE: tuple[tuple[str, str, StyleRole], ...] = (
    (HERE, "here", StyleRole.NEXT),
    *map(TIMELINE_SIGNS.__getitem__, _ON_TIMELINE),
    (DONE, "done", StyleRole.ACCENT),
    (UNDONE, "undone", StyleRole.DIM),
    (TO_COME, "to come", StyleRole.FAINT),
)


def legend_rows(cells: int) -> tuple[Line, ...]:
    """What the signs say, in rows of at most `cells` cells."""
    rows: list[Line] = []
    for signs in (STATES, TIMELINE):
        row: Line = ()
        for sign, word, role in signs:
            part = line((f" {sign}", role), (f" {word}", StyleRole.DIM))
            if row and width_of(row) + width_of(part) > cells:
                rows.append(row)
                row = ()
            row = (*row, *part)
        rows.append(row)
    return tuple(rows)


class HelpScreen(MatchKeysScreen[str | None]):
    """Gives back the id of the action to do, or None."""

    takes_typed_ahead: ClassVar[bool] = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1", "close", "close", priority=True),
        Binding("up", "move(-1)", "up", priority=True),
        Binding("down", "move(1)", "down", priority=True),
        Binding("pageup", "page(-1)", "page up", priority=True),
        Binding("pagedown", "page(1)", "page down", priority=True),
        Binding("tab", "pane(1)", "next pane", priority=True),
        Binding("shift+tab", "pane(-1)", "pane before", priority=True),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._now = context
        self._box = Vertical(id="help")
        self._list = HelpColumns()
        self._legend = LineLabel(id="legend")

    def compose(self) -> ComposeResult:
        """Filter, list, legend."""
        with self._box as box:
            box.border_subtitle = "↓ n N next   tab next pane   enter does it   esc closes"
            yield MatchField(
                placeholder="type to find, e.g. step", id="help-filter", classes="field"
            )
            yield self._list
            yield self._legend

    def on_mount(self) -> None:
        """The filter has the keys, the list shows all."""
        self.query_one(Input).focus()
        self.call_after_refresh(self._fit)

    def on_resize(self) -> None:
        """Wrap for the new width."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        rows = legend_rows(self._legend.size.width)
        self._legend.lines = rows
        self._legend.styles.height = len(rows)
        self._fill(self.query_one(Input).value)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what matches."""
        self.in_list = False
        self._fill(event.value)

    def on_input_submitted(self) -> None:
        """Do the action of the cursor."""
        target = self._list.target
        if isinstance(target, Action):
            self.dismiss(target.id)

    def on_line_view_opened(self, message: LineView.Opened) -> None:
        """An action was clicked."""
        if isinstance(message.target, Action):
            self.dismiss(message.target.id)

    def action_close(self) -> None:
        """Close without doing anything."""
        self.dismiss(None)

    def action_move(self, step: int) -> None:
        """Go to the next action, over headings."""
        self.in_list = True
        self._list.move(step)

    def action_page(self, pages: int) -> None:
        """Move a page."""
        for _ in range(8):
            self.action_move(pages)

    def _fill(self, words: str) -> None:
        try:
            query = words_query(words, HELP.vocabulary)
        except QueryError as error:
            self._box.border_title = border_words(f"Help  {error}", "", self._box.size.width)
            return
        sections, count = help_sections(self._now, query, self._list.column_cells)
        counted = f"{count} of {len(ACTIONS)} keys"
        title = f"Help  {pane_title(self._now.pane)}"
        self._box.border_title = border_words(title, counted, self._box.size.width)
        self._list.show(sections)

    def action_pane(self, step: int) -> None:
        """Show what can be done in the next pane."""
        names = list(PaneName)
        at = (names.index(self._now.pane) + step) % len(names)
        self._now = replace(self._now, pane=names[at])
        self._fill(self.query_one(Input).value)
