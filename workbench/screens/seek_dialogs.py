"""Going to a place of the branch that is asked for, and taking another branch."""

from __future__ import annotations

from collections.abc import Callable

from runtime.protocol.requests import JumpTo, Request, TakeBranch
from runtime.protocol.timeline import Timeline
from workbench.actions.labels import other_branches
from workbench.dialogs.ask import AskScreen, Hint
from workbench.dialogs.branches import BranchesScreen
from workbench.screens.panes import Panes
from workbench.timeline.typed_places import HOW, typed_place

EXAMPLES = "1842   +10   -3   50%"


class SeekDialogs:
    """Asks what a request needs, and sends it."""

    def __init__(self, panes: Panes, send: Callable[[Request], None]) -> None:
        self._panes = panes
        self._send = send

    @property
    def _timeline(self) -> Timeline | None:
        return self._panes.context.timeline

    def ask_place(self) -> None:
        """Ask for a place of the branch, and go there."""
        self._panes.app.push_screen(AskScreen("Go to call", EXAMPLES, self._place), self._go)

    def _place(self, text: str) -> Hint:
        timeline = self._timeline
        if timeline is None or not text.strip():
            return Hint(HOW, False, fault=False)
        place = typed_place(text, timeline)
        return Hint(place.words, place.call is not None)

    def _go(self, text: str | None) -> None:
        timeline = self._timeline
        place = typed_place(text, timeline) if text is not None and timeline is not None else None
        if place is not None and place.call is not None:
            self._send(JumpTo(place.call))

    def take_branch(self) -> None:
        """Go to the end of the other branch; of several, the one that is chosen."""
        timeline, others = self._timeline, other_branches(self._panes.context)
        if timeline is not None and len(others) > 1:
            self._panes.app.push_screen(BranchesScreen(timeline), self._take)
        elif others:
            self._take(others[0])

    def _take(self, number: int | None) -> None:
        if number is not None:
            self._send(TakeBranch(number))
