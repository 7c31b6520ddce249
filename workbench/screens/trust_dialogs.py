"""Asks what the session needs the user's word for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from runtime.protocol.requests import AnswerTrust, Request
from runtime.protocol.trust_question import TrustQuestion
from workbench.dialogs.trust_dialog import TrustScreen
from workbench.screens.panes import Panes


class TrustDialogs:
    """Shows each question once, and sends the answer."""

    def __init__(self, panes: Panes, send: Callable[[Request], None]) -> None:
        self._panes = panes
        self._send = send
        self._shown: TrustQuestion | None = None

    def take(self, question: TrustQuestion | None) -> None:
        """What the session asks now; it goes on asking until it has the answer."""
        if question == self._shown:
            return
        self._shown = question
        if question is not None:
            self._panes.app.push_screen(TrustScreen(question), partial(self._answer, question))

    def _answer(self, question: TrustQuestion, yes: bool | None) -> None:
        self._send(AnswerTrust(question.key, bool(yes)))
