"""Invokers that hold instances."""

from __future__ import annotations

from typing import Protocol

from runtime.engine.invoker import Invoker


class ClosableInvoker(Invoker, Protocol):
    """An invoker that holds instances."""

    def close(self) -> None:
        """Free every instance. Idempotent."""
        ...

    def interrupt(self) -> None:
        """End the call in progress, if any; for another thread than the calling one."""
        ...
