"""Whole payloads, read from the session for whoever needs all of one: to edit, copy or save it."""

from __future__ import annotations

from collections.abc import Callable

from runtime.protocol.requests import ReadPayload, Request
from runtime.protocol.updates import WholePayload


class PayloadReading:
    """Asks for payloads, and hands the answers to those who asked."""

    def __init__(self, send: Callable[[Request], None]) -> None:
        self._send = send
        self._waiting: dict[ReadPayload, Callable[[WholePayload], None]] = {}

    def read(self, element_id: int, most_bytes: int, then: Callable[[WholePayload], None]) -> None:
        """Read a payload of at most `most_bytes`; `then` gets the answer, whatever it is."""
        request = ReadPayload(element_id, most_bytes)
        self._waiting[request] = then
        self._send(request)

    def take(self, reply: WholePayload) -> None:
        """An answer came."""
        then = self._waiting.pop(reply.asked, None)
        if then is not None:
            then(reply)
