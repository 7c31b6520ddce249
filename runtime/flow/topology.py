"""Checks the graph of a flow and orders it (docs/torvyn-facts.md#graph)."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import partial

from runtime.flow.manifest.problems import Problems, listed
from runtime.flow.manifest.source_text import KeyPath
from runtime.flow.manifest.tables import Edge, Flow
from runtime.model.codes import Code
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import ROLE_INTERFACES, Role, contract_name
from runtime.model.text.nearest import did_you_mean, nearest

MAX_FAN = 16
"""Edges that may begin or end at one port."""

MAX_CYCLES = 10
"""Cycles reported; each has nodes of its own."""

USUAL_OUTPUT = "output"
USUAL_INPUT = "input"


@dataclass(frozen=True, slots=True)
class Topology:
    """The graph of a flow, as far as it makes sense."""

    roles: Mapping[str, Role]
    """By node, in manifest order; nodes without a known role are missing."""
    order: tuple[str, ...]
    """Nodes in topological order, ties by name as Torvyn has it; nodes on cycles are missing."""


def role_of(interface: str) -> Role | None:
    """The role an interface stands for, by the part after the slash as Torvyn does it.

    Torvyn takes everything it does not know for a processor; here it is None.
    """
    return next((role for role in Role if f"/{role}" in interface), None)


def check_topology(name: str, flow: Flow, problems: Problems) -> Topology:
    """Notes every problem of the graph."""
    return _Checker(name, flow, problems).check()


class _Checker:
    def __init__(self, name: str, flow: Flow, problems: Problems) -> None:
        self._at: KeyPath = ("flow", name)
        self._nodes = list(flow.nodes)
        self._place = {name: index for index, name in enumerate(sorted(self._nodes))}
        self._problems = problems
        self._flow = flow
        self._roles: dict[str, Role] = {}
        self._edges: list[Edge] = []
        self._next: dict[str, list[str]] = defaultdict(list)
        self._back: dict[str, list[str]] = defaultdict(list)
        self._meant_out: set[str] = set()
        """Nodes that some edge begins at, even one whose other end is wrong."""
        self._meant_in: set[str] = set()

    def check(self) -> Topology:
        self._check_size()
        self._find_roles()
        self._check_edges()
        self._check_ports()
        self._check_ends()
        order = self._order()
        cyclic = self._report_cycles(set(self._nodes) - set(order))
        self._check_reach(cyclic)
        return Topology(self._roles, order)

    def _check_size(self) -> None:
        if not self._nodes:
            message = "the flow has no nodes"
            help_ = "add at least a source and a sink, each as [flow.NAME.nodes.NODE]"
            self._problems.error(Code.NO_NODES, self._at, message, help_)
        elif len(self._nodes) < 2:
            message = "the flow has a single node"
            help_ = "a flow needs at least two nodes, a source and a sink"
            self._problems.error(Code.SEMANTIC, self._at, message, help_)
        if self._nodes and not self._flow.edges:
            message = "the flow has no edges"
            help_ = "connect its nodes with [[flow.NAME.edges]]"
            self._problems.error(Code.SEMANTIC, self._at, message, help_)

    def _find_roles(self) -> None:
        for name, node in self._flow.nodes.items():
            role = role_of(node.interface)
            at = (*self._at, "nodes", name, "interface")
            if role is not None:
                self._roles[name] = role
                self._check_spelling(node.interface, role, at)
            elif node.interface:
                self._problems.error(
                    Code.ROLE_VIOLATION,
                    at,
                    f"'{node.interface}' is not an interface of any Torvyn role",
                    partial(_interfaces_like, node.interface),
                    value=True,
                )

    def _check_spelling(self, interface: str, role: Role, at: KeyPath) -> None:
        if contract_name(interface) != ROLE_INTERFACES[role]:
            self._problems.warning(
                Code.ROLE_VIOLATION,
                at,
                f"'{interface}' is taken for a {role}, as Torvyn does",
                f"write '{ROLE_INTERFACES[role]}'",
                value=True,
            )

    def _check_edges(self) -> None:
        seen: Counter[tuple[str, str, str, str]] = Counter()
        for edge in self._flow.edges:
            at = (*self._at, "edges", edge.index)
            ends = (("from", edge.source), ("to", edge.target))
            self._meant_out.add(edge.source.node)
            self._meant_in.add(edge.target.node)
            known = [self._check_end(end.node, (*at, side)) for side, end in ends]
            if not all(known):
                continue
            if edge.source.node == edge.target.node:
                self._problems.error(
                    Code.SELF_LOOP,
                    at,
                    f"the edge leads from '{edge.source.node}' back to itself",
                    "an edge leads to another node",
                )
                continue
            self._edges.append(edge)
            self._next[edge.source.node].append(edge.target.node)
            self._back[edge.target.node].append(edge.source.node)
            link = (edge.source.node, edge.source.port, edge.target.node, edge.target.port)
            seen[link] += 1
            if seen[link] == 2:
                self._problems.warning(
                    Code.DUPLICATE,
                    at,
                    f"a second edge joins the same ports of '{link[0]}' and '{link[2]}': "
                    "every element arrives twice",
                    "remove one of them",
                )

    def _check_end(self, node: str, at: KeyPath) -> bool:
        if node and node not in self._flow.nodes:
            self._problems.error(
                Code.UNKNOWN_NODE,
                (*at, "node"),
                f"there is no node '{node}' in the flow",
                lambda: did_you_mean(node, self._nodes, "nodes"),
                value=True,
            )
        return node in self._flow.nodes

    def _check_ports(self) -> None:
        out = Counter((edge.source.node, edge.source.port) for edge in self._edges)
        into = Counter((edge.target.node, edge.target.port) for edge in self._edges)
        self._check_fan(out, "leave")
        self._check_fan(into, "enter")
        for edge in self._edges:
            at = (*self._at, "edges", edge.index)
            role = self._roles.get(edge.source.node)
            if role not in (None, Role.ROUTER) and edge.source.port != USUAL_OUTPUT:
                self._note_port((*at, "from"), edge.source.port, USUAL_OUTPUT)
            if edge.target.port != USUAL_INPUT:
                self._note_port((*at, "to"), edge.target.port, USUAL_INPUT)

    def _check_fan(self, counts: Counter[tuple[str, str]], verb: str) -> None:
        for (node, port), count in counts.items():
            if count > MAX_FAN:
                self._problems.error(
                    Code.FAN_LIMIT,
                    (*self._at, "nodes", node),
                    f"{count} edges {verb} port '{port}' of '{node}'",
                    f"at most {MAX_FAN} edges share a port; put a node between them",
                )

    def _note_port(self, at: KeyPath, port: str, usual: str) -> None:
        self._problems.warning(
            Code.SEMANTIC,
            (*at, "port"),
            f"port '{port}' is not the usual '{usual}'; only routers have ports by name",
            f'write port = "{usual}"',
            value=True,
        )

    def _check_ends(self) -> None:
        for name in self._nodes:
            role = self._roles.get(name)
            if role is None:
                continue
            if role is Role.SOURCE and self._back[name]:
                origin = listed(dict.fromkeys(self._back[name]))
                help_ = "a source only produces: remove the edge, or give the node another role"
                message = f"the source '{name}' has an edge coming in from {origin}"
                self._node_error(Code.SOURCE_HAS_INCOMING, name, message, help_)
            if role is Role.SINK and self._next[name]:
                goal = listed(dict.fromkeys(self._next[name]))
                help_ = "a sink only consumes: remove the edge, or give the node another role"
                message = f"the sink '{name}' has an edge going out to {goal}"
                self._node_error(Code.SINK_HAS_OUTGOING, name, message, help_)
            lacks = [
                word
                for word, missing in (
                    ("coming in", role is not Role.SOURCE and name not in self._meant_in),
                    ("going out", role is not Role.SINK and name not in self._meant_out),
                )
                if missing
            ]
            if lacks:
                message = f"the {role} '{name}' has no edge {' and none '.join(lacks)}"
                help_ = "connect it with [[flow.NAME.edges]], or remove the node"
                self._node_error(Code.DISCONNECTED, name, message, help_)
        self._check_presence()

    def _check_presence(self) -> None:
        if not self._nodes or len(self._roles) < len(self._nodes):
            return
        for role, code in ((Role.SOURCE, Code.NO_SOURCE), (Role.SINK, Code.NO_SINK)):
            if role not in self._roles.values():
                help_ = f"add a node with interface = '{ROLE_INTERFACES[role]}'"
                self._problems.error(code, self._at, f"the flow has no {role}", help_)

    def _node_error(self, code: Code, name: str, message: str, help_: str) -> None:
        self._problems.error(code, (*self._at, "nodes", name), message, help_)

    def _order(self) -> tuple[str, ...]:
        """Kahn's algorithm; ties go to the first name (docs/torvyn-facts.md#scheduling)."""
        waiting = {name: len(self._back[name]) for name in self._nodes}
        names = sorted(self._nodes)
        ready = sorted(self._place[name] for name, count in waiting.items() if not count)
        order = []
        while ready:
            name = names[heapq.heappop(ready)]
            order.append(name)
            for after in self._next[name]:
                waiting[after] -= 1
                if not waiting[after]:
                    heapq.heappush(ready, self._place[after])
        return tuple(order)

    def _report_cycles(self, unordered: set[str]) -> set[str]:
        """Notes cycles that share no node; returns every node that cannot be ordered."""
        left = set(unordered)
        for _ in range(MAX_CYCLES):
            cycle = self._find_cycle(left)
            if not cycle:
                break
            left -= set(cycle)
            path = [*cycle, cycle[0]]
            self._problems.error(
                Code.CYCLE,
                self._edge_at(cycle[-1], cycle[0]),
                f"the edges form a cycle: {listed(path, 24).replace(', ', ' → ')}",
                "remove one of these edges; elements only travel forward",
            )
        return unordered

    def _find_cycle(self, among: set[str]) -> list[str]:
        """A cycle in the sub-graph, beginning with the node first in the manifest."""
        alive = self._trimmed(among)
        start = next((name for name in self._nodes if name in alive), None)
        if start is None:
            return []
        walk: dict[str, int] = {}
        name = start
        while name not in walk:
            walk[name] = len(walk)
            name = next(after for after in self._next[name] if after in alive)
        cycle = list(walk)[walk[name] :]
        first = cycle.index(min(cycle, key=self._place.__getitem__))
        return cycle[first:] + cycle[:first]

    def _trimmed(self, among: set[str]) -> set[str]:
        """The nodes from which a walk inside the set never ends."""
        alive = set(among)
        forward = {name: sum(n in alive for n in self._next[name]) for name in alive}
        dead = [name for name, count in forward.items() if not count]
        while dead:
            name = dead.pop()
            alive.discard(name)
            for before in self._back[name]:
                if before in alive:
                    forward[before] -= 1
                    if not forward[before]:
                        dead.append(before)
        return alive

    def _edge_at(self, source: str, target: str) -> KeyPath:
        ends = (source, target)
        edge = next(e for e in self._edges if (e.source.node, e.target.node) == ends)
        return (*self._at, "edges", edge.index)

    def _check_reach(self, cyclic: set[str]) -> None:
        """Notes nodes that have inputs, but none that begins at a source."""
        unknown = [name for name in self._nodes if name not in self._roles]
        origins = [name for name, role in self._roles.items() if role is Role.SOURCE]
        if not origins:
            return
        reached = _reachable([*origins, *unknown], self._next)
        for name in self._nodes:
            if name not in reached and self._back[name] and name not in cyclic:
                self._node_error(
                    Code.UNREACHABLE,
                    name,
                    f"no source leads to '{name}'",
                    "connect a source to what comes before it",
                )


def _reachable(origins: Iterable[str], edges: Mapping[str, list[str]]) -> set[str]:
    reached = set(origins)
    waiting = list(reached)
    while waiting:
        for after in edges.get(waiting.pop(), ()):
            if after not in reached:
                reached.add(after)
                waiting.append(after)
    return reached


def _interfaces_like(interface: str) -> str:
    near = nearest(interface, ROLE_INTERFACES.values())
    known = f"it is one of {', '.join(ROLE_INTERFACES.values())}"
    return f"did you mean '{near}'? {known}" if near else known
