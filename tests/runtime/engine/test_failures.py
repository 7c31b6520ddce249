"""Failures: stop, fail, skip, retry, and instances that must be rebuilt."""

from __future__ import annotations

import pytest

from runtime.engine.options import MAX_SKIPPED_PULLS, EngineOptions
from runtime.model.call import Export, FailureKind, Outcome
from runtime.model.commands import Drain, Skip, Step
from runtime.model.events import (
    CallFinished,
    DropReason,
    ElementDropped,
    FlowState,
    NodeFailed,
    NodeRebuilt,
    Stopped,
    StopReason,
)
from runtime.model.linked import ErrorPolicy, Role
from runtime.model.snapshot import NodeState
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker, finish, initialised, linear, of_type, steps
from tests.support.narrow import only, present


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (FailureKind.INVALID_INPUT, StopReason.ERROR),
        (FailureKind.UNAVAILABLE, StopReason.ERROR),
        (FailureKind.INTERNAL, StopReason.ERROR),
        (FailureKind.FATAL, StopReason.ERROR),
        (FailureKind.CONTRACT, StopReason.ERROR),
        (FailureKind.TRAP, StopReason.TRAP),
        (FailureKind.LIMIT, StopReason.LIMIT),
        (FailureKind.DEADLINE_EXCEEDED, StopReason.LIMIT),
    ],
)
def test_stop_names_the_reason_and_the_element_waits_at_the_head(
    kind: FailureKind, reason: StopReason
) -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked).then("processor0", Export.PROCESS, fakes.failed(kind))
    engine = initialised(linked, invoker)
    engine.step()
    events = engine.step()
    assert [type(event) for event in events] == [CallFinished, NodeFailed, Stopped]
    assert only(NodeFailed, events[1]).element is engine.queue(0)[0]
    assert events[2] == Stopped(50, reason, "processor0: broken", "processor0")
    assert engine.stop is reason
    snapshot = engine.snapshot()
    assert (snapshot.stop, snapshot.stop_detail) == (reason, "processor0: broken")
    assert snapshot.nodes[1].failure is not None
    assert snapshot.errors == 1


def test_after_a_stop_the_next_step_calls_again_with_the_same_element() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked)
    invoker.then("processor0", Export.PROCESS, fakes.failed(), fakes.failed())
    engine = initialised(linked, invoker)
    events = steps(engine, 4)
    assert [event.attempt for event in of_type(events, NodeFailed)] == [1, 2]
    tried = [call.element for call in invoker.calls if call.export is Export.PROCESS]
    assert tried[0] is tried[1] is tried[2]
    snapshot = engine.snapshot()
    assert snapshot.nodes[1].failure is None
    assert snapshot.stop is None
    assert snapshot.stop_detail == ""


def test_fail_ends_the_flow_and_tears_down_the_rest() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked).then("processor0", Export.PROCESS, fakes.failed())
    engine = initialised(linked, invoker, EngineOptions(on_error=ErrorPolicy.FAIL))
    steps(engine, 2)
    assert engine.state is FlowState.DRAINING
    finish(engine)
    assert invoker.made()[2:] == ["sink.teardown", "processor0.teardown", "source.teardown"]
    assert engine.state is FlowState.FAILED
    assert engine.stop is StopReason.ERROR
    assert len(engine.queue(0)) == 1


def test_skip_drops_the_element_and_goes_on() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked, elements=3).then("processor0", Export.PROCESS, fakes.failed())
    engine = initialised(linked, invoker, EngineOptions(on_error=ErrorPolicy.SKIP))
    events = finish(engine)
    drops = of_type(events, ElementDropped)
    assert [(drop.element.sequence, drop.reason) for drop in drops] == [(0, DropReason.SKIPPED)]
    assert of_type(events, Stopped)[0].reason is StopReason.END_OF_STREAM
    assert len(fakes.delivered(invoker)) == 2
    assert engine.snapshot().nodes[1].dropped == 1


