"""Who hears of what components print."""

from __future__ import annotations

from typing import Protocol

from runtime.model.call import Answer, Call, is_listed_by_stream


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


def print_again(call: Call, answer: Answer, on_print: OnPrint) -> None:
    """Tell what was printed during a call that is not made again, out of its `answer`."""
    if not answer.printed:
        return
    order_known = not is_listed_by_stream(answer.printed)
    for stream, data, granted in answer.printed:
        on_print(call.node, call.number, stream, data, granted, order_known)
