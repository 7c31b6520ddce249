"""Rows that several inspections share."""

from __future__ import annotations

from collections.abc import Iterable

from runtime.model.call import CopyCount
from workbench.text.excerpt import excerpt
from workbench.text.figures import count, size
from workbench.text.lines import Line, Row, Span, StyleRole, line, pad, width_of
from workbench.text.wrapping import wrap, wrap_words


def section(title: str, note: str = "", cells: int = 36) -> Row:
    """A heading within the inspector, with a rule to its right."""
    rule = "─" * max(cells - len(title) - len(note) - 4 - bool(note), 0)
    return Row(
        line(
            (f" {title} ", StyleRole.ACCENT),
            (rule, StyleRole.FAINT),
            (f" {note}" if note else "", StyleRole.DIM),
        )
    )


def title(text: str, note: str = "") -> Row:
    """The first row: what is inspected."""
    return Row(line((f" {text}", StyleRole.STRONG), (f"  {note}" if note else "", StyleRole.DIM)))


def in_rows(row: Row, cells: int) -> list[Row]:
    """The row in as many as it takes: nothing of it is cut; those below begin as it does."""
    if width_of(row.spans) <= cells:
        return [row]
    first, *more = wrap(row.spans, max(cells - 1, 8))
    return [row._replace(spans=first), *(row._replace(spans=(Span(" "), *one)) for one in more)]


LABEL_CELLS = 11

PROSE_LINES = 100
"""Lines of a text that are shown."""


def facts(pairs: Iterable[tuple[str, str | Line]], cells: int) -> list[Row]:
    """`label  value` rows, long values wrapped; pairs with an empty value are left out."""
    rows = []
    for label, value in pairs:
        spans = line(value) if isinstance(value, str) else value
        if not spans:
            continue
        for index, piece in enumerate(wrap(spans, max(cells - LABEL_CELLS - 2, 8))):
            lead = pad(label if not index else "", LABEL_CELLS)
            rows.append(Row((Span(f" {lead}", StyleRole.DIM), *piece)))
    return rows


def copied(copies: CopyCount) -> tuple[tuple[str, str], ...]:
    """Fields that say what was copied across the boundary of a component."""
    return (
        ("read", f"{count(copies.reads)}x, {size(copies.read_bytes)}" if copies.reads else ""),
        (
            "written",
            f"{count(copies.writes)}x, {size(copies.write_bytes)}" if copies.writes else "",
        ),
    )


def prose(text: str, cells: int, role: StyleRole = StyleRole.TEXT) -> list[Row]:
    """A text in as many rows as it takes; of very many lines, the first ones."""
    parts = text.split("\n")
    if len(parts) > PROSE_LINES:
        parts[PROSE_LINES:] = [f"… (+{len(parts) - PROSE_LINES} lines)"]
    room = max(cells - 2, 10)
    return [
        Row(line((f" {row}", role))) for part in parts for row in wrap_words(excerpt(part), room)
    ]


def column(text: str, cells: int, role: StyleRole = StyleRole.TEXT, *, right: bool = False) -> Span:
    """A field of a table row, one cell from the next."""
    return Span(pad(text, cells, right=right) + " ", role)
