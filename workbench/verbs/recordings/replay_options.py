"""Replaying from the command line."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TypedDict

import click

from runtime.child.gc_tuning import settle_collector
from runtime.headless.replay import HeadlessReplay, ReplayOptions
from runtime.headless.run import RunOptions
from runtime.model.errors import ExitCode
from runtime.opening.recorded.recordings import RecordedFlow, open_recording, why_it_may_differ
from runtime.recording.file.spool import comes_through_a_pipe, spooled
from runtime.recording.replay.input_feed import text_inputs
from runtime.recording.replay.partial import edge_named, flow_behind, source_feeds
from workbench.command_line.global_options import global_options
from workbench.command_line.messages import show_failure, show_problems
from workbench.terminal.graceful_stop import ended_by_others
from workbench.verbs.options.arguments import FLOW_PREFIX, manifest_and_flow, names_manifest
from workbench.verbs.options.trust_flag import admission
from workbench.verbs.running.command_line_run import CommandLineRun, print_report, run_flow
from workbench.verbs.running.component_output import ComponentOutput
from workbench.verbs.running.run_options import RunArguments
from workbench.verbs.running.summary import exit_code

MANIFEST_SUFFIX = ".toml"


class ReplayArguments(TypedDict):
    """What the command `replay` takes."""

    words: tuple[str, ...]
    flow: str | None
    speed: float | None
    first: int | None
    until: int | None
    loop: bool
    force: bool
    inputs: tuple[str, ...]
    at: str | None
    expected: bool
    ignore: tuple[str, ...]
    exact: bool
    junit: Path | None
    update: bool
    partial: bool
    output: Path | None
    in_place: bool
    overwrite: bool
    as_json: bool
    trust: bool


class Speed(click.ParamType[float]):
    """`max` (0), `original` (1), or how many times the original speed, e.g. 2, 0.5 or 10x."""

    name = "speed"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The speed; fails with what is accepted."""
        text = str(value).strip()
        named = {"max": 0.0, "original": 1.0}.get(text)
        if named is not None:
            return named
        found = re.fullmatch(r"(\d+(?:\.\d+)?)x?", text)
        if found is None or float(found[1]) <= 0:
            self.fail(f"{value!r} is not a speed; write max, original, or e.g. 2", param, ctx)
        return float(found[1])


def replay(arguments: ReplayArguments) -> ExitCode:
    """Repeats a recording, and stops where it is not repeated; gives the exit code."""
    recorded = opened_recording(arguments)
    show_problems(recorded.notes)
    passes = _Passes(recorded, arguments)
    settle_collector()
    with ended_by_others(passes):
        code = passes.once()
        while arguments["loop"] and code is ExitCode.OK:
            code = passes.once()
    return code


class _Passes:
    """A recording repeated, as often as it is asked for."""

    def __init__(self, recorded: RecordedFlow, arguments: ReplayArguments) -> None:
        self._recorded = recorded
        self._as_json = arguments["as_json"]
        first = arguments["first"] or 1
        self._options = ReplayOptions(arguments["speed"] or None, first, arguments["until"])
        self._running: HeadlessReplay | None = None
        self._interrupted = False

    def interrupt(self) -> None:
        """See `HeadlessReplay.interrupt`; between two passes, make no more."""
        self._interrupted = True
        if self._running is not None:
            self._running.interrupt()

    def end_call(self, interrupts: int) -> None:
        """See `HeadlessRun.end_call`."""
        if self._running is not None:
            self._running.end_call(interrupts)

    def stop(self) -> None:
        """End after the call in progress, and make no more passes."""
        self._interrupted = True
        if self._running is not None:
            self._running.stop()

    def once(self) -> ExitCode:
        """Repeat the recording; gives the exit code."""
        flow = self._recorded.flow
        output = ComponentOutput(
            sys.stdout,
            sys.stderr,
            as_json=self._as_json,
            quiet=global_options().quiet,
            first_call=self._options.first,
        )
        self._running = HeadlessReplay(
            self._recorded, self._options, output.take, output.take_denied
        )
        if self._interrupted:
            return ExitCode.INTERRUPTED
        output.say(f"[torvyn] Running flow '{flow.name}'")
        report = self._running.run()
        show_problems(report.warnings)
        divergence = report.divergence
        why = "" if divergence is None else why_it_may_differ(self._recorded, divergence)
        more = {
            "replayed_calls": report.calls,
            "divergence": None if divergence is None else asdict(divergence) | {"why": why},
        }
        print_report(report.flow, report.run, output, more)
        if divergence is not None:
            show_failure(f"{divergence.render()}\n  {why}".rstrip())
            return ExitCode.FAILED
        return exit_code(report.run)


