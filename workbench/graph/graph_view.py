"""The graph in a pane: its form, which part of it is in view, and what the border says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

from runtime.model.call import CallInProgress
from runtime.model.lazy.dataclass import dataclass
from runtime.model.outline import Lack
from runtime.model.snapshot import FlowSnapshot
from runtime.model.text.plurals import counted
from runtime.protocol.builds.build_updates import NodeBuild
from workbench.graph.drawing import Drawing, GraphPath, draw
from workbench.graph.geometry import Form, Layout
from workbench.graph.layout.graph_layouts import HYSTERESIS, GraphLayouts
from workbench.graph.layout.graph_shape import Graph, same_graph
from workbench.graph.minimap import LEAST_NODES, Grid, draw_minimap, wanted
from workbench.graph.node_looks import focus_of
from workbench.graph.viewport import Viewport
from workbench.text.glyphs import NEXT
from workbench.text.lines import Line, Span, width_of
from workbench.view import EdgeRef, NodeRef, Selection


@dataclass(frozen=True, slots=True)
class GraphState:
    """What is drawn."""

    graph: Graph
    snapshot: FlowSnapshot | None = None
    builds: tuple[NodeBuild, ...] = ()
    selection: Selection | None = None
    running: bool = False
    unready: Mapping[str, Lack] | None = None
    """What components lack in a flow that is not linked."""
    call: CallInProgress | None = None
    """The call that takes long."""
    path: GraphPath | None = None
    """What an element went along, while its lineage is looked at."""
    stops: Mapping[str, str] = field(default_factory=dict)
    """Signs of breakpoints, by node and by label of an edge."""

    @property
    def focus(self) -> str | None:
        """The node at which the flow stands."""
        return focus_of(self.snapshot)


class _Choice(NamedTuple):
    """A form, and the room it was chosen for."""

    form: Form
    width: int
    height: int

    def near(self, width: int, height: int) -> bool:
        """True for a room so like it that the form should not change back and forth."""
        if self.form is Form.MAP:
            return False
        return max(abs(width - self.width), abs(height - self.height)) <= HYSTERESIS


class GraphView:
    """Follows the flow unless it was moved by hand."""

    def __init__(self) -> None:
        self.following = True
        self.mapped = False
        """True while every node is one cell."""
        self._layouts: GraphLayouts | None = None
        self._wanted: _Choice | None = None
        self._chosen: _Choice | None = None
        self._asked: _Choice | None = None
        """What the rows were asked for, and how many."""
        self._grid: Grid | None = None
        self._view: Viewport | None = None
        self._state: GraphState | None = None
        self._drawn: tuple[GraphState, Layout, Drawing] | None = None

    # ---- drawing

    def rows_wanted(self, graph: Graph, width: int, most: int) -> int:
        """Rows that the form takes which fits in `width` and at most `most` rows."""
        layouts = self._layouts_of(graph)
        layout = self._layout(layouts, width, most, self._wanted)
        self._wanted = _Choice(layout.form, width, most)
        rows = min(layout.height, most)
        self._asked = _Choice(layout.form, width, rows)
        return rows

    def show(self, state: GraphState, width: int, height: int) -> tuple[Line, ...]:
        """The lines of the pane, at most `height` of them and `width` cells wide."""
        layouts = self._layouts_of(state.graph)
        asked = self._asked
        given = asked is not None and asked.width == width and asked.near(width, height)
        # The pane has the rows that were asked for: a form chosen before that has no say.
        layout = self._layout(layouts, width, height, asked if given else self._chosen)
        self._chosen = _Choice(layout.form, width, height)
        self._grid = None
        inner = width
        if not self.mapped and wanted(layout, width, height):
            inner = width - Grid(layout).width
            layout = layouts.in_form(layout.form, inner, height)
            self._grid = Grid(layout)
        view = self._view
        if (
            view is None
            or view.layout is not layout
            or (view.width, view.height) != (inner, height)
        ):
            old = view if view is not None and view.layout.form is layout.form else None
            view = Viewport(layout, inner, height)
            if old is not None:
                view = view.moved_to(old.x, old.y)
        if self.following and not state.running and state.focus is not None:
            view = view.showing(state.focus)
        self._view, self._state = view, state
        lines = view.cut(self._drawing(state, layout).lines)
        return self._with_minimap(lines, state, view, inner)

    def _drawing(self, state: GraphState, layout: Layout) -> Drawing:
        if self._drawn is None or self._drawn[0] != state or self._drawn[1] is not layout:
            drawing = draw(
                layout,
                state.graph,
                state.snapshot,
                builds=state.builds,
                selection=state.selection,
                running=state.running,
                focus=state.focus,
                unready=state.unready,
                call=state.call,
                path=state.path,
                stops=state.stops,
            )
            self._drawn = state, layout, drawing
        return self._drawn[2]

    def _layouts_of(self, graph: Graph) -> GraphLayouts:
        known = self._layouts
        if known is None or (known.graph is not graph and not same_graph(known.graph, graph)):
            known = self._layouts = GraphLayouts(graph)
            self._wanted = self._chosen = self._asked = self._view = None
            self.following = True
        return known

    def _layout(
        self, layouts: GraphLayouts, width: int, height: int, before: _Choice | None
    ) -> Layout:
        if self.mapped:
            return layouts.in_form(Form.MAP, width, height)
        kept = before.form if before is not None and before.near(width, height) else None
        return layouts.best(width, height, kept)

    def _with_minimap(
        self, lines: tuple[Line, ...], state: GraphState, view: Viewport, inner: int
    ) -> tuple[Line, ...]:
        if self._grid is None:
            return lines
        rows = draw_minimap(self._grid, view, state.graph, state.snapshot, state.focus)
        made = list(lines)
        for index, row in enumerate(reversed(rows), start=1):
            if index > len(made):
                break
            at = len(made) - index
            made[at] = (*made[at], Span(" " * (inner - width_of(made[at]))), *row)
        return tuple(made)

    @property
    def centred(self) -> bool:
        """True for boxes that are all seen: rows begin at the left, as text does."""
        view = self._view
        return (
            view is not None
            and view.layout.form.boxed
            and view.layout.fits(view.width, view.height)
        )

    # ---- what the border says

    @property
    def note(self) -> str:
        """Where the flow stands when that is out of view, else what the form says of itself."""
        view, state = self._view, self._state
        if view is None or state is None:
            return ""
        if self.mapped:
            return "map"
        away = view.away(state.focus) if state.focus is not None and not state.running else None
        if away is not None and not self.following:
            return f"{NEXT} {state.focus} {away.words}   . returns"
        return view.layout.note

    @property
    def selected_name(self) -> str:
        """The selected node's or edge's whole name, where the drawing cuts it."""
        if self._view is None or self._state is None:
            return ""
        match self._state.selection:
            case NodeRef(name):
                labels = (box.label for box in self._view.layout.boxes if box.node == name)
                return name if next(labels, name) != name else ""
            case EdgeRef(index) if index < len(self._state.graph.edges):
                return self._state.graph.edges[index].label
            case _:
                return ""

    @property
    def count_words(self) -> str:
        """`6 nodes, all shown`, or what is hidden where."""
        if self._view is None:
            return ""
        number = len(self._view.layout.boxes)
        hidden = self._view.hidden.words
        nodes = counted(number, "node")
        if not hidden:
            return f"{nodes}, all shown"
        return f"{nodes}  {hidden}" if number < LEAST_NODES or self._grid is None else hidden

    # ---- moving

    def follow(self) -> None:
        """Go back to where the flow stands, and stay with it."""
        self.following = True

    def scroll(self, columns: int, rows: int) -> None:
        """Move by hand, by columns and rows of nodes."""
        if self._view is not None:
            moved = self._view.moved(columns, rows)
            if moved != self._view:
                self._view, self.following = moved, False

    def page(self, across: int, down: int) -> None:
        """Move by hand, by what is in view."""
        view = self._view
        if view is not None:
            x = view.x + across * max(view.width - view.layout.frozen - 12, 1)
            moved = view.moved_to(x, view.y + down * view.height)
            if moved != view:
                self._view, self.following = moved, False

    def bring(self, target: NodeRef | EdgeRef) -> None:
        """Bring what was selected into view; the view then stays where the cursor is."""
        if self._view is None:
            return
        node = target.node if isinstance(target, NodeRef) else self._end_of(target)
        moved = self._view.showing(node)
        if moved != self._view:
            self._view, self.following = moved, False

    def _end_of(self, edge: EdgeRef) -> str:
        assert self._view is not None
        assert self._state is not None
        return self._state.graph.edges[edge.edge].target

    # ---- finding

    @property
    def drawing(self) -> Drawing | None:
        """All that was drawn, seen or not."""
        return None if self._drawn is None else self._drawn[2]

    def at(self, x: int, y: int) -> NodeRef | EdgeRef | None:
        """What lies under a cell of the pane."""
        if self._view is None or self._drawn is None:
            return None
        if x >= self._view.width:
            return self._at_minimap(x, y)
        return self._drawn[2].at(*self._view.at(x, y))

    def _at_minimap(self, x: int, y: int) -> NodeRef | None:
        if self._grid is None or self._view is None:
            return None
        lines = min(self._view.height, self._view.layout.height)
        cell = x - self._view.width - 2, y - (lines - self._grid.rows)
        boxes = (box for box in self._grid.boxes if self._grid.place(box) == cell)
        found = next(boxes, None)
        return None if found is None else NodeRef(found.node)
