"""Payloads as text that an editor gives back as it was."""

from __future__ import annotations

from runtime.model.text.printable import is_printable, printable


def can_be_typed(character: str) -> bool:
    """True for what an editor shows and gives back as it was, `\\n` and `\\t` among it."""
    return character in "\n\t" or is_printable(character)


def typed_text(data: bytes) -> str | None:
    """The payload as text; None when it is none, or has characters an editor would not keep."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if printable(text, keep_lines=True) == text else None
