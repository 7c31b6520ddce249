"""What the session tells of builds: those that are made, and those that nodes run."""

from __future__ import annotations

from runtime.model.errors import Diagnostic, ExitCode
from runtime.model.lazy.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class BuildOutcome:
    """How the build of one component ended."""

    component: str
    verdict: ExitCode
    """OK: built; FAILED: its commands failed; BAD_INPUT: manifest or folder cannot be built as
    they are; ENVIRONMENT: a tool is missing; INTERRUPTED: cancelled."""
    duration_ns: int
    problems: tuple[Diagnostic, ...] = ()
    """Errors first; of a build that succeeded, warnings only."""
    artifact: str | None = None
    """Absolute path of the component in its place, when it was built."""
    digest: str | None = None
    """SHA-256 of the artifact."""
    size: int = 0
    """Bytes of the artifact."""
    changed: bool = False
    """True when the artifact's content differs from the one before."""


@dataclass(frozen=True, slots=True)
class BuildLine:
    """One line of a build's output, free of control codes."""

    component: str
    text: str


@dataclass(frozen=True, slots=True)
class BuildStatus:
    """What is being built, and what became of the components built before."""

    building: tuple[str, ...] = ()
    """Components that are being built, in the order in which they began."""
    waiting: tuple[str, ...] = ()
    """Components of the same request that come next, in order."""
    done: int = 0
    """Components of the same request whose builds have ended."""
    total: int = 0
    """Components of the same request; 0 when nothing is built."""
    requests: int = 0
    """`StartBuild`s of which nothing is built yet."""
    outcomes: tuple[BuildOutcome, ...] = ()
    """The last outcome of each component, the latest last."""
    refused: tuple[Diagnostic, ...] = ()
    """Why the last request built nothing: the manifest's problems, or no such component."""

    @property
    def busy(self) -> bool:
        """True while something is built or waits to be."""
        return bool(self.building or self.waiting) or self.requests > 0


@dataclass(frozen=True, slots=True)
class NodeBuild:
    """Which build of its component a node really runs."""

    node: str
    digest: str
    """SHA-256 of the bytes that are instantiated, in hexadecimal."""
    built_ns: int
    """When the artifact was written, nanoseconds since the Unix epoch."""
    live_since_ns: int
    """When it was put in use, nanoseconds since the Unix epoch."""
    reloads: int = 0
    """How often the node got another build in this session."""
    earlier: tuple[str, ...] = ()
    """Digests of builds that can be put in use again, newest first, at most five."""
    swap_ns: int | None = None
    """From the last byte of the artifact to the build being in use; None for the first build."""
    rolled_back: bool = False


@dataclass(frozen=True, slots=True)
class BuildComparison:
    """What two builds of a node answered to the same last inputs."""

    node: str
    before: str
    """Digest of the build that was in use."""
    after: str
    inputs: int
    """Calls made with both."""
    different: int
    text: str
    """The differences for people; several lines, empty when there are none."""
