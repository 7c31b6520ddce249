"""The graph: nodes with their states, queues with their bars, the next call marked."""

from __future__ import annotations

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from runtime.model.linked import LinkedFlow
from runtime.protocol.updates import Health
from workbench.graph.drawing import Drawing, Spot, draw
from workbench.graph.layout import Layout, lay_out
from workbench.text.lines import Line, StyleRole, line
from workbench.view import EdgeRef, NodeRef, Selection, View
from workbench.widgets.styles import RowStyle, segments, styles_of


class FlowPane(ScrollView, can_focus=True, inherit_bindings=False):
    """Draws the flow in the middle of the pane; scrolls when it is larger."""

    ALLOW_SELECT = False

    view: reactive[View] = reactive(View, repaint=False)
    selection: reactive[Selection | None] = reactive(None, repaint=False)

    class Chosen(Message):
        """A node or an edge was selected."""

        def __init__(self, target: NodeRef | EdgeRef) -> None:
            super().__init__()
            self.target = target

    class Opened(Message):
        """The selected node or edge shall be looked into."""

    def __init__(self, *, id: str, classes: str) -> None:
        super().__init__(id=id, classes=classes)
        self._layout_of: tuple[LinkedFlow, Size] | None = None
        self._flow_layout: Layout | None = None
        self._drawing: Drawing | None = None
        self._row_style: RowStyle | None = None

    # ---- reactions

    def watch_view(self, old: View, new: View) -> None:
        """Draw again when the flow, its snapshot, its builds, or whether it runs has changed."""
        before = (old.flow, old.snapshot, old.running, old.builds)
        if before != (new.flow, new.snapshot, new.running, new.builds):
            self._redraw()
        if old.health is not new.health:
            self.refresh()

    def watch_selection(self) -> None:
        """Draw the selected node or edge."""
        self._redraw()
        self._show_selected()

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self._redraw()

    @property
    def wanted_rows(self) -> int:
        """Rows of the drawing with room to breathe."""
        flow = self.view.flow
        return lay_out(flow, 78, 100).height if flow is not None else 8

    def _redraw(self) -> None:
        flow = self.view.flow
        if flow is None or not self.size:
            self._drawing = None
        else:
            if self._layout_of is None or self._layout_of != (flow, self.container_size):
                room = self.size
                self._flow_layout = lay_out(flow, room.width - 2, room.height)
                self._layout_of = (flow, self.container_size)
            assert self._flow_layout is not None
            self._drawing = draw(
                self._flow_layout,
                flow,
                self.view.snapshot,
                builds=self.view.builds,
                selection=self.selection,
                running=self.view.running,
            )
            self.virtual_size = Size(self._drawing.width, self._drawing.height)
        self.refresh()

    # ---- drawing

    @property
    def _margin(self) -> tuple[int, int]:
        """Cells left of and above the drawing."""
        if self._drawing is None:
            return 0, 0
        return (
            max((self.size.width - self._drawing.width) // 2, 0),
            max((self.size.height - self._drawing.height) // 2, 0),
        )

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
        start = self.scroll_offset.x
        return strip.crop_extend(start, start + width, base)

    def _spans(self, y: int) -> tuple[Line, int]:
        if self._drawing is None:
            text = self._empty()
            return ((), 0) if y != self.size.height // 2 else (text, 2)
        left, above = self._margin
        row = y - above + self.scroll_offset.y
        if not 0 <= row < self._drawing.height:
            return (), 0
        return self._drawing.lines[row], left

    def _empty(self) -> Line:
        match self.view.health:
            case Health.STARTING:
                return line(("Compiling the components…", StyleRole.DIM))
            case Health.INVALID:
                return line(
                    ("No flow: something has to be mended or built. ", StyleRole.BAD),
                    ("6", StyleRole.KEY),
                    (" shows what, ", StyleRole.DIM),
                    ("ctrl+r", StyleRole.KEY),
                    (" builds.", StyleRole.DIM),
                )
            case Health.DEAD:
                return line(("The runtime has ended.", StyleRole.BAD))
            case Health.READY:
                return line(("No flow yet.", StyleRole.DIM))

    # ---- selecting

    def move(self, across: int, down: int) -> None:
        """Select the neighbour on that side; from nothing, the next call's node."""
        if self._drawing is None or not self._drawing.spots:
            return
        current = next(
            (spot for spot in self._drawing.spots if spot.target == self.selection), None
        )
        if current is None:
            self._choose(self._first())
            return
        found = _neighbour(self._drawing.spots, current, across, down)
        if found is not None:
            self._choose(found.target)

    def page(self, pages: int) -> None:
        """Scroll by pages."""
        self.scroll_to(y=self.scroll_y + pages * self.size.height, animate=False, force=True)

    def jump(self, end: bool) -> None:
        """Select the first or the last node."""
        flow = self.view.flow
        if flow is not None and flow.nodes:
            self._choose(NodeRef(flow.nodes[-1 if end else 0].name))

    def sideways(self, step: int) -> None:
        """Scroll across."""
        self.scroll_to(x=self.scroll_x + 16 * step, animate=False, force=True)

    def open(self) -> None:
        """Look into what is selected."""
        if self.selection is None and self._drawing is not None:
            self._choose(self._first())
        self.post_message(self.Opened())

    def copy_text(self) -> str | None:
        """Name of the selected node or edge."""
        flow = self.view.flow
        match self.selection:
            case NodeRef(node):
                return node
            case EdgeRef(edge) if flow is not None:
                return flow.edges[edge].label
            case _:
                return None

    def _first(self) -> NodeRef | EdgeRef:
        snapshot, flow = self.view.snapshot, self.view.flow
        assert flow is not None
        if snapshot is not None and snapshot.next_call is not None:
            return NodeRef(snapshot.next_call.node)
        return NodeRef(flow.nodes[0].name)

    def _choose(self, target: NodeRef | EdgeRef) -> None:
        self.post_message(self.Chosen(target))

    def _show_selected(self) -> None:
        target = self.selection
        if self._drawing is None or not isinstance(target, NodeRef | EdgeRef):
            return
        for spot in self._drawing.spots:
            if spot.target == target:
                region = Region(spot.x, spot.y, spot.width, spot.height)
                self.scroll_to_region(region, animate=False, force=True)

    def on_click(self, event: events.Click) -> None:
        """Select what was clicked; a second click looks into it."""
        if self._drawing is None:
            return
        content = event.get_content_offset(self)
        if content is None:
            return
        left, above = self._margin
        x = content.x - left + self.scroll_offset.x
        target = self._drawing.at(x, content.y - above + self.scroll_offset.y)
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
