"""How many cells an edge needs for its figures, in each form."""

from __future__ import annotations

from rich.cells import cell_len

from runtime.model.linked import LinkedEdge
from workbench.graph.geometry import Form
from workbench.graph.layout.graph_shape import port_name

PORT_CELLS = 8
"""Cells up to which a port is whole where it stands in the wire."""

LEAST_INLINE = 4
FIGURE_MARGIN = 2
"""Cells of wire around figures that stand in it."""


def inline_cells(edge: LinkedEdge, form: Form, *, with_port: bool = False) -> int:
    """Cells of wire that show the depth, with capacity in `FIGURES`, and the sign for full."""
    digits = len(str(edge.capacity))
    port = min(cell_len(port_name(edge)), PORT_CELLS) + 2 if with_port and port_name(edge) else 0
    if form is Form.FIGURES:
        return 2 * digits + 3 + FIGURE_MARGIN + port
    return max(digits + 2, LEAST_INLINE) + port


def boxed_cells(edge: LinkedEdge) -> int:
    """Cells under a wire that show depth, capacity and peak."""
    digits = len(str(edge.capacity))
    return max(3 * digits + 2, cell_len(port_name(edge)) + 1)
