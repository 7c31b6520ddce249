"""Lanes: a row for each branch, the node they part at over them with what feeds it."""

from __future__ import annotations

from rich.cells import cell_len

from workbench.graph.geometry import Box, Form, Label, LaneSum, Layout, Wire
from workbench.graph.layout.chain import NAME_CELLS, row_cells
from workbench.graph.layout.edge_room import inline_cells
from workbench.graph.layout.graph_shape import Graph, LaneShape
from workbench.graph.layout.parts import Parts
from workbench.text.short_names import shorten

LABEL_CELLS = 12
"""Widest label of a lane."""

MAP_STEP = 2
"""Cells from one node to the next on the map."""

MAP_GAP = 2
"""Cells between two columns of lanes on the map."""

SUM_CELLS = 4
"""Cells of what waits in a lane, behind it on the map."""


def lane_labels(shape: LaneShape) -> tuple[str, ...]:
    """The labels of all lanes, no two alike."""
    short = shorten(tuple(lane.label for lane in shape.lanes), LABEL_CELLS)
    return tuple(short[lane.label] for lane in shape.lanes)


def lay_out_lanes(graph: Graph, shape: LaneShape, form: Form) -> Layout:
    """Place lanes in a row form; as wide and high as they are."""
    parts = Parts()
    labels = lane_labels(shape)
    wide = max(map(cell_len, labels), default=0)
    first = wide + (3 if wide else 1)
    steps = _step_names(shape)
    sizes = [[row_cells(text, form) for text in lane] for lane in steps]
    gaps = [
        [1 + inline_cells(graph.edges[edge], form) for edge in lane.edges] for lane in shape.lanes
    ]
    starts = _columns(first, sizes, gaps)
    trunk_end = _place_trunk(graph, shape, form, parts)
    for row, lane in enumerate(shape.lanes, start=1):
        parts.wires.append(Wire(0, row - 1, 0, row))
        parts.labels.append(Label(2, row, labels[row - 1], of_lane=bool(wide)))
        x = first
        for place, (edge, name) in enumerate(zip(lane.edges, lane.nodes, strict=True)):
            parts.join(edge, x, row, starts[place] - 1, inline=True)
            cells = sizes[row - 1][place]
            text = steps[row - 1][place]
            parts.boxes.append(Box(name, starts[place], row, cells, 1, text))
            x = starts[place] + cells
    widest = max(
        [trunk_end, *(starts[len(lane) - 1] + max(lane[-1:]) for lane in sizes)],
    )
    height = len(shape.lanes) + 1
    return parts.layout(
        form, widest, height, frozen=first, lane_edge=2 if wide else None, note=shape.note
    )


def _step_names(shape: LaneShape) -> list[tuple[str, ...]]:
    """The names as drawn, lane by lane; alike only where their labels differ."""
    every = tuple(step for lane in shape.lanes for step in lane.steps)
    short = shorten(tuple(dict.fromkeys(every)), NAME_CELLS)
    return [tuple(short[step] for step in lane.steps) for lane in shape.lanes]


def _columns(first: int, sizes: list[list[int]], gaps: list[list[int]]) -> list[int]:
    x = first
    starts = []
    for place in range(max(map(len, sizes))):
        x += max(gap[place] for gap in gaps if len(gap) > place)
        starts.append(x)
        x += max(size[place] for size in sizes if len(size) > place)
    return starts


def _place_trunk(graph: Graph, shape: LaneShape, form: Form, parts: Parts) -> int:
    """The node where lanes part at the left, what feeds it to its right; gives the end."""
    names = shorten(shape.trunk, NAME_CELLS)
    parts.wires.append(Wire(0, 0, 1, 0))
    x = 2
    for place in range(len(shape.trunk) - 1, -1, -1):
        name = shape.trunk[place]
        cells = row_cells(names[name], form)
        parts.boxes.append(Box(name, x, 0, cells, 1, names[name]))
        x += cells
        if place:
            edge = graph.edges[shape.trunk_edges[place - 1]]
            end = x + 1 + inline_cells(edge, form) - 1
            parts.join_leftwards(edge.index, x, 0, end)
            x = end + 1
    return x


def lay_out_lane_map(graph: Graph, shape: LaneShape, height: int) -> Layout:
    """One cell a node: lanes in columns of at most `height` rows, what waits behind each."""
    parts = Parts()
    labels = lane_labels(shape)
    wide = max(map(cell_len, labels), default=0)
    end = _place_trunk(graph, shape, Form.LINE, parts)
    del parts.wires[0]
    longest = max(len(lane.nodes) for lane in shape.lanes)
    column_cells = wide + 2 + MAP_STEP * longest + SUM_CELLS + MAP_GAP
    rows = max(height - 2, 1)
    for index, lane in enumerate(shape.lanes):
        column, row = divmod(index, rows)
        left = column * column_cells
        parts.labels.append(Label(left, row + 2, labels[index]))
        at = left + wide + 2
        for place, (name, step) in enumerate(zip(lane.nodes, lane.steps, strict=True)):
            x = at + MAP_STEP * place
            parts.boxes.append(Box(name, x, row + 2, 1, 1, ""))
            if row == 0:
                parts.labels.append(Label(x, 1, step[:1]))
        parts.sums.append(LaneSum(at + MAP_STEP * longest + 1, row + 2, lane.edges))
    columns = -(-len(shape.lanes) // rows)
    width = max(end, columns * column_cells - MAP_GAP)
    tall = min(len(shape.lanes), rows) + 2
    return parts.layout(Form.MAP, width, tall, note=shape.note)
