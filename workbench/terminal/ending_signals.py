"""Signals that end the program: Ctrl-C, and those of whoever closes a terminal or stops a job."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

from runtime.model.errors import ExitCode
from runtime.model.interruption import interrupt

ENDING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
STUCK_SECONDS = 0.25
"""A call that has not returned this long after the first signal is ended."""

_received: list[int] = []


class EndingSignal(KeyboardInterrupt):
    """A signal that ends the program arrived where nothing takes it otherwise."""


class Endable(Protocol):
    """What can be asked to end; from any thread."""

    def interrupt(self) -> None:
        """End in good order; the second time, at once. Called in the main thread."""
        ...

    def end_call(self, interrupts: int) -> None:
        """End the call in progress, unless so many interrupts have been acted on since it began.

        Called in a thread of its own, also before `interrupt` was.
        """
        ...


def raise_them() -> None:
    """From now on these signals raise `EndingSignal`, unless whoever started us ignores them."""
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _raise)


def exit_code(code: int) -> int:
    """The exit code of a verb that ended with `code`: which signal it was, if it was one."""
    if code != ExitCode.INTERRUPTED or not _received:
        return code
    return 128 + _received[-1]


def note(number: int) -> None:
    """Remember which signal ends the program, for `exit_code`."""
    _received.append(number)


def _raise(number: int, frame: FrameType | None) -> None:
    note(number)
    interrupt(EndingSignal(), frame)


@contextmanager
def told_to(running: Endable) -> Iterator[None]:
    """While it is open, these signals end `running` in place of raising anything.

    Python runs a signal's handler between two of its own instructions: never, while a component
    does not return. So a thread hears of the signal from the handler in C
    (`signal.set_wakeup_fd`), and has the call ended.
    """

    def end(number: int, _frame: FrameType | None) -> None:
        note(number)
        running.interrupt()

    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    handlers = {
        number: signal.signal(number, end)
        for number in ENDING
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    before = signal.set_wakeup_fd(ours.fileno(), warn_on_full_buffer=False)
    thread = threading.Thread(target=_pass_on, args=(theirs, running), name="signals", daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        ours.close()
        thread.join()
        theirs.close()


def _pass_on(signals: socket.socket, running: Endable) -> None:
    interrupts = 0
    while True:
        try:
            numbers = signals.recv(64)
        except TimeoutError:
            signals.settimeout(None)
            running.end_call(interrupts)
            continue
        if not numbers:
            return
        before = interrupts
        interrupts += sum(number in ENDING for number in numbers)
        if interrupts > max(before, 1):
            signals.settimeout(None)
            running.end_call(interrupts)
        elif interrupts > before:
            signals.settimeout(STUCK_SECONDS)
