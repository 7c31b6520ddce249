"""A flow in layers, left to right: cells for every node and wire, fitted to the room there is."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from rich.cells import cell_len

from workbench.graph.geometry import BOX_ROWS, Arrow, Box, Form, Label, Layout, Run, Wire
from workbench.graph.layout.chain import row_cells
from workbench.graph.layout.edge_room import PORT_CELLS, boxed_cells, inline_cells
from workbench.graph.layout.graph_shape import Graph, port_name
from workbench.graph.layout.layers import Item, Layers, StubEnd, rows
from workbench.graph.layout.parts import Parts
from workbench.graph.layout.routes import Channel, channels
from workbench.text.short_names import shorten

NAME_CELLS = (6, 24)
"""Narrowest and widest inside of a box."""

LEAST_RUN = 3
"""Narrowest stretch of an edge that carries its bar; the depth has room below it."""

LABEL_CELLS = 20
"""Widest one, unless its figures need more."""

STATE_CELLS = 11
"""Inside of a box that says state and calls."""

LEAST_NAME = 8
"""Cells down to which names are cut where a node has one row."""

STUB_CELLS = 1
"""Cells of wire between a node and the first upright."""

STUB_NUMBERS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
"""Names of the first stubs."""


def lay_out_layers(
    graph: Graph,
    placed: Layers,
    form: Form,
    width: int,
    *,
    gap: int = 0,
    names: Mapping[str, str] | None = None,
    stubs: dict[int, str] | None = None,
) -> Layout:
    """Place the layers in `width` cells, wider when that cannot be; `gap`: rows between nodes.

    `names` stand for the nodes' own where something next to them says the rest; `stubs` has the
    signs of edges that are not drawn through, by edge, and gets those of new ones.
    """
    tall = BOX_ROWS[form]
    row_of = _rows(graph, placed, tall, gap)
    return _Placing(graph, placed, form, row_of, names or {}).place(
        width, {} if stubs is None else stubs
    )


def _rows(graph: Graph, placed: Layers, tall: int, gap: int) -> dict[Item, int]:
    boxed = tall > 1

    def above(item: Item) -> int:
        if item.node is not None:
            return int(boxed)
        return int(boxed and item.labelled and bool(port_name(graph.edges[item.edge or 0])))

    def below(item: Item) -> int:
        if item.node is not None:
            return (tall - 2 if boxed else 0) + gap
        return int(boxed and item.labelled)

    return rows(placed, above, below)


class _Placing:
    """Columns of cells, and what stands in them."""

    def __init__(
        self,
        graph: Graph,
        placed: Layers,
        form: Form,
        row_of: Mapping[Item, int],
        names: Mapping[str, str],
    ) -> None:
        self._graph = graph
        self._placed = placed
        self._form = form
        self._row_of = row_of
        self._names = {node.name: names.get(node.name, node.name) for node in graph.nodes}
        self._nodes = {node.name: node for node in graph.nodes}
        self._leaving, self._entering = channels(placed, row_of)
        self._entered = frozenset(link.right for link in placed.links)
        self._parts = Parts()

    def place(self, width: int, numbers: dict[int, str]) -> Layout:
        """The layout, as narrow as `width` if it can be."""
        tall = BOX_ROWS[self._form]
        widths = self._widths(width)
        starts = [sum(widths[:index]) for index in range(len(widths))]
        self._place_nodes(starts, widths, tall)
        for column in range(1, len(widths), 2):
            self._place_edges(column, starts[column], widths[column], numbers)
        for item, row in self._row_of.items():
            if item.node is None and item.column % 2 == 0:
                at = starts[item.column]
                self._parts.wires.append(Wire(at - 1, row, at + widths[item.column], row))
        below = 2 if self._form.boxed else 1
        ends = [box.y + box.height for box in self._parts.boxes]
        ends += [run.row + below for run in self._parts.runs]
        return self._parts.layout(self._form, sum(widths), max(ends, default=0))

    def _place_nodes(self, starts: Sequence[int], widths: Sequence[int], tall: int) -> None:
        labels = self._labels(widths)
        for item, row in self._row_of.items():
            if item.node is None:
                continue
            x, column = starts[item.column], widths[item.column]
            label = labels[item.node]
            cells = column if self._form.boxed else min(row_cells(label, self._form), column)
            self._parts.boxes.append(Box(item.node, x, row - (tall > 1), cells, tall, label))
            if cells < column and self._nodes[item.node].outputs:
                self._parts.wires.append(Wire(x + cells, row, x + column, row))

    def _labels(self, widths: Sequence[int]) -> dict[str, str]:
        """Names cut to their columns; where that makes two alike, all to the narrowest."""
        frame = _name_margin(self._form)
        room = {
            item.node: widths[item.column] - frame for item in self._row_of if item.node is not None
        }
        every = tuple(self._names.values())
        made = {node: shorten(every, cells)[self._names[node]] for node, cells in room.items()}
        tight = [room[node] for node, label in made.items() if label != self._names[node]]
        if tight and len(set(made.values())) < len(set(every)):
            short = shorten(every, min(tight))
            made = {node: short[self._names[node]] for node in room}
        return made

    def _place_edges(self, column: int, left: int, cells: int, numbers: dict[int, str]) -> None:
        parts, row_of = self._parts, self._row_of
        inline = not self._form.boxed
        right = left + cells - 1
        first = left + _out_cells(self._leaving.get(column - 1))
        joined = _in_cells(self._entering.get(column + 1))
        last = right - 1 - joined
        for item in self._placed.columns[column]:
            row, edge = row_of[item], self._graph.edges[item.edge or 0]
            begin, end = first, last
            if item.stub is not None:
                name = numbers.setdefault(edge.index, stub_name(len(numbers)))
                size = cell_len(name)
                if item.stub is StubEnd.OUT:
                    end -= size + 2
                    parts.arrows.append(Arrow(end + 1, row))
                    parts.labels.append(Label(end + 2, row, name))
                else:
                    parts.labels.append(Label(begin, row, name))
                    begin += size
            parts.wires.append(Wire(begin, row, end, row))
            if item.labelled:
                port = port_name(edge)
                size = end - begin + 1 - (not inline and item.stub is None and joined > 0)
                parts.runs.append(Run(edge.index, begin, row, size, port, inline))
        _bend(self._leaving.get(column - 1), left, left + STUB_CELLS, first, 1, parts.wires)
        _bend(self._entering.get(column + 1), right - 1, right - 1, last, -1, parts.wires)
        for item in itertools.chain.from_iterable(self._placed.columns[column + 1 : column + 2]):
            row = row_of[item]
            if item.node is None:
                parts.wires.append(Wire(right, row, right, row))
            elif item in self._entered:
                parts.arrows.append(Arrow(right, row))

    def _widths(self, room: int) -> list[int]:
        """Cells of each column: names whole first, then figures, then both with room."""
        least: list[int] = []
        named: list[int] = []
        good: list[int] = []
        best: list[int] = []
        for index, column in enumerate(self._placed.columns):
            if index % 2 == 0:
                low, whole, loose = self._node_cells(column)
                named.append(whole)
            else:
                low, whole, loose = self._edge_cells(column)
                lanes = _out_cells(self._leaving.get(index - 1))
                lanes += _in_cells(self._entering.get(index + 1)) + 1
                low, whole, loose = low + lanes, whole + lanes, loose + lanes
                named.append(low)
            least.append(low)
            good.append(whole)
            best.append(loose)
        return _share(_share(_share(least, named, room), good, room), best, room)

    def _node_cells(self, column: Sequence[Item]) -> tuple[int, int, int]:
        if not column:
            return 0, 0, 0
        frame = _name_margin(self._form)
        names = [cell_len(self._names[item.node]) for item in column if item.node]
        if not self._form.boxed:
            name = max(names, default=1) + frame
            low = min(name, LEAST_NAME + frame)
            return low, min(name, NAME_CELLS[1] + frame), min(name, NAME_CELLS[1] + frame)
        name = max(names, default=1) + frame - 2
        low = min(max(name, NAME_CELLS[0]), 10) + 2
        whole = min(max(name, NAME_CELLS[0]) + 2, NAME_CELLS[1]) + 2
        if self._form is Form.FULL:
            whole = max(whole, STATE_CELLS + 2)
        return low, whole, max(whole, min(name + 4, NAME_CELLS[1] + 2))

    def _edge_cells(self, column: Sequence[Item]) -> tuple[int, int, int]:
        edges = [self._graph.edges[item.edge or 0] for item in column]
        stub = 4 * any(item.stub is not None for item in column)
        if not self._form.boxed:
            low = max((inline_cells(edge, self._form) for edge in edges), default=1)
            named = (inline_cells(edge, self._form, with_port=True) for edge in edges)
            whole = max(named, default=1)
            return low + stub, whole + stub, whole + stub
        ports = [min(cell_len(port_name(edge)), PORT_CELLS) + 1 for edge in edges]
        low = max([LEAST_RUN, *ports])
        whole = max([low, *map(boxed_cells, edges)])
        return low + stub, whole + stub, max(LABEL_CELLS, whole) + stub


def stub_name(number: int) -> str:
    """The sign of an edge that is not drawn through, counted from 0."""
    return STUB_NUMBERS[number] if number < len(STUB_NUMBERS) else f"({number + 1})"


def _name_margin(form: Form) -> int:
    """Cells of a node that its name cannot have."""
    if form is Form.FULL:
        return 2
    return 5 if form is Form.COMPACT else row_cells("", form)


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
