"""Running a flow from the command line, with all that is said of it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from runtime.child.gc_tuning import settle_collector
from runtime.expression.expression import Condition
from runtime.headless.chosen_calls import ChosenCalls, ChosenRecording, Recorders
from runtime.headless.run import HeadlessRun, RunOptions, RunReport, engine_options
from runtime.headless.run_breakpoints import RunBreakpoints
from runtime.model.access import DeniedUse
from runtime.model.codes import Code
from runtime.model.errors import ExitCode, StudioError
from runtime.model.linked import LinkedFlow
from runtime.model.text.plurals import counted
from runtime.model.text.printable import json_line
from runtime.opening.flow_suggestion import suggest_flow
from runtime.opening.open import OpenedFlow, open_flow
from runtime.opening.trust.trust import Admit
from runtime.recording.encoding import RecordingOptions
from runtime.recording.replay.input_feed import text_inputs
from runtime.recording.replay.source_override import SourceOverride
from runtime.recording.run_facts import FileRecording, RecordingResult, run_facts
from runtime.wasm.host import surfaces_of
from workbench.command_line.global_options import global_options
from workbench.command_line.messages import say, show_failure, show_problem, show_problems
from workbench.terminal.graceful_stop import ended_by_others
from workbench.terminal.progress_line import ProgressLine
from workbench.verbs.manifests.linked_nodes import show_nodes
from workbench.verbs.options.arguments import manifest_and_flow
from workbench.verbs.options.overwrite_flag import require_file, require_unread
from workbench.verbs.options.trust_flag import admission
from workbench.verbs.options.where_and_break import (
    CallLines,
    break_object,
    own_recording,
    show_stop,
    where_note,
)
from workbench.verbs.running.component_output import ComponentOutput
from workbench.verbs.running.run_options import RunArguments, options_for, redaction
from workbench.verbs.running.summary import completed_line, exit_code, failure_text, summary_text
from workbench.verbs.running.summary_json import summary_object


def run_flow(
    arguments: RunArguments,
    record: Path | None,
    *,
    overwrite: bool = False,
    record_where: bool = False,
) -> int:
    """Runs a flow to its end, recorded into `record` if it is given; gives the exit code.

    The condition of `--where` chooses what is recorded, with `record_where`, or what is told.
    """
    where = None if arguments["where"] is None else Condition(arguments["where"])
    if arguments["redactions"] and record is None:
        raise click.UsageError("--redact needs a recording: give --record FILE too")
    if overwrite:
        require_file("a recording: give --record FILE too", record)
    chosen = where.text if where is not None and record_where else ""
    recording = RecordingOptions(redactor=redaction(arguments["redactions"]), where=chosen)
    manifest, flow = manifest_and_flow(arguments["words"], arguments["flow"])
    opened = _open(manifest, flow, admission(trust=arguments["trust"]))
    show_problems(opened.warnings)
    show_nodes(opened.flow)
    options = options_for(arguments, opened)
    run = CommandLineRun(
        opened.flow, options, as_json=arguments["as_json"], as_torvyn=arguments["as_torvyn"]
    )
    own = None
    if arguments["breaks"]:
        run.stops = RunBreakpoints(arguments["breaks"], opened.flow)
    feeds = text_inputs(arguments["inputs"], opened.flow.sources)
    if arguments["breaks"]:
        own = None if record is not None else own_recording(opened.flow.name)
    if record is not None or own is not None:
        components = (node.artifact for node in opened.flow.nodes)
        require_unread((record,), (manifest, *arguments["inputs"], *components))
        run.record(record or own or Path(), opened, recording, overwrite=overwrite, own=own)
    if where is not None:
        run.choose(where, recorded=record_where)
    return run.run(SourceOverride(opened.open_invoker(run.output.take, run.take_denied), feeds))


def _open(manifest: Path, flow: str | None, admit: Admit) -> OpenedFlow:
    """The flow; of a manifest without one, a flow to paste is printed before the error."""
    try:
        progress = ProgressLine(sys.stderr, from_s=0.0)

        def compiling(component: str, position: int, total: int) -> None:
            progress.show(f"compiling {component}, {position} of {total}")

        try:
            return open_flow(manifest, flow, compiling, admit=admit)
        finally:
            progress.clear()
    except StudioError as error:
        without_flow = any(item.code == Code.FLOW_NOT_FOUND.number for item in error.diagnostics)
        suggestion = suggest_flow(manifest) if without_flow and flow is None else None
        if suggestion is not None:
            print(suggestion, end="", flush=True)
        raise


class CommandLineRun:
    """One run, with what it prints before, meanwhile and after."""

    def __init__(
        self, flow: LinkedFlow, options: RunOptions, *, as_json: bool, as_torvyn: bool = False
    ) -> None:
        self._flow = flow
        self._options = options
        self._recording: FileRecording | None = None
        self._own: Path | None = None
        self._where: Condition | None = None
        self._chosen: ChosenCalls | ChosenRecording | None = None
        self.stops: RunBreakpoints | None = None
        """Where it ends before its flow does."""
        self.output = ComponentOutput(
            sys.stdout,
            sys.stderr,
            as_json=as_json,
            as_torvyn=as_torvyn,
            quiet=global_options().quiet,
        )
        """Takes what components print."""

    def record(
        self,
        path: Path,
        opened: OpenedFlow,
        options: RecordingOptions,
        *,
        overwrite: bool,
        own: Path | None = None,
    ) -> None:
        """Record the run into a file; `own` is one that nobody asked for.

        Raises `StudioError` when it cannot be written (E0001).
        """
        self._own = own
        linking = opened.linking
        facts = run_facts(
            opened.flow,
            surfaces_of(linking.compiled),
            opened.manifest_text,
            engine_options(self._options),
        )
        self._recording = FileRecording(
            path, opened.flow, facts, options, show_problem, overwrite=overwrite
        )

    def choose(self, where: Condition, *, recorded: bool) -> None:
        """Tell of the calls for which a condition holds, or record these alone."""
        self._where = where
        if recorded and self._recording is not None:
            self._chosen = ChosenRecording(where, self._flow, self._recording)
        else:
            self._chosen = ChosenCalls(where, self._flow, CallLines(self.output).take)

    def take_denied(self, use: DeniedUse, count: int) -> None:
        """Take the use of something that is not granted."""
        self.output.take_denied(use, count)
        if self.stops is not None:
            self.stops.denied(use, count)

    def _recorders(self) -> Recorders:
        found = [one for one in (self._recording, self._chosen) if one is not None]
        if isinstance(self._chosen, ChosenRecording):
            found = [self._chosen]
        return Recorders(found)

    def run(self, invoker: SourceOverride) -> int:
        """Run to the end; gives the exit code. A recording that failed is a bad file."""
        settle_collector()
        run = HeadlessRun(
            self._flow,
            invoker,
            self._options,
            self._recorders(),
            invoker.stop_waiting,
            on_notice=_show_notice,
            stops=self.stops,
        )
        with ended_by_others(run):
            self.output.say(f"[torvyn] Running flow '{self._flow.name}'")
            report = run.run()
        result = None if self._recording is None else self._recording.close(report.snapshot)
        if self.stops is not None:
            because = show_stop(self.stops, self._own)
            report = replace(report, stopped_because=because or report.stopped_because)
            result = result if because or self._own is None else None
        if self._where is not None and self._chosen is not None:
            recorded = isinstance(self._chosen, ChosenRecording)
            say(where_note(self._where, self._chosen.count, recorded=recorded))
        more = {"breakpoint": break_object(self.stops)} | _recording_fields(result)
        print_report(self._flow, report, self.output, more)
        code = exit_code(report)
        if result is not None:
            _show_recording(result)
            if result.failed is not None and code is ExitCode.OK:
                return ExitCode.BAD_INPUT
        return code


def print_report(
    flow: LinkedFlow,
    report: RunReport,
    output: ComponentOutput,
    more: dict[str, Any] | None = None,
) -> None:
    """The line that ends the output, and the summary; `more` is added to the JSON summary."""
    output.finish()
    if output.as_json:
        summary = summary_object(flow, report) | {
            "ungranted_bytes": output.ungranted,
            "suppressed_bytes": output.suppressed,
            "denied": output.denied,
        }
        output.write_line(json_line(summary | (more or {})))
        return
    output.say(completed_line(flow, report))
    if not global_options().quiet:
        say(summary_text(flow, report, output.grant_note()))
    elif report.failures:
        show_failure(failure_text(report))
    # A variable that is missing may be why.
    start = output.start_note() if report.failures or global_options().verbose else None
    for note in (start, output.denied_note(), output.order_note()):
        if note is not None:
            say(note)


def _show_notice(notice: str) -> None:
    say(f"note: {notice}")


def _show_recording(result: RecordingResult) -> None:
    if result.failed is None:
        size = counted(result.bytes_written, "byte")
        say(f"Recorded {counted(result.calls, 'call')}, {size}: {result.path}")
    else:
        show_failure(f"NOT recorded to its end: {result.path}; see the error above")
    for limit in result.unredacted:
        show_failure(f"Redaction: {limit}. Look before you give the file away.")


def _recording_fields(result: RecordingResult | None) -> dict[str, Any]:
    if result is None:
        return {}
    failed = None if result.failed is None else result.failed.message
    return {
        "recording": {
            "file": str(result.path),
            "calls": result.calls,
            "bytes": result.bytes_written,
            "failed": failed,
            "unredacted": list(result.unredacted),
        }
    }
