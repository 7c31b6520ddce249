"""What the session answers to a question about one element, queue, node or call."""

from __future__ import annotations

from runtime.model.errors import Diagnostic
from runtime.model.lazy.dataclass import dataclass
from runtime.protocol.breakpoints import BreakpointTrial
from runtime.protocol.call_report import CallReport
from runtime.protocol.components.memory_report import MemoryReport
from runtime.protocol.components.node_tries import NodeInput, NodeTry
from runtime.protocol.components.saved_component import SavedComponent
from runtime.protocol.element_summary import CallElement, ElementSummary
from runtime.protocol.lineage import Lineage
from runtime.protocol.logs.event_lines import EventLine
from runtime.protocol.requests import FindCall, ReadPayload


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
