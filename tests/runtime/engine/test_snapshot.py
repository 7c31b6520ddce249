"""Snapshots: what the flow says of itself."""

from __future__ import annotations

from runtime.model.call import Answer, CopyCount, Export
from runtime.model.commands import Advance, Step
from runtime.model.events import FlowState, StopReason
from runtime.model.linked import Role
from runtime.model.snapshot import NodeState
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker, finish, initialised, linear


def test_a_new_flow_has_new_nodes_and_empty_queues() -> None:
    linked = linear(Role.PROCESSOR)
    snapshot = fakes.started(linked, FakeInvoker(linked)).snapshot()
    assert {node.state for node in snapshot.nodes} == {NodeState.NEW}
    assert (snapshot.calls, snapshot.at_ns, snapshot.queued) == (0, 0, 0)
    assert snapshot.edges[0].label == "source -> processor0"


def test_the_counters_of_a_whole_run() -> None:
    linked = linear(Role.FILTER, Role.PROCESSOR)
    invoker = FakeInvoker(linked, elements=4).then("filter0", Export.EVALUATE, fakes.HELD_BACK)
    engine = initialised(linked, invoker)
    finish(engine)
    snapshot = engine.snapshot()
    counted = [
        (node.calls, node.elements_in, node.elements_out, node.filtered) for node in snapshot.nodes
    ]
    # Each node was called for init and teardown too; the source for its end, the sink to complete.
    assert counted == [(7, 0, 4, 0), (6, 4, 3, 1), (5, 3, 3, 0), (6, 3, 3, 0)]
    assert (snapshot.pulled, snapshot.delivered, snapshot.filtered, snapshot.dropped) == (
        4,
        3,
        1,
        0,
    )
    assert snapshot.calls == 24
    assert snapshot.state is FlowState.COMPLETED
    assert snapshot.stop is StopReason.END_OF_STREAM
    assert {node.state for node in snapshot.nodes} == {NodeState.DONE}
    assert all(edge.done for edge in snapshot.edges)


def test_calls_leave_their_costs_with_their_node() -> None:
    linked = linear()
    costly = Answer(fakes.READY, 500, CopyCount(1, 64, 2, 128), fuel=77, memory_bytes=65_536)
    cheap = Answer(fakes.READY, 200, CopyCount(1, 36, 0, 0), fuel=33, memory_bytes=131_072)
    invoker = FakeInvoker(linked, elements=2).then("sink", Export.PUSH, costly, cheap)
    engine = initialised(linked, invoker)
    for node in ("source", "sink", "source", "sink"):
        engine.apply(Step(node=node))
    sink = engine.snapshot().nodes[1]
    assert (sink.busy_ns, sink.last_call_ns) == (710, 200)
    assert (sink.fuel_last, sink.memory_bytes) == (33, 131_072)
    assert sink.copies == engine.snapshot().copies == CopyCount(2, 100, 2, 128)


def test_a_snapshot_of_an_unchanged_flow_is_equal() -> None:
    linked = linear(Role.ROUTER, capacity=1)
    engine = initialised(linked, FakeInvoker(linked))
    for _ in range(4):
        assert engine.snapshot() == engine.snapshot()
        before = engine.snapshot()
        engine.step()
        assert engine.snapshot() != before


def test_an_episode_under_way_counts_in_the_snapshot() -> None:
    linked = linear(capacity=2)
    engine = initialised(linked, FakeInvoker(linked, elements=9))
    engine.apply(Step(node="source"))
    engine.apply(Step(node="source"))
    engine.step()
    engine.apply(Advance(250))
    edge = engine.snapshot().edges[0]
    assert (edge.full, edge.episodes, edge.episodes_blocked_ns) == (True, 1, 250)
    assert engine.snapshot().nodes[0].blocked_ns == 250
