"""What the user is asked about a project that is somebody else's, perhaps."""

from __future__ import annotations

from enum import StrEnum

from runtime.model.lazy.dataclass import dataclass


class TrustKind(StrEnum):
    """What is asked for."""

    GRANTS = "grants"
    """Files beyond the project's folder, or the environment, for components."""
    BUILD = "build"
    """Running the project's own build commands on this machine."""


@dataclass(frozen=True, slots=True)
class TrustQuestion:
    """One question; equal to another when the same is asked for by the same project."""

    kind: TrustKind
    project: str
    """Absolute path of the project's folder, links followed."""
    asked: tuple[str, ...]
    """What is asked for, a sentence each; may hold any text of the manifest."""
    key: str
    """Digest of what is asked for: another one is another question."""