def test_retry_calls_again_so_often_and_then_fails() -> None:
    linked = linear()
    options = EngineOptions(on_error=ErrorPolicy.RETRY, max_retries=2)
    invoker = FakeInvoker(linked).then("sink", Export.PUSH, fakes.failed(), fakes.failed())
    engine = initialised(linked, invoker, options)
    finish(engine)
    assert engine.state is FlowState.COMPLETED
    assert len(fakes.delivered(invoker)) == 5

    invoker = FakeInvoker(linked).on("sink", Export.PUSH, lambda call: fakes.failed())
    engine = initialised(linked, invoker, options)
    events = finish(engine)
    assert invoker.made("sink") == ["push", "push", "push", "teardown"]
    assert [event.attempt for event in of_type(events, NodeFailed)] == [1, 2, 3]
    assert engine.state is FlowState.FAILED


def test_attempts_are_counted_for_each_element_anew() -> None:
    linked = linear()
    options = EngineOptions(on_error=ErrorPolicy.RETRY, max_retries=1)
    answers: list[Outcome] = [fakes.failed(), fakes.READY] * 3
    invoker = FakeInvoker(linked, elements=3).then("sink", Export.PUSH, *answers)
    engine = initialised(linked, invoker, options)
    events = finish(engine)
    assert [event.attempt for event in of_type(events, NodeFailed)] == [1, 1, 1]
    assert engine.state is FlowState.COMPLETED


def test_a_crashed_instance_is_initialised_anew_before_its_next_call() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked)
    invoker.then("processor0", Export.PROCESS, fakes.failed(FailureKind.TRAP))
    engine = initialised(linked, invoker)
    steps(engine, 2)
    assert engine.snapshot().nodes[1].state is NodeState.CRASHED
    assert present(engine.next_call()).export is Export.INIT
    events = engine.step()
    assert events[1:] == [NodeRebuilt(60, "processor0")]
    engine.step()
    assert invoker.made("processor0") == ["process", "init", "process"]
    finish(engine)
    assert len(fakes.delivered(invoker)) == 3
    assert invoker.made("processor0").count("teardown") == 1


def test_a_crashed_node_without_further_work_is_not_rebuilt() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked, elements=1)
    invoker.then("processor0", Export.PROCESS, fakes.failed(FailureKind.TRAP))
    engine = initialised(linked, invoker, EngineOptions(on_error=ErrorPolicy.SKIP))
    events = finish(engine)
    assert of_type(events, NodeRebuilt) == []
    assert invoker.made("processor0") == ["process"]
    assert engine.state is FlowState.COMPLETED


def test_without_rebuilding_a_crash_fails_the_flow_under_every_policy() -> None:
    for policy in ErrorPolicy:
        linked = linear()
        invoker = FakeInvoker(linked).then("sink", Export.PUSH, fakes.failed(FailureKind.FATAL))
        options = EngineOptions(on_error=policy, rebuild=False)
        engine = initialised(linked, invoker, options)
        finish(engine)
        assert engine.state is FlowState.FAILED


def test_a_rebuild_whose_init_fails_is_tried_again_under_stop() -> None:
    linked = linear()
    invoker = FakeInvoker(linked).then("sink", Export.PUSH, fakes.failed(FailureKind.TRAP))
    invoker.then("sink", Export.INIT, fakes.FINISHED, fakes.failed(message="no licence"))
    engine = initialised(linked, invoker)
    events = steps(engine, 4)
    assert engine.stop is None
    assert [event.detail for event in of_type(events, Stopped)] == [
        "sink: broken",
        "sink: no licence",
    ]
    assert invoker.made("sink") == ["push", "init", "init"]


def test_a_rebuild_whose_init_fails_under_skip_fails_the_flow() -> None:
    linked = linear()
    invoker = FakeInvoker(linked).then("sink", Export.PUSH, fakes.failed(FailureKind.TRAP))
    invoker.then("sink", Export.INIT, fakes.FINISHED, fakes.failed())
    engine = initialised(linked, invoker, EngineOptions(on_error=ErrorPolicy.SKIP))
    finish(engine)
    assert engine.state is FlowState.FAILED
    assert invoker.made("sink") == ["push", "init"]


