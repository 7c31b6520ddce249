"""Lines and rows that are made only when they are looked at.

A payload of ten megabytes has 655,360 rows of hexadecimal: a pane that draws forty of them makes
forty of them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import TypeVar, overload

from workbench.text.lines import Line, Row, Span, width_of

_BLANK = Span(" ")


Item = TypeVar("Item", covariant=True)


class LazyItems(Sequence[Item]):
    """A sequence whose subclasses make an item when it is looked at."""

    @abstractmethod
    def item_at(self, index: int) -> Item:
        """The item at `index`, which lies within the length."""

    @overload
    def __getitem__(self, index: int) -> Item: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...

    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        count = len(self)
        if isinstance(index, slice):
            return [self.item_at(at) for at in range(*index.indices(count))]
        at = index + count if index < 0 else index
        if not 0 <= at < count:
            raise IndexError(index)
        return self.item_at(at)


class LazyLines(LazyItems[Line]):
    """`count` lines of at most `cells` cells."""

    def __init__(self, count: int, cells: int) -> None:
        self._count = count
        self.cells = cells

    def __len__(self) -> int:
        return self._count


class RowsOverLines(LazyItems[Row]):
    """Rows, and below them lines, each one cell from the edge; lazy lines stay lazy.

    In that cell the lines with the numbers `marked` have a sign.
    Equal to another one with equal rows and the same lines: lazy ones by identity.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        lines: Sequence[Line],
        marked: frozenset[int] = frozenset(),
        sign: Span = _BLANK,
    ) -> None:
        self._rows = rows
        self._lines = lines
        self._marked = marked
        self._sign = sign

    @property
    def cells(self) -> int:
        """Cells of the widest row."""
        widest = widest_line(row.spans for row in self._rows)
        return max(widest, 1 + _cells_of(self._lines)) if self._lines else widest

    def __len__(self) -> int:
        return len(self._rows) + len(self._lines)

    def item_at(self, index: int) -> Row:
        """A row, or a line below them with its cell in front."""
        above = len(self._rows)
        if index < above:
            return self._rows[index]
        sign = self._sign if index - above in self._marked else _BLANK
        return Row((sign, *self._lines[index - above]))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RowsOverLines):
            return NotImplemented
        if self._marked != other._marked:
            return False
        if self._lines is not other._lines:
            lazy = isinstance(self._lines, LazyLines) or isinstance(other._lines, LazyLines)
            if lazy or list(self._lines) != list(other._lines):
                return False
        return list(self._rows) == list(other._rows)

    __hash__ = None  # type: ignore[assignment]


def widest_row(rows: Sequence[Row]) -> int:
    """Cells of the widest row; lazy rows say it without being made."""
    return rows.cells if isinstance(rows, RowsOverLines) else widest_line(row.spans for row in rows)


def widest_line(lines: Iterable[Line]) -> int:
    """Cells of the widest line."""
    return max(map(width_of, lines), default=0)


def _cells_of(lines: Sequence[Line]) -> int:
    return lines.cells if isinstance(lines, LazyLines) else widest_line(lines)
