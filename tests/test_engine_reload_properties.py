"""Properties that hold however a flow is changed while it runs: builds, queues, whole graphs."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator

import engine_fakes as fakes
from engine_flows import Case
from engine_reloads import ReloadedComponents, reloaded_cases
from hypothesis import HealthCheck, given, settings
from test_engine_properties import check_readiness

from runtime.engine.core import Engine
from runtime.model.call import Accepted, Export, FailureKind, Signal
from runtime.model.commands import Advance, Command, Drain, Relink, SetQueue, Start, Step, Swap
from runtime.model.element import Element
from runtime.model.events import (
    CallFinished,
    DropReason,
    ElementDropped,
    Event,
    FlowEnded,
    NodeFailed,
    QueueChanged,
    Released,
    Relinked,
    SourceSignalled,
    Stopped,
    StopReason,
)
from runtime.model.linked import LinkedEdge, LinkedFlow, QueuePolicy, Role
from runtime.model.snapshot import FlowSnapshot, NodeState

RUNS = settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
FEWER_RUNS = settings(RUNS, max_examples=80)
STEPS_TO_THE_END = 3_000
HOLDING = (QueuePolicy.BLOCK_PRODUCER, QueuePolicy.RATE_LIMIT)
LINEAGES_BEGIN = (Export.PULL, Export.INGEST, Export.FLUSH)
FULL = (DropReason.QUEUE_FULL_NEWEST, DropReason.QUEUE_FULL_OLDEST)

Ends = tuple[str, str, str, str]
Waiting = dict[Ends, tuple[tuple[Element, ...], tuple[Element, ...]]]


def ends_of(link: LinkedEdge) -> Ends:
    return link.source, link.source_port, link.target, link.target_port


class Watched:
    """An engine, its components, and a second account of queues and counters."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.components = ReloadedComponents(case)
        self.engine = Engine(case.flow, self.components, case.options)
        self.flow = case.flow
        self.snapshot = self.engine.snapshot()
        self.events: list[Event] = []
        self.queues = {ends_of(link): deque[Element]() for link in case.flow.edges}
        self.most = {ends_of(link): link.capacity for link in case.flow.edges}
        """Depth that a queue may have: its capacity, or what it held when that was lowered."""
        self.sent = Counter[Ends]()
        self.born = Counter[Ends]()
        """Elements its port had put out before the edge was there."""
        self.rated: dict[Ends, int] = {}
        """When a `rate-limit` edge took its last element."""
        self.sequences: dict[Ends, int] = {}
        self.taken = Counter[str]()
        self.counts = Counter[str]()

    def run(self) -> Iterator[list[Event]]:
        yield self.apply(Start(fakes.WALL_NS))
        for command in self.case.commands:
            yield self.apply(command)
        for _ in range(STEPS_TO_THE_END):
            if self.engine.state.ended:
                return
            yield self.go_on()
        raise AssertionError(f"no end: {self.engine.snapshot()}")

    def go_on(self) -> list[Event]:
        events = self.apply(Step())
        if events or self.engine.state.ended:
            return events
        wait_ns = self.engine.waits_ns()
        assert wait_ns > 0, f"deadlock: {self.engine.snapshot()}"
        return self.apply(Advance(wait_ns))

    def apply(self, command: Command) -> list[Event]:
        before = self.waiting()
        if isinstance(command, Swap):
            self.components.swap(command.node)
        if isinstance(command, Drain):
            self.components.drained = True
        events = self.engine.apply(command)
        relinked = any(isinstance(event, Relinked) for event in events)
        if isinstance(command, Relink):
            if relinked:
                self.components.adopt(command.flow)
            else:
                assert [event.reason for event in fakes.of_type(events, Stopped)] == [
                    StopReason.USER
                ]
        for event in events:
            self._follow(event)
        if isinstance(command, Swap | SetQueue | Relink):
            self._check_kept(before, events)
        self.events += events
        self.flow = self.engine.flow
        self.snapshot = self.engine.snapshot()
        self._find_born()
        return events

    def waiting(self) -> Waiting:
        """What is in the queue of each edge, and in hand for it."""
        engine = self.engine
        return {
            ends_of(link): (tuple(engine.queue(link.index)), tuple(engine.hand(link.index)))
            for link in engine.flow.edges
        }

    # ---- the second account

    def _follow(self, event: Event) -> None:
        match event:
            case CallFinished():
                self._follow_call(event)
            case Released(at_ns=at_ns, deliveries=deliveries):
                for delivery in deliveries:
                    self._deliver(delivery.edge, delivery.element, at_ns)
            case ElementDropped(reason=reason, node=node, edge=edge):
                self.counts["dropped"] += 1
                if reason is DropReason.SKIPPED and edge is None:
                    self.taken[node] += 1
            case NodeFailed(node=node, element=element, failure=failure):
                self.counts["errors"] += 1
                if element is not None and failure.kind is not FailureKind.QUEUE_FULL:
                    self.taken[node] -= 1
            case QueueChanged(edge=edge, before=before, after=after):
                ends = ends_of(self.flow.edges[edge])
                assert ends == ends_of(before) == ends_of(after)
                self.most[ends] = max(after.capacity, len(self.queues[ends]))
                if before.rate is None:
                    self.rated.pop(ends, None)
            case Relinked():
                self._follow_relink(event)

    def _follow_call(self, event: CallFinished) -> None:
        call = event.call
        self.counts["calls"] += 1
        if call.export in LINEAGES_BEGIN:
            self.counts["pulled"] += len(event.outputs)
        self.counts["delivered"] += isinstance(event.answer.outcome, Accepted)
        if call.element is not None:
            self.taken[call.node] += 1
        if call.export is Export.PULL:
            for index in self.flow.by_name[call.node].outputs:
                edge = self.snapshot.edges[index]
                assert not (edge.full and edge.policy in HOLDING), f"{call} into a full queue"
        for delivery in event.deliveries:
            self._deliver(delivery.edge, delivery.element, event.at_ns + event.answer.duration_ns)

    def _deliver(self, edge: int, element: Element, at_ns: int) -> None:
        link = self.engine.flow.edges[edge]
        ends = ends_of(self.flow.edges[edge])
        self.queues[ends].append(element)
        self.sent[ends] += 1
        if link.rate is not None:
            if ends in self.rated:
                assert at_ns - self.rated[ends] >= round(1e9 / link.rate)
            self.rated[ends] = at_ns
        if element.source == link.source and link.source.startswith("source"):
            assert element.sequence > self.sequences.get(ends, -1)
            self.sequences[ends] = element.sequence

    def _follow_relink(self, event: Relinked) -> None:
        before, self.flow = self.flow, self.engine.flow
        links = {ends_of(link): link for link in self.flow.edges}
        old_links = {ends_of(link): link for link in before.edges}
        added, removed = links.keys() - old_links.keys(), old_links.keys() - links.keys()
        assert Counter(event.edges_added) == Counter(links[ends].label for ends in added)
        assert Counter(event.edges_removed) == Counter(old_links[ends].label for ends in removed)
        assert set(event.added) == self.flow.by_name.keys() - before.by_name.keys()
        assert set(event.removed) == before.by_name.keys() - self.flow.by_name.keys()
        for ends in removed:
            for kept in (self.queues, self.most, self.sent, self.born, self.rated, self.sequences):
                kept.pop(ends, None)
        for ends in added:
            self.queues[ends] = deque()
            self.most[ends] = links[ends].capacity
        for node in before.nodes:
            other = self.flow.by_name.get(node.name)
            if other is None or other.role is not node.role:
                self.taken.pop(node.name, None)
                for ends in self.queues:
                    if ends[0] == node.name:
                        self.born.pop(ends, None)

    def _find_born(self) -> None:
        for link, edge in zip(self.flow.edges, self.snapshot.edges, strict=True):
            if ends_of(link) not in self.born:
                here = edge.enqueued + edge.in_hand + edge.dropped - edge.evicted
                self.born[ends_of(link)] = self.port_count(link) - here

    def port_count(self, link: LinkedEdge) -> int:
        """Elements the port has put out."""
        node = next(node for node in self.snapshot.nodes if node.name == link.source)
        return dict(node.per_port)[link.source_port]

    def _check_kept(self, before: Waiting, events: list[Event]) -> None:
        """A change loses nothing but what waits at removed edges, and tells of that."""
        drops = fakes.of_type(events, ElementDropped)
        after = self.waiting()
        gone = [
            element
            for ends, (queued, in_hand) in before.items()
            if ends not in after
            for element in (*queued, *in_hand)
        ]
        assert gone == [drop.element for drop in drops if drop.reason is DropReason.REMOVED]
        if any(drop.reason in FULL for drop in drops):
            return
        for ends, (queued, in_hand) in after.items():
            assert queued + in_hand == sum(before.get(ends, ((), ())), ())

    def check_queues(self) -> None:
        """Every queue is what was put in, in order, less what left at its head."""
        for link in self.flow.edges:
            ends = ends_of(link)
            kept, actual = self.queues[ends], self.engine.queue(link.index)
            assert len(actual) <= self.most[ends]
            self.most[ends] = max(link.capacity, len(actual))
            while len(kept) > len(actual):
                kept.popleft()
            assert tuple(kept) == actual

    def check_counts(self) -> None:
        """See the docstring of runtime.engine.outcomes; totals are those of the whole run."""
        snapshot = self.snapshot
        for link, edge in zip(self.flow.edges, snapshot.edges, strict=True):
            ends = ends_of(link)
            assert (edge.capacity, edge.policy) == (link.capacity, link.policy)
            assert edge.enqueued == edge.dequeued + edge.evicted + edge.depth == self.sent[ends]
            here = edge.enqueued + edge.in_hand + edge.dropped - edge.evicted
            assert self.port_count(link) == self.born[ends] + here
        for node in snapshot.nodes:
            assert node.elements_in == self.taken[node.name]
            if node.role in (Role.PROCESSOR, Role.FILTER, Role.ROUTER, Role.SINK):
                assert node.elements_in == node.elements_out + node.dropped
            if node.role not in (Role.ROUTER, Role.SINK):
                assert dict(node.per_port) == {"output": node.elements_out}
        totals = Counter(
            calls=snapshot.calls,
            pulled=snapshot.pulled,
            delivered=snapshot.delivered,
            dropped=snapshot.dropped,
            errors=snapshot.errors,
        )
        assert totals == self.counts
        assert snapshot.copies.reads == snapshot.calls


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
        if not watched.components.ending:
            check_episodes(watched.snapshot)
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
        if isinstance(command, Swap | SetQueue | Relink):
            watched.apply(command)
    assert watched.engine.state.ended


@FEWER_RUNS
@given(reloaded_cases())
def test_the_same_changes_and_answers_give_equal_events(case: Case) -> None:
    first, second = Watched(case), Watched(case)
    assert list(first.run()) == list(second.run())
    assert first.snapshot == second.snapshot
    assert {node.state for node in first.snapshot.nodes} & set(NodeState)
