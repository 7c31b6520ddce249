"""Counts of the nodes and edges that are no longer part of the flow, and totals with them."""

from __future__ import annotations

from collections.abc import Iterable

from runtime.engine.records import EdgeRecord, NodeRecord
from runtime.model.call import NO_COPIES, CopyCount
from runtime.model.linked import Role


class Gone:
    """What the nodes and edges counted that a relink removed."""

    __slots__ = (
        "absorbed",
        "copies",
        "delivered",
        "dropped",
        "errors",
        "filtered",
        "flushed",
        "pulled",
        "put_out",
        "sent",
    )

    def __init__(self) -> None:
        self.pulled = 0
        self.flushed = 0
        self.delivered = 0
        self.dropped = 0
        self.filtered = 0
        self.absorbed = 0
        self.errors = 0
        self.put_out = 0
        """Elements that nodes put out, before fan-out; sinks not counted."""
        self.sent = 0
        """Copies of them, one for each edge."""
        self.copies = NO_COPIES

    def take(self, node: NodeRecord) -> None:
        """Move the node's counts here."""
        if node.is_source:
            self.pulled += node.sequence
        self.flushed += node.flushed
        if node.role is Role.SINK:
            self.delivered += node.elements_out
        else:
            self.put_out += node.elements_out
        self.dropped += node.dropped
        self.filtered += node.filtered
        self.absorbed += node.absorbed
        self.errors += node.errors
        self.copies = added(self.copies, node.copies)
        node.sequence = node.elements_out = node.dropped = node.errors = 0
        node.flushed = node.filtered = node.absorbed = 0
        node.copies = NO_COPIES

    def take_edge(self, edge: EdgeRecord) -> None:
        """Add the edge's counts; it is removed, and nothing is in it."""
        self.dropped += edge.dropped
        self.sent += edge.sent_here


def copied(gone: Gone, nodes: Iterable[NodeRecord], edges: Iterable[EdgeRecord]) -> int:
    """Copies of elements that were made beyond the first."""
    sent = gone.sent + sum(edge.sent_here for edge in edges)
    put_out = sum(node.elements_out for node in nodes if node.role is not Role.SINK)
    return sent - gone.put_out - put_out


def added(total: CopyCount, more: CopyCount) -> CopyCount:
    """The sum of two counts of copies."""
    return CopyCount(
        total.reads + more.reads,
        total.read_bytes + more.read_bytes,
        total.writes + more.writes,
        total.write_bytes + more.write_bytes,
    )
