"""What a front end gets of a running session, and what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from runtime.protocol.requests import Request
from runtime.protocol.updates import Update


@dataclass(frozen=True, slots=True)
class ShownParts:
    """Parts of an update that somebody looks at now; the others cost nothing while a flow runs.

    What was held back comes with the first update that asks for it, or that finds the flow
    standing, as far as it is kept.
    """

    events: bool = True
    """The lines of the event log."""
    printed: bool = True
    """What components printed."""
    times: bool = True
    """How long calls took: `Update.times` and `Update.window`."""


ALL_SHOWN = ShownParts()


class SessionClient(Protocol):
    """All that a front end gets of a running session. Never waits for the flow."""

    def send(self, request: Request) -> None:
        """Ask for something; a dead session ignores all but `Restart`."""
        ...

    def poll(self, shown: ShownParts = ALL_SHOWN) -> Update:
        """What happened since the last poll; cheap when nothing did."""
        ...

    def close(self) -> None:
        """End the session: teardown, stores closed, process gone. Idempotent."""
        ...
