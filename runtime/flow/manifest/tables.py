"""Every table and key of a manifest, with kind, default and range (docs/torvyn-facts.md#manifest).

A key marked `extension` belongs to this workbench; Torvyn refuses it, and a warning says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from runtime.flow.manifest.problems import Problems, shown
from runtime.flow.manifest.shape import (
    Shape,
    key,
    not_a,
    optional,
    required,
    table,
    table_of,
)
from runtime.flow.manifest.source_text import KeyPath
from runtime.flow.manifest.values import (
    FILLED,
    NAME,
    TEXT,
    VERSION,
    Choice,
    Flag,
    ListOf,
    Real,
    Size,
    Whole,
)
from runtime.model.codes import Code
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import SINK_PAUSE_MS, Limits, QueuePolicy, SchedulePolicy

POLICY = Choice(
    ("block-producer", "drop-oldest", "drop-newest", "error"),
    aliases={"block": "block-producer"},
    extensions=(QueuePolicy.RATE_LIMIT.value,),
)
SCHEDULE = Choice(
    ("round-robin", "weighted-fair", "priority"),
    extensions=(SchedulePolicy.CONSUMER_FIRST.value,),
)
RATIO = Real(0.0, 1.0, high_allowed=False, expected="a number from 0.0 to below 1.0")
RATE = Real(0.0, 1e9, low_allowed=False, expected="a number of elements a second above 0")
LANGUAGE = Choice(("rust", "go", "python", "zig"), extensions=("c", "javascript"))
MAX_MS = 24 * 60 * 60 * 1000
"""Longest time a key in milliseconds may name: a day."""


@dataclass(frozen=True, slots=True)
class Project:
    """`[torvyn]`."""

    name: str = required(NAME, "")
    version: str = required(VERSION, "0.0.0")
    contract_version: str = required(VERSION, "0.1.0")
    """Of the contracts that the components are built for."""
    description: str = key(TEXT, "")
    license: str = key(TEXT, "")
    repository: str = key(TEXT, "")
    authors: tuple[str, ...] = key(ListOf(TEXT), ())


@dataclass(frozen=True, slots=True)
class Component:
    """One `[[component]]`."""

    name: str = required(NAME, "")
    path: str = required(FILLED, "")
    """Directory of the source, relative to the manifest."""
    language: str = key(
        Choice(("rust", "go", "python", "zig"), extensions=("c", "javascript")), "rust"
    )
    """`c` is built with Zig's C compiler, `javascript` with componentize-js (extensions)."""
    build_command: str | None = optional(TEXT)
    """Split at white space and run in the component's directory."""
    config: str | None = optional(TEXT)
    """Used for nodes that have no `config`; Torvyn's `run` never reads it."""


@dataclass(frozen=True, slots=True)
class Build:
    """`[build]`."""

    release: bool = key(Flag(), True)
    """Build with optimization."""
    extra_args: tuple[str, ...] = key(ListOf(TEXT), ())
    """Given to the build command after its own arguments."""
    target: str = key(FILLED, "wasm32-wasip2")
    """Rust's target."""


@dataclass(frozen=True, slots=True)
class Tests:
    """`[test]`."""

    timeout_seconds: int = key(Whole(), 60)
    fixtures_dir: str = key(TEXT, "tests/fixtures")


@dataclass(frozen=True, slots=True)
class Registry:
    """`[registry]`."""

    default: str | None = optional(TEXT)


@dataclass(frozen=True, slots=True)
class Backpressure:
    """How a queue behaves; stands under `[runtime]`, a flow and an edge, the nearest wins."""

    default_queue_depth: int | None = optional(Whole(1))
    """Elements; 64 by default."""
    backpressure_policy: str | None = optional(POLICY)
    """`block-producer` by default."""
    low_watermark_ratio: float | None = optional(RATIO, extension=True)
    """A full queue is relieved at `floor(capacity * ratio)` elements; 0.5 by default."""
    rate: float | None = optional(RATE, extension=True)
    """Elements a second that the policy `rate-limit` lets into the queue."""


@dataclass(frozen=True, slots=True)
class RuntimeBackpressure(Backpressure):
    """`[runtime.backpressure]`."""

    sink_pause_ms: int = key(Whole(0, MAX_MS), SINK_PAUSE_MS, extension=True)
    """Flow time a sink is left alone after it answered `pause`, in milliseconds."""


