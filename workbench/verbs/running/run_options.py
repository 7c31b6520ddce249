"""Running a flow from the command line: what `run` and `record` share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypedDict, TypeVar

import click

from runtime.child.gc_tuning import settle_collector
from runtime.expression.expression import Condition
from runtime.flow.error_rules import DEFAULT_RETRIES, GivenRule, rules_over
from runtime.headless.chosen_calls import ChosenCalls, ChosenRecording, Recorders
from runtime.headless.run import HeadlessRun, RunOptions, RunReport, engine_options
from runtime.headless.run_breakpoints import RunBreakpoints
from runtime.model.access import DeniedUse
from runtime.model.codes import Code
from runtime.model.errors import ExitCode, StudioError
from runtime.model.linked import ErrorPolicy, ErrorRule, LinkedFlow, SchedulePolicy
from runtime.model.text.plurals import counted
from runtime.model.text.printable import json_line
from runtime.opening.flow_suggestion import suggest_flow
from runtime.opening.open import OpenedFlow, open_flow
from runtime.opening.trust.trust import Admit
from runtime.recording.encoding import RecordingOptions
from runtime.recording.redaction import Redaction
from runtime.recording.replay.input_feed import text_inputs
from runtime.recording.replay.source_override import SourceOverride
from runtime.recording.run_facts import FileRecording, RecordingResult, run_facts
from runtime.wasm.host import surfaces_of
from workbench.command_line.global_options import global_options
from workbench.command_line.messages import say, show_failure, show_problem, show_problems
from workbench.terminal import ending_signals, standard_streams
from workbench.terminal.progress_line import ProgressLine
from workbench.verbs.manifests.linked_nodes import show_nodes
from workbench.verbs.options.arguments import MANIFEST_WORD, Duration, manifest_and_flow
from workbench.verbs.options.on_error import OnError, require_nodes
from workbench.verbs.options.overwrite_flag import require_file, require_unread
from workbench.verbs.options.trust_flag import admission, trust_option
from workbench.verbs.options.where_and_break import (
    CallLines,
    break_object,
    break_option,
    own_recording,
    show_stop,
    where_note,
    where_option,
)
from workbench.verbs.running.component_output import ComponentOutput
from workbench.verbs.running.summary import completed_line, exit_code, failure_text, summary_text
from workbench.verbs.running.summary_json import summary_object

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.argument("words", nargs=-1, metavar="[MANIFEST] [flow.NAME]", type=MANIFEST_WORD),
    click.option("--flow", help="Name of the flow; without it, the alphabetically first one."),
    click.option("--limit", type=click.IntRange(min=1), help="Stop the sources after N elements."),
    click.option("--timeout", type=Duration(), help="Stop the sources after e.g. 500ms, 10s, 2m."),
    click.option(
        "--on-error",
        type=OnError(),
        multiple=True,
        metavar="[NODE=]POLICY",
        help="What follows a failed call, of all nodes or of one: fail (the default), skip, stop "
        "(here as fail), retry, retry(N) or retry(N, 200ms), which waits so long before the "
        "first further try and twice as long before each other one. Of one node it counts more "
        "than .torvyn/studio/settings.toml.",
    ),
    click.option(
        "--retries",
        type=click.IntRange(min=1),
        default=DEFAULT_RETRIES,
        show_default=True,
        help="Further tries of an element with --on-error retry, unless it says how many.",
    ),
    click.option(
        "--schedule",
        type=click.Choice([policy.value for policy in SchedulePolicy]),
        help="Order of calls, in place of the manifest's; without either consumer-first, "
        "Torvyn's own.",
    ),
    click.option(
        "--input",
        "inputs",
        multiple=True,
        metavar="[SOURCE=]FILE",
        help="Lines of a file in place of what a source gives; - is standard input.",
    ),
    click.option(
        "--redact",
        "redactions",
        multiple=True,
        metavar="RULE",
        help="Keep out of the recording what a JSON path ($..password) or a regular "
        "expression (token=(\\w+)) finds.",
    ),
    where_option,
    break_option,
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line."),
    click.option(
        "--as-torvyn", is_flag=True, help="Discard what is printed without a grant, as Torvyn does."
    ),
)


class RunArguments(TypedDict):
    """What `run_options` adds to a command."""

    words: tuple[str, ...]
    flow: str | None
    limit: int | None
    timeout: float | None
    on_error: tuple[GivenRule, ...]
    retries: int
    schedule: str | None
    inputs: tuple[str, ...]
    redactions: tuple[str, ...]
    where: str | None
    breaks: tuple[str, ...]
    as_json: bool
    as_torvyn: bool
    trust: bool


def run_options(function: _Command) -> _Command:
    """Gives a command the arguments and options of `RunArguments`."""
    for option in reversed((*_OPTIONS, trust_option)):
        function = option(function)
    return function


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


def options_for(arguments: RunArguments, opened: OpenedFlow) -> RunOptions:
    """How the flow runs: as the arguments say, else the manifest and the project's settings."""
    flow = opened.flow
    given, retries = arguments["on_error"], arguments["retries"]
    require_nodes(given, flow.name, flow.by_name)
    rule, node_rules = rules_over(given, ErrorRule(ErrorPolicy.FAIL), opened.node_rules, retries)
    schedule = flow.schedule if flow.schedule_given else SchedulePolicy.CONSUMER_FIRST
    if arguments["schedule"] is not None:
        schedule = SchedulePolicy(arguments["schedule"])
    return RunOptions(
        limit=arguments["limit"],
        timeout_seconds=arguments["timeout"],
        on_error=rule.policy,
        retries=rule.max_retries,
        back_off_ms=rule.back_off_ms,
        node_rules=node_rules,
        schedule=schedule,
    )


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


def redaction(rules: tuple[str, ...]) -> Redaction | None:
    """The redaction of these rules, if there are any. Raises `StudioError` for bad ones."""
    return Redaction(rules) if rules else None


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


class Stoppable(ending_signals.Endable, Protocol):
    """A run that can be ended from outside."""

    def stop(self) -> None:
        """End after the call in progress; may be called during it."""
        ...


@contextmanager
def ended_by_others(running: Stoppable) -> Iterator[None]:
    """While it is open, the signals that end a program end `running` in good order.

    So does a standard output that nobody takes any more.
    """
    standard_streams.end_on_failure(running.stop)
    try:
        with ending_signals.told_to(running):
            yield
    finally:
        standard_streams.end_on_failure(None)


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
