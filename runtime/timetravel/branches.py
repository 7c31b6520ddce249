"""The branches of a session, each with its recording in memory."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from functools import partial
from operator import attrgetter

from runtime.execution.call_drivers import RecordedKind, RecordedRun
from runtime.execution.execution import Execution
from runtime.model.commands import Command
from runtime.model.events import CallFinished, Event, FlowEnded
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.protocol.timeline import RING_BYTES, BranchInfo, TimelineMark
from runtime.recording.command_lines import is_change
from runtime.recording.recorder import Recorder
from runtime.recording.replay.steps import CallStep, ReplayStep, steps_of_ring
from runtime.recording.ring.ring import Ring
from runtime.recording.ring.ring_steps import steps_since
from runtime.recording.ring.sizes import SizedCalls
from runtime.timetravel.checkpoints import Checkpoints, KeptCheckpoint
from runtime.timetravel.event_index import EventIndex
from runtime.timetravel.recorded.branch_index import MOST_MARKS, BranchIndex, SavedBranch
from runtime.timetravel.recorded.replay_source import ReplaySource, RestorableBranch

KEPT_BRANCHES = 4
"""Lines that are kept; the oldest that nothing stands on goes first."""

SEEN_CALLS = 1_000
"""Calls before a place of the past that the event log and the inspector have at the least, as far
as they are kept."""


@dataclass
class Branch:
    """What the session did from its start on, along one branch of calls."""

    number: int
    flow: LinkedFlow
    """The flow it began with."""
    recorder: Recorder
    calls: int = 0
    parent: Branch | None = None
    """The branch it left."""
    forked_at: int = 0
    changes: int = 0
    """How often somebody changed what waits, after the last call."""
    places: EventIndex = field(default_factory=EventIndex)
    marks: list[int] = field(default_factory=list)
    """Places the user marked, in order."""
    denials: list[tuple[int, str]] = field(default_factory=list)
    """Calls in which a node used something for the first time that it is not granted."""
    ended: FlowEnded | None = None
    """How the flow ended at its end, if it did."""
    source: ReplaySource | None = None
    """The recording of an earlier session from which it was restored. Its builds may be others:
    where its calls are made again, they are made and checked as those of a file."""
    checkpoints: Checkpoints = field(init=False)
    """Where going back on it begins."""

    def __post_init__(self) -> None:
        self.checkpoints = Checkpoints(self.ring)

    @property
    def is_own(self) -> bool:
        """See `Past.is_own`."""
        return self.source is None

    @property
    def view_kind(self) -> RecordedKind:
        """What shows a place of it."""
        return RecordedKind.VIEW if self.source is None else RecordedKind.FILE_VIEW

    @property
    def execution_kind(self) -> RecordedKind:
        """What makes all its calls again."""
        return RecordedKind.EXECUTED if self.source is None else RecordedKind.FILE

    @property
    def ring(self) -> Ring:
        """What is kept of it in memory."""
        return self.recorder.ring

    @property
    def info(self) -> BranchInfo:
        """What the screen hears of it."""
        parent = None if self.parent is None else self.parent.number
        return BranchInfo(self.number, self.calls, parent, self.forked_at)

    @property
    def earliest(self) -> int:
        """Calls made at its earliest place that can be shown."""
        if self.ring.repeatable:
            return 0
        first = self.checkpoints.earliest
        return self.calls if first is None else first.calls

    @property
    def why_no_earlier(self) -> str:
        """Why no place before `earliest` can be shown; empty when that is the start."""
        earliest = self.earliest
        if not earliest:
            return ""
        return (
            f"the ring has what came after call {earliest:,}, and not the calls before: give it "
            "more memory with --ring, or restart the flow"
        )

    def is_end(self, calls: int, changes: int = 0) -> bool:
        """Whether so many calls are all of it, with so many changes by hand after the last."""
        return (calls, changes) >= (self.calls, self.changes)

    def record(
        self,
        command: Command,
        events: list[Event],
        execution: Execution,
        sized: SizedCalls | None = None,
    ) -> None:
        """Keep what a command did at its end, where `execution` stands now.

        `sized` are the calls among `events`, where somebody looked for them before.
        """
        self.recorder.record(command, events, sized)
        calls = execution.calls
        if execution.new_denials:
            self.denials += [(calls, node) for node in execution.new_denials]
            execution.new_denials.clear()
        if calls != self.calls:
            self.calls, self.changes = calls, 0
        elif is_change(command):
            self.changes += 1
        if set(map(type, events)) != _CALLS_ALONE:
            self._note_others(events, calls)
        checkpoints = self.checkpoints
        # A change belongs to the call after it: a place is before the first change.
        if calls >= checkpoints.look_at and not self.changes and checkpoints.due(calls):
            checkpoint = execution.checkpoint()
            if checkpoints.guests.due(calls):
                checkpoints.guests.add(checkpoint, execution.guest_states())
            checkpoints.add(checkpoint)

    def _note_others(self, events: list[Event], calls: int) -> None:
        """Note what is no call, at the call it came after; `calls` were made up to the last."""
        others: list[tuple[Event, int]] = []
        for event in reversed(events):
            if type(event) is CallFinished:
                calls -= 1
            else:
                others.append((event, calls))
        for event, at in reversed(others):
            if type(event) is FlowEnded:
                self.ended = event
            else:
                self.places.note(event, at)

    def as_it_is(self) -> Branch:
        """A copy for another thread, which does not go on with this one."""
        return replace(self, recorder=Recorder(self.ring.until(self.calls)))

    def steps(self, until: int | None = None) -> Iterator[ReplayStep]:
        """What was done, up to call `until` and what stands before the call after it."""
        return steps_of_ring(self.ring, until)

    def view_of(self, calls: int) -> RecordedRun:
        """What shows the place after `calls` calls, and before it what led there."""
        kept = self.checkpoints.before(max(calls - SEEN_CALLS, self.earliest))
        checkpoint = None if kept is None else kept.checkpoint
        return RecordedRun(partial(self.steps_from, kept), self.view_kind, checkpoint)

    def begins(self, before: int) -> list[KeptCheckpoint | None]:
        """See `Past.begins`."""
        made: list[KeptCheckpoint | None] = [*self.checkpoints.backwards(before)]
        return [*made, None] if self.ring.repeatable else made

    def begin_before_element(self, element_id: int) -> KeptCheckpoint | None:
        """See `Past.begin_before_element`."""
        return self.checkpoints.before_element(element_id)

    def steps_from(self, begin: KeptCheckpoint | None) -> Iterator[ReplayStep]:
        """What was done since a checkpoint; without one, since the start."""
        return self.steps() if begin is None else steps_since(self.ring, begin.entry)

    def toggle_mark(self, calls: int) -> bool:
        """Mark a place, or take its mark away; whether it is marked then."""
        if calls in self.marks:
            self.marks.remove(calls)
            return False
        insort(self.marks, calls)
        return True

    def set_marks(self, calls: Iterable[int]) -> None:
        """Mark these places, in place of those that are marked."""
        self.marks = sorted({place for place in calls if place >= 0})

    def start_of(self, lineage: int) -> int | None:
        """Calls made before the one that gave the flow this lineage; None when not kept."""
        for event in self.ring.calls():
            if any(element.lineage == lineage for element in event.outputs):
                return event.call.number - 1
        return None

    def pulls(self, until: int) -> dict[str, int]:
        """How often each source was pulled up to call `until`."""
        found: dict[str, int] = {}
        for step in self.steps(until):
            if isinstance(step, CallStep) and step.export == "pull":
                found[step.node] = found.get(step.node, 0) + 1
        return found


_CALLS_ALONE = {CallFinished}
_NUMBER = attrgetter("number")
FIRST_BRANCH = BranchIndex(1)
"""Nothing was saved."""


class Branches:
    """Every branch of a session, and the one it is on."""

    def __init__(
        self, flow: LinkedFlow, ring_bytes: int = RING_BYTES, saved: BranchIndex = FIRST_BRANCH
    ) -> None:
        """The session is on the current one of those that were `saved`, before its first call."""
        self._ring_bytes = ring_bytes
        self._begun = max([saved.current, *(one.number for one in saved.branches)])
        self._parents = {one.number: one.parent for one in saved.branches}
        self.unrestored = {one.number: one for one in saved.others}
        """Branches that were saved, and are not, or not yet, among those that are kept."""
        current = saved.find(saved.current)
        self.current = Branch(
            current.number, flow, Recorder(Ring(ring_bytes)), forked_at=current.forked_at
        )
        """The branch the session is on."""
        self.kept = [self.current]
        """The branches that are kept, in the order they began."""

    def fork(self, at: int) -> Branch:
        """Begin a branch that leaves the present one after `at` calls, and be on it."""
        old = self.current
        self._begun += 1
        branch = Branch(
            self._begun,
            old.flow,
            Recorder(old.ring.until(at)),
            calls=at,
            parent=old,
            forked_at=at,
            places=old.places.until(at),
            denials=[one for one in old.denials if one[0] <= at],
            marks=[place for place in old.marks if place <= at],
            source=old.source,
        )
        branch.checkpoints = old.checkpoints.until(at, branch.ring)
        branch.places.add(TimelineMark.FORK, at)
        self.kept.append(branch)
        self.current = branch
        self._forget()
        return branch

    def empty(self, number: int, found: RestorableBranch) -> Branch:
        """A branch that was saved, before its first call; `restore` has it kept."""
        recorder = Recorder(Ring(self._ring_bytes))
        forked_at = self.unrestored[number].forked_at
        return Branch(number, found.flow, recorder, forked_at=forked_at, source=found.source)

    def restore(self, branch: Branch) -> None:
        """Keep a branch that was saved, now that it has its calls."""
        saved = self.unrestored.pop(branch.number)
        branch.set_marks(place for place in saved.marks if place <= branch.calls)
        insort(self.kept, branch, key=_NUMBER)
        for one in self.kept:
            parent = self._parents.get(one.number)
            if one.parent is None and parent is not None and parent < one.number:
                one.parent = self.find(parent)
        self._forget()

    def index(self) -> BranchIndex:
        """What is saved of the branches next to their calls; of those not restored, as it was."""
        kept = {one.number: _saved(one, self._parent_of(one)) for one in self.kept}
        saved = self.unrestored | kept
        return BranchIndex(self.current.number, tuple(saved[number] for number in sorted(saved)))

    def _parent_of(self, branch: Branch) -> int | None:
        if branch.parent is not None:
            return branch.parent.number
        parent = self._parents.get(branch.number)
        return parent if parent in self.unrestored else None

    def find(self, number: int) -> Branch | None:
        """A branch that is kept, or None."""
        return next((branch for branch in self.kept if branch.number == number), None)

    def infos(self) -> tuple[BranchInfo, ...]:
        """What the screen hears of the branches."""
        return tuple(branch.info for branch in self.kept)

    def _forget(self) -> None:
        """Let the oldest branches go that the present one did not leave."""
        for branch in list(self.kept):
            if len(self.kept) <= KEPT_BRANCHES:
                break
            if branch is not self.current and branch is not self.current.parent:
                self.kept.remove(branch)
                for other in self.kept:
                    if other.parent is branch:
                        other.parent = None


def _saved(branch: Branch, parent: int | None) -> SavedBranch:
    marks = tuple(branch.marks[:MOST_MARKS])
    return SavedBranch(branch.number, parent, branch.forked_at, marks)
