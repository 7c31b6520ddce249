"""Bytes in hexadecimal."""

from __future__ import annotations

from workbench.payloads.deadline import Deadline
from workbench.payloads.viewer import PayloadPart
from workbench.text.lines import Line, StyleRole, line


class HexViewer:
    """Shows any payload."""

    name = "hex"

    def accepts(self, part: PayloadPart) -> bool:
        """True: every payload has bytes."""
        return True

    def lines(self, part: PayloadPart, cells: int, deadline: Deadline) -> list[Line]:
        """Offsets, bytes, and what is ASCII among them."""
        return hex_lines(part.data, cells, part.offset)


def hex_lines(data: bytes, cells: int, start: int = 0) -> list[Line]:
    """`00000010  7b 22 …  {"`: sixteen bytes a row, or eight or four where it is narrow."""
    each = next((count for count in (16, 8, 4) if 8 + count * 4 + 2 <= cells), 4)
    rows: list[Line] = []
    for offset in range(0, len(data), each):
        piece = data[offset : offset + each]
        text = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in piece)
        rows.append(
            line(
                (f"{start + offset:06x} ", StyleRole.FAINT),
                (f"{piece.hex(' '):<{each * 3 - 1}} ", StyleRole.TEXT),
                (text, StyleRole.STRING),
            )
        )
    return rows
