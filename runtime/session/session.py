"""One flow being run on request: the engine, what it keeps for the screen, and the clock.

The same class serves the headless verbs, the tests and the child process; whoever owns it
calls `handle` for each request and `work` whenever `work` said there is something to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from runtime.hotreload.reloading import HotReload, Reloaded
from runtime.model.commands import Command, Edit, Inject, Skip, Start
from runtime.model.linked import LinkedFlow
from runtime.model.snapshot import FlowSnapshot
from runtime.protocol.requests import (
    CompareBranches,
    Continue,
    EditElement,
    Fork,
    InjectElement,
    ListNode,
    ListQueue,
    Pause,
    ReadElement,
    Request,
    Rollback,
    SetComparing,
    SkipElement,
    StartRecording,
    StepCall,
    StepElement,
    StopRecording,
    TakeBranch,
)
from runtime.protocol.updates import CallMark, Update
from runtime.recording.file.writer import free_path
from runtime.session.recording_file import RecordingFile, RecordingSettings
from runtime.session.run_loop import RunLoop
from runtime.session.update_builder import UpdateBuilder
from runtime.timetravel.branch_diff import BranchComparer
from runtime.timetravel.execution import Execution, SessionResources
from runtime.timetravel.replay_source import ReplaySource
from runtime.timetravel.time_travel import TimeTravel


class FlowSession:
    """Runs one linked flow. Not thread-safe: one thread owns it, and makes every call."""

    def __init__(
        self,
        flow: LinkedFlow,
        workshop: SessionResources,
        recording: RecordingSettings,
        *,
        replay: ReplaySource | None = None,
        retry_on_reload: bool = False,
        clock: Callable[[], int] = time.perf_counter_ns,
        wall_clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """`clock` is monotonic and paces the run, `wall_clock` is Unix time; both in ns.

        `replay` is followed from the start on. `retry_on_reload` makes a failed call again as
        soon as its node has another build. Raises `StudioError` for a damaged recording.
        """
        self._retry_on_reload = retry_on_reload
        self._time = TimeTravel(flow, workshop, recording.ring_bytes, replay)
        self._time.shown = self._another_moment
        self._time.leaving = self._leave_branch
        self._file = RecordingFile(workshop, recording.options)
        self._left_file: Path | None = None
        self._comparer = BranchComparer(workshop.options, recording.options)
        self._reporting = UpdateBuilder(self._time, self._file, self._comparer)
        self._loop = RunLoop(self._time, clock)
        self._reloading: HotReload | None = None
        self._closed = False
        if recording.path is not None:
            self._start_recording(str(free_path(recording.path)))
        if replay is None:
            self._time.apply(Start(wall_ns=wall_clock()))
        else:
            self._time.begin_following()

    @property
    def flow(self) -> LinkedFlow:
        """The flow as it runs where it stands."""
        return self.moment.flow

    @property
    def moment(self) -> Execution:
        """Where the flow stands."""
        return self._time.now

    @property
    def running(self) -> bool:
        """True while calls are made without being asked for one by one."""
        return self._loop.running

    def snapshot(self) -> FlowSnapshot:
        """The flow as it stands."""
        return self.moment.snapshot()

    def reload_with(self, reloading: HotReload) -> None:
        """Put new builds in use from now on."""
        self._reloading = self._reporting.reloading = reloading
        reloading.start()

    # ---- requests

    def handle(self, request: Request) -> None:
        """Do what is asked; what is the owner's to do, as `Restart`, is ignored here."""
        self.take_reloads()
        match request:
            case StepCall(node):
                self._loop.pause()
                self._loop.step_once(node)
            case StepElement(lineage):
                self._loop.start_element(lineage)
            case Continue(calls_per_second):
                self._loop.start(calls_per_second)
            case Pause():
                self._time.cancel()
                self._loop.pause()
            case SkipElement(node):
                self._change(Skip(node))
            case EditElement(element_id, payload, content_type):
                self._change(Edit(element_id, payload, content_type))
            case InjectElement(edge, payload, content_type):
                self._change(Inject(edge, payload, content_type))
            case ListQueue() | ReadElement() | ListNode():
                self._inspect(request)
            case Rollback() | SetComparing():
                self._handle_builds(request)
            case StartRecording(path):
                self._start_recording(path)
            case StopRecording():
                self._stop_recording()
            case CompareBranches():
                self._compare_branches()
            case _:
                self._travel(request)

    def _inspect(self, request: ListQueue | ReadElement | ListNode) -> None:
        inspector, replies = self.moment.inspector, self._reporting.replies
        match request:
            case ListQueue(edge, offset, count):
                replies.append(inspector.queue(edge, offset, count))
            case ReadElement(element_id, offset, length):
                replies.append(inspector.element(element_id, offset, length))
            case ListNode(node, count):
                replies.append(inspector.calls(node, count))

    def _handle_builds(self, request: Rollback | SetComparing) -> None:
        reloading = self._reloading
        if reloading is None:
            return
        if isinstance(request, SetComparing):
            reloading.set_comparing(request.on)
        else:
            change = partial(reloading.roll_back, request.node, request.digest)
            self._at_the_end(partial(self._reload, reloading, change))

    def _travel(self, request: Request) -> None:
        """Go elsewhere on the lines."""
        self._loop.pause()
        self.moment.standing = None
        match request:
            case Fork():
                self._time.fork(self._on_other_branch)
            case TakeBranch(number):
                self._time.take_branch(number, self._on_other_branch)
            case _:
                self._time.handle(request)

    def _at_the_end(self, change: Callable[[], None]) -> None:
        """Make a change at the end of a branch: in the past, of one that begins here."""
        self._loop.pause()
        if not self._time.past:
            change()
            return

        def forked() -> None:
            self._on_other_branch()
            change()

        self._time.fork(forked)

    def _leave_branch(self) -> None:
        """Close the file of the branch that is left, as that branch ended."""
        self._left_file = self._file.stop(self._time.end.snapshot())

    def _on_other_branch(self) -> None:
        """The session is on another branch; where one was recorded, this is recorded next to it."""
        if self._left_file is not None:
            self._start_recording(str(free_path(self._left_file)))
        self._loop.pause()
        self._another_moment()
        self.take_reloads()

    def _change(self, command: Command) -> None:
        """Change what waits in the flow."""

        def change() -> None:
            self._time.loosen()
            self._time.apply(command)

        self._at_the_end(change)

    # ---- recording

    def _start_recording(self, path: str | None) -> None:
        branch = self._time.branch
        self._stop_recording()
        made = self._file.start(branch.recorder, branch.flow, path)
        if branch.recorder.writer is not None and branch.recorder.writer.failed is None:
            whole = "" if branch.ring.complete else ", without the start, which the ring has lost"
            self.remark(CallMark.NOTE, None, f"recording into {made}{whole}")

    def _stop_recording(self) -> None:
        path = self._file.stop(self._time.end.snapshot())
        if path is not None:
            self.remark(CallMark.NOTE, None, f"recorded into {path}")

    def _compare_branches(self) -> None:
        branch = self._time.branch
        other = branch.parent or next(
            (one for one in self._time.branches.kept if one is not branch), None
        )
        if other is not None:
            self._comparer.compare(other, branch)
        elif self._time.file is not None:
            self._comparer.compare(self._time.file.path, branch)
        else:
            self.remark(
                CallMark.NOTE, None, "there is nothing to compare this branch with: F forks"
            )

    # ---- the run

    def work(self, budget_ns: int) -> int | None:
        """Make calls for about `budget_ns`.

        Returns nanoseconds until there is something to do again (0: at once), or None when
        there is nothing to do before the next request.
        """
        self.take_reloads()
        return self._loop.work(budget_ns)

    # ---- hot reload

    def take_reloads(self) -> None:
        """Put in use what arrived; between two calls, whether the flow runs or stands.

        While the flow stands in its past, it waits.
        """
        if self._reloading is None or not self._reloading.pending:
            return
        if self._time.past or self._time.seeking is not None:
            self._reloading.hold()
            self._time.changed = True
        else:
            self._reload(self._reloading, self._reloading.take)

    def _reload(self, reloading: HotReload, change: Callable[[], Reloaded]) -> None:
        failed = self.moment.engine.failed_nodes()
        done = change()
        if not done.swapped and not done.graph:
            return
        self._reporting.another_flow()
        for node in failed:
            if self._retry_on_reload and node in done.swapped:
                self._loop.step_once(node)

    # ---- what the screen gets

    def _another_moment(self) -> None:
        """Another moment is shown, or the one that is shown goes on by itself."""
        self._reporting.another_moment()
        if self._reloading is not None:
            self._reloading.use(self.moment.swapping, self.moment.builds)

    def remark(self, mark: CallMark, node: str | None, text: str) -> None:
        """Put a line of the session's own into the event log."""
        self._time.remark(mark, node, text)

    def update(self) -> Update:
        """What happened since the last update."""
        return self._reporting.update(self.running)

    def interrupt(self) -> None:
        """End the call in progress, if any. The one method for another thread."""
        self._time.interrupt()

    def close(self) -> None:
        """Tear the flow down and free every instance. Idempotent."""
        if self._closed:
            return
        self._closed = True
        if self._reloading is not None:
            self._reloading.stop()
        self._time.close()
        try:
            self._loop.tear_down()
            self._file.stop(self.snapshot())
        finally:
            self.moment.close()
