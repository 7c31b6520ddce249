"""Where a breakpoint may stand, and how that is written: `router input`, `any error`, `a -> b`."""

from __future__ import annotations

from enum import StrEnum

from runtime.expression.vocabulary import CALL, NEXT_CALL, Vocabulary
from runtime.model.call import Export
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow, Role
from runtime.model.text.nearest import nearest


class PlaceKind(StrEnum):
    """What happens at a place."""

    INPUT = "input"
    """A node is about to be called with an element."""
    OUTPUT = "output"
    """A node put an element out, at one port or at any."""
    EDGE = "edge"
    """An element was put into a queue."""
    EXPORT = "export"
    """A node is about to be called without an element: `init`, `flush`, `complete`, …"""
    CALL = "call"
    """Any call, with or without an element; before it, unless the condition needs its answer."""
    ERROR = "error"
    DROP = "drop"
    """An element left the flow without reaching a sink; what a filter let go is none."""
    BACKPRESSURE = "back-pressure"
    """A queue became full."""
    NO_SUCH_PORT = "no such port"
    SLOW_CALL = "slow call"
    """A call took ten times as long as the node's calls on average, of 20 at least."""
    SWAP = "swap"
    """A node got another build."""
    DENIED = "denied grant"
    """A component used something that it is not granted, for the first time."""


BEFORE = frozenset({PlaceKind.INPUT, PlaceKind.EXPORT})
"""Places before a call."""
KINDS = (
    PlaceKind.CALL,
    PlaceKind.ERROR,
    PlaceKind.DROP,
    PlaceKind.BACKPRESSURE,
    PlaceKind.NO_SUCH_PORT,
    PlaceKind.SLOW_CALL,
    PlaceKind.SWAP,
    PlaceKind.DENIED,
)
"""What may be said of any node: `any error`, `router error`."""
EXPORTS = tuple(export.value for export in Export)
_WORK = frozenset({Export.PROCESS, Export.EVALUATE, Export.ROUTE, Export.INGEST, Export.PUSH})


class PlaceError(ValueError):
    """A text names no place; it says why and what there is."""


@dataclass(frozen=True, slots=True)
class BreakPlace:
    """Where a breakpoint stands."""

    kind: PlaceKind
    node: str = ""
    """"" is any node."""
    port: str = ""
    """With `OUTPUT`: "" is any port."""
    edge: str = ""
    """With `EDGE`: its `LinkedEdge.label`."""
    export: str = ""
    """With `EXPORT`: the value of an `Export`."""

    @property
    def words(self) -> str:
        """As it is shown, and as `parse_place` reads it."""
        node = self.node or "any"
        match self.kind:
            case PlaceKind.EDGE:
                return self.edge
            case PlaceKind.OUTPUT if self.port:
                return f"{node}:{self.port} output"
            case PlaceKind.EXPORT:
                return f"{node} {self.export}"
        return f"{node} {self.kind}"

    def is_in(self, flow: LinkedFlow) -> bool:
        """Whether the flow has the node, or the edge."""
        if self.kind is PlaceKind.EDGE:
            return any(edge.label == self.edge for edge in flow.edges)
        return not self.node or self.node in flow.by_name


def vocabulary_of(place: BreakPlace) -> Vocabulary:
    """The fields that a condition at the place may use."""
    return NEXT_CALL if place.kind in BEFORE else CALL


def parse_place(text: str, flow: LinkedFlow) -> BreakPlace:
    """The place that a text names.

    A node alone is its input, of a source its output; `node:port` is that port's output.

    Raises:
        PlaceError: the text names none.
    """
    said = " ".join(text.split())
    if "->" in said:
        return _edge(said, flow)
    who, _, what = said.partition(" ")
    node, _, port = who.partition(":")
    if node == "any":
        node = ""
    elif node not in flow.by_name:
        raise PlaceError(_no_node(node, flow))
    if port and what not in ("", PlaceKind.OUTPUT):
        raise PlaceError(f"a port has an output alone: {who} output")
    if port:
        _require_port(node, port, flow)
        return BreakPlace(PlaceKind.OUTPUT, node, port)
    if not what and not node:
        raise PlaceError(f"any what? {_of_what()}")
    if not what:
        what = PlaceKind.OUTPUT if flow.by_name[node].role is Role.SOURCE else PlaceKind.INPUT
    if what in EXPORTS:
        export = Export(what)
        return BreakPlace(PlaceKind.EXPORT, node, export=export.value)
    if what in (*KINDS, PlaceKind.INPUT, PlaceKind.OUTPUT):
        return BreakPlace(PlaceKind(what), node)
    raise PlaceError(f'"{what}" is no place of {node or "any node"}; {_of_what()}')


def _edge(said: str, flow: LinkedFlow) -> BreakPlace:
    found = flow.edges_named(said)
    if len(found) == 1:
        return BreakPlace(PlaceKind.EDGE, edge=found[0].label)
    labels = ", ".join(edge.label for edge in found or flow.edges)
    what = "several edges" if found else "no edge"
    raise PlaceError(f'"{said}" names {what}; edges: {labels}')


def _no_node(node: str, flow: LinkedFlow) -> str:
    near = nearest(node, flow.by_name)
    meant = f"; did you mean {near}?" if near else f"; nodes: {', '.join(flow.by_name)}"
    return f'"{node}" is no node{meant}'


def _require_port(node: str, port: str, flow: LinkedFlow) -> None:
    ports = {edge.source_port for edge in flow.edges if not node or edge.source == node}
    if not ports:
        raise PlaceError(f"{node} puts nothing out: where it is given an element is {node} input")
    if port not in ports:
        whose = node or "any node"
        raise PlaceError(f'"{port}" is no port of {whose}; ports: {", ".join(sorted(ports))}')


def _of_what() -> str:
    return f"places: input, output, {', '.join(KINDS)}, {', '.join(EXPORTS)}"
