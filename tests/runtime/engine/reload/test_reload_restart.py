"""Relinks: nodes that start over, and flows that are nearly done."""

from __future__ import annotations

from runtime.engine.options import EngineOptions
from runtime.model.call import Export, FailureKind
from runtime.model.commands import Cancel, Drain, Relink, SetQueue, Step
from runtime.model.events import (
    ElementDropped,
    FlowState,
    Relinked,
    Stopped,
    StopReason,
)
from runtime.model.linked import Limits, QueuePolicy, Role
from runtime.model.snapshot import NodeState
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker, edge, finish, flow, initialised, of_type, steps
from tests.support.engine.reloads import THREE, running, three, with_branch, with_node
from tests.support.narrow import only, present

BLOCK = QueuePolicy.BLOCK_PRODUCER
NEW = "1" * 64


# ---- what starts over


def test_a_changed_node_begins_anew_with_what_waits_for_it() -> None:
    for name, value in (
        ("config", '{"n": 1}'),
        ("limits", Limits(fuel=5)),
        ("grants", ("clock:wall",)),
        ("component", "file://other.wasm"),
        ("interface", "torvyn:streaming/processor@0.2.0"),
    ):
        invoker, engine = running(three(), "source", "source", "middle", "source")
        changed = with_node(three(), "middle", digest=NEW, **{name: value})
        events = engine.apply(Relink(changed))
        assert of_type(events, Relinked)[0].restarted == ("middle",)
        assert of_type(events, ElementDropped) == []
        assert engine.flow.by_name["middle"].digest == NEW
        steps(engine, 3)
        assert invoker.made() == ["middle.teardown", "middle.init", "sink.push"]
        assert engine.snapshot().nodes[1].calls == 4
        finish(engine)
        assert len(fakes.delivered(invoker)) == 9


def test_init_gets_the_new_configuration_in_order_after_every_teardown() -> None:
    invoker, engine = running(with_branch(), "source")
    changed = with_node(three(), "source", config="[1]")
    changed = with_node(changed, "sink", config="[2]")
    engine.apply(Relink(changed))
    assert (
        "the next teardown is that of" in only(Stopped, engine.apply(Step(node="middle"))[0]).detail
    )
    steps(engine, 5)
    assert [f"{call.node}.{call.export} {call.argument}".rstrip() for call in invoker.calls] == [
        "sink.teardown",
        "other.teardown",
        "source.teardown",
        "source.init [1]",
        "sink.init [2]",
    ]


def test_a_restarted_source_goes_on_counting_and_is_told_to_pause_before_it_is_pulled() -> None:
    narrow = flow({"source": Role.SOURCE, "sink": Role.SINK}, [edge("source", "sink", 2)])
    invoker, engine = running(narrow, "source", "source", "source")
    engine.apply(Relink(with_node(narrow, "source", config="[1]")))
    steps(engine, 3)
    assert invoker.made() == ["source.teardown", "source.init", "source.notify-backpressure"]
    assert invoker.calls[-1].argument == "pause"
    finish(engine)
    sequences = [
        present(call.element).sequence for call in invoker.calls if call.export is Export.PUSH
    ]
    assert sequences == list(range(9))


def test_a_source_that_was_done_and_begins_anew_is_told_that_its_queue_is_full() -> None:
    narrow = flow({"source": Role.SOURCE, "sink": Role.SINK}, [edge("source", "sink", 2)])
    invoker, engine = running(narrow, elements=2)
    invoker.then("source", Export.PULL, fakes.emitted(b"1"), fakes.EXHAUSTED)
    for _ in range(2):
        engine.apply(Step(node="source"))
    engine.apply(SetQueue(0, 1, QueuePolicy.BLOCK_PRODUCER))
    assert engine.snapshot().nodes[0].state is NodeState.DONE
    engine.apply(Relink(with_node(engine.flow, "source", config="[1]")))
    steps(engine, 3)
    assert invoker.calls[-1].argument == "pause"
    finish(engine)
    assert len(fakes.delivered(invoker)) == 3


