"""`torvyn-studio trace`: each element's way through a flow, from a run or from a recording."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from runtime.child.gc_tuning import settle_collector
from runtime.expression.expression import Condition
from runtime.flow.error_rules import DEFAULT_RETRIES
from runtime.headless.chosen_calls import ChosenLineages, Recorders
from runtime.headless.run import HeadlessRun
from runtime.headless.trace import trace_recording
from runtime.lineage.element_traces import ElementTraces
from runtime.model.errors import ExitCode
from runtime.model.files.output_file import require_writable, write_output
from runtime.model.linked import LinkedFlow
from runtime.model.text.plurals import counted
from runtime.opening.open import open_flow
from runtime.recording.file.redaction_reach import redaction_reach
from runtime.recording.replay.input_feed import text_inputs
from runtime.recording.replay.source_override import SourceOverride
from workbench.command_line.messages import say, show_failure, show_problems, show_result
from workbench.terminal.graceful_stop import ended_by_others
from workbench.terminal.progress_line import ProgressLine
from workbench.verbs.options.arguments import (
    MANIFEST_WORD,
    Duration,
    input_option,
    manifest_and_flow,
)
from workbench.verbs.options.overwrite_flag import overwrite_option, require_file, require_unread
from workbench.verbs.options.trust_flag import admission, trust_option
from workbench.verbs.recordings.replay_options import recording_and_manifest
from workbench.verbs.recordings.trace_text import (
    chosen_traces,
    is_lineage,
    is_one_element,
    json_lines,
    trace_text,
)
from workbench.verbs.running.component_output import ComponentOutput
from workbench.verbs.running.run_options import RunArguments, options_for
from workbench.verbs.running.summary import exit_code, failure_text

TRACE_FILE = "the trace"


@click.command("trace")
@click.argument("words", nargs=-1, metavar="[FILE.rec | MANIFEST] [flow.NAME]", type=MANIFEST_WORD)
@click.option("--flow", help="Name of the flow; without it, the alphabetically first one.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop the sources after N elements.")
@click.option("--timeout", type=Duration(), help="Stop the sources after e.g. 500ms, 10s, 2m.")
@input_option(standard_input=True)
@click.option(
    "--lineage",
    metavar="N",
    help="This element alone, with what it came from: its lineage, source#sequence, or #sequence.",
)
@click.option(
    "--where",
    metavar="EXPR",
    help="The elements alone that had a call for which the condition holds: "
    'json.level == "warn", ms > 20 (docs/conditions.md).',
)
@click.option(
    "-o",
    "--output",
    "--output-trace",
    "target",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    metavar="FILE",
    help="Write into a file instead of to standard output.",
)
@click.option(
    "--no-summary",
    is_flag=True,
    help="Without the figures of all elements. With --lineage, a recording is then read only until "
    "nothing more can become of the element.",
)
@overwrite_option
@click.option(
    "--trace-format",
    type=click.Choice(["pretty", "json", "otlp"]),
    help="As Torvyn has it: json is --json.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@trust_option
def command(
    words: tuple[str, ...],
    flow: str | None,
    limit: int | None,
    timeout: float | None,
    inputs: tuple[str, ...],
    lineage: str | None,
    where: str | None,
    target: Path | None,
    no_summary: bool,
    overwrite: bool,
    trace_format: str | None,
    as_json: bool,
    trust: bool,
) -> int:
    """Tell each element's way: its calls, how long it waited and ran, where it was dropped.

    A manifest is run, a recording is read; for a recording no component is needed. What
    components print goes to standard error.

    \b
    torvyn-studio trace --limit 5
    torvyn-studio trace a.rec --lineage 3
    torvyn-studio trace a.rec --lineage source#0 --json
    """
    if trace_format == "otlp":
        raise click.UsageError("otlp is Torvyn's; here a trace is text or JSON")
    if overwrite:
        require_file("a file: give -o FILE too", target)
        require_unread((target,), (*words, *inputs))
    chosen = None if where is None else ChosenLineages(Condition(where))
    recording, rest = recording_and_manifest(words)
    if target is not None:
        require_writable(target, TRACE_FILE, overwrite=overwrite)
    code = ExitCode.OK
    if recording is None:
        arguments = _run_arguments(rest, flow, limit, timeout, inputs, trust)
        traced, traces, code = _run(arguments, chosen, lineage)
    else:
        if rest or flow or limit or timeout or inputs:
            raise click.UsageError("a recording is traced as it is, without other words or limits")
        show_problems(redaction_reach(recording))
        settle_collector()
        with _progress() as on_progress:
            traced, traces = trace_recording(
                recording,
                chosen,
                is_lineage(lineage),
                on_progress,
                until_complete=no_summary and is_one_element(lineage),
            )
    listed = chosen_traces(traces, lineage)
    if chosen is not None:
        listed = [trace for trace in listed if trace.lineage in chosen.lineages]
    if as_json or trace_format == "json":
        text = "\n".join(json_lines(traced, traces, listed, summary=not no_summary))
    else:
        text = trace_text(traces, listed, summary=not no_summary)
    _write(text, target, overwrite=overwrite)
    return code


@contextmanager
def _progress() -> Iterator[Callable[[int, int | None], object]]:
    """Tells on a terminal how many calls were read."""
    line = ProgressLine(sys.stderr)

    def show(read: int, in_all: int | None) -> None:
        line.show(
            f"{counted(read, 'call')} read"
            if in_all is None
            else f"{read:,} of {in_all:,} calls read"
        )

    try:
        yield show
    finally:
        line.end()


def _run_arguments(
    words: tuple[str, ...],
    flow: str | None,
    limit: int | None,
    timeout: float | None,
    inputs: tuple[str, ...],
    trust: bool,
) -> RunArguments:
    return RunArguments(
        words=words,
        flow=flow,
        limit=limit,
        timeout=timeout,
        on_error=(),
        retries=DEFAULT_RETRIES,
        schedule=None,
        inputs=inputs,
        redactions=(),
        where=None,
        breaks=(),
        as_json=False,
        as_torvyn=False,
        trust=trust,
    )


def _run(
    arguments: RunArguments, chosen: ChosenLineages | None, lineage: str | None
) -> tuple[LinkedFlow, ElementTraces, ExitCode]:
    manifest, name = manifest_and_flow(arguments["words"], arguments["flow"])
    opened = open_flow(manifest, name, admit=admission(trust=arguments["trust"]))
    show_problems(opened.warnings)
    output = ComponentOutput(sys.stderr, sys.stderr)
    feeds = text_inputs(arguments["inputs"], opened.flow.sources)
    invoker = SourceOverride(opened.open_invoker(output.take), feeds)
    traces = ElementTraces(opened.flow, target=is_lineage(lineage))
    also = () if chosen is None else (chosen.of(opened.flow),)
    settle_collector()
    options = options_for(arguments, opened)
    recorder = Recorders((traces, *also))
    run = HeadlessRun(opened.flow, invoker, options, recorder, invoker.stop_waiting)
    with ended_by_others(run):
        report = run.run()
    output.finish()
    order = output.order_note()
    if order is not None:
        say(order)
    if report.failures:
        show_failure(failure_text(report))
    return opened.flow, traces, exit_code(report)


def _write(text: str, target: Path | None, *, overwrite: bool) -> None:
    if target is None:
        if text:
            show_result(text)
        return
    lines = f"{text}\n" if text else ""
    write_output(target, TRACE_FILE, lines, overwrite=overwrite)
    say(f"Traced {counted(lines.count(chr(10)), 'line')}: {target}")
