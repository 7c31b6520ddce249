"""Linked flows: validated, immutable graphs with every default filled in."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property

from runtime.model.access import SOCKET_ACTIONS, Need
from runtime.model.lazy.dataclass import dataclass

DEFAULT_QUEUE_DEPTH = 64
LOW_WATERMARK_RATIO = 0.5
USUAL_PORT = "output"
"""The output port of every node but a router."""
SINK_PAUSE_MS = 100


class Role(StrEnum):
    """What a node does, bound by the interface its component exports."""

    SOURCE = "source"
    PROCESSOR = "processor"
    FILTER = "filter"
    ROUTER = "router"
    AGGREGATOR = "aggregator"
    SINK = "sink"


ROLE_INTERFACES: dict[Role, str] = {
    Role.SOURCE: "torvyn:streaming/source",
    Role.PROCESSOR: "torvyn:streaming/processor",
    Role.FILTER: "torvyn:filtering/filter",
    Role.ROUTER: "torvyn:filtering/router",
    Role.AGGREGATOR: "torvyn:aggregation/aggregator",
    Role.SINK: "torvyn:streaming/sink",
}
"""The interface each role exports, without version (docs/torvyn-facts.md#interfaces)."""

LIFECYCLE_INTERFACE = "torvyn:streaming/lifecycle"

_ALIASES = {
    f"torvyn:streaming/{role}": ROLE_INTERFACES[role]
    for role in (Role.FILTER, Role.ROUTER, Role.AGGREGATOR)
}
"""The templates of Torvyn's published tool export these (docs/torvyn-facts.md#interfaces)."""


def contract_name(interface: str) -> str:
    """The contract's name of an interface, without version.

    `torvyn:streaming/filter`, `/router` and `/aggregator` stand for the interfaces of
    `torvyn:filtering` and `torvyn:aggregation`, whose functions have the same types.
    """
    base = interface.partition("@")[0]
    return _ALIASES.get(base, base)


class QueuePolicy(StrEnum):
    """What happens to an element that meets a full queue (docs/torvyn-facts.md#backpressure)."""

    BLOCK_PRODUCER = "block-producer"
    DROP_OLDEST = "drop-oldest"
    DROP_NEWEST = "drop-newest"
    ERROR = "error"
    RATE_LIMIT = "rate-limit"
    """Takes at most `LinkedEdge.rate` elements a second; otherwise as `block-producer`."""


class SchedulePolicy(StrEnum):
    """Which ready node is called next."""

    CONSUMER_FIRST = "consumer-first"
    WEIGHTED_FAIR = "weighted-fair"
    ROUND_ROBIN = "round-robin"
    PRIORITY = "priority"


class ErrorPolicy(StrEnum):
    """What follows a failed call."""

    STOP = "stop"
    """Pause the flow; the element waits at the head of its queue."""
    FAIL = "fail"
    """End the flow as failed."""
    SKIP = "skip"
    """Drop the element and go on."""
    RETRY = "retry"
    """Call again, up to a number of times, then stop as `fail` does."""


MAX_BACK_OFF_MS = 10_000
"""Longest time between two tries of a call."""


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """What follows the failed calls of a node."""

    policy: ErrorPolicy = ErrorPolicy.STOP
    max_retries: int = 3
    """Calls made again under `ErrorPolicy.RETRY` before the flow fails, 0 or more."""
    back_off_ms: int = 0
    """Flow time before the first further try, in milliseconds; it doubles with each, up to
    `MAX_BACK_OFF_MS`. `init` and signals are tried again at once."""

    def __post_init__(self) -> None:
        """Raise ValueError for a negative number."""
        if self.max_retries < 0:
            raise ValueError(f"max_retries must be 0 or more, not {self.max_retries}")
        if self.back_off_ms < 0:
            raise ValueError(f"back_off_ms must be 0 or more, not {self.back_off_ms}")

    def __str__(self) -> str:
        if self.policy is not ErrorPolicy.RETRY:
            return self.policy.value
        return f"retry({self.max_retries}, {self.back_off_ms}ms)"

    def back_off_after(self, attempt: int) -> int:
        """Flow time to wait after failed try number `attempt`, from 1, in milliseconds."""
        doublings = min(attempt - 1, MAX_BACK_OFF_MS.bit_length())
        return min(self.back_off_ms << doublings, MAX_BACK_OFF_MS)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one instance may use (docs/torvyn-facts.md#limits)."""

    fuel: int = 1_000_000
    """Fuel a call; 0 is unlimited."""
    memory_bytes: int = 16 * 1024 * 1024
    """Linear memory."""
    call_timeout_ms: int = 5_000
    """Wall time a call, enforced by epochs."""


DEFAULT_LIMITS = Limits()
INTERPRETER_LIMITS = Limits(fuel=100_000_000, memory_bytes=64 * 1024 * 1024)
"""For a component that carries an interpreter, where the manifest gives no limits.

CPython takes 12.3 MiB before its first call; writing a short traceback takes 1,800,000 fuel, and
the first call of a JavaScript component 1,000,000: within Torvyn's own limits an exception ends
as used-up fuel, and nothing says which.
"""


_SOCKET_GRANTS = tuple(f"network:{action}" for action in SOCKET_ACTIONS)


@dataclass(frozen=True, slots=True)
class LinkedNode:
    """One node with its component resolved."""

    name: str
    role: Role
    interface: str
    """The interface as exported, e.g. "torvyn:filtering/router@0.1.0"."""
    component: str
    """The reference as the manifest writes it."""
    artifact: str
    """Absolute path of the component's file."""
    digest: str
    """SHA-256 of the artifact's bytes, in hexadecimal."""
    lifecycle: str | None
    """The lifecycle interface as exported, or None."""
    config: str = "{}"
    limits: Limits = Limits()
    interpreter: str = ""
    """The language whose interpreter the component carries, e.g. "Python"; "" for none."""
    priority: int = 5
    """1 to 10; higher is called more."""
    grants: tuple[str, ...] = ()
    """Capabilities granted, in the manifest's grammar (docs/torvyn-facts.md#capabilities)."""
    withheld: tuple[str, ...] = ()
    """Capabilities that the manifest grants and the user did not agree to: they are denied."""
    folders: tuple[tuple[str, str], ...] = ()
    """Granted paths, and the absolute path that each stood for when the flow was linked, links
    followed: what is opened for the component must be that folder still."""
    needs: tuple[Need, ...] = ()
    """What the component's imports can make use of."""
    inputs: tuple[int, ...] = ()
    """Indices of the edges that end here, in manifest order."""
    outputs: tuple[int, ...] = ()
    """Indices of the edges that begin here, in manifest order."""

    @property
    def can_use_network(self) -> bool:
        """True when the component's imports can make use of a grant of the network."""
        return any(need.capability.startswith("network:") for need in self.needs)

    @property
    def has_network(self) -> bool:
        """True when it talks to others: making its calls again would tell them all again, and
        what they answer is theirs."""
        granted = any(grant.startswith(_SOCKET_GRANTS) for grant in self.grants)
        return granted and self.can_use_network


@dataclass(frozen=True, slots=True)
class LinkedEdge:
    """A bounded queue from an output port to an input port."""

    index: int
    """Position in the manifest and in `LinkedFlow.edges`."""
    source: str
    source_port: str
    target: str
    target_port: str
    capacity: int = DEFAULT_QUEUE_DEPTH
    policy: QueuePolicy = QueuePolicy.BLOCK_PRODUCER
    low_watermark_ratio: float = LOW_WATERMARK_RATIO
    rate: float | None = None
    """Elements a second for `rate-limit`, else None."""

    @property
    def low_mark(self) -> int:
        """Depth at or below which a full queue counts as relieved."""
        return int(self.capacity * self.low_watermark_ratio)

    @property
    def label(self) -> str:
        """`source:port -> target:port`, the usual port names left out."""
        out = "" if self.source_port == "output" else f":{self.source_port}"
        into = "" if self.target_port == "input" else f":{self.target_port}"
        return f"{self.source}{out} -> {self.target}{into}"


@dataclass(frozen=True)
class LinkedFlow:
    """A flow ready to run."""

    name: str
    manifest: str
    """Absolute path of the manifest."""
    nodes: tuple[LinkedNode, ...]
    """In topological order, ties by name."""
    edges: tuple[LinkedEdge, ...]
    """In manifest order."""
    schedule: SchedulePolicy = SchedulePolicy.WEIGHTED_FAIR
    """The manifest's policy (`[runtime.scheduling]`, or the flow's own)."""
    sink_pause_ms: int = SINK_PAUSE_MS
    """Flow time a sink is left alone after it answered `pause`, in milliseconds."""
    build_dir: str = ""
    """Absolute path of `.torvyn/build` next to the manifest."""
    schedule_given: bool = False
    """Whether the manifest names the policy; `schedule` is its default otherwise."""

    @cached_property
    def by_name(self) -> dict[str, LinkedNode]:
        """Nodes by name."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Names of the nodes that give elements, in the order of `nodes`."""
        return tuple(node.name for node in self.nodes if node.role is Role.SOURCE)

    def edges_named(self, text: str) -> list[LinkedEdge]:
        """The edges a user names: by label, by `node:port` of either end, by both, or by a node.

        The one whose whole label it is comes alone.
        """
        wanted = "".join(text.split())
        exact = [edge for edge in self.edges if edge.label.replace(" ", "") == wanted]
        return exact or [edge for edge in self.edges if wanted in _names(edge)]


def _names(edge: LinkedEdge) -> set[str]:
    out, into = f"{edge.source}:{edge.source_port}", f"{edge.target}:{edge.target_port}"
    names = {out, into, edge.source, edge.target}
    ends = ((one, other) for one in (edge.source, out) for other in (edge.target, into))
    return names | {f"{one}->{other}" for one, other in ends}