def test_a_node_of_another_role_is_another_node_at_the_same_edges() -> None:
    invoker, engine = running(three(), "source", "source", "middle", "source")
    as_filter = flow(
        {**THREE, "middle": Role.FILTER}, [edge("source", "middle"), edge("middle", "sink")]
    )
    events = engine.apply(Relink(as_filter))
    assert of_type(events, Relinked)[0].restarted == ("middle",)
    assert [len(engine.queue(0)), len(engine.queue(1))] == [2, 1]
    middle = engine.snapshot().nodes[1]
    assert (middle.role, middle.calls, middle.elements_in) == (Role.FILTER, 0, 0)
    assert dict(middle.per_port) == {"output": 0}
    steps(engine, 5)
    assert invoker.made() == [
        "middle.teardown",
        "middle.init",
        "sink.push",
        "middle.evaluate",
        "sink.push",
    ]
    assert dict(engine.snapshot().nodes[1].per_port) == {"output": 1}


def test_what_a_router_had_pending_is_still_pending_when_it_becomes_a_processor() -> None:
    edges = [edge("source", "middle"), edge("middle", "sink", 1)]
    calls = ("source", "source", "middle", "middle")
    invoker, engine = running(flow({**THREE, "middle": Role.ROUTER}, edges), *calls)
    assert len(engine.pending(1)) == 1
    engine.apply(Relink(flow(THREE, edges)))
    middle = engine.snapshot().nodes[1]
    assert (middle.pending, middle.elements_in, middle.elements_out) == (1, 0, 0)
    steps(engine, 2)
    assert "1 element pending" in only(Stopped, engine.apply(Step(node="middle"))[0]).detail
    finish(engine)
    assert len(fakes.delivered(invoker)) == 9


def test_a_crashed_node_that_changed_is_only_initialised() -> None:
    linked = three()
    invoker = FakeInvoker(linked).then("middle", Export.PROCESS, fakes.failed(FailureKind.TRAP))
    engine = initialised(linked, invoker)
    steps(engine, 2)
    engine.apply(Relink(with_node(linked, "middle", config="[1]")))
    assert (engine.failed_nodes(), engine.stop) == ((), None)
    assert engine.snapshot().nodes[1].state is NodeState.NEW
    finish(engine)
    assert invoker.made("middle") == [
        "process",
        "init",
        "process",
        "process",
        "process",
        "teardown",
    ]


def test_an_init_that_fails_is_tried_again_before_anything_works() -> None:
    invoker, engine = running(three(), "source")
    invoker.then("other", Export.INIT, fakes.failed(message="no licence"))
    engine.apply(Relink(with_branch()))
    engine.step()
    assert engine.stop is StopReason.ERROR
    assert (
        "the next init is that of other"
        in only(Stopped, engine.apply(Step(node="middle"))[0]).detail
    )
    steps(engine, 2)
    assert invoker.made() == ["other.init", "other.init", "middle.process"]


def test_a_removed_node_can_be_stepped_by_name_until_it_is_torn_down() -> None:
    invoker, engine = running(with_branch())
    engine.apply(Relink(three()))
    engine.apply(Step(node="other"))
    assert invoker.made() == ["other.teardown"]
    assert only(Stopped, engine.apply(Step(node="other"))[0]).detail == "the flow has no node other"


# ---- flows that are nearly done


def test_a_source_that_is_done_stays_done_and_a_new_one_makes_the_flow_run_on() -> None:
    linked = three()
    invoker, engine = running(linked, elements=1)
    engine.step()
    engine.apply(Step(node="source"))
    assert engine.state is FlowState.DRAINING
    more = flow(
        {"late": Role.SOURCE, **THREE},
        [edge("source", "middle"), edge("late", "middle"), edge("middle", "sink")],
    )
    invoker.on("late", Export.PULL, lambda call: fakes.EXHAUSTED)
    engine.apply(Relink(more))
    assert engine.state is FlowState.RUNNING
    finish(engine)
    assert invoker.made("source") == ["pull", "pull", "teardown"]
    assert invoker.made("late") == ["init", "pull", "teardown"]


