"""What is asked before a queue is emptied or gets other settings."""

from __future__ import annotations

from collections.abc import Callable

from runtime.protocol.requests import ChangeQueue, EmptyQueue, Request
from workbench.dialogs.ask import AskScreen, Hint
from workbench.dialogs.confirm import ConfirmScreen
from workbench.screens.panes import Panes
from workbench.text.typed_queue import settings_text, typed_settings


class QueueDialogs:
    """Asks, and sends what was answered."""

    def __init__(self, panes: Panes, send: Callable[[Request], None]) -> None:
        self._panes = panes
        self._send = send

    def empty(self) -> None:
        """Ask whether all that waits in the queue that is shown shall be dropped."""
        edge, view = self._panes.context.edge, self._panes.view
        if edge is None or view.flow is None or view.snapshot is None:
            return
        state = view.snapshot.edges[edge]
        count = state.depth + state.pending
        what = "the element" if count == 1 else f"all {count:,} elements"

        def answered(yes: bool | None) -> None:
            if yes:
                self._send(EmptyQueue(edge))

        question = f"Drop {what} of {view.flow.edges[edge].label}?"
        self._panes.app.push_screen(ConfirmScreen(question), answered)

    def change(self) -> None:
        """Ask for capacity, policy and pace of the queue that is shown."""
        edge, flow = self._panes.context.edge, self._panes.view.flow
        if edge is None or flow is None:
            return
        link = flow.edges[edge]

        def hint(text: str) -> Hint:
            try:
                typed_settings(text, link)
            except ValueError as error:
                return Hint(f"{error}.", False)
            return Hint("It holds from the next element on; what waits stays.", True)

        def answered(text: str | None) -> None:
            if text is not None:
                typed = typed_settings(text, link)
                self._send(ChangeQueue(edge, typed.capacity, typed.policy, typed.rate))

        ask = AskScreen(link.label, "capacity 8  policy block-producer  pace -", hint)
        ask.begin_with(settings_text(link))
        self._panes.app.push_screen(ask, answered)
