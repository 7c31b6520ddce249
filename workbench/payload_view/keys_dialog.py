"""What can be done with a payload, with its keys."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from workbench.actions.payload import PAYLOAD
from workbench.text.keys import key_name, keys_for
from workbench.text.lines import Row, StyleRole, line, pad
from workbench.text.wrapping import wrap_words
from workbench.widgets.line_view import LineView

KEY_CELLS = 14


class PayloadKeysScreen(ModalScreen[str | None]):
    """Gives back the id of the action that was chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "close", "close"),
        Binding("up,k", "move(-1)", "up"),
        Binding("down,j", "move(1)", "down"),
        Binding("enter", "take", "take"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._list = LineView(id="payload-keys-list")

    def compose(self) -> ComposeResult:
        """One row an action."""
        with Vertical(id="payload-keys-box") as box:
            box.border_title = "Keys of a payload"
            box.border_subtitle = "enter does it   esc closes"
            yield self._list

    def on_mount(self) -> None:
        """The first action is under the cursor."""
        self._list.can_focus = False
        self.call_after_refresh(self._fill)

    def on_resize(self) -> None:
        """Texts follow the width."""
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        room = max(self._list.room - KEY_CELLS - 3, 20)
        rows = []
        for action in PAYLOAD:
            keys = " ".join(map(key_name, keys_for(action.id, action.keys)))
            first, *more = wrap_words(action.help, room)
            head = line("  ", (pad(keys, KEY_CELLS), StyleRole.KEY), (first, StyleRole.DIM))
            rows.append(Row(head, action.id))
            rows += [Row(line(" " * (KEY_CELLS + 2), (text, StyleRole.DIM))) for text in more]
        digits = line("  ", (pad("1 2 3 …", KEY_CELLS), StyleRole.KEY), "Show it in another way.")
        self._list.show([*rows, Row(digits)])
        if self._list.cursor is None:
            self._list.set_cursor(0)

    def on_line_view_opened(self, message: LineView.Opened) -> None:
        """An action was chosen."""
        if isinstance(message.target, str):
            self.dismiss(message.target)

    def action_take(self) -> None:
        """Choose the action of the cursor."""
        self._list.open()

    def action_move(self, step: int) -> None:
        """Go to another action."""
        self._list.move(0, step)

    def action_close(self) -> None:
        """Close without choosing one."""
        self.dismiss(None)
