"""The panes, arranged for the size of the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from textual.containers import Container
from textual.geometry import Size
from textual.widget import Widget

from workbench.actions.context import PaneName

NARROW = Size(100, 28)
"""Below this width or height the graph shares the body with one pane only."""

CORNER = (PaneName.EVENTS, PaneName.PROBLEMS, PaneName.BUILD, PaneName.SLOW)
"""Panes that share one place on a large terminal."""

TINY = Size(40, 12)
"""Below this width or height only the active pane is seen, without a frame."""

BARS = 4
"""Rows of header, status and footer."""

SHORT = 14
"""Below this height the timeline would take a pane's last row."""

FRAME = 2
"""Rows of a pane's border."""


class Body(Container):
    """Three columns' worth of panes on a large terminal, two panes on a small one."""

    def __init__(self, panes: Mapping[PaneName, Widget]) -> None:
        super().__init__(*panes.values(), id="body")
        self._panes = panes
        self._second = PaneName.OUTPUT
        self._corner = PaneName.EVENTS
        self.narrow = False
        """True where the graph shares the body with one pane only."""

    def place_panes(
        self, room: Size, active: PaneName, *, zoomed: bool, flow_rows: int, edges: int
    ) -> None:
        """Show what there is room for; `flow_rows`, `edges`: what graph and table want."""
        tiny = room.width < TINY.width or room.height < TINY.height
        narrow = tiny or room.width < NARROW.width or room.height < NARROW.height
        if active is not PaneName.FLOW:
            self.bring_up(active)
        for name, pane in self._panes.items():
            pane.display = name in self._seen(active, alone=zoomed or tiny, narrow=narrow)
        self.narrow = narrow
        shared = not (zoomed or tiny)
        self.screen.set_class(tiny, "-tiny")
        self.screen.set_class(narrow, "-narrow")
        self.screen.set_class(room.height < SHORT, "-short")
        self.set_class(shared and not narrow, "-wide")
        rows = room.height - BARS - (room.height >= SHORT)
        self._size_rows(rows, flow_rows, edges, shared=shared, narrow=narrow)

    def bring_up(self, name: PaneName) -> None:
        """Let the pane have its place at the next `place_panes`, without the keys."""
        self._second = name
        if name in CORNER:
            self._corner = name

    def _seen(self, active: PaneName, *, alone: bool, narrow: bool) -> tuple[PaneName, ...]:
        if alone:
            return (active,)
        if narrow:
            return (PaneName.FLOW, self._second)
        return (PaneName.FLOW, PaneName.INSPECTOR, PaneName.QUEUES, PaneName.OUTPUT, self._corner)

    def _size_rows(
        self, rows: int, flow_rows: int, edges: int, *, shared: bool, narrow: bool
    ) -> None:
        flow = self._panes[PaneName.FLOW]
        if not shared:
            flow.styles.height = "1fr"
            return
        if narrow:
            flow.styles.height = min(flow_rows + FRAME, max(rows * 3 // 5, 5))
            return
        flow.styles.height = "1fr"
        graph = min(max(flow_rows + FRAME, 9), rows * 2 // 5)
        table = min(max(edges + 1 + FRAME, 5), rows * 2 // 7)
        self.styles.grid_rows = f"{graph} {table} 1fr"
