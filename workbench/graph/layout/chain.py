"""A chain, laid out like text: left to right on every row, the row's end turns to the next."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from workbench.graph.geometry import BOX_ROWS, Box, Form, Layout, wire_row
from workbench.graph.layout.edge_room import boxed_cells, inline_cells
from workbench.graph.layout.graph_shape import Graph, port_name
from workbench.graph.layout.parts import Parts
from workbench.text.short_names import shorten

LEAD = 3
"""Cells before a row that is come to by a turn."""

TURN = 2
"""Cells behind a row that ends in a turn."""

NAME_CELLS = 24
"""Widest name of a node of a chain."""

COUNT_CELLS = 4
"""Cells of the calls in a row form."""


def row_cells(label: str, form: Form) -> int:
    """Cells of a node in a row form: brackets, sign, name, and calls in `FIGURES`."""
    return cell_len(label) + 4 + (COUNT_CELLS + 1 if form is Form.FIGURES else 0)


def box_cells(label: str, form: Form) -> int:
    """Cells of a node's frame."""
    inside = max(cell_len(label) + 2, 11) if form is Form.FULL else max(cell_len(label) + 3, 9)
    return inside + 2


def lay_out_chain(graph: Graph, edges: Sequence[int], form: Form, width: int) -> Layout:
    """Place a chain in rows of at most `width` cells, as long as one node fits in a row."""
    names = [graph.edges[edges[0]].source, *(graph.edges[edge].target for edge in edges)]
    labels = shorten(tuple(names), min(NAME_CELLS, max(width - LEAD - TURN - 14, 6)))
    sizes = [
        box_cells(labels[name], form) if form.boxed else row_cells(labels[name], form)
        for name in names
    ]
    gaps = [
        1
        + (
            boxed_cells(graph.edges[edge])
            if form.boxed
            else inline_cells(graph.edges[edge], form, with_port=True)
        )
        for edge in edges
    ]
    number = _nodes_a_row(sizes, gaps, width)
    starts, room = _columns(sizes, gaps, number)
    parts = Parts()
    tall = BOX_ROWS[form]
    for place, name in enumerate(names):
        row, column = divmod(place, number)
        last = place + 1 == len(names)
        x, y = starts[column], row * (tall + 1)
        cells = max(sizes[column::number]) if form.boxed else sizes[place]
        parts.boxes.append(Box(name, x, y, cells, tall, labels[name]))
        if last:
            break
        edge = graph.edges[edges[place]]
        level = wire_row(y, tall)
        if column + 1 < number:
            end = starts[column + 1] - 1
            parts.join(edge.index, x + cells, level, end, port_name(edge), inline=not form.boxed)
        else:
            parts.turn(edge.index, x + cells, level, room - 1, y + tall, tall)
    rows = -(-len(names) // number)
    note = "" if rows == 1 else f"{rows} rows"
    return parts.layout(form, room, rows * (tall + 1) - 1, note=note)


def _nodes_a_row(sizes: Sequence[int], gaps: Sequence[int], width: int) -> int:
    for number in range(len(sizes), 1, -1):
        if _columns(sizes, gaps, number)[1] <= width:
            return number
    return 1


def _columns(sizes: Sequence[int], gaps: Sequence[int], number: int) -> tuple[list[int], int]:
    """Where each column begins, and the cells of a row with its turns."""
    wrapped = number < len(sizes)
    x = LEAD if wrapped else 0
    starts = []
    for column in range(min(number, len(sizes))):
        if column:
            x += max(gaps[column - 1 :: number])
        starts.append(x)
        x += max(sizes[column::number])
    return starts, x + (TURN if wrapped else 0)