_BACKPRESSURE_ALIASES = {
    "default_policy": "backpressure_policy",
    "policy": "backpressure_policy",
    "queue_depth": "default_queue_depth",
}
BACKPRESSURE = Shape(Backpressure, aliases=_BACKPRESSURE_ALIASES)


@dataclass(frozen=True, slots=True)
class Scheduling:
    """`[runtime.scheduling]`."""

    given_policy: str | None = optional(SCHEDULE, name="policy")
    default_priority: int = key(Whole(1, 10), 5)
    """Of nodes that have no `priority`; 10 is the highest."""

    @property
    def policy(self) -> str:
        """The policy, with the default that Torvyn has."""
        return self.given_policy or SchedulePolicy.WEIGHTED_FAIR.value


@dataclass(frozen=True, slots=True)
class Runtime:
    """`[runtime]`."""

    worker_threads: int = key(Whole(), 0)
    max_memory_per_component: int | None = optional(Size())
    """16 MiB by default, more for a component that carries an interpreter."""
    default_fuel_per_invocation: int | None = optional(Whole())
    """Fuel a call, 0 is unlimited; 1,000,000 by default, more for one with an interpreter."""
    compilation_cache_dir: str = key(TEXT, ".torvyn/cache")
    scheduling: Scheduling = table(Shape(Scheduling))
    backpressure: RuntimeBackpressure = table(
        Shape(RuntimeBackpressure, aliases=_BACKPRESSURE_ALIASES)
    )
    call_timeout_ms: int = key(Whole(1, MAX_MS), Limits().call_timeout_ms, extension=True)
    """Wall time a call may take, in milliseconds."""


_TIMEOUT = "write 'call_timeout_ms', the wall time of every call, init and teardown included"
RUNTIME = Shape(
    Runtime,
    aliases={"fuel_per_invocation": "default_fuel_per_invocation"},
    documented={
        "component_init_timeout_ms": _TIMEOUT,
        "component_teardown_timeout_ms": _TIMEOUT,
        "pools": "remove the table: the buffer pools have fixed sizes",
    },
)


@dataclass(frozen=True, slots=True)
class Observability:
    """`[observability]`; read so that mistakes are found, otherwise without effect here."""

    tracing_enabled: bool = key(Flag(), True)
    tracing_exporter: str = key(
        Choice(("otlp-grpc", "otlp-http", "stdout", "none"), documented=("file",)), "stdout"
    )
    tracing_endpoint: str = key(TEXT, "http://localhost:4317")
    tracing_sample_rate: float = key(Real(0.0, 1.0, expected="a number from 0.0 to 1.0"), 1.0)
    metrics_enabled: bool = key(Flag(), True)
    metrics_exporter: str = key(
        Choice(("prometheus", "otlp", "none"), documented=("stdout", "file")), "none"
    )
    metrics_endpoint: str = key(TEXT, "0.0.0.0:9090")


_KEYS_IN_CODE = "remove it; the keys that work begin with 'tracing_' and 'metrics_'"
OBSERVABILITY = Shape(
    Observability,
    documented={
        **dict.fromkeys(
            (
                "level",
                "error_promote",
                "latency_promote_threshold_ms",
                "prometheus_enabled",
                "otlp_metrics_enabled",
                "otlp_metrics_interval_s",
                "ring_buffer_capacity",
                "tracing",
            ),
            _KEYS_IN_CODE,
        ),
        "sample_rate": "write 'tracing_sample_rate'",
    },
)


@dataclass(frozen=True, slots=True)
class Grant:
    """`[security.grants.<node>]`."""

    capabilities: tuple[str, ...] = key(ListOf(TEXT), ())
    """What the node may do, e.g. "stdio:stdout" or "filesystem:read:/data"."""


@dataclass(frozen=True, slots=True)
class Security:
    """`[security]`."""

    default_capability_policy: str = key(Choice(("deny-all", "allow-all")), "deny-all")
    """What a node without grants may do."""
    grants: Mapping[str, Grant] = table_of(Shape(Grant))


_AUDIT = "remove it: Torvyn writes no audit log"
SECURITY = Shape(Security, documented={"audit_enabled": _AUDIT, "audit_target": _AUDIT})


