"""Edits to a flow that runs: another build, other settings of a queue, other elements.

The result of each function says why nothing was changed, or is None.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from runtime.engine import failures, pressure, queues
from runtime.engine.flow_run import FlowRun, Stage
from runtime.engine.records import EdgeRecord, NodeRecord
from runtime.engine.scheduling import readiness
from runtime.engine.scheduling.scheduler import state_of
from runtime.model.commands import INJECTED, Edit, Hold, Inject, Revive, SetQueue
from runtime.model.element import MAX_BUFFER_BYTES, MAX_CONTENT_TYPE_BYTES, Buffer, Element
from runtime.model.events import Edited, HoldChanged, Injected, NodeRevived, Swapped


def swap(run: FlowRun, name: str, digest: str) -> str | None:
    """Note that the node has a new, initialised instance of another build.

    What the node failed on is tried again, counted from the first attempt. A source that
    was told to pause is told again before anything else, as the new instance does not know
    it; it stays unpulled throughout. A source that is done and a sink that asked for a
    pause stay so. After the node's `teardown` only the digest changes.
    """
    node = run.by_name.get(name)
    if node is None:
        return f"the flow has no node {name}"
    previous = node.link.digest
    node.link = replace(node.link, digest=digest)
    run.follow_links()
    run.events.append(Swapped(run.now_ns, name, digest, previous))
    if run.stage is Stage.ENDED or (run.stage is Stage.ENDING and not node.live):
        return None
    node.swaps += 1
    failures.forgive(run, node)
    if node.live:
        if node.crashed and run.stage is Stage.ENDING:
            run.teardowns.insert(0, node)
        node.crashed = False
        pressure.renewed(run, node)
    readiness.refresh(run, node)
    return None


def revive(run: FlowRun, command: Revive) -> str | None:
    """Have a node go on that crashed in the last call; see `Revive`."""
    node = run.by_name.get(command.node)
    if node is None:
        return f"the flow has no node {command.node}"
    if not (node.crashed and node.live and run.flowing):
        return f"{node.name} has not crashed in a flowing flow"
    if run.calls != command.call:
        return f"{node.name} is not where call {command.call:,} crashed"
    node.crashed = False
    run.events.append(NodeRevived(run.now_ns, node.name, command.call))
    readiness.refresh(run, node)
    return None


def set_queue(run: FlowRun, command: SetQueue) -> str | None:
    """Give a queue other settings; see `SetQueue`."""
    edge = edge_at(run, command.edge)
    if edge is None:
        return no_edge(run, command.edge)
    link = replace(
        edge.link,
        capacity=command.capacity,
        policy=command.policy,
        low_watermark_ratio=command.low_watermark_ratio,
        rate=command.rate,
    )
    if link != edge.link:
        queues.configure(run, edge, link)
        run.follow_links()
    return None


def inject(run: FlowRun, command: Inject) -> str | None:
    """Put a new element into a queue; see `Inject`."""
    edge = edge_at(run, command.edge)
    if edge is None:
        return no_edge(run, command.edge)
    buffer_type = command.content_type if command.buffer_type is None else command.buffer_type
    refusal = (
        why_no_work(run)
        or _why_no_buffer(command.payload, command.content_type)
        or _why_no_buffer(command.payload, buffer_type)
        or why_no_room(run, edge)
    )
    if refusal is not None:
        return refusal
    element = Element(
        0,
        0,
        INJECTED,
        run.injected if command.sequence is None else command.sequence,
        run.wall_ns + run.now_ns if command.timestamp_ns is None else command.timestamp_ns,
        command.content_type,
        Buffer(command.payload, buffer_type),
    )
    put_in(run, edge, element, command.place)
    return None


def put_in(run: FlowRun, edge: EdgeRecord, like: Element, place: int | None) -> None:
    """Put a new element into a queue that has room, with the payload and times of `like`."""
    consumer = edge.consumer
    _put_off_final(run, consumer)
    run.last_id = number = run.last_id + 1
    element = like._replace(id=number, lineage=number, source=INJECTED, path=())
    run.injected += 1
    edge.injected += 1
    first = len(run.events)
    delivery = queues.put(run, edge, element)
    assert delivery is not None, f"{edge.link.label} had room"
    run.events.insert(first, Injected(run.now_ns, delivery))
    items = edge.items
    if place is not None and place < len(items) - 1:
        if place == 0 and consumer.failing is edge:
            failures.forgive(run, consumer)
        items.pop()
        items.insert(place, element)


def hold(run: FlowRun, command: Hold) -> str | None:
    """Have a node make no calls, or let it go; see `Hold`."""
    node = run.by_name.get(command.node)
    if node is None:
        return f"the flow has no node {command.node}"
    if node.on_hold is command.on:
        return f"{node.name} is {'on hold already' if command.on else 'not on hold'}"
    node.on_hold = command.on
    run.events.append(HoldChanged(run.now_ns, node.name, command.on))
    readiness.refresh(run, node)
    return None


def edit(run: FlowRun, command: Edit) -> str | None:
    """Give an element that waits another payload; see `Edit`."""
    refusal = why_no_work(run) or _why_no_buffer(command.payload, command.content_type or "")
    if refusal is not None:
        return refusal
    copies = [copy for edge in run.edges for copy in _copies(edge, command.element_id)]
    if not copies:
        return f"no element with the id {command.element_id} waits in a queue or is pending"
    _, waiting, place = copies[0]
    content_type, buffer_type = waiting[place].content_type, waiting[place].payload.content_type
    if command.content_type is not None:
        content_type = buffer_type = command.content_type
    payload = Buffer(command.payload, buffer_type)
    for edge, queue, at in copies:
        queue[at] = queue[at]._replace(content_type=content_type, payload=payload)
        if edge.consumer.failing is edge and queue is edge.items and at == 0:
            failures.forgive(run, edge.consumer)
    edges = tuple(dict.fromkeys(edge.index for edge, _, _ in copies))
    run.events.append(Edited(run.now_ns, waiting[place], edges))
    return None


def edge_at(run: FlowRun, index: int) -> EdgeRecord | None:
    """The edge of that index, or None."""
    edges = run.edges
    return edges[index] if 0 <= index < len(edges) else None


def no_edge(run: FlowRun, index: int) -> str:
    """Says that there is no such edge."""
    return f"the flow has no edge {index}: it has {len(run.edges)}"


def why_no_work(run: FlowRun) -> str | None:
    """Why no element will be worked on, or None."""
    if run.stage is Stage.CREATED:
        return "the flow has not started: nothing waits in it"
    if run.stage is Stage.ENDING:
        return "the flow is being torn down: its elements go nowhere"
    if run.stage is Stage.ENDED:
        return f"the flow is {run.state.value}: its elements go nowhere"
    return None


def why_no_room(run: FlowRun, edge: EdgeRecord) -> str | None:
    """Why nothing can be put into the queue from outside, or None."""
    consumer = edge.consumer
    if consumer.done or consumer.final_given:
        return f"{consumer.name} is done: it gets no more elements"
    if len(edge.items) >= edge.capacity or edge.token_at_ns > run.now_ns:
        return f"there is no room in {state_of(run, edge)}"
    return None


def _put_off_final(run: FlowRun, node: NodeRecord) -> None:
    """A node that is to be flushed or completed gets an element before."""
    if node.final_due:
        node.final_due = False
        failures.forgive(run, node)
        readiness.refresh(run, node)


def _why_no_buffer(payload: bytes, content_type: str) -> str | None:
    """Why no buffer can hold the two, or None."""
    if len(payload) > MAX_BUFFER_BYTES:
        return f"a buffer holds at most {MAX_BUFFER_BYTES} bytes, not {len(payload)}"
    size = len(content_type.encode("utf-8", "replace"))
    if size > MAX_CONTENT_TYPE_BYTES:
        return f"a content type has at most {MAX_CONTENT_TYPE_BYTES} bytes, not {size}"
    return None


def _copies(edge: EdgeRecord, number: int) -> list[tuple[EdgeRecord, deque[Element], int]]:
    """Where the copies of an element wait at the edge: in its queue and pending for it."""
    return [
        (edge, waiting, place)
        for waiting in (edge.items, edge.pending)
        for place, element in enumerate(waiting)
        if element.id == number
    ]