def replay_part(arguments: ReplayArguments) -> int:
    """Runs a flow, or what lies behind an edge, on recorded elements and on lines of files."""
    if recording_and_manifest(arguments["words"])[0] is None:
        return run_flow(_run_arguments(arguments), None)
    recorded = opened_recording(arguments)
    show_problems(recorded.notes)
    flow, feeds = recorded.flow, {}
    if arguments["at"] is not None:
        part = flow_behind(flow, edge_named(flow, arguments["at"]))
        flow, feeds = part.flow, part.feeds(recorded.path, flow)
    else:
        texts = text_inputs(arguments["inputs"], flow.sources)
        feeds = {**source_feeds(recorded.path, flow), **texts}
    run = CommandLineRun(flow, _run_options(recorded), as_json=arguments["as_json"])
    return run.run(recorded.part_invoker(flow, feeds, run.output.take, run.output.take_denied))


def opened_recording(arguments: ReplayArguments) -> RecordedFlow:
    """The recording that was named, with its flow. Raises `StudioError`, `click.UsageError`."""
    recording, words = recording_and_manifest(arguments["words"])
    if recording is None:
        raise click.UsageError("name the recording: torvyn-studio replay FILE [MANIFEST]")
    manifest, flow = manifest_and_flow(words, arguments["flow"])
    given = names_manifest(words)
    folder = None
    if comes_through_a_pipe(recording):
        _require_no_second_use(arguments)
        recording = click.get_current_context().with_resource(spooled(recording))
        folder = Path.cwd()
    return open_recording(
        recording,
        manifest if given else None,
        flow,
        force=arguments["force"],
        folder=folder,
        admit=admission(trust=arguments["trust"]),
    )


def _require_no_second_use(arguments: ReplayArguments) -> None:
    """Raise `click.UsageError` for options that a recording from a pipe does not go with."""
    if any(text.rpartition("=")[2] == "-" for text in arguments["inputs"]):
        raise click.UsageError("standard input is the recording: give --input a file")
    if arguments["in_place"] or (arguments["update"] and arguments["output"] is None):
        raise click.UsageError("a recording from a pipe is accepted into a new file: give --output")


def recording_and_manifest(words: tuple[str, ...]) -> tuple[Path | None, tuple[str, ...]]:
    """The recording, which comes first, and the words after it; None when there is none."""
    first = words[0] if words else MANIFEST_SUFFIX
    if first.endswith(MANIFEST_SUFFIX) or first.startswith(FLOW_PREFIX) or Path(first).is_dir():
        return None, words
    return Path(first), words[1:]


def _run_options(recorded: RecordedFlow) -> RunOptions:
    options = recorded.engine_options
    return RunOptions(
        on_error=options.on_error,
        retries=options.max_retries,
        back_off_ms=options.back_off_ms,
        node_rules=options.node_rules,
        schedule=options.schedule,
    )


def _run_arguments(arguments: ReplayArguments) -> RunArguments:
    if arguments["at"] is not None:
        raise click.UsageError("--at needs a recording: torvyn-studio replay FILE --at EDGE")
    options = RunOptions()
    return RunArguments(
        words=arguments["words"],
        flow=arguments["flow"],
        limit=options.limit,
        timeout=options.timeout_seconds,
        on_error=(),
        retries=options.retries,
        schedule=None,
        inputs=arguments["inputs"],
        redactions=(),
        where=None,
        breaks=(),
        as_json=arguments["as_json"],
        as_torvyn=False,
        trust=arguments["trust"],
    )
