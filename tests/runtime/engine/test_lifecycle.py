"""The life of a flow: init, completion, flush, drain, cancel, teardown."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.model.call import Export, FailureKind
from runtime.model.commands import Advance, Cancel, Drain, Start, Step
from runtime.model.events import (
    CallFinished,
    FlowEnded,
    FlowStarted,
    FlowState,
    NodeDone,
    NodeFailed,
    Stopped,
    StopReason,
)
from runtime.model.linked import ErrorPolicy, LinkedFlow, Role, SchedulePolicy
from tests.support.engine import fakes
from tests.support.engine.fakes import (
    FakeInvoker,
    finish,
    initialised,
    linear,
    of_type,
    started,
    steps,
)
from tests.support.narrow import present


def summing() -> LinkedFlow:
    return linear(Role.PROCESSOR, Role.AGGREGATOR)


def test_a_linear_flow_makes_exactly_the_calls_of_the_contract() -> None:
    linked = linear()
    invoker = FakeInvoker(linked, elements=2)
    events = finish(started(linked, invoker))
    assert invoker.made() == [
        "source.init",
        "sink.init",
        "source.pull",
        "sink.push",
        "source.pull",
        "sink.push",
        "source.pull",
        "sink.complete",
        "sink.teardown",
        "source.teardown",
    ]
    assert [event.call.number for event in of_type(events, CallFinished)] == list(range(1, 11))
    assert events[-2:] == [
        FlowEnded(100, FlowState.COMPLETED, "every source is exhausted"),
        Stopped(100, StopReason.END_OF_STREAM, "every source is exhausted"),
    ]


def test_init_gets_the_configuration_verbatim() -> None:
    linked = linear()
    invoker = FakeInvoker(linked)
    steps(started(linked, invoker), 2)
    assert [call.argument for call in invoker.calls] == ["{}", "{}"]


def test_an_aggregator_is_flushed_after_its_last_element_and_before_the_sink_completes() -> None:
    linked = summing()
    invoker = FakeInvoker(linked, elements=3)
    invoker.on("aggregator1", Export.INGEST, lambda call: fakes.ABSORBED)
    invoker.then("aggregator1", Export.FLUSH, fakes.emitted(b"six", b"seven"))
    events = finish(started(linked, invoker))
    assert invoker.made("aggregator1") == ["init", *["ingest"] * 3, "flush", "teardown"]
    assert fakes.delivered(invoker) == [b"six", b"seven"]
    assert invoker.made("sink") == ["init", "push", "push", "complete", "teardown"]
    assert [event.node for event in of_type(events, NodeDone)] == [
        "source",
        "processor0",
        "aggregator1",
        "sink",
    ]


def test_nothing_is_called_before_start_and_start_counts_once() -> None:
    linked = linear()
    invoker = FakeInvoker(linked)
    engine = Engine(linked, invoker, EngineOptions())
    assert engine.state is FlowState.CREATED
    assert engine.next_call() is None
    assert engine.step() == []
    assert engine.apply(Start(5)) == [FlowStarted(5)]
    assert engine.apply(Start(6)) == []
    assert invoker.calls == []


def test_an_ended_flow_makes_no_call_any_more() -> None:
    linked = linear()
    invoker = FakeInvoker(linked)
    engine = started(linked, invoker)
    finish(engine)
    made = len(invoker.calls)
    assert engine.step() == []
    assert engine.apply(Drain("late")) == []
    assert engine.apply(Cancel("late")) == []
    assert engine.waits_ns() == 0
    assert engine.next_call() is None
    assert engine.stop is StopReason.END_OF_STREAM
    assert len(invoker.calls) == made


def test_drain_delivers_what_is_queued_and_pulls_nothing_more() -> None:
    linked = linear(capacity=4)
    invoker = FakeInvoker(linked, elements=100)
    engine = initialised(linked, invoker)
    for _ in range(3):
        engine.apply(Step(node="source"))
    assert engine.state is FlowState.RUNNING
    engine.apply(Drain("enough"))
    assert engine.state is FlowState.DRAINING
    events = finish(engine)
    assert invoker.made("source") == ["pull"] * 3 + ["teardown"]
    assert len(fakes.delivered(invoker)) == 3
    assert of_type(events, FlowEnded) == [
        FlowEnded(engine.snapshot().at_ns, FlowState.COMPLETED, "enough")
    ]


def test_cancel_makes_only_teardowns_and_leaves_elements_queued() -> None:
    linked = linear(capacity=4)
    invoker = FakeInvoker(linked, elements=100)
    engine = initialised(linked, invoker)
    for _ in range(3):
        engine.apply(Step(node="source"))
    invoker.calls.clear()
    assert engine.apply(Cancel("ctrl-c")) == []
    assert not engine.state.ended
    finish(engine)
    assert invoker.made() == ["sink.teardown", "source.teardown"]
    assert engine.state is FlowState.CANCELLED
    assert engine.stop is StopReason.USER
    assert len(engine.queue(0)) == 3


@pytest.mark.parametrize("command", [Cancel("never mind"), Drain("never mind")])
def test_a_flow_that_never_started_ends_at_once_without_a_call(command: Cancel | Drain) -> None:
    linked = linear()
    invoker = FakeInvoker(linked)
    engine = Engine(linked, invoker, EngineOptions())
    engine.apply(command)
    assert engine.state.ended
    assert invoker.calls == []


def test_cancel_between_inits_tears_down_only_what_was_initialised() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked)
    engine = started(linked, invoker)
    steps(engine, 2)
    engine.apply(Cancel("ctrl-c"))
    finish(engine)
    assert invoker.made()[2:] == ["processor0.teardown", "source.teardown"]


def test_the_sources_together_give_no_more_than_the_element_limit() -> None:
    linked = fakes.flow(
        {"a": Role.SOURCE, "b": Role.SOURCE, "sink": Role.SINK},
        [fakes.edge("a", "sink"), fakes.edge("b", "sink")],
    )
    invoker = FakeInvoker(linked, elements=100)
    options = EngineOptions(schedule=SchedulePolicy.ROUND_ROBIN, element_limit=5)
    engine = started(linked, invoker, options)
    finish(engine)
    assert len(fakes.delivered(invoker)) == 5
    assert engine.snapshot().pulled == 5
    assert engine.state is FlowState.COMPLETED
    assert invoker.made("a").count("pull") + invoker.made("b").count("pull") == 5


def test_an_element_limit_of_zero_still_lives_the_whole_life() -> None:
    linked = linear()
    invoker = FakeInvoker(linked)
    finish(started(linked, invoker, EngineOptions(element_limit=0)))
    assert invoker.made() == [
        "source.init",
        "sink.init",
        "sink.complete",
        "sink.teardown",
        "source.teardown",
    ]


def test_a_failed_init_stops_and_the_next_step_tries_it_again() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked).then("processor0", Export.INIT, fakes.failed(message="no file"))
    engine = started(linked, invoker)
    engine.step()
    events = engine.step()
    assert of_type(events, NodeFailed)[0].attempt == 1
    assert events[-1] == Stopped(20, StopReason.ERROR, "processor0: no file", "processor0")
    assert present(engine.next_call()).node == "processor0"
    finish(engine)
    assert invoker.made("processor0")[:2] == ["init", "init"]
    assert engine.state is FlowState.COMPLETED


@pytest.mark.parametrize("policy", [ErrorPolicy.FAIL, ErrorPolicy.SKIP])
def test_a_failed_init_tears_down_what_was_initialised_before_it(policy: ErrorPolicy) -> None:
    linked = linear(Role.PROCESSOR, Role.FILTER)
    invoker = FakeInvoker(linked).then("filter1", Export.INIT, fakes.failed())
    engine = started(linked, invoker, EngineOptions(on_error=policy))
    events = finish(engine)
    assert invoker.made()[3:] == ["processor0.teardown", "source.teardown"]
    assert engine.state is FlowState.FAILED
    assert of_type(events, FlowEnded)[0].detail == "filter1: broken"


def test_a_failed_first_init_fails_the_flow_in_the_same_step() -> None:
    linked = linear()
    invoker = FakeInvoker(linked).then("source", Export.INIT, fakes.failed())
    engine = started(linked, invoker, EngineOptions(on_error=ErrorPolicy.FAIL))
    engine.step()
    assert engine.state is FlowState.FAILED
    assert invoker.made() == ["source.init"]


def test_retried_init_fails_the_flow_when_the_retries_are_used_up() -> None:
    linked = linear()
    invoker = FakeInvoker(linked).on("source", Export.INIT, lambda call: fakes.failed())
    options = EngineOptions(on_error=ErrorPolicy.RETRY, max_retries=2)
    engine = started(linked, invoker, options)
    events = finish(engine)
    assert invoker.made() == ["source.init"] * 3
    assert [event.attempt for event in of_type(events, NodeFailed)] == [1, 2, 3]


def test_a_failed_teardown_is_reported_and_the_others_go_on() -> None:
    linked = linear()
    invoker = FakeInvoker(linked, elements=0)
    invoker.then("sink", Export.TEARDOWN, fakes.failed(FailureKind.TRAP))
    engine = started(linked, invoker, EngineOptions(on_error=ErrorPolicy.FAIL))
    events = finish(engine)
    assert [event.node for event in of_type(events, NodeFailed)] == ["sink"]
    assert invoker.made()[-1] == "source.teardown"
    assert engine.state is FlowState.COMPLETED


def test_a_crashed_node_is_not_torn_down() -> None:
    linked = linear()
    invoker = FakeInvoker(linked).then("sink", Export.PUSH, fakes.failed(FailureKind.TRAP))
    engine = started(linked, invoker, EngineOptions(on_error=ErrorPolicy.FAIL))
    finish(engine)
    assert invoker.made()[-1] == "source.teardown"
    assert "teardown" not in invoker.made("sink")
    assert engine.stop is StopReason.TRAP


def test_a_failed_flush_is_tried_again_or_skipped() -> None:
    linked = summing()
    invoker = FakeInvoker(linked).then("aggregator1", Export.FLUSH, fakes.failed())
    finish(started(linked, invoker))
    assert invoker.made("aggregator1")[-3:] == ["flush", "flush", "teardown"]

    invoker = FakeInvoker(linked).then("aggregator1", Export.FLUSH, fakes.failed())
    engine = started(linked, invoker, EngineOptions(on_error=ErrorPolicy.SKIP))
    finish(engine)
    assert invoker.made("aggregator1")[-2:] == ["flush", "teardown"]
    assert engine.state is FlowState.COMPLETED


def test_flow_time_is_the_sum_of_answers_and_advances() -> None:
    linked = linear()
    engine = initialised(linked, FakeInvoker(linked, duration_ns=7))
    assert engine.snapshot().at_ns == 14
    engine.apply(Advance(100))
    assert engine.snapshot().at_ns == 114
    with pytest.raises(ValueError, match="cannot go back by 1 ns"):
        engine.apply(Advance(-1))


@pytest.mark.parametrize("wrong", [{"max_retries": -1}, {"element_limit": -1}])
def test_options_refuse_negative_numbers(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be 0 or more"):
        EngineOptions(**wrong)
