"""Times of calls and of elements from end to end, gathered from a run's events."""

from __future__ import annotations

import pytest

from runtime.engine.options import EngineOptions
from runtime.execution.call_timing import CallTiming
from runtime.model.call import Answer, Export, Finished, Verdict
from runtime.model.commands import SetSchedule, Step
from runtime.model.events import CallFinished
from runtime.model.linked import ErrorPolicy, Role, SchedulePolicy
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker, finish, initialised, linear, of_type
from tests.support.narrow import present


def test_calls_are_counted_by_node_and_elements_from_their_pull_to_the_end_of_their_push() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked, elements=2)
    slow = Answer(fakes.READY, 1_000, fuel=7)
    invoker.on("sink", Export.PUSH, lambda call: slow)
    timing = CallTiming()
    for event in of_type(finish(initialised(linked, invoker)), CallFinished):
        timing.add(event)
    times = timing.times()
    sink = present(times.of("sink"))
    # Two pushes, `complete` and `teardown`.
    calls = present(sink.calls)
    assert (calls.samples, calls.total_ns, calls.max_ns) == (4, 2_020, 1_000)
    assert (sink.fuel, sink.count, sink.empty) == (14, 4, 0)
    assert present(present(times.of("source")).calls).max_ns == 10
    assert times.of("nobody") is None
    ends = present(times.end_to_end)
    # pull 10 ns, process 10 ns, push 1,000 ns, one straight after the other.
    assert (ends.samples, ends.total_ns, times.in_calls_ns) == (2, 2_040, 2_040)


@pytest.mark.parametrize("elements", [0, 2])
def test_calls_of_functions_that_are_not_there_are_counted_but_have_no_duration(
    elements: int,
) -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked, elements=elements)
    for node in ("source", "processor0"):
        invoker.on(node, Export.TEARDOWN, lambda call: Answer(Finished()))
    timing = CallTiming()
    events = of_type(finish(initialised(linked, invoker)), CallFinished)
    timing.add(events[0])
    before = timing.before()
    timing.add_all(events[1:])
    for times, made in ((timing.times(), events), (timing.times_since(before), events[1:])):
        for node in ("source", "processor0"):
            calls = [one for one in made if one.call.node == node]
            if not calls:
                assert times.of(node) is None
                continue
            own = present(times.of(node))
            ran = [one.answer.duration_ns for one in calls if one.answer.duration_ns]
            assert (own.count, own.empty) == (len(calls), 1)
            if not ran:
                assert own.calls is None
                continue
            spread = present(own.calls)
            assert (spread.samples, spread.total_ns) == (len(ran), sum(ran))
            assert spread.p50_ns == 10


def test_elements_wait_from_the_call_that_gave_them_to_the_call_that_takes_them() -> None:
    linked = linear(Role.PROCESSOR, capacity=2)
    invoker = FakeInvoker(linked, elements=3)
    invoker.on("sink", Export.PUSH, lambda call: Answer(fakes.READY, 1_000))
    engine = initialised(linked, invoker)
    timing = CallTiming()
    # By hand: two pulls, both processed, a third pull, and all the rest in the flow's order.
    for node in ("source", "source", "processor0", "processor0", "source"):
        for event in of_type(engine.apply(Step(node)), CallFinished):
            timing.add(event)
    for event in of_type(finish(engine), CallFinished):
        timing.add(event)
    times = timing.times()
    # From 0: pulls end at 10, 20 and 50, calls of `process` begin at 20, 30 and 2,050.
    before = present(times.wait("source", "processor0"))
    assert (before.samples, before.total_ns) == (3, 10 + 10 + 2_000)
    # Calls of `process` end at 30, 40 and 2,060, pushes begin at 50, 1,050 and 2,060.
    after = present(times.wait("processor0", "sink"))
    assert (after.samples, after.max_ns, after.total_ns) == (3, 1_010, 20 + 1_010)
    assert times.wait("source", "sink") is None


def test_many_calls_at_once_come_to_the_same_as_one_by_one() -> None:
    linked = linear(Role.PROCESSOR, Role.FILTER, capacity=3)
    invoker = FakeInvoker(linked, elements=40)
    invoker.on("sink", Export.PUSH, lambda call: Answer(fakes.READY, 70 * call.number, fuel=3))
    failed, passed = Answer(fakes.failed(), 5), Answer(Verdict(True), 8)
    invoker.on("filter1", Export.EVALUATE, lambda call: passed if call.number % 7 else failed)
    engine = initialised(linked, invoker, EngineOptions(on_error=ErrorPolicy.SKIP))
    engine.apply(SetSchedule(SchedulePolicy.WEIGHTED_FAIR))
    calls = of_type(finish(engine), CallFinished)
    one_by_one, at_once = CallTiming(), CallTiming()
    for event in calls:
        one_by_one.add(event)
    for first in range(0, len(calls), 9):
        at_once.add_all(calls[first : first + 9])
    assert at_once.times() == one_by_one.times()
    assert present(at_once.times().wait("source", "processor0")).total_ns
    at_once.add_all([])
    assert at_once.times() == one_by_one.times()


def test_a_failed_call_does_not_end_the_wait_of_its_element() -> None:
    linked = linear()
    invoker = FakeInvoker(linked, elements=1)
    answers = [Answer(fakes.failed(), 500), Answer(fakes.READY, 10)]
    invoker.on("sink", Export.PUSH, lambda call: answers.pop(0))
    options = EngineOptions(on_error=ErrorPolicy.RETRY)
    timing = CallTiming()
    for event in of_type(finish(initialised(linked, invoker, options)), CallFinished):
        timing.add(event)
    wait = present(timing.times().wait("source", "sink"))
    assert (wait.samples, wait.total_ns) == (1, 500)


def test_nothing_has_no_times() -> None:
    times = CallTiming().times()
    assert (times.nodes, times.end_to_end, times.waits) == ((), None, ())
