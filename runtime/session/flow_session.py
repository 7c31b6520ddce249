"""One flow being run on request: the engine, what it keeps for the screen, and the clock.

The same class serves the headless verbs, the tests and the child process; whoever owns it
calls `handle` for each request and `work` whenever `work` said there is something to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from runtime.engine.core import Engine
from runtime.engine.invoker import Invoker
from runtime.engine.options import EngineOptions
from runtime.model.commands import (
    Advance,
    Cancel,
    Command,
    Relink,
    SetSchedule,
    Skip,
    Start,
    Step,
)
from runtime.model.events import CallFinished, Event, FlowEnded, Relinked, Stopped
from runtime.model.linked import ErrorPolicy, LinkedFlow, SchedulePolicy
from runtime.model.snapshot import FlowSnapshot
from runtime.session.inspection import Inspector
from runtime.session.kept import EventLog, PrintedKeeper, RecentElements, Remarked
from runtime.session.link import CallMark, ElementDetails, Health, NodeCalls, QueueListing, Update
from runtime.session.reloading import Reloaded, Reloading, ReloadNews
from runtime.session.requests import (
    Continue,
    ListNode,
    ListQueue,
    Pause,
    ReadElement,
    Request,
    Rollback,
    SetComparing,
    SkipElement,
    StepCall,
    StepElement,
)

LINES_PER_UPDATE = 300
"""Most event-log lines one update carries; what is left out is counted in the update."""
TEARDOWN_CALLS = 1_000
"""Most calls made while closing; a flow has at most one `teardown` a node."""


class ClosableInvoker(Invoker, Protocol):
    """An invoker that holds instances."""

    def close(self) -> None:
        """Free every instance. Idempotent."""
        ...

    def interrupt(self) -> None:
        """End the call in progress, if any; for another thread than the calling one."""
        ...


@dataclass(frozen=True, slots=True)
class _Running:
    """Calls are made without being asked for one by one."""

    lineage: int | None = None
    """Until this lineage has left the flow; None is until a stop."""
    pace_ns: int = 0
    """Wall time from one call to the next; 0 is as fast as it goes."""


class FlowSession:
    """Runs one linked flow. Not thread-safe: one thread owns it, and makes every call."""

    def __init__(
        self,
        flow: LinkedFlow,
        invoker: ClosableInvoker,
        printed: PrintedKeeper,
        *,
        retry_on_reload: bool = False,
        clock: Callable[[], int] = time.perf_counter_ns,
        wall_clock: Callable[[], int] = time.time_ns,
    ) -> None:
        """`invoker` gives what components print to `printed`.

        `clock` is monotonic and paces the run, `wall_clock` is Unix time; both in nanoseconds.
        `retry_on_reload` makes a failed call again as soon as its node has another build.
        """
        self.flow = flow
        self._retry_on_reload = retry_on_reload
        self._clock = clock
        self._printed = printed
        self._log = EventLog()
        self._recent = RecentElements()
        self._invoker = invoker
        options = EngineOptions(schedule=SchedulePolicy.CONSUMER_FIRST, on_error=ErrorPolicy.STOP)
        self._schedule = options.schedule
        self._engine = Engine(flow, self._invoker, options)
        self._inspector = Inspector(flow, self._engine, self._log, self._recent)
        self._reloading: Reloading | None = None
        self._running: _Running | None = None
        self._waiting_since: int | None = None
        self._next_call_at = 0
        self._replies: list[QueueListing | ElementDetails | NodeCalls] = []
        self._sent_events = 0
        self._sent_flow = False
        self._changed = True
        self._closed = False
        self.apply(Start(wall_ns=wall_clock()))

    def reload_with(self, reloading: Reloading) -> None:
        """Put new builds in use from now on."""
        self._reloading = reloading
        reloading.start()

    # ---- requests

    def handle(self, request: Request) -> None:
        """Do what is asked; what is the owner's to do, as `Restart`, is ignored here."""
        self.take_reloads()
        match request:
            case StepCall(node):
                self._pause()
                self._step_once(node)
            case StepElement(lineage):
                self._start_element_step(lineage)
            case Continue(calls_per_second):
                self._start_running(calls_per_second)
            case Pause():
                self._pause()
            case SkipElement(node):
                self._pause()
                self.apply(Skip(node))
            case ListQueue(edge, offset, count):
                self._replies.append(self._inspector.queue(edge, offset, count))
            case ReadElement(element_id, offset, length):
                self._replies.append(self._inspector.element(element_id, offset, length))
            case ListNode(node, count):
                self._replies.append(self._inspector.calls(node, count))
            case Rollback(node, digest):
                if self._reloading is not None:
                    self._reload(self._reloading, partial(self._reloading.roll_back, node, digest))
            case SetComparing(on):
                if self._reloading is not None:
                    self._reloading.set_comparing(on)
            case _:
                pass

    @property
    def running(self) -> bool:
        """True while calls are made without being asked for one by one."""
        return self._running is not None

    def snapshot(self) -> FlowSnapshot:
        """The flow as it is."""
        return self._engine.snapshot()

    # ---- the run

    def work(self, budget_ns: int) -> int | None:
        """Make calls for about `budget_ns`.

        Returns nanoseconds until there is something to do again (0: at once), or None when
        there is nothing to do before the next request.
        """
        self.take_reloads()
        deadline = self._clock() + budget_ns
        while self._running is not None:
            at = self._clock()
            if at >= deadline:
                return 0
            if at < self._next_call_at:
                return self._next_call_at - at
            waits_ns = self._run_once(at)
            if waits_ns:
                return waits_ns
        return None

    def _run_once(self, at: int) -> int:
        """One call of the run; or the flow time that must pass first, in nanoseconds."""
        running = self._running
        assert running is not None
        if self._waiting_since is not None:
            self.apply(Advance(at - self._waiting_since))
            self._waiting_since = None
        if running.lineage is None:
            events = self._keep(self._engine.step())
        else:
            events = self.apply(Step(lineage=running.lineage))
        if not events:
            waits_ns = self._engine.waits_ns()
            if not waits_ns:
                self._running = None
                return 0
            self._waiting_since = at
            return waits_ns
        self._next_call_at = at + running.pace_ns if running.pace_ns else 0
        ended = any(type(event) is Stopped or type(event) is FlowEnded for event in events)
        left = running.lineage is not None and not self._engine.in_flight(running.lineage)
        if ended or left:
            self._pause()
        return 0

    def _step_once(self, node: str | None) -> None:
        events = self.apply(Step(node=node))
        waits_ns = self._engine.waits_ns()
        if not events and waits_ns:
            self.apply(Advance(waits_ns))
            self.apply(Step(node=node))

    def _start_element_step(self, lineage: int | None) -> None:
        self._pause()
        if lineage is None:
            lineage = self._next_lineage()
        if lineage is not None:
            self._running = _Running(lineage=lineage)

    def _next_lineage(self) -> int | None:
        """The lineage of the next call's element; calls that have none are made on the way."""
        for _ in range(TEARDOWN_CALLS):
            upcoming = self._engine.next_call()
            if upcoming is None:
                return None
            if upcoming.element_id is not None:
                element = self._inspector.find(upcoming.element_id)
                return None if element is None else element.lineage
            events = self.apply(Step())
            for event in events:
                if type(event) is Stopped or type(event) is FlowEnded:
                    return None
                if type(event) is CallFinished and event.outputs:
                    return event.outputs[0].lineage
            if not events:
                waits_ns = self._engine.waits_ns()
                if not waits_ns:
                    return None
                self.apply(Advance(waits_ns))
        return None

    def _start_running(self, calls_per_second: float | None) -> None:
        if self._engine.state.ended:
            return
        pace_ns = int(1_000_000_000 / calls_per_second) if calls_per_second else 0
        self._running = _Running(pace_ns=pace_ns)
        self._next_call_at = 0
        self._set_schedule(self.flow.schedule)
        self._changed = True

    def _pause(self) -> None:
        if self._running is not None:
            self._changed = True
        self._running = None
        self._waiting_since = None
        self._next_call_at = 0
        self._set_schedule(SchedulePolicy.CONSUMER_FIRST)

    def _set_schedule(self, policy: SchedulePolicy) -> None:
        if self._schedule is not policy:
            self._schedule = policy
            self.apply(SetSchedule(policy))

    # ---- keeping what happens

    def apply(self, command: Command) -> list[Event]:
        """Give the engine a command, and keep what happens."""
        logged = self._log.count
        events = self._keep(self._engine.apply(command))
        if isinstance(command, Relink):
            for number, event in enumerate(events, start=logged + 1):
                if type(event) is Relinked:
                    self._inspector.follow(number, command.flow)
        return events

    def _keep(self, events: list[Event]) -> list[Event]:
        self._log.extend(events)
        self._changed = True
        for event in events:
            if type(event) is CallFinished:
                self._keep_elements(event)
        return events

    def _keep_elements(self, event: CallFinished) -> None:
        element = event.call.element
        if element is not None:
            self._recent.add(element)
            if self._reloading is not None:
                self._reloading.worked_on(event.call.node, element)
            if event.answer.printed:
                self._printed.link(event.call.number, element.sequence)
        for delivery in event.deliveries:
            self._recent.add(delivery.element)
        for output in event.outputs:
            if self._recent.get(output.id) is None:
                self._recent.add(output)

    def remark(self, mark: CallMark, node: str | None, text: str) -> None:
        """Put a line of the session's own into the event log."""
        self._log.extend([Remarked(self._engine.snapshot().at_ns, mark, node, text)])

    # ---- hot reload

    def take_reloads(self) -> None:
        """Put in use what arrived; between two calls, whether the flow runs or stands."""
        if self._reloading is not None and self._reloading.pending:
            self._reload(self._reloading, self._reloading.take)

    def _reload(self, reloading: Reloading, change: Callable[[], Reloaded]) -> None:
        failed = [node.name for node in self._engine.snapshot().nodes if node.failure is not None]
        done = change()
        if not done.swapped and not done.graph:
            return
        self.flow = reloading.flow
        self._sent_flow = False
        self._changed = True
        for node in failed:
            if self._retry_on_reload and node in done.swapped:
                self._step_once(node)

    # ---- what the screen gets

    def update(self) -> Update:
        """What happened since the last update."""
        lines, lost = self._log.since(self._sent_events, LINES_PER_UPDATE)
        self._sent_events = self._log.count
        printed, printed_lost = self._printed.take()
        replies, self._replies = tuple(self._replies), []
        news = ReloadNews() if self._reloading is None else self._reloading.news()
        flow = None if self._sent_flow else self.flow
        snapshot = self._engine.snapshot() if self._changed else None
        self._sent_flow = True
        self._changed = False
        return Update(
            health=Health.READY,
            flow=flow,
            snapshot=snapshot,
            running=self.running,
            events=tuple(self._inspector.lines(lines)),
            events_lost=lost,
            printed=printed,
            printed_lost=printed_lost,
            replies=replies,
            problems=news.problems,
            builds=news.builds,
            comparisons=news.comparisons,
        )

    def interrupt(self) -> None:
        """End the call in progress, if any. The one method for another thread."""
        self._invoker.interrupt()

    def close(self) -> None:
        """Tear the flow down and free every instance. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._running = None
        if self._reloading is not None:
            self._reloading.stop()
        try:
            if not self._engine.state.ended:
                self.apply(Cancel("closed"))
                for _ in range(TEARDOWN_CALLS):
                    if self._engine.state.ended or not self._engine.step():
                        break
        finally:
            self._invoker.close()
