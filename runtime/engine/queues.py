"""Queues: putting elements in, taking them out, and what waits in hand for room."""

from __future__ import annotations

from heapq import heappop

from runtime.engine.flow_run import FlowRun, Stage
from runtime.engine.pressure import Pressure
from runtime.engine.readiness import Readiness
from runtime.engine.records import EdgeRecord, NodeRecord
from runtime.model.call import FailureKind
from runtime.model.element import Element
from runtime.model.events import Delivery, DropReason, ElementDropped, QueueChanged, Released
from runtime.model.linked import LinkedEdge, QueuePolicy


class Queues:
    """Moves elements into and out of the queues of all edges.

    A copy for which its edge has no room waits in the producer's hand, in order, and goes
    into the queue in the same step in which room appears.
    """

    __slots__ = ("_pressure", "_readiness", "_run")

    def __init__(self, run: FlowRun, readiness: Readiness, pressure: Pressure) -> None:
        self._run = run
        self._readiness = readiness
        self._pressure = pressure

    def deliver(self, element: Element, edges: tuple[EdgeRecord, ...]) -> tuple[Delivery, ...]:
        """Give every edge its copy; the result names those that were queued at once."""
        if len(edges) == 1:
            delivery = self.put(edges[0], element)
            return () if delivery is None else (delivery,)
        put = self.put
        queued = [put(edge, element) for edge in edges]
        return tuple(delivery for delivery in queued if delivery is not None)

    def put(self, edge: EdgeRecord, element: Element) -> Delivery | None:
        """Queue the element, or do with it what the edge's policy says; None if not queued."""
        if edge.full or edge.shut:
            return self._put_under_pressure(edge, element)
        return self._append(edge, element)

    def take(self, edge: EdgeRecord) -> Element:
        """Take the oldest element out, its call being done; what waits for room moves up."""
        items = edge.items
        consumer = edge.consumer
        element = items.popleft()
        edge.dequeued += 1
        if not items:
            consumer.nonempty -= 1
        if edge.full:
            self._room_made(edge)
        if not items and edge.closed:
            self._run.closing.append(consumer)
        if not consumer.nonempty:
            self._readiness.refresh(consumer)
        return element

    def drop_hand(self, edge: EdgeRecord) -> None:
        """Drop the copies that wait for this edge, as skipped after a failure."""
        producer = edge.producer
        while edge.hand:
            producer.hand -= 1
            self._drop(edge, edge.hand.popleft(), DropReason.SKIPPED, producer)
        self._hand_changed(producer)
        self._readiness.refresh(producer)

    def remove(self, edge: EdgeRecord) -> None:
        """Drop all that is in the queue and in hand for it, and end its episode."""
        producer = edge.producer
        while edge.items:
            edge.evicted += 1
            self._drop(edge, edge.items.popleft(), DropReason.REMOVED, edge.consumer)
        if edge.hand:
            while edge.hand:
                producer.hand -= 1
                self._drop(edge, edge.hand.popleft(), DropReason.REMOVED, producer)
            self._hand_changed(producer)
        if edge.full:
            self._pressure.end(edge)

    def configure(self, edge: EdgeRecord, link: LinkedEdge) -> None:
        """Give the queue other settings. What is in it stays; what waits meets it anew."""
        run = self._run
        before = edge.link
        last_ns = edge.token_at_ns - edge.interval_ns
        edge.configure(link)
        run.events.append(QueueChanged(run.now_ns, edge.index, before, link))
        if run.stage in (Stage.ENDING, Stage.ENDED):
            return
        run.keep_timers(lambda what: what is not edge)
        took_by_rate = edge.interval_ns and edge.token_at_ns
        edge.token_at_ns = last_ns + edge.interval_ns if took_by_rate else 0
        self._settle(edge)

    def wake(self) -> None:
        """Handle the timers whose moment has come."""
        run = self._run
        timers = run.timers
        while timers and timers[0][0] <= run.now_ns:
            what = heappop(timers)[2]
            if isinstance(what, NodeRecord):
                what.asleep = what.paused_until_ns > run.now_ns
                self._readiness.refresh(what)
            elif len(what.items) < what.capacity:
                self._open(what)

    def _append(self, edge: EdgeRecord, element: Element) -> Delivery:
        items = edge.items
        items.append(element)
        edge.enqueued += 1
        depth = len(items)
        if depth == 1:
            consumer = edge.consumer
            consumer.nonempty += 1
            if not consumer.ready:
                self._readiness.refresh(consumer)
        if depth > edge.peak:
            edge.peak = depth
        if depth >= edge.alert_depth:
            self._appended_at_alert(edge, depth)
        return Delivery(edge.index, element, depth)

    def _appended_at_alert(self, edge: EdgeRecord, depth: int) -> None:
        run = self._run
        reached = depth >= edge.capacity
        if reached and not edge.full:
            self._pressure.begin(edge)
        if edge.interval_ns:
            edge.token_at_ns = run.now_ns + edge.interval_ns
            run.set_timer(edge.token_at_ns, edge)
        if edge.interval_ns or (reached and edge.holds):
            self._readiness.set_shut(edge)

    def _put_under_pressure(self, edge: EdgeRecord, element: Element) -> Delivery | None:
        if edge.shut or edge.hand:
            self._hold(edge, element)
            return None
        if len(edge.items) < edge.capacity:
            return self._append(edge, element)
        if edge.policy is QueuePolicy.DROP_NEWEST:
            self._drop(edge, element, DropReason.QUEUE_FULL_NEWEST, edge.consumer)
            return None
        if edge.policy is QueuePolicy.DROP_OLDEST:
            return self._replace_oldest(edge, element)
        self._run.refused.append(edge)
        self._hold(edge, element)
        return None

    def _replace_oldest(self, edge: EdgeRecord, element: Element) -> Delivery:
        consumer = edge.consumer
        if consumer.failing is edge:
            consumer.clear_failure()
            self._run.clear_stop(consumer)
        oldest = edge.items.popleft()
        edge.evicted += 1
        edge.items.append(element)
        edge.enqueued += 1
        self._drop(edge, oldest, DropReason.QUEUE_FULL_OLDEST, consumer)
        return Delivery(edge.index, element, len(edge.items))

    def _hold(self, edge: EdgeRecord, element: Element) -> None:
        edge.hand.append(element)
        edge.producer.hand += 1
        self._readiness.refresh(edge.producer)

    def _drop(
        self, edge: EdgeRecord, element: Element, reason: DropReason, node: NodeRecord
    ) -> None:
        edge.dropped += 1
        run = self._run
        run.events.append(ElementDropped(run.now_ns, element, reason, node.name, edge.index))

    def _room_made(self, edge: EdgeRecord) -> None:
        """An element was taken out during an episode."""
        edge.drained += 1
        if (
            (edge.shut or edge.hand)
            and edge.token_at_ns <= self._run.now_ns
            and len(edge.items) < edge.capacity
        ):
            self._open(edge)
        if len(edge.items) <= edge.low_mark:
            self._pressure.end(edge)

    def _settle(self, edge: EdgeRecord) -> None:
        """Let the depth have the consequences it has with the settings the queue has."""
        run = self._run
        producer = edge.producer
        reached = len(edge.items) >= edge.capacity
        if reached and not edge.full:
            self._pressure.begin(edge)
        waits = edge.token_at_ns > run.now_ns
        if waits:
            run.set_timer(edge.token_at_ns, edge)
        if waits or (reached and edge.holds):
            self._readiness.set_shut(edge)
        elif reached:
            self._readiness.set_open(edge)
            if edge.hand and edge.policy is not QueuePolicy.ERROR:
                self._meet_anew(edge)
        else:
            self._open(edge)
        if edge.full and len(edge.items) <= edge.low_mark:
            self._pressure.end(edge)
        if producer.is_source:
            self._pressure.review(producer)
        self._forgive_full_queues(producer)
        self._readiness.refresh(producer)

    def _meet_anew(self, edge: EdgeRecord) -> None:
        """Have what waits for the full queue do as its policy says."""
        run = self._run
        waiting = tuple(edge.hand)
        edge.hand.clear()
        edge.producer.hand -= len(waiting)
        queued = [self._put_under_pressure(edge, element) for element in waiting]
        deliveries = tuple(delivery for delivery in queued if delivery is not None)
        if deliveries:
            run.events.append(Released(edge.producer.name, run.now_ns, deliveries))
        self._hand_changed(edge.producer)

    def _forgive_full_queues(self, producer: NodeRecord) -> None:
        """Forget the failure of an element that no longer meets the policy `error`."""
        failure = producer.failure
        if failure is not None and failure.kind is FailureKind.QUEUE_FULL:
            waits = (edge.policy is QueuePolicy.ERROR and edge.hand for edge in producer.outputs)
            if not any(waits):
                producer.clear_failure()
        if producer.failure is None:
            self._run.clear_stop(producer)

    def _open(self, edge: EdgeRecord) -> None:
        """The edge takes elements again, those in hand first."""
        self._readiness.set_open(edge)
        if edge.hand:
            self._release(edge)
        self._readiness.refresh(edge.producer)

    def _release(self, edge: EdgeRecord) -> None:
        run = self._run
        producer = edge.producer
        deliveries = []
        while edge.hand and not edge.shut and len(edge.items) < edge.capacity:
            producer.hand -= 1
            deliveries.append(self._append(edge, edge.hand.popleft()))
        if deliveries:
            run.events.append(Released(producer.name, run.now_ns, tuple(deliveries)))
        self._hand_changed(producer)

    def _hand_changed(self, producer: NodeRecord) -> None:
        """Copies left the hand. The caller refreshes the producer."""
        if producer.hand:
            return
        if producer.failure is not None and producer.failing is None:
            producer.clear_failure()
        if not producer.nonempty:
            self._run.closing.append(producer)
