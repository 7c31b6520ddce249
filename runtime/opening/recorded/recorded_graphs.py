"""The graphs of a recording during which the graph changed, made of the nodes of today."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from pathlib import Path

from msgspec import structs

from runtime.engine.options import EngineOptions
from runtime.model.codes import Code
from runtime.model.commands import Relink
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.linked import LinkedFlow, LinkedNode
from runtime.recording.command_lines import RELINK, command_of
from runtime.recording.encoding import RecordingOptions
from runtime.recording.file.header import RunFacts, header_of
from runtime.recording.file.reader import RecordingReader
from runtime.recording.format import CommandLine, Header


class RecordedGraphs:
    """Gives recorded graphs with the builds, grants and limits of today's manifest.

    A recording may be a stranger's: what its nodes may do is never taken from it.
    """

    def __init__(
        self, recording: Path, header: Header, today: LinkedFlow, builds: Container[str]
    ) -> None:
        """`builds` are the digests of the builds there are."""
        self._recording = recording
        self._redacted = bool(header.redactions)
        self.today = today
        """The flow of today's manifest."""
        self._builds = builds

    def as_of_today(self, flow: LinkedFlow) -> LinkedFlow:
        """The recorded graph `flow`, runnable.

        Raises:
            StudioError: today's manifest has no such node (E0412); it names every one.
        """
        strange = [node for node in flow.nodes if not self._has(node)]
        if strange:
            raise StudioError([self._missing(node) for node in strange])
        today = self.today
        nodes = tuple(map(self._node, flow.nodes))
        return replace(flow, manifest=today.manifest, nodes=nodes, build_dir=today.build_dir)

    def _has(self, node: LinkedNode) -> bool:
        today = self.today.by_name.get(node.name)
        return today is not None and today.role is node.role

    def _node(self, node: LinkedNode) -> LinkedNode:
        today = self.today.by_name[node.name]
        made = replace(
            node,
            component=today.component,
            artifact=today.artifact,
            grants=today.grants,
            withheld=today.withheld,
            folders=today.folders,
            needs=today.needs,
            limits=today.limits,
            config=today.config if self._redacted else node.config,
        )
        if node.digest in self._builds:
            return made
        return replace(
            made, digest=today.digest, interface=today.interface, lifecycle=today.lifecycle
        )

    def _missing(self, node: LinkedNode) -> Diagnostic:
        return Diagnostic(
            Severity.ERROR,
            Code.CONTRACT_MISMATCH,
            f"the graph changed while it was recorded, and had a {node.role.value} "
            f"'{node.name}' that the manifest does not have",
            "Put the node back into the manifest, or let the elements enter at an edge with --at.",
            file=str(self._recording),
        )


def last_graph(recording: Path) -> Header | None:
    """The header of a run that begins with the last graph of the recording; None when the graph
    did not change. Raises `StudioError`: the file is damaged (E0001)."""
    found: CommandLine | None = None
    with RecordingReader(recording) as reader:
        for item in reader:
            if isinstance(item.line, CommandLine) and item.line.verb == RELINK:
                found = item.line
        if found is None:
            return None
        try:
            command = command_of(found)
        except ValueError:
            return None
        if not isinstance(command, Relink):
            return None
        flow = command.flow
        made = header_of(flow, RunFacts("", 0, EngineOptions()), RecordingOptions())
        return structs.replace(
            reader.header, nodes=made.nodes, edges=made.edges, sink_pause_ms=flow.sink_pause_ms
        )
