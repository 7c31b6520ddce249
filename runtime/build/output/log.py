"""What a build writes, as lines: decoded safely, without control codes, bounded."""

from __future__ import annotations

import codecs
import re
import threading
from collections import deque
from typing import NamedTuple

from runtime.model.text.printable import printable

KEPT_LINES = 5_000
"""Lines kept; the oldest are lost first, and counted."""

LONGEST_LINE = 4_000
"""Characters of a line that are kept."""

_CUT_MARK = " …"
_ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI, colours among them
    r"|\x1b[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC, DCS and their like, with their text
    r"|\x1b[ -/]*[0-~]?"
)


class BuildOutputLine(NamedTuple):
    """One line."""

    number: int
    """Counted from 1 in a build."""
    text: str


class OutputLines(NamedTuple):
    """Lines since some number."""

    lines: tuple[BuildOutputLine, ...]
    lost: int
    """Lines in between that were not kept."""


class LineRing:
    """Cuts bytes into lines and keeps the last ones. Thread-safe."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._partial = ""
        self._lines: deque[BuildOutputLine] = deque(maxlen=KEPT_LINES)
        self._count = 0
        self._lock = threading.Lock()

    def feed(self, data: bytes, final: bool = False) -> list[str]:
        """Take bytes in; returns the lines they completed, all of them when `final`."""
        with self._lock:
            text = self._partial + self._decoder.decode(data, final)
            *whole, self._partial = text.split("\n")
            if self._partial and (final or len(self._partial) > 2 * LONGEST_LINE):
                whole.append(self._partial)
                self._partial = ""
            if final:
                self._decoder.reset()
            return [self._keep(line) for line in whole]

    def add(self, text: str) -> None:
        """Add lines of our own."""
        with self._lock:
            for line in text.split("\n"):
                self._keep(line)

    def after(self, number: int, most: int = KEPT_LINES) -> OutputLines:
        """The lines after a number, oldest first, at most so many."""
        with self._lock:
            lines = [line for line in self._lines if line.number > number][:most]
        lost = lines[0].number - number - 1 if lines else 0
        return OutputLines(tuple(lines), lost)

    def _keep(self, raw: str) -> str:
        text = printable(last_state(raw), keep_lines=True)
        if len(text) > LONGEST_LINE:
            text = text[:LONGEST_LINE] + _CUT_MARK
        self._count += 1
        self._lines.append(BuildOutputLine(self._count, text))
        return text


def last_state(raw: str) -> str:
    """A line without the terminal's sequences; of a progress line, its last state."""
    return _ESCAPE.sub("", raw).rstrip("\r").rpartition("\r")[2]
