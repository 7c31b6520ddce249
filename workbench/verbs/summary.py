"""What a headless run came to, in words and as JSON."""

from __future__ import annotations

from typing import Any

from runtime.headless.run import RunReport
from runtime.model.errors import ExitCode
from runtime.model.events import FlowState, NodeFailed
from runtime.model.failure_report import FailureReport, frame_text, report_of
from runtime.model.linked import LinkedFlow, Role
from runtime.model.snapshot import FlowSnapshot, NodeSnapshot
from runtime.model.time_units import NS_PER_MS

_WRITTEN_LINES = 20
"""Lines of a failed call's stderr that are repeated with its failure."""


def exit_code(report: RunReport) -> ExitCode:
    """0 when the flow completed, 1 when it failed, 130 when it was interrupted."""
    if report.snapshot.state is FlowState.FAILED:
        return ExitCode.FAILED
    return ExitCode.INTERRUPTED if report.interrupted else ExitCode.OK


def completed_line(flow: LinkedFlow, snapshot: FlowSnapshot) -> str:
    """The line that ends the output: what the routers did, or else what the sinks got."""
    how = "completed" if snapshot.state is FlowState.COMPLETED else str(snapshot.state)
    routers = [node for node in snapshot.nodes if node.role is Role.ROUTER]
    if routers:
        routed = sum(node.elements_in for node in routers)
        parts = [f"{count} to {port}" for node in routers for port, count in node.per_port]
        what = f"{routed} events routed: {', '.join(parts)}"
    else:
        parts = [f"{node.elements_in} to {node.name}" for node in _sinks(flow, snapshot)]
        what = f"{snapshot.pulled} events: {', '.join(parts)}"
    return f"[torvyn] Flow '{flow.name}' {how}. {what}."


def summary_text(flow: LinkedFlow, report: RunReport, note: str | None) -> str:
    """The summary for people, several lines; `note` is the last."""
    snapshot = report.snapshot
    copies = snapshot.copies
    episodes = sum(edge.episodes for edge in snapshot.edges)
    held_ms = sum(edge.held_ns for edge in snapshot.edges) / NS_PER_MS
    rows = [
        ("Duration", f"{report.duration_seconds:.2f} s, {snapshot.calls:,} calls"),
        (
            "Elements",
            f"{snapshot.pulled:,} in, {snapshot.delivered:,} to sinks, {snapshot.dropped:,} "
            f"dropped, {snapshot.queued:,} still queued",
        ),
        (
            "Sinks",
            ", ".join(f"{node.name} {node.elements_in:,}" for node in _sinks(flow, snapshot)),
        ),
        *_port_rows(snapshot),
        (
            "Copies",
            f"{copies.reads + copies.writes:,} copies, "
            f"{copies.read_bytes + copies.write_bytes:,} bytes",
        ),
        (
            "Back-pressure",
            f"{episodes:,} {_plural(episodes, 'episode')}, producers held {held_ms:.1f} ms",
        ),
        ("Errors", f"{snapshot.errors:,}"),
        ("Flow state", str(snapshot.state)),
    ]
    if report.stopped_because:
        rows.append(("Stopped because", report.stopped_because))
    lines = ["Summary", *(f"  {name:<16}{value}" for name, value in rows)]
    lines += ["Queues", *_queue_lines(snapshot)]
    lines += _failure_lines(report)
    if note is not None:
        lines.append(note)
    return "\n".join(lines)


def summary_object(flow: LinkedFlow, report: RunReport) -> dict[str, Any]:
    """The summary as an object, with Torvyn's field names (docs/torvyn-facts.md#command-line)."""
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
        "error_count": snapshot.errors,
        "copies": snapshot.copies.reads + snapshot.copies.writes,
        "copy_bytes": snapshot.copies.read_bytes + snapshot.copies.write_bytes,
        "component_count": len(flow.nodes),
        "edge_count": len(flow.edges),
        "sinks": {node.name: node.elements_in for node in _sinks(flow, snapshot)},
        "ports": {
            node.name: dict(node.per_port) for node in snapshot.nodes if node.role is Role.ROUTER
        },
        "edges": [
            {
                "edge": edge.label,
                "capacity": edge.capacity,
                "queue_depth_peak": edge.peak,
                "elements": edge.enqueued,
                "dropped": edge.dropped,
                "backpressure_events": edge.episodes,
                "backpressure_duration_ns": edge.held_ns,
            }
            for edge in snapshot.edges
        ],
        "failures": [_failure_object(failed) for failed in report.failures],
    }


def _failure_object(failed: NodeFailed) -> dict[str, Any]:
    failure = failed.failure
    report = report_of(failure)
    return {
        "node": failed.node,
        "call": failed.call,
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


def _sinks(flow: LinkedFlow, snapshot: FlowSnapshot) -> list[NodeSnapshot]:
    """Sinks in the order in which the manifest's edges name them."""
    sinks = [node for node in snapshot.nodes if node.role is Role.SINK]
    return sorted(sinks, key=lambda node: flow.by_name[node.name].inputs)


def _port_rows(snapshot: FlowSnapshot) -> list[tuple[str, str]]:
    ports = [
        f"{node.name}:{port} {count:,}"
        for node in snapshot.nodes
        if node.role is Role.ROUTER
        for port, count in node.per_port
    ]
    return [("Ports", ", ".join(ports))] if ports else []


def _queue_lines(snapshot: FlowSnapshot) -> list[str]:
    width = max((len(edge.label) for edge in snapshot.edges), default=0)
    lines = []
    for edge in snapshot.edges:
        line = f"  {edge.label:<{width}}  peak {edge.peak}/{edge.capacity}"
        if edge.dropped:
            line += f", {edge.dropped:,} dropped"
        if edge.episodes:
            line += f", full {edge.episodes:,} {_plural(edge.episodes, 'time')}"
        lines.append(line)
    return lines


def _failure_lines(report: RunReport) -> list[str]:
    lines = []
    for failed in report.failures[-10:]:
        failure = failed.failure
        told = report_of(failure)
        about = f" on element #{failed.element.sequence}" if failed.element is not None else ""
        lines.append(
            f'error[{failure.code}] {failure.name}: component "{failed.node}" failed{about} '
            f"(call {failed.call}, {told.kind}): {told.headline}"
        )
        lines += [f"  --> {frame_text(frame)}" for frame in told.frames]
        lines += _written_lines(told, failure.stderr_cut)
        if failure.help:
            lines.append(f"  = help: {failure.help}")
    more = len(report.failures) - 10
    return [*([f"({more} earlier failures)"] if more > 0 else []), *lines]


def _written_lines(report: FailureReport, cut: bool) -> list[str]:
    """What the failed call wrote to stderr, the end of it."""
    written = report.written[-_WRITTEN_LINES:]
    if cut or len(written) < len(report.written):
        written = ("…", *written)
    return ["  stderr of this call:", *(f"  | {line}" for line in written)] if written else []


def _plural(count: int, word: str) -> str:
    return word if count == 1 else word + "s"
