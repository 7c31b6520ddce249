"""Why a flow is slow: who waited longest, for whom, and what that one did meanwhile."""

from __future__ import annotations

from enum import Enum, auto

from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow, Role
from runtime.model.snapshot import EdgeSnapshot, FlowSnapshot, NodeSnapshot
from runtime.model.text.durations import spaced_duration
from runtime.model.text.plurals import counted
from workbench.text.figures import percent

WAITED_SHARE = 0.2
"""Of the flow time: what somebody must have waited before a cause is looked for."""
CAUSED_SHARE = 0.7
"""Of that wait: what the cause must have been at work, to be named alone."""


_PREFERRED = {Role.SOURCE: 2, Role.SINK: 0}
"""Whose wait is told first, of those that waited."""


class Reason(Enum):
    """What holds the others up."""

    BUSY = auto()
    PAUSES = auto()
    """A sink that answers `pause`."""
    RATE = auto()
    """The rate of an edge."""
    BACK_OFF = auto()
    """A node that waits before it tries again what failed."""
    SEVERAL = auto()
    """No node alone."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a node was blocked."""

    waited: str
    """The node whose wait is told."""
    reason: Reason
    node: str | None
    """The node that is the cause; None when it is none alone."""
    chain: tuple[int, ...]
    """Edges from the node that waited to the cause, by index."""
    wait: str
    """How long that one was blocked."""
    short: str
    """The cause in a few words, which stand first where there is little room."""

    @property
    def sentence(self) -> str:
        """All of it in one sentence, without a full stop."""
        return f"{self.wait}; {self.short}"


def find_cause(flow: LinkedFlow, snapshot: FlowSnapshot) -> Cause | None:
    """The cause, found by following "blocked by" from the node that was blocked longest.

    Sources come first, as what they are held by holds the flow; sinks, which block themselves,
    come last.

    None when no node was blocked for `WAITED_SHARE` of the flow time. As calls are made one at a
    time, a node that is the cause was at work for most of that wait, not of all the time.
    """
    node = max(
        snapshot.nodes,
        key=lambda node: (_waited(node, snapshot) * _PREFERRED.get(node.role, 1), node.blocked_ns),
        default=None,
    )
    if node is None or not _waited(node, snapshot):
        return None
    waited = node
    by_name = {node.name: node for node in snapshot.nodes}
    chain: list[int] = []
    while True:
        edge = blocking_edge(flow, snapshot, node)
        if edge is None:
            if node.pauses or node.errors:
                reason = Reason.PAUSES if node.pauses else Reason.BACK_OFF
                return _cause(snapshot, waited, reason, node, chain)
            # What held it is not there any more: the graph was changed.
            return None
        chain.append(edge.index)
        if edge.paced_ns > edge.episodes_blocked_ns:
            rate = flow.edges[edge.index].rate
            own = f"the rate of {edge.label}" + (f", {rate:g} elements a second" if rate else "")
            wait, short = _wait(waited, snapshot), _cause_words(own)
            return Cause(waited.name, Reason.RATE, None, tuple(chain), wait, short)
        node = by_name[flow.edges[edge.index].target]
        if node.blocked_ns <= node.busy_ns or not _waited(node, snapshot):
            break
    if node.busy_ns >= CAUSED_SHARE * waited.blocked_ns:
        return _cause(snapshot, waited, Reason.BUSY, node, chain)
    wait, short = _wait(waited, snapshot), _no_single_cause(waited, snapshot)
    return Cause(waited.name, Reason.SEVERAL, None, tuple(chain), wait, short)


def blocking_edge(
    flow: LinkedFlow, snapshot: FlowSnapshot, node: NodeSnapshot
) -> EdgeSnapshot | None:
    """The output that held the node longest; None when it was held by itself for longer."""
    outputs = [snapshot.edges[index] for index in flow.by_name[node.name].outputs]
    edge = max(outputs, key=lambda edge: edge.blocked_ns, default=None)
    if edge is None or not edge.blocked_ns:
        return None
    if not node.pauses and not node.errors:
        return edge
    return edge if 2 * edge.blocked_ns >= node.blocked_ns else None


def shares(node: NodeSnapshot, at_ns: int) -> tuple[int, int, int]:
    """Busy, idle and blocked in whole per cent of `at_ns`, which add up to 100; all 0 at 0."""
    parts = (node.busy_ns, node.idle_ns(at_ns), node.blocked_ns)
    whole = sum(parts)
    if not whole:
        return 0, 0, 0
    floors = [100 * part // whole for part in parts]
    # What is left over goes to those that were cut most.
    by_rest = sorted(range(3), key=lambda index: -(100 * parts[index] % whole))
    for index in by_rest[: 100 - sum(floors)]:
        floors[index] += 1
    return floors[0], floors[1], floors[2]


def _waited(node: NodeSnapshot, snapshot: FlowSnapshot) -> bool:
    return node.blocked_ns > 0 and node.blocked_ns >= WAITED_SHARE * snapshot.at_ns


def _cause(
    snapshot: FlowSnapshot,
    waited: NodeSnapshot,
    reason: Reason,
    node: NodeSnapshot,
    chain: list[int],
) -> Cause:
    match reason:
        case Reason.PAUSES:
            did = f"which answered pause to {node.pauses:,} of {node.elements_in:,} elements"
        case Reason.BACK_OFF:
            did = f"which waits before it tries again, after {counted(node.errors, 'error')}"
        case _:
            did = f"{percent(node.busy_ns, snapshot.at_ns)} busy"
    own = f"{node.name}, {did}"
    wait, short = _wait(waited, snapshot), _cause_words(own)
    return Cause(waited.name, reason, node.name, tuple(chain), wait, short)


def _cause_words(cause: str) -> str:
    return f"the cause is {cause}"


def _no_single_cause(waited: NodeSnapshot, snapshot: FlowSnapshot) -> str:
    others = [node for node in snapshot.nodes if node.busy_ns and node is not waited]
    others.sort(key=lambda node: -node.busy_ns)
    busy = ", ".join(f"{node.name} {percent(node.busy_ns, snapshot.at_ns)}" for node in others[:3])
    return f"no single cause: busy were {busy or 'none'}"


def _wait(waited: NodeSnapshot, snapshot: FlowSnapshot) -> str:
    blocked, whole = spaced_duration(waited.blocked_ns), spaced_duration(snapshot.at_ns)
    return f"{waited.name} was blocked {blocked} of {whole}"
