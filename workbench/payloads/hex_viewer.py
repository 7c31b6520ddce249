"""Bytes in hexadecimal."""

from __future__ import annotations

from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.document import FlatDocument, PayloadDocument, PayloadPlace
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

    def open(self, part: PayloadPart, deadline: Deadline) -> PayloadDocument:
        """Offsets, bytes, and what is ASCII among them."""
        return HexDocument(part.data, part.offset)


class HexDocument(FlatDocument):
    """Bytes; `start` is the offset of the first one."""

    name = "hex"

    def __init__(self, data: bytes, start: int = 0) -> None:
        self._data = data
        self._start = start
        self._lines = HexLines(data, 80, start)

    @property
    def rows(self) -> int:
        """One for every sixteen, eight or four bytes."""
        return len(self._lines)

    @property
    def whole(self) -> bool:
        """True: they are all there."""
        return True

    def fit(self, cells: int, lines: int | None = None) -> None:
        """As many bytes in a row as there is room for."""
        self._lines = HexLines(self._data, cells, self._start)

    def line(self, row: int) -> Line:
        """Offset, hexadecimal, ASCII."""
        return self._lines[row]

    def place(self, row: int) -> PayloadPlace:
        """The offset, and the numbers that begin there."""
        at = row * self._lines.each
        piece = self._data[at : at + self._lines.each]
        numbers = "   ".join(
            f"u{8 * size} {int.from_bytes(piece[:size], 'big'):,}"
            for size in (1, 2, 4)
            if len(piece) >= size
        )
        return PayloadPlace(
            f"offset 0x{self._start + at:x}", f"{numbers}   big-endian", piece.hex(" ")
        )

    def read_to(self, row: int, deadline: Deadline) -> None:
        """All rows are there."""

    @property
    def data(self) -> bytes:
        """The bytes."""
        return self._data

    def offset_of(self, row: int) -> int:
        """The first byte of the row."""
        return row * self._lines.each

    def row_at(self, offset: int, deadline: Deadline) -> int:
        """The row that shows a byte."""
        return min(max(offset, 0) // self._lines.each, max(self.rows - 1, 0))


class HexLines(LazyLines):
    """`000010  7b 22 …  {"`: sixteen bytes a line, or eight or four where it is narrow."""

    def __init__(self, data: bytes, cells: int, start: int = 0) -> None:
        self._data = data
        self._start = start
        self._digits = max(OFFSET_DIGITS, len(f"{start + max(len(data) - 1, 0):x}"))
        around = self._digits + 2
        self.each = next((count for count in (16, 8, 4) if around + count * 4 <= cells), 4)
        """Bytes in a line."""
        super().__init__(-(-len(data) // self.each), around - 1 + self.each * 4)

    def item_at(self, index: int) -> Line:
        """Offset, hexadecimal and ASCII of a few bytes."""
        offset = index * self.each
        piece = self._data[offset : offset + self.each]
        text = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in piece)
        return line(
            (f"{self._start + offset:0{self._digits}x} ", StyleRole.FAINT),
            (f"{piece.hex(' '):<{self.each * 3 - 1}} ", StyleRole.TEXT),
            (text, StyleRole.STRING),
        )
