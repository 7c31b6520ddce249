"""The flow a recording tells of, from its header alone."""

from __future__ import annotations

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.linked import (
    Limits,
    LinkedEdge,
    LinkedFlow,
    LinkedNode,
    QueuePolicy,
    Role,
    SchedulePolicy,
)
from runtime.recording.format import EdgeLine, Header, NodeLine


def recorded_flow(header: Header, recording: str) -> LinkedFlow:
    """The flow as it ran, without the files of its components.

    Raises:
        StudioError: the header names a role or policy this release does not know, or its nodes
            and edges are no flow (E0001).
    """
    _require_flow(header, recording)
    try:
        edges = tuple(_edge(index, line) for index, line in enumerate(header.edges))
        nodes = tuple(_node(line, edges) for line in header.nodes)
        schedule = SchedulePolicy(header.schedule)
    except ValueError as error:
        newer = f"Open it with torvyn-studio {header.studio} or newer."
        raise StudioError([_unusable(str(error), newer, recording)]) from error
    return LinkedFlow(header.flow, header.manifest, nodes, edges, schedule, header.sink_pause_ms)


def _require_flow(header: Header, recording: str) -> None:
    """Raise `StudioError` where no flow that ran has such nodes and edges."""
    places: dict[str, int] = {}
    wrong = []
    for line in header.nodes:
        if line.name in places:
            wrong.append(f"it has two nodes '{line.name}'")
        places.setdefault(line.name, len(places))
    for edge in header.edges:
        unknown = [end for end in (edge.from_node, edge.to) if end not in places]
        wrong += [f"an edge ends at '{end}', and there is no such node" for end in unknown]
        if not unknown and places[edge.from_node] >= places[edge.to]:
            wrong.append(f"an edge leads from '{edge.from_node}' back to '{edge.to}'")
    if wrong:
        raise StudioError(
            [_unusable(what, "Use a copy that is whole.", recording) for what in wrong]
        )


def _unusable(why: str, advice: str, recording: str) -> Diagnostic:
    message = f"the header cannot be used: {why}"
    return Diagnostic(Severity.ERROR, Code.IO, message, advice, file=recording, line=1)


def _edge(index: int, line: EdgeLine) -> LinkedEdge:
    return LinkedEdge(
        index,
        line.from_node,
        line.from_port,
        line.to,
        line.to_port,
        line.capacity,
        QueuePolicy(line.policy),
        line.low_watermark_ratio,
        line.rate,
    )


def _node(line: NodeLine, edges: tuple[LinkedEdge, ...]) -> LinkedNode:
    limits = line.limits
    return LinkedNode(
        name=line.name,
        role=Role(line.role),
        interface=line.interface,
        component=line.component,
        artifact="",
        digest=line.digest,
        lifecycle=line.lifecycle,
        config=line.config,
        limits=Limits(limits.fuel, limits.memory_bytes, limits.call_timeout_ms),
        priority=line.priority,
        grants=line.grants,
        inputs=tuple(edge.index for edge in edges if edge.target == line.name),
        outputs=tuple(edge.index for edge in edges if edge.source == line.name),
    )
