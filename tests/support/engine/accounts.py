"""A second account of what queues hold and of every count, kept from commands and events."""

from __future__ import annotations

from collections import Counter, deque

from runtime.engine.core import Engine
from runtime.model.call import Accepted, Export, FailureKind
from runtime.model.commands import (
    Command,
    Drain,
    Edit,
    Inject,
    Relink,
    SetQueue,
    Swap,
)
from runtime.model.element import Element
from runtime.model.events import (
    CallFinished,
    DropReason,
    Edited,
    ElementDropped,
    Event,
    FlowState,
    Injected,
    NodeFailed,
    QueueChanged,
    Released,
    Relinked,
    Stopped,
    StopReason,
)
from runtime.model.linked import LinkedEdge, QueuePolicy, Role
from runtime.model.snapshot import EdgeSnapshot, FlowSnapshot, NodeState
from tests.support.engine import fakes
from tests.support.engine.case_run import CaseRun
from tests.support.engine.flows import Case
from tests.support.engine.reloads import ReloadedComponents

HOLDING = (QueuePolicy.BLOCK_PRODUCER, QueuePolicy.RATE_LIMIT)
LET_GO = (DropReason.DISCARDED, DropReason.FILTERED, DropReason.NO_PORT)
FULL = (DropReason.QUEUE_FULL_NEWEST, DropReason.QUEUE_FULL_OLDEST)

Ends = tuple[str, str, str, str]
Waiting = dict[Ends, tuple[tuple[Element, ...], tuple[Element, ...]]]


def ends_of(link: LinkedEdge) -> Ends:
    return link.source, link.source_port, link.target, link.target_port


