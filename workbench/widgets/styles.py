"""Styles of the present theme, made once a theme."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from rich.style import Style
from textual.dom import DOMNode

from workbench.text.lines import StyleRole
from workbench.theme import ROLE_VARIABLES, role_styles

_VARIABLES = tuple(dict.fromkeys(name for name, _ in ROLE_VARIABLES.values()))


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
