"""Rows as they are painted: styled, cut to the room there is, and marked with the mouse."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip

from workbench.painting.styles import RowStyle, segments
from workbench.text.lines import Line, plain

CUT = "…"
"""Stands at the right where a row is longer than its room."""


def row_strip(spans: Line, base: Style, style: RowStyle) -> Strip:
    """A row, at least as wide as the rows of this drawing."""
    width, _, styles = style
    drawn = segments(spans, base, styles)
    cells = sum(segment.cell_length for segment in drawn)
    if cells < width:
        drawn.append(Segment(" " * (width - cells), base))
    return Strip(drawn, max(cells, width))


def cut_to(strip: Strip, width: int, base: Style) -> Strip:
    """The first `width` cells, the last of them the sign of what is cut off."""
    return Strip.join([strip.crop(0, width - 1), Strip([Segment(CUT, base)])])


def scrolled_to(strip: Strip, left: int, width: int, base: Style) -> Strip:
    """The `width` cells from cell `left` on, with a sign where more follows."""
    more = strip.cell_length > left + width
    strip = strip.crop_extend(left, left + width, base)
    return cut_to(strip, width, base) if more and width > 1 else strip


def with_marked(strip: Strip, span: tuple[int, int], style: Style) -> Strip:
    """The row with these cells in the style of what the mouse marked; to the end with -1."""
    start, end = span[0], strip.cell_length if span[1] == -1 else span[1]
    before, inside, after = (
        strip.crop(0, start),
        strip.crop(start, end).apply_style(style),
        strip.crop(end),
    )
    return Strip.join([before, inside, after])


def marked_text(selection: Selection, rows: int, spans_at: Callable[[int], Line]) -> str:
    """The text of `rows` rows that the mouse marked; only the marked rows are made."""
    first = 0 if selection.start is None else selection.start.y
    last = rows - 1 if selection.end is None else selection.end.y
    text = "\n".join(plain(spans_at(index)) for index in range(first, min(last + 1, rows)))
    up = Offset(0, -first)
    start = None if selection.start is None else selection.start + up
    end = None if selection.end is None else selection.end + up
    return Selection(start, end).extract(text)
