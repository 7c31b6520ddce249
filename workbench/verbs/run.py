"""`torvyn-studio run`: a flow to its end, component output on stdout, a summary on stderr."""

from __future__ import annotations

import json
import signal
import sys
from types import FrameType

import click

from runtime.model.linked import ErrorPolicy, LinkedFlow, SchedulePolicy
from runtime.session.collector import settle_collector
from runtime.session.headless import DEFAULT_RETRIES, HeadlessRun, RunOptions, RunReport
from runtime.session.open import open_flow
from workbench.verbs.arguments import Duration, manifest_and_flow
from workbench.verbs.output import ComponentOutput
from workbench.verbs.summary import completed_line, exit_code, summary_object, summary_text


@click.command("run")
@click.argument("words", nargs=-1, metavar="[MANIFEST] [flow.NAME]")
@click.option("--flow", help="Name of the flow; without it, the alphabetically first one.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop the sources after N elements.")
@click.option("--timeout", type=Duration(), help="Stop the sources after e.g. 500ms, 10s, 2m.")
@click.option(
    "--on-error",
    type=click.Choice([policy.value for policy in ErrorPolicy if policy is not ErrorPolicy.STOP]),
    default=ErrorPolicy.FAIL.value,
    show_default=True,
    help="What follows a failed call.",
)
@click.option(
    "--retries",
    type=click.IntRange(min=1),
    default=DEFAULT_RETRIES,
    show_default=True,
    help="Further tries of an element with --on-error retry.",
)
@click.option(
    "--schedule",
    type=click.Choice([policy.value for policy in SchedulePolicy]),
    default=SchedulePolicy.CONSUMER_FIRST.value,
    show_default=True,
    help="Order of calls.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def command(
    words: tuple[str, ...],
    flow: str | None,
    limit: int | None,
    timeout: float | None,
    on_error: str,
    retries: int,
    schedule: str,
    as_json: bool,
) -> int:
    """Run a flow to its end without a screen."""
    options = RunOptions(
        limit=limit,
        timeout_seconds=timeout,
        on_error=ErrorPolicy(on_error),
        retries=retries,
        schedule=SchedulePolicy(schedule),
    )
    manifest, name = manifest_and_flow(words, flow)
    opened = open_flow(manifest, name)
    for warning in opened.warnings:
        print(warning.render(), file=sys.stderr)
    output = ComponentOutput(sys.stdout.buffer, sys.stderr.buffer, as_json=as_json)
    output.say(f"[torvyn] Running flow '{opened.flow.name}'")
    settle_collector()
    run = HeadlessRun(opened.flow, opened.open_invoker(output.take), options)
    report = _run_interruptible(run)
    _print_report(opened.flow, report, output, as_json)
    return exit_code(report)


def _run_interruptible(run: HeadlessRun) -> RunReport:
    def on_interrupt(_signal: int, _frame: FrameType | None) -> None:
        run.interrupt()

    previous = signal.signal(signal.SIGINT, on_interrupt)
    try:
        return run.run()
    finally:
        signal.signal(signal.SIGINT, previous)


def _print_report(
    flow: LinkedFlow, report: RunReport, output: ComponentOutput, as_json: bool
) -> None:
    output.finish()
    if as_json:
        summary = summary_object(flow, report) | {"suppressed_bytes": output.suppressed}
        output.write_line(json.dumps(summary))
        return
    output.say(completed_line(flow, report.snapshot))
    print(summary_text(flow, report, output.suppressed), file=sys.stderr)
