"""The keyboard where standard input was something else: a recording that came through a pipe."""

from __future__ import annotations

import os

from workbench.terminal.standard_streams import STDIN

TERMINAL = "/dev/tty"


def read_keys_from_terminal() -> None:
    """Make the terminal of this session standard input, once that was read to its end.

    Raises `OSError`: the process has no terminal.
    """
    terminal = os.open(TERMINAL, os.O_RDWR)
    try:
        os.dup2(terminal, STDIN)
    finally:
        os.close(terminal)
