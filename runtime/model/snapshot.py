"""Snapshots: frozen, comparable pictures of the whole flow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from runtime.model.call import NO_COPIES, CopyCount, Failure, NextCall
from runtime.model.events import FlowState, StopReason
from runtime.model.linked import QueuePolicy, Role, SchedulePolicy


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
    """Elements it discarded, filtered, or that were skipped at it."""
    absorbed: int = 0
    """Elements an aggregator took in without emitting one."""
    in_hand: int = 0
    """Elements that it has worked on and that wait for room downstream."""
    per_port: tuple[tuple[str, int], ...] = ()
    """Elements by output port, in order of the edges."""
    busy_ns: int = 0
    """Time inside its calls."""
    blocked_ns: int = 0
    """Flow time it was held by full outputs, or a pause."""
    last_call_ns: int = 0
    """Duration of its last call."""
    copies: CopyCount = NO_COPIES
    fuel_last: int = 0
    memory_bytes: int = 0
    failure: Failure | None = None
    """Why its last call failed, while the element waits."""
    paused_until_ns: int | None = None
    swaps: int = 0
    """Times it was given another build."""


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
    in_hand: int = 0
    """Copies that its producer holds until it has room."""
    full: bool = False
    """In a back-pressure episode: it was full and has not fallen to its low mark yet."""
    episodes: int = 0
    held_ns: int = 0
    """Flow time its producer was held, over all episodes."""
    done: bool = False
    """Its producer gives nothing more."""


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
    """Elements that sources and aggregators put into the flow."""
    injected: int = 0
    """Elements put into the flow from outside."""
    delivered: int = 0
    """Elements sinks accepted."""
    dropped: int = 0
    errors: int = 0
    copies: CopyCount = NO_COPIES

    @property
    def queued(self) -> int:
        """Elements in queues now."""
        return sum(edge.depth for edge in self.edges)
