"""Partial replay: recorded elements enter at an edge, and only what lies behind it runs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from runtime.model.call import Export, Output
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import ROLE_INTERFACES, LinkedEdge, LinkedFlow, LinkedNode, Role
from runtime.recording.answers import output_of
from runtime.recording.file.reader import RecordingReader
from runtime.recording.format import CallLine, OutputLine
from runtime.recording.replay.input_feed import Feed, OutputFeed

WINDOW_BYTES = 64 * 1024 * 1024
"""Payloads kept while looking for the ones a filter or router passed on, in bytes."""

OUTPUT_BYTES = 600
"""Memory of one kept output besides its payload, in bytes."""

FORWARDING = (Role.FILTER, Role.ROUTER)
"""Roles that pass on the element they were given."""


@dataclass(frozen=True, slots=True)
class PartialFlow:
    """The part of a flow behind an edge."""

    flow: LinkedFlow
    """Runnable: every edge that comes from outside has a source of its own."""
    entries: dict[str, LinkedEdge]
    """Those sources, and the edge of the whole flow that each stands for."""

    def feeds(self, recording: Path, flow: LinkedFlow) -> dict[str, Feed]:
        """What the recording put into each of those edges; `flow` is the whole flow."""
        return {
            name: OutputFeed(recorded_elements(recording, flow, edge))
            for name, edge in self.entries.items()
        }


def flow_behind(flow: LinkedFlow, edge: LinkedEdge) -> PartialFlow:
    """The nodes that elements of `edge` can reach.

    Edges from other nodes into this part are fed from the recording as well, so the part gets
    all that it got when it was recorded.
    """
    kept = _reachable(flow, edge.target)
    entries: dict[str, LinkedEdge] = {}
    edges: list[LinkedEdge] = []
    for item in flow.edges:
        if item.target not in kept:
            continue
        index = len(edges)
        if item.source in kept:
            edges.append(replace(item, index=index))
            continue
        name = _entry_name(item, entries)
        entries[name] = item
        edges.append(replace(item, index=index, source=name, source_port="output"))
    heads = [_entry_node(flow.by_name[item.source], name) for name, item in entries.items()]
    nodes = heads + [node for node in flow.nodes if node.name in kept]
    wired = tuple(_rewired(node, edges) for node in nodes)
    return PartialFlow(replace(flow, nodes=wired, edges=tuple(edges)), entries)


def edge_named(flow: LinkedFlow, text: str) -> LinkedEdge:
    """The edge a user names: by its label, by `node:port` of either end, or by a node.

    Raises:
        StudioError: none or several are named so (E0703).
    """
    found = flow.edges_named(text)
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"'{edge.label}'" for edge in found or flow.edges)
    raise StudioError(
        [
            Diagnostic(
                Severity.ERROR,
                Code.INVALID_VALUE,
                f"{'several edges are' if found else 'no edge is'} named {text!r}",
                f"Name one of {listed}.",
            )
        ]
    )


def source_feeds(recording: Path, flow: LinkedFlow) -> dict[str, Feed]:
    """For every source of the flow, what it gave when it was recorded."""
    return {
        node.name: OutputFeed(recorded_elements(recording, flow, flow.edges[node.outputs[0]]))
        for node in flow.nodes
        if node.role is Role.SOURCE
    }


def recorded_elements(recording: Path, flow: LinkedFlow, edge: LinkedEdge) -> Iterator[Output]:
    """What went into `edge` when it was recorded, in order; before its queue's policy.

    Raises:
        StudioError: the file is damaged, or does not hold a payload (E0001).
    """
    node = flow.by_name[edge.source]
    with RecordingReader(recording) as reader:
        if node.role in FORWARDING:
            yield from _forwarded(reader, flow, node, edge.source_port)
            return
        for number, _, _, line in reader:
            if isinstance(line, CallLine) and line.node == node.name:
                for output in line.outputs:
                    yield _output(reader, number, output)


def _forwarded(
    reader: RecordingReader, flow: LinkedFlow, node: LinkedNode, port: str
) -> Iterator[Output]:
    window = ElementWindow(makers_of(flow, node))
    for number, _, _, line in reader:
        if not isinstance(line, CallLine):
            continue
        window.add(line)
        if line.node == node.name and line.element is not None and _passed(line, port):
            found = window.find(line.element.id)
            if found is None:
                raise missing_payload(reader, number, f"element {line.element.id}")
            yield _output(reader, number, found)


def _passed(line: CallLine, port: str) -> bool:
    if line.export == Export.EVALUATE:
        return bool(line.passes)
    return port in (line.ports or ())


def makers_of(flow: LinkedFlow, node: LinkedNode) -> frozenset[str]:
    """The nodes whose outputs reach `node` as they are."""
    makers: set[str] = set()
    ahead = [node.name]
    while ahead:
        name = ahead.pop()
        for edge in flow.edges:
            if edge.target != name:
                continue
            if flow.by_name[edge.source].role in FORWARDING:
                ahead.append(edge.source)
            else:
                makers.add(edge.source)
    return frozenset(makers)


class ElementWindow:
    """Recently recorded outputs by element, bounded in bytes, so that a file can be streamed."""

    def __init__(self, makers: frozenset[str]) -> None:
        self._makers = makers
        self._outputs: OrderedDict[int, OutputLine] = OrderedDict()
        self._used = 0

    def add(self, line: CallLine) -> None:
        """Take the outputs of a call, if one of the makers was called."""
        if line.node not in self._makers:
            return
        for output in line.outputs:
            if output.id is not None:
                self._outputs[output.id] = output
                self._used += output.size + OUTPUT_BYTES
        while self._used > WINDOW_BYTES and len(self._outputs) > 1:
            self._used -= self._outputs.popitem(last=False)[1].size + OUTPUT_BYTES

    def find(self, element_id: int) -> OutputLine | None:
        """The output that made the element, or None when it is not kept."""
        return self._outputs.get(element_id)


def _output(reader: RecordingReader, number: int, line: OutputLine) -> Output:
    try:
        return output_of(line)
    except ValueError as error:
        raise missing_payload(reader, number, str(error)) from error


def missing_payload(reader: RecordingReader, number: int, detail: str) -> StudioError:
    """The error for an element whose payload the recording does not hold (E0001)."""
    return StudioError(
        [
            Diagnostic(
                Severity.ERROR,
                Code.IO,
                f"the recording does not hold an element that is needed: {detail}",
                "Record with full outputs and a higher payload limit, or let the elements enter "
                "at an earlier edge.",
                file=str(reader.path),
                line=number,
            )
        ]
    )


def _reachable(flow: LinkedFlow, start: str) -> set[str]:
    found = {start}
    ahead = [start]
    while ahead:
        name = ahead.pop()
        for edge in flow.edges:
            if edge.source == name and edge.target not in found:
                found.add(edge.target)
                ahead.append(edge.target)
    return found


def _entry_name(edge: LinkedEdge, taken: dict[str, LinkedEdge]) -> str:
    for name in (edge.source, f"{edge.source}:{edge.source_port}"):
        if name not in taken:
            return name
    return f"{edge.source}:{edge.source_port}:{edge.index}"


def _entry_node(original: LinkedNode, name: str) -> LinkedNode:
    return replace(
        original,
        name=name,
        role=Role.SOURCE,
        interface=f"{ROLE_INTERFACES[Role.SOURCE]}@0.1.0",
        lifecycle=None,
    )


def _rewired(node: LinkedNode, edges: list[LinkedEdge]) -> LinkedNode:
    return replace(
        node,
        inputs=tuple(edge.index for edge in edges if edge.target == node.name),
        outputs=tuple(edge.index for edge in edges if edge.source == node.name),
    )
