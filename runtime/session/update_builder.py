"""What a session tells the screen, update by update."""

from __future__ import annotations

from dataclasses import replace
from operator import or_

from runtime.engine.compiled import engine_kind
from runtime.execution.event_log import LoggedEvent
from runtime.execution.execution import Execution
from runtime.execution.output_buffer import sequences_of
from runtime.execution.resources import SessionResources
from runtime.hotreload.reloading import HotReload
from runtime.model.call import CallInProgress
from runtime.model.errors import Diagnostic
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.model.measures.call_times import CallTimes
from runtime.model.snapshot import FlowSnapshot
from runtime.protocol.breakpoints import BreakpointList
from runtime.protocol.builds.build_updates import NodeBuild
from runtime.protocol.logs.event_lines import CallMark
from runtime.protocol.logs.printed_chunks import PrintedChunk
from runtime.protocol.replies import Reply
from runtime.protocol.time_window import TimeWindow, WindowTimes
from runtime.protocol.timeline import RecordingStatus, ReplayInfo, Timeline, TimelineMark
from runtime.protocol.updates import ALL_SHOWN, Health, ShownParts, Update
from runtime.session.backward_seeking import BackwardSeeking
from runtime.session.recording_file import RecordingFile
from runtime.session.session_breakpoints import SessionBreakpoints
from runtime.timetravel.branch_diff import BranchComparer
from runtime.timetravel.seeking.going_on import why_no_way
from runtime.timetravel.time_travel import TimeTravel

LINES_PER_UPDATE = 300
"""Most event-log lines one update carries; what is left out is counted in the update."""
LINES_RUNNING = 100
"""The same while the flow runs: in a second, more than anybody reads."""
LINES_AGAIN = 2_000
"""Most lines of an update with which the log starts over, or goes on after it was not seen."""

Events = tuple[list[tuple[int, LoggedEvent]], int]
"""Numbered events, and how many between them and those told before are left out."""

