"""Stepping: a chosen node, a chosen lineage, and the call announced before it is made."""

from __future__ import annotations

import pytest

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.model.call import Export, NextCall
from runtime.model.commands import Drain, Start, Step
from runtime.model.events import Stopped, StopReason
from runtime.model.linked import LinkedFlow, Role
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker, finish, initialised, linear, started, steps
from tests.support.narrow import only, present


def two_stage(capacity: int = 8) -> LinkedFlow:
    return linear(Role.PROCESSOR, Role.FILTER, capacity=capacity)


def step_element(engine: Engine, lineage: int) -> int:
    """Step the lineage until it has left the flow; the number of steps."""
    count = 0
    while lineage in engine.in_flight():
        engine.apply(Step(lineage=lineage))
        count += 1
        assert count < 100
    return count


def why_not(engine: Engine, node: str) -> str:
    """What a step of the node answers when it makes no call."""
    (event,) = engine.apply(Step(node=node))
    assert isinstance(event, Stopped)
    assert (event.reason, event.node) == (StopReason.USER, node)
    return event.detail


def test_the_next_call_is_shown_before_it_runs_and_looking_changes_nothing() -> None:
    linked = two_stage()
    invoker = FakeInvoker(linked)
    engine = started(linked, invoker)
    assert engine.next_call() == NextCall("source", Export.INIT, None, None)
    steps(engine, 4)
    assert engine.next_call() == NextCall("source", Export.PULL, None, None)
    engine.step()
    assert engine.next_call() == NextCall("processor0", Export.PROCESS, 1, 0)
    before = engine.snapshot()
    assert engine.next_call() == before.next_call
    assert engine.snapshot() == before
    assert len(invoker.calls) == 5


def test_a_step_of_a_node_is_its_next_call() -> None:
    linked = two_stage()
    invoker = FakeInvoker(linked, elements=9)
    engine = initialised(linked, invoker)
    for node in ("source", "source", "processor0", "source", "processor0", "filter1"):
        engine.apply(Step(node=node))
    assert [len(engine.queue(index)) for index in range(3)] == [1, 1, 1]


def test_a_step_of_a_node_that_can_not_run_says_why_and_makes_no_call() -> None:
    linked = two_stage(capacity=1)
    invoker = FakeInvoker(linked, elements=1)
    engine = Engine(linked, invoker, EngineOptions())
    assert why_not(engine, "sink") == "sink waits for the flow to be started"
    engine.apply(Start(fakes.WALL_NS))
    assert why_not(engine, "sink") == (
        "sink waits until the flow is initialised; the next init is that of source"
    )
    steps(engine, 4)
    assert why_not(engine, "sink") == "sink has nothing to work on: its queues are empty"
    engine.apply(Drain("enough"))
    assert why_not(engine, "source") == "source is done: it gets and gives no more elements"
    engine.apply(Step(node="sink"))
    assert why_not(engine, "source") == (
        "source gets no calls any more; the next teardown is that of sink"
    )
    finish(engine)
    assert why_not(engine, "source") == "source gets no calls any more: the flow is completed"
    assert engine.stop is StopReason.END_OF_STREAM


def test_a_step_of_an_unknown_node_says_so() -> None:
    linked = two_stage()
    engine = initialised(linked, FakeInvoker(linked))
    assert (
        only(Stopped, engine.apply(Step(node="nobody"))[0]).detail == "the flow has no node nobody"
    )


def test_the_next_init_and_teardown_can_be_stepped_by_node() -> None:
    linked = linear()
    invoker = FakeInvoker(linked, elements=0)
    engine = started(linked, invoker)
    engine.apply(Step(node="source"))
    engine.apply(Step(node="sink"))
    engine.apply(Step(node="source"))
    engine.apply(Step(node="sink"))
    engine.apply(Step(node="sink"))
    assert invoker.made() == [
        "source.init",
        "sink.init",
        "source.pull",
        "sink.complete",
        "sink.teardown",
    ]


def test_a_lineage_goes_before_others_that_the_schedule_would_prefer() -> None:
    linked = two_stage()
    invoker = FakeInvoker(linked, elements=9)
    engine = initialised(linked, invoker)
    for node in ("source", "processor0", "filter1", "source"):
        engine.apply(Step(node=node))
    assert present(engine.next_call()).node == "sink"
    second = engine.queue(0)[0].lineage
    engine.apply(Step(lineage=second))
    assert invoker.made()[-1] == "processor0.process"


def test_a_lineage_behind_others_makes_its_queue_move() -> None:
    linked = two_stage()
    invoker = FakeInvoker(linked, elements=9)
    engine = initialised(linked, invoker)
    for node in ("source", "processor0", "filter1", "source", "source", "source"):
        engine.apply(Step(node=node))
    last = engine.queue(0)[2].lineage
    engine.apply(Step(lineage=last))
    assert invoker.made()[-1] == "processor0.process"
    assert step_element(engine, last) == 2 + 3 + 4
    assert [present(call.element).lineage for call in invoker.calls if call.node == "sink"][
        -1
    ] == last


@pytest.mark.parametrize("capacity", [1, 2, 8])
def test_stepping_a_lineage_brings_it_through_a_diamond(capacity: int) -> None:
    linked = fakes.flow(
        {
            "source": Role.SOURCE,
            "left": Role.PROCESSOR,
            "right": Role.PROCESSOR,
            "sink": Role.SINK,
        },
        [
            fakes.edge("source", "left", capacity),
            fakes.edge("source", "right", capacity),
            fakes.edge("left", "sink", capacity),
            fakes.edge("right", "sink", capacity),
        ],
    )
    invoker = FakeInvoker(linked, elements=9)
    engine = initialised(linked, invoker)
    engine.step()
    step_element(engine, engine.queue(0)[0].lineage)
    assert fakes.delivered(invoker).count(b"source 0+") == 2


def test_a_lineage_is_taken_from_its_input_of_a_fan_in_out_of_turn() -> None:
    linked = fakes.flow(
        {"a": Role.SOURCE, "b": Role.SOURCE, "sink": Role.SINK},
        [fakes.edge("a", "sink"), fakes.edge("b", "sink")],
    )
    invoker = FakeInvoker(linked, elements=2)
    engine = initialised(linked, invoker)
    engine.apply(Step(node="a"))
    engine.apply(Step(node="b"))
    engine.apply(Step(lineage=engine.queue(1)[0].lineage))
    assert fakes.delivered(invoker) == [b"b 0"]


def test_a_failed_element_is_tried_again_before_another_lineage_or_turn() -> None:
    linked = fakes.flow(
        {"a": Role.SOURCE, "b": Role.SOURCE, "sink": Role.SINK},
        [fakes.edge("a", "sink"), fakes.edge("b", "sink")],
    )
    invoker = FakeInvoker(linked, elements=2)
    invoker.then("sink", Export.PUSH, *[fakes.failed()] * 3)
    engine = initialised(linked, invoker)
    engine.apply(Step(node="a"))
    engine.apply(Step(node="b"))
    engine.apply(Step(lineage=engine.queue(1)[0].lineage))
    engine.apply(Step(node="sink"))
    engine.apply(Step(lineage=engine.queue(0)[0].lineage))
    assert fakes.delivered(invoker) == [b"b 0"] * 3


def test_a_lineage_that_is_not_there_steps_the_normal_order() -> None:
    linked = two_stage()
    invoker = FakeInvoker(linked)
    engine = initialised(linked, invoker)
    engine.apply(Step(lineage=99))
    assert invoker.made() == ["source.pull"]
