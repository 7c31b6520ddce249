"""Figures of a part of a run are those of the calls of that part alone."""

from __future__ import annotations

from random import Random

from runtime.engine.options import EngineOptions
from runtime.execution.call_timing import CallTiming
from runtime.execution.timing_windows import STEP_NS, WINDOW_NS, TimingWindows
from runtime.model.call import Answer, Call, Export
from runtime.model.events import CallFinished
from runtime.model.linked import Role, SchedulePolicy
from runtime.model.measures.call_times import CallTimes
from runtime.model.measures.histogram import Spread
from runtime.model.measures.time_units import NS_PER_S
from runtime.model.snapshot import FlowSnapshot
from runtime.protocol.time_window import WHOLE_RUN, TimeWindow
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker, finish, initialised, linear, of_type, steps
from tests.support.narrow import present


class _Run:
    """A run of 40 elements with long and short calls, and what each call came to."""

    def __init__(self, seed: int) -> None:
        random = Random(seed)
        linked = linear(Role.PROCESSOR, capacity=4)
        invoker = FakeInvoker(linked, elements=40)

        def push(call: Call) -> Answer:
            return Answer(fakes.READY, random.choice((40_000_000, 700_000_000)))

        invoker.on("sink", Export.PUSH, push)
        self.engine = initialised(
            linked, invoker, EngineOptions(schedule=SchedulePolicy.WEIGHTED_FAIR)
        )
        self.timing = CallTiming()
        self.windows = TimingWindows(self.timing)
        self.made: list[CallFinished] = []

    def go(self, count: int) -> FlowSnapshot:
        """Make calls; the screen looks after each third one."""
        for at in range(count):
            if self.engine.state.ended:
                break
            self.take(of_type(steps(self.engine, 1), CallFinished))
            if at % 3 == 2:
                self.windows.look(self.engine.snapshot())
        return self.engine.snapshot()

    def take(self, events: list[CallFinished]) -> None:
        """Time these calls."""
        for event in events:
            self.made.append(event)
            self.timing.add(event)

    def times_after(self, calls: int) -> CallTimes:
        """What the calls after so many came to, counted by themselves."""
        alone = CallTiming()
        for event in self.made:
            if event.call.number > calls:
                alone.add(event)
        return alone.times()


def test_a_window_counts_the_calls_since_it_began_and_no_other() -> None:
    for seed in range(3):
        run = _Run(seed)
        marked = run.go(17)
        run.windows.mark(marked)
        now = run.go(400)
        run.windows.look(now)
        latest = run.windows.times(TimeWindow.LATEST, now, ())
        since = run.windows.times(TimeWindow.MARK, now, (3, marked.calls, now.calls + 5))
        length_ns = latest.within(now).at_ns
        assert WINDOW_NS <= length_ns < WINDOW_NS + STEP_NS + NS_PER_S
        assert present(since.began).calls == marked.calls
        for window in (latest, since):
            began = present(window.began)
            alone, within = run.times_after(began.calls), window.within(now)
            assert within.calls == now.calls - began.calls
            assert {name for name, _ in window.times.nodes} == {name for name, _ in alone.nodes}
            for name, own in alone.nodes:
                counted = present(window.times.of(name))
                assert counted.empty == own.empty
                assert _alike(present(counted.calls), present(own.calls))
                node = next(node for node in within.nodes if node.name == name)
                assert (node.calls, node.busy_ns) == (own.count, present(own.calls).total_ns)
            assert _alike(present(window.times.end_to_end), present(alone.end_to_end))
            assert window.times.in_calls_ns == alone.in_calls_ns


def _alike(counted: Spread, alone: Spread) -> bool:
    """Equal, but for the largest value, which may be any of its bucket."""
    off = abs(counted.max_ns - alone.max_ns) / max(alone.max_ns, 1)
    return counted[:5] == alone[:5] and off < 0.02


def test_a_window_that_cannot_be_told_of_says_why() -> None:
    run = _Run(1)
    now = run.go(400)
    assert run.windows.times(TimeWindow.WHOLE, now, ()) is WHOLE_RUN
    assert "no place up to here is marked" in run.windows.times(TimeWindow.MARK, now, ()).refusal
    late = run.windows.times(TimeWindow.MARK, now, (5, now.calls + 1)).refusal
    assert late.startswith("call 5 is marked, and was made before its mark was set")
    # A mark before the first call is the whole run; so is a run shorter than the window.
    assert run.windows.times(TimeWindow.MARK, now, (0,)).times == run.timing.times()
    short = _Run(1)
    start = short.go(9)
    assert start.at_ns < WINDOW_NS
    assert short.windows.times(TimeWindow.LATEST, start, ()).within(start) == start
    # Another place of the past: nobody looked on the way there.
    unseen = TimingWindows(run.timing)
    assert "end of the branch" in unseen.times(TimeWindow.LATEST, now, ()).refusal


def test_what_is_kept_for_windows_is_bounded() -> None:
    run = _Run(2)
    for _ in range(12):
        run.windows.mark(run.go(4))
    run.take(of_type(finish(run.engine), CallFinished))
    now = run.engine.snapshot()
    marks = sorted({event.call.number for event in run.made})
    known = [mark for mark in marks if not run.windows.times(TimeWindow.MARK, now, (mark,)).refusal]
    assert len(known) == 9
