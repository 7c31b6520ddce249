"""Text of components in one line of the screen: safe, and cut where it is too long."""

from __future__ import annotations

from runtime.model.text.plurals import counted
from runtime.model.text.printable import printable

TAB_CELLS = 8
LINE_CHARACTERS = 4_096
"""Characters of one line that are shown."""


def excerpt(text: str | bytes, limit: int = LINE_CHARACTERS) -> str:
    """One line as `printable` shows it, of at most about `limit` characters of the text.

    Tabs become spaces. Of bytes, which should be UTF-8, at most four times as many are looked at.
    A mark says how much is missing.
    """
    if isinstance(text, bytes):
        missing = len(text) - limit * 4
        shown = excerpt(text[: limit * 4].decode("utf-8", "surrogateescape"), limit)
        return f"{shown}… (+{counted(missing, 'byte')})" if missing > 0 else shown
    missing = len(text) - limit
    if missing > 0:
        text = text[:limit]
    shown = printable(text.expandtabs(TAB_CELLS) if "\t" in text else text)
    return f"{shown}… (+{counted(missing, 'character')})" if missing > 0 else shown
