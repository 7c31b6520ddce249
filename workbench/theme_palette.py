"""Themes in a palette: each is seen while the cursor is on it."""

from __future__ import annotations

from functools import partial
from typing import Any

from textual import on
from textual.app import App
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.widgets import OptionList

from workbench.theme import THEMES

DESCRIBED = {
    "dark": "The usual one.",
    "light": "Dark text on a light ground.",
    "high-contrast": "Every text at least 7 to 1.",
    "colour-blind": "Hues that every kind of colour vision tells apart.",
    "terminal": "The terminal's own sixteen colours, on its own ground.",
}


class ThemeCommands(Provider):
    """The themes of the workbench."""

    async def discover(self) -> Hits:
        """All of them."""
        for theme in THEMES:
            take = partial(_take, self.app, theme.name)
            yield DiscoveryHit(theme.name, take, help=DESCRIBED[theme.name])

    async def search(self, query: str) -> Hits:
        """Those that are called so."""
        matcher = self.matcher(query)
        for theme in THEMES:
            score = matcher.match(theme.name)
            if score > 0:
                take = partial(_take, self.app, theme.name)
                yield Hit(score, matcher.highlight(theme.name), take, help=DESCRIBED[theme.name])


def _take(app: App[Any], name: str) -> None:
    app.theme = name


class ThemePalette(CommandPalette):
    """Shows each theme while the cursor is on it; see `choose_theme`."""

    def __init__(self) -> None:
        super().__init__([ThemeCommands], placeholder="Theme", id="theme-palette")

    @on(OptionList.OptionHighlighted)
    def preview(self, event: OptionList.OptionHighlighted) -> None:
        """The cursor is on an option."""
        hit = getattr(event.option, "hit", None)
        name = "" if hit is None else str(hit.text)
        if name in DESCRIBED:
            self.app.theme = name


def choose_theme(app: App[Any]) -> None:
    """Let the user choose a theme; without a choice, the one from before is back."""
    before = app.theme

    def restore(_result: object) -> None:
        app.theme = before  # what was chosen is taken after this

    app.push_screen(ThemePalette(), restore)
