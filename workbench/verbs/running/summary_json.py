"""What a headless run came to, as JSON, with Torvyn's names (docs/torvyn-facts.md#metrics)."""

from __future__ import annotations

from typing import Any

from runtime.headless.run import RunReport
from runtime.model.component.failure_report import report_of
from runtime.model.events import FlowState, NodeFailed
from runtime.model.linked import LinkedFlow, Role
from runtime.model.snapshot import EdgeSnapshot, FlowSnapshot, NodeSnapshot
from workbench.inspection.slowness.pressure_cause import blocking_edge, find_cause
from workbench.metrics.torvyn_metrics import spread_object, torvyn_metrics
from workbench.verbs.running.summary import sinks_of


def summary_object(flow: LinkedFlow, report: RunReport) -> dict[str, Any]:
    """The summary as an object; `balance` adds up, see `FlowSnapshot.queued`."""
    snapshot = report.snapshot
    seconds = report.duration_seconds
    return {
        "type": "summary",
        "flow_name": flow.name,
        "flow_state": str(snapshot.state),
        "flow_stopped_because": report.stopped_because or None,
        "failed": snapshot.state is FlowState.FAILED,
        "duration_secs": seconds,
        "elements_processed": snapshot.pulled,
        "throughput_elem_per_sec": snapshot.pulled / seconds if seconds else 0.0,
        "calls": snapshot.calls,
        "delivered": snapshot.delivered,
        "dropped": snapshot.dropped,
        "queued": snapshot.queued,
        "balance": _balance(snapshot),
        "schedule": snapshot.schedule.value,
        "flow_time_ns": snapshot.at_ns,
        "error_count": snapshot.errors,
        "copies": snapshot.copies.reads + snapshot.copies.writes,
        "copy_bytes": snapshot.copies.read_bytes + snapshot.copies.write_bytes,
        "component_count": len(flow.nodes),
        "edge_count": len(flow.edges),
        "cause": _cause(flow, snapshot),
        "sinks": {node.name: node.elements_in for node in sinks_of(flow, snapshot)},
        "ports": {
            node.name: dict(node.per_port) for node in snapshot.nodes if node.role is Role.ROUTER
        },
        "nodes": [_node(flow, snapshot, node) for node in snapshot.nodes],
        "edges": [_edge(edge) for edge in snapshot.edges],
        "metrics": torvyn_metrics(flow, report.snapshot, report.times, report.duration_seconds),
        "failures": [_failure(failed) for failed in report.failures],
    }


def _balance(snapshot: FlowSnapshot) -> dict[str, int]:
    return {
        "in": snapshot.pulled,
        "injected": snapshot.injected,
        "flushed": snapshot.flushed,
        "copied": snapshot.copied,
        "delivered": snapshot.delivered,
        "dropped": snapshot.dropped,
        "absorbed": snapshot.absorbed,
        "filtered": snapshot.filtered,
        "queued": snapshot.queued,
    }


def _cause(flow: LinkedFlow, snapshot: FlowSnapshot) -> dict[str, Any] | None:
    cause = find_cause(flow, snapshot)
    if cause is None:
        return None
    return {
        "waited": cause.waited,
        "node": cause.node,
        "reason": cause.reason.name.lower(),
        "sentence": cause.sentence,
    }


def _node(flow: LinkedFlow, snapshot: FlowSnapshot, node: NodeSnapshot) -> dict[str, Any]:
    edge = blocking_edge(flow, snapshot, node) if node.blocked_ns else None
    return {
        "node": node.name,
        "state": str(node.state),
        "elements_in": node.elements_in,
        "elements_out": node.elements_out,
        "dropped": node.dropped,
        "filtered": node.filtered,
        "absorbed": node.absorbed,
        "busy_ns": node.busy_ns,
        "idle_ns": node.idle_ns(snapshot.at_ns),
        "blocked_ns": node.blocked_ns,
        "blocked_by": None if edge is None else flow.edges[edge.index].target,
        "pauses": node.pauses,
        "errors": {kind.value: count for kind, count in node.errors_by_kind},
    }


def _edge(edge: EdgeSnapshot) -> dict[str, Any]:
    return {
        "edge": edge.label,
        "policy": edge.policy.value,
        "state": edge.state.value,
        "capacity": edge.capacity,
        "queue_depth": edge.depth,
        "queue_depth_peak": edge.peak,
        "waiting_for_room": edge.pending,
        "elements": edge.enqueued,
        "dropped": edge.dropped,
        "drops": {reason.value: count for reason, count in edge.drops},
        "backpressure_events": edge.episodes,
        "backpressure_duration_ns": edge.episodes_blocked_ns,
        "rate_limited_ns": edge.paced_ns,
        "blocked_ns": edge.blocked_ns,
        "drained": edge.drained,
        "response_ns": spread_object(edge.response),
    }


def _failure(failed: NodeFailed) -> dict[str, Any]:
    failure = failed.failure
    report = report_of(failure)
    return {
        "node": failed.node,
        "call": failed.call,
        "export": failed.export.value,
        "sequence": None if failed.element is None else failed.element.sequence,
        "kind": report.kind,
        "code": failure.code,
        "name": failure.name,
        "message": failure.message,
        "headline": report.headline,
        "help": failure.help,
        "frames": [
            {
                "function": frame.function or None,
                "file": frame.file or None,
                "line": frame.line or None,
                "column": frame.column or None,
            }
            for frame in report.frames
        ],
        "stderr": failure.stderr.decode("utf-8", "replace"),
        "stderr_cut": failure.stderr_cut,
    }
