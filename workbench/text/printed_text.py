"""What components print, cut into lines and kept in bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

from runtime.model.call import Printed
from runtime.model.text.plurals import counted
from runtime.protocol.logs.printed_chunks import PrintedChunk
from workbench.text.excerpt import LINE_CHARACTERS, excerpt

_ONE_CELL = bytes(range(0x20, 0x7F)) + b"\n"

UNORDERED = "E? when, among the call's lines on stdout, is not known"
"""What the mark of a line on stderr means whose `order_known` is false."""
LINE_BYTES = 4 * LINE_CHARACTERS
"""Bytes kept of a line that has not ended yet; the rest is counted."""


class PrintedTextLine(NamedTuple):
    """One line as the component wrote it; made printable only where it is seen."""

    data: bytes
    stream: str
    granted: bool
    call: int
    sequence: int | None
    cells: int
    """Cells of its text."""
    plain: bool
    """True when every byte of it takes one cell."""
    over: int = 0
    """Bytes that were left out at its end."""
    order_known: bool = True
    """False on stderr where the call wrote to stdout too and nobody knows in which order."""

    @property
    def text(self) -> str:
        """The line, printable."""
        return self.data.decode() if self.plain else _shown(self.data, self.over)


def stream_words(printed: Printed, order_known: bool) -> str:
    """What stands above what a call wrote to one stream, e.g. "stderr E?, not granted"."""
    mark = " E?" if printed.stream == "stderr" and not order_known else ""
    return f"{printed.stream}{mark}{'' if printed.granted else ', not granted'}"


def _shown(data: bytes, over: int) -> str:
    text = excerpt(data)
    return f"{text}… (+{counted(over, 'byte')})" if over else text


def _line(
    data: bytes, stream: str, granted: bool, call: int, sequence: int | None, over: int = 0
) -> PrintedTextLine:
    if data[-1:] == b"\r":
        data = data[:-1]
    simple = _is_simple(data)
    plain = simple and len(data) <= LINE_CHARACTERS and not over
    if plain:
        cells = len(data)
    else:  # marks of what is left out have one cell for each character too
        shown = _shown(data, over)
        cells = len(shown) if simple else cell_len(shown)
    return PrintedTextLine(data, stream, granted, call, sequence, cells, plain, over)


def _is_simple(data: bytes) -> bool:
    """True when each byte of each line is one cell; what came before a chunk may differ."""
    return not data.translate(None, _ONE_CELL)


class LineCutter:
    """Cuts the chunks of one node into lines; a line may come in many chunks."""

    def __init__(self) -> None:
        self._open: dict[str, bytes] = {}
        self._over: dict[str, int] = {}
        self.lines = 0
        """Lines ended so far."""
        self.ungranted: set[str] = set()
        """Streams on which something came that the manifest does not grant."""
        self.unordered = False
        """True where a call wrote to both streams and nobody knows in which order."""

    def cut(self, chunks: Sequence[PrintedChunk], most: int) -> tuple[list[PrintedTextLine], int]:
        """Lines that ended in these chunks, the last `most` of them, and how many came before."""
        ended = sum(chunk.data.count(b"\n") for chunk in chunks)
        made: list[PrintedTextLine] = []
        for chunk in chunks[self._far_behind(chunks, most) :]:
            lines = self._lines_of(chunk, most)
            if not chunk.order_known and chunk.stream == "stderr":
                self.unordered = True
                lines = [one._replace(order_known=False) for one in lines]
            made += lines
        self.lines += ended
        self.ungranted.update(chunk.stream for chunk in chunks if not chunk.granted)
        made = made[-most:]
        return made, ended - len(made)

    @property
    def has_unfinished(self) -> bool:
        """True where a line has begun and not ended."""
        return any(self._open.values())

    def unfinished(self) -> list[PrintedTextLine]:
        """Lines that have begun and not ended, e.g. a prompt."""
        return [
            _line(data, stream, stream not in self.ungranted, 0, None)
            for stream, data in self._open.items()
            if data
        ]

    def _far_behind(self, chunks: Sequence[PrintedChunk], most: int) -> int:
        """How many of the first chunks are so far back that none of their lines is kept."""
        found = 0
        for index in range(len(chunks) - 1, -1, -1):
            if found > most and chunks[index].data.endswith(b"\n"):
                self._open.clear()
                self._over.clear()
                return index + 1
            found += chunks[index].data.count(b"\n")
        return 0

    def _lines_of(self, chunk: PrintedChunk, most: int) -> list[PrintedTextLine]:
        stream, granted = chunk.stream, chunk.granted
        call, sequence = chunk.call, chunk.sequence
        whole = chunk.data.find(b"\n") == len(chunk.data) - 1 >= 0
        if whole and stream not in self._open:
            return [_line(chunk.data[:-1], stream, granted, call, sequence)]
        *ended, rest = chunk.data.rsplit(b"\n", most + 1)
        made: list[PrintedTextLine] = []
        if ended:
            begun, over = self._open.pop(stream, b""), self._over.pop(stream, 0)
            if len(ended) > most:
                ended, over = ended[1:], 0
            else:
                ended[0] = begun + ended[0]
            simple = _is_simple(chunk.data) and _is_simple(begun)
            if simple and len(max(ended, key=len)) <= LINE_CHARACTERS:
                made = [
                    PrintedTextLine(data, stream, granted, call, sequence, len(data), True)
                    for data in ended
                ]
            else:
                made = [_line(data, stream, granted, call, sequence) for data in ended]
            if over:
                made[0] = _line(ended[0], stream, granted, call, sequence, over)
        if rest:
            kept = self._open.get(stream, b"") + rest
            if len(kept) > LINE_BYTES:
                self._over[stream] = self._over.get(stream, 0) + len(kept) - LINE_BYTES
            self._open[stream] = kept[:LINE_BYTES]
        return made
