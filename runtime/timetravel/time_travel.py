"""Going back and forth on the branches of a session, and leaving them for new ones.

To look at another place, an execution of its own is taken there from the nearest checkpoint, along
the recorded calls, with the recorded answers: that shows what was. How one comes there that can go
on is told in `going_on`. The execution at the end of the branch stays next to it all, so that going
there costs nothing. Where a recording is replayed, what it has after the end of the branch is shown
in the same way (`RecordedPast`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from runtime.execution.call_drivers import RecordedRun
from runtime.execution.execution import Execution, StopNote
from runtime.execution.resources import LostBuildError, SessionResources
from runtime.model.call import CallInProgress
from runtime.model.commands import Command
from runtime.model.errors import StudioError
from runtime.model.events import Event, StopReason
from runtime.model.linked import LinkedFlow
from runtime.protocol.logs.event_lines import CallMark
from runtime.protocol.requests import RepeatTo, SeekRequest, SessionRequest, StepForward
from runtime.protocol.timeline import SeekProgress, TimelineMark
from runtime.timetravel.branch_position import BranchPosition
from runtime.timetravel.branches import Branch
from runtime.timetravel.recorded.replay_source import ReplaySource
from runtime.timetravel.seeking.going_on import (
    ANOTHER_STATE,
    BEGUN_AGAIN,
    NoWayError,
    Way,
    detach_from_start,
    way_to,
)
from runtime.timetravel.seeking.seek import (
    AwaitedPlace,
    Seek,
    SeekPurpose,
    again_from_start,
    change_is_next,
    seek_by,
    step_words,
)
from runtime.timetravel.seeking.seek_route import RouteKind, kind_of, route_to
from runtime.timetravel.seeking.seek_target import NoTargetError, seek_target

TOLD_AT_ONCE = 1_000_000
"""Calls of a recording that are told at most before somebody looks whether that is wanted."""


class TimeTravel(BranchPosition):
    """Takes a session from place to place. For the thread that makes the calls."""

    def __init__(
        self,
        flow: LinkedFlow,
        resources: SessionResources,
        ring_bytes: int,
        source: ReplaySource | None = None,
    ) -> None:
        """The flow stands before its first command; `source` is replayed, if it is given.

        Raises `StudioError` when the source cannot be read.
        """
        super().__init__(flow, resources, ring_bytes, source)
        self._resources = resources
        self._seek: Seek | None = None
        self._awaited: AwaitedPlace | None = None

    # ---- seeking another place

    @property
    def seeking(self) -> SeekProgress | None:
        """How far the seek is; None when there is none."""
        awaited, past = self._awaited, self.replay.past
        if awaited is not None and past is not None:
            return SeekProgress(past.calls, awaited.target, awaited.begun)
        return None if self._seek is None else self._seek.progress

    def toggle_mark(self) -> None:
        """Mark where the flow stands, or take the mark away."""
        self.branch.toggle_mark(self.shown.calls)

    def seek(self, request: SeekRequest) -> None:
        """Go where the request says; `work` then makes the calls."""
        stands = self._sought is None and not self.past
        at, changes = self._sought or (self.shown.calls, self.shown.changes)
        if isinstance(request, StepForward | RepeatTo) and (stands or self._repeating):
            self._repeat_to(request.call if isinstance(request, RepeatTo) else at + 1)
            return
        if stands:
            changes = self.branch.changes
        forward = self._sought is None and change_is_next(self.shown)
        try:
            place = seek_target(request, self.branch, (at, changes), self.replay.past, forward)
        except NoTargetError as error:
            self.refuse(str(error))
        else:
            self._seek_to(*place)

    @property
    def _sought(self) -> tuple[int, int] | None:
        """Where the seek under way leads: calls, and changes by hand after them."""
        if self._awaited is not None:
            return self._awaited.target, self._awaited.changes
        return None if self._seek is None else (self._seek.target, self._seek.changes)

    @property
    def _repeating(self) -> bool:
        """Whether calls are made again at the end of the branch."""
        return self._seek is not None and self._seek.in_place and not self.past

    def _repeat_to(self, target: int) -> None:
        """From the end of the branch on, make recorded calls again."""
        if self.exact:
            self._seek = Seek(self.branch, self.shown, target, SeekPurpose.REPLAY)
        else:
            self.refuse("this is the end of the branch: s makes the next call")

    def _seek_to(self, target: int, changes: int = 0) -> None:
        seek = self._seek
        if seek is not None and seek.leads_to(target, changes, kind_of(self, target)):
            seek.target, seek.changes = target, changes
            return
        self.cancel()
        route = route_to(self, target, changes)
        if route.why_not:
            self.refuse(route.why_not)
        match route.kind:
            case RouteKind.TELL if self.replay.past is not None:
                begun = self.replay.past.calls
                self._awaited = AwaitedPlace(route.target, begun, route.changes)
            case RouteKind.END if self._end is not None:
                self._show(self._end)
                if self.exact and target > self.shown.calls:
                    self._repeat_to(target)
            case RouteKind.GO_ON:
                to, why = route.target, SeekPurpose.REPLAY
                self._seek = Seek(self.branch, self.shown, to, why, changes=route.changes)
            case RouteKind.VIEW if route.run is not None:
                with self._refusing():
                    execution = self._making(self.branch, route.run)
                    to, why = route.target, SeekPurpose.VIEW
                    self._seek = Seek(self.branch, execution, to, why, changes=route.changes)

    def _begin_seek(
        self,
        branch: Branch,
        target: int,
        purpose: SeekPurpose,
        then: SessionRequest | None = None,
        changes: int = 0,
    ) -> None:
        """Go to a place of a branch to go on from there, with an execution of its own."""
        with self._refusing():
            way = way_to(branch, min(target, branch.calls))
            self._seek = seek_by(way, self._making, target, purpose, then, changes)

    def _making(self, branch: Branch, recorded: RecordedRun) -> Execution:
        return Execution(self._resources, branch.flow, self.apply, recorded)

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        try:
            yield
        except NoWayError as error:
            self.refuse(str(error))
        except (LostBuildError, StudioError) as error:
            self.refuse(f"it is not possible to go there: {error}")

    def take_branch(self, number: int, then: SessionRequest | None = None) -> None:
        """Go to the end of another branch, to go on from there; `then` is asked of it."""
        branch = self.branches.find(number)
        if branch is None or branch is self.branch:
            return
        self.cancel()
        # One further than its calls: what was changed after the last one belongs to it.
        self._begin_seek(branch, branch.calls + 1, SeekPurpose.BRANCH, then)

    def fork(self, then: SessionRequest | None = None) -> None:
        """Begin a branch of its own where the flow stands in its past; `then` is asked of it.

        Calls up to there are made again first, so that there are instances to go on with.
        """
        self.cancel()
        if self._end is None:
            self.refuse("the flow is at the end of its branch: step back first")
        elif self.ahead:
            target, changes = self.shown.calls, self.shown.changes
            self._show(self._end)
            leave = SeekPurpose.LEAVE
            self._seek = Seek(self.branch, self.shown, target, leave, then, changes=changes)
        else:
            calls, changes = self.shown.calls, self.shown.changes
            self._begin_seek(self.branch, calls, SeekPurpose.FORK, then, changes)

    def cancel(self) -> None:
        """Stay where the flow is shown; a pending command is forgotten."""
        seek, self._seek, self._awaited = self._seek, None, None
        if seek is not None and not seek.in_place:
            seek.execution.close()

    def work(self, more_time: Callable[[], bool]) -> Seek | None:
        """Go on with the seek, as long as there is time.

        Gives the seek when it has reached a place from which the flow is to go on: then `enter`
        is to be called, before anything else.
        """
        awaited, past = self._awaited, self.replay.past
        if awaited is not None and (past is None or past.tell(awaited.target, more_time)):
            self._awaited = None
            self._seek_to(awaited.target, awaited.changes)
        while (seek := self._seek) is not None:
            try:
                if seek.go_on(self.keep) and self._arrive(seek):
                    return seek
            except (LostBuildError, StudioError) as error:
                self.cancel()
                if seek.in_place:
                    self._unreadable(str(error))
                else:
                    self.refuse(f"it is not possible to go there: {error}")
            if not more_time():
                break
        return None

    def tell_ahead(self, more_time: Callable[[], bool]) -> bool:
        """Make the branches of last time, and learn what the recording has after the end of the
        present one; True while there is more."""
        if self._restoring is not None and self._restoring.work(more_time):
            return True
        past = self.replay.past
        if past is None or past.over:
            return False
        past.tell(past.calls + TOLD_AT_ONCE, more_time)
        return not past.over

    def _arrive(self, seek: Seek) -> bool:
        """Show the place that was reached; True when it is to be entered instead."""
        self._seek = None
        if seek.in_place:
            self._look_at_the_end()
            if seek.purpose is SeekPurpose.REPLAY or self.shown.calls != seek.target:
                return False
            self.detach()
            return True
        replayer = seek.execution.replayer
        assert replayer is not None
        if replayer.divergence is not None:
            seek.execution.close()
            with self._refusing():
                self._seek = again_from_start(seek, self._making)
            return False
        if seek.purpose is not SeekPurpose.VIEW:
            return True
        if self._end is None:
            self._end = self.shown
            self._show(seek.execution)
        else:
            left = self.shown
            self._show(seek.execution)
            left.discard()
        if replayer.pending is None and self.ahead:
            self._look_at_the_end()
        return False

    def enter(self, seek: Seek) -> None:
        """Leave the branch for the one that `seek` reached, and let its execution go on.

        Raises `StudioError` and `LostBuildError` when its sources cannot be brought there.
        """
        old, branch = self.branch, seek.branch
        forks = seek.purpose is SeekPurpose.FORK
        if forks:
            branch = self.branches.fork(seek.execution.calls)
            for command, events in seek.changed:
                branch.record(command, events, seek.execution)
        for before in (self.shown, self._end):
            if before is not None:
                before.discard()
        self._end = None
        self.branches.current = branch
        self._show(seek.execution)
        self._detach(branch, seek.way)
        self.note(CallMark.NOTE, None, seek.arrival_words(branch, old))
        if forks:
            self.shown.builds.offer_known()

    # ---- calls while a recording is repeated

    def begin_replay(self) -> None:
        """Do what stands before the first call of the source. Raises `StudioError`."""
        if self.shown.replayer is not None:
            self.shown.replayer.forward(0, 0, self.keep)
            self._look_at_the_end()

    def step(self, node: str | None) -> list[Event] | None:
        """Make the next recorded call; None when the flow makes its own calls from here.

        In the past, a call of another `node` than the recorded one is refused with no event.
        """
        replayer = self.shown.replayer
        if replayer is None:
            return None
        pending = self.shown.pending
        if node is not None and pending is not None and pending.node != node:
            if not self.past:
                self.detach()
                return None
            words = step_words(pending)
            self.refuse(f"the next call of this branch is {words}; F leaves the branch here")
            return []
        made: list[Event] = []

        def take(command: Command, events: list[Event]) -> None:
            self.keep(command, events)
            made.extend(events)

        try:
            replayer.forward(self.shown.calls + 1, 1, take)
        except (LostBuildError, StudioError) as error:
            self._unreadable(str(error))
        else:
            self._look_at_the_end()
        return made

    def _unreadable(self, why: str) -> None:
        """What is repeated cannot be read any further."""
        self.shown.stop_note = StopNote(StopReason.END_OF_REPLAY, why)
        self.note(CallMark.ERROR, None, why)
        if not self.past:
            self._detach(self.branch)

    def _look_at_the_end(self) -> None:
        """Go on from the end of what was repeated, when it is reached."""
        replayer = self.shown.replayer
        if replayer is None or replayer.pending is not None:
            return
        shown, branch = self.shown, self.branch
        if replayer.divergence is not None:
            own_past = self.past and not self.ahead
            self.replay.diverged(shown, replayer.divergence, own_past=own_past)
            if not self.past:
                branch.places.add(TimelineMark.STOP, shown.calls)
                self._detach(branch)
        elif self.ahead:
            self.replay.seen_to_its_end(shown, branch)
        elif self._end is not None:
            self._show(self._end)
        else:
            self.replay.ended(shown, branch)
            self._detach(branch)

    def detach(self) -> None:
        """Let the flow make its own calls, with sources that go on from the recording."""
        if self.replaying and not self.past:
            self.note(CallMark.NOTE, None, "the flow leaves the recorded order of calls here")
            self._detach(self.branch)

    def _detach(self, branch: Branch, way: Way | None = None) -> None:
        """Let what is shown make its own calls, at the end of `branch`, as it came there."""
        self.replay.leave()
        shown = self.shown
        done = detach_from_start(shown, branch) if way is None else way.detach(shown, branch)
        for node in done.unlike:
            self.note(CallMark.ERROR, node, ANOTHER_STATE)
        for node in done.begun_again:
            self.note(CallMark.NOTE, node, BEGUN_AGAIN)

    # ---- the end

    def interrupt(self) -> None:
        """End the call in progress, if any. For another thread."""
        seek = self._seek
        (self.shown if seek is None else seek.execution).interrupt()

    def in_progress(self) -> CallInProgress | None:
        """The call that has not come back yet. For another thread."""
        seek = self._seek
        return (self.shown if seek is None else seek.execution).in_progress()

    def close(self) -> None:
        """Free every instance but those of the execution at the end of the branch."""
        self.cancel()
        self.replay.leave()
        if self._restoring is not None:
            self._restoring.close()
        if self._end is not None:
            self._show(self._end)
