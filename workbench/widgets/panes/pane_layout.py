"""The panes, arranged for the size of the terminal, for what they show, and as the user wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from textual import events
from textual.containers import Container
from textual.geometry import Offset, Size
from textual.message import Message
from textual.widget import Widget

from workbench.actions.context import PaneName
from workbench.arrangement.arrange import (
    CORNER,
    FOLDED_ROWS,
    Border,
    LayoutName,
    Needs,
    Places,
    Wanted,
    arrange,
    border_at,
    border_of,
    moved_border,
)
from workbench.arrangement.remembered import RememberedLayouts
from workbench.arrangement.terminal_sizes import (
    TIMELINE_ROWS,
    SizeClass,
    bar_rows,
    size_class,
    status_rows,
)
from workbench.painting.paint_cache import PaintCache
from workbench.widgets.line_view import LineView

NEVER_FIRST = (PaneName.PROBLEMS, PaneName.BUILD, PaneName.SLOW, PaneName.BREAKS)
"""Panes that have no place in any first frame."""


class Body(Container):
    """Holds the panes; the borders between them can be dragged."""

    class Moved(Message):
        """A border was moved."""

    def __init__(self, panes: Mapping[PaneName, Widget], remembered: RememberedLayouts) -> None:
        self._unmounted = [pane for name, pane in panes.items() if name in NEVER_FIRST]
        super().__init__(
            *(pane for pane in panes.values() if pane not in self._unmounted), id="body"
        )
        self._styles_cache = PaintCache()
        self._panes = panes
        self._remembered = remembered
        self._lower = PaneName.OUTPUT
        self._corner = PaneName.EVENTS
        self._places: Places = {}
        self._dragged: Border | None = None
        self.kind = SizeClass.TWO_COLUMNS
        """Class of the terminal's size."""

    async def mount_rest(self) -> None:
        """Mount the panes of which the first frame shows nothing. Idempotent."""
        unmounted, self._unmounted = self._unmounted, []
        await self.mount(*unmounted)

    @property
    def narrow(self) -> bool:
        """True where the graph shares the body with one pane only."""
        return self.kind in (SizeClass.BARE, SizeClass.SINGLE, SizeClass.COLUMN)

    @property
    def shared_pane(self) -> PaneName:
        """The pane that has the place which others share."""
        return self._lower if self.narrow else self._corner

    @property
    def unseen(self) -> tuple[PaneName, ...]:
        """Panes that have no place now."""
        return tuple(name for name in self._panes if name not in self._places)

    def place_panes(
        self, room: Size, active: PaneName, needs: Needs, *, zoomed: bool, taken: int = 0
    ) -> None:
        """Show what there is room for; `taken` rows below the panes are something else's."""
        self.kind = size_class(room.width, room.height)
        if active is not PaneName.FLOW:
            self.bring_up(active)
        changes = self._remembered.of(self.kind)
        wanted = Wanted(
            active, zoomed, self._lower, self._corner, changes.layout, changes.borders()
        )
        corner = self._panes[self._corner]
        if isinstance(corner, LineView):
            needs = replace(needs, corner_rows=corner.lines_wanted)
        rows = room.height - bar_rows(room.width, room.height) - self._banner_rows - taken
        places = arrange(self.kind, room.width, rows, needs, wanted)
        if active not in places and self.kind is not SizeClass.BARE:
            places = self._with_active(active, places)
        self._write_classes(room)
        self._put(places)

    def _with_active(self, active: PaneName, places: Places) -> Places:
        """A layout has no place for every pane; the one with the keys takes the output's."""
        made = dict(places)
        taken = PaneName.OUTPUT if PaneName.OUTPUT in made else next(iter(made))
        made[active] = made.pop(taken)
        return made

    @property
    def _banner_rows(self) -> int:
        banner = self.screen.query("#banner").first()
        return banner.styles.height.cells or 0 if banner.display and banner.styles.height else 0

    def _write_classes(self, room: Size) -> None:
        bare = self.kind is SizeClass.BARE
        self.screen.set_class(self.kind is SizeClass.SINGLE or bare, "-single")
        self.screen.set_class(bare, "-bare")
        self.screen.set_class(room.height < TIMELINE_ROWS, "-short")
        self.screen.set_class(status_rows(room.height) == 1, "-low")

    def _put(self, places: Places) -> None:
        self._places = places
        for name, pane in self._panes.items():
            place = places.get(name)
            pane.display = place is not None
            if place is not None:
                pane.styles.offset = (place.x, place.y)
                pane.styles.width = place.width
                pane.styles.height = place.height
                pane.set_class(place.height == FOLDED_ROWS and len(places) > 1, "-folded")

    def bring_up(self, name: PaneName) -> None:
        """Let the pane have its place at the next `place_panes`, without the keys."""
        self._lower = name
        if name in CORNER:
            self._corner = name

    # ---- what the user changes

    def take_layout(self, name: LayoutName | None) -> LayoutName:
        """Take a layout, the next one without a name, and remember it; gives its name."""
        before = self._remembered.of(self.kind)
        changed = before.next_layout() if name is None else replace(before, layout=name)
        self._remembered.change(self.kind, changed)
        return changed.layout

    def move_border(self, active: PaneName, across: int, down: int) -> bool:
        """Move the border of the pane with the keys; False when it has none."""
        found = border_of(self._places, active, across=bool(across))
        if found is None:
            return False
        border, size = found
        self._keep(border, moved_border(border, size, across or down))
        return True

    def _keep(self, border: Border, size: int) -> None:
        changes = self._remembered.of(self.kind)
        self._remembered.change(self.kind, changes.with_border(border, size))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of a border."""
        at = self._cell(event)
        self._dragged = border_at(self._places, at.x, at.y)
        if self._dragged is not None:
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Draw the border along."""
        if self._dragged is None:
            return
        at = self._cell(event)
        size = self._size_for(self._dragged, at)
        if size > 0:
            self._keep(self._dragged, size)
            self.post_message(self.Moved())

    def on_mouse_up(self) -> None:
        """Let go of it."""
        if self._dragged is not None:
            self._dragged = None
            self.release_mouse()

    def _size_for(self, border: Border, at: Offset) -> int:
        match border:
            case Border.FLOW:
                return at.y + 1
            case Border.QUEUES:
                queues = self._places.get(PaneName.QUEUES)
                return at.y + 1 - queues.y if queues is not None else 0
            case Border.RIGHT:
                return self.size.width - at.x
            case Border.CORNER:
                return self.size.height - at.y

    def _cell(self, event: events.MouseEvent) -> Offset:
        return Offset(int(event.screen_x), int(event.screen_y)) - self.region.offset
