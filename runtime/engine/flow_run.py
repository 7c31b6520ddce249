"""The state of a run that all parts of the engine share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from enum import Enum, auto
from heapq import heapify, heappush

from runtime.engine.options import EngineOptions
from runtime.engine.records import EdgeRecord, NodeRecord
from runtime.model.call import NO_COPIES, CopyCount
from runtime.model.events import Event, FlowState, StopReason
from runtime.model.linked import LinkedFlow, Role


class Stage(Enum):
    """Which kind of call comes next."""

    CREATED = auto()
    STARTING = auto()
    """`init` of every node that has none, in topological order; after a relink also `teardown`
    of the nodes that were removed or start over, before any `init`."""
    FLOWING = auto()
    ENDING = auto()
    """`teardown` of every live node, in reverse order."""
    ENDED = auto()


class Gone:
    """What the nodes and edges counted that a relink removed."""

    __slots__ = (
        "absorbed",
        "copies",
        "delivered",
        "dropped",
        "errors",
        "filtered",
        "flushed",
        "pulled",
        "put_out",
        "sent",
    )

    def __init__(self) -> None:
        self.pulled = 0
        self.flushed = 0
        self.delivered = 0
        self.dropped = 0
        self.filtered = 0
        self.absorbed = 0
        self.errors = 0
        self.put_out = 0
        """Elements that nodes put out, before fan-out; sinks not counted."""
        self.sent = 0
        """Copies of them, one for each edge."""
        self.copies = NO_COPIES

    def take(self, node: NodeRecord) -> None:
        """Move the node's counts here."""
        if node.is_source:
            self.pulled += node.sequence
        self.flushed += node.flushed
        if node.role is Role.SINK:
            self.delivered += node.elements_out
        else:
            self.put_out += node.elements_out
        self.dropped += node.dropped
        self.filtered += node.filtered
        self.absorbed += node.absorbed
        self.errors += node.errors
        self.copies = added(self.copies, node.copies)
        node.sequence = node.elements_out = node.dropped = node.errors = 0
        node.flushed = node.filtered = node.absorbed = 0
        node.copies = NO_COPIES

    def take_edge(self, edge: EdgeRecord) -> None:
        """Add the edge's counts; it is removed, and nothing is in it."""
        self.dropped += edge.dropped
        self.sent += edge.sent_here


