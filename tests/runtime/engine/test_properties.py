"""Properties that every run of the engine has, over random flows, answers and commands."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from hypothesis import given

from runtime.engine.core import Engine
from runtime.model.call import Emitted, Export, Signal
from runtime.model.commands import (
    INJECTED,
    Cancel,
    Command,
    Drain,
    Inject,
    Start,
)
from runtime.model.element import Buffer, Element
from runtime.model.events import (
    CallFinished,
    Delivery,
    Edited,
    Event,
    FlowEnded,
    FlowState,
    Injected,
    Released,
    SourceSignalled,
)
from runtime.model.linked import ErrorPolicy, LinkedFlow, QueuePolicy, Role
from runtime.model.snapshot import FlowSnapshot
from tests.support.engine import fakes
from tests.support.engine.accounts import check_totals
from tests.support.engine.case_run import STEPS_TO_THE_END, CaseRun
from tests.support.engine.flows import Case, RandomComponents, cases
from tests.support.engine.readiness import check_readiness
from tests.support.examples import examples

RUNS = examples(250)


class Watched(CaseRun):
    """An engine, its random components, and a second account of what its queues hold."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.components = RandomComponents(case)
        self.engine = Engine(case.flow, self.components, case.options)
        self.events: list[Event] = []
        self.queues: list[deque[Element]] = [deque() for _ in case.flow.edges]
        self.sent: list[list[Element]] = [[] for _ in case.flow.edges]
        self.edited: dict[int, Buffer] = {}
        """Payloads of edited elements, by id."""

    def apply(self, command: Command) -> list[Event]:
        events = self.engine.apply(command)
        self.events += events
        for event in fakes.of_type(events, Edited):
            self.edited[event.element.id] = event.element.payload
            for queue in self.queues:
                fakes.edit(queue, event.element)
        for delivery in deliveries(events):
            element = delivery.element
            assert element.payload == self.edited.get(element.id, element.payload)
            self.queues[delivery.edge].append(element)
            self.sent[delivery.edge].append(element)
        return events

    def account_for_queues(self) -> None:
        """Every queue is what was put in, in order, less what left at its head."""
        for index, kept in enumerate(self.queues):
            actual = self.engine.queue(index)
            assert len(actual) <= self.case.flow.edges[index].capacity
            while len(kept) > len(actual):
                kept.popleft()
            assert tuple(kept) == actual


def deliveries(events: list[Event]) -> Iterator[Delivery]:
    for event in events:
        if isinstance(event, CallFinished | Released):
            yield from event.deliveries
        elif isinstance(event, Injected):
            yield event.delivery


def ends_by_itself_alone(case: Case) -> bool:
    """Whether no error ends the flow."""
    options = case.options
    return options.on_error is ErrorPolicy.STOP and options.rebuild and not options.node_rules


def check_conservation(linked: LinkedFlow, snapshot: FlowSnapshot) -> None:
    """See the docstring of runtime.engine.outcomes."""
    check_totals(snapshot)
    for edge in snapshot.edges:
        dropped_inside = edge.dropped if edge.policy is QueuePolicy.DROP_OLDEST else 0
        assert edge.enqueued == edge.dequeued + dropped_inside + edge.depth
        assert edge.depth <= edge.peak <= edge.capacity
    for node, link in zip(snapshot.nodes, linked.nodes, strict=True):
        dequeued = sum(snapshot.edges[index].dequeued for index in link.inputs)
        assert node.elements_in == dequeued
        if node.role in (Role.PROCESSOR, Role.FILTER, Role.ROUTER, Role.SINK):
            assert node.elements_in == node.elements_out + node.filtered + node.dropped
        if node.role not in (Role.ROUTER, Role.SINK):
            assert dict(node.per_port) == {"output": node.elements_out}


def check_aggregators(linked: LinkedFlow, snapshot: FlowSnapshot, events: list[Event]) -> None:
    for node, link in zip(snapshot.nodes, linked.nodes, strict=True):
        if link.role is not Role.AGGREGATOR:
            continue
        put_out = {Export.INGEST: 0, Export.FLUSH: 0}
        for event in events:
            if isinstance(event, CallFinished) and event.call.node == link.name:
                outcome = event.answer.outcome
                if isinstance(outcome, Emitted):
                    put_out[event.call.export] += len(outcome.outputs)
        assert node.elements_out == sum(put_out.values())
        assert node.elements_in == put_out[Export.INGEST] + node.absorbed + node.dropped


def check_copies(watched: Watched, snapshot: FlowSnapshot) -> None:
    """Copies that entered queues = sent by ports, less what waits or was dropped before, and
    what was injected."""
    for index, link in enumerate(watched.case.flow.edges):
        edge = snapshot.edges[index]
        producer = next(node for node in snapshot.nodes if node.name == link.source)
        lost = 0 if edge.policy is QueuePolicy.DROP_OLDEST else edge.dropped
        sent = dict(producer.per_port)[link.source_port]
        assert sent + edge.injected == edge.enqueued + edge.pending + lost
        assert edge.enqueued == len(watched.sent[index])
    injected = [event.delivery for event in fakes.of_type(watched.events, Injected)]
    for index, edge in enumerate(snapshot.edges):
        assert edge.injected == sum(delivery.edge == index for delivery in injected)
    assert [delivery.element.sequence for delivery in injected] == list(range(snapshot.injected))
    commands = [command for command in watched.case.commands if isinstance(command, Inject)]
    assert snapshot.injected <= len(commands)


