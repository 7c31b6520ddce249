"""How long a large graph takes: to lay out once, to draw, to be drawn again after a step.

Run it as `python -m tests.benchmarks.screen.graph_drawing`. Milliseconds of processor time.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from runtime.model.linked import LinkedFlow
from tests.support.workbench.wide_flows import chain, graph, plants, regions, standing
from workbench.graph.graph_view import GraphState, GraphView

SIZES = ((76, 9), (76, 16), (129, 31))
TIMES = 7


def tangle(nodes: int) -> LinkedFlow:
    """A graph of joins and forks, the same at each run."""
    choose = random.Random(3)
    edges = [
        (f"n{choose.randrange(max(0, number - 25), number)}", "", f"n{number}")
        for number in [*range(1, nodes), *range(30, nodes, 2)]
    ]
    return graph(*edges)


def best_ms(work: Callable[[], object], times: int = TIMES) -> float:
    """The shortest of several runs, in milliseconds."""
    taken: list[float] = []
    for _ in range(times):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken) * 1e3


def measure(name: str, flow: LinkedFlow, width: int, height: int) -> str:
    """One line of the table."""
    first = best_ms(
        lambda: GraphView().show(GraphState(flow, standing(flow, "")), width, height), 3
    )
    view = GraphView()
    states = [
        GraphState(flow, standing(flow, node.name, calls=100 + number))
        for number, node in enumerate(flow.nodes[:12])
    ]
    view.show(states[0], width, height)
    begun = time.process_time()
    for state in states:
        view.show(state, width, height)
    step = (time.process_time() - begun) * 1e3 / len(states)
    return f"{name:12} {width:4}x{height:<3} {first:10.1f} {step:10.2f}"


def main() -> None:
    """The table."""
    print(f"{'flow':12} {'room':8} {'first, ms':>10} {'step, ms':>10}")
    flows = (("42 lanes", regions()), ("200 lanes", plants()), ("200 chain", chain(200)))
    for name, flow in (*flows, ("200 tangle", tangle(200))):
        for width, height in SIZES:
            print(measure(name, flow, width, height))


if __name__ == "__main__":
    main()
