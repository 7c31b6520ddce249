"""Snapshots: frozen, comparable pictures of the whole flow."""

from __future__ import annotations

from enum import StrEnum

from runtime.model.call import NO_COPIES, CopyCount, ErrorKind, Failure, NextCall
from runtime.model.events import DropReason, FlowState, StopReason
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import ErrorRule, QueuePolicy, Role, SchedulePolicy
from runtime.model.measures.histogram import Spread

STOPS = ErrorRule()
"""The rule where none is given: the flow stops."""


class NodeState(StrEnum):
    """What a node is doing."""

    NEW = "new"
    """Not initialised yet."""
    IDLE = "idle"
    """Nothing to do."""
    READY = "ready"
    """Could be called now."""
    BLOCKED = "blocked"
    """Held by a full output queue."""
    HELD = "on hold"
    """Makes no calls, because somebody said so (`Hold`)."""
    PAUSED = "paused"
    """A source told to pause, or a sink that asked for it."""
    FAILED = "failed"
    """Its last call failed; the element waits."""
    CRASHED = "crashed"
    """As failed, and its instance must be rebuilt."""
    DONE = "done"


@dataclass(frozen=True, slots=True)
class NodeSnapshot:
    """One node. Counts are since the flow started."""

    name: str
    role: Role
    state: NodeState
    calls: int = 0
    errors: int = 0
    elements_in: int = 0
    """Elements its calls consumed."""
    elements_out: int = 0
    """Elements it put out, before fan-out."""
    dropped: int = 0
    """Elements that were skipped at it after a failure."""
    filtered: int = 0
    """Elements its component let go: a filter said no, a processor answered `drop`, a router
    named no port."""
    absorbed: int = 0
    """Elements an aggregator took in without emitting one."""
    pending: int = 0
    """Elements that it has worked on and that wait for room downstream."""
    per_port: tuple[tuple[str, int], ...] = ()
    """Elements by output port, in order of the edges."""
    busy_ns: int = 0
    """Time inside its calls."""
    blocked_ns: int = 0
    """Flow time it was held by full outputs, a rate, a pause, or a back-off."""
    last_call_ns: int = 0
    """Duration of its last call."""
    copies: CopyCount = NO_COPIES
    fuel_last: int = 0
    memory_bytes: int = 0
    """See `Answer.memory_bytes`."""
    failure: Failure | None = None
    """Why its last call failed, while the element waits."""
    paused_until_ns: int | None = None
    """Until when it is not called: a sink that asked for it, or a back-off."""
    swaps: int = 0
    """Times it was given another build."""
    errors_by_kind: tuple[tuple[ErrorKind, int], ...] = ()
    """The errors by kind, in the order in which each kind was met first."""
    pauses: int = 0
    """Elements to which a sink answered `pause`."""
    pauses_in_row: int = 0
    """Of the last elements in a row, those to which it answered `pause`."""
    error_rule: ErrorRule = STOPS
    """What follows its failed calls."""
    on_hold: bool = False
    """True while it makes no calls because somebody said so."""
    backing_off: bool = False
    """True while it waits before it tries again what failed."""

    def idle_ns(self, at_ns: int) -> int:
        """Of the flow time `at_ns`, what it was neither busy nor blocked."""
        return max(at_ns - self.busy_ns - self.blocked_ns, 0)


class EdgeState(StrEnum):
    """What a queue does for its producer."""

    OPEN = "open"
    """It takes elements."""
    FULL = "full"
    RELIEVING = "relieving"
    """It was full and has not fallen to its low mark yet."""
    PACED = "paced"
    """It has room, and takes its next element when its rate allows."""
    DONE = "done"
    """Empty, and its producer gives nothing more."""


@dataclass(frozen=True, slots=True)
class EdgeSnapshot:
    """One queue. Counts are since the flow started."""

    index: int
    label: str
    depth: int
    capacity: int
    low_mark: int
    policy: QueuePolicy
    peak: int = 0
    enqueued: int = 0
    dequeued: int = 0
    dropped: int = 0
    """Copies its policy dropped, or that were skipped before they came into it."""
    evicted: int = 0
    """Those of the dropped that were in the queue already (`drop-oldest`)."""
    injected: int = 0
    """Those of the enqueued that were put in from outside."""
    pending: int = 0
    """Copies that its producer holds until it has room."""
    full: bool = False
    """In a back-pressure episode: it was full and has not fallen to its low mark yet."""
    episodes: int = 0
    episodes_blocked_ns: int = 0
    """Flow time its producer was held, over all episodes."""
    done: bool = False
    """Its producer gives nothing more."""
    paced_ns: int = 0
    """Flow time its producer was held by its rate, outside episodes."""
    paced: bool = False
    """True while it waits for the moment its rate allows."""
    drained: int = 0
    """Elements taken from it during episodes."""
    drops: tuple[tuple[DropReason, int], ...] = ()
    """The dropped by reason."""
    response: Spread | None = None
    """Flow time from the queue being full to its producer being suspended: a source when it
    was told, every other node in the same step. None when that was never so."""

    @property
    def blocked_ns(self) -> int:
        """Flow time its producer was held by it, for whatever reason."""
        return self.episodes_blocked_ns + self.paced_ns

    @property
    def state(self) -> EdgeState:
        """What it does for its producer now."""
        if self.depth >= self.capacity:
            return EdgeState.FULL
        if self.done and not self.depth:
            return EdgeState.DONE
        if self.full:
            return EdgeState.RELIEVING
        return EdgeState.PACED if self.paced else EdgeState.OPEN


@dataclass(frozen=True, slots=True)
class FlowSnapshot:
    """The whole flow at one moment."""

    flow: str
    state: FlowState
    nodes: tuple[NodeSnapshot, ...]
    """In topological order, as `LinkedFlow.nodes`."""
    edges: tuple[EdgeSnapshot, ...]
    """As `LinkedFlow.edges`."""
    calls: int
    at_ns: int
    """Flow time."""
    schedule: SchedulePolicy
    next_call: NextCall | None
    """None when no call can be made."""
    stop: StopReason | None = None
    stop_detail: str = ""
    pulled: int = 0
    """Elements that sources gave."""
    flushed: int = 0
    """Elements that aggregators gave when they were flushed."""
    copied: int = 0
    """Further copies that were made where a port has several edges, or a router named several."""
    injected: int = 0
    """Elements put into the flow from outside."""
    delivered: int = 0
    """Elements sinks accepted."""
    dropped: int = 0
    """Copies lost by a policy, skipped after an error, or removed with their edge."""
    filtered: int = 0
    """Copies that components let go, see `NodeSnapshot.filtered`."""
    absorbed: int = 0
    """Copies that aggregators took in without emitting one."""
    errors: int = 0
    copies: CopyCount = NO_COPIES

    @property
    def queued(self) -> int:
        """Copies that wait now, in queues or for room in one.

        What came into the flow is what left it and what waits: `pulled` + `injected` +
        `flushed` + `copied` = `delivered` + `dropped` + `absorbed` + `filtered` + `queued`.
        """
        return sum(edge.depth + edge.pending for edge in self.edges)
