"""The mutable records of a run: one for each edge and one for each node of the flow.

Everything static is looked up once, when the records are built; the hot path only reads slots.
"""

from __future__ import annotations

from collections import deque
from typing import assert_never

from runtime.model.call import (
    NO_COPIES,
    Answer,
    Call,
    CopyCount,
    ErrorKind,
    Export,
    Failure,
    Signal,
)
from runtime.model.element import Element
from runtime.model.events import DropReason
from runtime.model.linked import LinkedEdge, LinkedNode, QueuePolicy, Role
from runtime.model.measures.histogram import Histogram, Spread
from runtime.model.measures.time_units import NS_PER_S

WORK_EXPORTS: dict[Role, Export] = {
    Role.SOURCE: Export.PULL,
    Role.PROCESSOR: Export.PROCESS,
    Role.FILTER: Export.EVALUATE,
    Role.ROUTER: Export.ROUTE,
    Role.AGGREGATOR: Export.INGEST,
    Role.SINK: Export.PUSH,
}
"""The export that works on one element, by role."""

FINAL_EXPORTS: dict[Role, Export] = {
    Role.AGGREGATOR: Export.FLUSH,
    Role.SINK: Export.COMPLETE,
}
"""The export called once when all inputs are done and empty, for the roles that have one."""

NEVER = -1
"""Stands for "no such moment" in fields of flow time, which is never negative."""


class EdgeRecord:
    """One queue, what its producer holds pending for it, and its back-pressure episode."""

    __slots__ = (
        "alert_depth",
        "began_ns",
        "blocked",
        "blocked_since_ns",
        "blocks_when_full",
        "capacity",
        "closed",
        "consumer",
        "dequeued",
        "drained",
        "drained_before",
        "dropped",
        "drops",
        "enqueued",
        "episode_blocked_ns",
        "episodes",
        "episodes_blocked_ns",
        "evicted",
        "full",
        "full_to_blocked_ns",
        "index",
        "injected",
        "interval_ns",
        "items",
        "link",
        "low_mark",
        "paced_ns",
        "peak",
        "pending",
        "policy",
        "producer",
        "response",
        "sent_before",
        "suspended_at_once",
        "suspends",
        "token_at_ns",
    )

    def __init__(self, link: LinkedEdge, producer: NodeRecord, consumer: NodeRecord) -> None:
        self.index = link.index
        self.producer = producer
        self.consumer = consumer
        self.items: deque[Element] = deque()
        self.pending: deque[Element] = deque()
        """Elements for this edge that wait in the producer's hand, oldest first."""
        self.configure(link)
        self.blocked = False
        """True while the edge cannot take an element and blocks its producer for it."""
        self.token_at_ns = 0
        """Flow time from which a `rate-limit` edge takes its next element."""
        self.closed = False
        """True when the producer gives nothing more."""
        self.enqueued = 0
        self.dequeued = 0
        self.dropped = 0
        self.evicted = 0
        """Those of the dropped that were in the queue already."""
        self.drops: dict[DropReason, int] = {}
        """The dropped by reason."""
        self.injected = 0
        """Those of the enqueued that its producer did not send."""
        self.sent_before = 0
        """Elements the producer put out at its port before this edge was there."""
        self.peak = 0
        self.full = False
        """True during an episode: capacity was reached, the low mark was not since."""
        self.began_ns = 0
        self.drained = 0
        """Elements taken out during the episode."""
        self.drained_before = 0
        """Elements taken out during the episodes before it."""
        self.suspends = False
        """True from the queue being full until its producer is suspended for it."""
        self.suspended_at_once = 0
        """Times its producer was suspended in the step in which the queue became full."""
        self.response: Histogram | None = None
        """For all other times: from the queue being full to its producer being suspended."""
        self.blocked_since_ns = NEVER
        """Since when the producer is blocked by this edge."""
        self.episode_blocked_ns = 0
        self.full_to_blocked_ns = NEVER
        self.episodes = 0
        self.episodes_blocked_ns = 0
        """Time blocked in episodes that have ended."""
        self.paced_ns = 0
        """Time blocked outside episodes."""

    def configure(self, link: LinkedEdge) -> None:
        """Take over the settings of `link`; what follows from them is the caller's to see to."""
        self.link = link
        self.capacity = link.capacity
        self.low_mark = min(link.low_mark, link.capacity - 1)
        """A ratio of 1 must not make a queue relieved while it is full."""
        self.policy = link.policy
        self.blocks_when_full = blocks_when_full(link.policy)
        """True when a lack of room blocks the producer; other policies never block it."""
        limited = link.policy is QueuePolicy.RATE_LIMIT and link.rate is not None
        self.interval_ns = round(NS_PER_S / link.rate) if limited and link.rate else 0
        """Flow time between two elements of a `rate-limit` edge, 0 for the others."""
        self.alert_depth = 1 if self.interval_ns else self.capacity
        """Depth from which putting an element in has further consequences."""

    @property
    def sent(self) -> int:
        """Elements the producer put out at this edge's port, wherever they are by now."""
        return self.sent_before + self.sent_here

    @property
    def sent_here(self) -> int:
        """Those of them that it put out since the edge is there."""
        lost_on_the_way = self.dropped - self.evicted
        return self.enqueued - self.injected + len(self.pending) + lost_on_the_way

    def suspended(self, now_ns: int) -> None:
        """The producer, a source, was told that the queue is full."""
        self.suspends = False
        if self.response is None:
            self.response = Histogram()
        self.response.add(now_ns - self.began_ns)

    def response_spread(self) -> Spread | None:
        """How long it took to suspend the producer; None when it never was."""
        if not self.suspended_at_once:
            return None if self.response is None else self.response.spread()
        response = Histogram() if self.response is None else self.response.copy()
        response.add(0, self.suspended_at_once)
        return response.spread()


