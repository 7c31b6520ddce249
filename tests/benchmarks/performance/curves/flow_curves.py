"""How a flow's calls grow with its nodes, its branches and the depth of its queues."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from runtime.model.linked import LinkedFlow, Role, SchedulePolicy
from tests.benchmarks.calls.call_layers import ROUTE_ALL, floor
from tests.benchmarks.performance.flows import (
    FLOOR,
    Shape,
    guest_flow,
    guests,
    layers,
    running,
    ways,
)
from tests.benchmarks.performance.results import Curve, Line, Point, Spread
from tests.benchmarks.performance.rounds import Effort, in_turns
from tests.support.engine.fakes import edge
from tests.support.wasm.guests import component

CHAIN = (2, 3, 4, 8, 16, 32, 64)
BRANCHES = (1, 2, 4, 8, 16)
DEPTHS = (1, 4, 16, 64, 256, 1024)
_FLOOR_PAYLOAD = 64


def chain_length(effort: Effort) -> Curve:
    """A source, filters that read their payload, and a sink."""

    def shape(nodes: int, folder: Path) -> LinkedFlow:
        names = ["source", *(f"filter{number}" for number in range(nodes - 2)), "sink"]
        roles = dict.fromkeys(names, Role.FILTER) | {"source": Role.SOURCE, "sink": Role.SINK}
        return guest_flow(roles, [edge(*two) for two in pairwise(names)], folder, guests())

    return _grown(
        effort,
        Curve(
            "chain",
            "A chain of nodes, each of which reads the payload of 50 bytes",
            "nodes",
            "microseconds a call",
            [],
        ),
        CHAIN,
        shape,
    )


def fan_out(effort: Effort) -> Curve:
    """A source whose elements go to several sinks."""

    def shape(branches: int, folder: Path) -> LinkedFlow:
        sinks = [f"sink{number}" for number in range(branches)]
        roles = {"source": Role.SOURCE, **dict.fromkeys(sinks, Role.SINK)}
        return guest_flow(roles, [edge("source", sink) for sink in sinks], folder, guests())

    return _grown(
        effort,
        Curve(
            "fan-out",
            "A source whose every element goes to each of several sinks",
            "sinks",
            "microseconds a call",
            [],
        ),
        BRANCHES,
        shape,
    )


def queue_depth(effort: Effort) -> Curve:
    """A source that is quicker than its sink, so that the queue between them is full or nearly."""

    def shape(capacity: int, folder: Path) -> LinkedFlow:
        roles = {"source": Role.SOURCE, "filter": Role.FILTER, "sink": Role.SINK}
        edges = [edge("source", "filter", capacity), edge("filter", "sink", capacity)]
        return guest_flow(roles, edges, folder, guests())

    curve = _grown(
        effort,
        Curve(
            "queue-depth",
            "Queues of a capacity, under weighted-fair scheduling",
            "capacity of each queue, elements",
            "microseconds a call",
            [],
        ),
        DEPTHS,
        shape,
        SchedulePolicy.WEIGHTED_FAIR,
    )
    with tempfile.TemporaryDirectory(prefix="torvyn-studio-flows-") as folder:
        curve.notes.append(_deepest(shape(DEPTHS[-1], Path(folder))))
    return curve


def _deepest(linked: LinkedFlow) -> str:
    """How deep the queues of a flow get when it runs."""
    flow = running(linked, layers()[0], SchedulePolicy.WEIGHTED_FAIR)
    deepest = 0
    for _ in range(400):
        flow.calls(25)
        deepest = max(deepest, *(one.depth for one in flow.engine.snapshot().edges))
    flow.close()
    return (
        f"The deepest queue seen in 10,000 calls with room for {linked.edges[0].capacity:,}: "
        f"{deepest:,} elements ({layers()[0]})."
    )


def _grown(
    effort: Effort,
    curve: Curve,
    sizes: Sequence[int],
    shape: Shape,
    schedule: SchedulePolicy = SchedulePolicy.CONSUMER_FIRST,
) -> Curve:
    """The curve with a line for each way, and for the C host, whose one call does not grow."""
    lines = {name: Line(name, []) for name in (*ways(), FLOOR)}
    with tempfile.TemporaryDirectory(prefix="torvyn-studio-flows-") as name:
        folder = Path(name)
        lowest = floor(folder, component(ROUTE_ALL, Role.ROUTER, pages=32), _FLOOR_PAYLOAD)
        for size in sizes[:: 2 if effort.quick else 1]:
            flows = {way: running(shape(size, folder), way, schedule) for way in ways()}
            found = in_turns({way: flow.calls for way, flow in flows.items()}, effort)
            for flow in flows.values():
                flow.close()
            if lowest is not None:
                found[FLOOR] = Spread.of([lowest(effort.seconds) for _ in range(effort.rounds)])
            for way, spread in found.items():
                lines[way].points.append(Point(size, spread))
    curve.lines = list(lines.values())
    return curve
