"""The branches of last time: each is made again from its recording, and no component is called.

An engine is taken along the recorded answers, as for a place ahead in a recording, and what it does
is kept as a branch of this session. A file that is damaged, or of another flow, is left out, and
that is said; it stays where it is, also when branches are saved again.
"""

from __future__ import annotations

from collections.abc import Callable

from runtime.execution.call_drivers import RecordedKind, RecordedRun
from runtime.execution.execution import Apply, Execution
from runtime.execution.resources import LostBuildError, SessionResources
from runtime.model.commands import Command
from runtime.model.errors import StudioError
from runtime.model.events import Event
from runtime.model.text.plurals import counted
from runtime.protocol.logs.event_lines import CallMark
from runtime.protocol.timeline import TimelineMark
from runtime.timetravel.branches import KEPT_BRANCHES, Branch, Branches
from runtime.timetravel.recorded.recorded_past import all_steps
from runtime.timetravel.recorded.replay_source import RestorableBranch, RestorableBranches
from runtime.timetravel.seeking.seek import divergence_words

CALLS_AT_ONCE = 128
"""Calls told between two looks at the clock."""

Tell = Callable[[CallMark, str | None, str], None]
"""Takes a line for the event log."""


class BranchRestoring:
    """Makes the branches one after the other; for the thread that makes calls."""

    def __init__(
        self,
        branches: Branches,
        saved: RestorableBranches,
        resources: SessionResources,
        apply: Apply,
        tell: Tell,
    ) -> None:
        """`branches` have the one the session was on."""
        self._branches = branches
        self._saved = saved
        self._resources = resources
        self._apply = apply
        self._tell = tell
        numbers = [one.number for one in saved.index.others][::-1]
        self._left = numbers[: KEPT_BRANCHES - 1][::-1]
        """What is to be made: the newest ones, the last of them first."""
        self._under_way: _UnderWay | None = None
        self._untold = [
            _left_out(one, "there are too many") for one in numbers[KEPT_BRANCHES - 1 :]
        ]
        if saved.problem is not None:
            self._untold.insert(0, f"{saved.problem.message} {saved.problem.help}")

    def work(self, more_time: Callable[[], bool]) -> bool:
        """Go on as long as there is time; True while there is more to do."""
        while self._untold:
            self._tell(CallMark.ERROR, None, self._untold.pop(0))
        while self._left and more_time():
            number = self._left[-1]
            try:
                under_way = self._under_way or self._begin(number)
                self._under_way = under_way
                if under_way.go_on():
                    self._end(number)
                    self._branches.restore(under_way.branch)
                    self._tell(CallMark.NOTE, None, under_way.words)
            except (LostBuildError, StudioError, ValueError) as error:
                self._end(number)
                self._tell(CallMark.ERROR, None, _left_out(number, _words(error)))
        return bool(self._left)

    def close(self) -> None:
        """Make no more of them."""
        self._left.clear()
        self._let_go()

    def _begin(self, number: int) -> _UnderWay:
        found = self._saved.open(number)
        branch = self._branches.empty(number, found)
        for place in self._saved.index.forks_on(number):
            branch.places.add(TimelineMark.FORK, place)
        return _UnderWay(branch, found, self._resources, self._apply)

    def _end(self, number: int) -> None:
        self._left.remove(number)
        self._let_go()

    def _let_go(self) -> None:
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way.close()


class _UnderWay:
    """A branch that is being made."""

    def __init__(
        self, branch: Branch, found: RestorableBranch, resources: SessionResources, apply: Apply
    ) -> None:
        self.branch = branch
        self._found = found
        run = RecordedRun(lambda: all_steps(found.source), RecordedKind.FILE_VIEW)
        self._execution = Execution(resources, branch.flow, apply, run)

    def go_on(self) -> bool:
        """Take it further; True at its end. Raises `StudioError` and what `Execution` raises."""
        replayer = self._execution.replayer
        assert replayer is not None
        replayer.forward(self.branch.calls + CALLS_AT_ONCE, CALLS_AT_ONCE, self._keep)
        if replayer.divergence is not None:
            raise ValueError(divergence_words(replayer.divergence, self._found.source))
        return replayer.pending is None

    @property
    def words(self) -> str:
        """That it is there, and what its file lacks."""
        calls = counted(self.branch.calls, "call")
        lost = "".join(f"; {item.message}" for item in self._found.lost)
        return f"branch {self.branch.number} of last time is back, with {calls}{lost}"

    def close(self) -> None:
        """Let go of what made it."""
        self._execution.discard()

    def _keep(self, command: Command, events: list[Event]) -> None:
        self._execution.keep(events)
        self.branch.record(command, events, self._execution)


def _left_out(number: int, why: str) -> str:
    return f"branch {number} of last time is left out, and its file stays: {why}"


def _words(error: Exception) -> str:
    if isinstance(error, StudioError):
        return "; ".join(
            f"{item.message} ({item.file}{f', line {item.line}' if item.line else ''})"
            for item in error.diagnostics
        )
    return str(error)
