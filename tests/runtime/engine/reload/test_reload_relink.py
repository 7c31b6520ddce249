"""Relinks: another graph while the flow runs; only what changed starts over."""

from __future__ import annotations

from dataclasses import replace

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.model.call import Export, FailureKind, Ports
from runtime.model.commands import Advance, Relink, SetQueue, SetSchedule, Start, Step
from runtime.model.events import (
    BackpressureEnded,
    DropReason,
    ElementDropped,
    FlowState,
    NodeDone,
    QueueChanged,
    Released,
    Relinked,
    StopReason,
)
from runtime.model.linked import QueuePolicy, Role, SchedulePolicy
from runtime.model.snapshot import NodeState
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker, edge, finish, flow, initialised, of_type, steps
from tests.support.engine.reloads import running, three, with_branch, with_node
from tests.support.narrow import present

BLOCK = QueuePolicy.BLOCK_PRODUCER
NEW = "1" * 64


# ---- what is kept


def test_an_added_branch_is_initialised_next_and_nothing_else_is_touched() -> None:
    invoker, engine = running(three(), "source", "source", "middle", "source")
    before = engine.snapshot()
    events = engine.apply(Relink(with_branch()))
    assert events == [Relinked(before.at_ns, ("other",), (), (), ("source -> other",), ())]
    after = engine.snapshot()
    assert [node.name for node in after.nodes] == ["source", "middle", "other", "sink"]
    kept = (after.nodes[0], after.nodes[1], after.nodes[3])
    assert [replace(node, state=NodeState.READY) for node in kept] == [
        replace(node, state=NodeState.READY) for node in before.nodes
    ]
    assert after.edges[1:] == tuple(
        replace(one, index=index) for index, one in enumerate(before.edges, start=1)
    )
    assert after.next_call == engine.next_call()
    steps(engine, 3)
    assert invoker.made() == ["other.init", "sink.push", "middle.process"]
    engine.apply(Step(node="source"))
    assert len(engine.queue(0)) == 1
    finish(engine)
    assert len(fakes.delivered(invoker, "sink")) == 9
    assert len(fakes.delivered(invoker, "other")) == 9 - 3


def test_the_counts_of_a_port_go_on_when_it_gets_and_loses_edges() -> None:
    _, engine = running(three(), "source", "source", "source")
    engine.apply(Relink(with_branch()))
    steps(engine, 1)
    engine.apply(Step(node="source"))
    assert dict(engine.snapshot().nodes[0].per_port) == {"output": 4}
    beside = flow(
        {"source": Role.SOURCE, "other": Role.SINK, "sink": Role.SINK},
        [edge("source", "sink"), edge("source", "other")],
    )
    engine.apply(Relink(beside))
    finish(engine)
    snapshot = engine.snapshot()
    assert dict(snapshot.nodes[0].per_port) == {"output": 9}
    assert (snapshot.nodes[1].elements_in, snapshot.nodes[2].elements_in) == (6, 5)


def test_the_count_of_a_port_is_that_of_an_edge_that_goes_with_what_waits_in_it() -> None:
    into_a = flow({"source": Role.SOURCE, "a": Role.SINK}, [edge("source", "a")])
    into_b = flow({"source": Role.SOURCE, "b": Role.SINK}, [edge("source", "b")])
    _, engine = running(into_a, "source", "source", "a")
    engine.apply(Relink(into_b))
    snapshot = engine.snapshot()
    assert dict(snapshot.nodes[0].per_port) == {"output": 2}
    assert (snapshot.delivered, snapshot.dropped, snapshot.queued) == (1, 1, 0)


def test_another_digest_or_priority_restarts_nothing_and_the_digest_in_use_stays() -> None:
    invoker, engine = running(three(), "source")
    other = with_node(three(), "middle", digest=NEW, priority=9, artifact="/nowhere/else.wasm")
    events = engine.apply(Relink(other))
    assert events == [Relinked(engine.snapshot().at_ns, (), (), (), (), ())]
    assert engine.flow.by_name["middle"].digest == "0" * 64
    assert engine.flow.by_name["middle"].priority == 9
    engine.step()
    assert invoker.made() == ["middle.process"]


def test_priorities_of_the_new_flow_order_the_calls() -> None:
    invoker, engine = running(three(), "source", "source", "middle")
    engine.apply(SetSchedule(SchedulePolicy.PRIORITY))
    engine.apply(Relink(with_node(three(), "middle", priority=9)))
    engine.step()
    assert invoker.made() == ["middle.process"]


