"""The bars above and below the panes, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.protocol.logs.event_lines import EventLine
from workbench.actions.context import Context
from workbench.arrangement.terminal_sizes import SizeClass, size_class
from workbench.bars.banner import banner
from workbench.bars.header_line import header
from workbench.bars.status_line import status
from workbench.screens.prompts.command_list import CommandList
from workbench.text.lines import Line, StyleRole, line
from workbench.view import View
from workbench.widgets.footer_bar import FooterBar
from workbench.widgets.label import BuiltLabel, LineLabel
from workbench.widgets.prompt_line import PromptLine
from workbench.widgets.timeline_bar import TimelineBar

if TYPE_CHECKING:
    from workbench.tour.tour import Tour


class Frame:
    """Header and banner above; timeline, status and footer below."""

    def __init__(self, title: str, tour: Tour | None = None) -> None:
        self._title = title
        self._header = BuiltLabel(self._header_lines, id="header")
        self._banner = LineLabel(id="banner")
        self._banner_told: object = None
        self.tour = tour
        self._tour_box = LineLabel(id="tour")
        self._timeline = TimelineBar(id="timeline")
        self._status = BuiltLabel(self._status_lines, id="status")
        self.footer = FooterBar(id="footer")
        self.prompt = PromptLine(id="prompt")
        """In the place of the footer, while something is typed; no first frame shows it."""
        self.commands = CommandList(id="commands")
        """Above it, while a command is typed."""
        self.above = (self._header, self._banner)
        self.below = (self._tour_box, self._timeline, self._status, self.footer)
        self.notice = ""
        """Shown in the status line in place of what the last call did."""
        self.last: EventLine | None = None
        """What the last call did, as far as it is shown."""

    def write(self, context: Context, cells: int, height: int) -> None:
        """Write all bars for a terminal of that size, most of them when they are drawn."""
        view = context.view
        self._header.told = view, context.pace, cells
        self._timeline.timeline = view.timeline if view.flow is not None else None
        bare = size_class(cells, height) is SizeClass.BARE
        self._status.told = view, self.last, self.notice, cells, bare
        self.footer.told = context, cells
        self._write_tour(context, cells)
        told = (view.health, view.detail, view.problems, cells)
        if told != self._banner_told:
            self._banner_told = told
            self._show_banner(banner(view, cells))

    def _show_banner(self, rows: tuple[Line, ...]) -> None:
        self._banner.lines = rows
        self._banner.display = bool(rows)
        self._banner.styles.height = max(len(rows), 1)

    def _header_lines(self, told: tuple[View, float | None, int] | None) -> tuple[Line, ...]:
        if told is None:
            return ()
        view, pace, cells = told
        return (header(view, self._title, pace, cells),)

    def _status_lines(
        self, told: tuple[View, EventLine | None, str, int, bool] | None
    ) -> tuple[Line, ...]:
        if told is None:
            return ()
        view, last, notice, cells, bare = told
        if bare:
            return (line((" too small", StyleRole.DIM)),)
        return status(view, last, notice, cells)

    @property
    def tour_rows(self) -> int:
        """Rows that the tour takes from the panes."""
        return 0 if self.tour is None else self.tour.box_rows

    def _write_tour(self, context: Context, cells: int) -> None:
        tour = self.tour
        if tour is not None:
            tour.look(context)
            self._tour_box.lines = tour.rows(cells - 2)
            self._tour_box.border_title = tour.title
        self._tour_box.styles.height = max(self.tour_rows, 1)
        self._tour_box.display = self.tour_rows > 0
