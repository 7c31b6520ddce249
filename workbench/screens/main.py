"""The main screen: panes and the actions of the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType

from runtime.protocol.requests import Request
from runtime.protocol.updates import Update
from workbench.actions.labels import label
from workbench.actions.table import ACTIONS, BY_ID
from workbench.screens.main_controller import MainController
from workbench.screens.panes import Panes
from workbench.screens.update_feed import UpdateFeed


class MainScreen(Panes, inherit_bindings=False):
    """Turns keys into actions and actions into requests."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(",".join(action.keys), f"do('{action.id}')", show=False, id=action.id)
            for action in ACTIONS
        ),
        Binding("ctrl+c", "screen.copy_text", show=False),
    ]

    def __init__(self, send: Callable[[Request], None], *, title: str) -> None:
        super().__init__(title)
        self._send = send
        self._desk = MainController(self, send)
        self._feed = UpdateFeed(self, self._desk.payloads.take)

    def take(self, update: Update) -> None:
        """Show what happened in the session."""
        self._feed.take(update)

    def ask_session(self, request: Request) -> None:
        """Send a request to the session."""
        self._send(request)

    def do(self, action_id: str) -> None:
        """Do an action, or say what it needs."""
        action = BY_ID[action_id]
        context = self.context
        if action.when(context):
            self.say("")
            action.do(self._desk)
        else:
            needs = f"{label(action, context)} needs {action.needs}."
            self.say(action.why_not(context) or needs)

    def action_do(self, action_id: str) -> None:
        """As `do`; Textual's bindings call it."""
        self.do(action_id)
