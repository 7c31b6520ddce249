"""A flow run to its end without a screen, at full speed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from runtime.engine.core import Engine
from runtime.engine.invoker import ClosableInvoker
from runtime.engine.options import EngineOptions
from runtime.model.commands import Advance, Cancel, Command, Drain, Start, Step
from runtime.model.events import BackpressureEnded, Event, FlowState, NodeFailed
from runtime.model.linked import ErrorPolicy, LinkedFlow, SchedulePolicy
from runtime.model.snapshot import FlowSnapshot
from runtime.model.time_units import NS_PER_S

DRAIN_SECONDS = 5.0
"""How long a flow may drain after a timeout or an interrupt (docs/torvyn-facts.md#limits)."""
LONGEST_SLEEP_SECONDS = 0.05
DEFAULT_RETRIES = 3


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


class RunRecorder(Protocol):
    """Gets everything a run is made of."""

    def record(self, command: Command, events: list[Event]) -> None:
        """The engine did `command`, and that happened."""
        ...


class RunTally:
    """Collects what a report tells besides the last snapshot."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._failures: list[NodeFailed] = []
        self._episodes: list[BackpressureEnded] = []

    def add(self, events: list[Event]) -> None:
        """Take what happened."""
        for event in events:
            if type(event) is NodeFailed:
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
        )


def engine_options(options: RunOptions) -> EngineOptions:
    """What the engine of such a run is set to."""
    return EngineOptions(
        schedule=options.schedule,
        on_error=options.on_error,
        max_retries=options.retries,
        element_limit=options.limit,
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
    ) -> None:
        """`stop_waiting` ends a wait for input, see `SourceOverride.stop_waiting`."""
        self._invoker = invoker
        self._options = options
        self._recorder = recorder
        self._stop_waiting = stop_waiting
        self._interrupts = 0
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
        """End after the call in progress, without draining; may be called during it."""
        self._interrupts = max(self._interrupts, 2)

    def run(self) -> RunReport:
        """Make every call. Frees the instances before it returns."""
        began = time.monotonic()
        try:
            self._apply(Start(wall_ns=time.time_ns()))
            self._run(began)
        finally:
            self._invoker.close()
        return self._tally.report(
            self._engine.snapshot(),
            interrupted=self._interrupts > 0,
            stopped_because=self._stopped_because,
            call_ended=self._call_ended,
        )

    def _run(self, began: float) -> None:
        engine = self._engine
        timeout = self._options.timeout_seconds
        drain_at = None if timeout is None else began + timeout
        while not engine.state.ended:
            events = engine.step()
            if events:
                self._take(_STEP, events)
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
                self._drain("interrupted", now)
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
        if self._recorder is not None:
            self._recorder.record(command, events)
