"""Which calls of a run a recording answers when the run is executed again.

Those of sources; and those of nodes with the network, which would tell others all of it again.
"""

from __future__ import annotations

from runtime.model.commands import Relink
from runtime.model.linked import LinkedFlow, Role


class ReplayedSources:
    """The nodes whose calls are answered, while the graph changes.

    A change counts for a node from its next `init` on: a source that a relink removes gets its
    `teardown` still, and a node that becomes a source is torn down before as what it was.
    """

    __slots__ = ("nodes", "now")

    def __init__(self, nodes: frozenset[str]) -> None:
        self.nodes = nodes
        """Nodes that are answered from their next `init` on."""
        self.now = nodes
        """Nodes that are answered."""

    def copy(self) -> ReplayedSources:
        """The same nodes, changed apart from here on."""
        made = ReplayedSources(self.nodes)
        made.now = self.now
        return made

    def follow(self, command: Relink) -> None:
        """The graph becomes another one."""
        nodes = replayed_nodes(command.flow)
        if nodes != self.nodes:
            self.nodes = nodes

    def begin(self, node: str) -> None:
        """The next call is the node's `init`."""
        if (node in self.nodes) is not (node in self.now):
            self.now ^= {node}
            if self.now == self.nodes:
                self.now = self.nodes


def replayed_nodes(flow: LinkedFlow) -> frozenset[str]:
    """Names of the nodes whose calls are answered."""
    return sources_of(flow) | networked_nodes(flow)


def networked_nodes(flow: LinkedFlow) -> frozenset[str]:
    """Names of the nodes that have the network."""
    return frozenset(node.name for node in flow.nodes if node.has_network)


def sources_of(flow: LinkedFlow) -> frozenset[str]:
    """Names of the flow's sources."""
    return frozenset(node.name for node in flow.nodes if node.role is Role.SOURCE)
