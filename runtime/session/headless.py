"""A flow run to its end without a screen, at full speed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.model.commands import Advance, Cancel, Drain, Start
from runtime.model.events import BackpressureEnded, Event, NodeFailed
from runtime.model.linked import ErrorPolicy, LinkedFlow, SchedulePolicy
from runtime.model.snapshot import FlowSnapshot
from runtime.session.flow_session import ClosableInvoker

DRAIN_SECONDS = 5.0
"""How long a flow may drain after a timeout or an interrupt (torvyn-contract §5.7)."""
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


class HeadlessRun:
    """Runs one flow to its end. `interrupt` may be called from a signal handler."""

    def __init__(
        self,
        flow: LinkedFlow,
        invoker: ClosableInvoker,
        options: RunOptions,
        on_events: Callable[[list[Event]], None] | None = None,
    ) -> None:
        self._invoker = invoker
        self._options = options
        self._on_events = on_events
        self._interrupts = 0
        self._failures: list[NodeFailed] = []
        self._episodes: list[BackpressureEnded] = []
        self._stopped_because = ""
        self._ends_at: float | None = None
        self._cancelled = False
        self._engine = Engine(
            flow,
            invoker,
            EngineOptions(
                schedule=options.schedule,
                on_error=options.on_error,
                max_retries=options.retries,
                element_limit=options.limit,
            ),
        )

    def interrupt(self) -> None:
        """Drain; the second time, end at once."""
        self._interrupts += 1
        if self._interrupts > 1:
            self._invoker.interrupt()

    def run(self) -> RunReport:
        """Make every call. Frees the instances before it returns."""
        began = time.monotonic()
        try:
            self._take(self._engine.apply(Start(wall_ns=time.time_ns())))
            self._run(began)
        finally:
            self._invoker.close()
        return RunReport(
            snapshot=self._engine.snapshot(),
            failures=tuple(self._failures),
            episodes=tuple(self._episodes),
            duration_seconds=time.monotonic() - began,
            interrupted=self._interrupts > 0,
            stopped_because=self._stopped_because,
        )

    def _run(self, began: float) -> None:
        engine = self._engine
        timeout = self._options.timeout_seconds
        drain_at = None if timeout is None else began + timeout
        while not engine.state.ended:
            events = engine.step()
            if events:
                self._take(events)
            else:
                waits_ns = engine.waits_ns()
                if not waits_ns:
                    return
                self._sleep(waits_ns)
            if self._interrupts or drain_at is not None or self._ends_at is not None:
                drain_at = self._end_early(drain_at)

    def _end_early(self, drain_at: float | None) -> float | None:
        now = time.monotonic()
        if self._ends_at is None:
            if self._interrupts:
                self._drain("interrupted", now)
            elif drain_at is not None and now >= drain_at:
                self._drain(f"timeout after {self._options.timeout_seconds:g} s", now)
            else:
                return drain_at
        elif not self._cancelled and (now >= self._ends_at or self._interrupts > 1):
            self._cancelled = True
            self._take(self._engine.apply(Cancel(self._stopped_because)))
        return None

    def _drain(self, reason: str, now: float) -> None:
        self._stopped_because = reason
        self._ends_at = now + DRAIN_SECONDS
        self._take(self._engine.apply(Drain(reason)))

    def _sleep(self, waits_ns: int) -> None:
        began = time.monotonic_ns()
        time.sleep(min(waits_ns / 1_000_000_000, LONGEST_SLEEP_SECONDS))
        elapsed_ns = time.monotonic_ns() - began
        self._take(self._engine.apply(Advance(min(elapsed_ns, waits_ns))))

    def _take(self, events: list[Event]) -> None:
        for event in events:
            if type(event) is NodeFailed:
                self._failures.append(event)
                del self._failures[:-100]
            elif type(event) is BackpressureEnded:
                self._episodes.append(event)
                del self._episodes[:-100]
        if self._on_events is not None:
            self._on_events(events)
