"""Recordings opened, with the flow they can be replayed with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from runtime.child.pipe_messages import Compiling
from runtime.engine.options import EngineOptions
from runtime.model.codes import Code
from runtime.model.commands import Relink
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.host_inputs import HostInputs
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.opening.open import OpenedFlow, open_flow
from runtime.opening.recorded.recorded_graphs import RecordedGraphs, last_graph
from runtime.opening.trust.trust import Admit, require_trust
from runtime.recording.encoding import OutputLevel, RecordingOptions
from runtime.recording.file.header import (
    DifferenceKind,
    FlowDifference,
    check_flow,
    engine_options,
    flow_differences,
)
from runtime.recording.file.line_check import LinePlace
from runtime.recording.file.reader import RecordingReader
from runtime.recording.file.recorded_flow import recorded_flow
from runtime.recording.file.redaction_reach import reach_warnings
from runtime.recording.format import Header
from runtime.recording.redaction import Redaction
from runtime.recording.replay.divergence import Divergence
from runtime.recording.replay.input_feed import Feed
from runtime.recording.replay.source_override import SourceOverride
from runtime.recording.replay.steps import (
    PlacedStep,
    ReplayStep,
    steps_from,
    steps_of_file,
)
from runtime.recording.replayed_sources import networked_nodes, replayed_nodes
from runtime.wasm.guest_memory import GuestDebug
from runtime.wasm.host_functions.denied_uses import OnDenied
from runtime.wasm.host_functions.printing import OnPrint
from runtime.wasm.wasm_invoker import WasmInvoker


@dataclass(frozen=True)
class RecordedFlow:
    """A recording, and a flow it can be replayed with."""

    path: Path
    header: Header
    opened: OpenedFlow
    differences: tuple[FlowDifference, ...]
    """In what the flow is not the recorded one; structure only when it was forced."""
    notes: tuple[Diagnostic, ...]
    """Warnings to be shown."""
    version: int
    """The format version of the file."""
    calls: int
    """Calls in the file."""
    lost: tuple[Diagnostic, ...]
    """What is known to be missing of it: its end, or a line that was cut off."""
    reach: tuple[Diagnostic, ...]
    """What redaction did not reach; among `notes`."""
    graphs: RecordedGraphs
    """Makes runnable what the graph was changed to while it was recorded."""

    @property
    def flow(self) -> LinkedFlow:
        """The flow as it is today."""
        return self.opened.flow

    @property
    def opened_today(self) -> OpenedFlow:
        """The flow of today's manifest, also where the recording began with another graph."""
        return replace(self.opened, flow=self.graphs.today)

    @property
    def same_structure(self) -> bool:
        """True when the recorded calls can be asked for one by one."""
        return not any(item.kind is DifferenceKind.STRUCTURE for item in self.differences)

    @property
    def sources(self) -> frozenset[str]:
        """Nodes that the recording answers for."""
        return replayed_nodes(self.flow)

    @property
    def engine_options(self) -> EngineOptions:
        """What the recorded engine was set to."""
        return engine_options(self.header)

    @property
    def recording_options(self) -> RecordingOptions:
        """What the recording was set to."""
        header = self.header
        redactor = _redaction(header)
        return RecordingOptions(OutputLevel(header.outputs), header.payload_limit, redactor)

    def relinked(self, command: Relink) -> Relink:
        """The change of the graph with today's builds. Raises `StudioError`."""
        if not self.same_structure:
            raise StudioError([_relinked(self.path)])
        return Relink(self.graphs.as_of_today(command.flow))

    def invoker(
        self, host: HostInputs, on_print: OnPrint | None, on_denied: OnDenied | None = None
    ) -> WasmInvoker:
        """An invoker for the whole flow; the caller closes it."""
        linking = self.opened.linking
        return WasmInvoker(
            self.flow,
            linking.host,
            compiled=linking.compiled,
            host_inputs=host,
            on_print=on_print,
            on_denied=on_denied,
        )

    def part_invoker(
        self,
        part: LinkedFlow,
        feeds: Mapping[str, Feed],
        on_print: OnPrint,
        on_denied: OnDenied | None = None,
    ) -> SourceOverride:
        """An invoker for a part of the flow, its sources fed; the caller closes it."""
        linking = self.opened.linking
        real = WasmInvoker(
            part,
            linking.host,
            compiled=linking.compiled,
            on_print=on_print,
            on_denied=on_denied,
        )
        return SourceOverride(real, feeds)


