"""Recordings opened, and run again without a screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from runtime.engine.core import Engine
from runtime.engine.invoker import Invoker
from runtime.engine.options import EngineOptions
from runtime.headless.run import RunReport, RunTally
from runtime.headless.source_override import FedInvoker
from runtime.model.commands import Relink, Swap
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.events import CallFinished, Event
from runtime.model.linked import LinkedFlow
from runtime.opening.open import OnPrint, OpenedFlow, open_flow
from runtime.recording.encoding import OutputLevel, RecordingOptions
from runtime.recording.file.header import DifferenceKind, FlowDifference, check_flow, engine_options
from runtime.recording.file.reader import RecordingReader
from runtime.recording.format import Header
from runtime.recording.redaction import Redaction
from runtime.recording.replay.input_feed import Feed
from runtime.recording.replay.recorded_host_inputs import (
    QueuedHostAnswers,
    RepeatableAnswers,
    ReplayedHostAnswers,
)
from runtime.recording.replay.replayer import Divergence, Replayer, ReplayInvoker, ReplaySettings
from runtime.recording.replay.steps import CallStep, ReplayStep, steps_of_file
from runtime.recording.replay.tolerant import FollowingInvoker, follow
from runtime.wasm.host_functions.host_inputs import HostAnswers
from runtime.wasm.wasm_invoker import WasmInvoker

LONGEST_SLEEP_SECONDS = 0.05


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

    @property
    def flow(self) -> LinkedFlow:
        """The flow as it is today."""
        return self.opened.flow

    @property
    def same_structure(self) -> bool:
        """True when the recorded calls can be asked for one by one."""
        return not any(item.kind is DifferenceKind.STRUCTURE for item in self.differences)

    @property
    def sources(self) -> frozenset[str]:
        """Nodes that the recording answers for."""
        return frozenset(self.flow.sources)

    @property
    def engine_options(self) -> EngineOptions:
        """What the recorded engine was set to."""
        return engine_options(self.header)

    @property
    def recording_options(self) -> RecordingOptions:
        """What the recording was set to."""
        header = self.header
        redactor = Redaction(header.redactions) if header.redactions else None
        return RecordingOptions(OutputLevel(header.outputs), header.payload_limit, redactor)

    def invoker(self, host: HostAnswers, on_print: OnPrint | None) -> WasmInvoker:
        """An invoker for the whole flow; the caller closes it."""
        linking = self.opened.linking
        return WasmInvoker(
            self.flow,
            linking.host,
            compiled=linking.compiled,
            host_answers=host,
            on_print=on_print,
        )

    def part_invoker(
        self, part: LinkedFlow, feeds: Mapping[str, Feed], on_print: OnPrint
    ) -> FedInvoker:
        """An invoker for a part of the flow, its sources fed; the caller closes it."""
        linking = self.opened.linking
        real = WasmInvoker(part, linking.host, compiled=linking.compiled, on_print=on_print)
        return FedInvoker(real, feeds)


def open_recording(
    path: Path, manifest: Path | None = None, flow: str | None = None, *, force: bool = False
) -> RecordedFlow:
    """Opens a recording with the flow it names, or with another one.

    Other builds are let pass, and told as warnings; `force` lets another graph pass too.

    Raises:
        StudioError: the recording or the flow can not be opened, or the flow is another one.
    """
    with RecordingReader(path) as reader:
        header = reader.header
    if manifest is None:
        manifest = manifest_of(path)
    opened = open_flow(manifest, flow or header.flow)
    try:
        found = check_flow(header, opened.flow, str(path), force=force, other_builds=True)
        engine_options(header)
        OutputLevel(header.outputs)
    except ValueError as error:
        raise StudioError([_unusable(path, str(error))]) from error
    notes = (*opened.warnings, *(_difference(path, item) for item in found))
    return RecordedFlow(path, header, opened, found, (*notes, *_unpinned(path, header)))


def manifest_of(recording: Path) -> Path:
    """The manifest that a recording names.

    Raises:
        StudioError: the recording can not be opened, or the manifest is not there (E0001).
    """
    with RecordingReader(recording) as reader:
        manifest = recording.absolute().parent / reader.header.manifest
    if not manifest.exists():
        raise StudioError([_no_manifest(recording, manifest)])
    return manifest


def recorded_steps(
    recorded: RecordedFlow, warn: Callable[[tuple[Diagnostic, ...]], None]
) -> Iterator[ReplayStep]:
    """What the recording repeats, read as it is needed; `warn` gets what was tolerated.

    Raises `StudioError`: the file is damaged, has no beginning, or changed its graph (E0001).
    """
    with RecordingReader(recorded.path) as reader:
        reader.require_beginning()
        for step in steps_of_file(reader, recorded.recording_options.redactor):
            if isinstance(step, Relink):
                raise StudioError([_relinked(recorded.path)])
            yield step
        warn(reader.warnings)


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """How a recording is run again."""

    speed: float | None = None
    """1.0 is the original speed, 2.0 twice it; None is as fast as it goes."""
    first: int = 1
    """Calls before this one are made at full speed."""
    until: int | None = None
    """Number of the last call; None makes all."""


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a replay came to."""

    run: RunReport
    calls: int
    """Calls that were repeated."""
    divergence: Divergence | None
    """Where it stopped being the recorded run; None when it did not, or was not looked."""
    warnings: tuple[Diagnostic, ...]
    """What was tolerated in the file."""


