"""A TCP server on this machine, for components that have the network."""

from __future__ import annotations

import socket
import threading

HERE = "127.0.0.1"


class UpperCaseServer:
    """Answers each connection with what it sent, in upper case; one that sends nothing waits."""

    def __init__(self) -> None:
        self._listener = socket.create_server((HERE, 0))
        self.port: int = self._listener.getsockname()[1]
        self.accepted = 0
        self._kept: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                made, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._kept.append(made)
            threading.Thread(target=self._answer, args=(made,), daemon=True).start()

    @staticmethod
    def _answer(made: socket.socket) -> None:
        data = made.recv(64)
        if data:
            made.sendall(data.upper())

    def close(self) -> None:
        """Stop, and end the connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for made in self._kept:
            made.close()
        self._thread.join(10)
