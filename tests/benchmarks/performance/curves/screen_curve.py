"""How drawing the graph grows with the nodes of a flow."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

from runtime.model.linked import LinkedFlow
from tests.benchmarks.performance.results import Curve, Line, Point
from tests.benchmarks.performance.rounds import Effort, in_turns
from tests.benchmarks.screen.graph_drawing import tangle
from tests.support.workbench.wide_flows import chain, standing
from workbench.graph.graph_view import GraphState, GraphView

NODES = (3, 6, 12, 25, 50, 100, 200)
ROOM = (76, 16)
"""Columns and rows: what the graph has in a terminal of 120x36."""


def nodes_on_screen(effort: Effort) -> Curve:
    """A chain, and a graph of forks and joins: seen first, and again after each step."""
    lines: dict[str, Line] = {}
    for nodes in NODES[:: 3 if effort.quick else 1]:
        ways: dict[str, Callable[[int], object]] = {}
        for name, flow in (("chain", chain(nodes)), ("forks and joins", tangle(nodes))):
            ways[f"{name}, first time"] = _first(flow)
            ways[f"{name}, after a step"] = _again(flow)
        for name, spread in in_turns(ways, effort).items():
            lines.setdefault(name, Line(name, [])).points.append(Point(nodes, spread))
    return Curve(
        "nodes-on-screen",
        f"The graph on screen, {ROOM[0]} columns by {ROOM[1]} rows",
        "nodes",
        "microseconds a picture",
        list(lines.values()),
    )


def _first(flow: LinkedFlow) -> Callable[[int], object]:
    state = GraphState(flow, standing(flow, ""))

    def laid_out_and_drawn(count: int) -> None:
        for _ in range(count):
            GraphView().show(state, *ROOM)

    return laid_out_and_drawn


def _again(flow: LinkedFlow) -> Callable[[int], object]:
    view = GraphView()
    states = [
        GraphState(flow, standing(flow, node.name, calls=100 + number))
        for number, node in enumerate(flow.nodes[:12])
    ]
    following = cycle(states)

    def drawn(count: int) -> None:
        for _ in range(count):
            view.show(next(following), *ROOM)

    return drawn
