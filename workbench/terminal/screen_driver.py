"""The screen's hold on the terminal: given back whatever ends the program, or when it went away.

On top of Textual's driver (textual 8.2.8, drivers/linux_driver.py), which knows no signal but
those of job control, and writes to stderr even when that is a file.
"""

from __future__ import annotations

import io
import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key
from textual.message import Message

from runtime.model.errors import ExitCode
from workbench.terminal import ending_signals
from workbench.terminal.standard_streams import STDERR, STDIN, STDOUT, GuardedFile

_NAMES = "SIGINT SIGTERM SIGHUP SIGQUIT SIGUSR1 SIGUSR2 SIGALRM SIGVTALRM SIGXCPU"
ENDING = tuple(getattr(signal, name) for name in _NAMES.split() if hasattr(signal, name))
"""Signals that would end the process and leave the terminal as it is."""

GIVE_BACK = (
    "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"  # mouse
    "\x1b[?2004l\x1b[?2048l\x1b[?1004l"  # pasting, sizes, focus
    "\x1b[?7h\x1b[<u\x1b[?1049l\x1b[?25h"  # line wrap, keyboard, alternate screen, cursor
)


MEASURED_SIGN = "●"
"""Of ambiguous width, as boxes are: a terminal that is set for Chinese may draw it on two cells."""


class ScreenDriver(LinuxDriver):
    """Textual's driver, which ends the app in good order by signals and with its terminal."""

    def __init__(self, app: App[Any], **settings: Any) -> None:
        super().__init__(app, **settings)
        self._output = GuardedFile(screen_descriptor())
        self._output.on_failure = self._terminal_gone
        self._file = io.TextIOWrapper(
            io.BufferedWriter(self._output), "utf-8", "backslashreplace", newline="\n"
        )
        self._watched = False

    def start_application_mode(self) -> None:
        """Take the terminal; from now on a signal ends the app."""
        if not self._watched:
            self._watched = True
            for number in ENDING:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._loop.add_signal_handler(number, self._end, number)
            threading.Thread(target=self._watch, name="terminal", daemon=True).start()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if getattr(self._app, "measures_signs", False):
            # The first paint draws over it; the answer is `CursorPosition`, if there is one.
            self.write(f"\x1b[1;1H{MEASURED_SIGN}\x1b[6n\x1b[1;1H")
            self.flush()

    def process_message(self, message: Message) -> None:
        """Of a key the app hears at once, in this thread: a picture may be in its way."""
        if isinstance(message, Key) and (hear := getattr(self._app, "key_came", None)):
            hear()
        super().process_message(message)

    def _end(self, number: int) -> None:
        ending_signals.note(number)
        self._app.exit(return_code=128 + number)

    def _watch(self) -> None:
        """Wait for the terminal to go away: Textual takes the end of its input for a pause."""
        poll = select.poll()
        poll.register(self.fileno, 0)  # a hang-up and an error are always told
        with suppress(OSError):
            poll.poll()
            self._terminal_gone()

    def _terminal_gone(self) -> None:
        with suppress(RuntimeError):  # the loop may be closed
            self._loop.call_soon_threadsafe(self._app.exit, None, ExitCode.HUNG_UP)

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except OSError:
            self._terminal_gone()
        except Exception as error:
            self._app.call_later(self._app._handle_exception, error)


def screen_descriptor() -> int:
    """Where the screen is drawn: stderr, as Textual does, unless that is no terminal."""
    return STDERR if os.isatty(STDERR) else STDOUT


def driver_class() -> type[LinuxDriver] | None:
    """The driver of this system; None for Textual's own choice."""
    return None if sys.platform == "win32" else ScreenDriver


@contextmanager
def terminal_given_back() -> Iterator[None]:
    """Gives the terminal back when what runs inside raises: then the driver did not."""
    try:
        before = termios.tcgetattr(STDIN)
    except termios.error:
        before = None
    try:
        yield
    except BaseException:
        with suppress(OSError, termios.error):
            os.write(screen_descriptor(), GIVE_BACK.encode())
            if before is not None:
                termios.tcsetattr(STDIN, termios.TCSADRAIN, before)
        raise
