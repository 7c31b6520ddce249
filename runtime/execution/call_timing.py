"""Call timing: how long calls took, gathered from events."""

from __future__ import annotations

from runtime.model.call import Accepted
from runtime.model.call_times import CallTimes, NodeTimes
from runtime.model.events import CallFinished
from runtime.model.histogram import Histogram, Spread


class CallTiming:
    """Gathers the times of calls. Next to the engine, whose speed and memory it does not touch."""

    def __init__(self) -> None:
        self._nodes: dict[str, Histogram] = {}
        self._fuel: dict[str, int] = {}
        self._end_to_end = Histogram()
        self._in_calls_ns = 0

    def add(self, event: CallFinished) -> None:
        """Take a call."""
        call, answer, began_ns, _, _ = event
        node = call.node
        duration_ns = answer.duration_ns
        calls = self._nodes.get(node)
        if calls is None:
            calls = self._nodes[node] = Histogram()
            self._fuel[node] = 0
        calls.add(duration_ns)
        if answer.fuel:
            self._fuel[node] += answer.fuel
        element = call.element
        if type(answer.outcome) is Accepted and element is not None and element.path:
            self._end_to_end.add(began_ns + duration_ns - element.path[0].at_ns)
            self._in_calls_ns += duration_ns
            for hop in element.path:
                self._in_calls_ns += hop.duration_ns

    def times(self) -> CallTimes:
        """What the calls came to so far."""
        nodes = tuple(
            (node, NodeTimes(_spread(calls), self._fuel[node]))
            for node, calls in self._nodes.items()
        )
        return CallTimes(nodes, self._end_to_end.spread(), self._in_calls_ns)


def _spread(calls: Histogram) -> Spread:
    spread = calls.spread()
    assert spread is not None, "a node is there from its first call on"
    return spread
