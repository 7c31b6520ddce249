"""Where `b` sets a breakpoint: what the cursor or the selection stands for."""

from __future__ import annotations

from runtime.model.call import Export
from runtime.model.linked import LinkedFlow, Role
from runtime.protocol.break_places import KINDS, BreakPlace, PlaceKind
from runtime.protocol.logs.event_lines import CallMark, EventLine
from workbench.actions.context import Context, PaneName
from workbench.view import EdgeRef, ElementRef, NodeRef

_LIFECYCLE = (Export.INIT, Export.FLUSH, Export.COMPLETE, Export.TEARDOWN)
_KINDS_OF_LINES = {
    CallMark.ERROR: PlaceKind.ERROR,
    CallMark.RELOAD: PlaceKind.SWAP,
    CallMark.DENIED: PlaceKind.DENIED,
}


def place_here(context: Context, cursor: object) -> BreakPlace | None:
    """The place that is meant: by the cursor's line of the events or its queue, by what is
    selected, else the input of the next call's node."""
    flow = context.view.flow
    if flow is None:
        return None
    if isinstance(cursor, EventLine):
        found = _of_line(cursor, flow)
        if found is not None:
            return found
    chosen = cursor if isinstance(cursor, EdgeRef) else context.selection
    if context.pane is PaneName.BREAKS:
        chosen = context.selection
    if isinstance(chosen, EdgeRef) and chosen.edge < len(flow.edges):
        return BreakPlace(PlaceKind.EDGE, edge=flow.edges[chosen.edge].label)
    name = chosen.node if isinstance(chosen, NodeRef) else None
    if isinstance(chosen, ElementRef) or name is None:
        name = context.node
    return None if name is None or name not in flow.by_name else node_place(flow, name)


def node_place(flow: LinkedFlow, name: str) -> BreakPlace:
    """Where elements come to a node; of a source, where they leave it."""
    source = flow.by_name[name].role is Role.SOURCE
    return BreakPlace(PlaceKind.OUTPUT if source else PlaceKind.INPUT, name)


def places_around(flow: LinkedFlow, place: BreakPlace) -> list[BreakPlace]:
    """The places that a breakpoint can be moved to: of the same node or edge, and of any node."""
    found: list[BreakPlace] = [place]
    name = place.node
    if place.kind is PlaceKind.EDGE:
        edges = [edge for edge in flow.edges if edge.label == place.edge]
        name = edges[0].target if edges else ""
    if name in flow.by_name:
        node = flow.by_name[name]
        ports = list(dict.fromkeys(flow.edges[index].source_port for index in node.outputs))
        found += [node_place(flow, name), BreakPlace(PlaceKind.OUTPUT, name)]
        if len(ports) > 1:
            found += [BreakPlace(PlaceKind.OUTPUT, name, port) for port in ports]
        indices = (*node.inputs, *node.outputs)
        found += [BreakPlace(PlaceKind.EDGE, edge=flow.edges[index].label) for index in indices]
        found += [BreakPlace(kind, name) for kind in KINDS]
        found += [BreakPlace(PlaceKind.EXPORT, name, export=one.value) for one in _LIFECYCLE]
    found += [BreakPlace(kind) for kind in KINDS]
    return list(dict.fromkeys(found))


def _of_line(one: EventLine, flow: LinkedFlow) -> BreakPlace | None:
    kind = _KINDS_OF_LINES.get(one.mark)
    if kind is not None and one.node in flow.by_name:
        return BreakPlace(kind, one.node or "")
    if one.mark is CallMark.DROP:
        return BreakPlace(PlaceKind.DROP, one.node or "")
    if one.edge is not None and one.edge < len(flow.edges):
        return BreakPlace(PlaceKind.EDGE, edge=flow.edges[one.edge].label)
    if one.node not in flow.by_name:
        return None
    word = one.text.split()[0].partition("(")[0] if one.text else ""
    if word in tuple(_LIFECYCLE):
        return BreakPlace(PlaceKind.EXPORT, one.node or "", export=word)
    return node_place(flow, one.node or "")
