"""Payloads as hexadecimal that a user can edit."""

from __future__ import annotations

HEX_COLUMNS = 16
"""Bytes in a row of hexadecimal."""


def hex_text(data: bytes) -> str:
    """`68 65 6c 6c 6f`, sixteen bytes in a row."""
    rows = (data[at : at + HEX_COLUMNS] for at in range(0, len(data), HEX_COLUMNS))
    return "\n".join(row.hex(" ") for row in rows)


def bytes_of_hex(text: str) -> bytes:
    """The bytes; blanks between them do not matter. Raises `ValueError` that says where."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError(_hex_fault(text)) from None


def _hex_fault(text: str) -> str:
    for number, row in enumerate(text.split("\n"), start=1):
        for word in row.split():
            shown = word if len(word) <= 12 else f"{word[:12]}…"
            if any(digit not in "0123456789abcdefABCDEF" for digit in word):
                return f"Line {number}: {shown!r} is not hexadecimal."
            if len(word) % 2:
                return f"Line {number}: {shown!r} has an odd number of digits."
    return "This is not hexadecimal."
