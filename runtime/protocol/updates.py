"""What the session that runs the flow tells the workbench, poll by poll.

Everything here is frozen and can be pickled: it crosses the pipe to the child process.
Widgets see these types and those of `runtime.model`, nothing else of the runtime.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from runtime.model.call import CallInProgress
from runtime.model.errors import Diagnostic, StudioError
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.model.measures.call_times import CallTimes
from runtime.model.outline import FlowOutline, UnlinkedFlowError
from runtime.model.snapshot import FlowSnapshot
from runtime.protocol.branch_comparison import BranchComparison
from runtime.protocol.breakpoints import BreakpointList
from runtime.protocol.builds.build_updates import BuildComparison, BuildLine, BuildStatus, NodeBuild
from runtime.protocol.logs.event_lines import EventLine
from runtime.protocol.logs.printed_chunks import PrintedChunk
from runtime.protocol.replies import Reply
from runtime.protocol.requests import Request
from runtime.protocol.time_window import WindowTimes
from runtime.protocol.timeline import RecordingStatus, Timeline
from runtime.protocol.trust_question import TrustQuestion


class Health(StrEnum):
    """State of the runtime process."""

    STARTING = "starting"
    READY = "ready"
    INVALID = "invalid"
    """The manifest or a component has problems; see `Update.problems`."""
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Update:
    """What happened since the last poll."""

    health: Health
    health_detail: str = ""
    layer: str = ""
    """What calls the components, "direct" or "native"; "" while that is not known."""
    native_problem: str = ""
    """Why the native layer that is installed is not used; see `NativeState.problem`."""
    engine: str = ""
    """What the engine is, "compiled" or "Python"; "" while that is not known."""
    flow: LinkedFlow | None = None
    """Set when the session opened a flow, or another one than before."""
    snapshot: FlowSnapshot | None = None
    """Set when it changed."""
    times: CallTimes | None = None
    """Set when it changed."""
    window: WindowTimes | None = None
    """The part of the run that `ShowWindow` asked for; set when it changed."""
    running: bool = False
    call: CallInProgress | None = None
    """The call that has taken a while and is not over; the rest is as it stood before that call."""
    events: tuple[EventLine, ...] = ()
    events_lost: int = 0
    """Lines that were not kept since the last poll."""
    printed: tuple[PrintedChunk, ...] = ()
    printed_lost: tuple[tuple[str, int], ...] = ()
    """Bytes not kept since the last poll, by node."""
    replies: tuple[Reply, ...] = ()
    problems: tuple[Diagnostic, ...] | None = None
    """Set when the list of problems changed."""
    builds: tuple[NodeBuild, ...] | None = None
    """Set when a node got another build."""
    comparisons: tuple[BuildComparison, ...] = ()
    """Made since the last poll."""
    build: BuildStatus | None = None
    """Set when it changed."""
    build_lines: tuple[BuildLine, ...] = ()
    """Build output since the last poll."""
    build_lines_lost: int = 0
    """Lines that were not kept since the last poll; they came before `build_lines`."""
    rewound: bool = False
    """The event log and all that was printed start over with this update: the flow stands at
    another place of its past, or on another branch."""
    timeline: Timeline | None = None
    """Set when it changed."""
    recording: RecordingStatus | None = None
    """Set when it changed."""
    branch_comparison: BranchComparison | None = None
    """Answer to `CompareBranches`."""
    outline: FlowOutline | None = None
    """The graph of a flow that could not be opened, with what its components lack."""
    breakpoints: BreakpointList | None = None
    """Set when it changed."""
    question: TrustQuestion | None = None
    """What the user is to be asked, again and again until it is answered."""


def invalid_update(error: StudioError) -> Update:
    """What is said of a flow that could not be opened."""
    outline = error.outline if isinstance(error, UnlinkedFlowError) else None
    return Update(Health.INVALID, problems=error.diagnostics, outline=outline)


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

    def take(self) -> Update | None:
        """What the last poll asked for, if it has come since; asks for nothing."""
        ...

    def close(self) -> None:
        """End the session: teardown, stores closed, process gone. Idempotent."""
        ...
