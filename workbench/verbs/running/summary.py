"""What a headless run came to, in words and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.headless.run import RunReport
from runtime.model.component.failure_report import FailureReport, frame_text, report_of
from runtime.model.errors import ExitCode
from runtime.model.events import FlowState, NodeFailed
from runtime.model.linked import LinkedFlow, Role
from runtime.model.measures.call_times import NodeTimes
from runtime.model.measures.histogram import Spread
from runtime.model.snapshot import EdgeSnapshot, FlowSnapshot, NodeSnapshot
from runtime.model.text.durations import spaced_duration
from runtime.model.text.plurals import counted
from workbench.inspection.slowness.pressure_cause import find_cause, shares

_WRITTEN_LINES = 20
"""Lines of a failed call's stderr that are repeated with its failure."""


def exit_code(report: RunReport) -> ExitCode:
    """0 when the flow completed, 1 when it failed, 4 at a breakpoint, 130 when interrupted."""
    if report.at_breakpoint:
        return ExitCode.BREAKPOINT
    if report.snapshot.state is FlowState.FAILED:
        return ExitCode.FAILED
    return ExitCode.INTERRUPTED if report.interrupted else ExitCode.OK


def completed_line(flow: LinkedFlow, report: RunReport) -> str:
    """The line that ends the output: what the routers did, or else what the sinks got.

    Scripts compare it: its form is the same for every number.
    """
    snapshot = report.snapshot
    how = str(snapshot.state) if snapshot.state.ended else "did not end"
    if report.at_breakpoint:
        how = "stands at a breakpoint"
    routers = [node for node in snapshot.nodes if node.role is Role.ROUTER]
    if routers:
        routed = sum(node.elements_in for node in routers)
        parts = [f"{count} to {port}" for node in routers for port, count in node.per_port]
        what = f"{routed} events routed: {', '.join(parts)}"
    else:
        parts = [f"{node.elements_in} to {node.name}" for node in sinks_of(flow, snapshot)]
        what = f"{snapshot.pulled} events: {', '.join(parts)}"
    return f"[torvyn] Flow '{flow.name}' {how}. {what}."


def summary_text(flow: LinkedFlow, report: RunReport, note: str | None) -> str:
    """The summary for people, several lines; `note` is the last."""
    snapshot = report.snapshot
    copies = snapshot.copies
    cause = find_cause(flow, snapshot)
    rows = [
        ("Duration", f"{report.duration_seconds:.2f} s, {counted(snapshot.calls, 'call')}"),
        ("Elements", balance(snapshot)),
        (
            "Sinks",
            ", ".join(f"{node.name} {node.elements_in:,}" for node in sinks_of(flow, snapshot)),
        ),
        *_port_rows(snapshot),
        (
            "Copies",
            f"{counted(copies.reads + copies.writes, 'copy', 'copies')}, "
            f"{counted(copies.read_bytes + copies.write_bytes, 'byte')}",
        ),
        ("Back-pressure", _pressure(snapshot)),
        *([("Why slow", cause.sentence)] if cause is not None else ()),
        ("Errors", _errors(snapshot)),
        ("Flow state", str(snapshot.state)),
    ]
    if report.stopped_because:
        rows.append(("Stopped because", report.stopped_because))
    lines = ["Summary", *(f"  {name:<16}{value}" for name, value in rows)]
    lines += ["Queues", *_queue_lines(flow, report)]
    lines += ["Nodes", *_node_lines(report)]
    lines += failure_lines(report.failures)
    if note is not None:
        lines.append(note)
    return "\n".join(lines)


def balance(snapshot: FlowSnapshot) -> str:
    """What came into the flow, and what became of it: both sides are equal."""
    came = [
        f"{snapshot.pulled:,} in",
        *_given((snapshot.injected, "injected")),
        *_given((snapshot.flushed, "flushed by aggregators")),
        *_given((snapshot.copied, "copied by fan-out")),
    ]
    left = [
        f"{snapshot.delivered:,} delivered",
        f"{snapshot.dropped:,} dropped",
        *_given((snapshot.absorbed, "absorbed")),
        *_given((snapshot.filtered, "filtered")),
        f"{snapshot.queued:,} queued",
    ]
    return f"{' + '.join(came)} = {' + '.join(left)}"


def _given(part: tuple[int, str]) -> list[str]:
    number, what = part
    return [f"{number:,} {what}"] if number else []


def _pressure(snapshot: FlowSnapshot) -> str:
    episodes = sum(edge.episodes for edge in snapshot.edges)
    blocked_ns = sum(edge.blocked_ns for edge in snapshot.edges)
    words = counted(episodes, "episode")
    return f"{words}, producers blocked {spaced_duration(blocked_ns)}" if blocked_ns else words


