"""Queue surgery: what waits in one queue is dropped, doubled and moved by hand.

The result of each function says why nothing was changed, or is None.
"""

from __future__ import annotations

from runtime.engine import queues
from runtime.engine.changes.edits import edge_at, no_edge, put_in, why_no_room, why_no_work
from runtime.engine.flow_run import FlowRun
from runtime.engine.records import EdgeRecord
from runtime.engine.scheduling import readiness
from runtime.model.commands import Discard, Duplicate, Empty, Move
from runtime.model.element import Element
from runtime.model.events import DropReason, Moved


def discard(run: FlowRun, command: Discard) -> str | None:
    """Drop one waiting copy; see `Discard`."""
    edge = _edge_to_change(run, command.edge)
    if isinstance(edge, str):
        return edge
    place = _place(edge, command.element_id)
    if place is not None:
        _give_up_head(run, edge, place)
        queues.withdraw(run, edge, place, DropReason.BY_HAND)
        return None
    if queues.withdraw_pending(run, edge, command.element_id, DropReason.BY_HAND):
        return None
    return _not_there(edge, command.element_id)


def empty(run: FlowRun, command: Empty) -> str | None:
    """Drop all that waits in a queue and for room in it; see `Empty`."""
    edge = _edge_to_change(run, command.edge)
    if isinstance(edge, str):
        return edge
    if not edge.items and not edge.pending:
        return f"{edge.link.label} is empty already"
    for element in tuple(edge.pending):
        queues.withdraw_pending(run, edge, element.id, DropReason.BY_HAND)
    _give_up_head(run, edge, 0)
    while edge.items:
        queues.withdraw(run, edge, 0, DropReason.BY_HAND)
    return None


def duplicate(run: FlowRun, command: Duplicate) -> str | None:
    """Put a copy behind a waiting element; see `Duplicate`."""
    edge = _edge_to_change(run, command.edge)
    if isinstance(edge, str):
        return edge
    refusal = why_no_room(run, edge)
    if refusal is not None:
        return refusal
    place = _place(edge, command.element_id)
    if place is None:
        return _not_there(edge, command.element_id)
    element = edge.items[place]
    put_in(run, edge, element, place + 1)
    return None


def move(run: FlowRun, command: Move) -> str | None:
    """Give a waiting element another place in its queue; see `Move`."""
    edge = _edge_to_change(run, command.edge)
    if isinstance(edge, str):
        return edge
    place = _place(edge, command.element_id)
    if place is None:
        return _not_there(edge, command.element_id)
    items = edge.items
    to = min(command.to, len(items) - 1)
    if to == place:
        return f"the element is in place {to + 1} of {edge.link.label} already"
    if 0 in (to, place):
        _give_up_head(run, edge, 0)
    element = items[place]
    del items[place]
    items.insert(to, element)
    overtaken = _overtaken(edge, to, upwards=to < place)
    run.events.append(Moved(run.now_ns, edge.index, element, place, to, overtaken))
    return None


def _edge_to_change(run: FlowRun, index: int) -> EdgeRecord | str:
    """The edge, or why what waits there cannot be changed."""
    edge = edge_at(run, index)
    if edge is None:
        return no_edge(run, index)
    return why_no_work(run) or edge


def _place(edge: EdgeRecord, element_id: int) -> int | None:
    return next((at for at, item in enumerate(edge.items) if item.id == element_id), None)


def _not_there(edge: EdgeRecord, element_id: int) -> str:
    return f"no element with the id {element_id} waits in {edge.link.label}"


def _give_up_head(run: FlowRun, edge: EdgeRecord, place: int) -> None:
    """The element at the head is not the next one any more: a call that failed on it is over."""
    consumer = edge.consumer
    if place == 0 and consumer.failing is edge:
        consumer.clear_failure()
        readiness.refresh(run, consumer)
        run.clear_stop(consumer)


def _overtaken(edge: EdgeRecord, place: int, *, upwards: bool) -> Element | None:
    """The neighbour with which the element is now out of the order of their source."""
    items = edge.items
    moved = items[place]
    other = place + 1 if upwards else place - 1
    if not 0 <= other < len(items):
        return None
    neighbour = items[other]
    if neighbour.source != moved.source:
        return None
    first, second = (moved, neighbour) if upwards else (neighbour, moved)
    return neighbour if first.sequence > second.sequence else None
