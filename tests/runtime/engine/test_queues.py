"""Queues: policies, what waits pending, fan-in and fan-out."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from runtime.engine.options import EngineOptions
from runtime.model.call import Export, FailureKind, Ports
from runtime.model.commands import Advance, Skip, Step
from runtime.model.element import Element
from runtime.model.events import (
    BackpressureBegan,
    CallFinished,
    Delivery,
    DropReason,
    ElementDropped,
    FlowState,
    NodeFailed,
    Released,
    Stopped,
    StopReason,
)
from runtime.model.linked import ErrorPolicy, LinkedEdge, LinkedFlow, QueuePolicy, Role
from runtime.model.snapshot import NodeState
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
from tests.support.narrow import only, present


def sequences(elements: Iterable[Element]) -> list[int]:
    return [element.sequence for element in elements]


def branching(first: int = 1, second: int = 4) -> LinkedFlow:
    """source -> router -> sinks a and b, whose queues have the capacities given."""
    return fakes.flow(
        {"source": Role.SOURCE, "router": Role.ROUTER, "a": Role.SINK, "b": Role.SINK},
        [
            fakes.edge("source", "router", 8),
            fakes.edge("router", "a", first, port="a"),
            fakes.edge("router", "b", second, port="b"),
        ],
    )


def test_a_producer_is_not_called_while_its_queue_is_full() -> None:
    linked = linear(Role.PROCESSOR, capacity=2)
    invoker = FakeInvoker(linked, elements=10)
    engine = initialised(linked, invoker)
    for node in ("source", "processor0", "source", "processor0", "source"):
        engine.apply(Step(node=node))
    assert sequences(engine.queue(1)) == [0, 1]
    events = engine.apply(Step(node="processor0"))
    assert events == [
        Stopped(
            80,
            StopReason.USER,
            "processor0 is blocked by processor0 -> sink (2 of 2)",
            "processor0",
        )
    ]
    assert engine.snapshot().nodes[1].state is NodeState.BLOCKED
    engine.apply(Step(node="sink"))
    assert engine.snapshot().nodes[1].state is NodeState.READY


def test_drop_oldest_keeps_the_newest_and_never_holds_the_producer() -> None:
    linked = linear(capacity=2, policy="drop-oldest")
    invoker = FakeInvoker(linked, elements=5)
    engine = initialised(linked, invoker)
    events = [event for _ in range(5) for event in engine.apply(Step(node="source"))]
    assert sequences(engine.queue(0)) == [3, 4]
    drops = of_type(events, ElementDropped)
    assert [(drop.element.sequence, drop.reason, drop.edge) for drop in drops] == [
        (0, DropReason.QUEUE_FULL_OLDEST, 0),
        (1, DropReason.QUEUE_FULL_OLDEST, 0),
        (2, DropReason.QUEUE_FULL_OLDEST, 0),
    ]
    assert invoker.made("source") == ["pull"] * 5
    edge = engine.snapshot().edges[0]
    assert (edge.enqueued, edge.dropped, edge.depth, edge.peak) == (5, 3, 2, 2)


def test_drop_newest_keeps_the_oldest() -> None:
    linked = linear(capacity=2, policy="drop-newest")
    invoker = FakeInvoker(linked, elements=4)
    engine = initialised(linked, invoker)
    events = [event for _ in range(4) for event in engine.apply(Step(node="source"))]
    assert sequences(engine.queue(0)) == [0, 1]
    assert [drop.element.sequence for drop in of_type(events, ElementDropped)] == [2, 3]
    assert of_type(events, CallFinished)[-1].deliveries == ()
    edge = engine.snapshot().edges[0]
    assert (edge.enqueued, edge.dropped, edge.depth) == (2, 2, 2)


def test_drop_oldest_forgets_the_failure_of_the_element_it_drops() -> None:
    linked = linear(capacity=1, policy="drop-oldest")
    invoker = FakeInvoker(linked, elements=2).then("sink", Export.PUSH, fakes.failed())
    engine = initialised(linked, invoker)
    engine.apply(Step(node="source"))
    engine.apply(Step(node="sink"))
    assert engine.snapshot().nodes[1].state is NodeState.FAILED
    engine.apply(Step(node="source"))
    assert engine.snapshot().nodes[1].failure is None
    invoker.then("sink", Export.PUSH, fakes.failed())
    events = engine.apply(Step(node="sink"))
    assert of_type(events, NodeFailed)[0].attempt == 1


def test_policy_error_fails_the_producer_and_keeps_the_element_pending() -> None:
    linked = linear(capacity=1, policy="error")
    invoker = FakeInvoker(linked, elements=2)
    engine = initialised(linked, invoker)
    engine.apply(Step(node="source"))
    events = engine.apply(Step(node="source"))
    failed = of_type(events, NodeFailed)[0]
    assert (failed.node, failed.failure.kind, failed.failure.code) == (
        "source",
        FailureKind.QUEUE_FULL,
        "E0405",
    )
    assert "source -> sink" in failed.failure.message
    assert of_type(events, Stopped)[0].reason is StopReason.ERROR
    assert sequences(engine.queue(0)) == [0]
    assert sequences(engine.pending(0)) == [1]
    assert engine.snapshot().nodes[0].failure == failed.failure
    events = engine.apply(Step(node="sink"))
    assert of_type(events, Released)[0].deliveries[0].element.sequence == 1
    assert engine.snapshot().nodes[0].failure is None
    finish(engine)
    assert len(fakes.delivered(invoker)) == 2


@pytest.mark.parametrize(
    ("policy", "state", "dropped"),
    [
        (ErrorPolicy.FAIL, FlowState.FAILED, 0),
        (ErrorPolicy.SKIP, FlowState.COMPLETED, 2),
        (ErrorPolicy.RETRY, FlowState.COMPLETED, 0),
    ],
)
def test_policy_error_under_the_other_error_policies(
    policy: ErrorPolicy, state: FlowState, dropped: int
) -> None:
    linked = linear(capacity=1, policy="error")
    options = EngineOptions(on_error=policy, max_retries=1)
    invoker = FakeInvoker(linked, elements=3)
    engine = initialised(linked, invoker, options)
    for _ in range(3):
        engine.apply(Step(node="source"))
    finish(engine)
    assert engine.state is state
    assert engine.snapshot().dropped == dropped


def test_skip_drops_what_a_refusing_queue_left_pending() -> None:
    linked = linear(capacity=1, policy="error")
    engine = initialised(linked, FakeInvoker(linked, elements=2))
    engine.apply(Step(node="source"))
    engine.apply(Step(node="source"))
    events = engine.apply(Skip("source"))
    assert [
        (one.element.sequence, one.reason, one.edge) for one in of_type(events, ElementDropped)
    ] == [(1, DropReason.SKIPPED, 0)]
    assert engine.pending(0) == ()
    assert engine.snapshot().nodes[0].state is NodeState.READY


def test_rate_limit_takes_the_first_at_once_and_then_one_an_interval() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "sink": Role.SINK},
        [fakes.edge("source", "sink", policy=QueuePolicy.RATE_LIMIT, rate=1_000_000.0)],
    )
    invoker = FakeInvoker(linked, elements=4, duration_ns=10)
    engine = initialised(linked, invoker)
    events = finish(engine)
    pulls = [
        event.at_ns
        for event in of_type(events, CallFinished)
        if event.call.export is Export.PULL and event.outputs
    ]
    assert pulls == [20, 1_030, 2_040, 3_050]


def test_the_time_a_rate_limit_takes_is_announced_and_blocks() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "sink": Role.SINK},
        [fakes.edge("source", "sink", policy=QueuePolicy.RATE_LIMIT, rate=1_000_000.0)],
    )
    engine = initialised(linked, FakeInvoker(linked, elements=4, duration_ns=10))
    steps(engine, 2)
    assert engine.step() == []
    assert engine.waits_ns() == 990
    announced = engine.next_call()
    assert (present(announced).node, present(announced).export, present(announced).waits_ns) == (
        "source",
        Export.PULL,
        990,
    )
    assert engine.snapshot().nodes[0].state is NodeState.BLOCKED
    assert "takes its next element in" in only(Stopped, engine.apply(Step(node="source"))[0]).detail
    assert engine.apply(Advance(989)) == []
    assert engine.waits_ns() == 1
    engine.apply(Advance(1))
    assert engine.waits_ns() == 0
    assert engine.snapshot().nodes[0].blocked_ns == 1_000


def test_a_router_keeps_pending_what_a_rate_limit_does_not_take_yet() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "router": Role.ROUTER, "a": Role.SINK},
        [
            fakes.edge("source", "router"),
            fakes.edge("router", "a", policy=QueuePolicy.RATE_LIMIT, rate=1_000_000.0, port="a"),
        ],
    )
    engine = initialised(linked, FakeInvoker(linked, elements=3, duration_ns=10))
    for node in ("source", "router", "source", "router"):
        engine.apply(Step(node=node))
    assert (sequences(engine.queue(1)), sequences(engine.pending(1))) == ([0], [1])
    engine.apply(Step(node="a"))
    assert (sequences(engine.queue(1)), sequences(engine.pending(1))) == ([], [1])
    assert (
        "1 element pending for router:a -> a"
        in only(Stopped, engine.apply(Step(node="router"))[0]).detail
    )
    (released,) = engine.apply(Advance(970))
    assert isinstance(released, Released)
    assert released.at_ns == 30 + 20 + 1_000
    assert sequences(engine.queue(1)) == [1]


def test_a_flush_into_a_rate_limit_goes_out_one_an_interval() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "aggregator": Role.AGGREGATOR, "sink": Role.SINK},
        [
            fakes.edge("source", "aggregator"),
            fakes.edge("aggregator", "sink", policy=QueuePolicy.RATE_LIMIT, rate=1_000_000.0),
        ],
    )
    invoker = FakeInvoker(linked, elements=0, duration_ns=0)
    invoker.then("aggregator", Export.FLUSH, fakes.emitted(b"1", b"2", b"3"))
    engine = initialised(linked, invoker)
    events = finish(engine)
    assert [event.at_ns for event in of_type(events, Released)] == [1_000, 2_000]
    assert fakes.delivered(invoker) == [b"1", b"2", b"3"]


def test_a_router_holds_its_element_while_other_branches_go_on() -> None:
    linked = branching(first=1)
    invoker = FakeInvoker(linked, elements=4)
    invoker.on("router", Export.ROUTE, lambda call: Ports(("a", "b")))
    engine = initialised(linked, invoker)
    for node in ("source", "source", "source", "router", "router"):
        events = engine.apply(Step(node=node))
    assert of_type(events, CallFinished)[0].deliveries == (Delivery(2, engine.queue(2)[1], 2),)
    assert sequences(engine.pending(1)) == [1]
    snapshot = engine.snapshot()
    assert (snapshot.nodes[1].pending, snapshot.edges[1].pending) == (1, 1)
    assert snapshot.nodes[1].state is NodeState.BLOCKED
    refusal = engine.apply(Step(node="router"))
    assert "1 element pending for router:a -> a (1 of 1)" in only(Stopped, refusal[0]).detail
    engine.apply(Step(node="b"))
    assert sequences(engine.pending(1)) == [1]
    events = engine.apply(Step(node="a"))
    assert of_type(events, Released) == [
        Released("router", 110, (Delivery(1, engine.queue(1)[0], 1),))
    ]
    assert engine.snapshot().nodes[1].state is NodeState.READY


def test_a_router_is_called_though_one_of_its_queues_is_full() -> None:
    linked = branching(first=1)
    invoker = FakeInvoker(linked, elements=4)
    invoker.then("router", Export.ROUTE, Ports(("a",)), Ports(("b",)))
    engine = initialised(linked, invoker)
    for node in ("source", "source", "router", "router"):
        engine.apply(Step(node=node))
    assert sequences(engine.queue(1)) == [0]
    assert sequences(engine.queue(2)) == [1]


def test_what_a_flush_puts_out_beyond_the_room_waits_in_order() -> None:
    linked = linear(Role.AGGREGATOR, capacity=2)
    invoker = FakeInvoker(linked, elements=1)
    invoker.on("aggregator0", Export.INGEST, lambda call: fakes.ABSORBED)
    invoker.then("aggregator0", Export.FLUSH, fakes.emitted(b"1", b"2", b"3", b"4", b"5"))
    engine = initialised(linked, invoker)
    events = finish(engine)
    flushed = next(
        event for event in of_type(events, CallFinished) if event.call.export is Export.FLUSH
    )
    assert len(flushed.outputs) == 5
    assert [delivery.depth for delivery in flushed.deliveries] == [1, 2]
    assert fakes.delivered(invoker) == [b"1", b"2", b"3", b"4", b"5"]
    assert len(of_type(events, Released)) == 3
    assert len(of_type(events, BackpressureBegan)) == 1


def test_inputs_of_a_fan_in_are_taken_in_turn() -> None:
    linked = fakes.flow(
        {"a": Role.SOURCE, "b": Role.SOURCE, "sink": Role.SINK},
        [fakes.edge("a", "sink"), fakes.edge("b", "sink")],
    )
    invoker = FakeInvoker(linked, elements=3)
    engine = initialised(linked, invoker)
    for node in ("a", "a", "a", "b", "b", "b"):
        engine.apply(Step(node=node))
    steps(engine, 6)
    assert fakes.delivered(invoker) == [b"a 0", b"b 0", b"a 1", b"b 1", b"a 2", b"b 2"]


def test_a_fan_in_tries_a_failed_element_again_before_the_other_inputs() -> None:
    linked = fakes.flow(
        {"a": Role.SOURCE, "b": Role.SOURCE, "sink": Role.SINK},
        [fakes.edge("a", "sink"), fakes.edge("b", "sink")],
    )
    invoker = FakeInvoker(linked, elements=1).then("sink", Export.PUSH, fakes.failed())
    engine = initialised(linked, invoker)
    for node in ("a", "b", "sink", "sink"):
        engine.apply(Step(node=node))
    assert fakes.delivered(invoker) == [b"a 0", b"a 0"]


def test_a_fan_out_is_held_by_its_slowest_branch() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "filter": Role.FILTER, "a": Role.SINK, "b": Role.SINK},
        [
            fakes.edge("source", "filter"),
            fakes.edge("filter", "a", 1),
            fakes.edge("filter", "b", 8),
        ],
    )
    engine = initialised(linked, FakeInvoker(linked, elements=4))
    for node in ("source", "source", "filter", "b", "filter"):
        events = engine.apply(Step(node=node))
    assert "filter is blocked by filter -> a (1 of 1)" in only(Stopped, events[0]).detail
    engine.apply(Step(node="a"))
    engine.apply(Step(node="filter"))
    assert (len(engine.queue(1)), len(engine.queue(2))) == (1, 1)


def test_a_queue_whose_low_mark_is_its_capacity_is_relieved_by_one_element() -> None:
    linked = linear(Role.AGGREGATOR, capacity=1)
    edges = tuple(
        LinkedEdge(
            edge.index, edge.source, "output", edge.target, "input", 1, low_watermark_ratio=1.0
        )
        for edge in linked.edges
    )
    linked = LinkedFlow("main", "/nowhere", linked.nodes, edges)
    invoker = FakeInvoker(linked, elements=1)
    invoker.then("aggregator0", Export.FLUSH, fakes.emitted(b"1", b"2", b"3"))
    engine = started(linked, invoker)
    finish(engine)
    assert len(fakes.delivered(invoker)) == 4
    assert engine.snapshot().edges[1].low_mark == 0