def _errors(snapshot: FlowSnapshot) -> str:
    parts = [
        f"{node.name} {count:,} {kind}"
        for node in snapshot.nodes
        for kind, count in node.errors_by_kind
    ]
    return f"{snapshot.errors:,}: {', '.join(parts)}" if parts else f"{snapshot.errors:,}"


def sinks_of(flow: LinkedFlow, snapshot: FlowSnapshot) -> list[NodeSnapshot]:
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


def _queue_lines(flow: LinkedFlow, report: RunReport) -> list[str]:
    edges = report.snapshot.edges
    width = max((len(edge.label) for edge in edges), default=0)
    waits = (report.times.wait(link.source, link.target) for link in flow.edges)
    return [
        f"  {edge.label:<{width}}  {_queue(edge, wait)}"
        for edge, wait in zip(edges, waits, strict=True)
    ]


def _queue(edge: EdgeSnapshot, wait: Spread | None) -> str:
    parts = [f"peak {edge.peak}/{edge.capacity}"]
    parts += [f"{number:,} dropped ({reason.value})" for reason, number in edge.drops]
    if edge.depth or edge.pending:
        parts.append(f"{edge.depth + edge.pending:,} left ({edge.state.value})")
    if wait is not None and wait.max_ns:
        p50, most = wait.p50_ns, wait.max_ns
        parts.append(f"waited {spaced_duration(p50)} (p50), {spaced_duration(most)} (max)")
    if edge.episodes:
        times = f"full {counted(edge.episodes, 'time')}"
        parts.append(f"{times}, {edge.drained:,} drained")
    if edge.blocked_ns:
        how = " by its rate" if edge.paced_ns > edge.episodes_blocked_ns else ""
        parts.append(f"producer blocked {spaced_duration(edge.blocked_ns)}{how}")
    if edge.response is not None:
        p50, most = edge.response.p50_ns, edge.response.max_ns
        parts.append(f"suspended after {spaced_duration(p50)} (p50), {spaced_duration(most)} (max)")
    return ", ".join(parts)


def _node_lines(report: RunReport) -> list[str]:
    snapshot = report.snapshot
    width = max((len(node.name) for node in snapshot.nodes), default=0)
    lines = []
    for node in snapshot.nodes:
        busy, idle, blocked = shares(node, snapshot.at_ns)
        line = f"  {node.name:<{width}}  busy {busy:>3} %, idle {idle:>3} %, blocked {blocked:>3} %"
        times = report.times.of(node.name)
        if times is not None:
            line += f"; {_calls_of(times)}"
        lines.append(line)
    spread = report.times.end_to_end
    if spread is not None:
        p50, p99, most = map(spaced_duration, (spread.p50_ns, spread.p99_ns, spread.max_ns))
        lines.append(f"  end to end: p50 {p50}, p99 {p99}, max {most}")
    return lines


def _calls_of(times: NodeTimes) -> str:
    """`12 calls, p50 9.6 µs, p99 240 µs, max 246 µs, and 2 of lifecycle functions it lacks`."""
    empty, calls = times.empty, times.calls
    if calls is None:
        return f"{counted(empty, 'call')}, only of lifecycle functions it lacks"
    p50, p99, most = map(spaced_duration, (calls.p50_ns, calls.p99_ns, calls.max_ns))
    more = f", and {empty} of lifecycle functions it lacks" if empty else ""
    return f"{counted(calls.samples, 'call')}, p50 {p50}, p99 {p99}, max {most}{more}"


def failure_text(report: RunReport) -> str:
    """The last failures alone, as the summary ends with them; empty when there are none."""
    return "\n".join(failure_lines(report.failures))


def failure_lines(failures: Sequence[NodeFailed]) -> list[str]:
    """The last ten failures: what, where, what the call wrote, and what to do."""
    lines = []
    for failed in failures[-10:]:
        failure = failed.failure
        told = report_of(failure)
        about = f" in {failed.export}"
        if failed.element is not None:
            about = f" on element #{failed.element.sequence}"
        lines.append(
            f'error[{failure.code}] {failure.name}: component "{failed.node}" failed{about} '
            f"(call {failed.call}, {told.kind}): {told.headline}"
        )
        lines += [f"  --> {frame_text(frame)}" for frame in told.frames]
        lines += _written_lines(told, failure.stderr_cut)
        if failure.help:
            lines.append(f"  = help: {failure.help}")
    more = len(failures) - 10
    return [*([f"({more} earlier failures)"] if more > 0 else []), *lines]


def _written_lines(report: FailureReport, cut: bool) -> list[str]:
    """What the failed call wrote to stderr, the end of it."""
    written = report.written[-_WRITTEN_LINES:]
    if cut or len(written) < len(report.written):
        written = ("…", *written)
    return ["  stderr of this call:", *(f"  | {line}" for line in written)] if written else []
