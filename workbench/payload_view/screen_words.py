"""What stands around a payload: its name, the ways to look at it, where the cursor is, the keys."""

from __future__ import annotations

from textual.content import Content

from workbench.actions.payload import PAYLOAD, PayloadAction
from workbench.payloads.documents.before_after import BeforeAfter
from workbench.payloads.documents.document import PayloadDocument, PayloadPlace
from workbench.payloads.documents.records_table import TableDocument
from workbench.payloads.viewer import PayloadPart
from workbench.text.excerpt import excerpt
from workbench.text.figures import size
from workbench.text.keys import key_name, keys_for
from workbench.text.lines import Line, Span, StyleRole, fit, line, width_of
from workbench.widgets.border_words import border_words

LEAST_BORDER = 12
"""Cells of a border that its words leave to its rule and corners."""

LEAST_TYPE = 16
"""Cells of the content type, where the title would take them too."""

ALWAYS = ("payload-leave", "payload-keys")
"""Actions at the right end, however little room there is."""

OF_FOLDS = ("payload-fold", "payload-all")
OF_TABLES = ("payload-sort",)


def head_line(title: str, part: PayloadPart, cells: int) -> Line:
    """What it is at the left, its content type and size at the right."""
    amount = f"  {size(len(part.data))} "
    content_type = excerpt(part.content_type, 60) or "no content type"
    # A component may call its content type as it likes: what the payload is stays legible.
    room = cells - width_of((Span(title),)) - len(amount) - 3
    about = Span(f"{fit(content_type, max(room, LEAST_TYPE))}{amount}", StyleRole.DIM)
    rest = cells - width_of((about,))
    left = Span(f" {fit(title, max(rest - 2, 10))}", StyleRole.STRONG)
    return (left, Span(" " * max(rest - width_of((left,)), 1)), about)


def ways_in_border(way: str, ways: list[str], cells: int) -> Content:
    """The way it is looked at, and all there are with their digits."""
    numbered = [f"{number} {name}" for number, name in enumerate(ways, start=1)]
    name = way.capitalize()
    words = "  ".join(numbered)
    if len(words) + len(name) + LEAST_BORDER > cells:
        words = " ".join(numbered)
    return border_words(name, words, cells - 2)


def rows_in_border(document: PayloadDocument, cursor: int, opened_in: str, cells: int) -> Content:
    """`12 of 4,921 rows`, and how long it took until they were there."""
    more = "" if document.whole else "+"
    words = f"{cursor + 1:,} of {document.rows:,}{more} rows"
    return Content(f"{words}   {opened_in}" if cells >= 60 else words)


def place_line(place: PayloadPlace | None, cells: int) -> Line:
    """`$.totals.net   number   1234.5`; empty while that is not known."""
    if place is None:
        return ()
    value = fit(excerpt(place.value, 2 * cells), max(cells - 24, 10))
    kind = f"   {place.kind}" if place.kind else ""
    says_it = place.kind in ("object", "array") or "→" in place.kind
    path = fit(excerpt(place.path, 400), max(cells // 2, 10))
    return line(
        (f" {path}", StyleRole.NAME),
        (kind, StyleRole.DIM),
        ("" if says_it else f"   {value}", StyleRole.TEXT),
    )


def difference_words(document: BeforeAfter, cursor: int) -> str:
    """At which difference the cursor stands."""
    rows = list(document.differences())
    if not rows:
        return "What came out is what went in."
    at = sum(1 for row in rows if row <= cursor)
    return f"difference {at} of {len(rows):,}   v shows differences only"


def key_line(document: PayloadDocument | None, cells: int) -> Line:
    """The keys at the left, as many as there is room for; the last ones at the right.

    Keys that do nothing in this way to look at the payload are left out.
    """
    absent: tuple[str, ...] = () if document is not None and document.folds else OF_FOLDS
    if not isinstance(document, TableDocument):
        absent += OF_TABLES
    fixed = [span for action in reversed(PAYLOAD) if action.id in ALWAYS for span in _spans(action)]
    room = cells - width_of(fixed)
    spans: list[Span] = []
    for action in PAYLOAD:
        made = _spans(action)
        if action.footer and action.id not in absent and width_of(spans) + width_of(made) <= room:
            spans += made
    return (*spans, Span(" " * max(room - width_of(spans), 0)), *fixed)


def _spans(action: PayloadAction) -> list[Span]:
    keys = keys_for(action.id, action.keys)
    if not keys:
        return []
    return [
        Span(f" {key_name(keys[0])}", StyleRole.KEY),
        Span(f" {action.label} ", StyleRole.DIM),
    ]
