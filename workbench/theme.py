"""The workbench's own themes, and how each role of a line looks under any theme."""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from runtime.model.lazy.dataclass import dataclass
from workbench.text.lines import StyleRole


@dataclass(frozen=True, slots=True, kw_only=True)
class _Colours:
    """One theme: a colour for each thing that is said, on three grounds."""

    bg: str
    surface: str
    panel: str
    text: str
    dim: str
    faint: str
    border: str
    cursor: str
    """Ground of the row with the cursor: as far from the others as the contrast of text allows."""
    focus: str
    next: str
    good: str
    warn: str
    bad: str
    past: str
    name: str
    string: str
    number: str
    literal: str


def _theme(name: str, of: _Colours, *, dark: bool = True) -> Theme:
    return Theme(
        name=name,
        primary=of.focus,
        secondary=of.focus,
        accent=of.next,
        foreground=of.text,
        background=of.bg,
        surface=of.surface,
        panel=of.panel,
        success=of.good,
        warning=of.warn,
        error=of.bad,
        dark=dark,
        variables={
            "border-calm": of.border,
            "cursor-ground": of.cursor,
            "role-dim": of.dim,
            "role-faint": of.faint,
            "role-name": of.name,
            "role-string": of.string,
            "role-number": of.number,
            "role-literal": of.literal,
            "role-past": of.past,
        },
    )


DARK = _theme(
    "dark",
    _Colours(
        bg="#0e131a", surface="#131a23", panel="#1b2430", text="#d5dce8", dim="#8d9bb0",
        faint="#7d8ca5", border="#2b3748", focus="#6cb6ff", next="#ffc857", good="#79d9a0",
        warn="#ff9f5a", bad="#ff6b81", past="#d7a1ff", name="#7fd4e8", string="#a8dd7f",
        number="#c9a2ff", literal="#ffb37a", cursor="#192634",
    ),
)  # fmt: skip

LIGHT = _theme(
    "light",
    _Colours(
        bg="#fbfaf7", surface="#f7f5f0", panel="#f3f1eb", text="#1f2733", dim="#4a5868",
        faint="#5f6b79", border="#b9c0c8", focus="#194992", next="#866b03", good="#227957",
        warn="#7c2303", bad="#ba1a41", past="#5a03b0", name="#00626f", string="#3c6400",
        number="#6430b0", literal="#94400a", cursor="#f1f1ed",
    ),
    dark=False,
)  # fmt: skip

HIGH_CONTRAST = _theme(
    "high-contrast",
    _Colours(
        bg="#000000", surface="#000000", panel="#1c1c1c", text="#ffffff", dim="#e4e4e4",
        faint="#bcbcbc", border="#9e9e9e", focus="#5fd7ff", next="#ffff00", good="#00ff87",
        warn="#ffaf00", bad="#ff8787", past="#ffafff", name="#87ffff", string="#afff87",
        number="#ffd7ff", literal="#ffd787", cursor="#0f2229",
    ),
)  # fmt: skip

COLOUR_BLIND = _theme(
    "colour-blind",
    _Colours(
        bg="#10131a", surface="#161a21", panel="#1d232e", text="#e6e9ef", dim="#a3adbb",
        faint="#8894a5", border="#3a4453", focus="#5992b7", next="#f0e442", good="#55dbc1",
        warn="#c58c1a", bad="#df6c58", past="#f11cfd", name="#9ad4f5", string="#8fd6b8",
        number="#e3a5c8", literal="#f0c060", cursor="#1d2631",
    ),
)  # fmt: skip
"""Begun from the hues of Okabe and Ito, and set apart for each kind of colour vision."""

TERMINAL = Theme(
    name="terminal",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_blue",
    accent="ansi_yellow",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    variables={
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "foreground-disabled": "ansi_default",
        "surface-active": "ansi_default",
        "border-calm": "ansi_bright_black",
        "cursor-ground": "transparent",
        "role-dim": "ansi_default",
        "role-faint": "ansi_default",
        "role-name": "ansi_cyan",
        "role-string": "ansi_green",
        "role-number": "ansi_magenta",
        "role-literal": "ansi_yellow",
        "role-past": "ansi_magenta",
    },
)
"""The terminal's own colours, on its own ground: whatever the user made of them."""

THEMES = (DARK, LIGHT, HIGH_CONTRAST, COLOUR_BLIND, TERMINAL)
"""In the order of `THEME_NAMES`."""

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
    StyleRole.ACCENT_FLAG: ("primary", "bold reverse"),
    StyleRole.NEXT_FLAG: ("accent", "bold reverse"),
    StyleRole.GOOD_FLAG: ("success", "bold reverse"),
    StyleRole.WARN_FLAG: ("warning", "bold reverse"),
    StyleRole.BAD_FLAG: ("error", "bold reverse"),
    StyleRole.FOUND: ("accent", "bold underline"),
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
        "cursor-ground": back.blend(front, 0.08).hex,
        "role-dim": dim,
        "role-faint": faint,
        **dict.fromkeys(names, foreground),
    }


def role_styles(variables: Mapping[str, str]) -> dict[StyleRole, Style]:
    """Style of each role under a theme's variables; the background is the widget's."""
    return {
        role: _style(variables[name], attributes, faint=role is StyleRole.FAINT)
        for role, (name, attributes) in ROLE_VARIABLES.items()
    }


def _style(colour: str, attributes: str, *, faint: bool) -> Style:
    """Among the terminal's own colours none is surely fainter than its text: that is dimmed."""
    parsed = Color.parse(colour)
    dimmed = True if faint and parsed.ansi is not None else None
    return Style.parse(attributes) + Style(color=parsed.rich_color, dim=dimmed)
