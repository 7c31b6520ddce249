"""How long calls took by node, and elements by edge and from end to end, by `CallTiming`."""

from __future__ import annotations

from runtime.model.lazy.dataclass import dataclass
from runtime.model.measures.histogram import Spread


@dataclass(frozen=True, slots=True)
class NodeTimes:
    """The calls of one node."""

    calls: Spread | None
    """How long those took in which the component ran; None when it never did."""
    fuel: int = 0
    """Fuel they used in all; 0 when fuel is not measured."""
    empty: int = 0
    """Calls in which nothing ran, in no time at all: of a lifecycle function, `init` or `teardown`,
    that the component does not export."""

    @property
    def count(self) -> int:
        """All calls."""
        return self.empty + (0 if self.calls is None else self.calls.samples)


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
    waits: tuple[tuple[tuple[str, str], Spread], ...] = ()
    """By producer and consumer, for each call on an element that was answered: from the end of
    the call that gave the element to the beginning of this one, so in the queue and, where that
    had no room, in the producer's hand before. Edges between the same two nodes are one. Elements
    put in from outside do not count."""

    def of(self, node: str) -> NodeTimes | None:
        """The calls of a node; None when it was not called."""
        return next((times for name, times in self.nodes if name == node), None)

    def wait(self, producer: str, consumer: str) -> Spread | None:
        """How long elements waited between two nodes; None when nothing was taken."""
        return next((wait for ends, wait in self.waits if ends == (producer, consumer)), None)


NO_CALLS = CallTimes()
