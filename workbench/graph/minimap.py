"""A small picture of a large flow: one sign a node, and which part of it is in view."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping

from runtime.model.snapshot import FlowSnapshot
from workbench.graph.geometry import Box, Layout
from workbench.graph.layout.graph_shape import Graph
from workbench.graph.node_looks import FAILED
from workbench.graph.viewport import Viewport
from workbench.text.glyphs import FULL, NEXT
from workbench.text.lines import Line, Span, StyleRole

LEAST_NODES = 25
"""Nodes from which on a flow that is not all shown gets one."""

MOST_CELLS = (24, 8)
EDGE_CELLS = 2
"""A blank and a rule to its left."""

LEAST_ROOM = 40
"""Cells that it leaves to the graph, or it is not drawn."""

IN_VIEW, OUTSIDE = "▒", "·"

WORST = ("x", FULL, NEXT, IN_VIEW, OUTSIDE)
"""What a cell shows of the nodes that share it, the first before the others."""

ROLES = {
    "x": StyleRole.BAD,
    NEXT: StyleRole.NEXT,
    FULL: StyleRole.WARN,
    IN_VIEW: StyleRole.DIM,
    OUTSIDE: StyleRole.FAINT,
}


class Grid:
    """Where each node stands among the others, in at most `MOST_CELLS`."""

    def __init__(self, layout: Layout) -> None:
        boxes = [box for box in layout.boxes if not (layout.lane_edge is not None and box.y == 0)]
        self.boxes = boxes
        xs = sorted({box.x for box in boxes})
        ys = sorted({box.y for box in boxes})
        self.columns = min(len(xs), MOST_CELLS[0])
        self.rows = min(len(ys), MOST_CELLS[1])
        self._place = {
            box.node: (
                bisect_left(xs, box.x) * self.columns // max(len(xs), 1),
                bisect_left(ys, box.y) * self.rows // max(len(ys), 1),
            )
            for box in boxes
        }

    @property
    def width(self) -> int:
        """Cells of the picture with its rule."""
        return self.columns + EDGE_CELLS

    def place(self, box: Box) -> tuple[int, int]:
        """Column and row of a node."""
        return self._place[box.node]


def wanted(layout: Layout, width: int, height: int) -> bool:
    """True when a flow is large, and not all of it is seen."""
    return (
        len(layout.boxes) >= LEAST_NODES
        and not layout.fits(width, height)
        and width - MOST_CELLS[0] - EDGE_CELLS >= LEAST_ROOM
    )


def draw_minimap(
    grid: Grid,
    view: Viewport,
    graph: Graph,
    snapshot: FlowSnapshot | None,
    focus: str | None,
) -> tuple[Line, ...]:
    """Rows of signs behind a rule."""
    trouble = _trouble(graph, snapshot)
    cells = [[OUTSIDE] * grid.columns for _ in range(grid.rows)]
    for box in grid.boxes:
        sign = IN_VIEW if view.sees(box) else OUTSIDE
        sign = NEXT if box.node == focus else sign
        sign = trouble.get(box.node, sign) if sign != NEXT else sign
        column, row = grid.place(box)
        cells[row][column] = min(cells[row][column], sign, key=WORST.index)
    return tuple(
        (Span(" │", StyleRole.FAINT), *(Span(sign, ROLES[sign]) for sign in row)) for row in cells
    )


def _trouble(graph: Graph, snapshot: FlowSnapshot | None) -> Mapping[str, str]:
    """Signs of nodes that failed, or whose queue is full."""
    if snapshot is None:
        return {}
    made = {graph.edges[edge.index].target: FULL for edge in snapshot.edges if edge.full}
    made.update({node.name: "x" for node in snapshot.nodes if node.state in FAILED})
    return made
