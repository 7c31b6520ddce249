"""Requests for other places and branches: seeking, marks, forks, and how branches compare."""

from __future__ import annotations

from pathlib import Path

from runtime.protocol.branch_comparison import CompareBranches
from runtime.protocol.requests import (
    BackToBreak,
    Fork,
    JumpTo,
    JumpToElement,
    JumpToMark,
    JumpToStop,
    RepeatTo,
    SeekRequest,
    SetMarks,
    StepBack,
    StepForward,
    TakeBranch,
    ToggleMark,
)
from runtime.session.backward_seeking import BackwardSeeking
from runtime.session.request_table import RequestTable
from runtime.session.run_loop import RunLoop
from runtime.timetravel.branch_diff import BranchComparer
from runtime.timetravel.time_travel import TimeTravel


class BranchRequests:
    """Begins what they ask for; a run is paused first. The session goes on with it as it works."""

    def __init__(
        self,
        time: TimeTravel,
        loop: RunLoop,
        backward: BackwardSeeking,
        comparer: BranchComparer,
    ) -> None:
        self._time = time
        self._loop = loop
        self._backward = backward
        self._comparer = comparer

    def register(self, requests: RequestTable) -> None:
        """Take these requests from the table."""
        on = requests.on
        on(StepBack, self._seek)
        on(StepForward, self._seek)
        on(JumpTo, self._seek)
        on(RepeatTo, self._seek)
        on(JumpToElement, self._seek)
        on(JumpToStop, self._seek)
        on(JumpToMark, self._seek)
        on(BackToBreak, self._seek_break)
        on(ToggleMark, self._toggle_mark)
        on(SetMarks, lambda asked: self._time.branch.set_marks(asked.calls))
        on(Fork, self._fork)
        on(TakeBranch, self._take_branch)
        on(CompareBranches, self._compare)

    def _seek(self, asked: SeekRequest) -> None:
        self._stand()
        self._time.seek(asked)

    def _seek_break(self, asked: BackToBreak) -> None:
        self._stand()
        self._backward.ask(asked)

    def _toggle_mark(self, asked: ToggleMark) -> None:
        self._stand()
        shown, branch = self._time.shown, self._time.branch
        branch.toggle_mark(shown.calls)
        if shown.calls in branch.marks:
            shown.windows.mark(shown.snapshot())

    def _fork(self, asked: Fork) -> None:
        self._stand()
        self._time.fork()

    def _take_branch(self, asked: TakeBranch) -> None:
        self._stand()
        self._time.take_branch(asked.branch, None if asked.call is None else JumpTo(asked.call))

    def _stand(self) -> None:
        self._loop.pause()
        self._time.shown.stop_note = None

    def _compare(self, asked: CompareBranches) -> None:
        branch = self._time.branch
        if asked.recording is not None:
            self._comparer.compare(Path(asked.recording), branch)
            return
        others = (one for one in self._time.branches.kept if one is not branch)
        source = self._time.replay.source
        other = branch.parent or next(others, None) or (source.path if source else None)
        if other is not None:
            self._comparer.compare(other, branch)
        else:
            self._time.refuse("there is nothing to compare this branch with: F forks")
