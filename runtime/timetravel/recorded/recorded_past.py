"""What a recording tells of the calls that a session has not made again: no component is called.

An engine is taken along the recorded answers from the start of the file, which leaves checkpoints
behind. From them any place that was passed is shown at once. A recording is somebody else's:
nothing of the engine's state is read from it, all is computed from its calls.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from operator import attrgetter
from typing import NamedTuple

from runtime.execution.call_drivers import RecordedKind, RecordedRun
from runtime.execution.execution import Apply, Execution
from runtime.execution.execution_checkpoint import ExecutionCheckpoint
from runtime.execution.resources import LostBuildError, SessionResources
from runtime.model.commands import Command, Relink, Step, Swap
from runtime.model.errors import StudioError
from runtime.model.events import CallFinished, Event
from runtime.model.linked import LinkedFlow
from runtime.recording.file.line_check import LinePlace
from runtime.recording.replay.steps import LineStep, ReplayStep
from runtime.timetravel.branches import SEEN_CALLS
from runtime.timetravel.event_index import EventIndex
from runtime.timetravel.recorded.replay_source import ReplaySource

CALLS_APART = 2_048
"""Calls from one checkpoint to the next, as long as there is room for them."""
BYTES_APART = 4 * 1024 * 1024
"""A checkpoint is made at the latest when so many bytes of the file came since the last one."""
CALLS_AT_ONCE = 128
"""Calls told between two looks at the clock."""


class PlacedCheckpoint(NamedTuple):
    """A checkpoint, and where the recording goes on after it."""

    calls: int
    place: LinePlace
    checkpoint: ExecutionCheckpoint


_CALLS, _STEP = attrgetter("calls"), attrgetter("step")


class RecordedPast:
    """The calls of a recording, told without making them; for the thread that makes calls."""

    def __init__(
        self,
        source: ReplaySource,
        flow: LinkedFlow,
        resources: SessionResources,
        apply: Apply,
        limit: int,
    ) -> None:
        """`flow` is the one it begins with; checkpoints take up to `limit` bytes."""
        self.places = EventIndex()
        """What happened where, as far as it was told."""
        self.swaps: list[tuple[int, str]] = []
        """After how many calls a node got another build, as far as it was told."""
        self.why_no_more = ""
        """Why the rest cannot be told; empty while it can, and when all was."""
        self._source = source
        self.flow = flow
        """The flow it begins with."""
        self.is_own = False
        """See `Past.is_own`."""
        self.why_no_earlier = ""
        """See `Past.why_no_earlier`: a recording has its first call."""
        self._resources = resources
        self._apply = apply
        self._limit = limit
        self._kept: list[PlacedCheckpoint] = []
        self._kept_bytes = 0
        self._apart = CALLS_APART
        self._nodes: set[str] = set()
        self._told: Execution | None = None
        self._ended_at: int | None = None
        self._line = self._offset = 0
        self._step_asks = False
        self._offset_at_last = 0
        self._calls = 0

    @property
    def calls(self) -> int:
        """Calls told so far."""
        return self._calls

    @property
    def length(self) -> int | None:
        """Calls of the recording; None while that is not known."""
        return self._source.calls if self._ended_at is None else self._ended_at

    @property
    def over(self) -> bool:
        """Whether nothing more can be told."""
        return self._ended_at is not None or bool(self.why_no_more)

    def tell(self, until: int, more_time: Callable[[], bool]) -> bool:
        """Tell on to call `until`; False when there is more to do."""
        while more_time() and self._calls < until and not self.over:
            try:
                self._tell_some()
            except (LostBuildError, StudioError, ValueError) as error:
                self._end(str(error))
        return self.has_told(until)

    def has_told(self, calls: int) -> bool:
        """Whether it was told up to there, or as far as it can be."""
        return self._calls >= calls or self.over

    def view_of(self, calls: int) -> RecordedRun:
        """What shows the place after `calls` calls, up to which it was told."""
        at = bisect_right(self._kept, calls - SEEN_CALLS, key=_CALLS)
        return self._run(self._kept[at - 1] if at else None)

    def begins(self, before: int) -> list[PlacedCheckpoint | None]:
        """See `Past.begins`."""
        at = bisect_right(self._kept, before - 1, key=_CALLS)
        return [*self._kept[:at][::-1], None]

    def begin_before_element(self, element_id: int) -> PlacedCheckpoint | None:
        """See `Past.begin_before_element`."""
        at = bisect_right(self._kept, element_id - 1, key=_last_id)
        return self._kept[at - 1] if at else None

    def steps_from(self, begin: PlacedCheckpoint | None) -> Iterator[ReplayStep]:
        """See `Past.steps_from`: as the file was when it was checked."""
        return self._steps(begin, digests=False)

    def start_of(self, lineage: int) -> int | None:
        """Calls made before the one that gave the flow this lineage; None when not found."""
        begin = self.begin_before_element(lineage)
        with closing(self._steps(begin)) as steps:
            for step in steps:
                if not isinstance(step, LineStep):
                    continue
                for output in step.line.outputs:
                    if output.lineage == lineage:
                        return step.number - 1
                    if output.id is not None and output.id > lineage:  # it is its first id
                        return None
        return None

    def close(self) -> None:
        """Let go of everything: the session leaves the recording."""
        self._end("the session has left the recording")
        self._kept.clear()

    # ---- telling

    def _tell_some(self) -> None:
        told = self._told or self._begin()
        replayer = told.replayer
        assert replayer is not None
        replayer.forward(self._calls + CALLS_AT_ONCE, CALLS_AT_ONCE, self._note)
        self._calls = told.calls
        if replayer.divergence is not None:
            self._end(replayer.divergence.render())
        elif replayer.pending is None:
            self._ended_at = self._calls
            self._let_go()
        elif self._is_due():
            self._keep(told)

    def _begin(self) -> Execution:
        run = RecordedRun(self._pending_steps, RecordedKind.FILE_VIEW)
        self._told = Execution(self._resources, self.flow, self._apply, run)
        return self._told

    def _pending_steps(self) -> Iterator[ReplayStep]:
        """The steps; on the way it is noted where the one begins that was given last."""
        for number, offset, step in self._source.steps_from(None, digests=False):
            if not self._step_asks:  # what it asks for belongs to the call after it
                self._line, self._offset = number, offset
            self._step_asks = type(step) is Step
            if type(step) is Relink:
                self._nodes.update(step.flow.by_name)
            yield step

    def _note(self, command: Command, events: list[Event]) -> None:
        assert self._told is not None
        if type(command) is Swap:
            self.swaps.append((self._told.calls, command.node))
        for event in events:
            if type(event) is not CallFinished:
                self.places.note(event, self._told.calls)

    def _is_due(self) -> bool:
        last = self._kept[-1].calls if self._kept else 0
        if self._calls - last >= self._apart:
            return True
        return self._apart == CALLS_APART and self._offset - self._offset_at_last >= BYTES_APART

    def _keep(self, told: Execution) -> None:
        checkpoint = told.checkpoint()
        checkpoint.engine.pack()
        self._offset_at_last = self._offset
        if checkpoint.bytes_used > self._limit // 8:  # much waits in its queues
            self._apart = 2 * self._apart
            return
        place = LinePlace(self._line, self._offset, self._calls, frozenset(self._nodes))
        self._kept.append(PlacedCheckpoint(self._calls, place, checkpoint))
        self._kept_bytes += checkpoint.bytes_used
        while self._kept_bytes > self._limit:
            del self._kept[::2]
            self._kept_bytes = sum(one.checkpoint.bytes_used for one in self._kept)
            self._apart = 2 * self._apart

    def _end(self, why: str) -> None:
        self.why_no_more = why
        self._let_go()

    def _let_go(self) -> None:
        told, self._told = self._told, None
        if told is not None:
            told.discard()

    # ---- showing

    def _run(self, begin: PlacedCheckpoint | None) -> RecordedRun:
        checkpoint = None if begin is None else begin.checkpoint
        return RecordedRun(lambda: self._steps(begin), RecordedKind.FILE_VIEW, checkpoint)

    def _steps(
        self, begin: PlacedCheckpoint | None, *, digests: bool = True
    ) -> Generator[ReplayStep]:
        place = None if begin is None else begin.place
        yield from map(_STEP, self._source.steps_from(place, digests=digests))


def all_steps(source: ReplaySource) -> Iterator[ReplayStep]:
    """What a recording that was checked repeats, from its start on."""
    return map(_STEP, source.steps_from(None, digests=False))


def _last_id(kept: PlacedCheckpoint) -> int:
    return kept.checkpoint.engine.last_id
