"""Whether a key waits to be seen on the screen."""

from __future__ import annotations


class KeyWait:
    """Told of keys by the thread that reads the terminal, and asked while a picture is painted."""

    def __init__(self) -> None:
        self.waiting = False
        """True from a key until what it did is painted."""
        self.handled = False
        """True once the action of the last key was done, or it was said that it has none; what a
        line takes that is typed into is not told."""

    def came(self) -> None:
        """A key came; from any thread."""
        self.handled = False
        self.waiting = True

    def done(self) -> None:
        """What the key asks for was done."""
        self.handled = True

    def painted(self) -> None:
        """What keys did is on the screen."""
        self.waiting = False
