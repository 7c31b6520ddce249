"""The Protocols through which the engine reaches components."""

from __future__ import annotations

from typing import Protocol

from runtime.model.call import Answer, Call


class Invoker(Protocol):
    """Makes one call at a time. A failure is an answer, never an exception."""

    def invoke(self, call: Call) -> Answer:
        """Make the call and wait for it.

        `init` makes the instance first, and rebuilds it when there is one already; a
        component without lifecycle answers `Finished`. After a failure with `crashed`, the
        node answers nothing but `init` and `teardown`. After a `Relink`, `teardown` is called
        of nodes that the flow does not have any more.
        """
        ...


class ClosableInvoker(Invoker, Protocol):
    """An invoker that holds instances."""

    def close(self) -> None:
        """Free every instance. Idempotent."""
        ...

    def interrupt(self) -> None:
        """End the call in progress, if any; for another thread than the calling one."""
        ...
