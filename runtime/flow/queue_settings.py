"""How each queue behaves: the nearest setting wins (docs/torvyn-facts.md#backpressure)."""

from __future__ import annotations

from typing import Literal

from runtime.flow.manifest.problems import Problems
from runtime.flow.manifest.tables import Backpressure, Edge, Flow, Runtime
from runtime.model.codes import Code
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import (
    DEFAULT_QUEUE_DEPTH,
    LOW_WATERMARK_RATIO,
    LinkedEdge,
    QueuePolicy,
)


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """What one edge's queue does."""

    capacity: int
    policy: QueuePolicy
    low_watermark_ratio: float
    rate: float | None
    """Elements a second; None for every policy but `rate-limit`."""


def queue_settings(edge: Edge, flow: Flow, runtime: Runtime) -> QueueSettings:
    """Depth: edge.queue_depth > edge.backpressure > flow.default_queue_depth >
    flow.backpressure > runtime.backpressure > 64; everything else likewise.
    """
    levels = (edge.backpressure, flow.backpressure, runtime.backpressure)
    depths = (
        edge.queue_depth,
        edge.backpressure.default_queue_depth if edge.backpressure else None,
        flow.default_queue_depth,
        flow.backpressure.default_queue_depth if flow.backpressure else None,
        runtime.backpressure.default_queue_depth,
    )
    policy = next((b.backpressure_policy for b in levels if b and b.backpressure_policy), None)
    chosen = QueuePolicy(policy) if policy else QueuePolicy.BLOCK_PRODUCER
    ratio = _first(levels, "low_watermark_ratio")
    return QueueSettings(
        capacity=next((depth for depth in depths if depth is not None), DEFAULT_QUEUE_DEPTH),
        policy=chosen,
        low_watermark_ratio=LOW_WATERMARK_RATIO if ratio is None else ratio,
        rate=_first(levels, "rate") if chosen is QueuePolicy.RATE_LIMIT else None,
    )


def linked_edge(edge: Edge, index: int, flow: Flow, runtime: Runtime) -> LinkedEdge:
    """The edge of the manifest as the flow runs it, with the settings of its queue."""
    settings = queue_settings(edge, flow, runtime)
    return LinkedEdge(
        index=index,
        source=edge.source.node,
        source_port=edge.source.port,
        target=edge.target.node,
        target_port=edge.target.port,
        capacity=settings.capacity,
        policy=settings.policy,
        low_watermark_ratio=settings.low_watermark_ratio,
        rate=settings.rate,
    )


def check_rates(name: str, flow: Flow, runtime: Runtime, problems: Problems) -> None:
    """Notes edges whose policy needs a rate that is not given."""
    for edge in flow.edges:
        settings = queue_settings(edge, flow, runtime)
        if settings.policy is QueuePolicy.RATE_LIMIT and settings.rate is None:
            problems.error(
                Code.SEMANTIC,
                ("flow", name, "edges", edge.index),
                "the edge has the policy 'rate-limit' and no rate",
                'write backpressure = { backpressure_policy = "rate-limit", rate = 100 }, '
                "in elements a second",
            )


def _first(
    levels: tuple[Backpressure | None, ...], name: Literal["low_watermark_ratio", "rate"]
) -> float | None:
    values = (getattr(level, name) for level in levels if level is not None)
    return next((value for value in values if value is not None), None)
