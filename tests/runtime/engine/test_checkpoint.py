"""An engine restored from any checkpoint goes on as the one it was taken of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.engine.scheduling.schedule_policies import build_schedule
from runtime.engine.state.checkpoint import EngineCheckpoint
from runtime.model.call import Answer, Call
from runtime.model.commands import (
    Advance,
    Command,
    Discard,
    Duplicate,
    Edit,
    Empty,
    Hold,
    Inject,
    Move,
    Relink,
    SetQueue,
    SetSchedule,
    Start,
    Step,
)
from runtime.model.element import Element
from runtime.model.events import CallFinished, Event
from runtime.model.linked import QueuePolicy, Role, SchedulePolicy
from runtime.model.snapshot import FlowSnapshot
from tests.support.engine.accounts import Watched
from tests.support.engine.fakes import WALL_NS, FakeInvoker, edge, flow, initialised, steps
from tests.support.engine.flows import Case
from tests.support.engine.reloads import reloaded_cases
from tests.support.examples import examples


class Answers:
    """Gives the recorded answers, to the recorded calls alone."""

    def __init__(self, recorded: Iterator[CallFinished]) -> None:
        self._recorded = recorded

    def invoke(self, call: Call) -> Answer:
        finished = next(self._recorded)
        assert finished.call == call
        return finished.answer


@dataclass
class Place:
    """A place of a run: what was captured there, and what was done and said until then."""

    checkpoint: EngineCheckpoint
    commands: int
    events: int


Stood = tuple[FlowSnapshot, list[tuple[Sequence[Element], Sequence[Element]]], int]


def stood(engine: Engine) -> Stood:
    """All that can be seen of an engine."""
    edges = range(len(engine.flow.edges))
    queues = [(engine.queue(index), engine.pending(index)) for index in edges]
    return engine.snapshot(), queues, engine.waits_ns()


def calls_in(events: list[Event]) -> Iterator[CallFinished]:
    return (event for event in events if isinstance(event, CallFinished))


def check_all_records(engine: Engine) -> None:
    """The hidden state too has no container that was not restored."""
    run = engine._run
    assert run.events == []
    for record in (run, run.gone, *run.nodes, *run.edges):
        found = vars(type(record))
        slots: tuple[str, ...] = found.get("__slots__") or found["__mypyc_attrs__"]
        assert slots
        assert all(hasattr(record, name) for name in slots)


@examples(100)
@given(reloaded_cases(), st.integers(1, 40), st.sampled_from(list(SchedulePolicy)), st.booleans())
def test_a_restored_engine_goes_on_as_the_one_it_was_captured_of(
    case: Case, every: int, policy: SchedulePolicy, packs: bool
) -> None:
    made = list[Command]()
    places: list[Place] = []
    said: list[list[Event]] = []

    class NotingPlaces(Watched):
        def told(self, command: Command) -> list[Event]:
            events = super().told(command)
            made.append(command)
            said.append(events)
            if len(made) % every == 0:
                places.append(Place(self.engine.checkpoint(), len(made), len(said)))
            if isinstance(command, Start):
                self.apply(SetSchedule(policy))
            return events

    watched = NotingPlaces(case)
    for _ in watched.run():
        pass
    for place in places[:: len(places) // 3 + 1]:
        if packs:
            place.checkpoint.pack()
        rest = [event for events in said[place.events :] for event in events]
        for _ in range(2):  # a checkpoint is not used up
            engine = Engine(place.checkpoint.flow, Answers(calls_in(rest)), case.options)
            engine.restore(place.checkpoint)
            check_all_records(engine)
            assert engine.calls == place.checkpoint.calls
            for command, events in zip(made[place.commands :], said[place.events :], strict=True):
                assert engine.apply(command) == events
            assert stood(engine) == stood(watched.engine)


def test_what_goes_on_changes_no_checkpoint() -> None:
    linked = flow(
        {"source": Role.SOURCE, "middle": Role.PROCESSOR, "sink": Role.SINK},
        [edge("source", "middle", 2), edge("middle", "sink", 2)],
    )
    engine = initialised(linked, FakeInvoker(linked, elements=50))
    steps(engine, 7)
    before = stood(engine)
    checkpoint = engine.checkpoint()
    steps(engine, 9)
    restored = Engine(linked, FakeInvoker(linked), EngineOptions())
    restored.restore(checkpoint)
    assert stood(restored) == before
    assert stood(engine) != before


def test_a_node_that_was_removed_is_torn_down_from_a_checkpoint_too() -> None:
    whole = flow(
        {"source": Role.SOURCE, "middle": Role.PROCESSOR, "sink": Role.SINK},
        [edge("source", "middle"), edge("middle", "sink")],
    )
    short = flow({"source": Role.SOURCE, "sink": Role.SINK}, [edge("source", "sink")])
    engine = initialised(whole, FakeInvoker(whole, elements=9))
    steps(engine, 4)
    engine.apply(Relink(short))
    checkpoint = engine.checkpoint()
    checkpoint.pack()
    invoker = FakeInvoker(short, elements=9)
    restored = Engine(short, invoker, EngineOptions())
    restored.restore(checkpoint)
    assert steps(engine, 1) == steps(restored, 1)
    assert invoker.made() == ["middle.teardown"]
    assert stood(restored) == stood(engine)


def test_every_schedule_takes_its_turns_from_where_they_were() -> None:
    linked = flow(
        dict.fromkeys("abc", Role.SOURCE) | {"sink": Role.SINK},
        [edge(name, "sink", 64) for name in "abc"],
        priorities={"a": 9, "b": 9, "c": 2},
    )
    for policy in SchedulePolicy:
        one, other = (build_schedule(policy, linked.nodes) for _ in range(2))
        for call in range(7):
            one.charge(one.peek(0b0111), 100 + call)
        other.restore(one.state())
        for call in range(9):
            assert one.peek(0b1111) == other.peek(0b1111), policy
            one.charge(one.peek(0b1111), 90 + call)
            other.charge(other.peek(0b1111), 90 + call)


def test_packing_keeps_no_element_of_the_run() -> None:
    linked = flow({"source": Role.SOURCE, "sink": Role.SINK}, [edge("source", "sink", 64)])
    engine = Engine(linked, FakeInvoker(linked, elements=99), EngineOptions())
    engine.apply(Start(WALL_NS))
    commands: list[Command] = [Step(), Step(), *[Step(node="source")] * 40, Advance(5)]
    for command in commands:
        engine.apply(command)
    checkpoint = engine.checkpoint()
    assert len(engine.queue(0)) == 40
    before = checkpoint.bytes_used
    checkpoint.pack()
    assert 0 < checkpoint.bytes_used < before
    (run, _) = checkpoint.restored(EngineOptions())
    assert tuple(run.edges[0].items) == engine.queue(0)


SURGERY_FLOW = flow(
    {
        "one": Role.SOURCE,
        "two": Role.SOURCE,
        "work": Role.PROCESSOR,
        "sum": Role.AGGREGATOR,
        "sink": Role.SINK,
    },
    [
        edge("one", "work", 3),
        edge("two", "work", 3),
        edge("work", "sum", 2),
        edge("sum", "sink", 4),
    ],
)
POLICIES = [policy for policy in QueuePolicy if policy is not QueuePolicy.RATE_LIMIT]
EDGES, ELEMENTS = st.integers(0, 3), st.integers(1, 60)
SURGERY = st.one_of(
    st.builds(Discard, EDGES, ELEMENTS),
    st.builds(Duplicate, EDGES, ELEMENTS),
    st.builds(Move, EDGES, ELEMENTS, st.integers(0, 3)),
    st.builds(Empty, EDGES),
    st.builds(Hold, st.sampled_from(("one", "work", "sum", "sink")), st.booleans()),
    st.builds(Inject, EDGES, st.just(b"injected"), st.just("text/plain")),
    st.builds(Edit, ELEMENTS, st.just(b"edited")),
    st.builds(SetQueue, EDGES, st.integers(1, 5), st.sampled_from(POLICIES), st.just(0.5)),
)


@examples(60)
@given(st.lists(st.tuples(st.integers(0, 9), SURGERY), min_size=1, max_size=12), st.booleans())
def test_what_was_held_and_operated_on_goes_on_from_a_checkpoint_too(
    surgeries: list[tuple[int, Command]], packs: bool
) -> None:
    engine = Engine(SURGERY_FLOW, FakeInvoker(SURGERY_FLOW, elements=20), EngineOptions())
    said: list[tuple[Command, list[Event]]] = []
    places: list[tuple[EngineCheckpoint, int]] = []
    commands: list[Command] = [Start(WALL_NS), *[Step()] * 9]
    for steps_between, surgery in surgeries:
        commands += [*[Step(node="one")] * (steps_between % 4), *[Step()] * steps_between, surgery]
    for command in (*commands, *[Step()] * 12):
        said.append((command, engine.apply(command)))
        if len(said) % 5 == 0:
            places.append((engine.checkpoint(), len(said)))
    for checkpoint, done in places[:: len(places) // 4 + 1]:
        if packs:
            checkpoint.pack()
        rest = [event for _, events in said[done:] for event in events]
        restored = Engine(checkpoint.flow, Answers(calls_in(rest)), EngineOptions())
        restored.restore(checkpoint)
        for command, events in said[done:]:
            assert restored.apply(command) == events
        assert stood(restored) == stood(engine)
