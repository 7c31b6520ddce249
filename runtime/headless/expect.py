"""Tests from recordings: whether the builds of today do what was recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from runtime.model.commands import Relink
from runtime.model.files.output_file import free_path
from runtime.model.files.temporary_folder import temporary_folder
from runtime.model.lazy.dataclass import dataclass
from runtime.opening.recorded.recordings import RecordedFlow
from runtime.recording.diff.compare import compare_recordings
from runtime.recording.diff.differences import Ignore
from runtime.recording.diff.report import Report
from runtime.recording.replay.expectation import OnEvents, accept, rerun
from runtime.recording.replay.recorded_host_inputs import QueuedHostInputs, RepeatableInputs
from runtime.recording.run_facts import run_facts
from runtime.wasm.host import surfaces_of


@dataclass(frozen=True, slots=True)
class Expectation:
    """A recording run again, and how that compares."""

    report: Report
    _made: Path
    _target: Path
    _replace: bool

    def accept(self) -> Path:
        """Take the new outputs over; gives the file that has them. Raises `StudioError`."""
        accept(self._made, self._target, replace=self._replace)
        return self._target


def why_no_test(recorded: RecordedFlow) -> str:
    """Why a recording cannot be a test of all that was recorded; empty when it can."""
    if not recorded.calls:
        return "it holds no call, so nothing is compared"
    return " and ".join(item.message for item in recorded.lost)


@contextmanager
def expectation(
    recorded: RecordedFlow,
    ignore: Ignore,
    target: Path | None = None,
    *,
    in_place: bool = False,
    overwrite: bool = False,
    on_events: OnEvents | None = None,
) -> Iterator[Expectation]:
    """Runs a recording's inputs through the flow, as long as it is open.

    `accept` writes to `target`, by default a free name next to the recording, which must be new
    unless it may `overwrite`; with `in_place`, over the recording. `on_events` is told of all
    that happens.

    Raises:
        StudioError: the recording is damaged or lost its beginning (E0001).
    """
    if in_place:
        target = recorded.path
    elif target is None:
        target = free_path(recorded.path)
    with temporary_folder() as folder:
        made = folder / "made.rec"
        _run_again(recorded, made, target, on_events)
        report = compare_recordings(recorded.path, made, ignore)
        yield Expectation(report, made, target, in_place or overwrite)


def _run_again(
    recorded: RecordedFlow, made: Path, target: Path, on_events: OnEvents | None
) -> None:
    opened = recorded.opened
    facts = run_facts(
        opened.flow,
        surfaces_of(opened.linking.compiled),
        opened.manifest_text,
        recorded.engine_options,
    )
    host = QueuedHostInputs(RepeatableInputs())
    with closing(recorded.invoker(host, None)) as invoker:

        def relink(command: Relink) -> Relink:
            changed = recorded.relinked(command)
            invoker.adopt(changed.flow, opened.linking.compiled)
            return changed

        rerun(
            recorded.path,
            made,
            opened.flow,
            invoker,
            replace(facts, wall_ns=recorded.header.wall_ns),
            recorded.recording_options,
            host,
            next_to=target,
            relink=relink,
            on_events=on_events,
        )