def test_a_failed_pull_is_repeated_by_the_next_step() -> None:
    linked = linear()
    invoker = FakeInvoker(linked, elements=1).then("source", Export.PULL, fakes.failed())
    engine = initialised(linked, invoker)
    events = engine.step()
    assert of_type(events, NodeFailed)[0].element is None
    assert present(engine.next_call()).export is Export.PULL
    finish(engine)
    assert len(fakes.delivered(invoker)) == 1


def test_skip_pulls_again_but_not_for_ever() -> None:
    linked = linear()
    options = EngineOptions(on_error=ErrorPolicy.SKIP)
    invoker = FakeInvoker(linked, elements=1).then("source", Export.PULL, fakes.failed())
    engine = initialised(linked, invoker, options)
    finish(engine)
    assert engine.state is FlowState.COMPLETED

    invoker = FakeInvoker(linked).on("source", Export.PULL, lambda call: fakes.failed())
    engine = initialised(linked, invoker, options)
    finish(engine)
    assert engine.state is FlowState.FAILED
    assert invoker.made("source").count("pull") == MAX_SKIPPED_PULLS


def test_drain_ends_a_source_that_keeps_failing() -> None:
    linked = linear()
    invoker = FakeInvoker(linked).on("source", Export.PULL, lambda call: fakes.failed())
    engine = initialised(linked, invoker)
    steps(engine, 2)
    engine.apply(Drain("enough"))
    finish(engine)
    assert engine.state is FlowState.COMPLETED


def test_the_skip_command_drops_the_failed_element_only() -> None:
    linked = linear()
    invoker = FakeInvoker(linked, elements=2).then("sink", Export.PUSH, fakes.failed())
    engine = initialised(linked, invoker)
    for node in ("source", "source", "sink"):
        engine.apply(Step(node=node))
    events = engine.apply(Skip("sink"))
    assert [
        (event.element.sequence, event.reason) for event in of_type(events, ElementDropped)
    ] == [(0, DropReason.SKIPPED)]
    assert engine.snapshot().nodes[1].failure is None
    refusal = engine.apply(Skip("sink"))
    assert only(Stopped, refusal[0]).detail == "sink has no failed element"
    assert len(engine.queue(0)) == 1


def test_the_skip_command_gives_up_a_failed_complete() -> None:
    linked = linear()
    invoker = FakeInvoker(linked, elements=0).on(
        "sink", Export.COMPLETE, lambda call: fakes.failed()
    )
    engine = initialised(linked, invoker)
    steps(engine, 2)
    engine.apply(Skip("sink"))
    finish(engine)
    assert invoker.made("sink") == ["complete", "teardown"]


def test_the_skip_command_says_why_it_changes_nothing() -> None:
    linked = linear()
    invoker = FakeInvoker(linked).then("source", Export.INIT, fakes.failed())
    engine = fakes.started(linked, invoker)
    engine.step()
    assert "only a flowing flow" in only(Stopped, engine.apply(Skip("source"))[0]).detail
    assert "no node nobody" in only(Stopped, engine.apply(Skip("nobody"))[0]).detail


def test_a_failed_flow_announces_no_call_for_a_pause_that_was_under_way() -> None:
    linked = linear(capacity=4)
    invoker = FakeInvoker(linked).then("sink", Export.PUSH, fakes.PAUSE)
    invoker.then("source", Export.PULL, *[fakes.emitted(b"x")] * 2, fakes.failed())
    engine = initialised(linked, invoker, EngineOptions(on_error=ErrorPolicy.FAIL))
    finish(engine)
    assert engine.state is FlowState.FAILED
    assert (engine.next_call(), engine.waits_ns()) == (None, 0)
    assert engine.snapshot().nodes[1].paused_until_ns is None
