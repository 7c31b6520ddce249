"""The bars above and below the panes, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.protocol.updates import EventLine
from workbench.actions.context import Context
from workbench.arrangement.terminal_sizes import SizeClass, size_class
from workbench.bars.banner import banner
from workbench.bars.header_line import header
from workbench.bars.status_line import status
from workbench.screens.prompts.command_list import CommandList
from workbench.text.lines import StyleRole, line
from workbench.widgets.footer_bar import FooterBar
from workbench.widgets.label import LineLabel
from workbench.widgets.prompt_line import PromptLine
from workbench.widgets.timeline_bar import TimelineBar

if TYPE_CHECKING:
    from workbench.tour.tour import Tour


class Frame:
    """Header and banner above; timeline, status and footer below."""

    def __init__(self, title: str, tour: Tour | None = None) -> None:
        self._title = title
        self._header = LineLabel(id="header")
        self._banner = LineLabel(id="banner")
        self.tour = tour
        self._tour_box = LineLabel(id="tour")
        self._timeline = TimelineBar(id="timeline")
        self._status = LineLabel(id="status")
        self.footer = FooterBar(id="footer")
        self.prompt = PromptLine(id="prompt")
        """In the place of the footer, while something is typed."""
        self.commands = CommandList(id="commands")
        self.above = (self._header, self._banner)
        self.below = (
            self._tour_box,
            self._timeline,
            self._status,
            self.footer,
            self.prompt,
            self.commands,
        )
        self.notice = ""
        """Shown in the status line in place of what the last call did."""
        self.last: EventLine | None = None
        """What the last call did, as far as it is shown."""

    def write(self, context: Context, cells: int, height: int) -> None:
        """Write all bars for a terminal of that size."""
        view = context.view
        self._header.lines = (header(view, self._title, context.pace, cells),)
        self._timeline.timeline = view.timeline if view.flow is not None else None
        self._status.lines = status(view, self.last, self.notice, cells)
        if size_class(cells, height) is SizeClass.BARE:
            self._status.lines = (line((" too small", StyleRole.DIM)),)
        self.footer.context = context
        self._write_tour(context, cells)
        rows = banner(view, cells)
        self._banner.lines = rows
        self._banner.display = bool(rows)
        self._banner.styles.height = max(len(rows), 1)

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