class NodeRecord:
    """One node: what it is, what stands between it and its next call, and its counters."""

    __slots__ = (
        "absorbed",
        "asleep",
        "attempt",
        "backing_off",
        "bit",
        "blocked_ns",
        "blocked_outputs",
        "blocked_since_ns",
        "busy_ns",
        "calls",
        "copies",
        "crashed",
        "done",
        "dropped",
        "due",
        "elements_out",
        "errors",
        "errors_by_kind",
        "exhausted",
        "failing",
        "failure",
        "filtered",
        "final",
        "final_due",
        "final_given",
        "flushed",
        "index",
        "init_attempt",
        "inputs",
        "is_source",
        "last",
        "last_paused_at",
        "link",
        "live",
        "name",
        "nonempty",
        "on_hold",
        "outputs",
        "paused",
        "paused_until_ns",
        "pauses",
        "pauses_in_row",
        "pending",
        "ports",
        "ready",
        "role",
        "routes",
        "sequence",
        "signal",
        "single_input",
        "swaps",
        "taken_before",
        "turn",
        "work",
        "work_name",
    )

    def __init__(self, index: int, link: LinkedNode) -> None:
        self.place(index, link)
        self.name = link.name
        self.role = link.role
        self.is_source = link.role is Role.SOURCE
        self.routes = link.role is Role.ROUTER
        self.work = WORK_EXPORTS[link.role]
        self.work_name = self.work.value
        self.final = FINAL_EXPORTS.get(link.role)
        self.inputs: tuple[EdgeRecord, ...] = ()
        self.single_input: EdgeRecord | None = None
        self.outputs: tuple[EdgeRecord, ...] = ()
        self.ports: dict[str, tuple[EdgeRecord, ...]] = {}
        """Output edges by port name, in order of the edges."""

        self.live = False
        """True between a successful `init` and `teardown`."""
        self.crashed = False
        self.done = False
        self.exhausted = False
        """A source that is not pulled any more."""
        self.final_due = False
        self.final_given = False

        self.on_hold = False
        """Makes no calls but those that are asked for by name (`Hold`)."""
        self.ready = False
        self.due = self.work
        """The export to call next, meaningful while `ready`."""
        self.turn = 0
        """Input whose turn it is."""
        self.nonempty = 0
        """Inputs with an element."""
        self.blocked_outputs = 0
        """Output edges that block the node; a router is never blocked before its call."""
        self.pending = 0
        """Copies pending, over all output edges."""
        self.signal: Signal | None = None
        """The signal a source is to be given next."""
        self.paused = False
        """A source between `pause` becoming due and `ready` delivered."""
        self.asleep = False
        """Not called until `paused_until_ns`: a sink that asked for a pause, or a back-off."""
        self.backing_off = False
        """Asleep until what failed is tried again."""
        self.paused_until_ns = 0
        self.blocked_since_ns = NEVER

        self.failure: Failure | None = None
        self.failing: EdgeRecord | None = None
        """The input at whose head the element waits that the last call failed on."""
        self.attempt = 0
        """Failed tries of what the node works on."""
        self.init_attempt = 0

        self.calls = 0
        self.errors = 0
        self.errors_by_kind: dict[ErrorKind, int] = {}
        self.elements_out = 0
        self.dropped = 0
        self.filtered = 0
        self.absorbed = 0
        self.flushed = 0
        """Elements put out by `flush`."""
        self.pauses = 0
        """Answers `pause` of a sink."""
        self.pauses_in_row = 0
        """Those among the last that followed each other; see `last_paused_at`."""
        self.last_paused_at = 0
        """What `elements_out` was at the last of them."""
        self.taken_before = 0
        """What is to be added to what was taken from its inputs: edges came and went."""
        self.swaps = 0
        self.sequence = 0
        """Lineages begun here."""
        self.busy_ns = 0
        self.blocked_ns = 0
        self.last: Answer | None = None
        self.copies: CopyCount = NO_COPIES

    def next_input(self) -> EdgeRecord:
        """The input the next call takes from; some input must have an element.

        An element that failed is tried again before any other.
        """
        if self.single_input is not None:
            return self.single_input
        if self.failing is not None:
            return self.failing
        inputs = self.inputs
        count = len(inputs)
        turn = self.turn
        while not inputs[turn].items:
            turn = (turn + 1) % count
        return inputs[turn]

    @property
    def taken(self) -> int:
        """Elements its calls consumed."""
        return self.taken_before + sum(edge.dequeued for edge in self.inputs)

    def place(self, index: int, link: LinkedNode) -> None:
        """Take the place that `link` has in a flow; its edges are told by `connect`."""
        self.index = index
        self.bit = 1 << index
        self.link = link

    def count_error(self, failure: Failure) -> None:
        """Count a failed call, or a full queue with the policy `error`."""
        self.errors += 1
        kind = failure.counted_as
        self.errors_by_kind[kind] = self.errors_by_kind.get(kind, 0) + 1

    def clear_failure(self) -> None:
        """Forget the failed tries: what failed has succeeded, or is gone."""
        if self.backing_off:
            self.backing_off = self.asleep = False
            self.paused_until_ns = 0
        self.failure = None
        self.failing = None
        self.attempt = 0


def blocks_when_full(policy: QueuePolicy) -> bool:
    """True when a full queue blocks its producer; under the other policies it never does."""
    match policy:
        case QueuePolicy.BLOCK_PRODUCER | QueuePolicy.RATE_LIMIT:
            return True
        case QueuePolicy.DROP_OLDEST | QueuePolicy.DROP_NEWEST | QueuePolicy.ERROR:
            return False
        case unknown:
            assert_never(unknown)


class CallContext:
    """A call that was made and has its consequences now; filled again for each call."""

    __slots__ = ("answer", "began_ns", "call", "edge", "node")

    node: NodeRecord
    call: Call
    answer: Answer
    edge: EdgeRecord | None
    """The queue at whose head its element waits; None for a call without an element."""
    began_ns: int
    """Flow time at which it began."""
