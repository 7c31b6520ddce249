"""The mutable records of a run: one for each edge and one for each node of the flow.

Everything static is looked up once, when the records are built; the hot path only reads slots.
"""

from __future__ import annotations

from collections import deque

from runtime.model.call import NO_COPIES, Answer, CopyCount, Export, Failure, Signal
from runtime.model.element import Element
from runtime.model.linked import LinkedEdge, LinkedFlow, LinkedNode, QueuePolicy, Role

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
    """One queue, what its producer holds in hand for it, and its back-pressure episode."""

    __slots__ = (
        "alert_depth",
        "began_ns",
        "capacity",
        "closed",
        "consumer",
        "dequeued",
        "drained",
        "dropped",
        "enqueued",
        "episode_held_ns",
        "episodes",
        "full",
        "full_to_held_ns",
        "hand",
        "held_ns",
        "held_since_ns",
        "holds",
        "index",
        "interval_ns",
        "items",
        "link",
        "low_mark",
        "peak",
        "policy",
        "producer",
        "shut",
        "token_at_ns",
    )

    def __init__(self, link: LinkedEdge, producer: NodeRecord, consumer: NodeRecord) -> None:
        self.link = link
        self.index = link.index
        self.capacity = link.capacity
        self.low_mark = min(link.low_mark, link.capacity - 1)
        """A ratio of 1 must not make a queue relieved while it is full."""
        self.policy = link.policy
        self.producer = producer
        self.consumer = consumer
        self.items: deque[Element] = deque()
        self.hand: deque[Element] = deque()
        """Elements for this edge that wait in the producer's hand, oldest first."""
        self.holds = link.policy in (QueuePolicy.BLOCK_PRODUCER, QueuePolicy.RATE_LIMIT)
        """True when a lack of room holds the producer; other policies never hold it."""
        limited = link.policy is QueuePolicy.RATE_LIMIT and link.rate is not None
        self.interval_ns = round(1e9 / link.rate) if limited and link.rate else 0
        """Flow time between two elements of a `rate-limit` edge, 0 for the others."""
        self.alert_depth = 1 if self.interval_ns else self.capacity
        """Depth from which putting an element in has further consequences."""
        self.shut = False
        """True while the edge can not take an element and holds its producer for it."""
        self.token_at_ns = 0
        """Flow time from which a `rate-limit` edge takes its next element."""
        self.closed = False
        """True when the producer gives nothing more."""
        self.enqueued = 0
        self.dequeued = 0
        self.dropped = 0
        self.peak = 0
        self.full = False
        """True during an episode: capacity was reached, the low mark was not since."""
        self.began_ns = 0
        self.drained = 0
        self.held_since_ns = NEVER
        """Since when the producer is held by this edge, during an episode."""
        self.episode_held_ns = 0
        self.full_to_held_ns = NEVER
        self.episodes = 0
        self.held_ns = 0
        """Time held in episodes that have ended."""


class NodeRecord:
    """One node: what it is, what stands between it and its next call, and its counters."""

    __slots__ = (
        "absorbed",
        "asleep",
        "attempt",
        "bit",
        "blocked_ns",
        "busy_ns",
        "calls",
        "copies",
        "crashed",
        "done",
        "dropped",
        "due",
        "elements_out",
        "errors",
        "exhausted",
        "failing",
        "failure",
        "final",
        "final_due",
        "final_given",
        "hand",
        "held_since_ns",
        "index",
        "init_attempt",
        "inputs",
        "is_source",
        "last",
        "link",
        "live",
        "name",
        "nonempty",
        "outputs",
        "paused",
        "paused_until_ns",
        "ports",
        "ready",
        "role",
        "routes",
        "sequence",
        "shut_outputs",
        "signal",
        "single_input",
        "turn",
        "work",
        "work_name",
    )

    def __init__(self, index: int, link: LinkedNode) -> None:
        self.index = index
        self.bit = 1 << index
        self.link = link
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

        self.ready = False
        self.due = self.work
        """The export to call next, meaningful while `ready`."""
        self.turn = 0
        """Input whose turn it is."""
        self.nonempty = 0
        """Inputs with an element."""
        self.shut_outputs = 0
        """Output edges that hold the node; a router is never held before its call."""
        self.hand = 0
        """Copies in hand, over all output edges."""
        self.signal: Signal | None = None
        """The signal a source is to be given next."""
        self.paused = False
        """A source between `pause` becoming due and `ready` delivered."""
        self.asleep = False
        """A sink that asked for a pause which has not passed."""
        self.paused_until_ns = 0
        self.held_since_ns = NEVER

        self.failure: Failure | None = None
        self.failing: EdgeRecord | None = None
        """The input at whose head the element waits that the last call failed on."""
        self.attempt = 0
        """Failed tries of what the node works on."""
        self.init_attempt = 0

        self.calls = 0
        self.errors = 0
        self.elements_out = 0
        self.dropped = 0
        self.absorbed = 0
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

    def clear_failure(self) -> None:
        """Forget the failed tries: what failed has succeeded, or is gone."""
        self.failure = None
        self.failing = None
        self.attempt = 0


def build_records(flow: LinkedFlow) -> tuple[tuple[NodeRecord, ...], tuple[EdgeRecord, ...]]:
    """Records of all nodes, in topological order, and of all edges, in manifest order."""
    nodes = tuple(NodeRecord(index, link) for index, link in enumerate(flow.nodes))
    by_name = {node.name: node for node in nodes}
    edges = tuple(
        EdgeRecord(link, by_name[link.source], by_name[link.target]) for link in flow.edges
    )
    for node in nodes:
        node.inputs = tuple(edges[index] for index in node.link.inputs)
        node.outputs = tuple(edges[index] for index in node.link.outputs)
        node.single_input = node.inputs[0] if len(node.inputs) == 1 else None
        for edge in node.outputs:
            port = edge.link.source_port
            node.ports[port] = (*node.ports.get(port, ()), edge)
    return nodes, edges