def open_recording(
    path: Path,
    manifest: Path | None = None,
    flow: str | None = None,
    *,
    force: bool = False,
    folder: Path | None = None,
    admit: Admit = require_trust,
    compiling: Compiling | None = None,
    guest_debug: GuestDebug = GuestDebug.OFF,
) -> RecordedFlow:
    """Opens a recording with the flow it names, or with another one.

    Other builds are let pass, and reported as warnings; `force` lets another graph pass too. The
    manifest is named from `folder`, by default that of the recording.
    `admit` and `guest_debug` are as for `open_flow`.

    The file is checked from its first to its last byte, so that no component is blamed for what
    happened to the file.

    Raises:
        StudioError: the recording or the flow cannot be opened, the recording is damaged, or the
            flow is another one.
    """
    reader = _checked(path)
    if manifest is None:
        manifest = manifest_of(path, folder)
    opened = open_flow(
        manifest, flow or reader.header.flow, compiling, admit=admit, guest_debug=guest_debug
    )
    return _recorded(reader, opened, force=force)


def open_recording_with(path: Path, opened: OpenedFlow) -> RecordedFlow:
    """Opens a recording with a flow that is open, as it is today; see `open_recording`."""
    return _recorded(_checked(path), opened)


def _checked(path: Path) -> RecordingReader:
    with RecordingReader(path) as reader:
        reader.check()
    _require_redaction(path, reader.header)
    return reader


def _recorded(reader: RecordingReader, opened: OpenedFlow, *, force: bool = False) -> RecordedFlow:
    path, header = reader.path, reader.header
    graphs = RecordedGraphs(path, header, opened.flow, opened.linking.compiled)
    try:
        opened = _with_first_graph(path, header, opened, graphs)
        found = check_flow(header, opened.flow, str(path), force=force, other_builds=True)
        engine_options(header)
        OutputLevel(header.outputs)
    except ValueError as error:
        raise StudioError([_unusable(path, str(error))]) from error
    reach = reach_warnings(path, header, reader.end)
    notes = (*opened.warnings, *(_difference(path, item) for item in found))
    return RecordedFlow(
        path,
        header,
        opened,
        found,
        (*notes, *_unpinned(path, header, opened.flow), *reach),
        version=reader.version,
        calls=reader.calls,
        lost=() if reader.end is not None else reader.warnings,
        reach=reach,
        graphs=graphs,
    )


def _with_first_graph(
    path: Path, header: Header, opened: OpenedFlow, graphs: RecordedGraphs
) -> OpenedFlow:
    """The flow with the graph the recording began with, when today's is the one it ended with."""
    if not _other_structure(header, opened.flow):
        return opened
    last = last_graph(path)
    if last is None or _other_structure(last, opened.flow):
        return opened
    return replace(opened, flow=graphs.as_of_today(recorded_flow(header, str(path))))


def _other_structure(header: Header, flow: LinkedFlow) -> bool:
    kinds = {item.kind for item in flow_differences(header, flow)}
    return DifferenceKind.STRUCTURE in kinds


def manifest_of(recording: Path, folder: Path | None = None) -> Path:
    """The manifest that a recording names, from `folder`, by default its own.

    Raises:
        StudioError: the recording cannot be opened, or the manifest is not there (E0001).
    """
    with RecordingReader(recording) as reader:
        manifest = (folder or recording.absolute().parent) / reader.header.manifest
    if not manifest.exists():
        raise StudioError([_no_manifest(recording, manifest)])
    return manifest


