"""Swaps: another build of a node while the flow runs, and what stays as it was."""

from __future__ import annotations

import pytest

from runtime.engine.options import EngineOptions
from runtime.model.call import Export, FailureKind
from runtime.model.commands import Advance, Cancel, Step, Swap
from runtime.model.events import (
    BackpressureEnded,
    FlowState,
    NodeFailed,
    NodeRebuilt,
    Stopped,
    StopReason,
    Swapped,
)
from runtime.model.linked import ErrorPolicy, QueuePolicy, Role
from runtime.model.snapshot import NodeState
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker, finish, initialised, linear, of_type, steps
from tests.support.narrow import present

OLD = "0" * 64
NEW = "1" * 64


def test_a_swap_changes_the_digest_and_nothing_else() -> None:
    linked = linear(Role.PROCESSOR)
    engine = initialised(linked, FakeInvoker(linked))
    steps(engine, 2)
    before = engine.snapshot()
    events = engine.apply(Swap("processor0", NEW))
    assert events == [Swapped(before.at_ns, "processor0", NEW, OLD)]
    assert [node.digest for node in engine.flow.nodes] == [OLD, NEW, OLD]
    assert engine.flow.by_name["processor0"].digest == NEW
    after = engine.snapshot()
    assert [node.swaps for node in after.nodes] == [0, 1, 0]
    assert after.nodes[0] == before.nodes[0]
    assert after.edges == before.edges
    assert (after.calls, after.next_call) == (before.calls, before.next_call)
    assert after.nodes[1].calls == before.nodes[1].calls


def test_after_a_swap_the_failed_element_is_tried_again_as_for_the_first_time() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked).on("processor0", Export.PROCESS, lambda call: fakes.failed())
    engine = initialised(linked, invoker)
    steps(engine, 3)
    element = engine.queue(0)[0]
    assert (engine.stop, engine.failed_nodes()) == (StopReason.ERROR, ("processor0",))
    engine.apply(Swap("processor0", NEW))
    snapshot = engine.snapshot()
    assert (engine.stop, snapshot.stop, snapshot.stop_detail) == (None, None, "")
    assert engine.failed_nodes() == ()
    assert snapshot.nodes[1].state is NodeState.READY
    assert snapshot.next_call is not None
    assert snapshot.next_call.element_id == element.id
    events = engine.step()
    assert [event.attempt for event in of_type(events, NodeFailed)] == [1]
    assert invoker.calls[-1].element is element


def test_retries_are_counted_from_the_swap_on() -> None:
    linked = linear()
    options = EngineOptions(on_error=ErrorPolicy.RETRY, max_retries=1)
    invoker = FakeInvoker(linked).then("sink", Export.PUSH, *[fakes.failed()] * 2)
    engine = initialised(linked, invoker, options)
    steps(engine, 2)
    engine.apply(Swap("sink", NEW))
    finish(engine)
    assert engine.state is FlowState.COMPLETED


def test_the_stop_of_another_node_stays_after_a_swap() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked).then("processor0", Export.PROCESS, fakes.failed())
    engine = initialised(linked, invoker)
    steps(engine, 2)
    engine.apply(Swap("sink", NEW))
    assert (engine.stop, engine.failed_nodes()) == (StopReason.ERROR, ("processor0",))


def test_a_swapped_crashed_node_needs_no_init() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked)
    invoker.then("processor0", Export.PROCESS, fakes.failed(FailureKind.TRAP))
    engine = initialised(linked, invoker)
    steps(engine, 2)
    assert present(engine.next_call()).export is Export.INIT
    engine.apply(Swap("processor0", NEW))
    assert engine.snapshot().nodes[1].state is NodeState.READY
    events = finish(engine)
    assert of_type(events, NodeRebuilt) == []
    assert invoker.made("processor0") == ["process"] * 4 + ["teardown"]
    assert len(fakes.delivered(invoker)) == 3


def test_a_node_whose_init_failed_anew_still_gets_it_after_a_swap() -> None:
    linked = linear()
    invoker = FakeInvoker(linked).then("sink", Export.PUSH, fakes.failed(FailureKind.TRAP))
    invoker.then("sink", Export.INIT, fakes.FINISHED, fakes.failed(message="no licence"))
    engine = initialised(linked, invoker)
    steps(engine, 3)
    engine.apply(Swap("sink", NEW))
    snapshot = engine.snapshot()
    assert (snapshot.nodes[1].failure, snapshot.nodes[1].state) == (None, NodeState.NEW)
    assert present(engine.next_call()).export is Export.INIT
    finish(engine)
    assert len(fakes.delivered(invoker)) == 4


def test_init_stays_due_when_a_node_is_swapped_before_it() -> None:
    linked = linear()
    invoker = FakeInvoker(linked).then("source", Export.INIT, fakes.failed(message="no file"))
    engine = fakes.started(linked, invoker)
    engine.step()
    assert engine.stop is StopReason.ERROR
    engine.apply(Swap("source", NEW))
    engine.apply(Swap("sink", NEW))
    assert (engine.stop, engine.failed_nodes()) == (None, ())
    steps(engine, 2)
    assert invoker.made() == ["source.init", "source.init", "sink.init"]


