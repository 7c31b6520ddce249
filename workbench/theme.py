"""The workbench's own themes, and how each ink of a line looks under any theme."""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from workbench.text.lines import StyleRole

STUDIO = Theme(
    name="torvyn-studio",
    primary="#6cb6ff",
    secondary="#4d8bc9",
    accent="#ffc857",
    foreground="#d5dce8",
    background="#0e131a",
    surface="#131a23",
    panel="#1b2430",
    success="#79d9a0",
    warning="#ff9f5a",
    error="#ff6b81",
    dark=True,
    variables={
        "border-calm": "#2b3748",
        "ink-dim": "#8d9bb0",
        "ink-faint": "#6a7a92",
        "ink-name": "#7fd4e8",
        "ink-string": "#a8dd7f",
        "ink-number": "#c9a2ff",
        "ink-literal": "#ffb37a",
        "ink-past": "#d7a1ff",
    },
)

HIGH_CONTRAST = Theme(
    name="torvyn-high-contrast",
    primary="#5fd7ff",
    secondary="#5fd7ff",
    accent="#ffff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    success="#00ff87",
    warning="#ffaf00",
    error="#ff8787",
    dark=True,
    variables={
        "border-calm": "#9e9e9e",
        "ink-dim": "#e4e4e4",
        "ink-faint": "#bcbcbc",
        "ink-name": "#87ffff",
        "ink-string": "#afff87",
        "ink-number": "#ffd7ff",
        "ink-literal": "#ffd787",
        "ink-past": "#ffafff",
    },
)

THEMES = (STUDIO, HIGH_CONTRAST)

BASES: dict[StyleRole, tuple[str, str]] = {
    StyleRole.TEXT: ("foreground", ""),
    StyleRole.STRONG: ("foreground", "bold"),
    StyleRole.DIM: ("ink-dim", ""),
    StyleRole.FAINT: ("ink-faint", ""),
    StyleRole.ACCENT: ("primary", ""),
    StyleRole.NEXT: ("accent", "bold"),
    StyleRole.GOOD: ("success", ""),
    StyleRole.WARN: ("warning", ""),
    StyleRole.BAD: ("error", "bold"),
    StyleRole.CHOSEN: ("primary", "bold reverse"),
    StyleRole.KEY: ("primary", "bold"),
    StyleRole.NAME: ("ink-name", ""),
    StyleRole.STRING: ("ink-string", ""),
    StyleRole.NUMBER: ("ink-number", ""),
    StyleRole.LITERAL: ("ink-literal", ""),
    StyleRole.PAST: ("ink-past", "bold"),
    StyleRole.PAST_FLAG: ("ink-past", "bold reverse"),
    StyleRole.ALERT: ("background", "bold"),
}
"""Theme variable and attributes of each ink."""


def variable_defaults(foreground: str, background: str) -> dict[str, str]:
    """Our variables for a theme that does not name them, mixed from its own colours."""
    front, back = Color.parse(foreground), Color.parse(background)
    dim, faint = back.blend(front, 0.66).hex, back.blend(front, 0.45).hex
    names = ("ink-name", "ink-string", "ink-number", "ink-literal", "ink-past")
    return {
        "border-calm": back.blend(front, 0.25).hex,
        "ink-dim": dim,
        "ink-faint": faint,
        **dict.fromkeys(names, foreground),
    }


def ink_styles(variables: Mapping[str, str]) -> dict[StyleRole, Style]:
    """Style of each ink under a theme's variables; the background is the widget's."""
    return {ink: Style.parse(f"{bold} {variables[name]}") for ink, (name, bold) in BASES.items()}
