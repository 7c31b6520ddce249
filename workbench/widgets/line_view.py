"""A pane of lines: drawn line by line on demand, with a cursor and something to open."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection as MarkedText
from textual.strip import Strip
from textual.widget import Widget

from runtime.expression.vocabulary import Vocabulary
from workbench.painting.paint_cache import PaintCache
from workbench.painting.strips import cut_to, marked_text, row_strip, scrolled_to, with_marked
from workbench.painting.styles import RowStyle, styles_of
from workbench.search.highlight import highlighted
from workbench.search.searchable import Found
from workbench.text.excerpt import excerpt
from workbench.text.lazy_rows import widest_row
from workbench.text.lines import Line, Row, StyleRole, line, plain, with_cursor
from workbench.widgets.border_words import lower_words

if TYPE_CHECKING:
    from workbench.search.query import Query


class RowMessage(Message):
    """Something about a row of a view, and what the row stands for."""

    def __init__(self, view: LineView, target: object) -> None:
        super().__init__()
        self.view = view
        self.target = target

    @property
    def control(self) -> LineView:
        """The view the row belongs to."""
        return self.view


class LineView(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows under a fixed heading. The first cell of a row is the cursor's."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line-view--cursor",
        "line-view--cursor-away",
    }

    class Opened(RowMessage):
        """A row was opened."""

    class Pointed(RowMessage):
        """The cursor came to a row that stands for something."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._styles_cache = PaintCache(self.paint_line)
        self.rows: Sequence[Row] = ()
        self.heading: tuple[Line, ...] = ()
        self.cursor: int | None = None
        self.sought: Query | None = None
        """What is searched for."""
        self.filtering = False
        """True while rows that do not match are hidden."""
        self._given: Sequence[Row] = ()
        self._row_style: RowStyle | None = None
        self._border_note = ""
        self._in_border = ""

    def show(self, rows: Sequence[Row], heading: tuple[Line, ...] = ()) -> None:
        """Show these rows; nothing is drawn again when they are the same."""
        if rows == self._given and heading == self.heading:
            return
        drawn, in_place = self.rows, heading == self.heading
        self._given, self.heading = rows, heading
        self._take_rows()
        if in_place and len(drawn) == len(self.rows):
            self._refresh_rows(drawn)
        else:
            self.refresh()

    def _refresh_rows(self, drawn: Sequence[Row]) -> None:
        """Draw again what is in sight and not the same as what was drawn."""
        first = int(self.scroll_y)
        for index in range(first, min(first + self.page_rows, len(drawn))):
            if drawn[index] != self.rows[index]:
                self.refresh_line(len(self.heading) + index)

    def _take_rows(self) -> None:
        """Take what was given, as far as it is searched for."""
        self.rows = self._given
        query = self.sought
        if query is not None and self.filtering:
            matching = [row for row in self._given if self._row_matches(row, query)]
            self.rows = matching or no_match_rows(query.text, len(self._given))
        if self.cursor is not None:
            self.cursor = min(self.cursor, len(self.rows) - 1) if self.rows else None
        self._measure()

    @property
    def lines_wanted(self) -> int | None:
        """Lines it would show if there were room; None where it can use any number."""
        return len(self.rows) + len(self.heading)

    # ---- searching

    vocabulary: ClassVar[Vocabulary | None] = None
    """The fields that a condition behind `/` may name."""

    filters: ClassVar[bool] = False
    """True where a search hides what does not match, unless the user wants it otherwise."""

    def record_of(self, row: Row) -> object:
        """What a condition is asked of; None for a row that stands for nothing."""
        return None

    def searched_text(self, row: Row) -> str:
        """What words are looked for in: the text that is seen."""
        return plain(row.spans)

    def _row_matches(self, row: Row, query: Query) -> bool:
        return query.matches(self.searched_text(row), partial(self.record_of, row))

    def search(self, query: Query | None, *, filtering: bool) -> None:
        """Hide rows that do not match, or mark those that do; None searches for nothing."""
        self.sought, self.filtering = query, filtering
        self._take_rows()
        self.refresh()

    def found(self) -> Found:
        """How many rows match."""
        query = self.sought
        if query is None:
            return Found(0, len(self._given))
        return Found(sum(self._row_matches(row, query) for row in self._given), len(self._given))

    def is_match(self, index: int) -> bool:
        """Whether a row that is shown is searched for."""
        return self.sought is not None and self._row_matches(self.rows[index], self.sought)

    def go_to_match(self, step: int) -> bool:
        """Put the cursor on the next row that matches, round from the end; False without any."""
        count = len(self.rows)
        here = self.cursor
        if here is None:
            here = int(self.scroll_y) - 1 if step > 0 else int(self.scroll_y)
        for distance in range(1, count + 1):
            index = (here + step * distance) % count
            if self.is_match(index):
                self.set_cursor(index)
                return True
        return False

    # ---- moving

    def move(self, across: int, down: int) -> None:
        """Move the cursor; the first move puts it on a row that is in sight."""
        if not self.rows or not down:
            return
        if self.cursor is None:
            first = int(self.scroll_y)
            last = min(first + self.page_rows, len(self.rows)) - 1
            self.set_cursor(first if down > 0 else last)
        else:
            self.set_cursor(self.cursor + down)

    def page(self, pages: int) -> None:
        """Move by pages of rows."""
        if self.cursor is None:
            self.scroll_to(y=self.scroll_y + pages * self.page_rows, animate=False, force=True)
        else:
            self.set_cursor(self.cursor + pages * self.page_rows)

    def jump(self, end: bool) -> None:
        """Go to the first or the last row."""
        self.set_cursor(len(self.rows) - 1 if end else 0)

    def sideways(self, step: int) -> None:
        """Scroll across."""
        self.scroll_to(x=self.scroll_x + 8 * step, animate=False, force=True)

    def open(self) -> None:
        """Open the row of the cursor; without a cursor, put it on the first row to be opened."""
        openable = (at for at, row in enumerate(self.rows) if row.target is not None)
        if self.cursor is None and (first := next(openable, None)) is not None:
            self.set_cursor(first)
        elif self.cursor is not None and self.rows[self.cursor].target is not None:
            self.post_message(self.Opened(self, self.rows[self.cursor].target))

    def target_at(self, index: int) -> object:
        """What a row stands for; None for nothing."""
        return self.rows[index].target

    def copy_text(self) -> str | None:
        """Text of the row of the cursor."""
        return None if self.cursor is None else plain(self.rows[self.cursor].spans).strip()

    @property
    def copied_part(self) -> str:
        """Which part of the whole `copy_text` is; empty when it is all."""
        return ""

    @property
    def room(self) -> int:
        """Cells of a row; the scroll bar has its own."""
        return self.scrollable_content_region.width

    @property
    def page_rows(self) -> int:
        """Rows in sight."""
        return max(self.size.height - len(self.heading), 1)

    def set_cursor(self, row: int) -> None:
        """Put the cursor on a row and bring it into sight."""
        if not self.rows:
            return
        self.cursor = min(max(row, 0), len(self.rows) - 1)
        target = self.target_at(self.cursor)
        if target is not None:
            self.post_message(self.Pointed(self, target))
        if not self.size.height:
            return
        if self.cursor < self.scroll_y:
            self.scroll_to(y=self.cursor, animate=False, force=True)
        elif self.cursor >= self.scroll_y + self.page_rows:
            self.scroll_to(y=self.cursor - self.page_rows + 1, animate=False, force=True)
        self.refresh()

    # ---- the border

    def note_in_border(self, words: str) -> None:
        """Have the lower border say this, before how many rows are out of sight."""
        self._border_note = words
        self._write_lower_border()

    def _write_lower_border(self) -> None:
        if not self.size.height or self.styles.border_bottom[0] in ("", "none"):
            return
        above = round(self.scroll_y)
        below = len(self.rows) - above - self.page_rows
        words = lower_words(self._border_note, above, below, self.outer_size.width - 2)
        if words != self._in_border:  # to set a border's words paints the whole pane again
            self._in_border = words
            self.border_subtitle = Content(words)

    def watch_scroll_y(self, old: float, new: float) -> None:
        """What is out of sight is counted."""
        super().watch_scroll_y(old, new)
        self._write_lower_border()

    def on_resize(self) -> None:
        """What is out of sight is counted."""
        self._write_lower_border()

    # ---- drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines of a part of the pane; what they share is looked up once for all of them."""
        self._row_style = None
        return super().render_lines(crop)

    @property
    def row_style(self) -> RowStyle:
        """Width and styles of the rows that are being drawn."""
        if self._row_style is None:
            self._row_style = RowStyle(self.room, self.rich_style, styles_of(self))
        return self._row_style

    def render_line(self, y: int) -> Strip:
        """As it is painted, with the places that marking with the mouse asks for."""
        index = y - len(self.heading) + self.scroll_offset.y
        strip = self.paint_line(y)
        if y < len(self.heading) or index >= len(self.rows):
            return strip
        return strip.apply_offsets(self.scroll_offset.x, index)

    def paint_line(self, y: int) -> Strip:
        """The heading, or the row that is scrolled to this place."""
        style = self.row_style
        width, base, _ = style
        if y < len(self.heading):
            strip = row_strip(self.heading[y], base, style)
            return cut_to(strip, width, base) if strip.cell_length > width > 0 else strip
        index = y - len(self.heading) + self.scroll_offset.y
        if index >= len(self.rows):
            return Strip.blank(width, base)
        spans = self.spans_at(index)
        if self.sought is not None:
            spans = highlighted(spans, self.sought)
        if index == self.cursor:
            part = "line-view--cursor" if self.has_focus else "line-view--cursor-away"
            base += self.get_component_rich_style(part)
            spans = with_cursor(spans)
        strip = self._mark(row_strip(spans, base, style), index)
        left = self.scroll_offset.x
        if left or strip.cell_length != width:
            return scrolled_to(strip, left, width, base)
        return strip

    def spans_at(self, index: int) -> Line:
        """Spans of a row; views of many rows make them only here."""
        return self.rows[index].spans

    def _mark(self, strip: Strip, index: int) -> Strip:
        """Show the part of the row that is marked with the mouse."""
        marked = self.text_selection
        span = marked.get_span(index) if marked is not None else None
        if span is None:
            return strip
        return with_marked(strip, span, self.screen.get_component_rich_style("screen--selection"))

    def get_selection(self, selection: MarkedText) -> tuple[str, str] | None:
        """Text marked with the mouse."""
        return marked_text(selection, len(self.rows), self.spans_at), "\n"

    def selection_updated(self, selection: MarkedText | None) -> None:
        """Draw the marked part again."""
        self.refresh()

    def _measure(self) -> None:
        width = widest_row(self.rows)
        self.set_extent(width, len(self.rows) + len(self.heading))
        self._write_lower_border()

    def set_extent(self, width: int, height: int) -> None:
        """Set how far the content reaches.

        Setting `virtual_size` as usual would lay the whole screen out, on every new line.
        """
        size = Size(width, height)
        if size != self.virtual_size:
            self.set_reactive(Widget.virtual_size, size)
            self._scroll_update(size)

    def watch_has_focus(self, _focused: bool) -> None:
        """The cursor looks different in the pane that has the keys."""
        super().watch_has_focus(_focused)
        if self.cursor is not None:
            self.refresh()

    # ---- mouse

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the clicked row and open it."""
        content = event.get_content_offset(self)
        if content is None or content.y < len(self.heading):
            return
        index = content.y - len(self.heading) + self.scroll_offset.y
        if index < len(self.rows):
            self.set_cursor(index)
            self.open()


def no_match_rows(text: str, hidden: int) -> Sequence[Row]:
    """What is shown where a search hides everything."""
    return (
        Row(line("")),
        Row(line((f" No line matches {excerpt(text, 80)}.", StyleRole.DIM))),
        Row(line((" esc", StyleRole.KEY), (f" shows all {hidden:,}.", StyleRole.DIM))),
    )
