"""A laid out flow and its snapshot as lines of text, and what lies under each cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runtime.model.linked import LinkedFlow, QueuePolicy
from runtime.model.snapshot import EdgeSnapshot, FlowSnapshot, NodeSnapshot, NodeState
from runtime.protocol.updates import NodeBuild
from workbench.graph.canvas import EAST, WEST, Canvas
from workbench.graph.layout import Box, Layout, Run
from workbench.inspection.build_rows import marks
from workbench.text.figures import bar, count, short_digest
from workbench.text.glyphs import DROP, FULL, NEXT, NODE_SIGNS, pressure_role
from workbench.text.lines import Line, StyleRole, fit, pad
from workbench.view import EdgeRef, NodeRef, Selection

LIGHT = "╭─╮│╰╯"
HEAVY = "┏━┓┃┗┛"


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
    flow: LinkedFlow,
    snapshot: FlowSnapshot | None,
    *,
    builds: Sequence[NodeBuild] = (),
    selection: Selection | None = None,
    running: bool = False,
) -> Drawing:
    """Draw the flow; without a snapshot every node is new and every queue empty."""
    build_of = {build.node: build for build in builds}
    canvas = Canvas(layout.width, layout.height)
    for wire in layout.wires:
        canvas.wire(wire.x1, wire.y1, wire.x2, wire.y2)
    for box in layout.boxes:
        canvas.touch(box.x + box.width, box.y + 1, WEST)
    for x, y in layout.arrows:
        canvas.touch(x - 1, y, EAST)
        canvas.write(x, y, "▶", StyleRole.DIM)
    nodes = {node.name: node for node in snapshot.nodes} if snapshot else {}
    following = snapshot.next_call.node if snapshot and snapshot.next_call else None
    for box in layout.boxes:
        chosen = selection == NodeRef(box.node)
        node = nodes.get(box.node)
        _draw_box(canvas, box, node, is_next=box.node == following, chosen=chosen, running=running)
        if box.node in build_of:
            _draw_build(canvas, box, build_of[box.node])
    for run in layout.runs:
        edge = snapshot.edges[run.edge] if snapshot else _empty(flow, run.edge)
        _draw_run(canvas, run, edge, chosen=selection == EdgeRef(run.edge))
    spots = [Spot(NodeRef(box.node), box.x, box.y, box.width, box.height) for box in layout.boxes]
    spots += [
        Spot(EdgeRef(run.edge), run.x, run.row - bool(run.port), run.cells, 2 + bool(run.port))
        for run in layout.runs
    ]
    return Drawing(canvas.lines(), tuple(spots), layout.width, layout.height)


def _empty(flow: LinkedFlow, index: int) -> EdgeSnapshot:
    edge = flow.edges[index]
    return EdgeSnapshot(index, edge.label, 0, edge.capacity, edge.low_mark, edge.policy)


def _draw_box(
    canvas: Canvas,
    box: Box,
    node: NodeSnapshot | None,
    *,
    is_next: bool,
    chosen: bool,
    running: bool,
) -> None:
    state = node.state if node is not None else NodeState.NEW
    sign, word, role = NODE_SIGNS[state]
    failed = state in (NodeState.FAILED, NodeState.CRASHED)
    if is_next and not running and not failed:
        sign, word, role = NEXT, "next", StyleRole.NEXT
    marked = is_next and not running
    frame = StyleRole.BAD if failed else StyleRole.NEXT if marked else StyleRole.DIM
    corners = HEAVY if marked or failed else LIGHT
    inner = box.width - 2
    canvas.write(box.x, box.y, corners[0] + corners[1] * inner + corners[2], frame)
    for row in range(1, box.height - 1):
        canvas.write(box.x, box.y + row, corners[3], frame)
        canvas.write(box.x + box.width - 1, box.y + row, corners[3], frame)
    bottom = box.y + box.height - 1
    canvas.write(box.x, bottom, corners[4] + corners[1] * inner + corners[5], frame)
    name_role = StyleRole.CHOSEN if chosen else StyleRole.STRONG
    if box.height < 4:
        name = pad(f"{sign} {box.node}", inner) if inner > 8 else pad(box.node, inner)
        canvas.write(box.x + 1, box.y + 1, name, name_role if chosen else role)
        return
    indent = " " if inner > len(box.node) else ""
    canvas.write(box.x + 1, box.y + 1, pad(indent + box.node, inner), name_role)
    canvas.write(box.x + 1, box.y + 2, _stat(sign, word, node, inner, indent), role)


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


def _draw_run(canvas: Canvas, run: Run, edge: EdgeSnapshot, *, chosen: bool) -> None:
    role = pressure_role(edge.depth, edge.capacity)
    filled = bar(edge.depth, edge.capacity, run.cells)
    canvas.write(run.x, run.row, "━" * filled, role)
    port, text = fit(run.port, run.cells), _depth(edge, run.cells)
    indent = int(max(len(port), len(text)) < run.cells)
    canvas.write(
        run.x + indent, run.row - 1, port, StyleRole.CHOSEN if chosen else StyleRole.ACCENT
    )
    below = StyleRole.CHOSEN if chosen else role if edge.depth else StyleRole.DIM
    canvas.write(run.x + indent, run.row + 1, text, below)


def _depth(edge: EdgeSnapshot, cells: int) -> str:
    """`48/64! ^64 o3`: depth, capacity, full, peak, dropped; the last go first."""
    text = f"{edge.depth}/{edge.capacity}{FULL if edge.full else ''}"
    extras = []
    if edge.dropped:
        extras.append(f"{DROP}{count(edge.dropped)}")
    if edge.peak:
        extras.append(f"^{edge.peak}")
    if edge.policy is not QueuePolicy.BLOCK_PRODUCER:
        extras.append(edge.policy.value)
    for extra in extras:
        if len(text) + 1 + len(extra) < cells:
            text += f" {extra}"
    return text
