"""Where a new node comes in a flow, and the tables that put it there."""

from __future__ import annotations

from runtime.flow.manifest.source_text import dotted
from runtime.flow.manifest.tables import Edge, Flow
from runtime.model.codes import Code
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import ROLE_INTERFACES, Role, contract_name
from runtime.model.text.nearest import did_you_mean
from runtime.scaffold.new_files import refusal

INPUT, OUTPUT = "input", "output"
OUTPUTS: dict[Role, tuple[str, ...]] = {Role.ROUTER: ("even", "odd"), Role.SINK: ()}
"""Output ports of the templates, where they are not `output` alone."""


@dataclass(frozen=True, slots=True)
class Wiring:
    """How a new node is connected."""

    moved: Edge | None = None
    """The edge that leads into the new node from now on."""
    edges: tuple[tuple[str, str, str, str], ...] = ()
    """New edges: node and port that they leave, node and port that they reach."""

    @property
    def text(self) -> str:
        """Where the node stands, for people; empty when it is not connected."""
        if self.moved is not None:
            return f"between {self.moved.source.node} and {self.moved.target.node}"
        return ", ".join(f"{start} → {end}" for start, _, end, _ in self.edges)


def wire(flow: Flow, name: str, role: Role, after: str | None) -> Wiring:
    """A place for a node: behind `after`, else before the first sink, or next to a source.

    An empty `Wiring` where the flow has no edge that it could use.

    Raises:
        StudioError: there is no node `after`, or nothing can come after it.
    """
    if after is not None and after not in flow.nodes:
        help_ = did_you_mean(after, flow.nodes, "nodes")
        raise refusal(Code.UNKNOWN_NODE, f"the flow has no node '{after}'", help_)
    if role is Role.SOURCE:
        if after is not None:
            message = "a source comes after no node"
            raise refusal(Code.SOURCE_HAS_INCOMING, message, "Leave out --after.")
        edge = next((edge for edge in flow.edges if _is(flow, edge.source.node, role)), None)
        if edge is None:
            return Wiring()
        return Wiring(edges=((name, OUTPUT, edge.target.node, edge.target.port),))
    if after is None:
        ends = (edge for edge in flow.edges if _is(flow, edge.target.node, Role.SINK))
        edge = next(ends, None)
    else:
        edge = next((edge for edge in flow.edges if edge.source.node == after), None)
    if edge is None:
        return _behind_the_last(flow, name, role, after)
    if role is Role.SINK:
        return Wiring(edges=((edge.source.node, edge.source.port, name, INPUT),))
    end = edge.target
    ports = OUTPUTS.get(role, (OUTPUT,))
    return Wiring(edge, tuple((name, port, end.node, end.port) for port in ports))


def node_table(flow: str, name: str, role: Role) -> str:
    """The table of a new node."""
    header = dotted(("flow", flow, "nodes", name))
    return f'[{header}]\ncomponent = "{name}"\ninterface = "{ROLE_INTERFACES[role]}"\n'


def edge_table(flow: str, start: str, start_port: str, end: str, end_port: str) -> str:
    """The table of a new edge."""
    header = dotted(("flow", flow, "edges"))
    return (
        f'[[{header}]]\nfrom = {{ node = "{start}", port = "{start_port}" }}\n'
        f'to = {{ node = "{end}", port = "{end_port}" }}\n'
    )


def commented(table: str) -> str:
    """A table that has no effect until its marks are removed."""
    return "".join(f"# {line}\n" for line in table.splitlines())


def _behind_the_last(flow: Flow, name: str, role: Role, after: str | None) -> Wiring:
    """A sink behind a node without an edge; anything else has nowhere to lead to."""
    if after is None or role is not Role.SINK:
        return Wiring()
    if _is(flow, after, Role.SINK):
        message = f"'{after}' is a sink: nothing comes after it"
        raise refusal(Code.SINK_HAS_OUTGOING, message, "Name the node before it.")
    return Wiring(edges=((after, OUTPUT, name, INPUT),))


def _is(flow: Flow, node: str, role: Role) -> bool:
    found = flow.nodes.get(node)
    return found is not None and contract_name(found.interface) == ROLE_INTERFACES[role]
