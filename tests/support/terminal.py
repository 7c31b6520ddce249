"""The command line in a terminal of its own."""

from __future__ import annotations

import os
import pty
import select
import struct
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path

from tests.support.command_server import COMMAND_LINE, ROOT, Program

PATIENCE_S = 60.0


class Terminal:
    """A pseudo terminal, and the process that has it."""

    def __init__(
        self,
        arguments: list[str | bytes],
        folder: Path,
        *,
        columns: int = 120,
        rows: int = 36,
        code: str | None = None,
    ) -> None:
        """With `code`, Python runs that, and not `torvyn-studio` with these arguments."""
        self.shown = b""
        """All that was written to the terminal."""
        self._terminal, end = pty.openpty()
        ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        command: tuple[str | bytes, ...] = (*COMMAND_LINE, *arguments)
        if code is not None:
            command = (sys.executable, "-c", code)
        self._process = Program(
            command,
            cwd=folder,
            stdin=end,
            stdout=end,
            stderr=end,
            env=os.environ | {"TERM": "xterm-256color", "PYTHONPATH": str(ROOT)},
            terminal=True,
        )
        os.close(end)
        self.pid = self._process.pid

    def wait_for(self, text: bytes, since: int = 0) -> None:
        """Read until `text` has been shown after the first `since` bytes."""
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.shown[since:]:
            assert time.monotonic() < deadline, self.shown[-2_000:]
            assert self.read(), self.shown[-2_000:]

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._terminal, keys)

    def send(self, number: int) -> None:
        """Send a signal to the process."""
        os.kill(self.pid, number)

    def modes(self) -> list[object]:
        """How the terminal is set: what `stty` shows."""
        return termios.tcgetattr(self._terminal)

    def close(self) -> None:
        """Take the terminal away."""
        if self._terminal >= 0:
            os.close(self._terminal)
            self._terminal = -1

    def exit_code(self) -> int:
        """Read on until the process has ended; negative for a signal."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            code = self._process.poll()
            if code is not None:
                while self._terminal >= 0 and self.read(0):
                    pass
                return int(code)
            if self._terminal < 0 or not self.read(0.05):
                time.sleep(0.01)
        raise AssertionError(f"it does not end: {self.shown[-2_000:]!r}")

    def end(self) -> None:
        """End what is left."""
        self._process.kill()
        self._process.wait()
        self.close()

    def read(self, wait_s: float = 1.0) -> bool:
        """Take in what comes; False when nothing comes any more."""
        if not select.select([self._terminal], [], [], wait_s)[0]:
            return wait_s >= 1.0
        try:
            data = os.read(self._terminal, 65_536)
        except OSError:
            return False
        self.shown += data
        return bool(data)


@contextmanager
def in_terminal(*arguments: str | bytes, folder: Path = ROOT) -> Iterator[Terminal]:
    """The command line on these arguments, in a terminal."""
    terminal = Terminal(list(arguments), folder)
    try:
        yield terminal
    finally:
        terminal.end()
