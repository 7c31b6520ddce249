"""The inspection of a node."""

from __future__ import annotations

from rich.cells import cell_len

from runtime.model.linked import LinkedFlow, LinkedNode
from runtime.model.snapshot import FlowSnapshot, NodeSnapshot
from runtime.model.text.durations import spaced_duration
from runtime.protocol.builds.build_updates import BuildComparison, NodeBuild
from runtime.protocol.replies import NodeCalls
from workbench.inspection.failure import failure_rows
from workbench.inspection.rows import copied, facts, in_rows, section, title
from workbench.inspection.slowness.pressure_cause import shares
from workbench.inspection.slowness.why_slow import blocked_by
from workbench.inspection.tables.access_rows import access_rows
from workbench.inspection.tables.build_rows import build_rows, comparison_rows
from workbench.text.excerpt import excerpt
from workbench.text.figures import count, duration, size
from workbench.text.glyphs import MARK_SIGNS, NODE_SIGNS
from workbench.text.lines import Line, Row, StyleRole, line
from workbench.text.short_names import shorten
from workbench.view import CallRef, EdgeRef

PORT_LABEL_CELLS = 12


def node_rows(
    flow: LinkedFlow,
    snapshot: FlowSnapshot | None,
    name: str,
    calls: NodeCalls | None,
    cells: int,
    *,
    build: NodeBuild | None = None,
    comparison: BuildComparison | None = None,
    now_ns: int = 0,
    past: bool = False,
) -> list[Row]:
    """What a node is, what it did, and its last calls; `now_ns` is Unix time."""
    node = flow.by_name.get(name)
    if node is None:
        return in_rows(title(name, "is not in this flow"), cells)
    index = flow.nodes.index(node)
    state = snapshot.nodes[index] if snapshot is not None else None
    rows = in_rows(title(node.name, node.role.value), cells)
    if state is not None and state.failure is not None:
        failed = calls.failed if calls is not None else None
        rows += failure_rows(state.failure, failed, cells, past=past)
    rows += comparison_rows(comparison, cells)
    if state is not None and snapshot is not None:
        rows += _counts(flow, snapshot, state, cells)
    rows += _ports(flow, node, state, cells)
    rows += build_rows(build, node.digest, now_ns, cells)
    rows += _calls(calls, cells)
    rows += access_rows(node, () if calls is None else calls.denied, cells)
    rows.append(section("component", cells=cells))
    rows += _component(node, cells)
    return rows


def _counts(flow: LinkedFlow, snapshot: FlowSnapshot, state: NodeSnapshot, cells: int) -> list[Row]:
    sign, word, role = NODE_SIGNS[state.state]
    at_ns = snapshot.at_ns
    shared = shares(state, at_ns)
    held = line((f"  by {blocked_by(flow, snapshot, state)}", StyleRole.WARN))
    times = (state.busy_ns, state.idle_ns(at_ns), state.blocked_ns)
    busy, idle, blocked = (
        line(spaced_duration(time), (f"  {share}%" if at_ns else "", StyleRole.DIM))
        for time, share in zip(times, shared, strict=True)
    )
    waits = " until it tries again" if state.backing_off else ""
    errors = ", ".join(f"{number} {kind}" for kind, number in state.errors_by_kind)
    return facts(
        (
            ("state", line((f"{sign} {word}{waits}", role))),
            ("calls", f"{count(state.calls)}"),
            ("elements", f"{count(state.elements_in)} in, {count(state.elements_out)} out"),
            ("pending", str(state.pending) if state.pending else ""),
            ("absorbed", count(state.absorbed) if state.absorbed else ""),
            ("filtered", count(state.filtered) if state.filtered else ""),
            ("lost", line((str(state.dropped), StyleRole.WARN)) if state.dropped else ""),
            ("errors", line((errors, StyleRole.BAD)) if state.errors else ""),
            ("on error", str(state.error_rule)),
            ("busy", busy),
            ("idle", idle),
            ("blocked", (*blocked, *held) if state.blocked_ns else ""),
            (
                "pauses",
                f"{count(state.pauses)}, the last {state.pauses_in_row} in a row"
                if state.pauses
                else "",
            ),
            ("last call", spaced_duration(state.last_call_ns) if state.last_call_ns else ""),
            *copied(state.copies),
            ("memory", f"at least {size(state.memory_bytes)}" if state.memory_bytes else ""),
            ("fuel", f"{count(state.fuel_last)} in the last call" if state.fuel_last else ""),
        ),
        cells,
    )


def _ports(flow: LinkedFlow, node: LinkedNode, state: NodeSnapshot | None, cells: int) -> list[Row]:
    sent = dict(state.per_port) if state is not None else {}
    rows = []
    names, room = tuple(flow.by_name), cells - PORT_LABEL_CELLS - 1
    for index in node.inputs:
        edge = flow.edges[index]
        rows.append(_port("from", shorten(names, room)[edge.source], "", index))
    for index in node.outputs:
        edge = flow.edges[index]
        port = "" if edge.source_port == "output" else f"{edge.source_port} "
        count_text = f"  {count(sent[edge.source_port])}" if edge.source_port in sent else ""
        left = room - cell_len(f"{port}> {count_text}")
        target = shorten(names, left)[edge.target]
        rows.append(_port("to", f"{port}> {target}", count_text, index))
    return rows


def _port(label: str, text: str, note: str, edge: int) -> Row:
    spans = line(
        (f" {label:<{PORT_LABEL_CELLS - 1}}", StyleRole.DIM),
        (text, StyleRole.ACCENT),
        (note, StyleRole.TEXT),
    )
    return Row(spans, EdgeRef(edge))


def _calls(calls: NodeCalls | None, cells: int) -> list[Row]:
    if calls is None or not calls.calls:
        return []
    rows = [section("last calls", cells=cells)]
    for call in calls.calls:
        sign, role = MARK_SIGNS[call.mark]
        took = duration(call.duration_ns) if call.duration_ns else ""
        spans: Line = line(
            (f" {sign} ", role),
            (f"{call.call or '':>4} ", StyleRole.FAINT),
            (f"{took:>7} ", StyleRole.DIM),
            excerpt(call.text, 200),
        )
        rows.append(Row(spans, CallRef(call.call) if call.call else None))
    return rows


def _component(node: LinkedNode, cells: int) -> list[Row]:
    limits = node.limits
    fuel = count(limits.fuel) if limits.fuel else "no limit of"
    return facts(
        (
            ("interface", line((node.interface, StyleRole.NAME))),
            ("component", node.component),
            ("lifecycle", "yes" if node.lifecycle else "no"),
            ("config", line((excerpt(node.config, 400), StyleRole.STRING))),
            ("limits", f"{fuel} fuel, {size(limits.memory_bytes)}"),
            ("interpreter", node.interpreter),
            ("time limit", f"{limits.call_timeout_ms} ms a call"),
            ("priority", str(node.priority)),
            ("artifact", line((node.artifact, StyleRole.DIM))),
        ),
        cells,
    )
