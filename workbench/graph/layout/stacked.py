"""Layouts below each other: parts that no edge joins, and layers that wrap like text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from workbench.graph.geometry import Form, Layout
from workbench.graph.layout.graph_shape import Graph
from workbench.graph.layout.layered import lay_out_layers
from workbench.graph.layout.layers import Layers

BETWEEN = 1
"""Rows between two of them."""

LEAST_LAYERS = 2
"""Layers of a band; with fewer a drawing tells less than one that is scrolled."""


def stacked(layouts: Sequence[Layout], note: str) -> Layout | None:
    """All of them below each other in one drawing; None where two names would look alike."""
    boxes = [box for layout in layouts for box in layout.boxes]
    if len({box.label for box in boxes}) < len(boxes):
        return None
    moved: list[Layout] = []
    top = 0
    for layout in layouts:
        moved.append(_down(layout, top))
        top += layout.height + BETWEEN
    return Layout(
        layouts[0].form,
        max(layout.width for layout in layouts),
        top - BETWEEN,
        tuple(one for layout in moved for one in layout.boxes),
        tuple(one for layout in moved for one in layout.runs),
        tuple(one for layout in moved for one in layout.wires),
        tuple(one for layout in moved for one in layout.arrows),
        tuple(one for layout in moved for one in layout.labels),
        tuple(one for layout in moved for one in layout.sums),
        note=note,
    )


def lay_out_bands(
    graph: Graph, form: Form, width: int, count: int, layers_of: Callable[[range], Layers]
) -> Layout | None:
    """The layers in the fewest bands, at least two, of which each has at most `width` cells.

    `count` is how many layers there are, `layers_of` gives some of them. An edge from one band to
    another is a stub in both. None when there are no such bands.
    """
    for number in range(2, count // LEAST_LAYERS + 1):
        stubs: dict[int, str] = {}
        layouts = [
            lay_out_layers(graph, layers_of(band), form, width, stubs=stubs)
            for band in _bands(count, number)
        ]
        if all(layout.width <= width for layout in layouts):
            return stacked(layouts, f"{number} rows")
    return None


def _bands(count: int, number: int) -> list[range]:
    """`number` ranges over the layers, as long as each other."""
    ends = [count * place // number for place in range(number + 1)]
    return [range(start, end) for start, end in pairwise(ends)]


def _down(layout: Layout, rows: int) -> Layout:
    """The layout so many rows further down."""
    return replace(
        layout,
        boxes=tuple(replace(one, y=one.y + rows) for one in layout.boxes),
        runs=tuple(replace(one, row=one.row + rows) for one in layout.runs),
        wires=tuple(replace(one, y1=one.y1 + rows, y2=one.y2 + rows) for one in layout.wires),
        arrows=tuple(replace(one, y=one.y + rows) for one in layout.arrows),
        labels=tuple(replace(one, y=one.y + rows) for one in layout.labels),
        sums=tuple(replace(one, y=one.y + rows) for one in layout.sums),
    )
