"""A dialog of rows, one of which is taken."""

from __future__ import annotations

from typing import ClassVar, cast

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, ScreenResultType

from workbench.widgets.line_view import LineView


class ChoiceScreen(ModalScreen[ScreenResultType]):
    """Gives back what the row stands for that was clicked or taken with Enter, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "close"),
        Binding("up,k", "move(-1)", "up"),
        Binding("down,j", "move(1)", "down"),
        Binding("enter", "take", "take"),
    ]

    def __init__(self, list_id: str) -> None:
        super().__init__()
        self.list = LineView(id=list_id)
        self.list.can_focus = False

    def on_line_view_opened(self, message: LineView.Opened) -> None:
        """A row was clicked, or taken with Enter."""
        self.dismiss(cast(ScreenResultType, message.target))

    def action_take(self) -> None:
        """Take the row of the cursor."""
        self.list.open()

    def action_move(self, step: int) -> None:
        """Go to another row."""
        self.list.move(0, step)

    def action_close(self) -> None:
        """Close without taking one."""
        self.dismiss(None)
