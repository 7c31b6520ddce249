"""Sends updates to the workbench without waiting until it reads them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler

from runtime.protocol.updates import Update


class UpdateSender:
    """Writes to the pipe on a thread of its own.

    A pipe holds about 200 KiB, and what a fast flow prints between two updates may be more: a
    thread that makes calls would stand still until the workbench comes to read.
    """

    def __init__(self, connection: Connection, broken: Callable[[], None]) -> None:
        """`broken` is called on that thread when nobody is there to read any more."""
        self._connection = connection
        self._broken = broken
        self._waiting: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
        threading.Thread(target=self._write, daemon=True, name="pipe writer").start()

    def send(self, update: Update) -> None:
        """Send it after those that were sent before. For any thread."""
        self._waiting.put(ForkingPickler.dumps(update))

    def _write(self) -> None:
        try:
            while True:
                self._connection.send_bytes(self._waiting.get())
        except OSError:
            self._broken()