Printed = tuple[tuple[PrintedChunk, ...], tuple[tuple[str, int], ...]]
"""What was printed, and bytes of it that were lost, by node."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """What an update carries only when it is another than the screen has."""

    flow: LinkedFlow | None = None
    snapshot: FlowSnapshot | None = None
    times: CallTimes | None = None
    window: WindowTimes | None = None
    problems: tuple[Diagnostic, ...] | None = None
    builds: tuple[NodeBuild, ...] | None = None
    timeline: Timeline | None = None
    recording: RecordingStatus | None = None
    breakpoints: BreakpointList | None = None


class UpdateBuilder:
    """Compares what is with what the screen has, and tells what is new."""

    def __init__(
        self,
        time: TimeTravel,
        file: RecordingFile,
        comparer: BranchComparer,
        reload: HotReload,
        breakpoints: SessionBreakpoints,
        backward: BackwardSeeking,
        resources: SessionResources,
    ) -> None:
        """`resources` know what calls the components."""
        self._layer, self._native_problem = resources.layer, resources.native_problem
        self._engine = engine_kind()
        self._time = time
        self._breakpoints = breakpoints
        self._backward = backward
        self._file = file
        self._comparer = comparer
        self._reload = reload
        self._replies: list[Reply] = []
        self._sent = _Picture()
        self._sent_events = 0
        self._held_back = False
        """True while events are not told because nobody looks at them."""
        self._shown: Execution = time.shown
        self._window = TimeWindow.WHOLE

    def reply(self, reply: Reply) -> None:
        """Have the next update carry an answer that was asked for."""
        self._replies.append(reply)

    def show_window(self, window: TimeWindow) -> None:
        """Have updates carry the figures of this window."""
        self._window = window

    def update(self, running: bool, asked: ShownParts = ALL_SHOWN) -> Update:
        """What happened since the last update; while the flow runs, as far as it is `asked` for."""
        self._look_at_the_file()
        shown = self._time.shown
        rewound, self._shown = shown is not self._shown, shown
        if rewound:
            self._sent_events = 0
            self._sent = replace(self._sent, flow=None, snapshot=None, times=None, builds=None)
        if rewound or not running:
            asked = ALL_SHOWN
        replies, self._replies = tuple(self._replies), []
        before, now = self._sent, self._picture(asked)
        self._sent = now
        # A change of the flow is told by the events that made it.
        tells_events = asked.events or now.flow != before.flow
        lines, lost = self._events(rewound, running) if tells_events else ([], 0)
        self._held_back = not tells_events
        printed, printed_lost = self._printed(rewound) if asked.printed else ((), ())
        return Update(
            health=Health.READY,
            layer=self._layer,
            native_problem=self._native_problem,
            engine=self._engine,
            flow=None if now.flow == before.flow else now.flow,
            snapshot=None if now.snapshot == before.snapshot else now.snapshot,
            times=None if now.times == before.times else now.times,
            window=None if now.window == before.window else now.window,
            running=running,
            events=tuple(shown.inspector.lines(lines)),
            events_lost=lost,
            printed=printed,
            printed_lost=printed_lost,
            replies=replies,
            problems=None if now.problems == before.problems else now.problems,
            builds=None if now.builds == before.builds else now.builds,
            comparisons=self._reload.take_comparisons(),
            rewound=rewound,
            timeline=None if now.timeline == before.timeline else now.timeline,
            recording=None if now.recording == before.recording else now.recording,
            branch_comparison=self._comparer.take(),
            breakpoints=None if now.breakpoints == before.breakpoints else now.breakpoints,
        )

    def _events(self, rewound: bool, running: bool) -> Events:
        """The newest events that were not told, and how many others there are."""
        most = LINES_RUNNING if running else LINES_PER_UPDATE
        log = self._shown.log
        told = log.since(self._sent_events, LINES_AGAIN if rewound or self._held_back else most)
        self._sent_events = log.count
        return told

    def _printed(self, rewound: bool) -> Printed:
        printed = self._shown.printed
        return printed.take_all() if rewound else printed.take()

    def update_in_call(self, call: CallInProgress, running: bool) -> Update:
        """The flow as it stood before a call that takes long, and what that call printed.

        For another thread than the one that is in the call, while no other update is made. Of a
        call that is over by then, what it printed is all that is told.
        """
        shown = self._time.shown
        # The calls of a run are kept many at a time: those before this one may not be yet.
        sequences = sequences_of(shown.gathered)
        if call.sequence is not None:
            sequences[call.number] = call.sequence
        shown.printed.link(sequences)
        # What another execution printed is for an update that starts over.
        printed, lost = shown.printed.take() if shown is self._shown else ((), ())
        update = Update(
            Health.READY, running=running, call=call, printed=printed, printed_lost=lost
        )
        before, told = self._sent, self._sent_events
        try:
            now = self._before_call(call)
            fresh, events_lost = self._events_with_gathered(told)
            lines = tuple(shown.inspector.lines(fresh))
        except Exception:
            if self._is_in(call):
                raise
            now = None  # read while the call ended and the flow went on
        if now is None or not self._is_in(call):
            self._sent_events = told
            return update
        self._sent = now
        self._held_back = False
        return replace(
            update,
            flow=None if now.flow == before.flow else now.flow,
            snapshot=None if now.snapshot == before.snapshot else now.snapshot,
            timeline=None if now.timeline == before.timeline else now.timeline,
            events=lines,
            events_lost=events_lost,
        )

    def _events_with_gathered(self, told: int) -> Events:
        """As `_events` after `told` of them, and with those that the log has when a run settles."""
        shown = self._shown
        count = shown.log.count
        fresh, lost = shown.log.since(told, LINES_AGAIN) if told < count else ([], 0)
        gathered = enumerate(shown.gathered, count + 1)
        fresh += [(number, event) for number, event in gathered if number > told]
        self._sent_events = count + len(shown.gathered)
        return fresh, lost

    def _is_in(self, call: CallInProgress) -> bool:
        now = self._time.in_progress()
        return now is not None and (now.node, now.number) == (call.node, call.number)

    def _before_call(self, call: CallInProgress) -> _Picture | None:
        """What is shown, before the call; None when that is no call of the flow at its end."""
        shown, calls = self._time.shown, call.number - 1
        # The calls of a run are kept many at a time: the branch may have fewer than were made.
        if shown is not self._shown or not shown.calls == call.number > self._time.branch.calls:
            return None
        timeline = self._timeline()
        return replace(
            self._sent,
            flow=shown.flow,
            snapshot=replace(shown.snapshot(), calls=calls),
            timeline=replace(timeline, position=calls, calls=max(timeline.calls, calls)),
        )

    def _picture(self, asked: ShownParts) -> _Picture:
        shown = self._time.shown
        snapshot = shown.snapshot()
        shown.windows.look(snapshot)
        times, window = self._sent.times, self._sent.window
        if asked.times:
            times = shown.timing.times()
            window = shown.windows.times(self._window, snapshot, self._time.branch.marks)
        return _Picture(
            flow=shown.flow,
            snapshot=snapshot,
            times=times,
            window=window,
            problems=self._reload.problems(),
            builds=shown.builds.shown(),
            timeline=self._timeline(),
            recording=self._file.status(self._time.branch.recorder),
            breakpoints=self._breakpoints.listing(),
        )

    def _look_at_the_file(self) -> None:
        failure = self._file.failure()
        if failure is not None:
            self._time.note(CallMark.ERROR, None, f"the recording stopped: {failure.message}")

    def _timeline(self) -> Timeline:
        time = self._time
        branch, source, past = time.branch, time.replay.source, time.replay.past
        calls = branch.calls
        replay = None
        if source is not None:
            replay = ReplayInfo(source.path.name, source.calls, time.exact, time.replay.finished)
        if past is not None:
            calls = max(calls, past.calls if past.length is None else past.length)
        cells = branch.places.cells(calls)
        if past is not None:
            cells = tuple(map(or_, cells, past.places.cells(calls)))
        return Timeline(
            position=time.shown.calls,
            calls=calls,
            branch=branch.number,
            branches=time.branches.infos(),
            past=time.past,
            changes_since=time.shown.changes if time.past else 0,
            ahead=time.ahead,
            cells=cells,
            marks=tuple(branch.marks),
            changes=branch.places.count(TimelineMark.CHANGE),
            seeking=self._backward.progress or time.seeking,
            earliest=time.earliest,
            refusal=branch.why_no_earlier if time.earliest else "",
            fork_refusal="" if time.ahead else why_no_way(branch, time.shown.calls),
            waiting=self._reload.waiting(time.shown.flow),
            replay=replay,
        )
