"""Going to a place of the branch that is asked for, taking another branch, recording to a file."""

from __future__ import annotations

from collections.abc import Callable

from runtime.protocol.requests import (
    JumpTo,
    Request,
    StartRecording,
    StopRecording,
    TakeBranch,
)
from runtime.protocol.timeline import Timeline
from workbench.actions.labels import other_branches
from workbench.screens.ask import AskScreen, Hint
from workbench.screens.branches import BranchesScreen
from workbench.screens.panes import Panes
from workbench.timeline.typed_places import HOW, typed_place

EXAMPLES = "1842   +10   -3   50%"
DEFAULT_NAME = "a name from the flow and the time, next to the manifest"
FILE_HINT = "A new file. It gets what was done so far, and all that follows."
LOST_HINT = "A new file. It begins late: the ring has lost the start of this run."


class SeekCommands:
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

    def record(self) -> None:
        """Ask for a file and record into it; end that when it is being done."""
        status = self._panes.view.recording
        if status is not None and status.writing:
            self._send(StopRecording())
            return
        hint = Hint(FILE_HINT if status is None or status.whole else LOST_HINT, True)
        ask = AskScreen("Record to a file", DEFAULT_NAME, lambda text: hint)
        self._panes.app.push_screen(ask, self._record)

    def _record(self, text: str | None) -> None:
        if text is not None:
            self._send(StartRecording(text.strip() or None))
