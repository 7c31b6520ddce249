"""A flow run to its end without a screen, at full speed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from runtime.engine.core import Engine
from runtime.engine.invoker import ClosableInvoker
from runtime.engine.options import EngineOptions
from runtime.execution.call_timing import CallTiming
from runtime.flow.error_rules import DEFAULT_RETRIES
from runtime.model.commands import Advance, Cancel, Command, Drain, Start, Step
from runtime.model.events import (
    BackpressureEnded,
    CallFinished,
    Event,
    FlowState,
    NodeFailed,
    SinkPaused,
)
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import ErrorPolicy, ErrorRule, LinkedFlow, SchedulePolicy
from runtime.model.measures.call_times import NO_CALLS, CallTimes
from runtime.model.measures.time_units import NS_PER_S
from runtime.model.snapshot import FlowSnapshot

DRAIN_SECONDS = 5.0
"""How long a flow may drain after a timeout or an interrupt (docs/torvyn-facts.md#limits)."""
LONGEST_SLEEP_SECONDS = 0.05
INTERRUPTED = "interrupted"
NO_OUTPUT = "what it prints could not be written"
PAUSES_NOTICED = frozenset((10, 100, 1_000, 10_000, 100_000))
"""After so many answers `pause` in a row, a sink is named while the flow runs."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a headless run behaves."""

    limit: int | None = None
    """Elements the sources give in all; None is until they are done."""
    timeout_seconds: float | None = None
    """After this the sources give nothing more and the flow drains."""
    on_error: ErrorPolicy = ErrorPolicy.FAIL
    retries: int = DEFAULT_RETRIES
    """Further tries of an element under `ErrorPolicy.RETRY`."""
    back_off_ms: int = 0
    """See `ErrorRule.back_off_ms`."""
    node_rules: tuple[tuple[str, ErrorRule], ...] = ()
    """Rules of single nodes. Here and above, `stop` acts as `fail`: nobody is there to go on."""
    schedule: SchedulePolicy = SchedulePolicy.CONSUMER_FIRST


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run came to."""

    snapshot: FlowSnapshot
    failures: tuple[NodeFailed, ...]
    """The last failures, at most 100."""
    episodes: tuple[BackpressureEnded, ...]
    """The last back-pressure episodes, at most 100."""
    duration_seconds: float
    interrupted: bool
    stopped_because: str
    """Why it ended before its sources were done; empty otherwise."""
    times: CallTimes = NO_CALLS
    """How long calls took, and elements from end to end."""
    at_breakpoint: bool = False
    """Whether it ended at a breakpoint: nothing was drained or torn down."""


class RunRecorder(Protocol):
    """Gets everything a run is made of."""

    def record(self, command: Command, events: list[Event]) -> None:
        """The engine did `command`, and that happened."""
        ...


class RunStops(Protocol):
    """Says where a run ends before its flow does."""

    def before(self, engine: Engine) -> bool:
        """Whether it ends before the next call."""
        ...

    def after(self, events: Sequence[Event], engine: Engine) -> bool:
        """Whether it ends after what a call led to."""
        ...


class RunTally:
    """Collects what a report tells besides the last snapshot."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._timing = CallTiming()
        self._failures: list[NodeFailed] = []
        self._episodes: list[BackpressureEnded] = []

    def add(self, events: list[Event]) -> None:
        """Take what happened."""
        for event in events:
            if type(event) is CallFinished:
                self._timing.add(event)
            elif type(event) is NodeFailed:
                self._failures.append(event)
                del self._failures[:-100]
            elif type(event) is BackpressureEnded:
                self._episodes.append(event)
                del self._episodes[:-100]

    def report(
        self,
        snapshot: FlowSnapshot,
        *,
        interrupted: bool,
        stopped_because: str,
        call_ended: bool = False,
    ) -> RunReport:
        """The report of a run that ended with `snapshot`.

        With `call_ended` it was not the component that failed: the call was ended for whoever
        interrupted the run, and so the flow was cancelled.
        """
        if call_ended and snapshot.state is FlowState.FAILED:
            snapshot = replace(snapshot, state=FlowState.CANCELLED)
            stopped_because = stopped_because or "interrupted during a call"
        return RunReport(
            snapshot=snapshot,
            failures=tuple(self._failures),
            episodes=tuple(self._episodes),
            duration_seconds=time.monotonic() - self._began,
            interrupted=interrupted,
            stopped_because=stopped_because,
            times=self._timing.times(),
        )


def engine_options(options: RunOptions) -> EngineOptions:
    """What the engine of such a run is set to."""
    return EngineOptions(
        schedule=options.schedule,
        on_error=_unattended(options.on_error),
        max_retries=options.retries,
        back_off_ms=options.back_off_ms,
        node_rules=tuple(
            (node, replace(rule, policy=_unattended(rule.policy)))
            for node, rule in options.node_rules
        ),
        element_limit=options.limit,
    )


def _unattended(policy: ErrorPolicy) -> ErrorPolicy:
    """What the policy is where nobody is there to go on after a stop."""
    return ErrorPolicy.FAIL if policy is ErrorPolicy.STOP else policy


def _pausing(event: SinkPaused, pause_ms: int) -> str:
    return (
        f"sink '{event.node}' answered pause to each of its last {event.in_row:,} elements: it "
        f"gets one every {pause_ms} ms, until it answers ready"
    )


_STEP = Step()


class HeadlessRun:
    """Runs one flow to its end. `interrupt` may be called from a signal handler."""

    def __init__(
        self,
        flow: LinkedFlow,
        invoker: ClosableInvoker,
        options: RunOptions,
        recorder: RunRecorder | None = None,
        stop_waiting: Callable[[], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        stops: RunStops | None = None,
    ) -> None:
        """`stop_waiting` ends a wait for input, see `SourceOverride.stop_waiting`.

        `on_notice` takes what a user should hear while the flow runs, one sentence at a time.
        """
        self._stops = stops
        self._stopped = False
        self._invoker = invoker
        self._options = options
        self._recorder = recorder
        self._stop_waiting = stop_waiting
        self._on_notice = on_notice
        self._interrupts = 0
        self._interrupted_by = INTERRUPTED
        self._acted_on = 0
        self._call_ended = False
        self._tally = RunTally()
        self._stopped_because = ""
        self._ends_at: float | None = None
        self._cancelled = False
        self._engine = Engine(flow, invoker, engine_options(options))

    def interrupt(self) -> None:
        """Drain; the second time, end at once."""
        self._interrupts += 1
        if self._interrupts > 1:
            self._invoker.interrupt()
        if self._stop_waiting is not None:
            self._stop_waiting()

    def end_call(self, interrupts: int) -> None:
        """End the call in progress, unless so many interrupts have been acted on since it began.

        For another thread than the one that makes the calls.
        """
        if self._acted_on < interrupts:
            self._call_ended = True
            self._invoker.interrupt()

    def stop(self) -> None:
        """Its output cannot be written: end after the call in progress, without draining.

        May be called during it.
        """
        if not self._interrupts:
            self._interrupted_by = NO_OUTPUT
        self._interrupts = max(self._interrupts, 2)

    def run(self) -> RunReport:
        """Make every call. Frees the instances before it returns."""
        began = time.monotonic()
        try:
            self._apply(Start(wall_ns=time.time_ns()))
            self._run(began)
        finally:
            self._invoker.close()
        report = self._tally.report(
            self._engine.snapshot(),
            interrupted=self._interrupts > 0,
            stopped_because=self._stopped_because,
            call_ended=self._call_ended,
        )
        return replace(report, at_breakpoint=self._stopped)

    def _run(self, began: float) -> None:
        engine = self._engine
        timeout = self._options.timeout_seconds
        drain_at = None if timeout is None else began + timeout
        stops = self._stops
        while not engine.state.ended:
            if stops is not None and stops.before(engine):
                self._stopped = True
                return
            events = engine.step()
            if events:
                self._take(_STEP, events)
                if stops is not None and stops.after(events, engine):
                    self._stopped = True
                    return
            else:
                waits_ns = engine.waits_ns()
                if not waits_ns:
                    return
                self._sleep(waits_ns)
            if self._interrupts or drain_at is not None or self._ends_at is not None:
                drain_at = self._end_early(drain_at)

    def _end_early(self, drain_at: float | None) -> float | None:
        now = time.monotonic()
        self._acted_on = self._interrupts
        if self._ends_at is None:
            if self._interrupts:
                self._drain(self._interrupted_by, now)
            elif drain_at is not None and now >= drain_at:
                self._drain(f"timeout after {self._options.timeout_seconds:g} s", now)
            else:
                return drain_at
        elif not self._cancelled and (now >= self._ends_at or self._at_once):
            self._cancelled = True
            self._apply(Cancel(self._stopped_because))
        return None

    @property
    def _at_once(self) -> bool:
        return self._interrupts > 1 or self._call_ended

    def _drain(self, reason: str, now: float) -> None:
        self._stopped_because = reason
        self._ends_at = now + DRAIN_SECONDS
        self._apply(Drain(reason))

    def _sleep(self, waits_ns: int) -> None:
        began = time.monotonic_ns()
        time.sleep(min(waits_ns / NS_PER_S, LONGEST_SLEEP_SECONDS))
        elapsed_ns = time.monotonic_ns() - began
        self._apply(Advance(min(elapsed_ns, waits_ns)))

    def _apply(self, command: Command) -> None:
        self._take(command, self._engine.apply(command))

    def _take(self, command: Command, events: list[Event]) -> None:
        self._tally.add(events)
        if len(events) > 1 and self._on_notice is not None:
            for event in events:
                if type(event) is SinkPaused and event.in_row in PAUSES_NOTICED:
                    self._on_notice(_pausing(event, self._engine.flow.sink_pause_ms))
        if self._recorder is not None:
            self._recorder.record(command, events)
