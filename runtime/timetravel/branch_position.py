"""Where a session stands on its branches: at an end, in the past, or ahead in a recording."""

from __future__ import annotations

from runtime.execution.call_drivers import RecordedKind, RecordedRun
from runtime.execution.execution import Execution
from runtime.execution.resources import SessionResources
from runtime.model.commands import Command
from runtime.model.events import Event
from runtime.model.linked import LinkedFlow
from runtime.protocol.logs.event_lines import CallMark
from runtime.protocol.timeline import TimelineMark
from runtime.timetravel.branches import FIRST_BRANCH, Branch, Branches
from runtime.timetravel.checkpoints import SHARE_OF_CHECKPOINTS
from runtime.timetravel.recorded.branch_restoring import BranchRestoring
from runtime.timetravel.recorded.file_replay import FileReplay
from runtime.timetravel.recorded.recorded_past import RecordedPast
from runtime.timetravel.recorded.replay_source import ReplaySource


class BranchPosition:
    """What is shown of which branch. For the thread that makes the calls."""

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
        others = None if source is None else source.others
        index = FIRST_BRANCH if others is None else others.index
        self.branches = Branches(flow, ring_bytes, index)
        for place in index.forks_on(index.current):
            self.branches.current.places.add(TimelineMark.FORK, place)
        recorded = None if source is None else RecordedRun(source.steps, RecordedKind.FILE)
        self.shown = Execution(resources, flow, self.apply, recorded)
        """What is shown: the present, or a place of the past."""
        self._end: Execution | None = None
        """The execution at the end of the branch, while another place is shown."""
        past = None
        if source is not None:
            limit = ring_bytes // SHARE_OF_CHECKPOINTS
            past = RecordedPast(source, flow, resources, self.apply, limit)
        self.replay = FileReplay(source, past)
        """The recording this session replays, if it does."""
        self._restoring: BranchRestoring | None = None
        if others is not None:
            self._restoring = BranchRestoring(
                self.branches, others, resources, self.apply, self.note
            )

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
    def ahead(self) -> bool:
        """True while the flow is shown as it was recorded, at a place it has not come to here."""
        return self._end is not None and self.shown.calls > self.branch.calls

    @property
    def earliest(self) -> int:
        """Calls made at the earliest place that can be shown."""
        earliest, past = self.branch.earliest, self.replay.past
        return 0 if past is not None and past.calls >= earliest else earliest

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
    def branch(self) -> Branch:
        """The branch the session is on."""
        return self.branches.current

    def _show(self, execution: Execution) -> None:
        left = self.shown
        self.shown = execution
        if execution is self._end:
            self._end = None
            left.discard()
