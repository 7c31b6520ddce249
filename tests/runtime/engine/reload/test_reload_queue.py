"""Queues that get other settings while the flow runs."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from runtime.engine.core import Engine
from runtime.model.call import Export, FailureKind, Ports
from runtime.model.commands import Advance, Cancel, SetQueue, Step
from runtime.model.events import (
    BackpressureBegan,
    BackpressureEnded,
    DropReason,
    ElementDropped,
    FlowState,
    QueueChanged,
    Released,
    Stopped,
    StopReason,
)
from runtime.model.linked import QueuePolicy, Role
from runtime.model.snapshot import NodeState
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker, finish, initialised, linear, of_type, steps
from tests.support.narrow import only, present

BLOCK = QueuePolicy.BLOCK_PRODUCER


def filled(count: int, capacity: int = 8) -> tuple[FakeInvoker, Engine]:
    """source -> sink with so many elements in the queue."""
    linked = linear(capacity=capacity)
    invoker = FakeInvoker(linked, elements=20)
    engine = initialised(linked, invoker)
    for _ in range(count):
        engine.apply(Step(node="source"))
    return invoker, engine


def held_by_a_router(policy: QueuePolicy) -> tuple[FakeInvoker, Engine]:
    """A router with an element pending for a full queue of one, of the policy given."""
    linked = fakes.flow(
        {"source": Role.SOURCE, "router": Role.ROUTER, "a": Role.SINK, "b": Role.SINK},
        [
            fakes.edge("source", "router"),
            fakes.edge("router", "a", 1, policy, port="a"),
            fakes.edge("router", "b", port="b"),
        ],
    )
    invoker = FakeInvoker(linked, elements=3).on("router", Export.ROUTE, lambda call: Ports(("a",)))
    engine = initialised(linked, invoker)
    for node in ("source", "source", "source", "router", "router"):
        engine.apply(Step(node=node))
    assert len(engine.pending(1)) == 1
    return invoker, engine


def test_the_event_tells_the_settings_before_and_after() -> None:
    _, engine = filled(1)
    before = engine.flow.edges[0]
    events = engine.apply(SetQueue(0, 3, QueuePolicy.DROP_OLDEST, 0.25))
    after = engine.flow.edges[0]
    assert events == [QueueChanged(engine.snapshot().at_ns, 0, before, after)]
    assert (after.capacity, after.policy, after.low_watermark_ratio) == (
        3,
        QueuePolicy.DROP_OLDEST,
        0.25,
    )
    snapshot = engine.snapshot().edges[0]
    assert (snapshot.capacity, snapshot.policy, snapshot.low_mark) == (
        3,
        QueuePolicy.DROP_OLDEST,
        0,
    )
    assert engine.apply(SetQueue(0, 3, QueuePolicy.DROP_OLDEST, 0.25)) == []


def test_a_capacity_below_the_depth_loses_nothing_and_holds_until_it_drains() -> None:
    invoker, engine = filled(5)
    events = engine.apply(SetQueue(0, 2, BLOCK, 0.5))
    assert [type(event) for event in events] == [QueueChanged, BackpressureBegan]
    assert engine.snapshot().edges[0].full
    invoker.calls.clear()
    steps(engine, 4)
    assert invoker.made() == ["source.notify-backpressure"] + ["sink.push"] * 3
    assert len(engine.queue(0)) == 2
    ended = of_type(engine.step(), BackpressureEnded)
    assert [(event.drained, event.edge) for event in ended] == [(4, 0)]
    assert present(engine.next_call()).export is Export.NOTIFY_BACKPRESSURE
    finish(engine)
    assert len(fakes.delivered(invoker)) == 20
    assert engine.snapshot().edges[0].peak == 5


def test_an_overfull_queue_takes_nothing_from_the_hand_before_it_has_room() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "router": Role.ROUTER, "sink": Role.SINK},
        [fakes.edge("source", "router"), fakes.edge("router", "sink", 3)],
    )
    invoker = FakeInvoker(linked, elements=9)
    engine = initialised(linked, invoker)
    for node in ("source",) * 4 + ("router",) * 4:
        engine.apply(Step(node=node))
    assert (len(engine.queue(1)), len(engine.pending(1))) == (3, 1)
    engine.apply(SetQueue(1, 1, BLOCK))
    depths = []
    for _ in range(4):
        engine.apply(Step(node="sink"))
        depths.append((len(engine.queue(1)), len(engine.pending(1))))
    assert depths == [(2, 1), (1, 1), (1, 0), (0, 0)]
    finish(engine)
    assert fakes.delivered(invoker) == [b"source %d" % number for number in range(9)]


def test_an_overfull_queue_holds_a_processor_until_it_has_room() -> None:
    linked = linear(Role.PROCESSOR, capacity=4)
    engine = initialised(linked, FakeInvoker(linked, elements=9))
    for node in ("source",) * 3 + ("processor0",) * 3 + ("source",):
        engine.apply(Step(node=node))
    engine.apply(SetQueue(1, 1, BLOCK))
    states = []
    for _ in range(3):
        engine.apply(Step(node="sink"))
        states.append(engine.snapshot().nodes[1].state)
    assert states == [NodeState.BLOCKED, NodeState.BLOCKED, NodeState.READY]


def test_more_room_ends_the_episode_and_lets_the_source_go_on() -> None:
    invoker, engine = filled(2, capacity=2)
    engine.step()
    assert engine.snapshot().nodes[0].state is NodeState.PAUSED
    events = engine.apply(SetQueue(0, 8, BLOCK, 0.5))
    assert [type(event) for event in events] == [QueueChanged, BackpressureEnded]
    engine.step()
    assert (invoker.calls[-1].export, invoker.calls[-1].argument) == (
        Export.NOTIFY_BACKPRESSURE,
        "ready",
    )
    engine.apply(Step(node="source"))
    assert len(engine.queue(0)) == 3


def test_room_above_the_low_mark_lets_a_processor_go_on_in_the_same_episode() -> None:
    linked = linear(Role.PROCESSOR, capacity=2)
    engine = initialised(linked, FakeInvoker(linked, elements=9))
    for node in ("source", "source", "processor0", "processor0", "source"):
        engine.apply(Step(node=node))
    assert engine.snapshot().nodes[1].state is NodeState.BLOCKED
    events = engine.apply(SetQueue(1, 3, BLOCK, 0.5))
    assert of_type(events, BackpressureEnded) == []
    assert engine.snapshot().edges[1].full
    assert engine.snapshot().nodes[1].state is NodeState.READY


def test_a_pause_that_passes_and_comes_back_before_ready_is_told_is_told_once() -> None:
    invoker, engine = filled(4, capacity=4)
    for node in ("source", "sink", "sink"):
        engine.apply(Step(node=node))
    assert present(engine.next_call()).export is Export.NOTIFY_BACKPRESSURE
    engine.apply(SetQueue(0, 1, BLOCK))
    assert present(engine.next_call()).node == "sink"
    finish(engine)
    told = [call.argument for call in invoker.calls if call.argument in ("pause", "ready")]
    assert told[:2] == ["pause", "ready"]
    assert all(one != other for one, other in pairwise(told))


@pytest.mark.parametrize("policy", [QueuePolicy.DROP_NEWEST, QueuePolicy.DROP_OLDEST])
def test_a_policy_that_drops_holds_nobody_any_more(policy: QueuePolicy) -> None:
    invoker, engine = filled(2, capacity=2)
    engine.step()
    engine.apply(SetQueue(0, 2, policy))
    engine.step()
    assert invoker.calls[-1].argument == "ready"
    events = engine.apply(Step(node="source"))
    assert len(of_type(events, ElementDropped)) == 1
    snapshot = engine.snapshot().edges[0]
    assert (snapshot.dropped, snapshot.evicted) == (1, int(policy is QueuePolicy.DROP_OLDEST))
    assert dict(engine.snapshot().nodes[0].per_port) == {"output": 3}


def test_counts_stay_right_when_the_policy_changes_from_one_that_drops_to_another() -> None:
    _, engine = filled(2, capacity=2)
    for policy in (QueuePolicy.DROP_NEWEST, QueuePolicy.DROP_OLDEST, QueuePolicy.DROP_NEWEST):
        engine.apply(SetQueue(0, 2, policy))
        if present(engine.next_call()).export is Export.NOTIFY_BACKPRESSURE:
            engine.step()
        engine.apply(Step(node="source"))
    snapshot = engine.snapshot()
    edge = snapshot.edges[0]
    assert (edge.enqueued, edge.dropped, edge.evicted, edge.depth) == (3, 3, 1, 2)
    assert dict(snapshot.nodes[0].per_port) == {"output": 5}
    assert (snapshot.pulled, snapshot.dropped) == (5, 3)


def test_what_is_pending_goes_into_a_queue_that_is_made_larger() -> None:
    invoker, engine = held_by_a_router(BLOCK)
    events = engine.apply(SetQueue(1, 2, BLOCK))
    released = of_type(events, Released)
    assert [delivery.edge for event in released for delivery in event.deliveries] == [1]
    assert (len(engine.queue(1)), len(engine.pending(1))) == (2, 0)
    finish(engine)
    assert len(fakes.delivered(invoker, "a")) == 3


def test_what_is_pending_meets_the_full_queue_under_its_new_policy() -> None:
    _, engine = held_by_a_router(BLOCK)
    events = engine.apply(SetQueue(1, 1, QueuePolicy.DROP_OLDEST))
    drops = of_type(events, ElementDropped)
    assert [(event.element.sequence, event.reason) for event in drops] == [
        (0, DropReason.QUEUE_FULL_OLDEST)
    ]
    assert [element.sequence for element in engine.queue(1)] == [1]
    _, engine = held_by_a_router(BLOCK)
    events = engine.apply(SetQueue(1, 1, QueuePolicy.DROP_NEWEST))
    drops = of_type(events, ElementDropped)
    assert [(event.element.sequence, event.reason) for event in drops] == [
        (1, DropReason.QUEUE_FULL_NEWEST)
    ]
    assert engine.snapshot().nodes[1].state is NodeState.READY


def test_the_failure_of_a_full_queue_is_forgotten_when_its_policy_is_not_error() -> None:
    invoker, engine = held_by_a_router(QueuePolicy.ERROR)
    assert present(engine.snapshot().nodes[1].failure).kind is FailureKind.QUEUE_FULL
    assert engine.stop is StopReason.ERROR
    engine.apply(SetQueue(1, 1, BLOCK))
    snapshot = engine.snapshot()
    assert (snapshot.stop, snapshot.nodes[1].failure) == (None, None)
    assert snapshot.nodes[1].pending == 1
    finish(engine)
    assert len(fakes.delivered(invoker, "a")) == 3


def test_an_element_dropped_from_its_queue_takes_the_failure_and_the_stop_with_it() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "router": Role.ROUTER, "sink": Role.SINK},
        [fakes.edge("source", "router"), fakes.edge("router", "sink", 1)],
    )
    invoker = FakeInvoker(linked, elements=3).then("sink", Export.PUSH, fakes.failed())
    engine = initialised(linked, invoker)
    for node in ("source", "source", "router", "router", "sink"):
        engine.apply(Step(node=node))
    assert engine.failed_nodes() == ("sink",)
    engine.apply(SetQueue(1, 1, QueuePolicy.DROP_OLDEST))
    assert (engine.failed_nodes(), engine.stop) == ((), None)


def test_another_rate_counts_from_the_last_element() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "sink": Role.SINK},
        [fakes.edge("source", "sink", 8, QueuePolicy.RATE_LIMIT, rate=1.0)],
    )
    invoker = FakeInvoker(linked, elements=9)
    engine = initialised(linked, invoker)
    steps(engine, 2)
    assert engine.waits_ns() == 1_000_000_000 - 10
    engine.apply(SetQueue(0, 8, QueuePolicy.RATE_LIMIT, 0.5, 1_000.0))
    assert engine.waits_ns() == 1_000_000 - 10
    engine.apply(Advance(engine.waits_ns()))
    engine.step()
    assert invoker.made()[-1] == "source.pull"
    engine.apply(SetQueue(0, 8, BLOCK))
    steps(engine, 2)
    assert invoker.made()[-2:] == ["sink.push", "source.pull"]
    assert engine.waits_ns() == 0


def test_a_lower_rate_is_not_cut_short_by_the_moment_the_higher_one_had() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "sink": Role.SINK},
        [fakes.edge("source", "sink", 8, QueuePolicy.RATE_LIMIT, rate=1_000.0)],
    )
    invoker = FakeInvoker(linked, elements=9)
    engine = initialised(linked, invoker)
    steps(engine, 2)
    engine.apply(SetQueue(0, 8, QueuePolicy.RATE_LIMIT, 0.5, 1.0))
    engine.apply(Advance(5_000_000))
    assert engine.step() == []
    assert engine.waits_ns() == 1_000_000_000 - 5_000_000 - 10


def test_a_queue_that_gets_a_rate_takes_its_next_element_at_once() -> None:
    _, engine = filled(1)
    engine.apply(SetQueue(0, 8, QueuePolicy.RATE_LIMIT, 0.5, 1.0))
    engine.apply(Step(node="source"))
    assert len(engine.queue(0)) == 2
    assert "takes its next element in" in only(Stopped, engine.apply(Step(node="source"))[0]).detail


@pytest.mark.parametrize(
    ("wrong", "part"),
    [
        ((0, 0, BLOCK), "capacity must be 1 or more"),
        ((0, 1, BLOCK, 1.5), "from 0 to 1"),
        ((0, 1, QueuePolicy.RATE_LIMIT), "needs a rate above 0"),
        ((0, 1, QueuePolicy.RATE_LIMIT, 0.5, float("inf")), "needs a rate above 0"),
        ((0, 1, BLOCK, 0.5, 10.0), "block-producer has no rate"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: tuple[Any, ...], part: str) -> None:
    with pytest.raises(ValueError, match=part):
        SetQueue(*wrong)


def test_an_edge_that_is_not_there_is_named() -> None:
    _, engine = filled(1)
    for edge in (-1, 1):
        events = engine.apply(SetQueue(edge, 4, BLOCK))
        assert [event.detail for event in of_type(events, Stopped)] == [
            f"the flow has no edge {edge}: it has 1"
        ]


def test_a_queue_of_an_ended_flow_only_takes_the_settings() -> None:
    _, engine = filled(3)
    engine.apply(Cancel("enough"))
    finish(engine)
    events = engine.apply(SetQueue(0, 1, BLOCK))
    assert [type(event) for event in events] == [QueueChanged]
    assert engine.state is FlowState.CANCELLED
    assert engine.snapshot().edges[0].capacity == 1
    assert len(engine.queue(0)) == 3
