"""How long calls took by node, and elements from end to end: what `CallTiming` came to."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.model.histogram import Spread


@dataclass(frozen=True, slots=True)
class NodeTimes:
    """The calls of one node."""

    calls: Spread
    """How long they took."""
    fuel: int = 0
    """Fuel they used in all; 0 when fuel is not measured."""


@dataclass(frozen=True, slots=True)
class CallTimes:
    """The calls of a flow, in nanoseconds of flow time."""

    nodes: tuple[tuple[str, NodeTimes], ...] = ()
    """By the name of each node that was called, in the order of their first calls."""
    end_to_end: Spread | None = None
    """By element that a sink accepted: from the call that began its lineage to the end of the
    sink's."""
    in_calls_ns: int = 0
    """Of the total of `end_to_end`, time within calls; the rest was waiting."""

    def of(self, node: str) -> NodeTimes | None:
        """The calls of a node; None when it was not called."""
        return next((times for name, times in self.nodes if name == node), None)


NO_CALLS = CallTimes()