def test_a_failed_node_that_is_kept_keeps_its_failure_and_the_stop() -> None:
    linked = three()
    invoker = FakeInvoker(linked).then("middle", Export.PROCESS, fakes.failed())
    engine = initialised(linked, invoker)
    steps(engine, 2)
    engine.apply(Relink(with_branch()))
    snapshot = engine.snapshot()
    assert (snapshot.stop, snapshot.nodes[1].state) == (StopReason.ERROR, NodeState.FAILED)
    steps(engine, 2)
    assert invoker.made()[-2:] == ["other.init", "middle.process"]


def test_a_paused_source_is_not_told_twice_and_goes_on_when_the_full_edge_goes() -> None:
    narrow = flow(
        {"source": Role.SOURCE, "other": Role.SINK, "sink": Role.SINK},
        [edge("source", "sink", 2), edge("source", "other", 2)],
    )
    invoker, engine = running(narrow, "source", "source", "source")
    engine.apply(Relink(replace(narrow, name="again")))
    assert present(engine.next_call()).node == "sink"
    alone = flow({"source": Role.SOURCE, "sink": Role.SINK}, [edge("source", "sink", 8)])
    events = engine.apply(Relink(alone))
    assert [event.edge for event in of_type(events, BackpressureEnded)] == [1, 0]
    steps(engine, 2)
    assert invoker.made() == ["other.teardown", "source.notify-backpressure"]
    assert invoker.calls[-1].argument == "ready"


def test_other_settings_of_a_kept_edge_are_taken_over_in_place() -> None:
    _, engine = running(three(), "source", "source", "middle", "middle")
    events = engine.apply(Relink(three(1, QueuePolicy.DROP_OLDEST)))
    assert [type(event) for event in events[:2]] == [Relinked, QueueChanged]
    edge_now = engine.snapshot().edges[1]
    assert (edge_now.capacity, edge_now.policy, edge_now.depth) == (1, QueuePolicy.DROP_OLDEST, 2)


def test_a_queue_changed_by_hand_gets_what_the_new_flow_says() -> None:
    _, engine = running(three())
    engine.apply(SetQueue(1, 3, BLOCK))
    engine.apply(Relink(three()))
    assert engine.snapshot().edges[1].capacity == 64


# ---- what is removed


def test_a_removed_node_is_torn_down_and_what_waited_there_is_dropped_and_counted() -> None:
    invoker, engine = running(with_branch(), "source", "source", "other", "middle", elements=3)
    before = engine.snapshot()
    events = engine.apply(Relink(three()))
    drops = of_type(events, ElementDropped)
    assert [(drop.element.sequence, drop.reason, drop.node, drop.edge) for drop in drops] == [
        (1, DropReason.REMOVED, "other", 0)
    ]
    assert events[-1] == Relinked(before.at_ns, (), ("other",), (), (), ("source -> other",))
    assert present(engine.next_call()).node == "other"
    assert present(engine.next_call()).export is Export.TEARDOWN
    after = engine.snapshot()
    assert (after.delivered, after.dropped, after.pulled) == (1, 1, 2)
    finish(engine)
    assert invoker.made("other") == ["teardown"]
    snapshot = engine.snapshot()
    assert (snapshot.delivered, snapshot.dropped, snapshot.pulled) == (4, 1, 3)
    assert snapshot.calls == 4 + 4 + len(invoker.calls)


def test_copies_pending_for_a_removed_edge_are_dropped_and_free_their_node() -> None:
    roles = {"source": Role.SOURCE, "router": Role.ROUTER, "a": Role.SINK, "b": Role.SINK}
    into = [edge("source", "router"), edge("router", "b", port="b")]
    both = flow(roles, [*into, edge("router", "a", 1, port="a")])
    invoker, engine = running(both)
    invoker.on("router", Export.ROUTE, lambda call: Ports(("a",)))
    for node in ("source", "source", "source", "router", "router"):
        engine.apply(Step(node=node))
    assert len(engine.pending(2)) == 1
    del roles["a"]
    events = engine.apply(Relink(flow(roles, into)))
    drops = of_type(events, ElementDropped)
    assert [(drop.element.sequence, drop.node) for drop in drops] == [(0, "a"), (1, "router")]
    assert of_type(events, BackpressureEnded)[0].edge == 2
    steps(engine, 1)
    assert present(engine.next_call()).node == "router"
    invoker.on("router", Export.ROUTE, lambda call: Ports(("b",)))
    finish(engine)
    assert len(fakes.delivered(invoker, "b")) == 7


