"""What went into a call next to what came out of it; below each other where it is narrow."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.document import FlatDocument, PayloadPlace
from workbench.payloads.documents.payload_differences import Differences, DiffRow, differences
from workbench.text.excerpt import excerpt
from workbench.text.lines import Line, Span, StyleRole, crop, fit, line, pad, width_of

SIDE_BY_SIDE = 100
"""Cells from which both stand next to each other."""

KEY_CELLS = 24
_BOTH, _BEFORE, _AFTER = 0, 1, 2


class BeforeAfter(FlatDocument):
    """Two payloads and their differences. Raises `TookTooLongError`."""

    name = "before|after"

    def __init__(
        self,
        before: bytes,
        after: bytes,
        deadline: Deadline,
        names: tuple[str, str] = ("in", "out"),
    ) -> None:
        self._names = names
        self._found: Differences = differences(before, after, deadline)
        self._cells = 0
        self._only = False
        self._key_cells = min(max((len(row.key) for row in self._found.rows), default=0), KEY_CELLS)
        self._shown: list[tuple[DiffRow, int]] = []

    @property
    def words(self) -> str:
        """`4 differ, 12 equal`."""
        found = self._found
        more = f", cut after {len(found.rows):,} rows" if found.cut else ""
        return f"{found.differ:,} differ{more}, {found.equal:,} equal"

    @property
    def rows(self) -> int:
        """Rows for the last width."""
        return len(self._shown)

    @property
    def whole(self) -> bool:
        """True: all differences are there."""
        return True

    @property
    def data(self) -> bytes:
        """What stands in the rows, with a line feed between them."""
        texts = (self._text(row, side) for row, side in self._shown)
        return "\n".join(texts).encode("utf-8", "surrogateescape")

    def offset_of(self, row: int) -> int:
        """Where the row begins in `data`."""
        texts = (self._text(*one) for one in self._shown[:row])
        return sum(1 + len(text.encode("utf-8", "surrogateescape")) for text in texts)

    def row_at(self, offset: int, deadline: Deadline) -> int:
        """The row that holds a byte of `data`."""
        return self.data.count(b"\n", 0, offset)

    @staticmethod
    def _text(row: DiffRow, side: int) -> str:
        before = row.before if side != _AFTER else None
        after = row.after if side != _BEFORE and row.after != row.before else None
        parts = (row.key, before or "", after or "")
        return " ".join(part.replace("\n", " ") for part in parts if part)

    def fit(self, cells: int, lines: int | None = None) -> None:
        """Two columns, or one with what went in above what came out."""
        if cells != self._cells:
            self._cells = cells
            self._arrange()

    def _arrange(self) -> None:
        self._shown = []
        for row in self._found.rows:
            if self._only and row.equal and row.mark != "▾":
                continue
            if self._cells >= SIDE_BY_SIDE or row.equal:
                self._shown.append((row, _BOTH))
                continue
            if row.before is not None:
                self._shown.append((row, _BEFORE))
            if row.after is not None:
                self._shown.append((row, _AFTER))

    def heading(self) -> tuple[Line, ...]:
        """How much differs, and which side is which."""
        before, after = self._names
        if self._cells < SIDE_BY_SIDE:
            return (line((f"- {before}  + {after}   {self.words}", StyleRole.DIM)),)
        half = (self._cells - 1) // 2
        left, right = pad(before, half), pad(f"{after}   {self.words}", half)
        return (line((left, StyleRole.DIM), ("│", StyleRole.FAINT), (right, StyleRole.DIM)),)

    def line(self, row: int) -> Line:
        """A row of both sides, or of one."""
        shown, side = self._shown[row]
        if self._cells < SIDE_BY_SIDE:
            if side == _BOTH:
                return self._side(shown, shown.after, " ", self._cells)
            sign, text = ("-", shown.before) if side == _BEFORE else ("+", shown.after)
            return self._side(shown, text, sign, self._cells)
        half = (self._cells - 1) // 2
        signs = (" ", " ") if shown.equal else ("-", "+")
        left = self._side(shown, shown.before, signs[0], half)
        right = self._side(shown, shown.after, signs[1], half)
        fill = Span(" " * (half - width_of(left)))
        return (*left, fill, Span("│", StyleRole.FAINT), *right)

    def _side(self, row: DiffRow, text: str | None, sign: str, cells: int) -> Line:
        if text is None:
            return ()
        role = {"-": StyleRole.BAD, "+": StyleRole.GOOD}.get(sign, StyleRole.TEXT)
        indent = " " * min(2 * row.depth, cells // 2)
        key = pad(row.key, self._key_cells) + "  " if row.key else ""
        room = max(cells - 2 - len(indent) - 2 - width_of((Span(key),)), 4)
        shown = fit(excerpt(text, room * 2), room)
        made = line(
            (f"{sign} ", role),
            indent,
            (f"{row.mark} ", StyleRole.ACCENT),
            (key, StyleRole.NAME if row.equal else role),
            (shown, StyleRole.DIM if row.mark != " " else role),
        )
        return crop(made, 0, cells)

    def place(self, row: int) -> PayloadPlace:
        """Where it is, and both values; what `y` copies is what came out, if anything did."""
        shown, side = self._shown[row]
        before, after = shown.before, shown.after
        value = before if side == _BEFORE or after is None else after
        if shown.equal:
            return PayloadPlace(shown.path, "equal", value or "")
        words = f"{_cut(before)}  →  {_cut(after)}"
        return PayloadPlace(shown.path, words, value or "")

    def turn_all(self, deadline: Deadline) -> None:
        """Show the differences only, or what is equal too."""
        self._only = not self._only
        self._arrange()

    def row_of(self, path: str) -> int:
        """The first row with that path; 0 where there is none."""
        return next((at for at, (row, _) in enumerate(self._shown) if row.path == path), 0)

    def difference_after(self, row: int | None, step: int) -> int | None:
        """The next row that differs, or the one before; round from the end. None without any."""
        rows = list(self.differences())
        if step > 0:
            later = [at for at in rows if row is None or at > row]
            return later[0] if later else rows[0] if rows else None
        before = [at for at in rows if row is not None and at < row]
        return before[-1] if before else rows[-1] if rows else None

    def read_to(self, row: int, deadline: Deadline) -> None:
        """All rows are there."""

    def differences(self) -> Iterator[int]:
        """Rows that differ; of one that stands in two rows, the first."""
        for at, (row, side) in enumerate(self._shown):
            if not row.equal and (side != _AFTER or row.before is None):
                yield at


def _cut(text: str | None) -> str:
    return "nothing" if text is None else fit(excerpt(text, 80), 40)
