"""Who hears of what components print."""

from __future__ import annotations

from typing import Protocol


class OnPrint(Protocol):
    """Called with what a component wrote.

    After the call, on the thread that made it; during a long one also on another thread, while
    the thread that made the call waits for the component.
    """

    def __call__(
        self,
        node: str,
        call: int,
        stream: str,
        data: bytes,
        granted: bool,
        order_known: bool = True,
        /,
    ) -> None:
        """`call` is its number, `stream` "stdout" or "stderr".

        `order_known` is False where the call wrote to both streams and nobody knows in which
        order.
        """
