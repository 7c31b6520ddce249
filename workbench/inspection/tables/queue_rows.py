"""What waits in a queue, in the order of taking, and whether that order is right."""

from __future__ import annotations

from runtime.model.commands import INJECTED
from runtime.protocol.element_summary import ElementSummary
from runtime.protocol.replies import QueueListing
from workbench.inspection.rows import column, prose
from workbench.text.excerpt import excerpt
from workbench.text.figures import duration, size
from workbench.text.glyphs import BREAK_ON, EDITED
from workbench.text.keys import shown_key
from workbench.text.lines import Row, Span, StyleRole, fit, line
from workbench.view import ElementRef

INJECTED_SIGN = "+"
"""Before the number of an element that was put in by hand."""
NUMBER_CELLS = 7
WAITED_CELLS = 7
SIZE_CELLS = 9
TYPE_CELLS = (11, 17)
"""Of the type with the blank before it, where there is little room for it, and more."""
SIZED = 48
"""Cells from which rows have the size."""
TYPED = 66
"""Cells from which they have the type."""
WIDE = 96
"""Cells from which the type has more room."""


def waiting_rows(listing: QueueListing | None, cells: int, stopped: int | None = None) -> list[Row]:
    """A heading, the elements, and how many more there are.

    `stopped` is the id of the element that a breakpoint holds.
    """
    if listing is None:
        return [Row(line(("   …", StyleRole.FAINT)))]
    if not listing.elements:
        return [Row(line((" The queue is empty.", StyleRole.DIM)))]
    numbers = max(len(_number(element)) for element in listing.elements)
    number_cells = max(numbers + 1, NUMBER_CELLS)
    rows = _order_rows(listing, cells)
    rows.append(_heading(number_cells, cells))
    for element in listing.elements:
        sign = EDITED if element.edited else " "
        if element.element_id == stopped:
            sign = BREAK_ON
        rows.append(_element_row(element, sign, number_cells, cells))
    more = listing.depth - listing.offset - len(listing.elements)
    if more > 0:
        rows.append(Row(line((f" and {more:,} more", StyleRole.DIM))))
    return rows


def _heading(number_cells: int, cells: int) -> Row:
    faint = StyleRole.FAINT
    return Row(
        (
            Span("   "),
            column("#", number_cells, faint),
            column("waited", WAITED_CELLS, faint, right=True),
            *((column("size", SIZE_CELLS, faint, right=True),) if cells >= SIZED else ()),
            *((column(" type", _type_cells(cells), faint),) if cells >= TYPED else ()),
            Span(" value", faint),
        )
    )


def _type_cells(cells: int) -> int:
    return TYPE_CELLS[cells >= WIDE]


def _number(element: ElementSummary) -> str:
    sign = INJECTED_SIGN if element.source == INJECTED else "#"
    return f"{sign}{element.sequence}"


def _element_row(element: ElementSummary, sign: str, number_cells: int, cells: int) -> Row:
    dim = StyleRole.DIM
    waited = "·" if element.waited_ns is None else duration(element.waited_ns)
    spans = [
        Span(f" {sign} ", StyleRole.WARN),
        column(_number(element), number_cells, StyleRole.STRONG),
        column(waited, WAITED_CELLS, dim, right=True),
    ]
    if cells >= SIZED:
        spans.append(column(size(element.size), SIZE_CELLS, dim, right=True))
    if cells >= TYPED:
        kind = excerpt(element.content_type, 63) or "·"
        spans.append(
            column(f" {_short_type(kind, _type_cells(cells) - 1)}", _type_cells(cells), dim)
        )
    spans.append(Span(f" {excerpt(element.preview, 160)}"))
    return Row(tuple(spans), ElementRef(element.element_id, element.lineage))


def _short_type(text: str, cells: int) -> str:
    """A type keeps its end, which says more than its beginning: `app…json`."""
    tail = text.rpartition("/")[2]
    if len(text) <= cells or not 0 < len(tail) < cells - 2:
        return fit(text, cells)
    return f"{text[: cells - len(tail) - 1]}…{tail}"


def _order_rows(listing: QueueListing, cells: int) -> list[Row]:
    """Which element stands before an earlier one of its source, if one does."""
    highest: dict[str, ElementSummary] = {}
    for element in listing.elements:
        before = highest.get(element.source)
        if before is not None and element.sequence < before.sequence and before.source != INJECTED:
            key = shown_key("step-back", "[")
            words = (
                f"! {_number(before)} stands before {_number(element)} of {element.source}: out of "
                f"order. {key} undoes the last change."
            )
            return prose(words, cells, StyleRole.WARN)
        if before is None or element.sequence > before.sequence:
            highest[element.source] = element
    return []
