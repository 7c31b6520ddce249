"""Two builds of one component compared on what was recorded at its node."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from runtime.flow.manifest.problems import Problems
from runtime.flow.manifest.source_text import SourceText
from runtime.flow.reach import real_folders
from runtime.flow.surface_check import SurfaceCheck
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.linked import LinkedFlow, LinkedNode
from runtime.opening.cache_folder import compiled_cache
from runtime.opening.trust import Admit, require_trust
from runtime.recording.diff.build_diff import BuildUnderTest, calls_of_node, compare_builds
from runtime.recording.diff.differences import Ignore
from runtime.recording.diff.report import Report
from runtime.recording.file.reader import RecordingReader
from runtime.recording.file.recorded_flow import recorded_flow
from runtime.recording.replay.recorded_host_inputs import RepeatableInputs, ReplayedHostInputs
from runtime.wasm.host import Host
from runtime.wasm.wasm_invoker import WasmInvoker


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
    with RecordingReader(recording) as reader:
        reader.require_beginning()
        flow = recorded_flow(reader.header, str(recording))
    linked = flow.by_name.get(node)
    if linked is None:
        raise StudioError([_no_node(recording, flow, node)])
    linked = replace(linked, folders=real_folders(linked.grants))
    (linked,) = admit(replace(flow, nodes=(linked,), edges=())).nodes
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
        try:
            data = path.read_bytes()
        except OSError as error:
            raise StudioError([_unreadable(path, error)]) from error
        try:
            compiled = host.compile(data)
        except StudioError as error:
            raise StudioError(
                [replace(item, file=str(path)) for item in error.diagnostics]
            ) from None
        self.digest = compiled.digest
        problems = Problems(str(path), SourceText(""))
        binding = SurfaceCheck(
            compiled.surface, node.role, node.interface, (node.name,), problems
        ).check()
        if binding is None or problems.has_errors:
            raise StudioError(
                [replace(item, line=None, column=None) for item in problems.diagnostics()]
            )
        alone = replace(
            node,
            artifact=str(path),
            digest=compiled.digest,
            interface=binding.interface,
            lifecycle=binding.lifecycle,
        )
        inputs = ReplayedHostInputs(RepeatableInputs())
        self._invoker = WasmInvoker(
            replace(flow, nodes=(alone,), edges=()),
            host,
            compiled={compiled.digest: compiled},
            host_inputs=inputs,
        )
        self.build = BuildUnderTest(self._invoker, inputs)

    def close(self) -> None:
        """Free the instance."""
        self._invoker.close()


def _no_node(recording: Path, flow: LinkedFlow, node: str) -> Diagnostic:
    names = ", ".join(item.name for item in flow.nodes)
    return Diagnostic(
        Severity.ERROR,
        Code.UNKNOWN_NODE,
        f"the recording has no node '{node}'",
        f"Name one of {names}.",
        file=str(recording),
        line=1,
    )


def _unreadable(path: Path, error: OSError) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.IO,
        f"the build cannot be read: {error.strerror}",
        "Check the path.",
        file=str(path),
    )
