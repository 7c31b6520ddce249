"""A widget of a few fixed lines: header, status, tab bars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from workbench.painting.paint_cache import PaintCache
from workbench.painting.strips import cut_to
from workbench.painting.styles import segments, styles_of
from workbench.text.lines import Line, width_of


class LineLabel(Widget):
    """Shows lines as they are; what does not fit is cut at the right, with a mark."""

    ALLOW_SELECT = False

    lines: reactive[tuple[Line, ...]] = reactive(())

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._styles_cache = PaintCache()

    class Clicked(Message):
        """A span of the label was clicked."""

        def __init__(self, label: LineLabel, row: int, span: int) -> None:
            super().__init__()
            self.label = label
            self.row = row
            self.span = span

        @property
        def control(self) -> LineLabel:
            """The label."""
            return self.label

    def drawn_lines(self) -> tuple[Line, ...]:
        """What is drawn, asked for at each paint."""
        return self.lines

    def render_line(self, y: int) -> Strip:
        """One line in the widget's own colours and the styles of its spans."""
        base, lines = self.rich_style, self.drawn_lines()
        if y >= len(lines):
            return Strip.blank(self.size.width, base)
        strip = Strip(segments(lines[y], base, styles_of(self)))
        width = self.size.width
        if strip.cell_length > width > 0:
            return cut_to(strip, width, base)
        return strip.adjust_cell_length(width, base)

    def on_click(self, event: events.Click) -> None:
        """Tell which span was clicked."""
        lines = self.drawn_lines()
        if event.y >= len(lines):
            return
        end = 0
        for index, span in enumerate(lines[event.y]):
            end += width_of((span,))
            if event.x < end:
                self.post_message(self.Clicked(self, event.y, index))
                return


class BuiltLabel(LineLabel):
    """Makes its lines when it is drawn: once a paint, however often what they tell changes."""

    told: reactive[object] = reactive(None)
    """What the lines are made of."""

    def __init__(self, build: Callable[[Any], tuple[Line, ...]], *, id: str) -> None:
        """`build` gets what is told, which is None at first."""
        super().__init__(id=id)
        self._build = build
        self._built: tuple[object, tuple[Line, ...]] | None = None

    def drawn_lines(self) -> tuple[Line, ...]:
        """The lines of what is told now."""
        built = self._built
        if built is None or built[0] is not self.told:
            built = self._built = self.told, self._build(self.told)
        return built[1]
