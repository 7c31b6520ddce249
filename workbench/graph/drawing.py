"""A laid out flow and its snapshot as lines of text, and what lies under each cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from rich.cells import cell_len

from runtime.model.call import CallInProgress
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedEdge, QueuePolicy
from runtime.model.outline import Lack
from runtime.model.snapshot import EdgeSnapshot, FlowSnapshot, NodeSnapshot
from runtime.protocol.builds.build_updates import NodeBuild
from workbench.graph.canvas import EAST, WEST, Canvas
from workbench.graph.geometry import Box, Form, LaneSum, Layout, Run
from workbench.graph.layout.chain import COUNT_CELLS
from workbench.graph.layout.edge_room import PORT_CELLS
from workbench.graph.layout.graph_shape import Graph
from workbench.graph.node_looks import NodeLook, look_of
from workbench.inspection.tables.build_rows import marks
from workbench.text.figures import bar, count, short_digest
from workbench.text.glyphs import DROP, FULL, pressure_role
from workbench.text.lines import Line, StyleRole, fit, pad
from workbench.view import EdgeRef, NodeRef, Selection

NO_STOPS: Mapping[str, str] = MappingProxyType({})

LIGHT = "╭─╮│╰╯"
HEAVY = "┏━┓┃┗┛"
DASHED = "╭╌╮╎╰╯"

LONG_RUN = 12
"""Cells from which on an inline edge is filled as far as its queue is; a shorter one, whole."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A rectangle of the drawing that stands for a node or an edge."""

    target: NodeRef | EdgeRef
    x: int
    y: int
    width: int
    height: int

    def holds(self, x: int, y: int) -> bool:
        """True when the cell belongs to it."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


@dataclass(frozen=True, slots=True)
class GraphPath:
    """Nodes and edges that are lit; all others are faint."""

    nodes: frozenset[str]
    edges: frozenset[int]
    """By index."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """The picture."""

    lines: tuple[Line, ...]
    spots: tuple[Spot, ...]
    width: int
    height: int

    def at(self, x: int, y: int) -> NodeRef | EdgeRef | None:
        """What lies under a cell."""
        return next((spot.target for spot in self.spots if spot.holds(x, y)), None)


def draw(
    layout: Layout,
    graph: Graph,
    snapshot: FlowSnapshot | None,
    *,
    builds: Sequence[NodeBuild] = (),
    selection: Selection | None = None,
    running: bool = False,
    focus: str | None = None,
    unready: Mapping[str, Lack] | None = None,
    call: CallInProgress | None = None,
    path: GraphPath | None = None,
    stops: Mapping[str, str] = NO_STOPS,
) -> Drawing:
    """Draw the flow; without a snapshot every node is new and every queue empty.

    `focus` is the node that is marked: of the next call unless another one is said. `unready`
    says of nodes of a flow that is not linked what their components lack, `call` which node is in
    a call that takes long, `path` what is lit, `stops` the sign of a breakpoint at a node or at an
    edge, by its label.
    """
    if focus is None and snapshot is not None and snapshot.next_call is not None:
        focus = snapshot.next_call.node
    canvas = Canvas(layout.width, layout.height)
    _draw_wires(canvas, layout, graph)
    build_of = {build.node: build for build in builds}
    nodes = {node.name: node for node in snapshot.nodes} if snapshot else {}
    for box in layout.boxes:
        node = nodes.get(box.node)
        lack = None if unready is None else unready.get(box.node, Lack.NOTHING)
        look = look_of(
            node,
            focused=box.node == focus and not running,
            lack=lack,
            call=call,
            stop=stops.get(box.node, ""),
        )
        if path is not None:
            lit = StyleRole.ACCENT if box.node in path.nodes else StyleRole.FAINT
            look = replace(look, frame=lit, role=lit)
        _draw_box(canvas, layout.form, box, node, look, chosen=selection == NodeRef(box.node))
        if box.height > 1 and box.node in build_of:
            _draw_build(canvas, box, build_of[box.node])
    edges = snapshot.edges if snapshot else tuple(map(_empty, graph.edges))
    for run in layout.runs:
        edge = edges[run.edge]
        if path is not None and run.edge in path.edges:
            canvas.write(run.x, run.row, "━" * run.cells, StyleRole.ACCENT)
        elif path is None or not run.inline:
            draw_run = _draw_inline if run.inline else _draw_run
            draw_run(canvas, layout.form, run, edge, selection == EdgeRef(run.edge))
        if stop := stops.get(edge.label):
            canvas.write(run.x, run.row, stop, StyleRole.NEXT)
    for total in layout.sums:
        _draw_sum(canvas, total, edges)
    return Drawing(canvas.lines(), _spots(layout), layout.width, layout.height)


def _draw_wires(canvas: Canvas, layout: Layout, graph: Graph) -> None:
    """What does not change while the flow runs: wires with their ends, arrows and labels."""
    for wire in layout.wires:
        canvas.wire(wire.x1, wire.y1, wire.x2, wire.y2)
    if layout.form.boxed:
        parting = {node.name for node in graph.nodes if node.outputs}
        for box in layout.boxes:
            if box.node in parting:
                canvas.touch(box.x + box.width, box.y + 1, WEST)
    for arrow in layout.arrows:
        canvas.touch(arrow.x + (1 if arrow.leftwards else -1), arrow.y, EAST)
        canvas.write(arrow.x, arrow.y, "◀" if arrow.leftwards else "▶", StyleRole.DIM)
    for label in layout.labels:
        canvas.write(label.x, label.y, label.text, StyleRole.ACCENT)
        if label.of_lane:
            canvas.touch(0, label.y, EAST)


def _spots(layout: Layout) -> tuple[Spot, ...]:
    spots = [Spot(NodeRef(box.node), box.x, box.y, box.width, box.height) for box in layout.boxes]
    for run in layout.runs:
        above = bool(run.port) and not run.inline
        rows = 1 if run.inline else 2 + above
        spots.append(Spot(EdgeRef(run.edge), run.x, run.row - above, run.cells, rows))
    return tuple(spots)


def _empty(edge: LinkedEdge) -> EdgeSnapshot:
    return EdgeSnapshot(edge.index, edge.label, 0, edge.capacity, edge.low_mark, edge.policy)


def _draw_box(
    canvas: Canvas,
    form: Form,
    box: Box,
    node: NodeSnapshot | None,
    look: NodeLook,
    *,
    chosen: bool,
) -> None:
    name_role = StyleRole.CHOSEN if chosen else StyleRole.STRONG
    if form is Form.MAP and not box.label:
        sign = "·" if look.quiet else look.sign[:1]
        canvas.write(box.x, box.y, sign, StyleRole.CHOSEN if chosen else look.role)
        return
    if box.height == 1:
        _draw_row(canvas, form, box, node, look, chosen=chosen)
        return
    corners = DASHED if look.dashed else HEAVY if look.heavy else LIGHT
    inner = box.width - 2
    canvas.write(box.x, box.y, corners[0] + corners[1] * inner + corners[2], look.frame)
    for row in range(1, box.height - 1):
        canvas.write(box.x, box.y + row, corners[3], look.frame)
        canvas.write(box.x + box.width - 1, box.y + row, corners[3], look.frame)
    bottom = box.y + box.height - 1
    canvas.write(box.x, bottom, corners[4] + corners[1] * inner + corners[5], look.frame)
    if form is Form.COMPACT:
        canvas.write(box.x + 1, box.y + 1, pad(look.sign, 2), look.role)
        name = pad(" " + box.label, inner - 2)
        canvas.write(box.x + 3, box.y + 1, name, name_role if chosen else look.role)
        return
    indent = " " if inner > cell_len(box.label) else ""
    canvas.write(box.x + 1, box.y + 1, pad(indent + box.label, inner), name_role)
    canvas.write(box.x + 1, box.y + 2, _stat(look.sign, look.word, node, inner, indent), look.role)


def _draw_row(
    canvas: Canvas,
    form: Form,
    box: Box,
    node: NodeSnapshot | None,
    look: NodeLook,
    *,
    chosen: bool,
) -> None:
    """`[- stage-01   41]`; a sign of two cells takes the blank behind it."""
    calls = _short_count(node.calls) if node is not None and node.calls else ""
    room = box.width - 4 - (COUNT_CELLS + 1 if form is Form.FIGURES else 0)
    text = pad(box.label, room)
    if form is Form.FIGURES:
        text += f" {calls:>{COUNT_CELLS}}"

    canvas.write(box.x, box.y, "[", look.frame)
    canvas.write(box.x + 1, box.y, pad(look.sign, 2), look.role)
    role = StyleRole.CHOSEN if chosen else look.role if look.heavy else StyleRole.STRONG
    canvas.write(box.x + 3, box.y, text, role)
    canvas.write(box.x + box.width - 1, box.y, "]", look.frame)


def _short_count(number: int) -> str:
    """A count in at most four cells: 9999, 12k, 123k, 4.5M."""
    if number < 10_000:
        return str(number)
    text = count(number)
    return text if len(text) <= COUNT_CELLS else f"{text.partition('.')[0]}{text[-1]}"


def _draw_build(canvas: Canvas, box: Box, build: NodeBuild) -> None:
    """The build in the lower frame: digest and reloads, the digest cut where room is short."""
    room = box.width - 2
    marked = marks(build)
    digest = short_digest(build.digest)
    texts = (digest + marked, digest[:4] + marked, marked.strip())
    text = next((text for text in texts if text and len(text) + 2 <= room), "")
    role = (
        StyleRole.WARN
        if build.rolled_back
        else StyleRole.ACCENT
        if build.reloads
        else StyleRole.FAINT
    )
    if text:
        indent = 1 + (len(text) + 2 < room)
        canvas.write(box.x + indent, box.y + box.height - 1, f" {text} ", role)


def _stat(sign: str, word: str, node: NodeSnapshot | None, cells: int, indent: str) -> str:
    """`> ready   842`: sign, word, calls; the word goes first when there is no room."""
    calls = count(node.calls) if node is not None and node.calls else ""
    for text, tail in (
        (f"{sign} {word}", indent),
        (f"{sign} {word}", ""),
        (sign, indent),
        (sign, ""),
    ):
        spare = cells - len(indent) - len(text) - len(calls) - len(tail)
        if spare >= bool(calls):
            return indent + text + " " * spare + calls + tail
    return pad(indent + sign, cells)


def _draw_run(canvas: Canvas, form: Form, run: Run, edge: EdgeSnapshot, chosen: bool) -> None:
    """The bar in the wire, the port above and the figures below, at the arrow's end."""
    role = pressure_role(edge.depth, edge.capacity)
    canvas.write(run.x, run.row, "━" * bar(edge.depth, edge.capacity, run.cells), role)
    port, text = fit(run.port, run.cells), _depth(edge, run.cells)
    end = run.x + run.cells
    above = StyleRole.CHOSEN if chosen else StyleRole.ACCENT
    canvas.write(end - cell_len(port), run.row - 1, port, above)
    below = StyleRole.CHOSEN if chosen else role if edge.depth else StyleRole.DIM
    canvas.write(end - cell_len(text), run.row + 1, text, below)


