"""Torvyn's metrics as JSON (docs/torvyn-facts.md#metrics)."""

from __future__ import annotations

from typing import Any

from runtime.model.linked import LinkedEdge, LinkedFlow
from runtime.model.measures.call_times import CallTimes
from runtime.model.measures.histogram import Spread
from runtime.model.snapshot import FlowSnapshot


def torvyn_metrics(
    flow: LinkedFlow, snapshot: FlowSnapshot, times: CallTimes, seconds: float
) -> dict[str, Any]:
    """The metrics that are measured here, of a flow that was active for so long."""
    copies = snapshot.copies
    components: dict[str, Any] = {}
    for node in snapshot.nodes:
        own = times.of(node.name)
        components[node.name] = {
            "component.invocations": node.calls,
            "component.errors": node.errors,
            "component.processing_time": spread_object(None if own is None else own.calls),
            "component.fuel_consumed": 0 if own is None else own.fuel,
            "component.memory_current": node.memory_bytes,
        }
    return {
        "flow.elements.total": snapshot.pulled,
        "flow.elements.errors": snapshot.errors,
        "flow.latency": spread_object(times.end_to_end),
        "flow.throughput": snapshot.pulled / seconds if seconds else 0.0,
        "flow.copies.total": copies.reads + copies.writes,
        "flow.copies.bytes": copies.read_bytes + copies.write_bytes,
        "flow.active_duration": round(seconds * 1e9),
        "flow.state": str(snapshot.state),
        "components": components,
        "streams": {
            _name(flow, link): {
                "stream.elements.transferred": edge.dequeued,
                "stream.backpressure.events": edge.episodes,
                "stream.backpressure.duration_ns": edge.episodes_blocked_ns,
                "stream.queue.current_depth": edge.depth,
                "stream.queue.peak_depth": edge.peak,
                "stream.queue.wait_time": spread_object(times.wait(link.source, link.target)),
            }
            for link, edge in zip(flow.edges, snapshot.edges, strict=True)
        },
    }


def _name(flow: LinkedFlow, edge: LinkedEdge) -> str:
    """The edge's label; with its number where the manifest has the same edge several times."""
    before = sum(other.label == edge.label for other in flow.edges[: edge.index])
    return f"{edge.label} ({before + 1})" if before else edge.label


def spread_object(spread: Spread | None) -> dict[str, int] | None:
    """Count, mean and percentiles in nanoseconds; None where nothing was measured."""
    if spread is None:
        return None
    return {
        "count": spread.samples,
        "mean": spread.mean_ns,
        "p50": spread.p50_ns,
        "p95": spread.p95_ns,
        "p99": spread.p99_ns,
        "max": spread.max_ns,
    }
