"""Text in rows of a width, cut between words: the one place that says where a row ends.

Only a word that is longer than a row is cut within, after a sign where it has one. The blanks
between two rows belong to neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from rich.cells import cell_len

from workbench.text.lines import Line, Span, plain

Fits = Callable[[int, int], int]
"""From a place of the text up to a stop, both in characters: where the row that begins there is
full. Beyond the place, and at most the stop."""

_UNIT = re.compile(r"(?:ns|µs|ms|s|min|%|B|[KMGT]iB)(?![^\s,.;:)])")
_SIGNS = (";", ":", "/", "&", "-")
"""After the last of these a word that is longer than a row is cut, where it has no comma."""


def row_places(text: str, start: int, stop: int, fits: Fits) -> Iterator[tuple[int, int]]:
    """Where rows begin and end, in characters; one row at least."""
    at = start
    while (full := fits(at, stop)) < stop:
        end, following = _cut(text, at, full, fits, stop)
        yield at, end
        at = following
        while at < stop and text[at] == " ":
            at += 1
        if at == stop:
            return
    yield at, stop


def _cut(text: str, at: int, full: int, fits: Fits, stop: int) -> tuple[int, int]:
    """Where the row ends, and the next one begins; `full` is where there is no more room."""
    if text[full] == " ":
        blank = _before_unit(text, at, full)
        return blank, blank + 1
    blank = text.rfind(" ", at, full)
    begun = blank > at and not text[at:blank].isspace()  # words stand before the last one
    if begun:
        whole = fits(blank + 1, stop)
        if whole == stop or text.find(" ", blank + 1, whole + 1) >= 0:
            blank = _before_unit(text, at, blank)
            return blank, blank + 1
    half, quarter = at + (full - at) // 2, at + (full - at) // 4
    sign = text.rfind(",", max(blank, quarter) + 1, full)
    if sign < 0 and (not begun or blank < quarter):
        sign = max(text.rfind(one, half, full) for one in _SIGNS)
    if sign >= 0:
        return sign + 1, sign + 1
    return (blank, blank + 1) if begun and blank >= quarter else (full, full)


def _before_unit(text: str, at: int, blank: int) -> int:
    """The blank, or the one before where it stands between a number and its unit."""
    if not text[blank - 1].isdecimal() or _UNIT.match(text, blank + 1) is None:
        return blank
    earlier = text.rfind(" ", at, blank)
    return earlier if earlier > at and not text[at:earlier].isspace() else blank


def one_cell_each(cells: int) -> Fits:
    """Rows of so many characters, of a text in which each takes one cell."""
    return lambda at, stop: min(at + cells, stop)


def fits_cells(text: str, cells: int) -> Fits:
    """Rows of at most `cells` cells, 1 or more; a character that is wider has one of its own."""

    if text.isascii():  # most is, and has a cell for each character
        return one_cell_each(cells)

    def fits(at: int, stop: int) -> int:
        end = min(at + cells, stop)
        if text[at:end].isascii():
            return end
        end, used = at, 0
        while end < stop and (used := used + cell_len(text[end])) <= cells:
            end += 1
        return max(end, at + 1)

    return fits


def wrap(spans: Line, cells: int) -> list[Line]:
    """The line cut into rows of at most `cells` cells; as it is where there are none."""
    if cells <= 0:
        return [spans]
    text = plain(spans)
    rows: list[Line] = []
    left = list(reversed(spans))
    before = 0  # characters in front of the last of `left`
    for start, end in row_places(text, 0, len(text), fits_cells(text, cells)):
        row: list[Span] = []
        while left and before < end:
            piece, role = left[-1]
            low, high = max(start - before, 0), min(end - before, len(piece))
            if low < high:
                row.append(Span(piece[low:high], role))
            if before + len(piece) > end:
                break
            before += len(piece)
            left.pop()
        rows.append(tuple(row))
    return rows


@lru_cache(maxsize=4_096)
def rows_of_text(text: str, cells: int) -> int:
    """How many rows `wrap` makes of a line of this text.

    Remembered, since what is printed by the thousand repeats itself.
    """
    return sum(1 for _ in row_places(text, 0, len(text), fits_cells(text, cells)))


def wrap_words(text: str, cells: int) -> list[str]:
    """A text cut into rows of at most `cells` cells; with no cells for it, as many as 1."""
    places = row_places(text, 0, len(text), fits_cells(text, max(cells, 1)))
    return [text[start:end].rstrip(" ") for start, end in places]
