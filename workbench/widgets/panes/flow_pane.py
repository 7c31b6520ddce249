"""The graph: nodes with their states, queues with their bars, the next call marked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from runtime.protocol.updates import Health
from workbench.graph.drawing import GraphPath, Spot
from workbench.graph.graph_view import GraphState, GraphView
from workbench.graph.layout.graph_shape import Graph
from workbench.inspection.tables.break_rows import stop_signs
from workbench.painting.paint_cache import PaintCache
from workbench.painting.styles import RowStyle, segments, styles_of
from workbench.search.row_fields import NODES
from workbench.search.searchable import Found
from workbench.text.keys import shown_key
from workbench.text.lines import Line, StyleRole, line, width_of
from workbench.view import EdgeRef, NodeRef, Selection, View
from workbench.widgets.border_words import border_words

if TYPE_CHECKING:
    from workbench.search.query import Query

MARGIN = 1
"""Cells left and right of the drawing."""

WHEEL_ROWS = 2
"""Rows of nodes that a turn of the wheel moves."""


class FlowPane(Widget, can_focus=True, inherit_bindings=False):
    """Draws as much of the flow as there is room for, and follows where it stands."""

    ALLOW_SELECT = False

    view: reactive[View] = reactive(View, repaint=False)
    selection: reactive[Selection | None] = reactive(None, repaint=False)
    path: reactive[GraphPath | None] = reactive(None, repaint=False)
    """What is lit while the lineage of an element is looked at."""

    class Chosen(Message):
        """A node or an edge was selected."""

        def __init__(self, target: NodeRef | EdgeRef) -> None:
            super().__init__()
            self.target = target

    class Opened(Message):
        """The selected node or edge shall be looked into."""

    def __init__(self, *, id: str, classes: str) -> None:
        super().__init__(id=id, classes=classes)
        self._styles_cache = PaintCache()
        self._graph_view = GraphView()
        self._sought: Query | None = None
        self._lines: tuple[Line, ...] = ()
        self._row_style: RowStyle | None = None
        self._in_border = ("", "", "", 0)
        self.name_in_border = ""
        """What the border says before where the flow stands."""

    # ---- reactions

    def watch_view(self, old: View, new: View) -> None:
        """Draw again when the flow, its snapshot, its builds, or whether it runs has changed."""
        before = (old.flow, old.outline, old.snapshot, old.running, old.builds, old.call)
        after = (new.flow, new.outline, new.snapshot, new.running, new.builds, new.call)
        if before != after or old.breaks.breakpoints != new.breaks.breakpoints:
            self._redraw()
        if old.health is not new.health:
            self.refresh()

    def watch_path(self) -> None:
        """Light the path, or put it out."""
        self._redraw()

    def watch_selection(self, target: Selection | None) -> None:
        """Draw the selected node or edge, and bring it into view."""
        if isinstance(target, NodeRef | EdgeRef):
            self._graph_view.bring(target)
        self._redraw()

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self._redraw()
        self.refresh()

    def rows_wanted(self, width: int, most: int) -> int:
        """Rows of the drawing in a pane of `width` cells, at most `most`."""
        graph = self._graph
        if graph is None:
            return min(8, most)
        return self._graph_view.rows_wanted(graph, width - 2 * MARGIN, most)

    @property
    def _graph(self) -> Graph | None:
        return self.view.graph

    def _redraw(self) -> None:
        """Draw, and paint again the rows that became others."""
        before = self._lines
        graph = self._graph
        width, height = self.size.width - 2 * MARGIN, self.size.height
        if graph is None or width <= 0 or height <= 0:
            self._lines = ()
        else:
            view = self.view
            state = GraphState(
                graph,
                view.snapshot,
                view.builds,
                self.selection,
                view.running,
                view.unready,
                view.call,
                self.path,
                stop_signs(view.breaks),
            )
            self._lines = self._graph_view.show(state, width, height)
        self._write_border()
        if len(before) != len(self._lines) or self._left_of(before) != self._left:
            self.refresh()
            return
        rows = [
            y for y, (old, new) in enumerate(zip(before, self._lines, strict=True)) if old != new
        ]
        if rows:
            above = self._above
            self.refresh(*(Region(0, above + y, self.size.width, 1) for y in rows))

    def show_name(self, words: str) -> None:
        """Have the border say this before where the flow stands."""
        self.name_in_border = words
        self._write_border()

    def _write_border(self) -> None:
        words, note = self.name_in_border, ""
        if self._lines:
            words, note = f"{words}  {self._graph_view.selected_name}", self._graph_view.note
        below = self._graph_view.count_words if self._lines else ""
        said = (words.rstrip(), note, below, self.size.width)
        if said != self._in_border:  # to set a border's words paints the whole pane again
            self._in_border = said
            self.border_title = border_words(words.rstrip(), note, self.size.width)
            self.border_subtitle = Content(below)

    # ---- drawing

    def _left_of(self, lines: tuple[Line, ...]) -> int:
        widest = max(map(width_of, lines), default=0)
        return max((self.size.width - widest) // 2, MARGIN) if self._graph_view.centred else MARGIN

    @property
    def _left(self) -> int:
        """Cells left of the drawing."""
        return self._left_of(self._lines)

    @property
    def _above(self) -> int:
        """Rows above the drawing."""
        return max((self.size.height - len(self._lines)) // 2, 0) if self._graph_view.centred else 0

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines of a part of the pane; what they share is looked up once for all of them."""
        self._row_style = None
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One row of the drawing, or of what is said when there is none."""
        if self._row_style is None:
            self._row_style = RowStyle(self.size.width, self.rich_style, styles_of(self))
        width, base, styles = self._row_style
        spans, left = self._spans(y)
        strip = Strip(segments(spans, base, styles))
        if left:
            strip = Strip.join([Strip.blank(left, base), strip])
        return strip.adjust_cell_length(width, base)

    def _spans(self, y: int) -> tuple[Line, int]:
        if not self._lines:
            text = self._empty()
            return ((), 0) if y != self.size.height // 2 else (text, 2)
        row = y - self._above
        return (self._lines[row], self._left) if 0 <= row < len(self._lines) else ((), 0)

    def _empty(self) -> Line:
        match self.view.health:
            case Health.STARTING:
                return line(("Compiling the components…", StyleRole.DIM))
            case Health.INVALID:
                return line(
                    ("No flow: something has to be mended or built. ", StyleRole.BAD),
                    (shown_key("pane-problems", "6"), StyleRole.KEY),
                    (" shows what, ", StyleRole.DIM),
                    (shown_key("build", "ctrl+r"), StyleRole.KEY),
                    (" builds.", StyleRole.DIM),
                )
            case Health.DEAD:
                return line(("The runtime has ended.", StyleRole.BAD))
            case Health.READY:
                return line(("No flow yet.", StyleRole.DIM))

    # ---- moving and selecting

    def follow(self) -> None:
        """Go back to where the flow stands, and stay with it."""
        self._graph_view.follow()
        self._redraw()

    def toggle_map(self) -> bool:
        """One cell a node, or the usual form again; gives whether it is the map now."""
        self._graph_view.mapped = not self._graph_view.mapped
        self._redraw()
        self.refresh()
        return self._graph_view.mapped

    def move(self, across: int, down: int) -> None:
        """Select the neighbour on that side; from nothing, the next call's node."""
        drawing = self._graph_view.drawing
        if drawing is None or not drawing.spots:
            return
        current = next((spot for spot in drawing.spots if spot.target == self.selection), None)
        if current is None:
            self._choose(self._first())
            return
        found = _neighbour(drawing.spots, current, across, down)
        if found is not None:
            self._choose(found.target)

    def page(self, pages: int) -> None:
        """Scroll by pages."""
        self._graph_view.page(0, pages)
        self._redraw()

    def jump(self, end: bool) -> None:
        """Select the first or the last node."""
        graph = self._graph
        if graph is not None and graph.nodes:
            self._choose(NodeRef(graph.nodes[-1 if end else 0].name))

    def sideways(self, step: int) -> None:
        """Scroll across."""
        self._graph_view.scroll(step, 0)
        self._redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll down; across with shift."""
        self._wheel(1, event.shift)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll up; across with shift."""
        self._wheel(-1, event.shift)

    def on_mouse_scroll_right(self) -> None:
        """Scroll right."""
        self._wheel(1, True)

    def on_mouse_scroll_left(self) -> None:
        """Scroll left."""
        self._wheel(-1, True)

    def _wheel(self, step: int, across: bool) -> None:
        self._graph_view.scroll(step * across, WHEEL_ROWS * step * (not across))
        self._redraw()

    def open(self) -> None:
        """Look into what is selected; from the map, go there."""
        if self.selection is None and self._lines:
            self._choose(self._first())
        if self._graph_view.mapped:
            self.toggle_map()
            self.watch_selection(self.selection)
            return
        self.post_message(self.Opened())

    # ---- searching

    vocabulary = NODES.vocabulary
    filters = False
    filtering = False

    @property
    def sought(self) -> Query | None:
        """What is searched for."""
        return self._sought

    def search(self, query: Query | None, *, filtering: bool) -> None:
        """Search nodes and edges by name, and nodes by their figures; nothing is hidden."""
        self._sought = query

    def found(self) -> Found:
        """How many nodes and edges match."""
        graph = self._graph
        known = 0 if graph is None else len(graph.nodes) + len(graph.edges)
        return Found(len(self._matches()), known)

    def go_to_match(self, step: int) -> bool:
        """Select the next node or edge that matches, or the one before."""
        matches = self._matches()
        if not matches:
            return False
        if self.selection in matches:
            at = (matches.index(self.selection) + step) % len(matches)
        else:
            at = 0 if step > 0 else len(matches) - 1
        self._choose(matches[at])
        return True

    def _matches(self) -> list[NodeRef | EdgeRef]:
        graph, query = self._graph, self._sought
        if graph is None or query is None:
            return []
        found: list[NodeRef | EdgeRef] = []
        for node in graph.nodes:
            if query.matches(node.name, partial(self._record, node.name)):
                found.append(NodeRef(node.name))
        found += [EdgeRef(at) for at, edge in enumerate(graph.edges) if query.matches(edge.label)]
        return found

    def _record(self, name: str) -> object:
        node = self.view.node(name)
        return None if node is None else NODES.record(node)

    def copy_text(self) -> str | None:
        """Name of the selected node or edge."""
        graph = self._graph
        match self.selection:
            case NodeRef(node):
                return node
            case EdgeRef(edge) if graph is not None:
                return graph.edges[edge].label
            case _:
                return None

    def _first(self) -> NodeRef | EdgeRef:
        snapshot, graph = self.view.snapshot, self._graph
        assert graph is not None
        if snapshot is not None and snapshot.next_call is not None:
            return NodeRef(snapshot.next_call.node)
        return NodeRef(graph.nodes[0].name)

    def _choose(self, target: NodeRef | EdgeRef) -> None:
        self.post_message(self.Chosen(target))

    def on_click(self, event: events.Click) -> None:
        """Select what was clicked; a second click looks into it."""
        content = event.get_content_offset(self)
        if content is None:
            return
        target = self._graph_view.at(content.x - self._left, content.y - self._above)
        if target is not None:
            self._choose(target)
            if event.chain > 1:
                self.post_message(self.Opened())


def _neighbour(spots: tuple[Spot, ...], current: Spot, across: int, down: int) -> Spot | None:
    """The nearest spot on one side; sideways distance counts more than distance along."""
    x, y = _centre(current)
    best: tuple[float, Spot] | None = None
    for spot in spots:
        to_x, to_y = _centre(spot)
        along = (to_x - x) * across + 2 * (to_y - y) * down
        aside = 2 * abs(to_y - y) if across else abs(to_x - x)
        if along <= 0 or spot is current:
            continue
        distance = along + 2 * aside
        if best is None or distance < best[0]:
            best = (distance, spot)
    return best[1] if best is not None else None


def _centre(spot: Spot) -> tuple[float, float]:
    return spot.x + spot.width / 2, spot.y + spot.height / 2
