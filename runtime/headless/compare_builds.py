"""Two builds of one component compared on what was recorded at its node."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from runtime.model.linked import LinkedFlow, LinkedNode
from runtime.opening.cache_folder import compiled_cache
from runtime.opening.components.component_alone import compile_file, in_place_of, recorded_node
from runtime.opening.trust.trust import Admit, require_trust
from runtime.recording.diff.build_diff import BuildUnderTest, calls_of_node, compare_builds
from runtime.recording.diff.differences import Ignore
from runtime.recording.diff.report import Report
from runtime.recording.replay.recorded_host_inputs import RepeatableInputs, ReplayedHostInputs
from runtime.wasm.host import Host


def compare_build_files(
    recording: Path,
    node: str,
    before: Path,
    after: Path,
    ignore: Ignore,
    *,
    admit: Admit = require_trust,
) -> Report:
    """Gives both builds every recorded call of `node`, with its host inputs.

    Limits, grants and configuration are those of the recording; no manifest is needed. `admit`
    decides about grants that reach beyond the recording's folder, as for `open_flow`.

    Raises:
        StudioError: a file cannot be read, a build cannot take the node's place, or the
            recording has no such node or does not hold its elements.
    """
    flow, linked = recorded_node(recording, node, admit=admit)
    host = Host(compiled_cache())
    with (
        closing(_OpenedRecording(host, flow, linked, before)) as one,
        closing(_OpenedRecording(host, flow, linked, after)) as other,
    ):
        calls = calls_of_node(recording, flow, node)
        report = compare_builds(calls, one.build, other.build, linked.role.value, ignore)
    report.notes.append(f"node {node}: build {one.digest[:12]}, then {other.digest[:12]}")
    if linked.digest not in (one.digest, other.digest):
        report.notes.append(f"neither build is the recorded one, {linked.digest[:12]}")
    return report


class _OpenedRecording:
    """One build in the node's place."""

    def __init__(self, host: Host, flow: LinkedFlow, node: LinkedNode, path: Path) -> None:
        opened = in_place_of(node, flow, path, compile_file(host, path), host)
        self.digest = opened.node.digest
        inputs = ReplayedHostInputs(RepeatableInputs())
        self._invoker = opened.invoker(inputs)
        self.build = BuildUnderTest(self._invoker, inputs)

    def close(self) -> None:
        """Free the instance."""
        self._invoker.close()