class HeadlessReplay:
    """Runs a recording again. `interrupt` may be called from a signal handler.

    With the recorded graph the recorded calls are made one by one, and the replay stops at the
    first that differs. With another graph, which was forced, nodes are called in the recorded
    order as long as they have something to do, and nothing is compared.
    """

    def __init__(self, recorded: RecordedFlow, options: ReplayOptions, on_print: OnPrint) -> None:
        self._recorded = recorded
        self._options = options
        self._on_print = on_print
        self._interrupts = 0
        self._tally = RunTally()
        self._warnings: tuple[Diagnostic, ...] = ()
        self._invoker: WasmInvoker | None = None
        self._engine: Engine
        self._began_ns: int | None = None

    def interrupt(self) -> None:
        """Stop after the call in progress; the second time, end that call."""
        self._interrupts += 1
        if self._interrupts > 1 and self._invoker is not None:
            self._invoker.interrupt()

    def run(self) -> ReplayReport:
        """Make the calls. Frees the instances before it returns.

        Raises:
            StudioError: the recording is damaged, or can not be repeated (E0001).
        """
        run = self._exactly if self._recorded.same_structure else self._as_far_as_possible
        return run()

    def _exactly(self) -> ReplayReport:
        recorded, options = self._recorded, self._options
        host = ReplayedHostAnswers(RepeatableAnswers())
        with closing(recorded.invoker(host, self._on_print)) as real:
            self._invoker = real
            invoker = ReplayInvoker(real, recorded.sources, host)
            settings = ReplaySettings(options.until, options.first, options.speed)
            replayer = Replayer(self._steps, self._engine_for, invoker, settings)
            while (step := replayer.pending) is not None and self._wait_for(replayer):
                self._swap(real, step)
                done = replayer.step()
                assert done is not None
                self._take(done[1])
        return self._report(replayer.calls, replayer.divergence)

    def _as_far_as_possible(self) -> ReplayReport:
        recorded, until = self._recorded, self._options.until
        host = QueuedHostAnswers(RepeatableAnswers())
        with closing(recorded.invoker(host, self._on_print)) as real:
            self._invoker = real
            invoker = FollowingInvoker(real, recorded.sources, host)
            engine = self._engine_for(invoker)
            steps = takewhile(lambda step: not _is_after(step, until), self._steps())
            for _, events in follow(engine, invoker, steps, to_the_end=lambda: until is None):
                self._take(events)
                if self._interrupts:
                    break
        return self._report(engine.snapshot().calls, None)

    def _engine_for(self, invoker: Invoker) -> Engine:
        recorded = self._recorded
        self._engine = Engine(recorded.flow, invoker, recorded.engine_options)
        return self._engine

    def _report(self, calls: int, divergence: Divergence | None) -> ReplayReport:
        until = self._options.until
        why = "" if until is None else f"--until {until}"
        run = self._tally.report(
            self._engine.snapshot(),
            interrupted=self._interrupts > 0,
            stopped_because="interrupted" if self._interrupts else why,
        )
        return ReplayReport(run, calls, divergence, self._warnings)

    def _steps(self) -> Iterator[ReplayStep]:
        return recorded_steps(self._recorded, self._warn)

    def _warn(self, warnings: tuple[Diagnostic, ...]) -> None:
        self._warnings = warnings

    def _take(self, events: list[Event]) -> None:
        self._tally.add(events)
        sources = self._recorded.sources
        for event in events:
            if isinstance(event, CallFinished) and event.call.node in sources:
                for item in event.answer.printed:
                    self._on_print(
                        event.call.node, event.call.number, item.stream, item.data, item.granted
                    )

    def _swap(self, real: WasmInvoker, step: ReplayStep) -> None:
        """Begin anew with an instance where the recorded session did, of today's build."""
        if not isinstance(step, Swap) or step.node in self._recorded.sources:
            return
        node = self._recorded.flow.by_name[step.node]
        compiled = self._recorded.opened.linking.compiled
        prepared = real.prepare(node, compiled.get(step.digest) or compiled[node.digest])
        if prepared.ready:
            real.swap(prepared)

    def _wait_for(self, replayer: Replayer) -> bool:
        """Sleep until the pending call is due; False when the replay was interrupted."""
        due_ns = replayer.due_ns
        if self._began_ns is None:
            step = replayer.pending
            if isinstance(step, CallStep) and step.number >= self._options.first:
                self._began_ns = time.monotonic_ns()
        elif due_ns:
            while not self._interrupts:
                left_ns = self._began_ns + due_ns - time.monotonic_ns()
                if left_ns <= 0:
                    break
                time.sleep(min(left_ns / 1_000_000_000, LONGEST_SLEEP_SECONDS))
        return not self._interrupts


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
            return f"{node} imports what a recording can not hold: {', '.join(line.imports)}."
    return f"{node} has the recorded build and the recorded input: it is not deterministic."


