"""Cells for every node and wire of a flow, fitted to the room there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from runtime.model.linked import LinkedEdge, LinkedFlow
from workbench.graph.layers import Item, Layers, layers, rows
from workbench.graph.routes import Channel, channels

NAME_CELLS = (6, 24)
"""Narrowest and widest inside of a box."""

LABEL_CELLS = (7, 20)
"""Narrowest and widest stretch of an edge that carries its bar."""

STUB_CELLS = 1
"""Cells of wire between a node and the first upright."""

DEFAULT_PORTS = ("output", "input")


@dataclass(frozen=True, slots=True)
class Box:
    """A node's frame; its wires meet the row after the top border."""

    node: str
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Run:
    """The level stretch of an edge that shows its bar, with text above and below."""

    edge: int
    x: int
    row: int
    cells: int
    port: str
    """Name of the output port when it is not the usual one."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A plain level or upright piece of wire, both ends included."""

    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A drawing without states: what stands where."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    runs: tuple[Run, ...]
    wires: tuple[Wire, ...]
    arrows: tuple[tuple[int, int], ...]


def port_name(edge: LinkedEdge) -> str:
    """The output port's name, empty when it is the usual one."""
    return "" if edge.source_port == DEFAULT_PORTS[0] else edge.source_port


def lay_out(flow: LinkedFlow, width: int, height: int) -> Layout:
    """Place the flow in `width` x `height` cells; larger when it cannot be made that small."""
    placed = layers(flow)
    for box_height, gap in ((4, 1), (4, 0), (3, 0)):
        row_of = _rows(flow, placed, box_height, gap)
        lowest = max((row + box_height - 1 for item, row in row_of.items() if item.node), default=0)
        needed = max([lowest, *(row + 2 for item, row in row_of.items() if item.labelled)])
        if needed <= height:
            break
    return _place(flow, placed, row_of, width, box_height)


def _rows(flow: LinkedFlow, placed: Layers, box_height: int, gap: int) -> dict[Item, int]:
    def above(item: Item) -> int:
        if item.node is not None:
            return 1
        return int(item.labelled and bool(port_name(flow.edges[item.edge or 0])))

    def below(item: Item) -> int:
        if item.node is not None:
            return box_height - 2 + gap
        return int(item.labelled)

    return rows(placed, above, below)


def _place(
    flow: LinkedFlow, placed: Layers, row_of: Mapping[Item, int], width: int, box_height: int
) -> Layout:
    leaving, entering = channels(placed, row_of)
    widths = _widths(flow, placed, leaving, entering, width, sign_cells=2 * (box_height < 4))
    starts = [sum(widths[:index]) for index in range(len(widths))]
    boxes = tuple(
        Box(item.node, starts[item.column], row - 1, widths[item.column], box_height)
        for item, row in row_of.items()
        if item.node is not None
    )
    wires: list[Wire] = []
    arrows: list[tuple[int, int]] = []
    runs: list[Run] = []
    for column in range(1, len(widths), 2):
        left = starts[column]
        right = left + widths[column] - 1
        first = left + _out_cells(leaving.get(column - 1))
        last = right - 1 - _in_cells(entering.get(column + 1))
        for item in placed.columns[column]:
            row, edge = row_of[item], flow.edges[item.edge or 0]
            wires.append(Wire(first, row, last, row))
            if item.labelled:
                runs.append(Run(edge.index, first, row, last - first + 1, port_name(edge)))
        _bend(leaving.get(column - 1), left, left + STUB_CELLS, first, 1, wires)
        _bend(entering.get(column + 1), right - 1, right - 1, last, -1, wires)
        arrows += [
            (right, row_of[item])
            for item in placed.columns[column + 1]
            if item.node is not None and flow.by_name[item.node].inputs
        ]
        for item in placed.columns[column + 1]:
            if item.node is None:
                wires.append(Wire(right, row_of[item], right, row_of[item]))
    for item in row_of:
        if item.node is None and item.column % 2 == 0:
            at = starts[item.column]
            row = row_of[item]
            wires.append(Wire(at - 1, row, at + widths[item.column], row))
    tall = max([box.y + box.height for box in boxes] + [run.row + 2 for run in runs], default=0)
    return Layout(sum(widths), tall, boxes, tuple(runs), tuple(wires), tuple(arrows))


def _out_cells(channel: Channel | None) -> int:
    return channel.lanes + STUB_CELLS if channel is not None and channel.lanes else 0


def _in_cells(channel: Channel | None) -> int:
    return channel.lanes if channel is not None else 0


def _bend(
    channel: Channel | None, near: int, lanes_at: int, far: int, step: int, wires: list[Wire]
) -> None:
    """Wires from hubs at `near`, over lanes from `lanes_at` on, to branches beginning at `far`."""
    for net in channel.nets if channel is not None else ():
        if not net.bent:
            wires.append(_level(near, far, net.hub_row))
            continue
        lane = lanes_at + step * net.lane
        wires.append(_level(near, lane, net.hub_row))
        wires.append(Wire(lane, min(net.hub_row, *net.rows), lane, max(net.hub_row, *net.rows)))
        wires += [_level(lane, far, row) for row in net.rows]


def _level(one: int, two: int, row: int) -> Wire:
    return Wire(min(one, two), row, max(one, two), row)


def _widths(
    flow: LinkedFlow,
    placed: Layers,
    leaving: Mapping[int, Channel],
    entering: Mapping[int, Channel],
    room: int,
    sign_cells: int,
) -> list[int]:
    """Cells of each column: names whole and bars long where there is room, else both shorter."""
    least: list[int] = []
    good: list[int] = []
    best: list[int] = []
    for index, column in enumerate(placed.columns):
        if index % 2 == 0:
            names = [cell_len(item.node) + sign_cells for item in column if item.node]
            name = max(names, default=1)
            low = min(max(name, NAME_CELLS[0]), 10) + 2
            whole = min(max(name, NAME_CELLS[0]) + 2, NAME_CELLS[1]) + 2
            least.append(low)
            good.append(whole)
            best.append(max(whole, min(name + 4, NAME_CELLS[1] + 2), 14))
        else:
            lanes = _out_cells(leaving.get(index - 1)) + _in_cells(entering.get(index + 1))
            text = max((_text_cells(flow.edges[item.edge or 0]) for item in column), default=0)
            low = max(min(text, LABEL_CELLS[0] + 4), LABEL_CELLS[0])
            least.append(low + lanes + 1)
            good.append(min(max(text + 1, low), LABEL_CELLS[1]) + lanes + 1)
            best.append(max(LABEL_CELLS[1], low) + lanes + 1)
    return _share(_share(least, good, room), best, room)


def _text_cells(edge: LinkedEdge) -> int:
    return max(2 * len(str(edge.capacity)) + 2, cell_len(port_name(edge)))


def _share(now: Sequence[int], wanted: Sequence[int], room: int) -> list[int]:
    """Widen columns towards what they want, evenly, while there is room."""
    widths = list(now)
    spare = room - sum(widths)
    while spare > 0:
        hungry = [index for index, width in enumerate(widths) if width < wanted[index]]
        if not hungry:
            break
        for index in hungry[:spare]:
            widths[index] += 1
        spare = room - sum(widths)
    return widths
