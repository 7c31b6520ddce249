"""Differences as rows, and the comparison of two branches."""

from __future__ import annotations

from runtime.protocol.timeline import BranchComparison
from workbench.inspection.rows import prose, title
from workbench.text.excerpt import excerpt
from workbench.text.lines import Row, StyleRole, line, wrap

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


def branch_rows(comparison: BranchComparison | None, cells: int) -> list[Row]:
    """In what a branch differs from another one, or from its recording."""
    if comparison is None:
        return [title("comparing…", "D closes")]
    before, after = excerpt(comparison.before, 80), excerpt(comparison.after, 80)
    rows = [title(f"{before} -> {after}", "D closes")]
    different, compared = comparison.different, f"{comparison.compared:,} calls compared"
    if not different:
        return rows + prose(f"{compared}: all are the same.", cells, StyleRole.GOOD)
    words = f"{different:,} difference{'s' * (different != 1)}, {compared}."
    rows += prose(words, cells, StyleRole.STRONG)
    return rows + difference_rows(comparison.text, cells)


def _role_of(text: str) -> StyleRole:
    start = text.lstrip()[:2]
    return {"- ": StyleRole.BAD, "+ ": StyleRole.GOOD, "@@": StyleRole.FAINT}.get(
        start, StyleRole.DIM
    )
