"""Whether a terminal can show a picture."""

from __future__ import annotations

from typing import Any

from textual.app import App

from workbench.terminal.ascii_signs import AsciiSigns

ENOUGH_COLOURS = ("truecolor", "256")


def no_pictures(app: App[Any]) -> str:
    """Why the screen cannot show a picture, to follow "not drawn: "; empty where it can."""
    if app.no_color:
        return "NO_COLOR is set, and a picture is nothing but colours"
    if any(isinstance(one, AsciiSigns) for one in app.get_line_filters()):
        return "the screen is drawn with ASCII alone"
    if app.console.color_system not in ENOUGH_COLOURS:
        return "the terminal has fewer than 256 colours (COLORTERM=truecolor says that it has more)"
    return ""
