"""The fan-out flow after its graph was changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from runtime.model.linked import LinkedEdge, LinkedFlow, LinkedNode


def joined(
    flow: LinkedFlow, nodes: Iterable[LinkedNode], edges: Iterable[LinkedEdge]
) -> LinkedFlow:
    """A flow of these nodes and edges, with places of its own."""
    edges = tuple(replace(edge, index=index) for index, edge in enumerate(edges))
    nodes = tuple(
        replace(
            node,
            inputs=tuple(edge.index for edge in edges if edge.target == node.name),
            outputs=tuple(edge.index for edge in edges if edge.source == node.name),
        )
        for node in nodes
    )
    return replace(flow, nodes=nodes, edges=edges)


def without_log_branch(flow: LinkedFlow) -> LinkedFlow:
    """The flow without its last two nodes, its queue to the metrics branch made smaller."""
    nodes = tuple(node for node in flow.nodes if not node.name.startswith("log"))
    kept = [edge for edge in flow.edges if "log" not in edge.target]
    kept[1] = replace(kept[1], capacity=3)
    return joined(flow, nodes, kept)


def with_audit(flow: LinkedFlow) -> LinkedFlow:
    """The flow with one more sink, `audit`, and an edge to it."""
    audit = replace(flow.by_name["log-sink"], name="audit")
    edge = LinkedEdge(5, "router", "audit", "audit", "input")
    return joined(flow, (*flow.nodes, audit), (*flow.edges, edge))
