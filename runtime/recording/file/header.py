"""Headers: what a recording says about the flow, and how another flow differs from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

from runtime.engine.options import EngineOptions
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import (
    ErrorPolicy,
    ErrorRule,
    LinkedEdge,
    LinkedFlow,
    LinkedNode,
    SchedulePolicy,
)
from runtime.recording.encoding import RecordingOptions, clean_text
from runtime.recording.format import (
    FORMAT,
    EdgeLine,
    Header,
    LimitsLine,
    NodeLine,
    NodeRuleLine,
    UnpinnedLine,
)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a header says besides the flow."""

    studio: str
    """Release of torvyn-studio."""
    wall_ns: int
    """When the recording began, nanoseconds since the Unix epoch."""
    options: EngineOptions
    """What the engine was set to."""
    manifest_digest: str = ""
    """SHA-256 of the manifest's bytes, in hexadecimal."""
    unpinned: Mapping[str, tuple[str, ...]] | None = None
    """By node: imports whose answers cannot be recorded."""


def header_of(
    flow: LinkedFlow, facts: RunFacts, options: RecordingOptions, next_to: Path | None = None
) -> Header:
    """The header of a recording of `flow`, kept in a file in the same folder as `next_to`."""
    redactor = options.redactor
    return Header(
        format=FORMAT,
        studio=facts.studio,
        flow=flow.name,
        manifest=manifest_path(flow.manifest, next_to),
        manifest_digest=facts.manifest_digest,
        wall_ns=facts.wall_ns,
        schedule=facts.options.schedule.value,
        on_error=facts.options.on_error.value,
        max_retries=facts.options.max_retries,
        back_off_ms=facts.options.back_off_ms or msgspec.UNSET,
        node_rules=tuple(
            NodeRuleLine(node, rule.policy.value, rule.max_retries, rule.back_off_ms)
            for node, rule in facts.options.node_rules
        )
        or msgspec.UNSET,
        element_limit=facts.options.element_limit,
        rebuild=facts.options.rebuild,
        sink_pause_ms=flow.sink_pause_ms,
        nodes=tuple(_node_line(node, clean_text(node.config, redactor)) for node in flow.nodes),
        edges=tuple(map(_edge_line, flow.edges)),
        unpinned=tuple(
            UnpinnedLine(node, imports) for node, imports in (facts.unpinned or {}).items()
        ),
        redactions=() if redactor is None else redactor.rules,
        redacts_embedded_json=redactor is None or redactor.embedded,
        outputs=options.outputs.value,
        payload_limit=options.payload_limit,
        where=options.where or msgspec.UNSET,
    )


def engine_options(header: Header) -> EngineOptions:
    """What an engine must be set to so that it repeats the run. Raises `ValueError`."""
    return EngineOptions(
        schedule=SchedulePolicy(header.schedule),
        on_error=ErrorPolicy(header.on_error),
        max_retries=header.max_retries,
        back_off_ms=header.back_off_ms or 0,
        node_rules=tuple(
            (line.node, ErrorRule(ErrorPolicy(line.on_error), line.max_retries, line.back_off_ms))
            for line in header.node_rules or ()
        ),
        element_limit=header.element_limit,
        rebuild=header.rebuild,
    )


def manifest_path(manifest: str, next_to: Path | None) -> str:
    """The manifest's path as a recording names it: relative to the file's folder if possible."""
    if next_to is None:
        return Path(manifest).name
    try:
        return Path(os.path.relpath(manifest, next_to.absolute().parent)).as_posix()
    except ValueError:  # another drive
        return Path(manifest).as_posix()


class DifferenceKind(StrEnum):
    """How far a flow is from the one that was recorded."""

    STRUCTURE = "structure"
    """Nodes, edges, roles or settings: the same commands mean something else."""
    BUILD = "build"
    """Another build of a component: outputs may differ."""


@dataclass(frozen=True, slots=True)
class FlowDifference:
    """One thing in which a flow is not the one that was recorded."""

    kind: DifferenceKind
    what: str
    """What it is about, e.g. "node router"."""
    recorded: str
    found: str

    def __str__(self) -> str:
        return f"{self.what}: recorded {self.recorded}, found {self.found}"


def flow_differences(header: Header, flow: LinkedFlow) -> tuple[FlowDifference, ...]:
    """In what `flow` is not the flow of the recording, structure first."""
    found: list[FlowDifference] = []
    recorded_nodes = {node.name: node for node in header.nodes}
    for node in flow.nodes:
        if node.name not in recorded_nodes:
            found.append(_structure(f"node {node.name}", "absent", node.role.value))
    for line in header.nodes:
        other = flow.by_name.get(line.name)
        if other is None:
            found.append(_structure(f"node {line.name}", line.role, "absent"))
        else:
            present_line = _node_line(other, other.config)
            found.extend(_node_differences(line, present_line, bool(header.redactions)))
    present = tuple(_edge_line(edge) for edge in flow.edges)
    found.extend(_edge_differences(header.edges, present))
    if header.sink_pause_ms != flow.sink_pause_ms:
        found.append(
            _structure("sink_pause_ms", str(header.sink_pause_ms), str(flow.sink_pause_ms))
        )
    return tuple(sorted(found, key=lambda item: item.kind is DifferenceKind.BUILD))


