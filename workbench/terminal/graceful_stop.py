"""Ending what runs in good order, whoever asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from workbench.terminal import ending_signals, standard_streams


class Stoppable(ending_signals.Endable, Protocol):
    """A run that can be ended from outside."""

    def stop(self) -> None:
        """End after the call in progress; may be called during it."""
        ...


@contextmanager
def ended_by_others(running: Stoppable) -> Iterator[None]:
    """While it is open, the signals that end a program end `running` in good order.

    So does a standard output that nobody takes any more.
    """
    standard_streams.end_on_failure(running.stop)
    try:
        with ending_signals.told_to(running):
            yield
    finally:
        standard_streams.end_on_failure(None)
