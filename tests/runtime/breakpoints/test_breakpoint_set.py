"""Breakpoints of every place, met in the runs of an engine."""

from __future__ import annotations

import pytest

from runtime.breakpoints.breakpoint_set import BreakpointSet, stops
from runtime.breakpoints.trial import try_breakpoint
from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.expression.expression_error import ExpressionError
from runtime.model.call import Answer, Call, Export, FailureKind, Outcome, Ports
from runtime.model.commands import Skip, Start, Step
from runtime.model.events import CallFinished, Event
from runtime.model.linked import ErrorPolicy, LinkedFlow, QueuePolicy, Role
from runtime.model.snapshot import NodeState
from runtime.protocol.break_places import PlaceError, PlaceKind, parse_place
from runtime.protocol.breakpoints import BreakHit, Breakpoint, Then
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker

FLOW = fakes.flow(
    {
        "in": Role.SOURCE,
        "way": Role.ROUTER,
        "work": Role.PROCESSOR,
        "one": Role.SINK,
        "two": Role.SINK,
    },
    [
        fakes.edge("in", "way", 2),
        fakes.edge("way", "work", 1, QueuePolicy.DROP_NEWEST, port="p1"),
        fakes.edge("way", "two", port="p2"),
        fakes.edge("work", "one"),
    ],
)


class Answers(FakeInvoker):
    """Routes even numbers to both ports, the number 3 to one that there is not; fails on 4."""

    def plainly(self, call: Call) -> Outcome | Answer:
        """See `FakeInvoker.plainly`."""
        number = -1 if call.element is None else call.element.sequence
        if call.node == "way" and call.export is Export.ROUTE:
            return Ports(("p3",)) if number == 3 else Ports(("p1", "p2") if not number % 2 else ())
        if call.node == "work" and number == 4:
            return fakes.failed(FailureKind.INVALID_INPUT, "no four")
        if call.node == "two" and number == 44:
            return Answer(fakes.READY, 5_000_000)
        return super().plainly(call)


def place(text: str, condition: str = "", flow: LinkedFlow = FLOW, **more: object) -> Breakpoint:
    """A new breakpoint."""
    return Breakpoint(0, parse_place(text, flow), condition, **more)  # type: ignore[arg-type]


def run(*breakpoints: Breakpoint, elements: int = 46) -> list[tuple[str, BreakHit]]:
    """All hits of a run, each with its node and element: `way#3`.

    The source is asked before all others, so that queues become full.
    """
    options = EngineOptions(on_error=ErrorPolicy.SKIP)
    engine = Engine(FLOW, Answers(FLOW, elements), options)
    engine.apply(Start(fakes.WALL_NS))
    asked = BreakpointSet(FLOW)
    for one in breakpoints:
        asked.put(one)
    found: list[BreakHit] = []
    events: list[Event] = []
    while not engine.state.ended:
        source = engine.node("in")
        asks_source = source is not None and source.state is NodeState.READY
        call = engine.upcoming("in" if asks_source else None)
        assert call is not None
        found += asked.before(call)
        made = engine.apply(Step(node=call.node))
        events += made
        found += asked.after(made)
    elements_by_id = {
        delivery.element.id: delivery.element.sequence
        for event in fakes.of_type(events, CallFinished)
        for delivery in event.deliveries
    }
    return [(f"{hit.node}#{elements_by_id.get(hit.element_id or 0, '-')}", hit) for hit in found]


def where(*breakpoints: Breakpoint, elements: int = 46) -> list[str]:
    """Nodes and elements of all hits."""
    return [at for at, _ in run(*breakpoints, elements=elements)]


@pytest.mark.parametrize(
    ("text", "condition", "hits"),
    [
        ("way", "seq in [1, 2]", ["way#1", "way#2"]),
        ("way input", 'text == "in 5"', ["way#5"]),
        ("in", "seq == 1", ["in#1"]),
        ("way:p2", "seq < 3", ["way#0", "way#2"]),
        ("way output", "seq == 2", ["way#2", "way#2"]),
        ("work output", 'text.endsWith("+") && seq == 2', ["work#2"]),
        ("way:p2 -> two", "seq == 6", ["way#6"]),
        ("way -> two", 'edge == "way:p2 -> two" && port == "p2" && seq == 6', ["way#6"]),
        ("any init", 'node == "two"', ["two#-"]),
        ("work teardown", "", ["work#-"]),
        ("two complete", "", ["two#-"]),
        ("one flush", "", []),
        ("any error", "", ["way#3", "work#4"]),
        ("work error", "", ["work#4"]),
        ("any no such port", "", ["way#3"]),
        ("any drop", "", ["way#3", "work#4"]),
        ("any slow call", "", ["two#44"]),
        ("any call", "ms >= 5.0", ["two#44"]),
        ("two call", "seq == 44", ["two#44"]),
        ("any call", 'node == "two" && hits == 1', []),
    ],
)
def test_a_breakpoint_is_met_where_it_stands(text: str, condition: str, hits: list[str]) -> None:
    assert where(place(text, condition)) == hits


def test_back_pressure_is_met_when_a_queue_becomes_full() -> None:
    found = where(place("any back-pressure"))
    assert set(found) == {"in#-", "way#-"} or set(found) == {"in#-"}
    assert where(place("two back-pressure")) == []
    words = {hit.words for _, hit in run(place("any back-pressure"), elements=46)}
    assert "breakpoint 1: any back-pressure: in -> way is full" in words


