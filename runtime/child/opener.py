"""What a session is opened from, again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from runtime.build.session_builds import SessionBuilds
from runtime.hotreload.reopening import Reopening
from runtime.session.session import FlowSession


class Opener(Protocol):
    """A manifest, a flow's name and options; can be pickled."""

    def open(self, wake: Callable[[], None]) -> FlowSession:
        """A session, paused before the first call.

        `wake` is called from another thread when `FlowSession.take_reloads` has something.
        Raises `StudioError` with every problem of the manifest and its components.
        """
        ...

    def reopening(self, changed: Callable[[], None]) -> Reopening | None:
        """Waits for files that may let a failed `open` succeed; None when none are watched."""
        ...

    def builds(self) -> SessionBuilds:
        """Builds the manifest's components on request."""
        ...
