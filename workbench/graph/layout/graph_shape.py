"""What kind of graph a flow is: a chain, lanes that part at one node, or anything else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedEdge

LEAST_LANES = 3
"""Branches from which on each has a row of its own."""

USUAL_PORT = "output"


class GraphNode(Protocol):
    """What a drawing needs to know of a node before its state."""

    @property
    def name(self) -> str:
        """Its name in the manifest."""
        ...

    @property
    def inputs(self) -> tuple[int, ...]:
        """Indices of the edges that end here."""
        ...

    @property
    def outputs(self) -> tuple[int, ...]:
        """Indices of the edges that begin here."""
        ...


class Graph(Protocol):
    """A flow as it is drawn: linked, or only read from its manifest."""

    @property
    def nodes(self) -> Sequence[GraphNode]:
        """In topological order, as far as there is one."""
        ...

    @property
    def edges(self) -> tuple[LinkedEdge, ...]:
        """In the order of the manifest; an edge's index is its place here."""
        ...


@dataclass(frozen=True, slots=True)
class Lane:
    """A branch that is a chain."""

    edges: tuple[int, ...]
    """The one from the node where lanes part, then those between the lane's nodes."""
    nodes: tuple[str, ...]
    label: str
    """What all its names share, or the port it hangs on."""
    steps: tuple[str, ...]
    """The names as they are drawn behind the label."""


@dataclass(frozen=True, slots=True)
class LaneShape:
    """A chain of nodes whose last one parts into lanes."""

    trunk: tuple[str, ...]
    trunk_edges: tuple[int, ...]
    lanes: tuple[Lane, ...]

    @property
    def note(self) -> str:
        """How many lanes there are, and their steps where all have the same."""
        words = f"{len(self.lanes)} lanes"
        same = {lane.steps for lane in self.lanes}
        shared = len(same) == 1 and any(len(lane.nodes) > 1 for lane in self.lanes)
        return f"{words} · {' '.join(self.lanes[0].steps)}" if shared else words


def port_name(edge: LinkedEdge) -> str:
    """The output port's name, empty when it is the usual one."""
    return "" if edge.source_port == USUAL_PORT else edge.source_port


def same_graph(one: Graph, two: Graph) -> bool:
    """True when both are laid out alike: the same names, edges, ports and capacities."""
    return [node.name for node in one.nodes] == [node.name for node in two.nodes] and [
        (edge.label, edge.capacity) for edge in one.edges
    ] == [(edge.label, edge.capacity) for edge in two.edges]


@dataclass(frozen=True, slots=True)
class GraphPart:
    """Nodes that edges join, and no others; `edges` are those of the whole flow."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[LinkedEdge, ...]


def parts_of(graph: Graph) -> tuple[GraphPart, ...]:
    """What no edge joins, each by itself, in the order of their first nodes."""
    leads = {node.name: node.name for node in graph.nodes}

    def lead(name: str) -> str:
        while leads[name] != name:
            leads[name] = leads[leads[name]]
            name = leads[name]
        return name

    for edge in graph.edges:
        if edge.source in leads and edge.target in leads:
            leads[lead(edge.target)] = lead(edge.source)
    parts: dict[str, list[GraphNode]] = {}
    for node in graph.nodes:
        parts.setdefault(lead(node.name), []).append(node)
    return tuple(GraphPart(tuple(nodes), graph.edges) for nodes in parts.values())


def chain_of(graph: Graph) -> tuple[int, ...] | None:
    """The edges from the first node to the last when the flow is a chain; else None."""
    if any(len(node.inputs) > 1 or len(node.outputs) > 1 for node in graph.nodes):
        return None
    first = [node for node in graph.nodes if not node.inputs]
    if len(first) != 1:
        return None
    edges = _follow(graph, first[0])
    return tuple(edges) if len(edges) == len(graph.nodes) - 1 else None


def lanes_of(graph: Graph) -> LaneShape | None:
    """The lanes of a flow that is a trunk and at least three chains; else None."""
    if any(len(node.inputs) > 1 for node in graph.nodes):
        return None
    first = [node for node in graph.nodes if not node.inputs]
    hubs = [node for node in graph.nodes if len(node.outputs) > 1]
    if len(first) != 1 or len(hubs) != 1 or len(hubs[0].outputs) < LEAST_LANES:
        return None
    hub, trunk_edges = hubs[0], []
    at = first[0]
    by_name = {node.name: node for node in graph.nodes}
    trunk = [at.name]
    while at is not hub:
        edge = graph.edges[at.outputs[0]]
        trunk_edges.append(edge.index)
        at = by_name[edge.target]
        trunk.append(at.name)
    lanes = []
    for index in hub.outputs:
        edges = [index, *_follow(graph, by_name[graph.edges[index].target])]
        lanes.append(_lane(graph, edges))
    if len(trunk) + sum(len(lane.nodes) for lane in lanes) != len(graph.nodes):
        return None
    return LaneShape(tuple(trunk), tuple(trunk_edges), _told_apart(lanes, graph))


def _follow(graph: Graph, start: GraphNode) -> list[int]:
    """Edges from a node on, as long as each node has one."""
    by_name = {node.name: node for node in graph.nodes}
    edges: list[int] = []
    node = start
    while node.outputs and len(edges) <= len(graph.nodes):
        edges.append(node.outputs[0])
        node = by_name[graph.edges[node.outputs[0]].target]
    return edges


def _lane(graph: Graph, edges: Sequence[int]) -> Lane:
    nodes = tuple(graph.edges[edge].target for edge in edges)
    port = port_name(graph.edges[edges[0]])
    shared = _shared_words(nodes)
    if shared and port in ("", shared):
        return Lane(tuple(edges), nodes, shared, tuple(name[len(shared) + 1 :] for name in nodes))
    return Lane(tuple(edges), nodes, port, nodes)


def _shared_words(names: Sequence[str]) -> str:
    """The beginning that all names share, up to a separator; empty when there is none."""
    if len(names) < 2:
        return ""
    least = min(map(len, names))
    end = next((at for at in range(least) if len({name[at] for name in names}) > 1), least)
    cut = max((names[0].rfind(mark, 0, end) for mark in "-_.:/"), default=-1)
    return names[0][:cut] if cut > 0 and all(len(name) > cut + 1 for name in names) else ""


def _told_apart(lanes: Sequence[Lane], graph: Graph) -> tuple[Lane, ...]:
    """Lanes under their labels where no two labels are alike; else names stay whole."""
    labels = [lane.label for lane in lanes]
    if len(set(labels)) == len(labels):
        return tuple(lanes)
    return tuple(
        Lane(lane.edges, lane.nodes, port_name(graph.edges[lane.edges[0]]), lane.nodes)
        for lane in lanes
    )
