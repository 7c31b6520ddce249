"""One call that differs, opened: old and new below each other, or in two columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from runtime.protocol.branch_comparison import ComparedCall
from workbench.inspection.rows import prose
from workbench.inspection.tables.difference_rows import difference_rows
from workbench.text.excerpt import excerpt
from workbench.text.lines import Line, Row, Span, StyleRole, line, width_of
from workbench.text.wrapping import wrap

TWO_COLUMNS = 114
"""From so many cells on, old and new stand next to each other: a terminal of 120."""

RULE = " │"


def opened_rows(call: ComparedCall, cells: int) -> list[Row]:
    """What the call put out in the two branches."""
    rows: list[Row] = []
    if call.follows:
        rows += prose("It was given another element already: the cause is upstream.", cells,
                      StyleRole.DIM)  # fmt: skip
    lines = call.lines or (f"- {excerpt(call.before, 400)}", f"+ {excerpt(call.after, 400)}")
    if cells < TWO_COLUMNS:
        return rows + difference_rows("\n".join(lines), cells)
    return rows + [Row(spans) for spans in side_by_side(lines, cells)]


def side_by_side(lines: Iterable[str], cells: int) -> Iterator[Line]:
    """Lines with `-` at the left, those with `+` at the right, all others on both sides."""
    left_cells = (cells - len(RULE)) // 2
    right_cells = cells - len(RULE) - left_cells
    for old, new in _pairs(lines):
        left = wrap(_styled(old, StyleRole.BAD), left_cells - 1)
        right = wrap(_styled(new, StyleRole.GOOD), right_cells - 1)
        for one, other in zip_longest(left, right, fillvalue=()):
            gap = " " * (left_cells - width_of(one) - 1)
            yield (Span(" "), *one, Span(gap), Span(RULE, StyleRole.FAINT), *other)


def _pairs(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each removed line with the added one in its place."""
    old: list[str] = []
    new: list[str] = []
    for text in lines:
        if text.startswith("- "):
            if new:
                yield from zip_longest(old, new, fillvalue="")
                old, new = [], []
            old.append(text)
        elif text.startswith("+ "):
            new.append(text)
        else:
            yield from zip_longest(old, new, fillvalue="")
            old, new = [], []
            yield text, text
    yield from zip_longest(old, new, fillvalue="")


def _styled(text: str, changed: StyleRole) -> Line:
    if text[:2] in ("- ", "+ "):
        return line((excerpt(text), changed))
    return line((excerpt(text), StyleRole.FAINT if text.startswith("@@") else StyleRole.DIM))
