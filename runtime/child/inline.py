"""A session in the caller's own process: it works while it is polled."""

from __future__ import annotations

from dataclasses import replace

from runtime.child.pipe_messages import Opener
from runtime.child.trust_desk import TrustDesk
from runtime.model.errors import StudioError
from runtime.protocol.builds.build_requests import CancelBuild, StartBuild
from runtime.protocol.requests import AnswerTrust, Request, Restart
from runtime.protocol.updates import ALL_SHOWN, Health, ShownParts, Update, invalid_update
from runtime.session.session import FlowSession

POLL_BUDGET_NS = 10_000_000
"""How long one poll may make calls."""


class InlineClient:
    """A `SessionClient` without a second process: for tests and for embedding."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._trust = TrustDesk(opener.trust())
        self._session: FlowSession | None = None
        self._invalid: Update | None = None
        self._open()

    def send(self, request: Request) -> None:
        """Do what is asked at once; it builds nothing."""
        match request:
            case Restart():
                self.close()
                self._open()
            case StartBuild() | CancelBuild():
                pass
            case AnswerTrust():
                if self._trust.take(request):
                    self.close()
                    self._open()
            case _ if self._session is not None:
                self._session.handle(request)

    def poll(self, shown: ShownParts = ALL_SHOWN) -> Update:
        """Make calls for a moment when the flow runs, then say what happened."""
        if self._session is None:
            return self._invalid or Update(health=Health.DEAD, health_detail="closed")
        self._session.take_reloads()
        self._session.work(POLL_BUDGET_NS)
        self._trust.look_at(self._session.flow)
        return replace(self._session.update(shown), question=self._trust.question)

    def take(self) -> Update | None:
        """See `SessionClient`: each poll has its own answer."""
        return None

    def close(self) -> None:
        """Tear the flow down."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _open(self) -> None:
        try:
            self._session = self._opener.open(lambda: None)
            self._invalid = None
        except StudioError as error:
            self._invalid = invalid_update(error)