def test_a_swapped_source_is_told_to_pause_again_and_never_pulled_in_between() -> None:
    linked = linear(capacity=2)
    invoker = FakeInvoker(linked, elements=9)
    engine = initialised(linked, invoker)
    for node in ("source", "source", "source"):
        engine.apply(Step(node=node))
    assert invoker.made() == ["source.pull", "source.pull", "source.notify-backpressure"]
    engine.apply(Swap("source", NEW))
    invoker.calls.clear()
    steps(engine, 3)
    assert invoker.made() == [
        "source.notify-backpressure",
        "sink.push",
        "source.notify-backpressure",
    ]
    assert [call.argument for call in invoker.calls if call.argument] == ["pause", "ready"]
    engine.apply(Step(node="source"))
    assert invoker.made()[-1] == "source.pull"


def test_a_source_swapped_when_ready_was_due_does_not_get_it() -> None:
    linked = linear(capacity=2)
    invoker = FakeInvoker(linked, elements=9)
    engine = initialised(linked, invoker)
    for node in ("source", "source", "source", "sink"):
        events = engine.apply(Step(node=node))
    assert len(of_type(events, BackpressureEnded)) == 1
    assert present(engine.next_call()).export is Export.NOTIFY_BACKPRESSURE
    engine.apply(Swap("source", NEW))
    assert present(engine.next_call()).export is not Export.NOTIFY_BACKPRESSURE
    engine.apply(Step(node="source"))
    assert invoker.made("source")[-2:] == ["notify-backpressure", "pull"]


def test_a_source_that_is_done_stays_done_after_a_swap() -> None:
    linked = linear()
    invoker = FakeInvoker(linked, elements=1)
    engine = initialised(linked, invoker)
    steps(engine, 3)
    assert engine.snapshot().nodes[0].state is NodeState.DONE
    engine.apply(Swap("source", NEW))
    finish(engine)
    assert invoker.made("source") == ["pull", "pull", "teardown"]


def test_a_sink_that_asked_for_a_pause_keeps_it_after_a_swap() -> None:
    linked = linear()
    invoker = FakeInvoker(linked, elements=1).then("sink", Export.PUSH, fakes.PAUSE)
    engine = initialised(linked, invoker)
    steps(engine, 2)
    engine.apply(Swap("sink", NEW))
    assert engine.snapshot().nodes[1].state is NodeState.PAUSED
    engine.apply(Advance(200_000_000))
    finish(engine)
    assert invoker.made("sink") == ["push", "complete", "teardown"]


def test_of_several_inputs_the_failed_one_comes_first_after_a_swap() -> None:
    linked = fakes.flow(
        {"a": Role.SOURCE, "b": Role.SOURCE, "sink": Role.SINK},
        [fakes.edge("a", "sink"), fakes.edge("b", "sink")],
    )
    invoker = FakeInvoker(linked).then("sink", Export.PUSH, fakes.READY, fakes.failed())
    engine = initialised(linked, invoker)
    for node in ("a", "a", "b", "sink"):
        engine.apply(Step(node=node))
    lineage = engine.queue(0)[0].lineage
    engine.apply(Step(lineage=lineage))
    engine.apply(Swap("sink", NEW))
    engine.apply(Step(node="sink"))
    assert [present(call.element).source for call in invoker.calls[-2:]] == ["a", "a"]


def test_elements_that_met_a_full_queue_wait_on_after_a_swap_of_their_producer() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "processor": Role.PROCESSOR, "sink": Role.SINK},
        [fakes.edge("source", "processor"), fakes.edge("processor", "sink", 1, QueuePolicy.ERROR)],
    )
    invoker = FakeInvoker(linked)
    engine = initialised(linked, invoker)
    for node in ("source", "source", "processor", "processor"):
        engine.apply(Step(node=node))
    assert present(engine.snapshot().nodes[1].failure).kind is FailureKind.QUEUE_FULL
    engine.apply(Swap("processor", NEW))
    snapshot = engine.snapshot()
    assert (snapshot.stop, snapshot.nodes[1].pending) == (StopReason.ERROR, 1)
    finish(engine)
    assert len(fakes.delivered(invoker)) == 3


def test_a_swap_of_an_unknown_node_says_so() -> None:
    linked = linear()
    engine = initialised(linked, FakeInvoker(linked))
    events = engine.apply(Swap("nobody", NEW))
    assert [event.detail for event in of_type(events, Stopped)] == ["the flow has no node nobody"]


@pytest.mark.parametrize("torn_down", [1, 2])
def test_after_its_teardown_only_the_digest_of_a_node_changes(torn_down: int) -> None:
    linked = linear()
    invoker = FakeInvoker(linked)
    engine = initialised(linked, invoker)
    engine.apply(Cancel("enough"))
    steps(engine, torn_down)
    before = engine.snapshot()
    assert engine.apply(Swap("sink", NEW)) == [Swapped(before.at_ns, "sink", NEW, OLD)]
    assert engine.snapshot() == before
    assert engine.flow.by_name["sink"].digest == NEW
    finish(engine)
    assert invoker.made() == ["sink.teardown", "source.teardown"]


def test_an_instance_swapped_in_for_a_crashed_one_is_torn_down_at_the_end() -> None:
    linked = linear()
    invoker = FakeInvoker(linked).then("sink", Export.PUSH, fakes.failed(FailureKind.TRAP))
    engine = initialised(linked, invoker)
    steps(engine, 2)
    engine.apply(Cancel("enough"))
    engine.apply(Swap("sink", NEW))
    finish(engine)
    assert sorted(invoker.made()[2:]) == ["sink.teardown", "source.teardown"]
