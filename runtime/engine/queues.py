"""Queues: putting elements in, taking them out, and the output that is pending for lack of room.

A copy for which its edge has no room stays pending with its producer, in order, and goes into the
queue in the same step in which room appears.
"""

from __future__ import annotations

from heapq import heappop
from typing import assert_never

from runtime.engine import pressure
from runtime.engine.flow_run import FlowRun, Stage
from runtime.engine.records import EdgeRecord, NodeRecord
from runtime.engine.scheduling import readiness
from runtime.model.call import FailureKind
from runtime.model.element import Element
from runtime.model.events import Delivery, DropReason, ElementDropped, QueueChanged, Released
from runtime.model.linked import LinkedEdge, QueuePolicy
from runtime.model.named_tuples.constructors import new_delivery


def deliver(run: FlowRun, element: Element, edges: tuple[EdgeRecord, ...]) -> tuple[Delivery, ...]:
    """Give every edge its copy; the result names those that were queued at once."""
    if len(edges) == 1:
        delivery = put(run, edges[0], element)
        return () if delivery is None else (delivery,)
    queued = [put(run, edge, element) for edge in edges]
    return tuple(delivery for delivery in queued if delivery is not None)


def put(run: FlowRun, edge: EdgeRecord, element: Element) -> Delivery | None:
    """Queue the element, or do with it what the edge's policy says; None if not queued."""
    if edge.full or edge.blocked:
        return _put_under_pressure(run, edge, element)
    return _append(run, edge, element)


def take(run: FlowRun, edge: EdgeRecord) -> Element:
    """Take the oldest element out, its call being done; what waits for room moves up."""
    items = edge.items
    consumer = edge.consumer
    element = items.popleft()
    edge.dequeued += 1
    if not items:
        consumer.nonempty -= 1
    if edge.full:
        _room_made(run, edge)
    if not items and edge.closed:
        run.closing.append(consumer)
    if not consumer.nonempty:
        readiness.refresh(run, consumer)
    return element


def withdraw(run: FlowRun, edge: EdgeRecord, place: int, reason: DropReason) -> None:
    """Drop an element out of the queue without a call; what waits for room moves up."""
    items, consumer = edge.items, edge.consumer
    element = items[place]
    del items[place]
    edge.evicted += 1
    _drop(run, edge, element, reason, consumer)
    if not items:
        consumer.nonempty -= 1
    if edge.full:
        _room_made(run, edge)
    if not items and edge.closed:
        run.closing.append(consumer)
    readiness.refresh(run, consumer)


def withdraw_pending(run: FlowRun, edge: EdgeRecord, element_id: int, reason: DropReason) -> bool:
    """Drop an element that waits for room in the queue; False when it does not."""
    found = next((item for item in edge.pending if item.id == element_id), None)
    if found is None:
        return False
    producer = edge.producer
    edge.pending.remove(found)
    producer.pending -= 1
    _drop(run, edge, found, reason, producer)
    _pending_changed(run, producer)
    readiness.refresh(run, producer)
    return True


def drop_pending(run: FlowRun, edge: EdgeRecord) -> None:
    """Drop the copies that wait for this edge, as skipped after a failure."""
    producer = edge.producer
    while edge.pending:
        producer.pending -= 1
        _drop(run, edge, edge.pending.popleft(), DropReason.SKIPPED, producer)
    _pending_changed(run, producer)
    readiness.refresh(run, producer)


def remove(run: FlowRun, edge: EdgeRecord) -> None:
    """Drop all that is in the queue and pending for it, and end its episode."""
    producer = edge.producer
    while edge.items:
        edge.evicted += 1
        _drop(run, edge, edge.items.popleft(), DropReason.REMOVED, edge.consumer)
    if edge.pending:
        while edge.pending:
            producer.pending -= 1
            _drop(run, edge, edge.pending.popleft(), DropReason.REMOVED, producer)
        _pending_changed(run, producer)
    if edge.full:
        pressure.end(run, edge)


def configure(run: FlowRun, edge: EdgeRecord, link: LinkedEdge) -> None:
    """Give the queue other settings. What is in it stays; what waits meets it again."""
    before = edge.link
    last_ns = edge.token_at_ns - edge.interval_ns
    edge.configure(link)
    run.events.append(QueueChanged(run.now_ns, edge.index, before, link))
    if run.stage in (Stage.ENDING, Stage.ENDED):
        return
    run.keep_timers(lambda what: what is not edge)
    took_by_rate = edge.interval_ns and edge.token_at_ns
    edge.token_at_ns = last_ns + edge.interval_ns if took_by_rate else 0
    _settle(run, edge)


def wake(run: FlowRun) -> None:
    """Handle the timers whose moment has come."""
    timers = run.timers
    while timers and timers[0][0] <= run.now_ns:
        what = heappop(timers)[2]
        if isinstance(what, NodeRecord):
            what.asleep = what.paused_until_ns > run.now_ns
            what.backing_off = what.backing_off and what.asleep
            readiness.refresh(run, what)
        elif len(what.items) < what.capacity:
            _open(run, what)


def _append(run: FlowRun, edge: EdgeRecord, element: Element) -> Delivery:
    items = edge.items
    items.append(element)
    edge.enqueued += 1
    depth = len(items)
    if depth == 1:
        consumer = edge.consumer
        consumer.nonempty += 1
        if not consumer.ready:
            readiness.refresh(run, consumer)
    if depth > edge.peak:
        edge.peak = depth
    if depth >= edge.alert_depth:
        _appended_at_alert(run, edge, depth)
    return new_delivery(Delivery, (edge.index, element, depth))


