"""Records as a table: one row each, columns as wide as the first of them need."""

from __future__ import annotations

from bisect import bisect_right

from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.document import FlatDocument, PayloadPlace
from workbench.payloads.documents.record_rows import CELL_BYTES, RecordField, Records
from workbench.text.excerpt import excerpt
from workbench.text.lines import Line, Span, StyleRole, crop, pad, width_of

LOOKED_AT = 200
"""Records whose fields say which columns there are, and how wide."""

COLUMN_CELLS = 24
"""Widest column."""

GAP = "  "
ROWS_AT_ONCE = 512
MOST_SORTED = 200_000
"""Of more records a table is not sorted: their fields would all have to be kept."""

_ROLES = {
    "string": StyleRole.STRING,
    "number": StyleRole.NUMBER,
    "literal": StyleRole.LITERAL,
    "nested": StyleRole.DIM,
}


class TableDocument(FlatDocument):
    """A table with a cursor on one of its columns. Raises `TookTooLongError`."""

    name = "table"

    def __init__(self, records: Records, deadline: Deadline) -> None:
        self._records = records
        records.read(ROWS_AT_ONCE, deadline)
        looked_at = range(min(len(records.starts), LOOKED_AT))
        names = dict.fromkeys(name for at in looked_at for name in records.columns(at))
        self.columns = list(names)
        self.column = 0
        """Which column the cursor is on."""
        self._numeric: list[bool] = []
        self._widths: list[int] = []
        self._measure(looked_at)
        self._order: list[int] | None = None
        self._sorted_by: tuple[int, bool] | None = None
        self._cells = 80
        self._first = 0

    def _measure(self, looked_at: range) -> None:
        rows = [self._records.fields(at, self.columns, CELL_BYTES) for at in looked_at]
        for index, name in enumerate(self.columns):
            fields = [row[index] for row in rows if row[index].kind or row[index].text]
            self._numeric.append(bool(fields) and all(one.kind == "number" for one in fields))
            texts = (name, *(one.text for one in fields))
            widest = max(width_of((Span(excerpt(text, 80)),)) for text in texts)
            self._widths.append(min(max(widest, 3), COLUMN_CELLS))

    # ---- rows

    @property
    def rows(self) -> int:
        """Records that were found."""
        return len(self._records.starts)

    @property
    def whole(self) -> bool:
        """True when all records were found."""
        return self._records.done

    def fit(self, cells: int, lines: int | None = None) -> None:
        """Show as many columns as there is room for."""
        self._cells = cells
        self._bring_into_sight()

    def _number_cells(self) -> int:
        return max(len(f"{max(self.rows, 1):,}"), 3)

    def _bring_into_sight(self) -> None:
        """Let the first column that is shown be one from which the cursor's can be seen."""
        self._first = min(self._first, self.column)
        room = self._cells - self._number_cells()
        while self._first < self.column:
            shown = self._widths[self._first : self.column + 1]
            if sum(shown) + len(GAP) * len(shown) <= room:
                return
            self._first += 1

    def heading(self) -> tuple[Line, ...]:
        """Names of the columns; what is sorted by has a sign."""
        spans = [Span(pad("row", self._number_cells(), right=True), StyleRole.FAINT)]
        for index in range(self._first, len(self.columns)):
            name = excerpt(self.columns[index], 80)
            if self._sorted_by is not None and self._sorted_by[0] == index:
                name = ("v" if self._sorted_by[1] else "^") + name
            role = StyleRole.KEY if index == self.column else StyleRole.FAINT
            numeric = self._numeric[index]
            spans += [Span(GAP), Span(pad(name, self._widths[index], right=numeric), role)]
        return (crop(tuple(spans), 0, self._cells),)

    def line(self, row: int) -> Line:
        """The record's number and its fields."""
        record = self._record(row)
        number = pad(f"{record + 1:,}", self._number_cells(), right=True)
        spans = [Span(number, StyleRole.FAINT)]
        used = len(number)
        fields = self._records.fields(record, self.columns, CELL_BYTES)
        for index in range(self._first, len(self.columns)):
            if used > self._cells:
                break
            field, width = fields[index], self._widths[index]
            text = pad(excerpt(field.text, 2 * width), width, right=self._numeric[index])
            spans += [Span(GAP), Span(text, _role(field))]
            used += len(GAP) + width
        return crop(tuple(spans), 0, self._cells)

    def _record(self, row: int) -> int:
        if self._order is not None and row < len(self._order):
            return self._order[row]
        return row

    def place(self, row: int) -> PayloadPlace:
        """The field under the cursor."""
        record = self._record(row)
        if not self.columns:
            return PayloadPlace(f"record {record + 1:,}", "", self._records.whole(record))
        name = self.columns[self.column]
        field = self._records.fields(record, self.columns, None)[self.column]
        return PayloadPlace(self._records.path(record, name), field.kind, field.text)

    def across(self, row: int, step: int) -> int | None:
        """Go to another column."""
        self.column = min(max(self.column + step, 0), max(len(self.columns) - 1, 0))
        self._bring_into_sight()
        return row

    def sort(self, deadline: Deadline) -> str:
        """Sort by the column of the cursor, then downwards, then not at all; what was done.

        Raises `TookTooLongError`.
        """
        if not self.columns:
            return "There are no columns."
        before = self._sorted_by
        if before == (self.column, True):
            self._sorted_by = self._order = None
            return "In the order of the payload."
        downwards = before == (self.column, False)
        self._records.read(MOST_SORTED + 1, deadline)
        if self.rows > MOST_SORTED:
            return f"More than {MOST_SORTED:,} records are not sorted."
        keys = []
        for record in range(self.rows):
            if record % 256 == 0:
                deadline.check()
            keys.append(_sort_key(self._records.scalar(record, self.columns, self.column)))
        self._order = sorted(range(self.rows), key=keys.__getitem__, reverse=downwards)
        self._sorted_by = self.column, downwards
        named = width_of((Span(excerpt(self.columns[self.column], 80)),)) + len("^")
        self._widths[self.column] = max(self._widths[self.column], min(named, COLUMN_CELLS))
        return f"Sorted by {excerpt(self.columns[self.column], 40)}{', last first' * downwards}."

    def read_to(self, row: int, deadline: Deadline) -> None:
        """Find records up to that row."""
        self._records.read(row + 1, deadline)

    @property
    def data(self) -> bytes:
        """The payload."""
        return self._records.text.encode("latin-1")

    def offset_of(self, row: int) -> int:
        """Where the record begins."""
        return self._records.starts[self._record(row)]

    def row_at(self, offset: int, deadline: Deadline) -> int:
        """The record that holds a byte."""
        records = self._records
        while not records.done and (not records.ends or records.ends[-1] <= offset):
            records.read(self.rows + ROWS_AT_ONCE, deadline)
        record = max(bisect_right(records.starts, offset) - 1, 0)
        return record if self._order is None else self._order.index(record)


def _role(field: RecordField) -> StyleRole:
    return _ROLES.get(field.kind, StyleRole.TEXT)


def _sort_key(text: str) -> tuple[int, float, str]:
    """Numbers before texts, what is not there at last."""
    if not text:
        return 2, 0.0, ""
    try:
        number = float(text)
    except ValueError:
        return 1, 0.0, text
    return (0, number, "") if number == number else (1, 0.0, text)
