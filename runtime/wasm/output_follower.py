"""What a long call prints, shown while it runs.

A thread of its own looks at the call's output from time to time: what it is shown to may be a
pipe that nobody reads, and the thread that ends calls in time must not wait for that. Nothing
of this reaches the engine: what a call printed is part of its answer.
"""

from __future__ import annotations

import threading
import time
from typing import Protocol

FOLLOW_SECONDS = 0.05
"""How often the output of a long call is looked at."""


class FollowedOutput(Protocol):
    """What a component prints."""

    def show(self) -> None:
        """Show what was written and not shown yet. Never raises."""
        ...


class FollowedCall(Protocol):
    """The call that runs, if one does; see `CallWatch`."""

    running: bool
    began_ns: int
    followed_ns: int
    output: FollowedOutput | None


class OutputFollower:
    """Shows the output of the one call that runs."""

    def __init__(self, call: FollowedCall) -> None:
        self.lock = threading.Lock()
        """Held while output is shown; who ends a followed call takes it once."""
        self._call = call
        self._thread: threading.Thread | None = None
        self._wanted = threading.Event()
        self._closed = False

    def follow(self, began_ns: int) -> None:
        """Show the output of the call that began then, until it ends. For one thread."""
        # First this, then a look at `running`: the call's own thread does it the other way
        # round, so either it sees that it is followed, or it is seen to have ended.
        self._call.followed_ns = began_ns
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="output", daemon=True)
            self._thread.start()
        self._wanted.set()

    def close(self) -> None:
        """End the thread; it may be waiting for a reader, and is not waited for."""
        self._closed = True
        self._wanted.set()

    def _run(self) -> None:
        while not self._closed:
            self._wanted.wait()
            self._wanted.clear()
            while not self._closed and self._show():
                time.sleep(FOLLOW_SECONDS)

    def _show(self) -> bool:
        """Whether the call still runs; if so, its output was shown."""
        call = self._call
        with self.lock:
            runs = call.running and call.followed_ns == call.began_ns
            if runs and call.output is not None:
                call.output.show()
        return runs
