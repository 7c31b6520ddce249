"""Whole payloads, read from the session for whoever needs all of one: to edit, copy, look into."""

from __future__ import annotations

from collections.abc import Callable

from runtime.protocol.replies import CallElements, WholePayload
from runtime.protocol.requests import FindCall, ReadPayload, Request


class PayloadReading:
    """Asks for payloads and calls, and hands the answers to those who asked."""

    def __init__(self, send: Callable[[Request], None]) -> None:
        self._send = send
        self._waiting: dict[ReadPayload, Callable[[WholePayload], None]] = {}
        self._calls: dict[FindCall, Callable[[CallElements], None]] = {}

    def read(self, element_id: int, most_bytes: int, then: Callable[[WholePayload], None]) -> None:
        """Read a payload of at most `most_bytes`; `then` gets the answer, whatever it is."""
        request = ReadPayload(element_id, most_bytes)
        self._waiting[request] = then
        self._send(request)

    def find_call(self, element_id: int, then: Callable[[CallElements], None]) -> None:
        """Find the call that an element came out of; `then` gets the answer, whatever it is."""
        request = FindCall(element_id)
        self._calls[request] = then
        self._send(request)

    def take(self, reply: WholePayload | CallElements) -> None:
        """An answer came."""
        if isinstance(reply, WholePayload):
            then = self._waiting.pop(reply.asked, None)
            if then is not None:
                then(reply)
        else:
            found = self._calls.pop(reply.asked, None)
            if found is not None:
                found(reply)
