"""Apps without a terminal, at half of what they cost.

Each app parses the same style sheets, and each change is drawn, cut into the pieces that a
terminal would get, and thrown away. In the gate all apps share what was parsed, and an app is
drawn when a test looks at it, or ends. `make thorough` leaves Textual as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate
from textual.css.stylesheet import Stylesheet

from tests.support.examples import all_are_tried

_parsed: dict[frozenset[tuple[str, str]], Any] = {}
"""Caches of parsed rules by the variables that the rules were parsed with."""
_draw = False
"""Whether apps are drawn at each change."""


def make_cheaper() -> None:
    """Change Textual for this process; call once."""
    _share_style_sheets()
    _draw_when_looked_at()


def _share_style_sheets() -> None:
    begin: Callable[..., None] = Stylesheet.__init__
    set_variables = Stylesheet.set_variables

    def share(sheet: Stylesheet, variables: Mapping[str, str]) -> None:
        cache = sheet._parse_cache
        sheet._parse_cache = _parsed.setdefault(frozenset(variables.items()), cache)

    def begin_shared(sheet: Stylesheet, *, variables: dict[str, str] | None = None) -> None:
        begin(sheet, variables=variables)
        share(sheet, sheet._variables)

    def set_shared(sheet: Stylesheet, variables: dict[str, str]) -> None:
        # Variables that change empty the cache: not the shared one.
        sheet._parse_cache = type(sheet._parse_cache)(64)
        set_variables(sheet, variables)
        share(sheet, sheet._variables)

    Stylesheet.__init__ = begin_shared  # type: ignore[assignment]
    Stylesheet.set_variables = set_shared  # type: ignore[assignment, method-assign]


@contextmanager
def draw_at_each_change() -> Iterator[None]:
    """For tests of what is drawn, and how often."""
    global _draw
    _draw = True
    try:
        yield
    finally:
        _draw = False


def _is_drawn() -> bool:
    return _draw or all_are_tried()


def _draw_when_looked_at() -> None:
    partly, full = Compositor.render_partial_update, Compositor.render_full_update

    def draw_partly(compositor: Compositor) -> ChopsUpdate | None:
        if _is_drawn():
            return partly(compositor)
        compositor._dirty_regions.clear()
        return None

    def draw_all(compositor: Compositor, simplify: bool = False) -> LayoutUpdate:
        if simplify or _is_drawn():  # `simplify` is said when a picture is made
            return full(compositor, simplify)
        compositor._dirty_regions.clear()
        return LayoutUpdate([], compositor.size.region)

    Compositor.render_partial_update = draw_partly  # type: ignore[assignment, method-assign]
    Compositor.render_full_update = draw_all  # type: ignore[assignment, method-assign]
