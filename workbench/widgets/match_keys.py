"""`n` and `N` on a screen that has a field above a list."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Input

MATCH_KEYS = ("n", "N")


class MatchField(Input):
    """The field above the list; it lets `n` and `N` go while the cursor is in the list."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether the key is typed."""
        moves = isinstance(self.screen, MatchKeysScreen) and self.screen.in_list
        return not (moves and key in MATCH_KEYS) and super().check_consume_key(key, character)


class MatchKeysScreen(ModalScreen[ScreenResultType]):
    """Once the cursor was moved into the list, `n` and `N` go to the next match and to the one
    before, as in a pane; until then, and after any other letter, they are typed into the field."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "match(1)", "next match", priority=True, show=False),
        Binding("N", "match(-1)", "match before", priority=True, show=False),
    ]

    in_list = False
    """Whether the last key moved the cursor of the list."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is typed goes to the field unless the cursor is in the list."""
        return self.in_list if action == "match" else True

    def action_match(self, step: int) -> None:
        """Go to the next match."""
        self.action_move(step)

    def action_move(self, step: int) -> None:
        """Go to another row."""
        raise NotImplementedError
