"""What can be done with a payload, with its keys."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from workbench.actions.payload import PAYLOAD
from workbench.dialogs.choice import ChoiceScreen
from workbench.text.keys import key_name, keys_for
from workbench.text.lines import Row, StyleRole, line, pad
from workbench.text.wrapping import wrap_words

KEY_CELLS = 14


class PayloadKeysScreen(ChoiceScreen[str | None]):
    """Gives back the id of the action that was chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("question_mark,f1", "close", "close")]

    def __init__(self) -> None:
        super().__init__("payload-keys-list")

    def compose(self) -> ComposeResult:
        """One row an action."""
        with Vertical(id="payload-keys-box") as box:
            box.border_title = "Keys of a payload"
            box.border_subtitle = "enter does it   esc closes"
            yield self.list

    def on_mount(self) -> None:
        """The first action is under the cursor."""
        self.call_after_refresh(self._fill)

    def on_resize(self) -> None:
        """Texts follow the width."""
        self.call_after_refresh(self._fill)

    def _fill(self) -> None:
        room = max(self.list.room - KEY_CELLS - 3, 20)
        rows = []
        for action in PAYLOAD:
            keys = " ".join(map(key_name, keys_for(action.id, action.keys)))
            first, *more = wrap_words(action.help, room)
            head = line("  ", (pad(keys, KEY_CELLS), StyleRole.KEY), (first, StyleRole.DIM))
            rows.append(Row(head, action.id))
            rows += [Row(line(" " * (KEY_CELLS + 2), (text, StyleRole.DIM))) for text in more]
        digits = line("  ", (pad("1 2 3 …", KEY_CELLS), StyleRole.KEY), "Show it in another way.")
        self.list.show([*rows, Row(digits)])
        if self.list.cursor is None:
            self.list.set_cursor(0)
