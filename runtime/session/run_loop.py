"""Making calls: one by one, an element's, or until a stop, at a pace."""

from __future__ import annotations

from collections.abc import Callable

from runtime.execution.execution import Execution, StopNote
from runtime.model.commands import Advance, Cancel, SetSchedule, Step
from runtime.model.events import (
    CallFinished,
    Event,
    FlowEnded,
    NodeFailed,
    Stopped,
    StopReason,
)
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import SchedulePolicy
from runtime.model.measures.time_units import NS_PER_S
from runtime.session.session_breakpoints import SessionBreakpoints
from runtime.timetravel.time_travel import TimeTravel

TEARDOWN_CALLS = 1_000
"""Most calls made while closing; a flow has at most one `teardown` a node."""

CALLS_AT_ONCE = 256
"""Most calls of a run whose events are kept at once: those of a few milliseconds."""

_STEP = Step()
_LOOKED_AT = frozenset((Stopped, FlowEnded, NodeFailed))
"""What a run is looked at for at once; what else happens with a call waits like the call."""


@dataclass(frozen=True, slots=True)
class _Running:
    """Calls are made without being asked for one by one."""

    lineage: int | None = None
    """Until this lineage has left the flow; None is until a stop."""
    pace_ns: int = 0
    """Wall time from one call to the next; 0 is as fast as it goes."""