def _appended_at_alert(run: FlowRun, edge: EdgeRecord, depth: int) -> None:
    reached = depth >= edge.capacity
    if reached and not edge.full:
        pressure.begin(run, edge)
    if edge.interval_ns:
        edge.token_at_ns = run.now_ns + edge.interval_ns
        run.set_timer(edge.token_at_ns, edge)
    if edge.interval_ns or (reached and edge.blocks_when_full):
        readiness.set_blocked(run, edge)


def _put_under_pressure(run: FlowRun, edge: EdgeRecord, element: Element) -> Delivery | None:
    if edge.blocked or edge.pending:
        _hold(run, edge, element)
        return None
    if len(edge.items) < edge.capacity:
        return _append(run, edge, element)
    match edge.policy:
        case QueuePolicy.DROP_NEWEST:
            _drop(run, edge, element, DropReason.QUEUE_FULL_NEWEST, edge.consumer)
        case QueuePolicy.DROP_OLDEST:
            return _replace_oldest(run, edge, element)
        case QueuePolicy.ERROR:
            run.refused.append(edge)
            _hold(run, edge, element)
        case QueuePolicy.BLOCK_PRODUCER | QueuePolicy.RATE_LIMIT:
            # Such an edge is blocked while it is full, so this is decided above.
            _hold(run, edge, element)
        case unknown:
            assert_never(unknown)
    return None


def _replace_oldest(run: FlowRun, edge: EdgeRecord, element: Element) -> Delivery:
    consumer = edge.consumer
    if consumer.failing is edge:
        consumer.clear_failure()
        readiness.refresh(run, consumer)
        run.clear_stop(consumer)
    oldest = edge.items.popleft()
    edge.evicted += 1
    edge.items.append(element)
    edge.enqueued += 1
    _drop(run, edge, oldest, DropReason.QUEUE_FULL_OLDEST, consumer)
    return new_delivery(Delivery, (edge.index, element, len(edge.items)))


def _hold(run: FlowRun, edge: EdgeRecord, element: Element) -> None:
    edge.pending.append(element)
    edge.producer.pending += 1
    readiness.refresh(run, edge.producer)


def _drop(
    run: FlowRun, edge: EdgeRecord, element: Element, reason: DropReason, node: NodeRecord
) -> None:
    edge.dropped += 1
    edge.drops[reason] = edge.drops.get(reason, 0) + 1
    run.events.append(ElementDropped(run.now_ns, element, reason, node.name, edge.index))


def _room_made(run: FlowRun, edge: EdgeRecord) -> None:
    """An element was taken out during an episode."""
    edge.drained += 1
    if (
        (edge.blocked or edge.pending)
        and edge.token_at_ns <= run.now_ns
        and len(edge.items) < edge.capacity
    ):
        _open(run, edge)
    if len(edge.items) <= edge.low_mark:
        pressure.end(run, edge)


def _settle(run: FlowRun, edge: EdgeRecord) -> None:
    """Let the depth have the consequences it has with the settings the queue has."""
    producer = edge.producer
    reached = len(edge.items) >= edge.capacity
    if reached and not edge.full:
        pressure.begin(run, edge)
    waits = edge.token_at_ns > run.now_ns
    if waits:
        run.set_timer(edge.token_at_ns, edge)
    if waits or (reached and edge.blocks_when_full):
        readiness.set_blocked(run, edge)
    elif reached:
        readiness.set_open(run, edge)
        if edge.pending and edge.policy is not QueuePolicy.ERROR:
            _meet_anew(run, edge)
    else:
        _open(run, edge)
    if edge.full and len(edge.items) <= edge.low_mark:
        pressure.end(run, edge)
    if producer.is_source:
        pressure.review(run, producer)
    _forgive_full_queues(run, producer)
    readiness.refresh(run, producer)


def _meet_anew(run: FlowRun, edge: EdgeRecord) -> None:
    """Have what waits for the full queue do as its policy says."""
    waiting = tuple(edge.pending)
    edge.pending.clear()
    edge.producer.pending -= len(waiting)
    queued = [_put_under_pressure(run, edge, element) for element in waiting]
    deliveries = tuple(delivery for delivery in queued if delivery is not None)
    if deliveries:
        run.events.append(Released(edge.producer.name, run.now_ns, deliveries))
    _pending_changed(run, edge.producer)


def _forgive_full_queues(run: FlowRun, producer: NodeRecord) -> None:
    """Forget the failure of an element that no longer meets the policy `error`."""
    failure = producer.failure
    if failure is not None and failure.kind is FailureKind.QUEUE_FULL:
        waits = (edge.policy is QueuePolicy.ERROR and edge.pending for edge in producer.outputs)
        if not any(waits):
            producer.clear_failure()
    if producer.failure is None:
        run.clear_stop(producer)


def _open(run: FlowRun, edge: EdgeRecord) -> None:
    """The edge takes elements again, those pending first."""
    readiness.set_open(run, edge)
    if edge.pending:
        _release(run, edge)
    readiness.refresh(run, edge.producer)


def _release(run: FlowRun, edge: EdgeRecord) -> None:
    producer = edge.producer
    deliveries = []
    while edge.pending and not edge.blocked and len(edge.items) < edge.capacity:
        producer.pending -= 1
        deliveries.append(_append(run, edge, edge.pending.popleft()))
    if deliveries:
        run.events.append(Released(producer.name, run.now_ns, tuple(deliveries)))
    _pending_changed(run, producer)


def _pending_changed(run: FlowRun, producer: NodeRecord) -> None:
    """Copies left the hand. The caller refreshes the producer."""
    if producer.pending:
        return
    if producer.failure is not None and producer.failing is None:
        producer.clear_failure()
    if not producer.nonempty:
        run.closing.append(producer)
