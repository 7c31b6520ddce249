"""Lines of styled text, before a theme gives them colours.

A `Line` is what the builders of the panes return: spans of text, each with an `StyleRole`. It knows
nothing of markup, so text that came from a component cannot be taken for any.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

CURSOR = "›"


class StyleRole(StrEnum):
    """What a span of text means; `workbench.theme` says how that looks."""

    TEXT = "text"
    STRONG = "strong"
    DIM = "dim"
    FAINT = "faint"
    ACCENT = "accent"
    NEXT = "next"
    """The next call."""
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    CHOSEN = "chosen"
    """Selected; also shown without colour, as reversed text."""
    KEY = "key"
    """A key of the keyboard."""
    NAME = "name"
    STRING = "string"
    NUMBER = "number"
    LITERAL = "literal"
    PAST = "past"
    """What belongs to the past that is looked at."""
    FOUND = "found"
    """What was searched for; also shown without colour, as underlined text."""
    PAST_FLAG = "past-flag"
    """That the past is looked at; also shown without colour, as reversed text, as all flags are."""
    ACCENT_FLAG = "accent-flag"
    NEXT_FLAG = "next-flag"
    GOOD_FLAG = "good-flag"
    WARN_FLAG = "warn-flag"
    BAD_FLAG = "bad-flag"
    ALERT = "alert"
    """Text on a background of the error colour."""


class Pixels(NamedTuple):
    """Colours of a cell of a picture, as 0xRRGGBB: the only ones that no theme gives."""

    above: int
    below: int | None
    """None where the picture ends: the background stays."""


class Span(NamedTuple):
    """A run of text in one role, or in the colours of a picture."""

    text: str
    role: StyleRole | Pixels = StyleRole.TEXT


Line = tuple[Span, ...]


class Row(NamedTuple):
    """A line, and what Enter or a click opens there."""

    spans: Line
    target: object = None


def line(*parts: Span | str | tuple[str, StyleRole]) -> Line:
    """A line from spans, pairs, or bare strings; empty parts are left out."""
    spans = (Span(part) if isinstance(part, str) else Span(*part) for part in parts)
    return tuple(span for span in spans if span.text)


def with_cursor(spans: Line) -> Line:
    """The row with its first cell given to the cursor's sign."""
    if not spans:
        return (Span(CURSOR, StyleRole.ACCENT),)
    first, *rest = spans
    return (Span(CURSOR, StyleRole.ACCENT), Span(first.text[1:], first.role), *rest)


def plain(spans: Iterable[Span]) -> str:
    """The text of a line."""
    return "".join(span.text for span in spans)


def width_of(spans: Iterable[Span]) -> int:
    """Terminal cells a line takes."""
    return sum([len(text) if text.isascii() else cell_len(text) for text, _ in spans])


def fit(text: str, cells: int, mark: str = "…") -> str:
    """`text` in at most `cells` cells; what is left out is marked."""
    if cell_len(text) <= cells:
        return text
    if cells <= 0:
        return ""
    return set_cell_size(text, cells - 1).rstrip() + mark if cells > 1 else mark


def fit_end(text: str, cells: int) -> str:
    """The end of `text` in at most `cells` cells; that its beginning is left out is marked."""
    if cell_len(text) <= cells:
        return text
    while text and cell_len(text) > cells - 1:
        text = text[1:]
    return f"…{text}" if cells > 0 else ""


def pad(text: str, cells: int, *, right: bool = False) -> str:
    """`text` in exactly `cells` cells, cut with a mark or filled with spaces."""
    text = fit(text, cells)
    fill = " " * (cells - cell_len(text))
    return fill + text if right else text + fill


def crop(spans: Line, start: int, end: int) -> Line:
    """The cells of a line from `start` up to `end`; half of a wide character is a blank."""
    made: list[Span] = []
    at = 0
    for text, role in spans:
        size = cell_len(text)
        low, high = max(start - at, 0), min(end - at, size)
        at += size
        if low >= high:
            continue
        if size == len(text):
            made.append(Span(text[low:high], role))
        else:
            made.append(Span(_crop_wide(text, low, high), role))
    return tuple(made)


def _crop_wide(text: str, low: int, high: int) -> str:
    kept: list[str] = []
    at = 0
    for character in text:
        size = cell_len(character)
        if at >= low and at + size <= high:
            kept.append(character)
        elif at < high and at + size > low:
            kept.append(" " * (min(at + size, high) - max(at, low)))
        at += size
    return "".join(kept)