def setting_changes(before: Header, after: Header) -> list[str]:
    """What two recordings have set otherwise for the nodes and edges of both, in sentences."""
    found: list[FlowDifference] = []
    nodes = {node.name: node for node in before.nodes}
    redacted = bool(before.redactions or after.redactions)
    for node in after.nodes:
        if node.name in nodes:
            found += _node_differences(nodes[node.name], node, redacted)
    found += _edge_differences(before.edges, after.edges)
    return [
        f"{item.what}: {item.recorded}, then {item.found}"
        for item in found
        if item.kind is DifferenceKind.STRUCTURE
    ]


def check_flow(
    header: Header, flow: LinkedFlow, recording: str, *, force: bool, other_builds: bool = False
) -> tuple[FlowDifference, ...]:
    """The differences that are let pass, to be told as warnings.

    Builds may differ with `other_builds` or `force`, anything else only with `force`.

    Raises:
        StudioError: the recording is of another flow (E0412); it names every difference.
    """
    found = flow_differences(header, flow)
    refused = [item for item in found if not (other_builds and item.kind is DifferenceKind.BUILD)]
    if force or not refused:
        return found
    raise StudioError(
        [
            Diagnostic(
                Severity.ERROR,
                Code.CONTRACT_MISMATCH,
                "the recording is of another flow: " + "; ".join(map(str, refused)),
                "Use the manifest that was recorded, or run this flow on it with --force; a test "
                "takes this flow over with --force --update.",
                file=recording,
                line=1,
            )
        ]
    )


def _structure(what: str, recorded: str, found: str) -> FlowDifference:
    return FlowDifference(DifferenceKind.STRUCTURE, what, recorded, found)


def _node_line(node: LinkedNode, config: str) -> NodeLine:
    limits = node.limits
    return NodeLine(
        name=node.name,
        role=node.role.value,
        interface=node.interface,
        component=node.component,
        digest=node.digest,
        limits=LimitsLine(limits.fuel, limits.memory_bytes, limits.call_timeout_ms),
        config=config,
        lifecycle=node.lifecycle,
        priority=node.priority,
        grants=node.grants,
    )


def _edge_line(edge: LinkedEdge) -> EdgeLine:
    return EdgeLine(
        from_node=edge.source,
        from_port=edge.source_port,
        to=edge.target,
        to_port=edge.target_port,
        capacity=edge.capacity,
        policy=edge.policy.value,
        low_watermark_ratio=edge.low_watermark_ratio,
        rate=edge.rate,
    )


def _node_differences(line: NodeLine, other: NodeLine, redacted: bool) -> list[FlowDifference]:
    names = ["role", "interface", "lifecycle", "limits", "grants"]
    if not redacted:
        names.append("config")
    found = [
        _structure(f"node {line.name}, {name}", _shown(line, name), _shown(other, name))
        for name in names
        if getattr(line, name) != getattr(other, name)
    ]
    if line.digest != other.digest:
        found.append(
            FlowDifference(
                DifferenceKind.BUILD, f"node {line.name}, build", line.digest, other.digest
            )
        )
    return found


def _edge_differences(
    before_lines: tuple[EdgeLine, ...], after_lines: tuple[EdgeLine, ...]
) -> list[FlowDifference]:
    recorded = {_edge_name(line): line for line in before_lines}
    present = {_edge_name(line): line for line in after_lines}
    found = []
    for name in recorded.keys() | present.keys():
        before, after = recorded.get(name), present.get(name)
        if before is None or after is None:
            found.append(
                _structure(
                    f"edge {name}",
                    "absent" if before is None else "present",
                    "absent" if after is None else "present",
                )
            )
            continue
        found.extend(
            _structure(f"edge {name}, {key}", _shown(before, key), _shown(after, key))
            for key in ("capacity", "policy", "low_watermark_ratio", "rate")
            if getattr(before, key) != getattr(after, key)
        )
    return sorted(found, key=lambda item: item.what)


def _edge_name(line: EdgeLine) -> str:
    return f"{line.from_node}:{line.from_port} -> {line.to}:{line.to_port}"


def _shown(line: NodeLine | EdgeLine, name: str) -> str:
    value = getattr(line, name)
    if isinstance(value, LimitsLine):
        return (
            f"fuel {value.fuel}, memory {value.memory_bytes} bytes, call {value.call_timeout_ms} ms"
        )
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return "none" if value is None else str(value)
