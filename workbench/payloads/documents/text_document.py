"""Text in rows, cut between words; in the colours of its language where it is short."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from functools import lru_cache

from pygments.lexer import Lexer
from pygments.token import Token, _TokenType
from rich.cells import cell_len

from runtime.model.text.printable import printable
from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.document import FlatDocument, PayloadPlace
from workbench.text.excerpt import TAB_CELLS, excerpt
from workbench.text.lines import Line, Span, StyleRole, fit
from workbench.text.wrapping import one_cell_each, row_places

COLOURED_CHARACTERS = 16_384
"""Longer texts are shown without colours, which would take too long to find."""

ROWS_AT_ONCE = 2_048
"""Rows whose places are found before the first one is shown."""

EXACT_CHARACTERS = 262_144
"""Of more characters that do not take one cell each, rows are cut where they surely fit."""

TOKEN_ROLES: tuple[tuple[_TokenType, StyleRole], ...] = (
    (Token.Name.Tag, StyleRole.NAME),
    (Token.Name, StyleRole.NAME),
    (Token.Keyword, StyleRole.LITERAL),
    (Token.Literal.Number, StyleRole.NUMBER),
    (Token.Literal.String, StyleRole.STRING),
    (Token.Comment, StyleRole.FAINT),
    (Token.Punctuation, StyleRole.DIM),
    (Token.Operator, StyleRole.DIM),
)


class TextDocument(FlatDocument):
    """A text. Raises `TookTooLongError` while colours are looked for."""

    def __init__(self, name: str, text: str, lexer: Lexer | None, deadline: Deadline) -> None:
        self._name = name
        self._text = text
        self._ascii = text.isascii()
        self._token_starts: list[int] = []
        self._token_roles: list[StyleRole] = []
        if lexer is not None and len(text) <= COLOURED_CHARACTERS:
            self._colour(lexer, deadline)
        self._cells = 0
        self._starts = array("q")
        self._ends = array("q")
        self._lines = array("q")
        self._at = 0
        self._line_number = 0
        self._exact_left = EXACT_CHARACTERS
        self.whole = False

    @property
    def name(self) -> str:
        """As its viewer is called."""
        return self._name

    @property
    def rows(self) -> int:
        """Rows whose places were found."""
        return len(self._starts)

    def fit(self, cells: int, lines: int | None = None) -> None:
        """Cut the text into rows of at most `cells` cells."""
        if cells == self._cells:
            return
        self._cells = max(cells, 2)
        for column in (self._starts, self._ends, self._lines):
            del column[:]
        self._at = self._line_number = 0
        self._exact_left = EXACT_CHARACTERS
        self.whole = False
        self._cut(ROWS_AT_ONCE, None)

    def line(self, row: int) -> Line:
        """A row of the text."""
        start, end = self._starts[row], self._ends[row]
        if not self._token_starts:
            return (Span(fit(excerpt(self._text[start:end]), self._cells)),)
        spans = []
        first = max(bisect_right(self._token_starts, start) - 1, 0)
        for index in range(first, len(self._token_starts)):
            low = max(self._token_starts[index], start)
            if low >= end:
                break
            later = self._token_starts[index + 1 : index + 2]
            high = min(later[0] if later else end, end)
            if low < high:
                spans.append(Span(excerpt(self._text[low:high]), self._token_roles[index]))
        return tuple(spans)

    def place(self, row: int) -> PayloadPlace:
        """The line, all of it."""
        number = self._lines[row]
        start = self._text.rfind("\n", 0, self._starts[row]) + 1
        end = self._text.find("\n", start)
        return PayloadPlace(
            f"line {number + 1:,}", "", self._text[start : end if end >= 0 else None]
        )

    def read_to(self, row: int, deadline: Deadline) -> None:
        """Find the places of rows up to that one."""
        self._cut(row + 1, deadline)

    @property
    def data(self) -> bytes:
        """The text as UTF-8."""
        return self._text.encode("utf-8", "surrogateescape")

    def offset_of(self, row: int) -> int:
        """Where the row's text begins."""
        start = self._starts[row] if row < len(self._starts) else 0
        return start if self._ascii else len(self._text[:start].encode("utf-8", "surrogateescape"))

    def row_at(self, offset: int, deadline: Deadline) -> int:
        """The row that shows a byte."""
        at = offset if self._ascii else len(self.data[:offset].decode("utf-8", "ignore"))
        while not self.whole and (not self._ends or self._ends[-1] <= at):
            self._cut(self.rows + ROWS_AT_ONCE, deadline)
        return max(bisect_right(self._starts, at) - 1, 0)

    # ---- rows

    def _cut(self, rows: int, deadline: Deadline | None) -> None:
        """Find where rows begin and end, until there are `rows` of them."""
        text = self._text
        while not self.whole and len(self._starts) < rows:
            if deadline is not None:
                deadline.check()
            end = text.find("\n", self._at)
            last = end < 0
            stop = len(text) if last else end
            self._cut_line(self._at, stop)
            self._at = stop + 1
            self._line_number += 1
            # What a line feed ends has no empty line behind it.
            self.whole = last or self._at >= len(text)

    def _cut_line(self, start: int, stop: int) -> None:
        plain = stop - start > self._cells and _plain(self._text[start:stop])
        fits = one_cell_each(self._cells) if plain else self._fits
        for low, high in row_places(self._text, start, stop, fits):
            self._starts.append(low)
            self._ends.append(high)
            self._lines.append(self._line_number)

    def _fits(self, start: int, stop: int) -> int:
        """Where a row is full that begins there."""
        cells = self._cells
        end = min(start + cells, stop)
        if _plain(self._text[start:end]):
            return end
        if self._exact_left <= 0:
            return min(start + max(cells // 2, 1), stop)
        at, used = start, 0
        while at < stop:
            character = self._text[at]
            wide = TAB_CELLS - used % TAB_CELLS if character == "\t" else _cells_of(character)
            if used + wide > cells and at > start:
                break
            used += wide
            at += 1
        self._exact_left -= at - start
        return at

    # ---- colours

    def _colour(self, lexer: Lexer, deadline: Deadline) -> None:
        for index, token, _ in lexer.get_tokens_unprocessed(self._text):
            deadline.check()
            self._token_starts.append(index)
            self._token_roles.append(_role(token))


@lru_cache(maxsize=512)
def _role(token: _TokenType) -> StyleRole:
    found = (role for kind, role in TOKEN_ROLES if token[: len(kind)] == kind)
    return next(found, StyleRole.TEXT)


def _plain(text: str) -> bool:
    """True when every character takes one cell."""
    return text.isascii() and text.isprintable()


@lru_cache(maxsize=4_096)
def _cells_of(character: str) -> int:
    return cell_len(printable(character))
