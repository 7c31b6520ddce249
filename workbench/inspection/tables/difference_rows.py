"""Differences as rows."""

from __future__ import annotations

from workbench.inspection.rows import prose
from workbench.text.excerpt import excerpt
from workbench.text.lines import Row, StyleRole, line
from workbench.text.wrapping import wrap

SHOWN_LINES = 200
"""Lines of a comparison that are shown."""


def difference_rows(text: str, cells: int) -> list[Row]:
    """A text of differences: `-` before, `+` after; of very many lines, the first ones."""
    rows: list[Row] = []
    lines = text.split("\n") if text else []
    for part in lines[:SHOWN_LINES]:
        role = _role_of(part)
        if role is StyleRole.DIM:
            rows += prose(part, cells, role)
        else:
            rows += [Row(piece) for piece in wrap(line((f" {excerpt(part)}", role)), cells - 1)]
    if len(lines) > SHOWN_LINES:
        rows.append(Row(line((f" and {len(lines) - SHOWN_LINES} more lines", StyleRole.DIM))))
    return rows


def _role_of(text: str) -> StyleRole:
    start = text.lstrip()[:2]
    return {"- ": StyleRole.BAD, "+ ": StyleRole.GOOD, "@@": StyleRole.FAINT}.get(
        start, StyleRole.DIM
    )
