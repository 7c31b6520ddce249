"""A document's rows, drawn as they come into sight; what takes long is done on a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import overload

from textual.message import Message

from workbench.payloads.deadline import Deadline, TookTooLongError
from workbench.payloads.documents.document import PayloadDocument, PayloadPlace
from workbench.text.glyphs import BREAK_ON
from workbench.text.lines import Line, Row, Span, StyleRole
from workbench.widgets.line_view import LineView

READ_S = 5.0
"""How long reading on, or opening everything, may take."""

AHEAD = 200
"""Rows that are read below those in sight."""

KEPT_LINES = 500
"""Drawn lines kept, to be shown while the document is busy on its thread."""

WORK = "payload"
"""Workers that look into a document."""

BLANK = Span(" ")
MARK = Span(BREAK_ON, StyleRole.NEXT)
"""Before a row that a condition looked at."""


class DocumentRows(Sequence[Row]):
    """The rows of a document as a pane wants them: a cell for a mark, then the line.

    Marked are the rows that show one of the `places`, offsets in the document's data.
    """

    def __init__(self, document: PayloadDocument, busy: Lock, places: Sequence[int]) -> None:
        self._document = document
        self._busy = busy
        self._places = places
        self._drawn: dict[int, Line] = {}

    def __len__(self) -> int:
        return self._document.rows

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...

    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        return Row(self._line(index))

    def _line(self, index: int) -> Line:
        """The line; while the document is busy, as it was drawn last."""
        if not self._busy.acquire(blocking=False):
            return self._drawn.get(index, (BLANK, Span("…")))
        try:
            made = (self._mark(index), *self._document.line(index))
        finally:
            self._busy.release()
        if len(self._drawn) > KEPT_LINES:
            self._drawn.clear()
        self._drawn[index] = made
        return made

    def _mark(self, index: int) -> Span:
        if not self._places:
            return BLANK
        # Imported with the first condition: other payloads do not wait for it.
        from workbench.payloads.documents.read_places import is_read

        return MARK if is_read(self._document, index, self._places) else BLANK


class DocumentView(LineView, inherit_bindings=False):
    """Moves through a document, folds it, and finds places in it."""

    class Moved(Message):
        """The cursor stands elsewhere, or something else stands there."""

    class Said(Message):
        """Something is to be told."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.document: PayloadDocument | None = None
        self.highlight: Callable[[Line], Line] | None = None
        """What is done to lines before they are drawn."""
        self.went_to = -1
        """The offset that was gone to last, while the cursor stays in its row."""
        self._busy = Lock()
        self._places: Sequence[int] = ()

    def look_into(self, document: PayloadDocument, places: Sequence[int] = ()) -> None:
        """Show another document, from its beginning; `places` in its data are marked."""
        self.document = document
        self._places = places
        self._busy = Lock()
        self._fit(document)
        self.rows = DocumentRows(document, self._busy, places)
        self.cursor = None
        self.scroll_to(y=0, animate=False, force=True)
        self.set_cursor(0)
        self._changed()

    def _fit(self, document: PayloadDocument) -> None:
        document.fit(max(self.room - 1, 1), max(self.size.height - len(document.heading()), 1))

    def on_resize(self) -> None:
        """Rows follow the width; the cursor stays at its place in the payload."""
        document = self.document
        if document is None:
            return
        with self._taken() as taken:
            if not taken:
                return
            offset = document.offset_of(self.cursor) if self.cursor is not None else 0
            self._fit(document)
        self.rows = DocumentRows(document, self._busy, self._places)
        self._changed()
        if offset:
            self.go_to(offset)

    @contextmanager
    def _taken(self) -> Iterator[bool]:
        """False where the document is at work on its thread; then nothing is done."""
        taken = self._busy.acquire(blocking=False)
        try:
            yield taken
        finally:
            if taken:
                self._busy.release()

    def _changed(self) -> None:
        """Rows came or went."""
        document = self.document
        if document is None:
            return
        with self._taken() as taken:
            if taken:
                self.heading = tuple((Span(" "), *spans) for spans in document.heading())
        if self.cursor is not None:
            self.cursor = min(self.cursor, max(len(self.rows) - 1, 0))
        self._measure()
        self.refresh()
        self.post_message(self.Moved())

    def _measure(self) -> None:
        self.set_extent(self.room, len(self.rows) + len(self.heading))

    # ---- where the cursor stands

    def place(self) -> PayloadPlace | None:
        """What stands under the cursor; None while that is not known."""
        document = self.document
        if document is None or self.cursor is None or not len(self.rows):
            return None
        with self._taken() as taken:
            return document.place(self.cursor) if taken else None

    def standing(self) -> int:
        """Where in the document's data the cursor stands."""
        document = self.document
        if document is None or self.cursor is None or not len(self.rows):
            return 0
        with self._taken() as taken:
            return document.offset_of(self.cursor) if taken else 0

    def set_cursor(self, row: int) -> None:
        """Put the cursor on a row; more rows are read before it comes to the last one."""
        self.went_to = -1
        super().set_cursor(row)
        self._read_ahead()
        self.post_message(self.Moved())

    def watch_scroll_y(self, old: float, new: float) -> None:
        """Read on before the end is in sight."""
        super().watch_scroll_y(old, new)
        self._read_ahead()

    def _read_ahead(self) -> None:
        document = self.document
        if document is None or document.whole:
            return
        wanted = max(self.cursor or 0, int(self.scroll_y)) + self.page_rows + AHEAD
        if wanted >= document.rows:
            self.work(lambda deadline: document.read_to(wanted, deadline))

    def spans_at(self, index: int) -> Line:
        """The row, with what is searched for in it."""
        spans = super().spans_at(index)
        return spans if self.highlight is None else self.highlight(spans)

    # ---- moving

    def move(self, across: int, down: int) -> None:
        """Down to another row; across into what is folded, or to another column."""
        document = self.document
        if across and document is not None and self.cursor is not None:
            with self._taken() as taken:
                row = document.across(self.cursor, across) if taken else None
            if row is not None:
                self._changed()
                self.set_cursor(row)
                return
        super().move(across, down)

    def jump(self, end: bool) -> None:
        """Go to the first row; or to the last one, for which everything is read."""
        document = self.document
        if document is None or not end or document.whole:
            super().jump(end)
            return

        def read(deadline: Deadline) -> None:
            while not document.whole:
                document.read_to(document.rows * 2, deadline)

        self.work(read, lambda: super(DocumentView, self).jump(True))

    def open(self) -> None:
        """Fold what is open, or open what is folded."""
        document = self.document
        if document is None or self.cursor is None:
            return
        with self._taken() as taken:
            turned = taken and document.turn(self.cursor)
        if turned:
            self._changed()

    def turn_all(self, then: Callable[[], None] | None = None) -> None:
        """Open everything, or fold it again."""
        document = self.document
        if document is not None:
            self.work(document.turn_all, then)

    def go_to(self, offset: int) -> None:
        """Show a byte of the document's data."""
        document = self.document
        if document is None:
            return
        found: list[int] = []

        def there() -> None:
            if found:
                self.set_cursor(found[0])
                self.went_to = offset

        self.work(lambda deadline: found.append(document.row_at(offset, deadline)), there)

    # ---- work that takes long

    def work(
        self, work: Callable[[Deadline], None], then: Callable[[], None] | None = None
    ) -> None:
        """Let a thread do something with the document, and `then` show it."""
        self.run_worker(self._worked(work, then), group=WORK)

    async def _worked(
        self, work: Callable[[Deadline], None], then: Callable[[], None] | None
    ) -> None:
        document, busy = self.document, self._busy

        def locked() -> str:
            with busy:
                try:
                    work(Deadline(READ_S))
                except TookTooLongError:
                    return "That took too long, and was ended."
                return ""

        said = await asyncio.to_thread(locked)
        if document is not self.document:
            return
        self._changed()
        if said:
            self.post_message(self.Said(said))
        if then is not None:
            then()
