"""Styles of the present theme, made once a theme."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.dom import DOMNode

from runtime.model.text.printable import printable
from workbench.text.lines import Pixels, Span, StyleRole
from workbench.theme import ROLE_VARIABLES, role_styles

_VARIABLES = tuple(dict.fromkeys(name for name, _ in ROLE_VARIABLES.values()))


def segments(
    spans: Iterable[Span], base: Style, styles: Mapping[StyleRole, Style]
) -> list[Segment]:
    """The spans as they are drawn.

    Every line of the screen goes through here, so nothing that a terminal would act on passes.
    """
    return [
        Segment(
            text if text.isascii() and text.isprintable() else _printable(text),
            base + (styles[role] if isinstance(role, StyleRole) else _pixel_style(role)),
        )
        for text, role in spans
    ]


@lru_cache(maxsize=16_384)
def _pixel_style(pixels: Pixels) -> Style:
    below = None if pixels.below is None else _colour(pixels.below)
    return Style(color=_colour(pixels.above), bgcolor=below)


def _colour(value: int) -> Color:
    return Color.from_rgb(value >> 16, value >> 8 & 0xFF, value & 0xFF)


@lru_cache(maxsize=1_024)
def _printable(text: str) -> str:
    """Remembered, since most rows of a screen are drawn again as they were."""
    return printable(text)


class RowStyle(NamedTuple):
    """What the rows of one drawing share."""

    width: int
    base: Style
    styles: Mapping[StyleRole, Style]


def styles_of(node: DOMNode) -> Mapping[StyleRole, Style]:
    """Style of each role under the theme of the node's app."""
    variables = node.app.theme_variables
    return _styles_of(tuple(variables[name] for name in _VARIABLES))


@lru_cache(maxsize=8)
def _styles_of(colours: tuple[str, ...]) -> Mapping[StyleRole, Style]:
    return role_styles(dict(zip(_VARIABLES, colours, strict=True)))
