"""Properties that hold however a flow is changed while it runs: builds, queues, whole graphs."""

from __future__ import annotations

from hypothesis import given

from runtime.model.call import Export, Signal
from runtime.model.commands import Edit, Inject, Relink, SetQueue, Start, Swap
from runtime.model.events import CallFinished, Event, FlowEnded, SourceSignalled
from runtime.model.linked import LinkedFlow
from runtime.model.snapshot import FlowSnapshot, NodeState
from tests.support.engine import fakes
from tests.support.engine.accounts import HOLDING, Watched
from tests.support.engine.case_run import STEPS_TO_THE_END
from tests.support.engine.flows import Case
from tests.support.engine.readiness import check_readiness
from tests.support.engine.reloads import reloaded_cases
from tests.support.examples import examples

RUNS = examples(250)
FEWER_RUNS = examples(80)


def check_signals(linked: LinkedFlow, snapshot: FlowSnapshot, events: list[Event]) -> None:
    """`ready` is given when no queue that holds the source is in an episode any more."""
    for event in events:
        if isinstance(event, SourceSignalled) and event.signal is Signal.READY:
            for index in linked.by_name[event.node].outputs:
                edge = snapshot.edges[index]
                assert not (edge.policy in HOLDING and edge.full)


def check_episodes(snapshot: FlowSnapshot) -> None:
    """A queue at or above its capacity is in an episode, one at its low mark in none."""
    if snapshot.state.ended:
        return
    for edge in snapshot.edges:
        assert edge.full or edge.depth < edge.capacity
        assert not edge.full or edge.depth > edge.low_mark


@RUNS
@given(reloaded_cases())
def test_no_change_loses_reorders_or_doubles_anything_and_every_flow_ends(case: Case) -> None:
    watched = Watched(case)
    for events in watched.run():
        watched.check_queues()
        watched.check_counts()
        check_signals(watched.flow, watched.snapshot, events)
        if not watched.ending:
            check_episodes(watched.snapshot)
        if watched.flowing:
            check_readiness(watched.flow, watched.snapshot)
    assert sum(isinstance(event, FlowEnded) for event in watched.events) == 1
    limit = case.options.element_limit
    pulls = [
        event
        for event in fakes.of_type(watched.events, CallFinished)
        if event.call.export is Export.PULL and event.outputs
    ]
    assert limit is None or len(pulls) <= limit
    left = watched.components.present.items()
    assert [name for name, own in left if own.usable and not own.swapped_in] == []


@FEWER_RUNS
@given(reloaded_cases())
def test_the_announced_call_is_the_call_that_is_made_after_changes_too(case: Case) -> None:
    watched = Watched(case)
    watched.apply(Start(fakes.WALL_NS))
    commands = iter(case.commands)
    for _ in range(STEPS_TO_THE_END):
        announced = watched.engine.next_call()
        if announced is None:
            break
        assert announced.waits_ns == watched.engine.waits_ns()
        before = len(watched.components.calls)
        watched.go_on()
        made = watched.components.calls[before:]
        assert len(made) == (0 if announced.waits_ns else 1)
        for call in made:
            number = None if call.element is None else call.element.id
            assert (announced.node, announced.export) == (call.node, call.export)
            assert announced.element_id == number
        command = next(commands, None)
        if isinstance(command, Swap | SetQueue | Relink | Inject | Edit):
            watched.apply(command)
    assert watched.engine.state.ended


@FEWER_RUNS
@given(reloaded_cases())
def test_the_same_changes_and_answers_give_equal_events(case: Case) -> None:
    first, second = Watched(case), Watched(case)
    assert list(first.run()) == list(second.run())
    assert first.snapshot == second.snapshot
    assert {node.state for node in first.snapshot.nodes} & set(NodeState)
