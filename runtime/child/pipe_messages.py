"""What crosses the pipe next to requests and updates; it imports nothing that makes calls.

The messages have one identity in both processes, and the workbench's process stays light.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from runtime.model.lazy.dataclass import dataclass
from runtime.protocol.updates import ALL_SHOWN, ShownParts

if TYPE_CHECKING:
    from runtime.build.session_builds import SessionBuilds
    from runtime.child.trust_desk import TrustKeeper
    from runtime.hotreload.reopening import Reopening
    from runtime.session.session import FlowSession

Compiling = Callable[[str, int, int], None]
"""Takes the name of a component that is compiled now, the how manieth it is, and of how many."""


class Opener(Protocol):
    """What sessions are opened from: a manifest, a flow's name, options. It can be pickled."""

    def open(self, wake: Callable[[], None], compiling: Compiling | None = None) -> FlowSession:
        """A session, paused before the first call.

        `wake` is called from another thread when `FlowSession.take_reloads` has something.
        `compiling` is called before each component that has to be compiled.
        Raises `StudioError` with every problem of the manifest and its components.
        """
        ...

    def reopening(self, changed: Callable[[], None]) -> Reopening | None:
        """Waits for files that may let a failed `open` succeed; None when none are watched."""
        ...

    def builds(self) -> SessionBuilds:
        """Builds the manifest's components on request."""
        ...

    def trust(self) -> TrustKeeper:
        """Knows what the user said about the project."""
        ...


@dataclass(frozen=True, slots=True)
class Poll:
    """The workbench wants an update."""

    shown: ShownParts = ALL_SHOWN


@dataclass(frozen=True, slots=True)
class Close:
    """The workbench is done."""
