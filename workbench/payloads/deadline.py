"""A time by which something must be done, looked at by whoever does it."""

from __future__ import annotations

from time import monotonic


class TookTooLongError(Exception):
    """The time is over."""


class Deadline:
    """`seconds` from now."""

    def __init__(self, seconds: float) -> None:
        self._at = monotonic() + seconds

    def check(self) -> None:
        """Raises `TookTooLongError` when the time is over."""
        if monotonic() > self._at:
            raise TookTooLongError