class RunLoop:
    """Makes the calls of a session, live ones and those of a recording that is repeated."""

    def __init__(
        self, time: TimeTravel, breakpoints: SessionBreakpoints, clock: Callable[[], int]
    ) -> None:
        """`clock` is monotonic, in nanoseconds; it paces the run."""
        self._time = time
        self._breakpoints = breakpoints
        self._stands_before: tuple[Execution, int] | None = None
        """Where a breakpoint holds the flow, by calls made; the order of calls stays until the
        call after it is made, or another one would come next."""
        self._clock = clock
        self._running: _Running | None = None
        self._waiting_since: int | None = None
        self._next_call_at = 0

    @property
    def running(self) -> bool:
        """True while calls are made without being asked for one by one."""
        return self._running is not None

    def start(self, calls_per_second: float | None) -> None:
        """Make calls until a stop; None is as fast as it goes."""
        self._time.cancel()
        self._time.shown.stop_note = None
        if self._time.shown.engine.state.ended:
            return
        pace_ns = int(NS_PER_S / calls_per_second) if calls_per_second else 0
        self._running = _Running(pace_ns=pace_ns)
        self._next_call_at = 0
        self._set_schedule(self._time.shown.flow.schedule)

    def pause(self) -> None:
        """Make no call that was not asked for."""
        self._running = None
        self._waiting_since = None
        self._next_call_at = 0
        if self._stands_before != (self._time.shown, self._time.shown.calls):
            self._set_schedule(SchedulePolicy.CONSUMER_FIRST)

    def _set_schedule(self, policy: SchedulePolicy) -> None:
        if not self._time.replaying and self._time.shown.engine.schedule is not policy:
            self._time.apply(SetSchedule(policy))

    def step_once(self, node: str | None) -> list[Event]:
        """Make one call: the next in order, or of `node`; flow time it waits for passes."""
        self._breakpoints.before(stepping=True)
        self._time.shown.stop_note = None
        events = self._made_once(node)
        self.pause()
        self._breakpoints.after(events)
        return events

    def _made_once(self, node: str | None) -> list[Event]:
        time = self._time
        if time.replaying:
            recorded = time.step(node)
            if recorded is not None:
                return recorded
        events = time.apply(Step(node=node))
        waits_ns = time.shown.engine.waits_ns()
        if not events and waits_ns:
            time.apply(Advance(waits_ns))
            events = time.apply(Step(node=node))
        return events

    def start_element(self, lineage: int | None) -> None:
        """Make calls until a lineage, or that of the next call, has left the flow."""
        self.pause()
        if lineage is None:
            lineage = self._next_lineage()
        if lineage is not None:
            self._running = _Running(lineage=lineage)

    def _next_lineage(self) -> int | None:
        """The lineage of the next call's element; calls that have none are made on the way."""
        for _ in range(TEARDOWN_CALLS):
            now = self._time.shown
            failed = () if self._time.replaying else now.engine.failed_nodes()
            again = now.engine.upcoming(node=failed[0]) if failed else None
            if again is not None and again.node == failed[0] and again.element is not None:
                return again.element.lineage
            upcoming = now.next_call()
            if upcoming is None:
                return None
            if upcoming.element_id is not None:
                element = now.inspector.find(upcoming.element_id)
                return None if element is None else element.lineage
            events = self.step_once(None)
            if not events:
                return None
            for event in events:
                if type(event) is Stopped or type(event) is FlowEnded:
                    return None
                if type(event) is CallFinished and event.outputs:
                    return event.outputs[0].lineage
        return None

    def time_left(self, budget_ns: int) -> Callable[[], bool]:
        """Says whether `budget_ns` from now are not over yet."""
        deadline = self._clock() + budget_ns
        return lambda: self._clock() < deadline

    def work(self, budget_ns: int) -> int | None:
        """Make calls for about `budget_ns`; see `FlowSession.work`."""
        deadline = self._clock() + budget_ns
        while (running := self._running) is not None:
            at = self._clock()
            if at >= deadline:
                return 0
            if at < self._next_call_at:
                return self._next_call_at - at
            if self._runs_freely(running):
                waits_ns = self._run_freely(running, deadline)
            else:
                waits_ns = self._run_once(running, at)
            if waits_ns:
                return waits_ns
        return None

    def _runs_freely(self, running: _Running) -> bool:
        """Whether nothing but the flow itself has a say in the next calls."""
        if running.lineage is not None or running.pace_ns or self._waiting_since is not None:
            return False
        return not self._time.replaying and self._breakpoints.idle

    def _run_freely(self, running: _Running, deadline: int) -> int:
        """As `_run_once` many times: what that asks and keeps each time is done once here."""
        time = self._time
        shown, branch, clock = time.shown, time.branch, self._clock
        made = shown.gather()
        left = min(branch.checkpoints.look_at - shown.calls, CALLS_AT_ONCE)
        try:
            step = shown.engine.step
            while True:
                events = step()
                made += events
                plain = len(events) == 1 or _is_plain(events)
                left -= 1
                if not plain or shown.first_denials or left <= 0 or clock() >= deadline:
                    break
        finally:
            branch.record(_STEP, made, shown, shown.settle())
        waits_ns = 0 if events else shown.engine.waits_ns()
        if waits_ns:
            self._waiting_since = clock()
        elif not plain or shown.first_denials:
            self._look_at(running, events)
        return waits_ns

    def _run_once(self, running: _Running, at: int) -> int:
        """One call of the run; or the flow time that must pass first, in nanoseconds."""
        time = self._time
        if self._breakpoints.before(running.lineage):
            self._stands_before = time.shown, time.shown.calls
            self.pause()
            return 0
        recorded = time.step(None) if time.replaying else None
        if recorded is None:
            waits_ns, events = self._live_call(running, at)
            if waits_ns:
                return waits_ns
        else:
            events = recorded
            if not time.replaying or time.shown.stop_note is not None:
                self.pause()
        self._next_call_at = at + running.pace_ns if running.pace_ns else 0
        self._look_at(running, events)
        return 0

    def _look_at(self, running: _Running, events: list[Event]) -> None:
        """Stand still where what happened is the end of the run."""
        time = self._time
        if not events:
            self._running = None
            held = time.shown.engine.held_words()
            if held:
                time.shown.stop_note = StopNote(StopReason.USER, held)
            return
        ended = any(type(event) is Stopped or type(event) is FlowEnded for event in events)
        left = running.lineage is not None and running.lineage not in time.shown.engine.in_flight()
        if self._breakpoints.after(events) or ended or left:
            self.pause()

    def _live_call(self, running: _Running, at: int) -> tuple[int, list[Event]]:
        """A call of the flow's own; or how long it waits for one, and what happened."""
        time = self._time
        if self._waiting_since is not None:
            time.apply(Advance(at - self._waiting_since))
            self._waiting_since = None
        if running.lineage is None:
            events = time.keep(_STEP, time.shown.engine.step())
        else:
            events = time.apply(Step(lineage=running.lineage))
        if events:
            return 0, events
        waits_ns = time.shown.engine.waits_ns()
        if waits_ns:
            self._waiting_since = at
        return waits_ns, events

    def tear_down(self) -> None:
        """End the flow with the `teardown` of every instance."""
        self._running = None
        engine = self._time.shown.engine
        if self._time.replaying or engine.state.ended:
            return
        self._time.apply(Cancel("closed"))
        for _ in range(TEARDOWN_CALLS):
            if engine.state.ended or not self._time.keep(_STEP, engine.step()):
                break


def _is_plain(events: list[Event]) -> bool:
    """Whether a call was made, and the flow goes on after it whatever its other events say."""
    return bool(events) and _LOOKED_AT.isdisjoint(map(type, events))
