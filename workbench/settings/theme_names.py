"""The workbench's themes by name, for command lines: it imports nothing that draws."""

from __future__ import annotations

THEME_NAMES = ("dark", "light", "high-contrast", "colour-blind", "terminal")
"""The first is the one that holds where nothing is said."""
