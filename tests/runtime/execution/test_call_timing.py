"""Times of calls and of elements from end to end, gathered from a run's events."""

from __future__ import annotations

from runtime.execution.call_timing import CallTiming
from runtime.model.call import Answer, Export
from runtime.model.events import CallFinished
from runtime.model.linked import Role
from tests.support import engine_fakes as fakes
from tests.support.engine_fakes import FakeInvoker, finish, initialised, linear, of_type
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
    assert (sink.calls.samples, sink.calls.total_ns, sink.calls.max_ns) == (4, 2_020, 1_000)
    assert sink.fuel == 14
    assert present(times.of("source")).calls.max_ns == 10
    assert times.of("nobody") is None
    ends = present(times.end_to_end)
    # pull 10 ns, process 10 ns, push 1,000 ns, one straight after the other.
    assert (ends.samples, ends.total_ns, times.in_calls_ns) == (2, 2_040, 2_040)


def test_nothing_has_no_times() -> None:
    times = CallTiming().times()
    assert (times.nodes, times.end_to_end) == ((), None)
