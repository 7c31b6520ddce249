"""Text of components, made harmless for a terminal.

Whatever a component writes is data: control codes become visible signs, tabs become spaces, and
a very long line is cut with a mark that says how much is missing.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

TAB_CELLS = 8
LINE_CHARACTERS = 4_096
"""Characters of one line that are shown."""

_SIGNS = {code: chr(0x2400 + code) for code in range(0x20)}
_SIGNS[0x7F] = "␡"
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@lru_cache(maxsize=1_024)
def _sign(character: str) -> str:
    """How one character that is not printable is shown."""
    code = ord(character)
    if code in _SIGNS:
        return _SIGNS[code]
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    return f"‹{code:04X}›" if category in _HIDDEN else character


def harmless(text: str, limit: int = LINE_CHARACTERS) -> str:
    """One line of text without control codes, at most about `limit` characters long."""
    missing = len(text) - limit
    if missing > 0:
        text = text[:limit]
    if not text.isprintable():
        text = text.expandtabs(TAB_CELLS)
        text = "".join(map(_sign, text)) if not text.isprintable() else text
    return f"{text}… (+{missing:,} characters)" if missing > 0 else text


def harmless_bytes(data: bytes, limit: int = LINE_CHARACTERS) -> str:
    """As `harmless`, of bytes that should be UTF-8; others show as `\\xff`."""
    missing = len(data) - limit * 4
    if missing > 0:
        data = data[: limit * 4]
    text = harmless(data.decode("utf-8", "backslashreplace"), limit)
    return f"{text}… (+{missing:,} bytes)" if missing > 0 else text
