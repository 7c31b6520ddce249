"""The outline of a flow: what can be drawn of it before, or without, linking it."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

from runtime.flow.manifest.manifest_file import LoadedManifest
from runtime.flow.manifest.source_text import dotted
from runtime.flow.manifest.tables import Flow
from runtime.flow.queue_settings import linked_edge
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity
from runtime.model.linked import LinkedEdge
from runtime.model.outline import FlowOutline, Lack, OutlineNode

LACKS = {
    Code.COMPONENT: Lack.NO_FILE,
    Code.UNRESOLVED_IMPORT: Lack.BAD_IMPORT,
    Code.INTERFACE_MISMATCH: Lack.WRONG_ROLE,
    Code.VERSION_INCOMPATIBLE: Lack.WRONG_ROLE,
    Code.ROLE_VIOLATION: Lack.WRONG_ROLE,
}
"""What a problem of a node's component says of it; every other one, that it is no component."""


def outline_flow(
    loaded: LoadedManifest, name: str, problems: Iterable[Diagnostic] = ()
) -> FlowOutline:
    """The outline of a flow of the manifest; `problems` say what its components lack."""
    flow = loaded.manifest.flow[name]
    edges = _edges(loaded, flow)
    errors = [item for item in problems if item.severity is Severity.ERROR]
    nodes = (
        OutlineNode(
            node,
            flow.nodes[node].component,
            tuple(edge.index for edge in edges if edge.target == node),
            tuple(edge.index for edge in edges if edge.source == node),
            _lack(dotted(("flow", name, "nodes", node)), errors),
        )
        for node in _ordered(list(flow.nodes), edges)
    )
    return FlowOutline(name, tuple(nodes), tuple(edges))


def _edges(loaded: LoadedManifest, flow: Flow) -> list[LinkedEdge]:
    drawn = (
        edge
        for edge in flow.edges
        if edge.source.node in flow.nodes and edge.target.node in flow.nodes
    )
    runtime = loaded.manifest.runtime
    return [linked_edge(edge, index, flow, runtime) for index, edge in enumerate(drawn)]


def _lack(key: str, errors: Sequence[Diagnostic]) -> Lack:
    """What the first problem of the node's component or interface says."""
    for item in errors:
        if item.key in (f"{key}.component", f"{key}.interface"):
            return LACKS.get(item.kind, Lack.NOT_WASM)
    return Lack.NOTHING


def _ordered(names: Sequence[str], edges: Sequence[LinkedEdge]) -> list[str]:
    waits = dict.fromkeys(names, 0)
    after: dict[str, list[str]] = {name: [] for name in names}
    for edge in edges:
        waits[edge.target] += 1
        after[edge.source].append(edge.target)
    ready = sorted(name for name, number in waits.items() if not number)
    order: list[str] = []
    while ready:
        name = heapq.heappop(ready)
        order.append(name)
        for target in after[name]:
            waits[target] -= 1
            if not waits[target]:
                heapq.heappush(ready, target)
    return [*order, *(name for name in names if waits[name])]
