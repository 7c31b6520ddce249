"""What the workbench and the session that runs the flow say to each other.

Everything here is frozen and can be pickled: it crosses the pipe to the child process.
Widgets see these types and those of `runtime.model`, nothing else of the runtime.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Protocol

from runtime.model.call import CallInProgress
from runtime.model.errors import Diagnostic, ExitCode, StudioError
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.model.measures.call_times import CallTimes
from runtime.model.outline import FlowOutline, UnlinkedFlowError
from runtime.model.snapshot import FlowSnapshot
from runtime.protocol.branch_comparison import BranchComparison
from runtime.protocol.breakpoints import BreakpointList, BreakpointTrial
from runtime.protocol.call_report import CallReport
from runtime.protocol.components.memory_report import MemoryReport
from runtime.protocol.components.node_tries import NodeInput, NodeTry
from runtime.protocol.components.saved_component import SavedComponent
from runtime.protocol.element_summary import CallElement, ElementSummary
from runtime.protocol.lineage import Lineage
from runtime.protocol.requests import FindCall, ReadPayload, Request
from runtime.protocol.time_window import WindowTimes
from runtime.protocol.timeline import RecordingStatus, Timeline
from runtime.protocol.trust_question import TrustQuestion

# ---- answers: from the session to the workbench


@dataclass(frozen=True, slots=True)
class QueueListing:
    """Answer to `ListQueue`."""

    edge: int
    offset: int
    depth: int
    elements: tuple[ElementSummary, ...]


@dataclass(frozen=True, slots=True)
class HopLine:
    """A call an element went through."""

    node: str
    export: str
    call: int
    waited_ns: int
    """Flow time between the end of the hop before and the start of this call."""
    duration_ns: int


@dataclass(frozen=True, slots=True)
class ElementDetails:
    """Answer to `ReadElement`; `found` is False when the element is no longer kept."""

    element_id: int
    found: bool
    summary: ElementSummary | None = None
    buffer_content_type: str = ""
    path: tuple[HopLine, ...] = ()
    offset: int = 0
    payload: bytes = b""


@dataclass(frozen=True, slots=True)
class WholePayload:
    """Answer to `ReadPayload`."""

    asked: ReadPayload
    summary: ElementSummary | None = None
    """None when the element is no longer kept."""
    buffer_content_type: str = ""
    data: bytes | None = None
    """None when it is no longer kept, or larger than was asked for."""


@dataclass(frozen=True, slots=True)
class CallElements:
    """Answer to `FindCall`."""

    asked: FindCall
    call: int = 0
    """Its number; 0 when the event log has none that is meant."""
    node: str = ""
    export: str = ""
    before: ElementSummary | None = None
    """What went in; None for a call without an element, e.g. `pull`."""
    after: ElementSummary | None = None
    """What came out; of several, the one that was asked for, else the first."""


class CallMark(StrEnum):
    """How a line of the event log is marked; each has its glyph on screen."""

    CALL = "call"
    DROP = "drop"
    """An element was lost: by a policy, after an error, with its edge."""
    LET_GO = "let go"
    """A component let an element go on purpose: a filter, a router that named no port."""
    ERROR = "error"
    BACKPRESSURE = "backpressure"
    STATE = "state"
    STOP = "stop"
    RELOAD = "reload"
    DENIED = "denied"
    """A component used something that its node is not granted."""
    NOTE = "note"
    """Something the session says that no call, drop or change is."""


class EventLine(NamedTuple):
    """One line of the event log."""

    number: int
    """Position in the session's log, counted from 1; gaps are lines that were not kept."""
    mark: CallMark
    at_ns: int
    node: str | None
    text: str
    """One line; text that came from a component is as it came."""
    call: int | None = None
    edge: int | None = None
    element_id: int | None = None
    lineage: int | None = None
    duration_ns: int | None = None


@dataclass(frozen=True, slots=True)
class FailedCall:
    """The last call of a node, which failed."""

    call: int
    export: str
    input: CallElement | None
    """None for a call without an element, e.g. `pull`."""
    last_good: CallElement | None
    """The last one that the node took without failing, as far as the event log goes."""
    printed: bytes
    """What it wrote to stdout, the end of it; stderr stands with the failure."""


@dataclass(frozen=True, slots=True)
class NodeCalls:
    """Answer to `ListNode`."""

    node: str
    calls: tuple[EventLine, ...]
    failed: FailedCall | None = None
    """None when the last call did not fail."""
    denied: tuple[tuple[str, int], ...] = ()
    """Capabilities that it used without having them, and how often each."""


@dataclass(frozen=True, slots=True)
class SavedBranches:
    """Answer to `SaveBranches`."""

    files: tuple[str, ...]
    failed: Diagnostic | None = None
    """Why not all were saved."""


Reply = (
    QueueListing
    | ElementDetails
    | WholePayload
    | CallElements
    | CallReport
    | NodeCalls
    | MemoryReport
    | SavedComponent
    | NodeInput
    | NodeTry
    | Lineage
    | SavedBranches
    | BreakpointTrial
)
"""Answer to a question about one element, queue or node."""


class PrintedChunk(NamedTuple):
    """What a component wrote, not yet cut into lines."""

    node: str
    stream: str
    data: bytes
    call: int
    sequence: int | None
    """Sequence of the element of that call, or None."""
    granted: bool
    order_known: bool = True
    """False where the call wrote to both streams and nobody knows in which order."""


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
