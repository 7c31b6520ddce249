"""Payloads as text that an editor gives back as it was."""

from __future__ import annotations

import unicodedata

_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def can_be_typed(character: str) -> bool:
    """True for what an editor shows and gives back as it was: no control codes but `\\n`, `\\t`."""
    return character in "\n\t" + _JOINERS or unicodedata.category(character) not in _HIDDEN


def typed_text(data: bytes) -> str | None:
    """The payload as text; None when it is none, or has characters an editor would not keep."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() or all(map(can_be_typed, text)) else None
