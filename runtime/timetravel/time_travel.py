"""Going back and forth on the branches of a session, and leaving them for new ones.

To look at another place, an engine of its own is taken there along the recorded calls, with the
recorded answers: that shows what was. To go on from there, instances of their own make the calls
again first, with what came from outside answered from the recording, and each answer is compared
with the recorded one. The moment at the end of the branch stays beside it all, so that going there
costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from runtime.model.commands import Command
from runtime.model.errors import StudioError
from runtime.model.events import Event, StopReason
from runtime.model.linked import LinkedFlow
from runtime.protocol.requests import Request, StepForward, ToggleMark
from runtime.protocol.timeline import SeekProgress, TimelineMark
from runtime.protocol.updates import CallMark
from runtime.recording.replay.replayer import Divergence
from runtime.recording.replay.steps import ReplayStep
from runtime.timetravel.branches import Branch, Branches
from runtime.timetravel.execution import Execution, LostBuildError, SessionResources, StopNote
from runtime.timetravel.replay_source import ReplaySource
from runtime.timetravel.seek import Seek, divergence_words, step_words
from runtime.timetravel.seek_target import NoTargetError, destination


class TimeTravel:
    """Where a session stands on its branches. For the thread that makes the calls."""

    def __init__(
        self,
        flow: LinkedFlow,
        workshop: SessionResources,
        ring_bytes: int,
        file: ReplaySource | None = None,
    ) -> None:
        """The flow stands before its first command; `file` is followed, if it is given.

        Raises `StudioError` when the file can not be read.
        """
        self.branches = Branches(flow, ring_bytes)
        self.file = file
        """The recording this session replays, if it does."""
        self.finished = False
        """True once every call of the file was made as it was recorded."""
        self._workshop = workshop
        self.now = Execution(
            workshop,
            flow,
            self.apply,
            None if file is None else file.steps,
            recorded_elsewhere=file is not None,
        )
        """The moment that is shown."""
        self.shown: Callable[[], None] = lambda: None
        """Called when another moment is shown, or the one that is shown goes on by itself."""
        self.leaving: Callable[[], None] = lambda: None
        """Called before the session leaves its branch for another one."""
        self.changed = True
        """Something happened; whoever looks sets it back."""
        self._end: Execution | None = None
        """The moment at the end of the branch, while an earlier one is shown."""
        self._seek: Seek | None = None

    # ---- the end of the branch

    def apply(self, command: Command) -> list[Event]:
        """Give the engine a command, and keep what happens."""
        return self.keep(command, self.now.engine.apply(command))

    def keep(self, command: Command, events: list[Event]) -> list[Event]:
        """Keep what a command did; at the end of the branch also in its recording."""
        self.changed = True
        self.now.keep(events)
        if not self.past:
            self.branch.record(command, events, self.now.calls)
        return events

    def remark(self, mark: CallMark, node: str | None, text: str) -> None:
        """Put a line of the session's own into the event log."""
        self.now.remark(mark, node, text)
        self.changed = True

    # ---- where it stands

    @property
    def past(self) -> bool:
        """True while the flow is shown as it was once."""
        return self._end is not None

    @property
    def end(self) -> Execution:
        """The moment at the end of the branch, whether it is shown or not."""
        return self._end or self.now

    @property
    def following(self) -> bool:
        """True while each call is a recorded one, of this branch or of a file."""
        return self.now.replayer is not None

    @property
    def exact(self) -> bool:
        """True while a file gives every call, and is checked."""
        return self.end.replayer is not None

    @property
    def seeking(self) -> SeekProgress | None:
        """How far the way to another place is; None when there is none."""
        travel = self._seek
        return None if travel is None else SeekProgress(travel.moment.calls, travel.target)

    @property
    def branch(self) -> Branch:
        """The branch the session is on."""
        return self.branches.current

    # ---- requests

    def handle(self, request: Request) -> None:
        """Go where the request says; `work` then makes the way."""
        at = self.now.calls if self._seek is None else self._seek.target
        if self._seek is None and not self.past and self.branch.changed:
            at += 1  # what was changed after the last call is undone before that call is
        self.changed = True
        if isinstance(request, ToggleMark):
            self.branch.toggle_mark(self.now.calls)
            return
        at_end = self._seek is None and not self.past and not self.exact
        if at_end and isinstance(request, StepForward):
            self._refuse("this is the end of the branch: s makes the next call")
            return
        try:
            place = destination(request, self.branch, at)
        except NoTargetError as error:
            self._refuse(str(error))
        else:
            if place is not None:
                self._go_to(place)

    def _refuse(self, why: str) -> None:
        self.remark(CallMark.NOTE, None, why)

    # ---- the way to another place

    def _go_to(self, target: int) -> None:
        target = max(target, 0)
        travel = self._seek
        if travel is not None and travel.is_view and travel.moment.calls <= target:
            travel.target = target
            return
        self.cancel()
        if self._end is not None and self._is_end(target):
            self._show(self._end)
            target = max(target, self.branch.calls)
        at_end = not self.past and self._is_end(target)
        if target == self.now.calls and (self.past or at_end):
            return
        if target > self.now.calls:
            if self.following:
                self._seek = Seek(self.branch, self.now, target, in_place=True)
            return
        if why := self.branch.why_not_back:
            self._refuse(why)
        else:
            self._begin_travel(self.branch, target, None)

    def _is_end(self, target: int) -> bool:
        """Whether so many calls are all of the branch, with what was changed after the last."""
        branch = self.branch
        return target > branch.calls or (target == branch.calls and not branch.changed)

    def _begin_travel(
        self, branch: Branch, target: int, arrived: Callable[[Execution], None] | None
    ) -> None:
        """Go to a place of a branch: to look at it, or else to go on from there."""
        executed = arrived is not None
        try:
            steps = branch.steps
            moment = Execution(self._workshop, branch.flow, self.apply, steps, executed=executed)
        except (LostBuildError, StudioError) as error:
            self._refuse(f"it is not possible to go there: {error}")
            return
        self._seek = Seek(branch, moment, target, in_place=False, arrived=arrived)

    def take_branch(self, number: int, taken: Callable[[], None]) -> None:
        """Go to the end of another branch; `taken` is called there, and it goes on from there."""
        branch = self.branches.find(number)
        if branch is None or branch is self.branch:
            return
        self.cancel()
        if not branch.ring.repeatable:
            self._refuse(f"branch {number} cannot be taken: the ring has lost its start")
        else:
            # One further than its calls: what was changed after the last one belongs to it.
            self._begin_travel(branch, branch.calls + 1, partial(self._be_on, branch, taken))

    def cancel(self) -> None:
        """Stay where the flow is shown."""
        travel, self._seek = self._seek, None
        if travel is not None:
            self.changed = True
            if not travel.in_place:
                travel.moment.close()

    def work(self, more_time: Callable[[], bool]) -> bool:
        """Go on with the way, as long as there is time; True while there is more of it."""
        while (travel := self._seek) is not None:
            try:
                if travel.go_on(self.keep):
                    self._arrive(travel)
            except (LostBuildError, StudioError) as error:
                self.cancel()
                if travel.in_place:
                    self._unreadable(str(error))
                else:
                    self._refuse(f"it is not possible to go there: {error}")
            if not more_time():
                break
        return self._seek is not None

    def _arrive(self, travel: Seek) -> None:
        self._seek = None
        replayer = travel.moment.replayer
        if travel.in_place:
            self._look_at_the_end()
            return
        assert replayer is not None
        if replayer.divergence is not None:
            travel.moment.close()
            self._refuse(
                f"it is not possible to go there: {divergence_words(replayer.divergence, None)}"
            )
            return
        if travel.arrived is not None:
            travel.arrived(travel.moment)
            return
        if self._end is None:
            self._end = self.now
        else:
            self.now.close()
        self._show(travel.moment)

    def _be_on(self, branch: Branch, then: Callable[[], None], moment: Execution) -> None:
        """Be at the end of a branch, and let `moment`, which reached it, go on from there."""
        self.leaving()
        for before in (self.now, self._end):
            if before is not None:
                before.close()
        self._end = None
        self.branches.current = branch
        self._show(moment)
        self._go_live(branch)
        then()

    def _show(self, moment: Execution) -> None:
        if moment is self._end:
            self._end = None
            self.now.close()
        self.now = moment
        self.shown()

    # ---- calls while a recording is followed

    def begin_following(self) -> None:
        """Do what stands before the first call of the file. Raises `StudioError`."""
        if self.now.replayer is not None:
            self.now.replayer.forward(0, 0, self.keep)
            self._look_at_the_end()

    def step(self, node: str | None) -> list[Event] | None:
        """Make the next recorded call; None when the flow goes its own way from here.

        In the past, a call of another `node` than the recorded one is refused with no event.
        """
        replayer = self.now.replayer
        if replayer is None:
            return None
        pending = self.now.pending
        if node is not None and pending is not None and pending.node != node:
            if not self.past:
                self.loosen()
                return None
            words = step_words(pending)
            self._refuse(f"the next call of this branch is {words}; F leaves the branch here")
            return []
        made: list[Event] = []

        def take(command: Command, events: list[Event]) -> None:
            self.keep(command, events)
            made.extend(events)

        try:
            replayer.forward(self.now.calls + 1, 1, take)
        except (LostBuildError, StudioError) as error:
            self._unreadable(str(error))
        else:
            self._look_at_the_end()
        return made

    def _unreadable(self, why: str) -> None:
        """What is followed can not be followed any further."""
        self.now.standing = StopNote(StopReason.END_OF_REPLAY, why)
        self.remark(CallMark.ERROR, None, why)
        if not self.past:
            self._go_live(self.branch)

    def _look_at_the_end(self) -> None:
        """Go on from the end of what was followed, when it is reached."""
        replayer = self.now.replayer
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
        for item in () if self.file is None else self.file.warnings:
            self.remark(CallMark.ERROR, None, f"{item.message} {item.help}")
        if not self.now.engine.state.ended:
            text = "what follows is the flow's own; its sources give nothing more"
            self.now.standing = StopNote(StopReason.END_OF_REPLAY, text)
            self.branch.places.add(TimelineMark.STOP, self.now.calls)
        self._go_live(self.branch)

    def _diverged(self, divergence: Divergence) -> None:
        words = divergence_words(divergence, None if self.past else self.file)
        self.now.standing = StopNote(StopReason.DIVERGENCE, words)
        self.remark(CallMark.ERROR, divergence.node, words)
        if not self.past:
            self.branch.places.add(TimelineMark.STOP, self.now.calls)
            self._go_live(self.branch)

    def loosen(self) -> None:
        """Let the flow go its own way, with sources that go on from the recording."""
        if self.following and not self.past:
            self.remark(CallMark.NOTE, None, "the flow leaves the recorded order of calls here")
            self._go_live(self.branch)

    def fork(self, forked: Callable[[], None]) -> None:
        """Begin a branch of its own where the flow stands in its past; `forked` is called then.

        The calls up to there are made again first, so that there are instances to go on with.
        """
        self.cancel()
        if self._end is None:
            self._refuse("the flow is at the end of its branch: step back first")
        elif why := self.branch.why_not_back:
            self._refuse(why)
        else:
            self._begin_travel(self.branch, self.now.calls, partial(self._fork_with, forked))

    def _fork_with(self, forked: Callable[[], None], moment: Execution) -> None:
        old = self.branch
        branch = self.branches.fork(moment.calls)

        def begun() -> None:
            self.remark(
                CallMark.NOTE, None, f"branch {branch.number} leaves branch {old.number} here"
            )
            self.now.builds.offer_known()
            forked()

        self._be_on(branch, begun, moment)

    def _go_live(self, branch: Branch) -> None:
        """Let the moment that is shown go on by itself, at the end of `branch`."""
        moment = self.now
        pulls = dict(moment.pulls)
        steps: Iterator[ReplayStep] = iter(())
        if branch.ring.repeatable:
            pulls, steps = branch.pulls(moment.calls), branch.steps(moment.calls)
        for node in moment.go_live(branch.flow, steps, pulls):
            self.remark(
                CallMark.ERROR,
                node,
                "is not deterministic: it does not give again what it gave before, and goes on "
                "from another state",
            )

    # ---- the end

    def interrupt(self) -> None:
        """End the call in progress, if any. For another thread."""
        travel = self._seek
        (self.now if travel is None else travel.moment).interrupt()

    def close(self) -> None:
        """Free every instance but those of the moment at the end of the branch."""
        self.cancel()
        if self._end is not None:
            self._show(self._end)