@RUNS
@given(cases())
def test_nothing_is_lost_reordered_or_doubled_and_every_flow_ends(case: Case) -> None:
    watched = Watched(case)
    for events in watched.run():
        watched.account_for_queues()
        snapshot = watched.engine.snapshot()
        check_conservation(case.flow, snapshot)
        check_copies(watched, snapshot)
        check_readiness(case.flow, snapshot)
        check_signals(case.flow, snapshot, events)
        for event in events:
            if isinstance(event, CallFinished):
                assert snapshot.calls == len(watched.components.calls)
    check_aggregators(case.flow, watched.engine.snapshot(), watched.events)
    check_rates(case.flow, watched.events)
    assert sum(isinstance(event, FlowEnded) for event in watched.events) == 1
    numbers = [event.call.number for event in watched.events if isinstance(event, CallFinished)]
    assert numbers == list(range(1, len(watched.components.calls) + 1))


def check_rates(linked: LinkedFlow, events: list[Event]) -> None:
    """A `rate-limit` edge takes no two elements within its interval."""
    last: dict[int, int] = {}
    for event in events:
        if not isinstance(event, CallFinished | Released | Injected):
            continue
        at_ns = event.at_ns
        if isinstance(event, CallFinished):
            at_ns += event.answer.duration_ns
        for delivery in deliveries([event]):
            rate = linked.edges[delivery.edge].rate
            if rate is None:
                continue
            if delivery.edge in last:
                assert at_ns - last[delivery.edge] >= round(1e9 / rate)
            last[delivery.edge] = at_ns


def check_signals(linked: LinkedFlow, snapshot: FlowSnapshot, events: list[Event]) -> None:
    """`ready` is given when no queue that holds the source is in an episode any more."""
    for event in events:
        if isinstance(event, SourceSignalled) and event.signal is Signal.READY:
            for index in linked.by_name[event.node].outputs:
                edge = snapshot.edges[index]
                if edge.policy in (QueuePolicy.BLOCK_PRODUCER, QueuePolicy.RATE_LIMIT):
                    assert not edge.full
                    assert edge.depth < edge.capacity


@RUNS
@given(cases())
def test_the_announced_call_is_the_call_that_is_made(case: Case) -> None:
    watched = Watched(case)
    watched.apply(Start(fakes.WALL_NS))
    for _ in range(STEPS_TO_THE_END):
        announced = watched.engine.next_call()
        waits_ns = watched.engine.waits_ns()
        again = watched.engine.next_call()
        assert announced == again
        if announced is None:
            break
        assert announced.waits_ns == waits_ns
        before = len(watched.components.calls)
        watched.go_on()
        made = watched.components.calls[before:]
        assert len(made) == (0 if waits_ns else 1)
        for call in made:
            element = call.element
            assert (announced.node, announced.export) == (call.node, call.export)
            assert announced.element_id == (None if element is None else element.id)
            assert announced.sequence == (None if element is None else element.sequence)
    assert watched.engine.state.ended


@RUNS
@given(cases())
def test_the_same_commands_and_answers_give_equal_events(case: Case) -> None:
    first, second = Watched(case), Watched(case)
    assert list(first.run()) == list(second.run())
    assert first.components.calls == second.components.calls
    assert first.engine.snapshot() == second.engine.snapshot()


@RUNS
@given(cases())
def test_every_instance_lives_one_whole_life(case: Case) -> None:
    watched = Watched(case)
    for _ in watched.run():
        pass
    cancelled = any(isinstance(command, Cancel) for command in case.commands)
    completed = watched.engine.state is FlowState.COMPLETED
    assert completed or cancelled or not ends_by_itself_alone(case)
    for node in case.flow.nodes:
        own = watched.components.instances[node.name]
        assert own.torn_down is (own.live and own.usable)
        assert own.inits <= 1 + own.crashes
        if completed and node.role in (Role.AGGREGATOR, Role.SINK):
            skips = case.options.rule_of(node.name).policy is ErrorPolicy.SKIP
            by_command = any(type(command).__name__ == "Skip" for command in case.commands)
            assert own.finals == 1 or skips or by_command
    snapshot = watched.engine.snapshot()
    if completed:
        assert snapshot.queued == 0
        assert all(edge.done and not edge.pending for edge in snapshot.edges)


@RUNS
@given(cases())
def test_elements_of_one_source_keep_their_order_on_a_path_of_their_own(case: Case) -> None:
    watched = Watched(case)
    for _ in watched.run():
        pass
    nodes = case.flow.by_name
    for index, link in enumerate(case.flow.edges):
        node = nodes[link.source]
        while node.role not in (Role.SOURCE, Role.AGGREGATOR) and len(node.inputs) == 1:
            node = nodes[case.flow.edges[node.inputs[0]].source]
        if node.role in (Role.SOURCE, Role.AGGREGATOR):
            sent = [element for element in watched.sent[index] if element.source != INJECTED]
            sequences = [element.sequence for element in sent]
            assert all(element.source == node.name for element in sent)
            assert sequences == sorted(set(sequences))


@RUNS
@given(cases())
def test_a_drained_flow_pulls_nothing_more_and_completes(case: Case) -> None:
    if not ends_by_itself_alone(case):
        return
    watched = Watched(case)
    watched.apply(Start(fakes.WALL_NS))
    for _ in range(len(case.flow.nodes) + len(case.commands)):
        watched.go_on()
    watched.apply(Drain("enough"))
    drained_at = len(watched.components.calls)
    for _ in range(STEPS_TO_THE_END):
        if watched.engine.state.ended:
            break
        watched.go_on()
    after = watched.components.calls[drained_at:]
    assert not [call for call in after if call.export in (Export.PULL, Export.NOTIFY_BACKPRESSURE)]
    assert watched.engine.state is FlowState.COMPLETED