def test_an_edge_from_a_source_that_is_done_brings_its_sink_to_completion() -> None:
    roles = {"a": Role.SOURCE, "b": Role.SOURCE, "x": Role.SINK, "y": Role.SINK}
    apart = [edge("a", "x"), edge("b", "y")]
    invoker, engine = running(flow(roles, apart), elements=1)
    for node in ("a", "x", "a", "x"):
        engine.apply(Step(node=node))
    events = engine.apply(Relink(flow(roles, [*apart, edge("a", "y")])))
    assert of_type(events, Relinked)[0].restarted == ()
    assert engine.snapshot().edges[2].done
    finish(engine)
    assert invoker.made("x") == ["push", "complete", "teardown"]
    assert invoker.made("y") == ["push", "complete", "teardown"]


def test_what_a_restarted_source_feeds_is_not_done_before_it() -> None:
    linked = three()
    invoker, engine = running(linked, elements=1)
    for node in ("source", "source"):
        engine.apply(Step(node=node))
    assert engine.snapshot().edges[0].done
    invoker.then("source", Export.PULL, fakes.emitted(b"again"))
    engine.apply(Relink(with_node(linked, "source", config="[1]")))
    assert not engine.snapshot().edges[0].done
    finish(engine)
    assert fakes.delivered(invoker) == [b"source 0+", b"again+"]


def test_a_completed_sink_that_gets_elements_again_begins_anew() -> None:
    roles = {"a": Role.SOURCE, "b": Role.SOURCE, "x": Role.SINK, "y": Role.SINK}
    apart = [edge("a", "x"), edge("b", "y")]
    invoker, engine = running(flow(roles, apart), elements=1)
    for node in ("a", "x", "a", "x"):
        engine.apply(Step(node=node))
    assert invoker.made("x") == ["push", "complete"]
    events = engine.apply(Relink(flow(roles, [*apart, edge("b", "x")])))
    assert of_type(events, Relinked)[0].restarted == ("x",)
    finish(engine)
    assert invoker.made("x") == [
        "push",
        "complete",
        "teardown",
        "init",
        "push",
        "complete",
        "teardown",
    ]


def test_nothing_is_pulled_after_draining_by_command_or_by_the_limit() -> None:
    more = flow(
        {"late": Role.SOURCE, **THREE},
        [edge("source", "middle"), edge("late", "middle"), edge("middle", "sink")],
    )
    invoker, engine = running(three(), "source")
    engine.apply(Drain("enough"))
    engine.apply(Relink(more))
    finish(engine)
    assert invoker.made("late") == ["init", "teardown"]

    linked = three()
    invoker = FakeInvoker(linked)
    engine = initialised(linked, invoker, EngineOptions(element_limit=1))
    engine.step()
    engine.apply(Relink(more))
    finish(engine)
    assert invoker.made("late") == ["init", "teardown"]


def test_a_relink_is_refused_while_the_flow_ends_and_after_its_end() -> None:
    invoker, engine = running(three(), "source")
    engine.apply(Cancel("enough"))
    before = engine.snapshot()
    events = engine.apply(Relink(with_branch()))
    assert [(type(event), only(Stopped, event).reason) for event in events] == [
        (Stopped, StopReason.USER)
    ]
    assert "torn down" in only(Stopped, events[0]).detail
    finish(engine)
    ended = engine.snapshot()
    events = engine.apply(Relink(with_branch()))
    assert [event.detail for event in of_type(events, Stopped)] == [
        "the flow is cancelled: another graph needs a restart"
    ]
    assert engine.snapshot() == ended
    assert before.edges == ended.edges
    assert invoker.made() == ["sink.teardown", "middle.teardown", "source.teardown"]


def test_a_flow_cancelled_during_a_relink_tears_down_old_and_new_instances() -> None:
    invoker, engine = running(with_branch(), "source")
    engine.apply(Relink(with_node(three(), "sink", config="[1]")))
    engine.apply(Cancel("enough"))
    finish(engine)
    assert invoker.made() == [
        "sink.teardown",
        "other.teardown",
        "middle.teardown",
        "source.teardown",
    ]