class FlowRun:
    """Records, flow time, counters, and the work that the command under way has left to do."""

    __slots__ = (
        "by_name",
        "calls",
        "closing",
        "drained",
        "edges",
        "ended_as",
        "ended_detail",
        "events",
        "flow",
        "flowing",
        "given",
        "gone",
        "inits",
        "injected",
        "last_id",
        "nodes",
        "now_ns",
        "options",
        "ready",
        "refused",
        "stage",
        "state",
        "stop",
        "stop_detail",
        "stop_node",
        "stop_reason_at_end",
        "teardowns",
        "timers",
        "timers_set",
        "undone",
        "urgent",
        "wall_ns",
    )

    def __init__(self, flow: LinkedFlow, options: EngineOptions) -> None:
        self.flow = flow
        self.options = options
        self.nodes, self.edges = build_records(flow)
        self.by_name = {node.name: node for node in self.nodes}
        self.gone = Gone()
        self.stage = Stage.CREATED
        self.flowing = False
        """True in `Stage.FLOWING`; only then is any node ready."""
        self.state = FlowState.CREATED
        self.stop: StopReason | None = None
        self.stop_detail = ""
        self.stop_node: str | None = None
        """The node whose failure is the reason, if one is."""

        self.now_ns = 0
        """Flow time: durations of all answers, and what `Advance` added."""
        self.wall_ns = 0
        self.calls = 0
        self.last_id = 0
        """Element id given last."""
        self.given = 0
        """Elements all sources gave."""
        self.injected = 0
        """Elements put in from outside."""
        self.drained = False
        """True when no source is to be pulled any more, those still to come included."""

        self.ready = 0
        """Bit mask of the nodes that can be called now."""
        self.urgent = 0
        """Those of them that have a signal to be given before anything else."""
        self.timers: list[tuple[int, int, NodeRecord | EdgeRecord]] = []
        """Heap of moments at which a sink's pause ends or an edge takes an element again."""
        self.timers_set = 0

        self.events: list[Event] = []
        """What happened besides the call, in order."""
        self.closing: list[NodeRecord] = []
        """Nodes that may have become done."""
        self.refused: list[EdgeRecord] = []
        """Full edges with the policy `error` that were to take an element."""

        self.inits: list[NodeRecord] = []
        """Nodes still to initialise before the flow flows, the next one last."""
        self.undone = len(self.nodes)
        self.teardowns: list[NodeRecord] = []
        """Nodes still to tear down, the next one last."""
        self.ended_as = FlowState.COMPLETED
        self.ended_detail = "every source is exhausted"
        self.stop_reason_at_end = StopReason.END_OF_STREAM

    def set_timer(self, at_ns: int, what: NodeRecord | EdgeRecord) -> None:
        """Have `what` looked at when flow time reaches `at_ns`."""
        self.timers_set += 1
        heappush(self.timers, (at_ns, self.timers_set, what))

    def keep_timers(self, kept: Callable[[NodeRecord | EdgeRecord], bool]) -> None:
        """Forget the moments of all others."""
        self.timers = [timer for timer in self.timers if kept(timer[2])]
        heapify(self.timers)

    def follow_links(self) -> None:
        """Have `flow` say what the records say."""
        self.flow = replace(
            self.flow,
            nodes=tuple(node.link for node in self.nodes),
            edges=tuple(edge.link for edge in self.edges),
        )

    def clear_stop(self, node: NodeRecord) -> None:
        """Nothing of the node keeps the flow standing any more."""
        if self.stop_node == node.name and not self.state.ended:
            self.stop = None
            self.stop_node = None

    def take_events(self) -> list[Event]:
        """The events since the last time; the list is the caller's."""
        events = self.events
        self.events = []
        return events


def build_records(flow: LinkedFlow) -> tuple[tuple[NodeRecord, ...], tuple[EdgeRecord, ...]]:
    """Records of all nodes, in topological order, and of all edges, in manifest order."""
    nodes = tuple(NodeRecord(index, link) for index, link in enumerate(flow.nodes))
    by_name = {node.name: node for node in nodes}
    edges = tuple(
        EdgeRecord(link, by_name[link.source], by_name[link.target]) for link in flow.edges
    )
    connect(nodes, edges)
    return nodes, edges


def connect(nodes: Iterable[NodeRecord], edges: Sequence[EdgeRecord]) -> None:
    """Tell every node its edges."""
    for node in nodes:
        node.inputs = tuple(edges[index] for index in node.link.inputs)
        node.outputs = tuple(edges[index] for index in node.link.outputs)
        node.single_input = node.inputs[0] if len(node.inputs) == 1 else None
        node.ports = {}
        for edge in node.outputs:
            port = edge.link.source_port
            node.ports[port] = (*node.ports.get(port, ()), edge)


def copied(gone: Gone, nodes: Iterable[NodeRecord], edges: Iterable[EdgeRecord]) -> int:
    """Copies of elements that were made beyond the first."""
    sent = gone.sent + sum(edge.sent_here for edge in edges)
    put_out = sum(node.elements_out for node in nodes if node.role is not Role.SINK)
    return sent - gone.put_out - put_out


def added(total: CopyCount, more: CopyCount) -> CopyCount:
    """The sum of two counts of copies."""
    return CopyCount(
        total.reads + more.reads,
        total.read_bytes + more.read_bytes,
        total.writes + more.writes,
        total.write_bytes + more.write_bytes,
    )
