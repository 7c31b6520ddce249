"""The strips of a widget between two paints, and what they are framed with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rich.segment import Segment
from rich.style import Style as RichStyle
from textual._border import get_box
from textual._styles_cache import StylesCache
from textual.color import Color
from textual.css.styles import StylesBase
from textual.css.types import EdgeType
from textual.filter import LineFilter
from textual.geometry import Region, Size, Spacing
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

PaintLine = Callable[[int], Strip]


class _Frame(NamedTuple):
    """What is around the lines of the content."""

    rows: range
    """Lines that are nothing but content between two sides."""
    fill: RichStyle
    left: tuple[Segment, ...]
    right: tuple[Segment, ...]


class PaintCache(StylesCache):
    """As Textual's (textual 8.2.8, _styles_cache.py), for widgets that draw line by line.

    Textual goes through the lines of every widget at each paint, and looks up the frame's colours
    for each line. Here a widget of which no line changed gives the strips it gave before, and the
    frame is looked up once a paint.
    """

    def __init__(self, paint_line: PaintLine | None = None) -> None:
        """`paint_line` draws a line of the content in place of the widget's `render_line`: without
        what only the mouse asks for."""
        super().__init__()
        self._paint_line = paint_line
        self._given: tuple[Region, Sequence[LineFilter], list[Strip]] | None = None
        self._frame: _Frame | None = None

    @property
    def needs_paint(self) -> bool:
        """Whether lines have to be drawn."""
        return bool(self._dirty_lines) or self._given is None

    def set_dirty(self, *regions: Region) -> None:
        """These lines have to be drawn again."""
        self._given = None
        super().set_dirty(*regions)

    def clear(self) -> None:
        """All lines have to be drawn again."""
        self._given = None
        super().clear()

    def render_widget(self, widget: Widget, crop: Region) -> list[Strip]:
        """The strips of a part of the widget."""
        filters = widget.get_line_filters()
        given = self._given
        if given is not None and given[0] == crop and given[1] == filters:
            return given[2]
        self._frame = None
        strips = super().render_widget(widget, crop)
        self._given = crop, filters, strips
        return strips

    def render_line(
        self,
        styles: StylesBase,
        y: int,
        size: Size,
        content_size: Size,
        padding: Spacing,
        base_background: Color,
        background: Color,
        render_content_line: PaintLine,
        border_title: Any,
        border_subtitle: Any,
        opacity: float,
        ansi_theme: Any,
        native_ansi: bool,
    ) -> Strip:
        """One line with its frame; in Textual's way where it is more than a line of the content."""
        draw, frame = self._paint_line or render_content_line, self._frame
        if frame is None:
            plain = opacity == 1.0 and not any(padding) and _is_plain(styles)
            frame = self._frame = _frame(
                styles, content_size.height if plain else 0, base_background, background
            )
        if y not in frame.rows:
            return super().render_line(
                styles, y, size, content_size, padding, base_background, background,
                draw, border_title, border_subtitle, opacity, ansi_theme, native_ansi,
            )  # fmt: skip
        strip = draw(y - frame.rows.start)
        strip = strip.adjust_cell_length(content_size.width, frame.fill)
        if not frame.left and not frame.right:
            return strip
        return Strip((*frame.left, *strip, *frame.right), size.width)


def _is_plain(styles: StylesBase) -> bool:
    """True where nothing is done to a line but to put it into its frame."""
    outline = any(edge for edge, _ in styles.outline)
    return not (outline or styles.tint.a or styles.text_opacity != 1.0 or styles.has_rule("hatch"))


def _frame(styles: StylesBase, height: int, beneath: Color, ground: Color) -> _Frame:
    inner, outer = Style(background=beneath + ground), Style(background=beneath)
    _, (right, right_colour), _, (left, left_colour) = styles.border

    def side(edge: EdgeType, colour: Color, index: int) -> tuple[Segment, ...]:
        box = get_box(edge, inner, outer, Style(foreground=beneath + colour))
        return (box[1][index],) if edge else ()

    top = styles.gutter.top
    return _Frame(
        range(top, top + height),
        inner.rich_style,
        side(left, left_colour, 0),
        side(right, right_colour, 2),
    )
