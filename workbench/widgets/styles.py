"""Inks of the present theme, made once a theme."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from rich.style import Style
from textual.dom import DOMNode

from workbench.text.lines import StyleRole
from workbench.theme import BASES, ink_styles

_VARIABLES = tuple(dict.fromkeys(name for name, _ in BASES.values()))


class RowStyle(NamedTuple):
    """What the rows of one drawing share."""

    width: int
    base: Style
    inks: Mapping[StyleRole, Style]


def inks_of(node: DOMNode) -> Mapping[StyleRole, Style]:
    """Style of each ink under the theme of the node's app."""
    variables = node.app.theme_variables
    return _inks(tuple(variables[name] for name in _VARIABLES))


@lru_cache(maxsize=8)
def _inks(colours: tuple[str, ...]) -> Mapping[StyleRole, Style]:
    return ink_styles(dict(zip(_VARIABLES, colours, strict=True)))
