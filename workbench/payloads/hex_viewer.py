"""Bytes in hexadecimal."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.payloads.deadline import Deadline
from workbench.payloads.viewer import PayloadPart
from workbench.text.lazy_rows import LazyLines
from workbench.text.lines import Line, StyleRole, line

OFFSET_DIGITS = 6
"""Least digits of an offset; more where the payload is longer than they can count."""


class HexViewer:
    """Shows any payload."""

    name = "hex"

    def accepts(self, part: PayloadPart) -> bool:
        """True: every payload has bytes."""
        return True

    def lines(self, part: PayloadPart, cells: int, deadline: Deadline) -> Sequence[Line]:
        """Offsets, bytes, and what is ASCII among them; made as they come into sight."""
        return HexLines(part.data, cells, part.offset)


class HexLines(LazyLines):
    """`000010  7b 22 …  {"`: sixteen bytes a line, or eight or four where it is narrow."""

    def __init__(self, data: bytes, cells: int, start: int = 0) -> None:
        self._data = data
        self._start = start
        self._digits = max(OFFSET_DIGITS, len(f"{start + max(len(data) - 1, 0):x}"))
        around = self._digits + 2
        self._each = next((count for count in (16, 8, 4) if around + count * 4 <= cells), 4)
        super().__init__(-(-len(data) // self._each), around - 1 + self._each * 4)

    def line_at(self, index: int) -> Line:
        """Offset, hexadecimal and ASCII of a few bytes."""
        offset = index * self._each
        piece = self._data[offset : offset + self._each]
        text = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in piece)
        return line(
            (f"{self._start + offset:0{self._digits}x} ", StyleRole.FAINT),
            (f"{piece.hex(' '):<{self._each * 3 - 1}} ", StyleRole.TEXT),
            (text, StyleRole.STRING),
        )
