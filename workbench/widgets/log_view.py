"""A log: bounded, drawn line by line, following its end until the reader scrolls away."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from textual.reactive import reactive

from workbench.search.searchable import Found
from workbench.text.lines import Line, Row, Span, plain
from workbench.text.wrapping import rows_of_text, wrap
from workbench.widgets.line_view import LineView, no_match_rows

if TYPE_CHECKING:
    from workbench.search.query import Query

Entry = TypeVar("Entry")

KEPT_ENTRIES = 5_000
"""Lines a log keeps; older ones are forgotten and counted."""


class LogView(LineView, Generic[Entry], inherit_bindings=False):
    """Entries, each of one row or, when wrapped, of several.

    Only rows in sight are made into text, so a flood of entries costs their number of list
    operations and no more. The rows of an entry that is forgotten go with it, and the reader's
    place moves with the rows.
    """

    following: reactive[bool] = reactive(True, repaint=False)
    wrapped: reactive[bool] = reactive(False, repaint=False)

    def __init__(
        self, *, wrapped: bool = False, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._entries: deque[Entry] = deque()
        self._heights: deque[int] = deque()
        self._hits: deque[bool] = deque()
        """Which of the entries are searched for."""
        self._rows: list[Entry] = []
        """The entry of each row."""
        self._parts: list[int] = []
        """Which row of its entry each row is."""
        self._cut: tuple[Entry, int, list[Line]] | None = None
        """The entry that was cut into rows last, for how many cells, and its rows."""
        self._tail = 0
        self._widest = 0
        self.body_cells = 80
        """Cells of a row after the gutter, as of the last resize."""
        self.forgotten = 0
        self.set_reactive(LogView.wrapped, wrapped)

    @property
    def lines_wanted(self) -> None:
        """A log takes what is left over."""
        return

    # ---- what a log of something says

    gutter_cells: int = 1
    """Cells in front of every row: the cursor's, and what `entry_gutter` puts there."""

    @abstractmethod
    def entry_gutter(self, entry: Entry) -> Line:
        """`gutter_cells` cells in front of the entry's first row."""

    @abstractmethod
    def entry_body(self, entry: Entry) -> Line:
        """The entry as one line, however long."""

    def entry_text(self, entry: Entry) -> str:
        """The text of `entry_body`."""
        return plain(self.entry_body(entry))

    @abstractmethod
    def entry_cells(self, entry: Entry) -> int:
        """Cells of the body, without making it."""

    def entry_target(self, entry: Entry) -> object:
        """What opening the entry opens."""
        return None

    def entry_record(self, entry: Entry) -> object:
        """What a condition behind `/` is asked of."""
        return None

    def empty_rows(self) -> Sequence[Row]:
        """What is shown while there is nothing: it teaches."""
        return ()

    def show_heading(self, heading: tuple[Line, ...]) -> None:
        """Show these lines above the entries; nothing is drawn again when they are the same."""
        if heading != self.heading:
            self.heading = heading
            self._measure()
            self.refresh()

    # ---- entries

    @property
    def entries(self) -> Sequence[Entry]:
        """Entries that are kept, oldest first."""
        return tuple(self._entries)

    def add(self, entries: Sequence[Entry], tail: Sequence[Entry] = ()) -> None:
        """Append entries; the oldest make room. `tail` stays until the next entries come."""
        if self.room and self.body_cells != self._cells_for_body:
            self._measure_again()  # no event tells of each way in which a log gets another width
        for _ in range(self._tail):
            self._entries.pop()
            self._hits.pop()
            self._cut_rows(slice(len(self._rows) - self._heights.pop(), None))
        over = max(len(entries) - KEPT_ENTRIES, 0)
        self.forgotten += over
        fresh = (*entries[over:], *tail)
        self._widest = max(self._widest, *map(self.entry_cells, fresh)) if fresh else self._widest
        hits = [self.sought is not None and self._entry_matches(entry) for entry in fresh]
        heights = self._shown_heights(fresh, hits)
        self._hits.extend(hits)
        self._entries.extend(fresh)
        self._heights.extend(heights)
        self._add_rows(fresh, heights)
        self._tail = len(tail)
        self._forget(len(self._entries) - KEPT_ENTRIES)
        self._measure()
        self.refresh()

    def clear(self) -> None:
        """Forget everything and follow the end."""
        self._entries.clear()
        self._heights.clear()
        self._hits.clear()
        self._cut_rows(slice(None))
        self._tail = 0
        self._widest = 0
        self.forgotten = 0
        self.cursor = None
        self.following = True
        self._measure()
        self.refresh()

    def _add_rows(self, entries: Iterable[Entry], heights: Sequence[int]) -> None:
        if all(height == 1 for height in heights):
            self._rows += entries
            self._parts += bytes(len(heights))
            return
        for entry, height in zip(entries, heights, strict=True):
            self._rows += [entry] * height
            self._parts += range(height)

    def _cut_rows(self, rows: slice) -> None:
        del self._rows[rows], self._parts[rows]

    def _heights_of(self, entries: Collection[Entry]) -> list[int]:
        if not self.wrapped or not self.room:  # out of sight: cut when it is seen
            return [1] * len(entries)
        room = self.body_cells
        return [
            1 if cells <= room else rows_of_text(self.entry_text(entry), room)
            for entry, cells in zip(entries, map(self.entry_cells, entries), strict=True)
        ]

    def _rows_of_nothing(self) -> Sequence[Row]:
        if self.sought is None or not self._entries:
            return self.empty_rows()
        return no_match_rows(self.sought.text, len(self._entries))

    # ---- searching

    filters = True

    def _entry_matches(self, entry: Entry) -> bool:
        if self.sought is None:
            return False
        text = plain((*self.entry_gutter(entry), *self.entry_body(entry)))
        return self.sought.matches(text, partial(self.entry_record, entry))

    def _shown_heights(self, entries: Collection[Entry], hits: Collection[bool]) -> list[int]:
        """Rows of each entry; none of those that are hidden."""
        heights = self._heights_of(entries)
        if self.sought is None or not self.filtering:
            return heights
        return [height if hit else 0 for height, hit in zip(heights, hits, strict=True)]

    def search(self, query: Query | None, *, filtering: bool) -> None:
        """Hide entries that do not match, or mark those that do."""
        self.sought, self.filtering = query, filtering
        self._hits = deque(self._entry_matches(entry) for entry in self._entries)
        self._measure_again()

    def found(self) -> Found:
        """How many entries match."""
        return Found(sum(self._hits), len(self._entries))

    def is_match(self, index: int) -> bool:
        """Whether the entry of a row is searched for; its first row says so."""
        if not self._rows or self._parts[index]:
            return False
        return self._entry_matches(self._rows[index])

    def _pieces(self, entry: Entry) -> list[Line]:
        """Its rows. Those of one entry are asked for one after the other, so they are kept."""
        kept = self._cut
        if kept is None or kept[0] is not entry or kept[1] != self.body_cells:
            rows = wrap(self.entry_body(entry), self.body_cells)
            kept = self._cut = entry, self.body_cells, rows
        return kept[2]

    def _forget(self, count: int) -> None:
        if count <= 0:
            return
        gone = 0
        for _ in range(count):
            self._entries.popleft()
            self._hits.popleft()
            gone += self._heights.popleft()
        self._cut_rows(slice(gone))
        self.forgotten += count
        if self.cursor is not None:
            self.cursor = max(self.cursor - gone, 0)
        if not self.following:
            self.scroll_to(y=max(self.scroll_y - gone, 0), animate=False, force=True)

    @property
    def _cells_for_body(self) -> int:
        return max(self.room - self.gutter_cells, 1)

    def _measure_again(self) -> None:
        self.body_cells = self._cells_for_body
        heights = self._shown_heights(self._entries, self._hits)
        self._heights = deque(heights)
        self._cut_rows(slice(None))
        self._add_rows(self._entries, heights)
        if self.cursor is not None:
            self.cursor = min(self.cursor, len(self._rows) - 1) if self._rows else None
        self._measure()
        self.refresh()

    def _measure(self) -> None:
        self.rows = self._rows or self._rows_of_nothing()  # type: ignore[assignment]
        width = 0 if self.wrapped else self._widest + self.gutter_cells
        self.set_extent(width, len(self.rows) + len(self.heading))
        if self.following:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)
        self._write_lower_border()

    # ---- rows

    def spans_at(self, index: int) -> Line:
        """Spans of a row, made now."""
        if not self._rows:
            return self.rows[index].spans
        entry, part = self._rows[index], self._parts[index]
        gutter = self.entry_gutter(entry) if not part else (Span(" " * self.gutter_cells),)
        if not self.wrapped or self.entry_cells(entry) <= self.body_cells:
            return gutter + self.entry_body(entry)
        pieces = self._pieces(entry)
        return gutter + pieces[part] if part < len(pieces) else gutter

    def target_at(self, index: int) -> object:
        """What the entry of a row stands for."""
        return self.entry_target(self._rows[index]) if self._rows else None

    def take_last(self) -> None:
        """Put the cursor on the last row where it is on none and the end is followed."""
        if self.cursor is None and self.following and self._rows:
            self.set_cursor(len(self._rows) - 1)

    def open(self) -> None:
        """Open the entry of the cursor; of a log that follows its end, the last one."""
        self.take_last()
        if self.cursor is not None and self._rows:
            target = self.target_at(self.cursor)
            if target is not None:
                self.post_message(self.Opened(self, target))

    @property
    def entry_at_cursor(self) -> Entry | None:
        """The entry of the cursor."""
        return None if self.cursor is None or not self._rows else self._rows[self.cursor]

    def copy_text(self) -> str | None:
        """Text of the whole entry of the cursor."""
        if self.cursor is None or not self._rows:
            return None
        return plain(self.entry_body(self._rows[self.cursor]))

    # ---- following

    def set_cursor(self, row: int) -> None:
        """The reader looks at a row: stop following."""
        self.following = False
        super().set_cursor(row)

    def page(self, pages: int) -> None:
        """Move by pages; at the end, follow it again."""
        if pages > 0 and self.cursor is None and self.scroll_y + self.page_rows >= len(self.rows):
            self.following = True
            return
        self.following = False
        super().page(pages)

    def jump(self, end: bool) -> None:
        """Go to the first row, or to the end and follow it."""
        if end:
            self.cursor = None
            self.following = True
            self.refresh()
        else:
            super().jump(end)

    def watch_following(self, following: bool) -> None:
        """Go to the end when following begins."""
        if following:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)

    def watch_wrapped(self) -> None:
        """Cut entries into rows again."""
        self.scroll_to(x=0, animate=False, force=True)
        self._measure_again()

    def on_resize(self) -> None:
        """Cut entries into rows again, for the new width."""
        self._measure_again()

    def _on_mouse_scroll_up(self, event: object) -> None:
        self.following = False
        super()._on_mouse_scroll_up(event)  # type: ignore[arg-type]

    def _on_mouse_scroll_down(self, event: object) -> None:
        super()._on_mouse_scroll_down(event)  # type: ignore[arg-type]
        if self.scroll_target_y >= self.max_scroll_y:
            self.following = True
