"""Asks what the session needs the user's word for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from runtime.protocol.requests import AnswerTrust, Request
from runtime.protocol.trust_question import TrustQuestion
from workbench.screens.panes import Panes


class TrustDialogs:
    """Shows each question once, and sends the answer.

    The session goes on asking until it has the answer, and after a restart perhaps again: then it
    gets the same one.
    """

    def __init__(self, panes: Panes, send: Callable[[Request], None]) -> None:
        self._panes = panes
        self._send = send
        self._shown: str | None = None
        """Key of the question on screen."""
        self._answers: dict[str, bool] = {}

    def take(self, question: TrustQuestion | None) -> None:
        """What the session asks now."""
        if question is None or self._shown is not None:
            return
        known = self._answers.get(question.key)
        if known is not None:
            self._send(AnswerTrust(question.key, known))
            return
        # Imported when it is opened first: the first paint waits for no dialog.
        from workbench.dialogs.trust_dialog import TrustScreen

        self._shown = question.key
        self._panes.app.push_screen(TrustScreen(question), partial(self._answer, question))

    def _answer(self, question: TrustQuestion, yes: bool | None) -> None:
        self._shown = None
        self._answers[question.key] = bool(yes)
        self._send(AnswerTrust(question.key, bool(yes)))
