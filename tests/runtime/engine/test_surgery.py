"""Queues changed by hand, and nodes that are held."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.core import Engine
from runtime.model.call import Absorbed, Export
from runtime.model.commands import (
    INJECTED,
    Cancel,
    Command,
    Discard,
    Duplicate,
    Empty,
    Hold,
    Inject,
    Move,
    SetQueue,
    Start,
    Step,
)
from runtime.model.element import Element
from runtime.model.events import (
    CallFinished,
    DropReason,
    ElementDropped,
    Event,
    FlowState,
    HoldChanged,
    Injected,
    Moved,
    Released,
    Stopped,
)
from runtime.model.linked import QueuePolicy, Role
from runtime.model.snapshot import NodeState
from runtime.recording.command_lines import command_line, command_of
from tests.support.engine import fakes
from tests.support.engine.accounts import check_totals
from tests.support.engine.fakes import edge, emitted, failed, finish, flow, linear, of_type, steps
from tests.support.engine.flows import Case, RandomComponents, cases
from tests.support.engine.reloads import running, three
from tests.support.examples import examples
from tests.support.narrow import only


def ids(engine: Engine, index: int = 0) -> list[int]:
    return [element.id for element in engine.queue(index)]


def refusal(engine: Engine, command: Command) -> str:
    """Why nothing is changed."""
    before = engine.snapshot().edges, [engine.queue(link.index) for link in engine.flow.edges]
    (event,) = engine.apply(command)
    assert before == (
        engine.snapshot().edges,
        [engine.queue(link.index) for link in engine.flow.edges],
    )
    return only(Stopped, event).detail


# ---- one operation


def test_an_element_is_dropped_and_counted() -> None:
    _, engine = running(three(), "source", "source", "source")
    events = engine.apply(Discard(0, 2))
    assert ids(engine) == [1, 3]
    (drop,) = of_type(events, ElementDropped)
    assert (drop.element.id, drop.reason, drop.edge) == (2, DropReason.BY_HAND, 0)
    snapshot = engine.snapshot()
    assert (snapshot.dropped, snapshot.edges[0].evicted, snapshot.queued) == (1, 1, 2)
    check_totals(snapshot)
    finish(engine)
    assert engine.snapshot().delivered == 8
    assert engine.state is FlowState.COMPLETED


def test_dropping_makes_room_for_what_is_pending_and_that_can_be_dropped_too() -> None:
    linked = flow(
        {"source": Role.SOURCE, "aggregator": Role.AGGREGATOR, "sink": Role.SINK},
        [edge("source", "aggregator"), edge("aggregator", "sink", capacity=1)],
    )
    invoker, engine = running(linked, "source", elements=1)
    invoker.then("aggregator", Export.INGEST, Absorbed())
    invoker.then("aggregator", Export.FLUSH, emitted(b"a", b"b", b"c"))
    steps(engine, 3)
    (queued,), (second, third) = engine.queue(1), engine.pending(1)
    events = engine.apply(Discard(1, third.id))
    assert only(ElementDropped, events[0]).reason is DropReason.BY_HAND
    assert engine.pending(1) == (second,)
    events = engine.apply(Discard(1, queued.id))
    assert of_type(events, Released)
    assert (engine.queue(1), engine.pending(1)) == ((second,), ())
    check_totals(engine.snapshot())
    finish(engine)
    assert (engine.snapshot().delivered, engine.snapshot().dropped) == (1, 2)


def test_dropping_the_last_element_of_a_done_producer_ends_its_consumer() -> None:
    _, engine = running(three(), *["source"] * 3, elements=2)
    assert ids(engine) == [1, 2]
    engine.apply(Empty(0))
    finish(engine)
    snapshot = engine.snapshot()
    assert (snapshot.state, snapshot.delivered, snapshot.dropped) == (FlowState.COMPLETED, 0, 2)


def test_a_double_stands_behind_its_element_and_begins_a_lineage() -> None:
    _, engine = running(three(), "source", "source")
    (event,) = of_type(engine.apply(Duplicate(0, 1)), Injected)
    first, double, last = engine.queue(0)
    assert (first.id, last.id) == (1, 2)
    assert double == event.delivery.element
    assert double == first._replace(id=double.id, lineage=double.id, source=INJECTED, path=())
    assert engine.snapshot().injected == 1
    check_totals(engine.snapshot())


@pytest.mark.parametrize(
    ("element", "to", "order", "overtaken"),
    [(3, 0, [3, 1, 2, 4], 1), (1, 2, [2, 3, 1, 4], 3), (2, 99, [1, 3, 4, 2], 4)],
)
def test_an_element_is_moved_and_told_to_be_out_of_order(
    element: int, to: int, order: list[int], overtaken: int
) -> None:
    _, engine = running(three(), *["source"] * 4)
    (moved,) = of_type(engine.apply(Move(0, element, to)), Moved)
    assert ids(engine) == order
    assert (moved.before, moved.after) == (element - 1, min(to, 3))
    assert moved.overtaken is not None
    assert moved.overtaken.id == overtaken
    (back,) = of_type(engine.apply(Move(0, element, element - 1)), Moved)
    assert back.overtaken is None
    assert ids(engine) == [1, 2, 3, 4]


def test_an_element_is_injected_at_a_place_with_its_number_and_time() -> None:
    _, engine = running(three(), "source", "source")
    engine.apply(Inject(0, b"x", "a/b", 42, 7, "c/d", place=1))
    element = engine.queue(0)[1]
    assert (element.sequence, element.timestamp_ns, element.content_type) == (42, 7, "a/b")
    assert element.payload == (b"x", "c/d")
    engine.apply(Inject(0, b"tail", place=99))
    assert engine.queue(0)[-1].payload.data == b"tail"


@pytest.mark.parametrize(
    "command", [Discard(0, 1), Move(0, 1, 1), Empty(0), Inject(0, b"first", place=0)]
)
def test_what_a_call_failed_on_can_be_dropped_or_moved_away(command: Command) -> None:
    invoker, engine = running(linear(Role.PROCESSOR), "source", "source")
    invoker.then("processor0", Export.PROCESS, failed())
    engine.apply(Step("processor0"))
    assert engine.failed_nodes() == ("processor0",)
    engine.apply(command)
    assert engine.failed_nodes() == ()
    assert engine.stop is None
    finish(engine)
    assert engine.state is FlowState.COMPLETED


def test_a_queue_is_emptied_once() -> None:
    _, engine = running(three(), "source", "source")
    events = engine.apply(Empty(0))
    assert [drop.element.id for drop in of_type(events, ElementDropped)] == [1, 2]
    assert refusal(engine, Empty(0)) == "source -> middle is empty already"


def test_what_cannot_be_done_says_why() -> None:
    _, engine = running(three(), "source", "source")
    nowhere = "no element with the id 9 waits in source -> middle"
    assert refusal(engine, Discard(0, 9)) == nowhere
    assert refusal(engine, Duplicate(0, 9)) == nowhere
    assert refusal(engine, Move(0, 9, 0)) == nowhere
    assert "in place 1 of" in refusal(engine, Move(0, 1, 0))
    for command in (Discard(9, 1), Duplicate(9, 1), Move(9, 1, 0), Empty(9), Step(edge=9)):
        assert refusal(engine, command) == "the flow has no edge 9: it has 2"
    assert refusal(engine, Step(edge=1)) == "middle -> sink is empty"
    assert refusal(engine, Hold("nobody")) == "the flow has no node nobody"
    assert refusal(engine, Hold("sink", on=False)) == "sink is not on hold"
    engine.apply(SetQueue(0, 2, QueuePolicy.BLOCK_PRODUCER))
    assert "there is no room" in refusal(engine, Duplicate(0, 1))
    with pytest.raises(ValueError, match="a place is counted from 0"):
        Move(0, 1, -1)
    engine.apply(Cancel("enough"))
    for command in (Discard(0, 1), Duplicate(0, 1), Move(0, 1, 1), Empty(0)):
        assert "torn down" in refusal(engine, command)


# ---- which element is next


def test_the_head_of_a_certain_queue_is_taken() -> None:
    two = flow(
        {"a": Role.SOURCE, "b": Role.SOURCE, "sink": Role.SINK},
        [edge("a", "sink"), edge("b", "sink")],
    )
    _, engine = running(two, "a", "b")
    (call,) = of_type(engine.apply(Step(edge=1)), CallFinished)
    assert call.call.element is not None
    assert call.call.element.source == "b"
    assert ids(engine, 1) == []


# ---- holds


def test_a_held_node_is_not_called_while_the_rest_runs_and_then_goes_on() -> None:
    _, engine = running(linear(Role.PROCESSOR, capacity=4), "source")
    assert engine.apply(Hold("processor0")) == [
        HoldChanged(engine.snapshot().at_ns, "processor0", True)
    ]
    steps(engine, 4)
    assert ids(engine) == [1, 2, 3, 4]
    assert engine.next_call() is None
    assert engine.waits_ns() == 0
    assert engine.held_words() == "processor0 is on hold, 4 wait for it"
    node = engine.snapshot().nodes[1]
    assert (node.state, node.on_hold, node.calls) == (NodeState.HELD, True, 1)
    let_through = of_type(engine.apply(Step("processor0")), CallFinished)
    assert [event.call.node for event in let_through] == ["processor0"]
    assert ids(engine) == [2, 3, 4]
    assert of_type(engine.apply(Step(edge=0)), CallFinished)
    engine.apply(Hold("processor0", on=False))
    finish(engine)
    snapshot = engine.snapshot()
    assert (snapshot.state, snapshot.delivered) == (FlowState.COMPLETED, 9)
    assert not engine.held_words()


def test_a_held_node_takes_part_in_the_end_of_the_flow() -> None:
    _, engine = running(three(), "source")
    engine.apply(Hold("sink"))
    engine.apply(Cancel("enough"))
    finish(engine)
    assert engine.state is FlowState.CANCELLED


# ---- random


class Operated:
    """An engine on which random operations are made among its steps."""

    def __init__(self, case: Case) -> None:
        self.engine = Engine(case.flow, RandomComponents(case), case.options)
        self.flow = case.flow
        self.events: list[Event] = []
        self.commands: list[Command] = []

    def apply(self, command: Command) -> list[Event]:
        events = self.engine.apply(command)
        self.commands.append(command)
        self.events += events
        check_totals(self.engine.snapshot())
        return events

    def waiting(self) -> Counter[tuple[int, int]]:
        """Copies in the queues and pending, by edge and element."""
        engine = self.engine
        return Counter(
            (link.index, element.id)
            for link in self.flow.edges
            for element in (*engine.queue(link.index), *engine.pending(link.index))
        )

    def operate(self, kind: int, number: int) -> None:
        """An operation on something that waits, with what it has to come to."""
        engine, index = self.engine, number % len(self.flow.edges)
        queue: list[Element] = list(engine.queue(index))
        element = queue[number % len(queue)].id if queue else number
        node = self.flow.nodes[number % len(self.flow.nodes)].name
        command: Command = (
            Discard(index, element),
            Duplicate(index, element),
            Move(index, element, number // 2 % 5),
            Empty(index),
            Hold(node, number % 3 > 0),
            Step(edge=index),
            Step(node),
        )[kind]
        before = self.waiting()
        events = self.apply(command)
        if isinstance(command, Step):
            return
        came = Counter((event.delivery.edge, event.delivery.element.id)
                       for event in of_type(events, Injected))  # fmt: skip
        gone = Counter((only(int, event.edge), event.element.id)
                       for event in of_type(events, ElementDropped)
                       if event.reason is DropReason.BY_HAND)  # fmt: skip
        lost = Counter((only(int, event.edge), event.element.id)
                       for event in of_type(events, ElementDropped)
                       if event.reason is not DropReason.BY_HAND)  # fmt: skip
        assert self.waiting() == before + came - gone - lost

    def finish(self) -> None:
        """Let everything go, and run to the end."""
        for node in self.flow.nodes:
            self.engine.apply(Hold(node.name, on=False))
        if not self.engine.state.ended:
            self.apply(Cancel("enough"))
        finish(self.engine)


OPERATIONS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 6), st.integers(0, 40)), max_size=25
)


def operated(case: Case, operations: list[tuple[int, int, int]]) -> Operated:
    made = Operated(case)
    made.apply(Start(fakes.WALL_NS))
    for calls, kind, number in operations:
        for _ in range(calls):
            made.apply(Step())
        made.operate(kind, number)
    return made


@examples(120)
@given(cases(), OPERATIONS)
def test_nothing_is_lost_that_was_not_dropped_and_the_same_gives_equal_events(
    case: Case, operations: list[tuple[int, int, int]]
) -> None:
    first, second = operated(case, operations), Operated(case)
    for command in first.commands:
        line = command_line(command, 0)
        read = command_of(line)
        assert read == command
        second.apply(read)
    assert first.events == second.events
    first.finish()
    assert first.engine.state.ended
