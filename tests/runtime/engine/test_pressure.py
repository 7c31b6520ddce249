"""Back-pressure: episodes, signals to sources, pauses of sinks, and the time they cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.model.call import Answer, Export, FailureKind, Ports, Signal
from runtime.model.commands import Advance, Drain, Inject, Step
from runtime.model.events import (
    BackpressureBegan,
    BackpressureEnded,
    NodeRebuilt,
    SinkPaused,
    SourceSignalled,
    Stopped,
)
from runtime.model.linked import QueuePolicy, Role, SchedulePolicy
from runtime.model.snapshot import EdgeState, NodeState
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker, finish, initialised, linear, of_type, steps
from tests.support.narrow import only, present


def pulls_until_full(capacity: int) -> tuple[FakeInvoker, Engine]:
    linked = linear(capacity=capacity)
    invoker = FakeInvoker(linked, elements=100)
    engine = initialised(linked, invoker)
    for _ in range(capacity):
        engine.apply(Step(node="source"))
    return invoker, engine


@pytest.mark.parametrize("capacity", [2, 3, 64])
def test_a_linear_flow_in_torvyns_order_has_no_episodes(capacity: int) -> None:
    linked = linear(Role.PROCESSOR, Role.FILTER, capacity=capacity)
    invoker = FakeInvoker(linked, elements=20)
    engine = initialised(linked, invoker)
    events = finish(engine)
    assert of_type(events, BackpressureBegan) == []
    assert "notify-backpressure" not in invoker.made("source")
    assert [edge.peak for edge in engine.snapshot().edges] == [1, 1, 1]


def test_at_capacity_one_a_linear_flow_has_one_episode_an_element() -> None:
    linked = linear(capacity=1)
    invoker = FakeInvoker(linked, elements=2)
    finish(initialised(linked, invoker))
    assert invoker.made()[:8] == [
        "source.pull",
        "source.notify-backpressure",
        "sink.push",
        "source.notify-backpressure",
        "source.pull",
        "source.notify-backpressure",
        "sink.push",
        "source.notify-backpressure",
    ]
    assert [call.argument for call in invoker.calls[1:4:2]] == ["pause", "ready"]


def test_a_queue_that_fills_again_before_the_source_heard_ready_takes_the_ready_back() -> None:
    invoker, engine = pulls_until_full(1)
    engine.step()
    assert invoker.calls[-1].argument == "pause"
    engine.apply(Step(node="sink"))
    engine.apply(Inject(0, b"new", ""))
    assert engine.snapshot().edges[0].full
    engine.step()
    assert invoker.made()[-1] == "sink.push"
    engine.step()
    assert invoker.calls[-1].argument == "ready"


def test_the_pause_is_the_very_next_call_whatever_the_schedule() -> None:
    for schedule in SchedulePolicy:
        linked = linear(capacity=2)
        invoker = FakeInvoker(linked, elements=9)
        engine = initialised(linked, invoker, EngineOptions(schedule=schedule))
        engine.apply(Step(node="source"))
        events = engine.apply(Step(node="source"))
        assert events[1:] == [BackpressureBegan(40, 0)]
        assert present(engine.next_call()).export is Export.NOTIFY_BACKPRESSURE
        events = engine.step()
        assert events[1:] == [SourceSignalled(50, "source", Signal.PAUSE)]
        assert engine.snapshot().nodes[0].state is NodeState.PAUSED


def test_a_paused_source_gets_ready_at_the_low_mark_and_not_before() -> None:
    invoker, engine = pulls_until_full(4)
    engine.step()
    events = steps(engine, 1)
    assert of_type(events, BackpressureEnded) == []
    detail = only(Stopped, engine.apply(Step(node="source"))[0]).detail
    assert "was told to pause" in detail
    assert "source -> sink (3 of 4)" in detail
    events = steps(engine, 1)
    assert of_type(events, BackpressureEnded) == [
        BackpressureEnded(90, 0, began_ns=60, blocked_ns=20, drained=2, full_to_blocked_ns=10)
    ]
    assert engine.step()[1] == SourceSignalled(100, "source", Signal.READY)
    assert invoker.made()[-1] == "source.notify-backpressure"
    assert engine.snapshot().nodes[0].state is NodeState.READY
    assert engine.snapshot().nodes[0].blocked_ns == 20


def test_ready_waits_for_all_queues_of_the_source() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "a": Role.SINK, "b": Role.SINK},
        [fakes.edge("source", "a", 2), fakes.edge("source", "b", 2)],
    )
    invoker = FakeInvoker(linked, elements=9)
    engine = initialised(linked, invoker)
    for node in ("source", "source", "source", "a", "a"):
        engine.apply(Step(node=node))
    assert invoker.made("source") == ["pull", "pull", "notify-backpressure"]
    assert engine.snapshot().nodes[0].state is NodeState.PAUSED
    assert present(engine.next_call()).node == "b"
    engine.apply(Step(node="b"))
    assert present(engine.next_call()).export is Export.NOTIFY_BACKPRESSURE


def test_a_queue_further_down_holds_its_producer_without_a_signal() -> None:
    linked = linear(Role.PROCESSOR, capacity=1)
    linked = fakes.flow(
        {node.name: node.role for node in linked.nodes},
        [fakes.edge("source", "processor0", 8), fakes.edge("processor0", "sink", 1)],
    )
    invoker = FakeInvoker(linked, elements=9)
    engine = initialised(linked, invoker)
    for node in ("source", "source", "processor0"):
        engine.apply(Step(node=node))
    engine.apply(Advance(500))
    events = engine.apply(Step(node="sink"))
    assert of_type(events, BackpressureEnded) == [
        BackpressureEnded(570, 1, began_ns=60, blocked_ns=510, drained=1, full_to_blocked_ns=0)
    ]
    assert "notify-backpressure" not in invoker.made("source")
    assert engine.snapshot().nodes[1].blocked_ns == 510


def test_full_to_held_is_the_time_until_the_producer_had_something_to_do() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "processor": Role.PROCESSOR, "sink": Role.SINK},
        [fakes.edge("source", "processor", 8), fakes.edge("processor", "sink", 1)],
    )
    engine = initialised(linked, FakeInvoker(linked, elements=9))
    engine.apply(Step(node="source"))
    engine.apply(Step(node="processor"))
    engine.apply(Advance(300))
    engine.apply(Step(node="source"))
    events = engine.apply(Step(node="sink"))
    assert of_type(events, BackpressureEnded) == [
        BackpressureEnded(370, 1, began_ns=50, blocked_ns=10, drained=1, full_to_blocked_ns=310)
    ]


def test_a_full_branch_that_a_router_does_not_wait_for_holds_nobody() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "router": Role.ROUTER, "a": Role.SINK, "b": Role.SINK},
        [
            fakes.edge("source", "router"),
            fakes.edge("router", "a", 1, port="a"),
            fakes.edge("router", "b", 1, port="b"),
        ],
    )
    invoker = FakeInvoker(linked, elements=3)
    invoker.then("router", Export.ROUTE, Ports(("a",)), Ports(("b",)), Ports(("b",)))
    engine = initialised(linked, invoker)
    for node in ("source", "source", "source", "router", "router", "router"):
        engine.apply(Step(node=node))
    engine.apply(Advance(500))
    edges = engine.snapshot().edges
    assert [edge.full for edge in edges] == [False, True, True]
    assert [edge.episodes_blocked_ns for edge in edges] == [0, 0, 500]


def test_the_response_time_of_a_source_is_the_time_until_it_was_told() -> None:
    _, engine = pulls_until_full(2)
    assert engine.snapshot().edges[0].response is None
    engine.step()
    response = present(engine.snapshot().edges[0].response)
    assert (response.samples, response.p50_ns, response.max_ns) == (1, 10, 10)


def test_any_other_producer_is_suspended_in_the_step_in_which_its_queue_fills() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "processor": Role.PROCESSOR, "sink": Role.SINK},
        [fakes.edge("source", "processor", 8), fakes.edge("processor", "sink", 1)],
    )
    engine = initialised(linked, FakeInvoker(linked, elements=9))
    engine.apply(Step(node="source"))
    engine.apply(Step(node="processor"))
    engine.apply(Advance(300))
    response = present(engine.snapshot().edges[1].response)
    assert (response.samples, response.max_ns) == (1, 0)


def test_a_rate_holds_its_producer_outside_episodes_and_all_time_is_accounted_for() -> None:
    link = replace(fakes.edge("source", "sink", 8), policy=QueuePolicy.RATE_LIMIT, rate=1_000.0)
    linked = fakes.flow({"source": Role.SOURCE, "sink": Role.SINK}, [link])
    engine = initialised(linked, FakeInvoker(linked, elements=11))
    finish(engine)
    snapshot = engine.snapshot()
    edge, source = snapshot.edges[0], snapshot.nodes[0]
    assert (edge.episodes, edge.episodes_blocked_ns) == (0, 0)
    # A millisecond after each element; the source is asked once more after the last one.
    assert edge.paced_ns == source.blocked_ns == 11_000_000
    assert edge.state is EdgeState.DONE
    for node in snapshot.nodes:
        parts = node.busy_ns + node.blocked_ns + node.idle_ns(snapshot.at_ns)
        assert parts == snapshot.at_ns


def test_a_queue_says_what_it_does_for_its_producer() -> None:
    _, engine = pulls_until_full(4)
    states = [engine.snapshot().edges[0].state]
    for node in ("source", "sink", "sink"):
        engine.apply(Step(node=node))
        states.append(engine.snapshot().edges[0].state)
    assert states == [EdgeState.FULL, EdgeState.FULL, EdgeState.RELIEVING, EdgeState.OPEN]


def test_a_queue_whose_source_waits_for_another_queue_holds_nobody() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "a": Role.SINK, "b": Role.SINK},
        [
            fakes.edge("source", "a", 1),
            replace(fakes.edge("source", "b", 1), policy=QueuePolicy.DROP_NEWEST),
        ],
    )
    engine = initialised(linked, FakeInvoker(linked, elements=9))
    engine.apply(Step(node="source"))
    engine.step()
    engine.apply(Advance(500))
    edges = engine.snapshot().edges
    assert [edge.full for edge in edges] == [True, True]
    assert [edge.blocked_ns for edge in edges] == [500, 0]


def test_pauses_in_a_row_are_counted_until_an_element_is_taken_without_one() -> None:
    linked = linear()
    answers = [fakes.PAUSE, fakes.PAUSE, fakes.READY, fakes.PAUSE]
    invoker = FakeInvoker(linked, elements=4).then("sink", Export.PUSH, *answers)
    engine = initialised(linked, invoker)
    rows = []
    while not engine.state.ended:
        if not engine.step():
            engine.apply(Advance(engine.waits_ns()))
        sink = engine.snapshot().nodes[1]
        rows.append((sink.elements_in, sink.pauses, sink.pauses_in_row))
    assert list(dict.fromkeys(rows)) == [(0, 0, 0), (1, 1, 1), (2, 2, 2), (3, 2, 0), (4, 3, 1)]


@pytest.mark.parametrize("policy", [QueuePolicy.DROP_OLDEST, QueuePolicy.DROP_NEWEST])
def test_dropping_queues_have_episodes_but_hold_nobody(policy: QueuePolicy) -> None:
    linked = linear(capacity=1, policy=policy.value)
    invoker = FakeInvoker(linked, elements=9)
    engine = initialised(linked, invoker)
    for _ in range(3):
        engine.apply(Step(node="source"))
    events = engine.apply(Step(node="sink"))
    ended = of_type(events, BackpressureEnded)[0]
    assert (ended.blocked_ns, ended.drained) == (0, 1)
    assert invoker.made("source") == ["pull"] * 3


def test_a_pause_that_passed_before_it_was_told_is_not_told() -> None:
    invoker, engine = pulls_until_full(1)
    engine.apply(Step(node="sink"))
    assert invoker.made() == ["source.pull", "sink.push"]
    assert present(engine.next_call()).export is Export.PULL


def test_an_exhausted_source_gets_no_signals() -> None:
    invoker, engine = pulls_until_full(2)
    engine.apply(Drain("enough"))
    finish(engine)
    assert "notify-backpressure" not in invoker.made("source")


def test_a_source_that_crashed_on_ready_is_rebuilt_and_pulled_without_it() -> None:
    invoker, engine = pulls_until_full(2)
    invoker.then(
        "source",
        Export.NOTIFY_BACKPRESSURE,
        fakes.FINISHED,
        fakes.failed(FailureKind.TRAP),
    )
    invoker.calls.clear()
    events = steps(engine, 5)
    assert invoker.made() == [
        "source.notify-backpressure",
        "sink.push",
        "source.notify-backpressure",
        "source.init",
        "sink.push",
    ]
    assert len(of_type(events, NodeRebuilt)) == 1
    engine.step()
    assert invoker.made()[-1] == "source.pull"


def test_a_sink_that_answers_pause_is_left_alone_for_its_time() -> None:
    linked = linear()
    invoker = FakeInvoker(linked, elements=3).then("sink", Export.PUSH, fakes.PAUSE)
    engine = initialised(linked, invoker)
    events = steps(engine, 2)
    assert of_type(events, SinkPaused) == [SinkPaused(40, "sink", 100_000_040)]
    snapshot = engine.snapshot()
    assert snapshot.nodes[1].state is NodeState.PAUSED
    assert snapshot.nodes[1].paused_until_ns == 100_000_040
    steps(engine, 3)
    assert invoker.made() == [
        "source.pull",
        "sink.push",
        "source.pull",
        "source.pull",
        "source.pull",
    ]
    assert engine.step() == []
    assert engine.waits_ns() == 99_999_970
    assert present(engine.next_call()).waits_ns == 99_999_970
    assert "asked for a pause" in only(Stopped, engine.apply(Step(node="sink"))[0]).detail
    engine.apply(Advance(engine.waits_ns()))
    assert engine.waits_ns() == 0
    engine.step()
    assert invoker.made()[-1] == "sink.push"
    assert engine.snapshot().nodes[1].paused_until_ns is None


def test_complete_waits_for_the_pause_of_its_sink() -> None:
    linked = linear()
    invoker = FakeInvoker(linked, elements=1).then("sink", Export.PUSH, fakes.PAUSE)
    engine = initialised(linked, invoker)
    steps(engine, 3)
    assert engine.step() == []
    assert present(engine.next_call()).export is Export.COMPLETE
    engine.apply(Advance(engine.waits_ns()))
    engine.step()
    assert invoker.made()[-1] == "sink.complete"


def test_a_pause_can_pass_during_the_call_of_another_node() -> None:
    linked = linear()
    invoker = FakeInvoker(linked, elements=3).then("sink", Export.PUSH, fakes.PAUSE)
    slow = Answer(fakes.emitted(b"slow"), 200_000_000)
    invoker.then("source", Export.PULL, fakes.emitted(b"quick"), slow)
    engine = initialised(linked, invoker)
    steps(engine, 3)
    assert present(engine.next_call()).node == "sink"


def test_a_pause_of_no_time_pauses_nothing() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "sink": Role.SINK}, [fakes.edge("source", "sink")], sink_pause_ms=0
    )
    invoker = FakeInvoker(linked, elements=3).on("sink", Export.PUSH, lambda call: fakes.PAUSE)
    engine = initialised(linked, invoker)
    events = finish(engine)
    assert len(of_type(events, SinkPaused)) == 3
    assert len(fakes.delivered(invoker)) == 3


def test_a_slow_sink_builds_pressure_under_weighted_fair() -> None:
    linked = linear(Role.PROCESSOR, capacity=4)
    invoker = FakeInvoker(linked, elements=60)
    invoker.on("sink", Export.PUSH, lambda call: Answer(fakes.READY, 1_000))
    options = EngineOptions(schedule=SchedulePolicy.WEIGHTED_FAIR)
    engine = initialised(linked, invoker, options)
    events = finish(engine)
    assert [edge.peak for edge in engine.snapshot().edges] == [4, 4]
    assert len(of_type(events, SourceSignalled)) >= 2
    ended = of_type(events, BackpressureEnded)
    assert any(episode.blocked_ns > 1_000 for episode in ended)
    for edge in engine.snapshot().edges:
        assert edge.episodes_blocked_ns == sum(
            one.blocked_ns for one in ended if one.edge == edge.index
        )
