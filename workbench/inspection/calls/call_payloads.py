"""What went into calls and what they printed, as rows of an inspection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from runtime.protocol.element_summary import CallElement
from workbench.inspection.rows import prose, section
from workbench.payloads.rendering import RenderJob, render
from workbench.payloads.viewer import PayloadPart
from workbench.text.excerpt import excerpt
from workbench.text.figures import size
from workbench.text.lines import Row, Span, StyleRole, line, width_of
from workbench.view import ElementRef

WRITTEN_LINES = 20
"""Lines of what a call wrote, the last ones."""

PAYLOAD_LINES = 12
"""Rows of a payload; the element itself has all of them."""

SIDE_BY_SIDE = 76
"""From so many cells on, two payloads stand next to each other."""

RENDER_S = 0.02
"""How long a payload of at most `INPUT_BYTES` may take to be coloured."""

RULE = " │"


def payload_rows(title: str, element: CallElement, note: str, cells: int) -> list[Row]:
    """A heading that opens the element, and the beginning of its payload."""
    about = element.about
    part = PayloadPart(element.payload, about.content_type, size=about.size)
    lines = render(RenderJob(part, None, max(cells - 2, 8)), RENDER_S).lines
    opens = ElementRef(about.element_id, about.lineage)
    rows = [Row(section(f"{title} #{about.sequence}", note, cells).spans, opens)]
    rows += [Row((Span(" "), *spans)) for spans in lines[:PAYLOAD_LINES]]
    if len(lines) > PAYLOAD_LINES or len(element.payload) < about.size:
        rows.append(Row(line((f"   … {size(about.size)} in all", StyleRole.DIM))))
    return rows


def half_of(cells: int) -> int:
    """Cells of each of two columns."""
    return (cells - 3) // 2


def two_columns(left: Sequence[Row], right: Sequence[Row], cells: int) -> list[Row]:
    """Two columns with a rule between them; a row opens what its left side does."""
    half = half_of(cells)
    rows = []
    for one, other in zip_longest(left, right, fillvalue=Row(())):
        rule = Span(" " * max(half - width_of(one.spans), 0) + RULE, StyleRole.FAINT)
        target = other.target if one.target is None else one.target
        rows.append(Row((*one.spans, rule, *other.spans), target))
    return rows


def printed_rows(stream: str, lines: Iterable[str], cells: int, *, cut: bool = False) -> list[Row]:
    """The last lines that a call wrote to a stream; none where it wrote nothing."""
    kept = list(lines)
    if not kept:
        return []
    note = f"the last {WRITTEN_LINES} lines" if cut or len(kept) > WRITTEN_LINES else ""
    rows = [section(f"printed in this call, {stream}", note, cells)]
    for text in kept[-WRITTEN_LINES:]:
        rows += prose(excerpt(text, 400), cells)
    return rows