def recorded_steps(
    recorded: RecordedFlow, warn: Callable[[tuple[Diagnostic, ...]], None]
) -> Iterator[ReplayStep]:
    """What the recording repeats, read as it is needed; `warn` gets what was tolerated.

    Raises `StudioError`: the file is damaged, has no beginning (E0001), or its graph changed to
    one that today's manifest cannot make (E0412) or that is not to be repeated (E0001).
    """
    with RecordingReader(recorded.path) as reader:
        reader.require_beginning()
        for step in steps_of_file(reader, recorded.recording_options.redactor):
            yield recorded.relinked(step) if isinstance(step, Relink) else step
        warn(reader.warnings)


def recorded_steps_from(
    recorded: RecordedFlow, begin: LinePlace | None, *, digests: bool
) -> Iterator[PlacedStep]:
    """What the recording repeats from a place on, without one all of it; to be seen alone.

    Raises `StudioError` as `recorded_steps` does.
    """
    with RecordingReader(recorded.path) as reader:
        reader.require_beginning()
        redactor = recorded.recording_options.redactor
        for placed in steps_from(reader, begin, redactor, digests=digests):
            if isinstance(placed.step, Relink):
                placed = placed._replace(step=recorded.relinked(placed.step))
            yield placed


def why_it_may_differ(recorded: RecordedFlow, divergence: Divergence) -> str:
    """What is known of the node whose answer differs, in one sentence; may be empty."""
    node = divergence.node
    if divergence.what in ("call", "recording"):
        return ""
    for item in recorded.differences:
        if item.kind is DifferenceKind.BUILD and item.what.startswith(f"node {node},"):
            return f"{node} has another build than was recorded."
    for line in recorded.header.unpinned:
        if line.node == node:
            return f"{node} imports what a recording cannot hold: {', '.join(line.imports)}."
    return f"{node} has the recorded build and the recorded input: it is not deterministic."


def _redaction(header: Header) -> Redaction | None:
    """The rules a recording was made with. Raises `StudioError` for what this release refuses."""
    if not header.redactions:
        return None
    return Redaction(header.redactions, embedded=header.redacts_embedded_json)


def _require_redaction(path: Path, header: Header) -> None:
    try:
        _redaction(header)
    except StudioError as error:
        raise StudioError(
            [replace(item, file=str(path), line=1) for item in error.diagnostics]
        ) from error


def _difference(path: Path, item: FlowDifference) -> Diagnostic:
    return _note(path, str(item), "Outputs may differ from the recorded ones.")


def _unpinned(path: Path, header: Header, flow: LinkedFlow) -> list[Diagnostic]:
    networked = networked_nodes(flow)
    return [
        _note(path, f"node {line.node} has the network: {_ANSWERED}", _NOT_TRIED)
        if line.node in networked
        else _note(
            path,
            f"node {line.node} imports what a recording cannot hold: {', '.join(line.imports)}",
            "Its outputs may differ from the recorded ones.",
        )
        for line in header.unpinned
    ]


_ANSWERED = "its calls are not made again, and its outputs are the recorded ones"
_NOT_TRIED = "Another build of it is not tried by a replay."


def _note(path: Path, message: str, help_text: str) -> Diagnostic:
    return Diagnostic(
        Severity.WARNING, Code.CONTRACT_MISMATCH, message, help_text, file=str(path), line=1
    )


def _no_manifest(path: Path, manifest: Path) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.IO,
        f"the manifest of the recording is not there: {manifest}",
        "Name the manifest after the recording; with `test`, by --manifest.",
        file=str(path),
        line=1,
    )


def _unusable(path: Path, detail: str) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.IO,
        f"the header cannot be used: {detail}",
        "Use a copy that is whole.",
        file=str(path),
        line=1,
    )


def _relinked(path: Path) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.IO,
        "the recording cannot be repeated with another graph: its own changed while it ran",
        "Use the manifest it was recorded with, or compare it with `diff`.",
        file=str(path),
    )
