"""What can be done about a failed call but making it again: skip it, or revive its node."""

from __future__ import annotations

from collections.abc import Callable

from runtime.model.commands import Skip
from runtime.protocol.requests import (
    ReviveNode,
    SessionRequest,
    SkipElement,
)
from runtime.session.request_table import RequestTable
from runtime.timetravel.reviving import revive
from runtime.timetravel.time_travel import TimeTravel


class FailedCalls:
    """Both are changes, made at the end of a branch."""

    def __init__(self, time: TimeTravel, at_the_end: Callable[[SessionRequest], bool]) -> None:
        """`at_the_end` says whether what is asked can be done now; if not, it is asked again."""
        self._time = time
        self._at_the_end = at_the_end

    def register(self, requests: RequestTable) -> None:
        """Take the requests."""
        requests.on(SkipElement, self._skip)
        requests.on(ReviveNode, self._revive)

    def _skip(self, asked: SkipElement) -> None:
        if self._at_the_end(asked):
            self._time.detach()
            self._time.apply(Skip(asked.node))

    def _revive(self, asked: ReviveNode) -> None:
        if self._at_the_end(asked):
            revive(self._time, asked.node)
