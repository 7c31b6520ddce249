"""One line at the foot of a terminal that says how far something is."""

from __future__ import annotations

import os
import time
from typing import TextIO

from runtime.model.text.printable import printable
from workbench.terminal.ascii_twins import ERRORS

_AGAIN_S = 0.25
"""How often it is written at most."""
_FROM_S = 0.5
"""What takes no longer shows no line."""


class ProgressLine:
    """Written over itself, and only to a terminal. Clear it before anything else is written."""

    def __init__(self, stream: TextIO, *, from_s: float = _FROM_S) -> None:
        """Before `from_s` nothing is shown."""
        self._from_s = from_s
        self._stream = stream
        self._is_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._began = self._written_at = time.monotonic()
        self._shown = False

    def begin(self) -> None:
        """Count the seconds from now on."""
        self._began = time.monotonic()

    def show(self, how_far: str, what: str = "") -> None:
        """Show `how_far, 12 s: what`, as far as the terminal is wide."""
        now = time.monotonic()
        took = now - self._began
        if not self._is_terminal or took < self._from_s:
            return
        if self._shown and now - self._written_at < _AGAIN_S:
            return
        text = f"{how_far}, {took:.0f} s" + (f": {what}" if what else "")
        cells = max(self._columns() - 1, 10)
        self._write(f"\r\x1b[K{printable(text)[:cells]}")
        self._shown, self._written_at = True, now

    def clear(self) -> None:
        """Take it away; it comes back with the next `show`."""
        if self._shown:
            self._write("\r\x1b[K")
            self._shown = False

    def end(self) -> None:
        """Take it away for good."""
        self.clear()

    def _write(self, text: str) -> None:
        # Not through the text stream: that one writes controls as escapes.
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        self._stream.flush()
        self._stream.buffer.write(text.encode(encoding, ERRORS))
        self._stream.buffer.flush()

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except (OSError, ValueError):
            return 80
