"""One flow being run on request: the engine, what it keeps for the screen, and the clock.

The same class serves the headless verbs, the tests and the child process; whoever owns it
calls `handle` for each request and `work` whenever `work` said there is something to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from runtime.execution.execution import Execution
from runtime.execution.resources import LostBuildError, SessionResources
from runtime.hotreload.reloading import HotReload, Reloaded, ReloadNote
from runtime.model.call import CallInProgress
from runtime.model.commands import Start
from runtime.model.errors import StudioError
from runtime.model.files.output_file import free_path
from runtime.model.linked import LinkedFlow
from runtime.model.snapshot import FlowSnapshot
from runtime.protocol.breakpoints import (
    RemoveBreakpoint,
    RemoveWatch,
    SetBreakpoint,
    SetWatch,
    TryBreakpoint,
)
from runtime.protocol.logs.event_lines import CallMark
from runtime.protocol.requests import (
    Continue,
    ListNode,
    Pause,
    ReadLineage,
    Rollback,
    SaveBranches,
    SessionRequest,
    SetComparing,
    StartRecording,
    StepCall,
    StepElement,
    StopCall,
    StopRecording,
)
from runtime.protocol.time_window import ShowWindow
from runtime.protocol.updates import ALL_SHOWN, ShownParts, Update
from runtime.recording.file.redaction_reach import LOOK
from runtime.session.backward_seeking import BackwardSeeking
from runtime.session.branch_requests import BranchRequests
from runtime.session.failed_calls import FailedCalls
from runtime.session.inspection_requests import answer_looks
from runtime.session.memory.memory_inspection import MemoryInspector
from runtime.session.memory.state_saving import StateSaving
from runtime.session.queue_surgery import QueueSurgery
from runtime.session.recording_file import RecordingFile, RecordingSettings
from runtime.session.request_table import RequestTable
from runtime.session.run_loop import RunLoop
from runtime.session.saved_branches import save_branches
from runtime.session.scratch import Scratch
from runtime.session.session_breakpoints import SessionBreakpoints
from runtime.session.update_builder import UpdateBuilder
from runtime.timetravel.branch_diff import BranchComparer
from runtime.timetravel.recorded.replay_source import ReplaySource
from runtime.timetravel.search.lineage_search import LineageReading
from runtime.timetravel.seeking.seek import Seek
from runtime.timetravel.time_travel import TimeTravel


class FlowSession:
    """Runs one linked flow. Not thread-safe: one thread owns it, and makes every call."""

    def __init__(
        self,
        flow: LinkedFlow,
        resources: SessionResources,
        recording: RecordingSettings,
        reload: HotReload,
        *,
        replay: ReplaySource | None = None,
        retry_on_reload: bool = False,
        clock: Callable[[], int] = time.perf_counter_ns,
        wall_clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """`clock` is monotonic and paces the run, `wall_clock` is Unix time; both in ns.

        `reload` is started here, and stopped with the session. `replay` is repeated from the
        start on. `retry_on_reload` makes a failed call again as soon as its node has another
        build. Raises `StudioError` for a damaged recording.
        """
        self._reload = reload
        self._retry_on_reload = retry_on_reload
        self._resources = resources
        self._recording_options = recording.options
        self._time = TimeTravel(flow, resources, recording.ring_bytes, replay)
        self._file = RecordingFile(resources, recording.options)
        self._comparer = BranchComparer(resources.options, recording.options)
        self._breakpoints = SessionBreakpoints(self._time)
        self._backward = BackwardSeeking(self._time, self._breakpoints, resources.options)
        known = (self._file, self._comparer, reload, self._breakpoints, self._backward)
        self._updates = UpdateBuilder(self._time, *known, resources)
        self._loop = RunLoop(self._time, self._breakpoints, clock)
        self._scratch = Scratch(resources)
        self._memory = MemoryInspector(resources.layer)
        self._lineage = LineageReading(self._time, resources.options, self._updates.reply)
        self._closed = False
        self.requests = RequestTable()
        """Which method does what is asked."""
        self._fill_table()
        if recording.path is not None:
            self._start_recording(str(free_path(recording.path)))
        if replay is None:
            self._time.apply(Start(wall_ns=wall_clock()))
        else:
            self._time.begin_replay()
        reload.start()

    @property
    def flow(self) -> LinkedFlow:
        """The flow as it runs where it stands."""
        return self.execution.flow

    @property
    def execution(self) -> Execution:
        """Where the flow stands."""
        return self._time.shown

    @property
    def live(self) -> Execution:
        """The execution at the end of the branch, whether it is shown or not."""
        return self._time.end

    @property
    def running(self) -> bool:
        """True while calls are made without being asked for one by one."""
        return self._loop.running

    def snapshot(self) -> FlowSnapshot:
        """The flow as it stands."""
        return self.execution.snapshot()

    # ---- requests

    def handle(self, request: SessionRequest) -> None:
        """Do what is asked."""
        self.take_reloads()
        self.requests.handle(request)

    def _fill_table(self) -> None:
        FailedCalls(self._time, self._at_the_end).register(self.requests)
        QueueSurgery(self._time, self._loop, self._at_the_end).register(self.requests)
        branches = BranchRequests(self._time, self._loop, self._backward, self._comparer)
        branches.register(self.requests)
        self._scratch.register(self.requests, lambda: self.execution, self._updates.reply)
        self._memory.register(self.requests, lambda: self.execution, self._updates.reply)
        StateSaving(self._time).register(self.requests, self._updates.reply)
        on = self.requests.on
        on(StepCall, self._step_call)
        on(StepElement, lambda asked: self._loop.start_element(asked.lineage))
        on(Continue, lambda asked: self._loop.start(asked.calls_per_second))
        on(Pause, self._pause)
        on(StopCall, self._pause)
        answer_looks(self.requests, lambda: self.execution.inspector, self._updates.reply)
        on(ListNode, self._list_node)
        on(ReadLineage, self._lineage.read)
        on(Rollback, self._roll_back)
        on(SetComparing, lambda asked: self._note(self._reload.set_comparing(asked.on)))
        on(ShowWindow, lambda asked: self._updates.show_window(asked.window))
        on(SaveBranches, self._save_branches)
        on(SetBreakpoint, self._breakpoints.put)
        on(RemoveBreakpoint, self._breakpoints.remove)
        on(SetWatch, self._breakpoints.put_watch)
        on(RemoveWatch, self._breakpoints.remove_watch)
        on(TryBreakpoint, lambda asked: self._updates.reply(self._breakpoints.try_out(asked)))
        on(StartRecording, lambda asked: self._start_recording(asked.path))
        on(StopRecording, lambda asked: self._stop_recording())

    def _step_call(self, asked: StepCall) -> None:
        self._loop.pause()
        self._loop.step_once(asked.node)

    def _pause(self, asked: Pause | StopCall) -> None:
        self._backward.cancel()
        self._time.cancel()
        self._loop.pause()

    def _list_node(self, asked: ListNode) -> None:
        calls = self.execution.inspector.calls(asked.node, asked.count)
        self._updates.reply(replace(calls, denied=self.execution.denied_to(asked.node)))

    # ---- changes, which are made at the end of a branch

    def _roll_back(self, asked: Rollback) -> None:
        if self._at_the_end(asked):
            failed = self.execution.engine.failed_nodes()
            done = self._reload.roll_back(self.execution.swapper, asked.node, asked.digest)
            self._report(done)
            self._retry(failed, done.swapped)

    def _at_the_end(self, asked: SessionRequest) -> bool:
        """Whether what is asked can be done now; in the past, a fork begins and it is done then."""
        self._loop.pause()
        if self._time.past:
            self._time.fork(asked)
            return False
        return True

    # ---- other places and branches

    def _save_branches(self, asked: SaveBranches) -> None:
        branches, folder = self._time.branches, Path(asked.folder)
        saved = save_branches(branches, self._resources, self._recording_options, folder)
        self._updates.reply(saved)

    def _enter(self, seek: Seek) -> None:
        """Go on where a seek led. Where the old branch was recorded, another one is too."""
        if not seek.in_place:
            file = self._file.stop(self._time.end.snapshot())
            try:
                self._time.enter(seek)
            except (LostBuildError, StudioError) as error:
                self._time.refuse(f"it is not possible to go on from there: {error}")
                return
            if file is not None:
                self._start_recording(str(free_path(file)))
        self._loop.pause()
        self.take_reloads()
        if seek.then is not None:
            self.handle(seek.then)

    # ---- recording

    def _start_recording(self, path: str | None) -> None:
        branch = self._time.branch
        self._stop_recording()
        made = self._file.start(branch.recorder, branch.flow, path)
        if branch.recorder.writer is not None and branch.recorder.writer.failed is None:
            whole = "" if branch.ring.complete else ", without the start, which the ring has lost"
            self._time.note(CallMark.NOTE, None, f"recording into {made}{whole}")

    def _stop_recording(self) -> None:
        if (path := self._file.stop(self._time.end.snapshot())) is not None:
            self._time.note(CallMark.NOTE, None, f"recorded into {path}")
            for limit in self._file.limits():
                self._time.note(CallMark.ERROR, None, f"redaction of {path}: {limit}. {LOOK}")

    # ---- the run

    def work(self, budget_ns: int) -> int | None:
        """Make calls for about `budget_ns`.

        Returns nanoseconds until there is something to do again (0: at once), or None when
        there is nothing to do before the next request.
        """
        self.take_reloads()
        looks = self._lineage.work(self._loop.time_left(budget_ns // 2))
        if self._backward.work(self._loop.time_left(budget_ns)):
            return 0
        if self._time.seeking is None:
            waits_ns = self._loop.work(budget_ns)
            if waits_ns is None and self._time.tell_ahead(self._loop.time_left(budget_ns)):
                return 0
            return 0 if looks else waits_ns
        reached = self._time.work(self._loop.time_left(budget_ns))
        if reached is not None:
            self._enter(reached)
        return 0

    # ---- hot reload

    def take_reloads(self) -> None:
        """Put in use what arrived; between two calls, whether the flow runs or stands.

        While the flow stands in its past, it waits.
        """
        if not self._reload.pending:
            return
        if self._time.past or self._time.seeking is not None:
            self._reload.hold()
            return
        failed = self.execution.engine.failed_nodes()
        swapped: list[str] = []
        for done in self._reload.take(self.execution.swapper):
            self._report(done)
            swapped += done.swapped
        if self._breakpoints.swapped(swapped):
            self._loop.pause()
        self._retry(failed, tuple(swapped))

    def _report(self, done: Reloaded) -> None:
        if done.note is not None:
            self._note(done.note)

    def _note(self, note: ReloadNote) -> None:
        self._time.note(note.mark, note.node, note.text)

    def _retry(self, failed: tuple[str, ...], swapped: tuple[str, ...]) -> None:
        for node in failed:
            if self._retry_on_reload and node in swapped:
                self._loop.step_once(node)

    # ---- what the screen gets

    def update(self, asked: ShownParts = ALL_SHOWN) -> Update:
        """What happened since the last update; while the flow runs, as far as it is `asked` for."""
        return self._updates.update(self.running, asked)

    def interrupt(self) -> None:
        """End the call in progress, if any. For another thread."""
        self._time.interrupt()
        self._scratch.interrupt()

    def in_progress(self) -> CallInProgress | None:
        """The call that has not come back yet. For another thread."""
        return self._time.in_progress() or self._scratch.in_progress()

    def update_in_call(self, call: CallInProgress) -> Update:
        """What is known of a long call before it ends, with what it printed. For another thread.

        Not at the same time as `update`.
        """
        return self._updates.update_in_call(call, self.running)

    def close(self) -> None:
        """Tear the flow down and free every instance. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._reload.stop()
        self._time.close()
        try:
            self._loop.tear_down()
            self._file.stop(self.snapshot())
        finally:
            self._scratch.close()
            self.execution.close()