def _is_after(step: ReplayStep, until: int | None) -> bool:
    return until is not None and isinstance(step, CallStep) and step.number > until


def _difference(path: Path, item: FlowDifference) -> Diagnostic:
    return _note(path, str(item), "Outputs may differ from the recorded ones.")


def _unpinned(path: Path, header: Header) -> list[Diagnostic]:
    return [
        _note(
            path,
            f"node {line.node} imports what a recording can not hold: {', '.join(line.imports)}",
            "Its outputs may differ from the recorded ones.",
        )
        for line in header.unpinned
    ]


def _note(path: Path, message: str, help_text: str) -> Diagnostic:
    return Diagnostic(
        Severity.WARNING, "E0412", "ContractMismatch", message, help_text, file=str(path), line=1
    )


def _no_manifest(path: Path, manifest: Path) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        "E0001",
        "IoError",
        f"the manifest of the recording is not there: {manifest}",
        "Name the manifest after the recording.",
        file=str(path),
        line=1,
    )


def _unusable(path: Path, detail: str) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        "E0001",
        "IoError",
        f"the header can not be used: {detail}",
        "Use a copy that is whole.",
        file=str(path),
        line=1,
    )


def _relinked(path: Path) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        "E0001",
        "IoError",
        "the recording can not be repeated: the graph of its flow was changed while it ran",
        "Compare it with `diff`, or let its elements enter at an edge with --at.",
        file=str(path),
    )
