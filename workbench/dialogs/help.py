"""The help: every action with its keys; type to filter, Enter does it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from runtime.protocol.timeline import TimelineMark
from workbench.actions.action import Action, Group
from workbench.actions.context import Context
from workbench.actions.labels import keys_of, label
from workbench.actions.table import ACTIONS
from workbench.text.glyphs import HERE, TIMELINE_SIGNS
from workbench.text.keys import key_name
from workbench.text.lines import Line, Row, Span, StyleRole, line, pad, width_of, wrap_words
from workbench.timeline.track import DONE, TO_COME, UNDONE
from workbench.widgets.label import LineLabel
from workbench.widgets.line_view import LineView

KEY_CELLS, NAME_CELLS = 14, 15
"""Columns of keys and names."""

HEAD_CELLS = 3 + KEY_CELLS + NAME_CELLS

LEAST_HELP = 20
"""Narrowest column of what actions do."""

STATES: tuple[tuple[str, str, StyleRole], ...] = (
    (">", "ready", StyleRole.GOOD),
    ("||", "held", StyleRole.WARN),
    ("@", "next", StyleRole.NEXT),
    ("x", "failed", StyleRole.BAD),
    ("!", "full", StyleRole.WARN),
    ("o", "dropped", StyleRole.WARN),
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


class HelpScreen(ModalScreen[str | None]):
    """Gives back the id of the action to do, or None."""

    takes_typed_ahead: ClassVar[bool] = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1", "close", "close", priority=True),
        Binding("up", "move(-1)", "up", priority=True),
        Binding("down", "move(1)", "down", priority=True),
        Binding("pageup", "page(-1)", "page up", priority=True),
        Binding("pagedown", "page(1)", "page down", priority=True),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._now = context
        self._list = LineView(id="help-list")
        self._legend = LineLabel(id="legend")

    def compose(self) -> ComposeResult:
        """Filter, list, legend."""
        with Vertical(id="help") as box:
            box.border_title = "What can be done"
            box.border_subtitle = "type to filter   enter does it   esc closes"
            yield Input(placeholder="filter, e.g. step", id="help-filter", classes="field")
            yield self._list
            yield self._legend

    def on_mount(self) -> None:
        """The filter has the keys, the list shows all."""
        self._list.can_focus = False
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
        self._fill(event.value)

    def on_input_submitted(self) -> None:
        """Do the action of the cursor."""
        cursor = self._list.cursor
        target = self._list.rows[cursor].target if cursor is not None else None
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
        cursor = self._list.cursor
        rows = self._list.rows
        place = (cursor if cursor is not None else -1) + step
        while 0 <= place < len(rows) and rows[place].target is None:
            place += step
        if 0 <= place < len(rows):
            self._list.set_cursor(place)

    def action_page(self, pages: int) -> None:
        """Move a page."""
        for _ in range(8):
            self.action_move(pages)

    def _fill(self, words: str) -> None:
        rows: list[Row] = []
        for group in Group:
            found = [action for action in ACTIONS if action.group is group and _fits(action, words)]
            if found:
                rows.append(Row(line((f" {group.value}", StyleRole.ACCENT))))
                rows += [row for action in found for row in self._rows(action)]
        self._list.cursor = None
        self._list.show(rows or [Row(line((" Nothing is called that.", StyleRole.DIM)))])
        self._list.scroll_to(y=0, animate=False, force=True)
        self.action_move(1)

    def _rows(self, action: Action) -> list[Row]:
        """Keys, name and what it does, wrapped by words; only the first row can be chosen."""
        now = action.when(self._now)
        keys = " ".join(key_name(key) for key in keys_of(action))
        name = label(action, self._now)
        needs = "" if now or not action.needs else f"needs {action.needs}: "
        room = max(self._list.room - HEAD_CELLS, LEAST_HELP)
        texts = wrap_words(needs + action.help, room)
        first, *more = texts
        head = (
            Span("   "),
            Span(pad(keys, KEY_CELLS), StyleRole.KEY if now else StyleRole.FAINT),
            Span(pad(name, NAME_CELLS), StyleRole.STRONG if now else StyleRole.FAINT),
        )
        role = StyleRole.DIM if now else StyleRole.FAINT
        rows = [Row((*head, *_helped(first, needs, role)), action)]
        return [*rows, *(Row(line(" " * HEAD_CELLS, (text, role))) for text in more)]


def _helped(text: str, needs: str, role: StyleRole) -> Line:
    """The first row of a help, with what is missing in its own colour."""
    if needs and text.startswith(needs):
        return line((needs, StyleRole.WARN), (text[len(needs) :], role))
    return line((text, StyleRole.WARN if needs else role))


def _fits(action: Action, words: str) -> bool:
    """True when every word is in the action's name, help or keys."""
    keys = " ".join(map(key_name, keys_of(action)))
    text = f"{action.id} {action.label} {action.help} {keys}".lower()
    return all(word in text for word in words.lower().split())