class Watched(CaseRun):
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
        """Elements that entered the queue."""
        self.injected = Counter[Ends]()
        self.born = Counter[Ends]()
        """Elements its port had put out before the edge was there."""
        self.rated: dict[Ends, int] = {}
        """When a `rate-limit` edge took its last element."""
        self.sequences: dict[Ends, int] = {}
        self.taken = Counter[str]()
        self.counts = Counter[str]()

    def apply(self, command: Command) -> list[Event]:
        before = self.waiting()
        takes = isinstance(command, Inject) and self.takes(command.edge)
        if isinstance(command, Swap):
            self.components.swap(command.node)
        if isinstance(command, Drain):
            self.components.drained = True
        events = self.told(command)
        if isinstance(command, Relink):
            relinked = fakes.of_type(events, Relinked)
            if relinked:
                self.components.adopt(command.flow, relinked[0].restarted)
            else:
                assert [event.reason for event in fakes.of_type(events, Stopped)] == [
                    StopReason.USER
                ]
        for event in events:
            self._follow(event)
        if isinstance(command, Swap | SetQueue | Relink):
            self._check_kept(before, events)
        elif isinstance(command, Inject):
            assert takes is bool(fakes.of_type(events, Injected))
            self._check_injected(before, events)
        elif isinstance(command, Edit):
            self._check_edited(command, before, events)
        self.events += events
        self.flow = self.engine.flow
        self.snapshot = self.engine.snapshot()
        self._find_born()
        return events

    def told(self, command: Command) -> list[Event]:
        """What the engine says to the command."""
        return self.engine.apply(command)

    def takes(self, index: int) -> bool:
        """Whether an element can be injected into the edge."""
        created = self.snapshot.state is FlowState.CREATED
        if created or self.snapshot.state.ended or self.ending or index >= len(self.flow.edges):
            return False
        link, edge = self.flow.edges[index], self.snapshot.edges[index]
        consumer = next(node for node in self.snapshot.nodes if node.name == link.target)
        over = consumer.state is NodeState.DONE or link.target in self.components.given_last
        last_ns = self.rated.get(ends_of(link))
        waits = (
            link.rate
            and last_ns is not None
            and (self.snapshot.at_ns < last_ns + round(1e9 / link.rate))
        )
        return edge.depth < edge.capacity and not over and not waits

    @property
    def ending(self) -> bool:
        """True when no call but `teardown` will be made."""
        following = self.snapshot.next_call
        return self.components.ending or (
            following is not None
            and following.export is Export.TEARDOWN
            and following.node not in self.components.outdated
        )

    @property
    def flowing(self) -> bool:
        """True while every node has the instance it should have, and work goes on."""
        return not (self.ending or self.components.due or self.components.outdated)

    def waiting(self) -> Waiting:
        """What is in the queue of each edge, and pending for it."""
        engine = self.engine
        return {
            ends_of(link): (tuple(engine.queue(link.index)), tuple(engine.pending(link.index)))
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
            case Injected(at_ns, delivery):
                self.counts["injected"] += 1
                self.injected[ends_of(self.flow.edges[delivery.edge])] += 1
                self._deliver(delivery.edge, delivery.element, at_ns)
            case Edited(element=element):
                for queue in self.queues.values():
                    fakes.edit(queue, element)
            case ElementDropped(reason=reason, node=node, edge=edge):
                self.counts["filtered" if reason in LET_GO else "dropped"] += 1
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
        if call.export is Export.PULL:
            self.counts["pulled"] += len(event.outputs)
        if call.export is Export.FLUSH:
            self.counts["flushed"] += len(event.outputs)
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
            for kept in (
                self.queues,
                self.most,
                self.sent,
                self.injected,
                self.born,
                self.rated,
                self.sequences,
            ):
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
                self.born[ends_of(link)] = self.port_count(link) - sent_here(edge)

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
            for ends, (queued, pending) in before.items()
            if ends not in after
            for element in (*queued, *pending)
        ]
        assert gone == [drop.element for drop in drops if drop.reason is DropReason.REMOVED]
        if any(drop.reason in FULL for drop in drops):
            return
        for ends, (queued, pending) in after.items():
            assert queued + pending == sum(before.get(ends, ((), ())), ())

    def _check_injected(self, before: Waiting, events: list[Event]) -> None:
        """One element more at the tail of one queue, or the flow is as it was and says why."""
        after = self.waiting()
        injected = fakes.of_type(events, Injected)
        if not injected:
            assert after == before
            assert [type(event) for event in events] == [Stopped]
            return
        index, element, depth = injected[0].delivery
        ends = ends_of(self.flow.edges[index])
        queued, pending = before[ends]
        assert after == before | {ends: ((*queued, element), pending)}
        assert depth == len(queued) + 1
        assert (element.sequence, element.lineage) == (self.counts["injected"] - 1, element.id)

    def _check_edited(self, command: Edit, before: Waiting, events: list[Event]) -> None:
        """All copies have another payload, and nothing else is different."""
        edges = []
        for ends, waiting in before.items():
            for copies in waiting:
                if any(element.id == command.element_id for element in copies):
                    edges.append(ends)
        edited = fakes.of_type(events, Edited)
        if not edited:
            assert [type(event) for event in events] == [Stopped]
            assert not edges or self.ending or self.snapshot.state.ended
            assert self.waiting() == before
            return
        after = edited[0].element
        assert after.payload.data == command.payload
        assert [ends_of(self.flow.edges[index]) for index in edited[0].edges] == list(
            dict.fromkeys(edges)
        )
        now = self.waiting()
        for ends, waiting in before.items():
            expected = tuple(map(deque, waiting))
            for queue in expected:
                fakes.edit(queue, after)
            assert now[ends] == tuple(map(tuple, expected))

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
            assert edge.injected == self.injected[ends]
            assert self.port_count(link) == self.born[ends] + sent_here(edge)
        for node in snapshot.nodes:
            assert node.elements_in == self.taken[node.name]
            if node.role in (Role.PROCESSOR, Role.FILTER, Role.ROUTER, Role.SINK):
                assert node.elements_in == node.elements_out + node.filtered + node.dropped
            if node.role not in (Role.ROUTER, Role.SINK):
                assert dict(node.per_port) == {"output": node.elements_out}
        totals = Counter(
            calls=snapshot.calls,
            pulled=snapshot.pulled,
            injected=snapshot.injected,
            delivered=snapshot.delivered,
            flushed=snapshot.flushed,
            dropped=snapshot.dropped,
            filtered=snapshot.filtered,
            errors=snapshot.errors,
        )
        assert totals == self.counts
        assert snapshot.copies.reads == snapshot.calls
        check_totals(snapshot)


def check_totals(snapshot: FlowSnapshot) -> None:
    """See `FlowSnapshot.queued`; and no node spent more time than there was."""
    came = snapshot.pulled + snapshot.injected + snapshot.flushed + snapshot.copied
    left = snapshot.delivered + snapshot.dropped + snapshot.absorbed + snapshot.filtered
    assert came == left + snapshot.queued
    for node in snapshot.nodes:
        assert node.busy_ns + node.blocked_ns + node.idle_ns(snapshot.at_ns) == snapshot.at_ns
        assert sum(count for _, count in node.errors_by_kind) == node.errors
    for edge in snapshot.edges:
        assert sum(count for _, count in edge.drops) == edge.dropped


def sent_here(edge: EdgeSnapshot) -> int:
    """Elements that the producer sent while the edge was there."""
    return edge.enqueued - edge.injected + edge.pending + edge.dropped - edge.evicted
