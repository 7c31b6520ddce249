"""Events: what the engine says happened, in the past tense."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from runtime.model.call import Answer, Call, Export, Failure, Signal
from runtime.model.element import Element
from runtime.model.linked import LinkedEdge, SchedulePolicy


class StopReason(StrEnum):
    """Why the flow stands still."""

    USER = "user"
    BREAKPOINT = "breakpoint"
    ERROR = "error"
    TRAP = "trap"
    LIMIT = "limit"
    BACKPRESSURE = "backpressure"
    NO_SUCH_PORT = "no such port"
    END_OF_STREAM = "end of stream"
    END_OF_REPLAY = "end of replay"
    DIVERGENCE = "divergence"


class DropReason(StrEnum):
    """Why an element left the flow without reaching a sink."""

    QUEUE_FULL_OLDEST = "drop-oldest"
    QUEUE_FULL_NEWEST = "drop-newest"
    DISCARDED = "discarded by its processor"
    FILTERED = "held back by a filter"
    NO_PORT = "routed to no port"
    SKIPPED = "skipped after a failure"
    REMOVED = "removed with its edge"
    BY_HAND = "dropped by hand"

    @property
    def lost(self) -> bool:
        """False where a component let the element go on purpose."""
        let_go = (DropReason.FILTERED, DropReason.DISCARDED, DropReason.NO_PORT)
        return self not in let_go


class FlowState(StrEnum):
    """The life of a flow (docs/torvyn-facts.md#lifecycle)."""

    CREATED = "created"
    RUNNING = "running"
    DRAINING = "draining"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """True when no call will be made any more."""
        return self in _ENDED


# Members of an enum are slow to reach by name, and these are needed for each call.
_ENDED = (FlowState.COMPLETED, FlowState.CANCELLED, FlowState.FAILED)


class Delivery(NamedTuple):
    """An element put into a queue."""

    edge: int
    element: Element
    depth: int
    """Depth of the queue right after."""


class FlowStarted(NamedTuple):
    """Calls may be made from now on."""

    wall_ns: int


class CallFinished(NamedTuple):
    """A call was made; the one event every call has."""

    call: Call
    answer: Answer
    at_ns: int
    """Flow time when the call began."""
    outputs: tuple[Element, ...] = ()
    """Elements the call produced, numbered by the engine."""
    deliveries: tuple[Delivery, ...] = ()
    """Where its outputs went at once; a held element's deliveries come in `Released`."""


class Released(NamedTuple):
    """A node put an element that it had pending into queues that have room again."""

    node: str
    at_ns: int
    deliveries: tuple[Delivery, ...]


class ElementDropped(NamedTuple):
    """An element, or one copy of it, left the flow without reaching a sink."""

    at_ns: int
    element: Element
    reason: DropReason
    node: str
    """The node whose call or queue it was."""
    edge: int | None = None
    """The edge whose policy or removal dropped it, else None."""


class BackpressureBegan(NamedTuple):
    """A queue reached its capacity."""

    at_ns: int
    edge: int


class BackpressureEnded(NamedTuple):
    """A full queue fell to its low mark."""

    at_ns: int
    edge: int
    began_ns: int
    blocked_ns: int
    """How long the producer was blocked, in nanoseconds of flow time."""
    drained: int
    """Elements taken from the queue during the episode."""
    full_to_blocked_ns: int
    """From the queue being full to its producer being blocked."""


class SourceSignalled(NamedTuple):
    """A source was told to pause or to go on."""

    at_ns: int
    node: str
    signal: Signal


class SinkPaused(NamedTuple):
    """A sink answered `pause`."""

    at_ns: int
    node: str
    until_ns: int
    in_row: int = 1
    """Elements in a row to which it answered `pause`, this one included."""


class NodeFailed(NamedTuple):
    """A call failed; its element waits at the head of its queue."""

    at_ns: int
    node: str
    call: int
    element: Element | None
    failure: Failure
    attempt: int
    """1 for the first try of this element."""
    export: Export
    """What was called."""


class NodeRebuilt(NamedTuple):
    """A crashed node's instance was rebuilt and initialised."""

    at_ns: int
    node: str


class NodeRevived(NamedTuple):
    """A crashed node goes on with what it remembered before the call it crashed in."""

    at_ns: int
    node: str
    call: int
    """Number of that call."""


class NodeDone(NamedTuple):
    """A node will get and give no more elements."""

    at_ns: int
    node: str


class ScheduleChanged(NamedTuple):
    """The order of calls changed."""

    policy: SchedulePolicy


class Swapped(NamedTuple):
    """A node has another build; what it failed on before is tried again."""

    at_ns: int
    node: str
    digest: str
    previous: str
    """Digest of the build before."""


class QueueChanged(NamedTuple):
    """A queue has other settings; what is in it stays."""

    at_ns: int
    edge: int
    before: LinkedEdge
    after: LinkedEdge


class Relinked(NamedTuple):
    """The flow has another graph. Edges are named by their `LinkedEdge.label`.

    Events before this one name edges by their index in the flow before, later ones by that in
    the flow since.
    """

    at_ns: int
    added: tuple[str, ...]
    """Nodes that get their first `init`."""
    removed: tuple[str, ...]
    """Nodes that get no call any more but `teardown`."""
    restarted: tuple[str, ...]
    """Nodes whose instance is rebuilt: what they are changed, or they had been completed or
    flushed and get elements again."""
    edges_added: tuple[str, ...]
    edges_removed: tuple[str, ...]


class Injected(NamedTuple):
    """An element from outside was put into a queue (`Inject`)."""

    at_ns: int
    delivery: Delivery


class Edited(NamedTuple):
    """An element that waits has another payload (`Edit`)."""

    at_ns: int
    element: Element
    """As it is since; of several copies the one at the first of the edges."""
    edges: tuple[int, ...]
    """Edges in whose queue, or pending for which, a copy waits, by index."""


class Moved(NamedTuple):
    """A waiting element has another place in its queue (`Move`)."""

    at_ns: int
    edge: int
    element: Element
    before: int
    """Its place, counted from 0, the head."""
    after: int
    overtaken: Element | None
    """The neighbour with which it is now out of the order of their source; None when there is
    none."""


class HoldChanged(NamedTuple):
    """A node is held, or let go (`Hold`)."""

    at_ns: int
    node: str
    on: bool


class Stopped(NamedTuple):
    """The flow stands still."""

    at_ns: int
    reason: StopReason
    detail: str
    node: str | None = None


class FlowEnded(NamedTuple):
    """The flow completed, was cancelled, or failed."""

    at_ns: int
    state: FlowState
    detail: str


Event = (
    FlowStarted
    | CallFinished
    | Released
    | ElementDropped
    | BackpressureBegan
    | BackpressureEnded
    | SourceSignalled
    | SinkPaused
    | NodeFailed
    | NodeRebuilt
    | NodeRevived
    | NodeDone
    | ScheduleChanged
    | Swapped
    | QueueChanged
    | Relinked
    | Injected
    | Edited
    | Moved
    | HoldChanged
    | Stopped
    | FlowEnded
)
