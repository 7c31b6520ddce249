"""Tests from recordings: run the recording again with the builds of today, and compare."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from runtime.engine.core import Engine
from runtime.engine.invoker import Invoker
from runtime.model.codes import Code
from runtime.model.commands import Relink
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.events import Event, FlowState
from runtime.model.files.replaced_file import staged_file
from runtime.model.linked import LinkedFlow
from runtime.model.snapshot import FlowSnapshot
from runtime.recording.encoding import RecordingOptions
from runtime.recording.file.header import RunFacts, header_of
from runtime.recording.file.reader import RecordingReader
from runtime.recording.file.writer import FileWriter
from runtime.recording.format import EndLine
from runtime.recording.recorder import entries_of
from runtime.recording.replay.replayer import HostInputFeed
from runtime.recording.replay.steps import ReplayStep, steps_of_file
from runtime.recording.replay.tolerant import FollowingInvoker, follow
from runtime.recording.replayed_sources import replayed_nodes

OnEvents = Callable[[list[Event]], None]
"""Takes what the engine says happened."""


def end_of(snapshot: FlowSnapshot, calls: int, wall_ns: int) -> EndLine:
    """The end line of a recording that holds `calls` calls and ends with `snapshot`."""
    return EndLine(
        state=snapshot.state.value,
        detail=snapshot.stop_detail,
        calls=calls,
        last_call=snapshot.calls,
        wall_ns=wall_ns,
        pulled=snapshot.pulled,
        delivered=snapshot.delivered,
        dropped=snapshot.dropped,
        errors=snapshot.errors,
    )


def rerun(
    recording: Path,
    made: Path,
    flow: LinkedFlow,
    real: Invoker,
    facts: RunFacts,
    options: RecordingOptions,
    host: HostInputFeed | None = None,
    next_to: Path | None = None,
    relink: Callable[[Relink], Relink] | None = None,
    on_events: OnEvents | None = None,
) -> FlowSnapshot:
    """Feed the recording's inputs to `flow` and record that into the new file `made`.

    `next_to` is where that file will go, by default the place of the recording: its header names
    the manifest from there.

    `relink` is given each change of the graph right before the engine: it changes `real`, and
    gives the graph that can be run. `on_events` is given the events of each command.

    `facts` and `options` should repeat the recording's header, so that the new recording can
    take its place: `header.engine_options`, the same rules of redaction, level and limit.
    Compare with `compare_recordings(recording, made)`; take over with `accept`.

    Raises:
        StudioError: the recording cannot be read, lost its beginning, or is damaged, or
            `made` cannot be written (E0001).
    """
    sources = replayed_nodes(flow)
    invoker = FollowingInvoker(real, sources, host)
    engine = Engine(flow, invoker, facts.options)
    with RecordingReader(recording) as reader:
        reader.require_beginning()
        written = options.fresh()
        header = header_of(flow, facts, written, next_to or recording)
        writer = FileWriter(made, header, written)

        def ran_to_its_end() -> bool:
            return reader.end is not None and FlowState(reader.end.state).ended

        try:
            steps = _relinking(steps_of_file(reader, options.redactor), invoker, relink)
            for command, events in follow(engine, invoker, steps, to_the_end=ran_to_its_end):
                writer.extend(entries_of(command, events))
                if on_events is not None:
                    on_events(events)
        except BaseException:
            writer.close(None)
            raise
        snapshot = engine.snapshot()
        failed = writer.close(end_of(snapshot, writer.calls, facts.wall_ns))
    if failed is not None:
        raise StudioError([failed])
    return snapshot


def _relinking(
    steps: Iterator[ReplayStep],
    invoker: FollowingInvoker,
    relink: Callable[[Relink], Relink] | None,
) -> Iterator[ReplayStep]:
    for step in steps:
        if relink is None or not isinstance(step, Relink):
            yield step
            continue
        changed = relink(step)
        invoker.sources = replayed_nodes(changed.flow)
        yield changed


def accept(made: Path, target: Path, *, replace: bool) -> None:
    """Take the new recording over: to the new file `target`, or over it with `replace`.

    Raises:
        StudioError: `target` exists and `replace` is not set, or it cannot be written (E0001).
    """
    try:
        if not replace:
            target.touch(exist_ok=False)
        with staged_file(target) as staged:
            shutil.copyfile(made, staged)
    except OSError as error:
        reason = "it exists" if isinstance(error, FileExistsError) else error.strerror
        raise StudioError(
            [
                Diagnostic(
                    Severity.ERROR,
                    Code.IO,
                    f"the new outputs cannot be written: {reason}",
                    "Choose another file, or accept them in place with --in-place.",
                    file=str(target),
                )
            ]
        ) from error
