"""The workbench's own themes, and how each role of a line looks under any theme."""

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
        "role-dim": "#8d9bb0",
        "role-faint": "#6a7a92",
        "role-name": "#7fd4e8",
        "role-string": "#a8dd7f",
        "role-number": "#c9a2ff",
        "role-literal": "#ffb37a",
        "role-past": "#d7a1ff",
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
        "role-dim": "#e4e4e4",
        "role-faint": "#bcbcbc",
        "role-name": "#87ffff",
        "role-string": "#afff87",
        "role-number": "#ffd7ff",
        "role-literal": "#ffd787",
        "role-past": "#ffafff",
    },
)

THEMES = (STUDIO, HIGH_CONTRAST)

ROLE_VARIABLES: dict[StyleRole, tuple[str, str]] = {
    StyleRole.TEXT: ("foreground", ""),
    StyleRole.STRONG: ("foreground", "bold"),
    StyleRole.DIM: ("role-dim", ""),
    StyleRole.FAINT: ("role-faint", ""),
    StyleRole.ACCENT: ("primary", ""),
    StyleRole.NEXT: ("accent", "bold"),
    StyleRole.GOOD: ("success", ""),
    StyleRole.WARN: ("warning", ""),
    StyleRole.BAD: ("error", "bold"),
    StyleRole.CHOSEN: ("primary", "bold reverse"),
    StyleRole.KEY: ("primary", "bold"),
    StyleRole.NAME: ("role-name", ""),
    StyleRole.STRING: ("role-string", ""),
    StyleRole.NUMBER: ("role-number", ""),
    StyleRole.LITERAL: ("role-literal", ""),
    StyleRole.PAST: ("role-past", "bold"),
    StyleRole.PAST_FLAG: ("role-past", "bold reverse"),
    StyleRole.ALERT: ("background", "bold"),
}
"""Theme variable and attributes of each role."""


def variable_defaults(foreground: str, background: str) -> dict[str, str]:
    """Our variables for a theme that does not name them, mixed from its own colours."""
    front, back = Color.parse(foreground), Color.parse(background)
    dim, faint = back.blend(front, 0.66).hex, back.blend(front, 0.45).hex
    names = ("role-name", "role-string", "role-number", "role-literal", "role-past")
    return {
        "border-calm": back.blend(front, 0.25).hex,
        "role-dim": dim,
        "role-faint": faint,
        **dict.fromkeys(names, foreground),
    }


def role_styles(variables: Mapping[str, str]) -> dict[StyleRole, Style]:
    """Style of each role under a theme's variables; the background is the widget's."""
    return {
        role: Style.parse(f"{bold} {variables[name]}")
        for role, (name, bold) in ROLE_VARIABLES.items()
    }