def _draw_inline(canvas: Canvas, form: Form, run: Run, edge: EdgeSnapshot, chosen: bool) -> None:
    """The figures in the middle of the wire; of a long one, near its beginning."""
    role = pressure_role(edge.depth, edge.capacity)
    full = FULL if edge.full else ""
    long = run.cells > LONG_RUN
    filled = bar(edge.depth, edge.capacity, run.cells) if long else run.cells * bool(edge.depth)
    if filled:
        canvas.write(run.x, run.row, "━" * filled, role)
    text = f"{edge.depth}{full}"
    if long or form is Form.FIGURES:
        text = f" {edge.depth}/{edge.capacity}{full} "
    port = fit(run.port, PORT_CELLS)
    named = f" {port} {text.strip()} "
    if port and cell_len(named) < run.cells:
        text = named
    at = run.x + (3 if long else max(-(-(run.cells - cell_len(text)) // 2), 0))
    below = StyleRole.CHOSEN if chosen else role if edge.depth else StyleRole.DIM
    canvas.clear(at, run.row, cell_len(text))
    canvas.write(at, run.row, text, below)


def _draw_sum(canvas: Canvas, total: LaneSum, edges: Sequence[EdgeSnapshot]) -> None:
    """What waits in a lane, where anything does."""
    depth = sum(edges[index].depth for index in total.edges)
    worst = max(
        (edges[index] for index in total.edges), key=lambda edge: edge.depth / edge.capacity
    )
    if depth:
        role = pressure_role(worst.depth, worst.capacity)
        canvas.write(total.x, total.y, f"{count(depth)}{FULL if worst.full else ''}", role)


def _depth(edge: EdgeSnapshot, cells: int) -> str:
    """`48/64! ^64 o3`: depth, capacity, full, peak, dropped; the last go first."""
    full = FULL if edge.full else ""
    text = f"{edge.depth}/{edge.capacity}{full}"
    if len(text) > cells:
        return f"{edge.depth}{full}"
    extras = []
    if edge.dropped:
        extras.append(f"{DROP}{count(edge.dropped)}")
    if edge.peak:
        extras.append(f"^{edge.peak}")
    if edge.policy is not QueuePolicy.BLOCK_PRODUCER:
        extras.append(edge.policy.value)
    for extra in extras:
        if len(text) + 1 + len(extra) <= cells:
            text += f" {extra}"
    return text
