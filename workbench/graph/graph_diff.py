"""In what two graphs of a flow differ."""

from __future__ import annotations

from collections.abc import Iterable

from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedEdge, LinkedFlow, LinkedNode
from runtime.model.text.plurals import counted

EdgeKey = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing that both graphs have."""

    name: str
    """A node, the label of an edge, or empty for the flow itself."""
    fields: tuple[tuple[str, str, str], ...]
    """What differs, before, after."""


@dataclass(frozen=True, slots=True)
class FlowChange:
    """What became of a graph; false when nothing did."""

    nodes_added: tuple[str, ...] = ()
    nodes_removed: tuple[str, ...] = ()
    edges_added: tuple[str, ...] = ()
    """Labels."""
    edges_removed: tuple[str, ...] = ()
    changed: tuple[Changed, ...] = ()
    """The flow, then nodes, then edges."""
    waits: bool = False
    """True when the flow takes it with its next start only."""

    def __bool__(self) -> bool:
        """True when anything differs."""
        lists = (self.nodes_added, self.nodes_removed, self.edges_added, self.edges_removed)
        return any(lists) or bool(self.changed)

    @property
    def words(self) -> str:
        """`1 node added, 2 edges removed, 1 changed`."""
        parts = (
            (self.nodes_added, "node", "added"),
            (self.nodes_removed, "node", "removed"),
            (self.edges_added, "edge", "added"),
            (self.edges_removed, "edge", "removed"),
        )
        words = [f"{counted(len(found), noun)} {did}" for found, noun, did in parts if found]
        if self.changed:
            words.append(f"{len(self.changed):,} changed")
        return ", ".join(words)


def flow_change(old: LinkedFlow, new: LinkedFlow, *, waits: bool = False) -> FlowChange:
    """What differs, builds left out: another digest of the same component is no change."""
    old_edges, new_edges = _edges(old), _edges(new)
    changed = [_changed("", _of_flow(old), _of_flow(new))]
    changed += [
        _changed(node.name, _of_node(old.by_name[node.name]), _of_node(node))
        for node in new.nodes
        if node.name in old.by_name
    ]
    changed += [
        _changed(edge.label, _of_edge(old_edges[key]), _of_edge(edge))
        for key, edge in new_edges.items()
        if key in old_edges
    ]
    return FlowChange(
        nodes_added=_missing(new.by_name, old.by_name),
        nodes_removed=_missing(old.by_name, new.by_name),
        edges_added=tuple(edge.label for key, edge in new_edges.items() if key not in old_edges),
        edges_removed=tuple(edge.label for key, edge in old_edges.items() if key not in new_edges),
        changed=tuple(item for item in changed if item.fields),
        waits=waits,
    )


def edge_key(edge: LinkedEdge) -> EdgeKey:
    """What makes an edge the same one in another graph."""
    return edge.source, edge.source_port, edge.target, edge.target_port


def _edges(flow: LinkedFlow) -> dict[EdgeKey, LinkedEdge]:
    return {edge_key(edge): edge for edge in flow.edges}


def _missing(names: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    known = set(others)
    return tuple(name for name in names if name not in known)


Fields = tuple[tuple[str, object], ...]


def _changed(name: str, old: Fields, new: Fields) -> Changed:
    pairs = zip(old, new, strict=True)
    return Changed(
        name, tuple((what, str(was), str(is_)) for (what, was), (_, is_) in pairs if was != is_)
    )


def _of_flow(flow: LinkedFlow) -> Fields:
    return (("order", flow.schedule.value), ("sink pause", f"{flow.sink_pause_ms} ms"))


def _of_node(node: LinkedNode) -> Fields:
    limits = node.limits
    return (
        ("role", node.role.value),
        ("component", node.component),
        ("config", node.config),
        ("priority", node.priority),
        ("grants", ", ".join(node.grants) or "none"),
        ("fuel", limits.fuel or "no limit"),
        ("memory", f"{limits.memory_bytes:,} B"),
        ("time limit", f"{limits.call_timeout_ms} ms"),
    )


def _of_edge(edge: LinkedEdge) -> Fields:
    return (
        ("capacity", edge.capacity),
        ("policy", edge.policy.value),
        ("low watermark ratio", f"{edge.low_watermark_ratio:g}"),
        ("elements a second", f"{edge.rate:g}" if edge.rate else "any"),
    )
