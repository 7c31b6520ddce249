"""Checkpoints: where an execution stood, to see it again without making the calls before it."""

from __future__ import annotations

from collections.abc import Mapping

from runtime.engine.state.checkpoint import EngineCheckpoint
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.protocol.builds.build_updates import NodeBuild

SMALL_BYTES = 600
"""Memory of a checkpoint besides the engine's state, in bytes: about."""


@dataclass(frozen=True, slots=True)
class ExecutionCheckpoint:
    """Where an execution stood between two calls.

    What components keep in their memory is not in it: an execution that begins there can show
    what was, along recorded answers, and make no call.
    """

    engine: EngineCheckpoint
    flow: LinkedFlow
    """The flow with the builds in use, as the session has it."""
    builds: tuple[NodeBuild, ...]
    pulls: Mapping[str, int]
    """`pull` calls by source."""
    printed: Mapping[str, int]
    """Bytes that were printed, by node."""

    @property
    def calls(self) -> int:
        """Calls made up to here."""
        return self.engine.calls

    @property
    def bytes_used(self) -> int:
        """Memory, in bytes."""
        return self.engine.bytes_used + SMALL_BYTES
