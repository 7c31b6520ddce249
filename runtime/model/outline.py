"""A flow as far as its manifest tells: nodes and edges, with components or without."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from runtime.model.errors import Diagnostic, StudioError
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedEdge, LinkedFlow


class Lack(StrEnum):
    """What keeps a node's component from being run, in the words of the screen."""

    NOTHING = ""
    NO_FILE = "no file"
    NOT_WASM = "not wasm"
    """The file is no component, or cannot be read."""
    WRONG_ROLE = "wrong role"
    """It does not export what the node is declared to be."""
    BAD_IMPORT = "bad import"
    """It imports what the host does not provide."""


@dataclass(frozen=True, slots=True)
class OutlineNode:
    """One node, before its component is resolved."""

    name: str
    component: str
    """The reference as the manifest writes it."""
    inputs: tuple[int, ...]
    """Indices of the edges that end here, in manifest order."""
    outputs: tuple[int, ...]
    """Indices of the edges that begin here, in manifest order."""
    lack: Lack = Lack.NOTHING


@dataclass(frozen=True, slots=True)
class FlowOutline:
    """The graph of a flow that may not be able to run."""

    name: str
    nodes: tuple[OutlineNode, ...]
    """In topological order, ties by name; nodes on cycles last, in manifest order."""
    edges: tuple[LinkedEdge, ...]
    """Those whose two nodes there are, in manifest order, counted from 0."""


def outline_of(flow: LinkedFlow) -> FlowOutline:
    """What is left of a linked flow without its components."""
    nodes = (
        OutlineNode(node.name, node.component, node.inputs, node.outputs) for node in flow.nodes
    )
    return FlowOutline(flow.name, tuple(nodes), flow.edges)


class UnlinkedFlowError(StudioError):
    """A flow that cannot be opened; carries its outline where the manifest could be read."""

    def __init__(self, diagnostics: Iterable[Diagnostic], outline: FlowOutline | None) -> None:
        self.outline = outline
        super().__init__(diagnostics)
