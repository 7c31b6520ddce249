"""What was searched for, made to stand out in a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.text.lines import Line, Span, StyleRole, plain

if TYPE_CHECKING:
    from workbench.search.query import Query


def highlighted(spans: Line, query: Query) -> Line:
    """The line with what the query looks for in the colour of finds."""
    found = query.spans(plain(spans))
    if not found:
        return spans
    made: list[Span] = []
    at = 0
    for text, role in spans:
        end = at + len(text)
        here = at
        for start, stop in found:
            low, high = max(start, here), min(stop, end)
            if low >= high:
                continue
            if here < low:
                made.append(Span(text[here - at : low - at], role))
            made.append(Span(text[low - at : high - at], StyleRole.FOUND))
            here = high
        if here < end:
            made.append(Span(text[here - at :], role))
        at = end
    return tuple(made)