def test_a_hit_says_where_what_may_happen_anywhere_happened() -> None:
    def words(text: str) -> list[str]:
        return [hit.words for _, hit in run(place(text), elements=46)]

    no_port, failed = words("any error")
    assert no_port.startswith("breakpoint 1: any error: way, UnknownRouterPort: ")
    assert failed.startswith("breakpoint 1: any error: work, ")
    assert words("work error") == [failed.replace("any error: work, ", "work error: ")]
    assert words("way drop") == ["breakpoint 1: way drop: skipped after a failure"]
    assert words("any slow call") == [
        "breakpoint 1: any slow call: two, 5 ms, 500,000 times its average"
    ]


def test_what_comes_before_a_call_says_so_and_shows_what_the_condition_saw() -> None:
    ((_, hit),) = run(place("way", 'seq == 2 && text.contains("in") && size < 100'))
    assert hit.before
    assert hit.node == "way"
    assert hit.values == (("seq", "2"), ("text", '"in 2"'), ("size", "4"))
    ((_, hit),) = run(place("two call", "ms >= 5.0"))
    assert not hit.before
    assert hit.values == (("ms", "5.0"),)


def test_hits_are_counted_and_act_from_the_nth_on_and_every_mth() -> None:
    asked = BreakpointSet(FLOW)
    number = asked.put(place("way", first_hit=3, every=2)).number
    engine = fakes.initialised(FLOW, Answers(FLOW, 8))
    acted: list[int] = []
    while not engine.state.ended:
        call = engine.upcoming()
        assert call is not None
        acted += [hit.hit for hit in asked.before(call)]
        if engine.failed_nodes():
            engine.apply(Skip(engine.failed_nodes()[0]))
        engine.step()
    assert acted == [3, 5, 7, 9]
    (row,) = asked.rows()
    assert row.hits == 9
    assert row.breakpoint.number == number


def test_once_switches_itself_off_and_a_breakpoint_that_is_off_is_not_met() -> None:
    assert where(place("way", then=Then.ONCE)) == ["way#0"]
    assert where(place("way", on=False)) == []
    ((_, hit),) = run(place("way", then=Then.ONCE))
    assert stops(hit)
    ((_, hit), *_) = run(place("way", then=Then.LOG))
    assert not stops(hit)


def test_several_at_one_place_are_each_asked() -> None:
    found = run(
        place("way", "seq == 2"), place("way", "seq >= 2 && seq <= 3"), place("way", "hits > 9")
    )
    assert [(at, hit.breakpoint.number) for at, hit in found] == [
        ("way#2", 1),
        ("way#2", 2),
        ("way#3", 2),
    ]


def test_what_the_engine_knows_nothing_of_is_told() -> None:
    asked = BreakpointSet(FLOW)
    asked.put(place("any swap"))
    asked.put(place("work denied grant"))
    assert [hit.node for hit in asked.happened(PlaceKind.SWAP, "one", 7)] == ["one"]
    assert asked.happened(PlaceKind.DENIED, "one", 7) == []
    assert [hit.call for hit in asked.happened(PlaceKind.DENIED, "work", 7)] == [7]


def test_a_changed_breakpoint_keeps_its_counts_while_it_asks_the_same() -> None:
    asked = BreakpointSet(FLOW)
    one = asked.put(place("any swap"))
    asked.happened(PlaceKind.SWAP, "one", 7)
    asked.put(Breakpoint(one.number, one.place, then=Then.LOG))
    assert asked.rows()[0].hits == 1
    asked.put(Breakpoint(one.number, one.place, "ms < 1.0"))
    assert asked.rows()[0].hits == 0
    asked.remove(one.number)
    assert asked.rows() == ()


def test_a_condition_that_asks_for_what_is_not_known_there_is_refused() -> None:
    with pytest.raises(ExpressionError, match="ms is known when the call has been made"):
        BreakpointSet(FLOW).put(place("way", "ms > 1.0"))
    asked = BreakpointSet(FLOW)
    asked.put(place("way", "size > 0"))
    other = fakes.linear(Role.PROCESSOR)
    asked.follow(other)
    assert asked.rows()[0].problem == "the flow has no such place"


@pytest.mark.parametrize("text", ["way", "in", "way:p1", "any error", "work flush", "in -> way"])
def test_a_place_is_read_as_it_is_written(text: str) -> None:
    read = parse_place(text, FLOW)
    assert parse_place(read.words, FLOW) == read


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("wy", '"wy" is no node; did you mean way?'),
        ("way:p9", '"p9" is no port of way; ports: p1, p2'),
        ("way sideways", '"sideways" is no place of way; places: input'),
        ("one -> way", '"one -> way" names no edge; edges: in -> way'),
        ("any", "any what? places: input"),
        ("way:p1 input", "a port has an output alone"),
    ],
)
def test_a_place_that_there_is_not_is_told_with_those_there_are(text: str, why: str) -> None:
    with pytest.raises(PlaceError) as raised:
        parse_place(text, FLOW)
    assert why in str(raised.value)


def test_a_trial_says_where_it_would_have_stopped() -> None:
    engine = fakes.initialised(FLOW, Answers(FLOW, 20), EngineOptions(on_error=ErrorPolicy.SKIP))
    events = fakes.finish(engine)
    trial = try_breakpoint(place("way", "seq > 3"), FLOW, events, 1_000, lambda: True)
    calls = len(fakes.of_type(events, CallFinished))
    assert (trial.calls, trial.hits, len(trial.latest)) == (calls, 16, 3)
    assert [hit.sequence for hit in trial.latest] == [17, 18, 19]
    assert trial.latest[-1].preview == b"in 19"
    few = try_breakpoint(place("any call"), FLOW, events, 5, lambda: True)
    assert (few.calls, few.hits) == (5, 5)
    slow = try_breakpoint(place("any call"), FLOW, events, 1_000, lambda: False)
    assert slow.calls == 32
    assert try_breakpoint(place("any error"), FLOW, events, 1_000, lambda: True).hits >= 1
