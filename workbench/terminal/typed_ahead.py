"""Keys that were typed before the screen, the dialog or the line they are meant for was there."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from textual.app import App
from textual.events import Key
from textual.screen import Screen
from textual.widget import Widget

TAKES_TYPED_AHEAD = "takes_typed_ahead"
"""Screens with this class attribute set get them, and widgets around an input that has the focus;
others must not be answered by accident."""


class TypedAhead:
    """Knows which screen, or which line on it, each key was typed at.

    Textual gives a key to the widget with the focus, and looks for its binding once the widget has
    let it pass: by then another screen may be in front.
    """

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._typed_at: WeakKeyDictionary[Key, Screen[Any] | Widget] = WeakKeyDictionary()
        self._waiting: list[Key] = []
        self._dialog: Screen[Any] | Widget | None = None
        """The dialog or line that they wait for."""
        self._held = False

    def hold(self) -> None:
        """Keep all keys: the screen they are for is not there in full."""
        self._held = True

    def release(self) -> None:
        """Give the keys that were kept to the screen, and those that come from now on."""
        self._held, self._dialog = False, self._front()
        self._deliver()

    def note(self, event: Key) -> bool:
        """A key comes from the terminal; True when it must wait for those before it."""
        if self._waiting and not self._held and self._front() is not self._dialog:
            self._deliver()  # the dialog went away before it was drawn
        if self._waiting or self._held:
            self._waiting.append(event)
            return True
        self._typed_at[event] = self._front()
        return False

    def passed(self, event: Key) -> bool:
        """A key that no widget took: True when it was typed at what is not in front.

        It then goes to the dialog or line in front if that takes such keys, and nowhere else.
        """
        at, front = self._typed_at.get(event), self._front()
        if at is None or at is front:
            return False
        if getattr(front, TAKES_TYPED_AHEAD, False):
            self._waiting.append(event)
            self._dialog = front
            front.call_after_refresh(self._deliver)
        return True

    def _front(self) -> Screen[Any] | Widget:
        """The line that is open for what is typed, else the screen."""
        focused = self._app.focused
        around = None if focused is None else focused.parent
        takes = isinstance(around, Widget) and getattr(around, TAKES_TYPED_AHEAD, False)
        return around if takes and isinstance(around, Widget) else self._app.screen

    def _deliver(self) -> None:
        waiting, self._waiting = self._waiting, []
        if self._front() is not self._dialog:
            return  # they were meant for a dialog, and for nothing else
        for event in waiting:
            again = Key(event.key, event.character)
            self._typed_at[again] = self._front()
            (self._app.focused or self._app.screen)._forward_event(again)