def test_a_failure_goes_with_the_edge_its_element_waited_in() -> None:
    linked = with_branch()
    invoker = FakeInvoker(linked).then("other", Export.PUSH, fakes.failed())
    engine = initialised(linked, invoker)
    for node in ("source", "other"):
        engine.apply(Step(node=node))
    moved = flow(
        {"source": Role.SOURCE, "middle": Role.PROCESSOR, "other": Role.SINK, "sink": Role.SINK},
        [edge("source", "middle"), edge("middle", "sink"), edge("middle", "other")],
    )
    engine.apply(Relink(moved))
    assert (engine.failed_nodes(), engine.stop) == ((), None)
    finish(engine)
    assert len(fakes.delivered(invoker, "other")) == 1 + 3


def test_a_removed_sink_that_asked_for_a_pause_is_not_woken() -> None:
    linked = with_branch()
    invoker = FakeInvoker(linked, elements=9).then("other", Export.PUSH, fakes.PAUSE)
    engine = initialised(linked, invoker)
    for node in ("source", "other", "source"):
        engine.apply(Step(node=node))
    engine.apply(Relink(three()))
    steps(engine, 1)
    ready = [node.name for node in engine.snapshot().nodes if node.state is NodeState.READY]
    engine.apply(Advance(200_000_000))
    after = [node.name for node in engine.snapshot().nodes if node.state is NodeState.READY]
    assert after == ready == ["source", "middle"]
    finish(engine)
    assert invoker.made("other")[-1] == "teardown"
    assert len(fakes.delivered(invoker)) == 9


def test_a_crashed_node_that_is_removed_gets_no_teardown() -> None:
    linked = with_branch()
    invoker = FakeInvoker(linked).then("other", Export.PUSH, fakes.failed(FailureKind.TRAP))
    engine = initialised(linked, invoker)
    for node in ("source", "other"):
        engine.apply(Step(node=node))
    engine.apply(Relink(three()))
    assert (engine.stop, engine.snapshot().errors) == (None, 1)
    finish(engine)
    assert "teardown" not in invoker.made("other")


def test_a_failing_teardown_of_a_removed_node_changes_nothing() -> None:
    invoker, engine = running(with_branch())
    invoker.then("other", Export.TEARDOWN, fakes.failed(FailureKind.TRAP))
    engine.apply(Relink(three()))
    finish(engine)
    assert engine.state is FlowState.COMPLETED
    assert engine.snapshot().errors == 1


# ---- before the flow flows


def test_a_relink_before_the_start_only_replaces_the_graph() -> None:
    linked = three()
    invoker = FakeInvoker(linked, elements=1)
    engine = Engine(linked, invoker, EngineOptions())
    engine.apply(Relink(with_branch()))
    assert (engine.state, engine.next_call()) == (FlowState.CREATED, None)
    engine.apply(Start(fakes.WALL_NS))
    finish(engine)
    assert invoker.made()[:4] == ["source.init", "middle.init", "other.init", "sink.init"]


def test_a_relink_between_inits_goes_on_with_those_that_are_left() -> None:
    linked = with_branch()
    invoker = FakeInvoker(linked, elements=1)
    engine = fakes.started(linked, invoker)
    steps(engine, 2)
    engine.apply(Relink(with_node(three(), "source", config="[1]")))
    finish(engine)
    assert invoker.made()[:5] == [
        "source.init",
        "middle.init",
        "source.teardown",
        "source.init",
        "sink.init",
    ]
    assert "other" not in {call.node for call in invoker.calls}


def test_what_a_larger_queue_of_the_new_flow_releases_names_its_new_index() -> None:
    roles = {"source": Role.SOURCE, "router": Role.ROUTER, "sink": Role.SINK}
    narrow = flow(roles, [edge("source", "router"), edge("router", "sink", 1)])
    _, engine = running(narrow, "source", "source", "router", "router")
    assert len(engine.pending(1)) == 1
    wide = flow(roles, [edge("router", "sink", 4), edge("source", "router")])
    events = engine.apply(Relink(wide))
    released = of_type(events, Released)[0]
    assert [delivery.edge for delivery in released.deliveries] == [0]
    assert events.index(released) > events.index(of_type(events, Relinked)[0])


def test_a_removed_node_that_held_an_element_does_not_become_done_in_the_new_graph() -> None:
    linked = three(1, QueuePolicy.ERROR)
    invoker = FakeInvoker(linked, elements=2)
    engine = initialised(linked, invoker)
    for node in ("source", "source", "source", "middle", "middle"):
        engine.apply(Step(node=node))
    assert len(engine.pending(1)) == 1
    beside = flow(
        {"source": Role.SOURCE, "first": Role.SINK, "sink": Role.SINK},
        [edge("source", "first"), edge("source", "sink")],
    )
    engine.apply(Relink(beside))
    following = finish(engine)
    assert [event.node for event in of_type(following, NodeDone)] == ["sink", "first"]
    assert engine.state is FlowState.COMPLETED