@dataclass(frozen=True, slots=True)
class Node:
    """`[flow.F.nodes.<node>]`."""

    component: str = required(FILLED, "")
    """The name of a `[[component]]`, or `file://PATH`."""
    interface: str = required(FILLED, "")
    """What the component exports, e.g. `torvyn:streaming/processor`: the node's role."""
    config: str | None = optional(TEXT)
    """Handed to `init` as it stands; `{}` when there is none."""
    fuel_budget: int | None = optional(Whole())
    max_memory: int | None = optional(Size())
    priority: int | None = optional(Whole(1, 10))
    """10 is the highest."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of an edge."""

    node: str = required(FILLED, "")
    """Its name in `nodes`."""
    port: str = required(FILLED, "")
    """By convention `output` or `input`; of a router the name that it answers with."""


@dataclass(frozen=True, slots=True)
class EndpointKind:
    """A `{ node, port }` table, or the documentation's "node:port" string."""

    usual_port: str

    def read(self, value: object, at: KeyPath, problems: Problems) -> Endpoint | None:
        """The endpoint."""
        if not isinstance(value, str):
            return Shape(Endpoint).read(value, at, problems)
        node, _, port = value.partition(":")
        if not node:
            not_a('{ node = "…", port = "…" }', value, at, problems)
            return None
        end = Endpoint(node, port or self.usual_port)
        problems.warning(
            Code.INVALID_VALUE,
            at,
            f"Torvyn's parser refuses edge ends written as strings: {shown(value)}",
            f'write {{ node = "{end.node}", port = "{end.port}" }}',
            value=True,
        )
        return end


@dataclass(frozen=True, slots=True)
class Edge:
    """One `[[flow.F.edges]]`."""

    source: Endpoint = required(EndpointKind("output"), Endpoint(), name="from")
    target: Endpoint = required(EndpointKind("input"), Endpoint(), name="to")
    queue_depth: int | None = optional(Whole(1))
    backpressure: Backpressure | None = optional(BACKPRESSURE)
    index: int = -1
    """Position in the manifest, counted from 0."""


@dataclass(frozen=True, slots=True)
class EdgesKind:
    """The array of a flow's edges."""

    def read(self, value: object, at: KeyPath, problems: Problems) -> tuple[Edge, ...] | None:
        """The edges that could be read, in order."""
        if isinstance(value, dict):
            problems.error(
                Code.INVALID_VALUE,
                at,
                "edges are an array of tables; tables with names of their own, as in the "
                "documentation, cannot stand next to it",
                "write [[flow.NAME.edges]] for each edge, and put queue_depth = N or "
                "backpressure = { … } into the edge itself",
            )
            return None
        if not isinstance(value, list):
            not_a("an array of tables, each headed [[flow.NAME.edges]]", value, at, problems)
            return None
        shape = Shape(Edge)
        read = [shape.read(item, (*at, index), problems) for index, item in enumerate(value)]
        return tuple(
            replace(item, index=index) for index, item in enumerate(read) if item is not None
        )


@dataclass(frozen=True, slots=True)
class Flow:
    """`[flow.<name>]`."""

    description: str = key(TEXT, "")
    nodes: Mapping[str, Node] = table_of(Shape(Node))
    edges: tuple[Edge, ...] = key(EdgesKind(), ())
    scheduling_policy: str | None = optional(SCHEDULE)
    default_queue_depth: int | None = optional(Whole(1))
    backpressure: Backpressure | None = optional(BACKPRESSURE)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole file."""

    torvyn: Project | None = optional(Shape(Project))
    """None in a standalone pipeline (docs/torvyn-facts.md#manifest)."""
    component: tuple[Component, ...] = key(
        ListOf(Shape(Component), "an array of tables, each headed [[component]]"), ()
    )
    build: Build = table(Shape(Build))
    test: Tests = table(Shape(Tests))
    runtime: Runtime = table(RUNTIME)
    observability: Observability = table(OBSERVABILITY)
    security: Security = table(SECURITY)
    registry: Registry = table(Shape(Registry))
    flow: Mapping[str, Flow] = table_of(Shape(Flow))


MANIFEST = Shape(
    Manifest,
    documented={"capabilities": "remove it: capabilities are granted in [security.grants.NODE]"},
    lenient=True,
)
