"""What the user is to be asked, and what waits for the answer."""

from __future__ import annotations

from typing import Protocol

from runtime.model.errors import Diagnostic
from runtime.model.linked import LinkedFlow
from runtime.protocol.builds.build_requests import StartBuild
from runtime.protocol.requests import AnswerTrust
from runtime.protocol.trust_question import TrustQuestion


class TrustKeeper(Protocol):
    """Knows what the user said about a project."""

    def about_grants(self, flow: LinkedFlow) -> TrustQuestion | None:
        """What the flow asks for beyond the project's folder."""
        ...

    def about_build(self) -> TrustQuestion:
        """The commands that a build of the project runs."""
        ...

    def answer(self, question: TrustQuestion) -> bool | None:
        """What the user said; None when that was never asked."""
        ...

    def remember(self, question: TrustQuestion, yes: bool) -> None:
        """Keep the user's answer."""
        ...

    def build_refusal(self, question: TrustQuestion) -> Diagnostic:
        """Why nothing is built after the user declined."""
        ...


class TrustDesk:
    """Holds what needs the user's word until it is there. One thread owns it."""

    def __init__(self, keeper: TrustKeeper) -> None:
        self._keeper = keeper
        self._flow: LinkedFlow | None = None
        self._grants: TrustQuestion | None = None
        self._build: TrustQuestion | None = None
        self._waiting: list[StartBuild] = []

    @property
    def question(self) -> TrustQuestion | None:
        """What the user is to be asked now."""
        return self._grants or self._build

    def look_at(self, flow: LinkedFlow | None) -> None:
        """The flow as it runs now: grants that were withheld without a word are asked for."""
        if flow is self._flow:
            return
        self._flow = flow
        question = None
        if flow is not None and any(node.withheld for node in flow.nodes):
            question = self._keeper.about_grants(flow)
        answered = question is not None and self._keeper.answer(question) is not None
        self._grants = None if answered else question

    def may_build(self, request: StartBuild) -> Diagnostic | bool:
        """True to build now, False when the user is asked first; else why nothing is built."""
        question = self._keeper.about_build()
        answer = self._keeper.answer(question)
        if answer is None:
            self._build = question
            self._waiting.append(request)
            return False
        return True if answer else self._keeper.build_refusal(question)

    def take(self, answer: AnswerTrust) -> bool:
        """Take the answer to a question; True when the flow is to be opened again with it."""
        for question in (self._grants, self._build):
            if question is not None and question.key == answer.key:
                self._keeper.remember(question, answer.yes)
        if self._grants is not None and self._grants.key == answer.key:
            self._grants = None
            return answer.yes
        return False

    def released(self) -> list[StartBuild]:
        """Requests to build whose question was answered; `may_build` says how."""
        if self._build is None or self._keeper.answer(self._build) is None:
            return []
        self._build = None
        waiting, self._waiting = self._waiting, []
        return waiting
