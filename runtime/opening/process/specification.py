"""What a session is opened from, as plain values: the process with the screen imports no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.child.child_process import ChildProcess
from runtime.child.client import ProcessClient
from runtime.child.pipe_messages import Compiling, Opener
from runtime.flow.error_rules import GivenRule
from runtime.model.lazy.dataclass import dataclass
from runtime.opening.process.early_process import start_process
from runtime.protocol.timeline import RING_BYTES
from runtime.wasm.guest_memory import GuestDebug

if TYPE_CHECKING:
    from runtime.build.session_builds import SessionBuilds
    from runtime.child.trust_desk import TrustKeeper
    from runtime.hotreload.reopening import Reopening
    from runtime.session.session import FlowSession


@dataclass(frozen=True, slots=True)
class SessionSpecification:
    """An `Opener` that imports what opens the session when it does."""

    manifest: Path
    flow: str | None = None
    inputs: tuple[str, ...] = ()
    """Files in place of sources, as `text_inputs` takes them."""
    watch: bool = True
    poll_only: bool = False
    trusted: bool = False
    retry_on_reload: bool = False
    guest_debug: GuestDebug = GuestDebug.COMPILED
    """Whose memory can be read, where the call layer can."""
    on_error: tuple[GivenRule, ...] = ()
    record: Path | None = None
    """A file that everything goes into from the start."""
    redactions: tuple[str, ...] = ()
    ring_bytes: int = RING_BYTES
    replay: Path | None = None
    """A recording that is repeated."""
    force: bool = False
    """Replay with another flow than was recorded."""
    restore: Path | None = None
    """The recording of last time, from whose end the session goes on where it can."""

    def opener(self) -> Opener:
        """What opens the session. Raises `StudioError` for a rule of redaction that is none."""
        from runtime.opening.process.openers import opener_of

        return opener_of(self)

    def open(self, wake: Callable[[], None], compiling: Compiling | None = None) -> FlowSession:
        """See `Opener.open`."""
        return self.opener().open(wake, compiling)

    def reopening(self, changed: Callable[[], None]) -> Reopening | None:
        """See `Opener.reopening`."""
        return self.opener().reopening(changed)

    def builds(self) -> SessionBuilds:
        """See `Opener.builds`."""
        return self.opener().builds()

    def trust(self) -> TrustKeeper:
        """See `Opener.trust`."""
        return self.opener().trust()


def session_client(
    specification: SessionSpecification, process: ChildProcess | None = None
) -> ProcessClient:
    """The session in a child process, which may be one that was started before."""
    replay, restore = specification.replay, specification.restore
    found = replace(
        specification,
        manifest=specification.manifest.absolute(),
        replay=None if replay is None else replay.absolute(),
        restore=None if restore is None else restore.absolute(),
    )
    return ProcessClient(found, process or start_process())
