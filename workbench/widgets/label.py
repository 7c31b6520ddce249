"""A widget of a few fixed lines: header, status, tab bars."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from workbench.text.lines import Line, width_of
from workbench.widgets.styles import segments, styles_of


class LineLabel(Widget):
    """Shows lines as they are; what does not fit is cut at the right."""

    ALLOW_SELECT = False

    lines: reactive[tuple[Line, ...]] = reactive(())

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
        drawn = segments(lines[y], base, styles_of(self))
        return Strip(drawn).adjust_cell_length(self.size.width, base)

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
