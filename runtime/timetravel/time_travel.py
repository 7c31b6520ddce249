"""Going back and forth on the branches of a session, and leaving them for new ones.

To look at another place, an execution of its own is taken there from the nearest checkpoint, along
the recorded calls, with the recorded answers: that shows what was. How one comes there that can go
on is told in `going_on`. The execution at the end of the branch stays next to it all, so that going
there costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from runtime.execution.call_drivers import RecordedKind, RecordedRun
from runtime.execution.execution import Execution, StopNote
from runtime.execution.resources import LostBuildError, SessionResources
from runtime.model.call import CallInProgress
from runtime.model.commands import Command
from runtime.model.errors import StudioError
from runtime.model.events import Event, StopReason
from runtime.model.linked import LinkedFlow
from runtime.protocol.requests import SeekRequest, SessionRequest, StepForward
from runtime.protocol.timeline import SeekProgress, TimelineMark
from runtime.protocol.updates import CallMark
from runtime.recording.replay.replayer import Divergence
from runtime.timetravel.branches import Branch, Branches
from runtime.timetravel.going_on import (
    ANOTHER_STATE,
    NoWayError,
    Way,
    detach_from_start,
    way_to,
)
from runtime.timetravel.replay_source import ReplaySource
from runtime.timetravel.seek import (
    Seek,
    SeekPurpose,
    again_from_start,
    divergence_words,
    seek_by,
    step_words,
)
from runtime.timetravel.seek_target import NoTargetError, seek_target


class TimeTravel:
    """Where a session stands on its branches. For the thread that makes the calls."""

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
        self.branches = Branches(flow, ring_bytes)
        self.source = source
        """The recording this session replays, if it does."""
        self.finished = False
        """True once all calls of the source were made as recorded."""
        self._resources = resources
        recorded = None if source is None else RecordedRun(source.steps, RecordedKind.FILE)
        self.shown = Execution(resources, flow, self.apply, recorded)
        """What is shown: the present, or a place of the past."""
        self._end: Execution | None = None  # of the branch, while an earlier place is shown
        self._seek: Seek | None = None

    # ---- the end of the branch

    def apply(self, command: Command) -> list[Event]:
        """Give the engine a command, and keep what happens."""
        return self.keep(command, self.shown.engine.apply(command))

    def keep(self, command: Command, events: list[Event]) -> list[Event]:
        """Keep what a command did; at the end of the branch also in its recording."""
        self.shown.keep(events)
        if self._end is None:
            self.branches.current.record(command, events, self.shown)
        return events

    def note(self, mark: CallMark, node: str | None, text: str) -> None:
        """Put a line of the session's own into the event log."""
        self.shown.note(mark, node, text)

    def refuse(self, why: str) -> None:
        """Say why something that was asked for is not done."""
        self.note(CallMark.NOTE, None, why)

    # ---- where it stands

    @property
    def past(self) -> bool:
        """True while the flow is shown as it was once."""
        return self._end is not None

    @property
    def end(self) -> Execution:
        """The execution at the end of the branch, whether it is shown or not."""
        return self._end or self.shown

    @property
    def replaying(self) -> bool:
        """True while each call is a recorded one, of this branch or of a file."""
        return self.shown.replayer is not None

    @property
    def exact(self) -> bool:
        """True while a file gives every call, and is checked."""
        return self.end.replayer is not None

    @property
    def seeking(self) -> SeekProgress | None:
        """How far the seek is; None when there is none."""
        return None if self._seek is None else self._seek.progress

    @property
    def branch(self) -> Branch:
        """The branch the session is on."""
        return self.branches.current

    # ---- seeking another place

    def seek(self, request: SeekRequest) -> None:
        """Go where the request says; `work` then makes the calls."""
        at = self.shown.calls if self._seek is None else self._seek.target
        if self._seek is None and not self.past and self.branch.changed:
            at += 1  # what was changed after the last call is undone before that call is
        at_end = self._seek is None and not self.past and not self.exact
        if at_end and isinstance(request, StepForward):
            self.refuse("this is the end of the branch: s makes the next call")
            return
        try:
            target = seek_target(request, self.branch, at)
        except NoTargetError as error:
            self.refuse(str(error))
        else:
            self._seek_to(max(target, 0))

    def _seek_to(self, target: int) -> None:
        seek = self._seek
        if seek is not None and seek.purpose is SeekPurpose.VIEW and seek.execution.calls <= target:
            seek.target = target
            return
        self.cancel()
        if self._end is not None and self.branch.is_end(target):
            self._show(self._end)
            target = max(target, self.branch.calls)
        at_end = not self.past and self.branch.is_end(target)
        if target == self.shown.calls and (self.past or at_end):
            return
        if target > self.shown.calls:
            if self.replaying:
                self._seek = Seek(self.branch, self.shown, target, SeekPurpose.REPLAY)
            return
        earliest = self.branch.earliest
        if target < earliest:
            self.refuse(self.branch.why_no_earlier)
            if self.shown.calls <= earliest:
                return
            target = earliest
        self._begin_seek(self.branch, target, SeekPurpose.VIEW)

    def _begin_seek(
        self,
        branch: Branch,
        target: int,
        purpose: SeekPurpose,
        then: SessionRequest | None = None,
    ) -> None:
        """Go to a place of a branch with an execution of its own."""
        with self._refusing():
            if purpose is SeekPurpose.VIEW:
                execution = self._repeating(branch, branch.view_of(target))
                self._seek = Seek(branch, execution, target, purpose)
            else:
                way = way_to(branch, min(target, branch.calls))
                self._seek = seek_by(way, self._repeating, target, purpose, then)

    def _repeating(self, branch: Branch, recorded: RecordedRun) -> Execution:
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
        else:
            self._begin_seek(self.branch, self.shown.calls, SeekPurpose.FORK, then)

    def cancel(self) -> None:
        """Stay where the flow is shown; a pending command is forgotten."""
        seek, self._seek = self._seek, None
        if seek is not None and not seek.in_place:
            seek.execution.close()

    def work(self, more_time: Callable[[], bool]) -> Seek | None:
        """Go on with the seek, as long as there is time.

        Gives the seek when it has reached a place from which the flow is to go on: then `enter`
        is to be called, before anything else.
        """
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

    def _arrive(self, seek: Seek) -> bool:
        """Show the place that was reached; True when it is to be entered instead."""
        self._seek = None
        if seek.in_place:
            self._look_at_the_end()
            return False
        replayer = seek.execution.replayer
        assert replayer is not None
        if replayer.divergence is not None:
            seek.execution.close()
            with self._refusing():
                self._seek = again_from_start(seek, self._repeating)
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
        return False

    def enter(self, seek: Seek) -> None:
        """Leave the branch for the one that `seek` reached, and let its execution go on.

        Raises `StudioError` and `LostBuildError` when its sources cannot be brought there.
        """
        old, branch = self.branch, seek.branch
        forks = seek.purpose is SeekPurpose.FORK
        if forks:
            branch = self.branches.fork(seek.execution.calls)
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

    def _show(self, execution: Execution) -> None:
        left = self.shown
        self.shown = execution
        if execution is self._end:
            self._end = None
            left.discard()

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
        divergence = replayer.divergence
        if divergence is not None:
            self._diverged(divergence)
        elif self._end is not None:
            self._show(self._end)
        else:
            self._replay_ended()

    def _replay_ended(self) -> None:
        self.finished = True
        for item in () if self.source is None else self.source.warnings:
            self.note(CallMark.ERROR, None, f"{item.message} {item.help}")
        if not self.shown.engine.state.ended:
            text = "what follows is the flow's own; its sources give nothing more"
            self.shown.stop_note = StopNote(StopReason.END_OF_REPLAY, text)
            self.branch.places.add(TimelineMark.STOP, self.shown.calls)
        self._detach(self.branch)

    def _diverged(self, divergence: Divergence) -> None:
        words = divergence_words(divergence, None if self.past else self.source)
        self.shown.stop_note = StopNote(StopReason.DIVERGENCE, words)
        self.note(CallMark.ERROR, divergence.node, words)
        if not self.past:
            self.branch.places.add(TimelineMark.STOP, self.shown.calls)
            self._detach(self.branch)

    def detach(self) -> None:
        """Let the flow make its own calls, with sources that go on from the recording."""
        if self.replaying and not self.past:
            self.note(CallMark.NOTE, None, "the flow leaves the recorded order of calls here")
            self._detach(self.branch)

    def _detach(self, branch: Branch, way: Way | None = None) -> None:
        """Let what is shown make its own calls, at the end of `branch`, as it came there."""
        shown = self.shown
        unlike = detach_from_start(shown, branch) if way is None else way.detach(shown, branch)
        for node in unlike:
            self.note(CallMark.ERROR, node, ANOTHER_STATE)

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
        if self._end is not None:
            self._show(self._end)
