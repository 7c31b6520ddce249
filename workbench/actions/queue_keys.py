"""Queue surgery and holds: what waits, and who is called."""

from __future__ import annotations

from runtime.model.linked import LinkedFlow
from runtime.protocol.requests import (
    DropElement,
    DuplicateElement,
    HoldNodes,
    MoveElement,
    RunElement,
)
from workbench.actions.action import Action, Group
from workbench.actions.context import Context
from workbench.actions.target import ActionTarget
from workbench.view import EdgeRef

_NEEDS = "a queue that is shown, with an element in it"


def _has_queue(context: Context) -> bool:
    return context.view.ready and isinstance(context.selection, EdgeRef)


def _has_waiting(context: Context) -> bool:
    return _has_queue(context) and context.element is not None


def _is_first(context: Context) -> bool:
    return context.place is None or context.place == 0


def _can_rise(context: Context) -> bool:
    return _has_waiting(context) and not _is_first(context)


def _drop(to: ActionTarget) -> None:
    edge, element = to.context.edge, to.context.element
    if edge is not None and element is not None:
        to.session.send(DropElement(edge, element.element_id))


def _double(to: ActionTarget) -> None:
    edge, element = to.context.edge, to.context.element
    if edge is not None and element is not None:
        to.session.send(DuplicateElement(edge, element.element_id))


def _move(to: ActionTarget, place: int | None) -> None:
    edge, element = to.context.edge, to.context.element
    if edge is not None and element is not None and place is not None:
        to.session.send(MoveElement(edge, element.element_id, max(place, 0)))


def _rise(to: ActionTarget) -> None:
    place = to.context.place
    _move(to, None if place is None else place - 1)


def _fall(to: ActionTarget) -> None:
    place = to.context.place
    _move(to, None if place is None else place + 1)


def run_element(to: ActionTarget) -> None:
    """Make the next call with the element under the cursor of the queue that is shown."""
    edge, element = to.context.edge, to.context.element
    if edge is not None and element is not None:
        to.session.send(RunElement(edge, element.element_id))


# ---- holds


def _behind(flow: LinkedFlow, edge: int) -> tuple[str, ...]:
    """The branch that begins with an edge: its consumer, and all that lies behind."""
    found = {flow.edges[edge].target}
    for node in flow.nodes:  # in topological order
        if node.name in found:
            found |= {flow.edges[index].target for index in node.outputs}
    return tuple(node.name for node in flow.nodes if node.name in found)


def held_nodes(context: Context) -> tuple[str, ...]:
    """What `H` holds or lets go: the branch behind the selected edge, else one node."""
    flow = context.view.flow
    if flow is None or not context.view.ready:
        return ()
    if isinstance(context.selection, EdgeRef):
        return _behind(flow, context.selection.edge)
    return (context.node,) if context.node in flow.by_name else ()


def is_held(context: Context) -> bool:
    """Whether all of them are on hold already."""
    nodes = [context.view.node(name) for name in held_nodes(context)]
    return bool(nodes) and all(node is not None and node.on_hold for node in nodes)


def _hold(to: ActionTarget) -> None:
    nodes = held_nodes(to.context)
    if nodes:
        to.session.send(HoldNodes(nodes, not is_held(to.context)))


QUEUE: tuple[Action, ...] = (
    Action(id="drop", keys=("d",), label="drop", group=Group.QUEUE,
           help="Drop the element under the cursor. [ undoes what was done by hand, one by one.",
           do=_drop, when=_has_waiting, needs=_NEEDS, footer=-9),
    Action(id="double", keys=("asterisk",), label="double", group=Group.QUEUE,
           help="Put a copy right behind the element under the cursor of the queue.",
           do=_double, when=_has_waiting, needs=_NEEDS, footer=-8),
    Action(id="move-up", keys=("K",), label="up", group=Group.QUEUE,
           help="Move the element up: it is taken before the one above it.",
           do=_rise, when=_can_rise, needs="an element of a queue that is not its first",
           footer=-7),
    Action(id="move-down", keys=("J",), label="down", group=Group.QUEUE,
           help="Move the element down: it is taken after the one below it.",
           do=_fall, when=_has_waiting, needs=_NEEDS, footer=-6),
    Action(id="take-first", keys=("P",), label="take next", group=Group.QUEUE,
           help="Move the element to the head: it is the next that is taken.",
           do=lambda to: _move(to, 0), when=_can_rise,
           needs="an element of a queue that is not its first", footer=-5),
    Action(id="empty-queue", keys=("X",), label="empty", group=Group.QUEUE,
           help="Drop all that waits in the queue, after a question.",
           do=lambda to: to.session.empty_queue(), when=_has_waiting, needs=_NEEDS, footer=-2),
    Action(id="change-queue", keys=("a",), label="capacity", group=Group.QUEUE,
           help="Change capacity, policy or pace of the queue, also while the flow runs.",
           do=lambda to: to.session.change_queue(), when=_has_queue,
           needs="a queue that is shown", footer=-4),
    Action(id="hold", keys=("H",), label="hold", group=Group.QUEUE,
           help="Hold the node, or the branch behind the selected queue, while the rest runs; "
                "again lets go.",
           do=_hold, when=lambda context: bool(held_nodes(context)), needs="a node or a queue",
           footer=14),
)  # fmt: skip
