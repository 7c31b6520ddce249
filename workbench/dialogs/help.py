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
from workbench.actions.labels import key_name, label
from workbench.actions.table import ACTIONS
from workbench.text.glyphs import HERE, TIMELINE_SIGNS
from workbench.text.lines import Line, Row, Span, StyleRole, line, pad
from workbench.timeline.track import DONE, TO_COME, UNDONE
from workbench.widgets.label import LineLabel
from workbench.widgets.line_view import LineView

STATES: Line = line(
    (" > ", StyleRole.GOOD),
    ("ready ", StyleRole.DIM),
    ("|| ", StyleRole.WARN),
    ("held ", StyleRole.DIM),
    ("@ ", StyleRole.NEXT),
    ("next ", StyleRole.DIM),
    ("x ", StyleRole.BAD),
    ("failed ", StyleRole.DIM),
    ("! ", StyleRole.WARN),
    ("full ", StyleRole.DIM),
    ("o ", StyleRole.WARN),
    ("dropped ", StyleRole.DIM),
    ("^ ", StyleRole.TEXT),
    ("peak ", StyleRole.DIM),
    ("r ", StyleRole.ACCENT),
    ("reloaded ", StyleRole.DIM),
    ("< ", StyleRole.WARN),
    ("back ", StyleRole.DIM),
    ("~ ", StyleRole.WARN),
    ("not granted", StyleRole.DIM),
)

_ON_TIMELINE = (TimelineMark.STOP, TimelineMark.FORK, TimelineMark.CHANGE, TimelineMark.MARK)

TIMELINE: Line = line(
    (f" {HERE} ", StyleRole.NEXT),
    ("here ", StyleRole.DIM),
    *(
        part
        for sign, word, role in map(TIMELINE_SIGNS.__getitem__, _ON_TIMELINE)
        for part in ((f"{sign} ", role), (f"{word} ", StyleRole.DIM))
    ),
    (f"{DONE} ", StyleRole.ACCENT),
    ("done ", StyleRole.DIM),
    (f"{UNDONE} ", StyleRole.DIM),
    ("undone ", StyleRole.DIM),
    (f"{TO_COME} ", StyleRole.FAINT),
    ("to come", StyleRole.DIM),
)


class HelpScreen(ModalScreen[str | None]):
    """Gives back the id of the action to do, or None."""

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

    def compose(self) -> ComposeResult:
        """Filter, list, legend."""
        legend = LineLabel(id="legend")
        legend.lines = (STATES, TIMELINE)
        with Vertical(id="help") as box:
            box.border_title = "What can be done"
            box.border_subtitle = "type to filter   enter does it   esc closes"
            yield Input(placeholder="filter, e.g. step", id="help-filter", classes="field")
            yield self._list
            yield legend

    def on_mount(self) -> None:
        """The filter has the keys, the list shows all."""
        self._list.can_focus = False
        self.query_one(Input).focus()
        self._fill("")

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
                rows += [Row(self._line(action), action) for action in found]
        self._list.cursor = None
        self._list.show(rows or [Row(line((" Nothing is called that.", StyleRole.DIM)))])
        self._list.scroll_to(y=0, animate=False, force=True)
        self.action_move(1)

    def _line(self, action: Action) -> Line:
        now = action.when(self._now)
        keys = " ".join(key_name(key) for key in action.keys)
        name = label(action, self._now)
        needs = "" if now or not action.needs else f"needs {action.needs}: "
        return (
            Span("   "),
            Span(pad(keys, 14), StyleRole.KEY if now else StyleRole.FAINT),
            Span(pad(name, 15), StyleRole.STRONG if now else StyleRole.FAINT),
            Span(needs, StyleRole.WARN),
            Span(action.help, StyleRole.DIM if now else StyleRole.FAINT),
        )


def _fits(action: Action, words: str) -> bool:
    """True when every word is in the action's name, help or keys."""
    keys = " ".join(map(key_name, action.keys))
    text = f"{action.id} {action.label} {action.help} {keys}".lower()
    return all(word in text for word in words.lower().split())
