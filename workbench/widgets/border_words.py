"""What stands in the upper border of a pane: its name at the left, more at the right."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from workbench.text.lines import fit

RULE = "─"

LONGEST_TITLE = 22
"""Cells of a pane's own name in its border, with rule and corners."""

LEAST_RULE = 2
"""Cells of border between what is left and what is right."""


def folded_words(left: str, right: str, cells: int) -> Content:
    """As `border_words`, in the one line of a pane that is folded: it has no corners."""
    rule = (RULE, "$border-calm")
    return Content.assemble(rule, " ", border_words(left, right, cells - 2), " ", rule)


def border_words(left: str, right: str, cells: int) -> Content:
    """Both in a border of that many cells between its corners; what is right is cut first."""
    room = cells - 4
    left = fit(left, max(room, 1))
    right = fit(right, max(room - cell_len(left) - LEAST_RULE - 2, 0))
    if not right:
        return Content(left)
    rule = RULE * (room - cell_len(left) - cell_len(right) - 2)
    return Content.assemble(f"{left} ", (rule, "$border-calm"), f" {right}")


def lower_words(note: str, above: int, below: int, cells: int) -> str:
    """`selected  ▲ 3  ▼ 12`: a note, and how many rows are out of sight; the note is cut first."""
    counts = ((sign, rows) for sign, rows in (("▲", above), ("▼", below)) if rows > 0)
    hidden = "  ".join(f"{sign} {rows:,}" for sign, rows in counts)
    room = cells - 4
    if not hidden:
        return fit(note, max(room, 1))
    note = fit(note, max(room - cell_len(hidden) - 2, 0))
    return f"{note}  {hidden}" if note else fit(hidden, max(room, 1))


def numbered_words(items: list[tuple[int, str]], cells: int) -> str:
    """`2 queues  5 events`; the numbers alone where a border of `cells` has no room for that."""
    words = "  ".join(f"{number} {name}" for number, name in items)
    return (
        words
        if len(words) + LONGEST_TITLE <= cells
        else " ".join(str(number) for number, _ in items)
    )
