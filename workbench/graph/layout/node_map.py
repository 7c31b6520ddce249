"""The map: every node one cell, in its layer."""

from __future__ import annotations

from workbench.graph.geometry import Box, Form, Layout
from workbench.graph.layout.graph_shape import Graph
from workbench.graph.layout.layers import Layers
from workbench.graph.layout.parts import Parts

STEP = 4
"""Cells from one layer to the next."""


def lay_out_map(graph: Graph, placed: Layers) -> Layout:
    """Layers side by side, their nodes below each other in the order of the drawing."""
    parts = Parts()
    for column in range(0, len(placed.columns), 2):
        names = [item.node for item in placed.columns[column] if item.node is not None]
        for row, name in enumerate(names):
            parts.boxes.append(Box(name, column // 2 * STEP, row, 1, 1, ""))
    width = max((box.x + 1 for box in parts.boxes), default=0)
    height = max((box.y + 1 for box in parts.boxes), default=0)
    return parts.layout(Form.MAP, width, height, note=f"{len(graph.nodes)} nodes")
