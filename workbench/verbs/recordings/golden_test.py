"""`torvyn-studio test`: all recordings of a folder as tests, at once."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Protocol

import click
import msgspec

from runtime.headless.golden.dask_runner import DaskRunner
from runtime.headless.golden.find_tests import find_tests
from runtime.headless.golden.golden_test import GoldenResult, GoldenTest, GoldenVerdict
from runtime.headless.golden.worker_pool import GoldenProcess, OnResult, WorkerPool
from runtime.model.errors import ExitCode
from runtime.model.text.plurals import counted
from runtime.model.text.printable import json_line, printable
from runtime.recording.diff.junit import JunitCase, JunitFile, JunitSuite
from workbench.command_line.global_options import global_options
from workbench.command_line.messages import say, show_result
from workbench.terminal.graceful_stop import ended_by_others
from workbench.terminal.progress_line import ProgressLine
from workbench.verbs.options.arguments import Duration
from workbench.verbs.options.overwrite_flag import overwrite_option, require_file, require_unread
from workbench.verbs.options.trust_flag import trust_option

BAR_CELLS = 24
_SIGNS = {
    GoldenVerdict.PASSED: "=",
    GoldenVerdict.FAILED: "x",
    GoldenVerdict.UPDATED: "e",
    GoldenVerdict.ERROR: "!",
}


class Runner(Protocol):
    """Runs tests somewhere."""

    def run(self, tests: list[GoldenTest], on_result: OnResult) -> None:
        """Run all; each result is told once."""
        ...

    def stop(self) -> None:
        """Run no more; for a signal handler."""
        ...

    def close(self) -> None:
        """End what runs them."""
        ...


@click.command("test")
@click.argument(
    "paths", nargs=-1, type=click.Path(path_type=Path, readable=False), metavar="[PATH]..."
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="RULE",
    help="Pass over what a JSON path or a regular expression finds.",
)
@click.option("--exact", is_flag=True, help="JSON with other blanks or order of keys differs too.")
@click.option(
    "--assert",
    "assertions",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    metavar="FILE",
    help="Assertions in place of the recorded outputs, for all; without it, NAME.expect next to "
    "NAME.rec.",
)
@click.option("--partial", is_flag=True, help="A recording that lost a part is enough.")
@click.option("--update", is_flag=True, help="Take over outputs that differ, into the recordings.")
@click.option(
    "--force",
    is_flag=True,
    help="Run a flow that is set otherwise than the recorded one; with --update, take it over.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Processes at once; without it, one for each processor.",
)
@click.option("--timeout", type=Duration(), help="End a test after e.g. 10s, 2m.")
@click.option(
    "--scheduler",
    metavar="tcp://HOST:PORT",
    help="Run on the workers of a Dask scheduler; files travel by their digests.",
)
@click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    metavar="OUT.xml",
    help="Write the results as JUnit XML too.",
)
@overwrite_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@trust_option
def command(
    paths: tuple[Path, ...],
    ignore: tuple[str, ...],
    exact: bool,
    assertions: Path | None,
    partial: bool,
    update: bool,
    force: bool,
    jobs: int | None,
    timeout: float | None,
    scheduler: str | None,
    junit: Path | None,
    overwrite: bool,
    as_json: bool,
    trust: bool,
) -> int:
    """Run the recordings of a folder again, and compare; each PATH is a folder or a recording.

    Every recording is a test: its inputs are given to the builds of today, whose outputs have to be
    the recorded ones, JSON up to blanks and order of keys. Where NAME.expect stands next to
    NAME.rec, its assertions are what counts:

    \b
      no output from alerts
      every output from label: json.region != ""
      at most 3 outputs from orders: size > 1000

    Each is run with the manifest that it names, or with that of --manifest. Exit code 1 when a test
    failed, 2 when one could not be run.

    \b
    torvyn-studio test recordings --junit results.xml
    torvyn-studio test today.rec --assert rules.expect
    torvyn-studio test recordings --scheduler tcp://10.0.0.5:8786
    """
    if overwrite:
        require_file("--junit FILE", junit)
    if scheduler is not None and jobs is not None:
        raise click.UsageError("--jobs is for this machine; with --scheduler its workers decide")
    manifest = global_options().manifest
    like = GoldenTest(
        recording="",
        name="",
        manifest=None if manifest is None else str(manifest),
        assertions=None if assertions is None else str(assertions),
        ignore=ignore,
        exact=exact,
        partial=partial,
        update=update,
        force=force,
        trust=trust,
    )
    tests = find_tests(paths or (Path(),), like)
    require_unread((junit,), (assertions, *(test.recording for test in tests)))
    junit_file = None if junit is None else JunitFile(junit, overwrite=overwrite)
    runner: Runner
    if scheduler is None:
        at_once = min(jobs or os.cpu_count() or 1, len(tests))
        runner = WorkerPool([GoldenProcess(timeout) for _ in range(at_once)])
    else:
        runner = DaskRunner(scheduler, timeout)
    run = _Run(tests, runner, as_json=as_json)
    try:
        with ended_by_others(run):
            run.all()
    finally:
        runner.close()
    if junit_file is not None:
        junit_file.write_suites([_suite(result) for result in run.in_order()])
    return run.summary()


class _Run:
    """The tests of one call of the verb."""

    def __init__(self, tests: list[GoldenTest], runner: Runner, *, as_json: bool) -> None:
        self._tests = tests
        self._runner = runner
        self._as_json = as_json
        self._results: dict[str, GoldenResult] = {}
        self._progress = ProgressLine(sys.stderr)
        self._began = time.monotonic()
        self._interrupted = False

    def interrupt(self) -> None:
        """End the tests that run."""
        self._interrupted = True
        self._runner.stop()

    def end_call(self, interrupts: int) -> None:
        """Nothing is called in this process."""

    def stop(self) -> None:
        """See `Stoppable`."""
        self.interrupt()

    def all(self) -> None:
        """Run all of them."""
        self._show_progress()
        self._runner.run(self._tests, self._take)
        self._progress.end()

    def _take(self, result: GoldenResult) -> None:
        if self._interrupted or result.name in self._results:
            return
        self._results[result.name] = result
        self._progress.clear()
        if self._as_json:
            print(json_line(msgspec.to_builtins(result)), flush=True)
        elif result.verdict is not GoldenVerdict.PASSED:
            show_result(_lines(result))
        self._show_progress()

    def _show_progress(self) -> None:
        done, total = len(self._results), len(self._tests)
        filled = BAR_CELLS * done // total
        bad = sum(
            result.verdict in (GoldenVerdict.FAILED, GoldenVerdict.ERROR)
            for result in self._results.values()
        )
        bar = f"[{'#' * filled}{'.' * (BAR_CELLS - filled)}]"
        self._progress.show(f"{bar} {done:,} of {total:,}, {bad:,} failed")

    def in_order(self) -> list[GoldenResult]:
        """The results in the order of the tests."""
        return [self._results[test.name] for test in self._tests if test.name in self._results]

    def summary(self) -> ExitCode:
        """Say what it came to; the exit code."""
        found = Counter(result.verdict for result in self._results.values())
        left = len(self._tests) - len(self._results)
        seconds = time.monotonic() - self._began
        if self._as_json:
            fields = {verdict.value: found[verdict] for verdict in GoldenVerdict}
            print(json_line({"type": "summary", **fields, "not_run": left, "seconds": seconds}))
        else:
            parts = [
                _counted(verdict, found[verdict]) for verdict in GoldenVerdict if found[verdict]
            ]
            parts += [f"{left:,} not run"] if left else []
            say(f"{counted(len(self._tests), 'test')} in {seconds:.1f} s: {', '.join(parts)}")
        if self._interrupted:
            return ExitCode.INTERRUPTED
        if found[GoldenVerdict.ERROR] or left:
            return ExitCode.BAD_INPUT
        return ExitCode.FAILED if found[GoldenVerdict.FAILED] else ExitCode.OK


def _counted(verdict: GoldenVerdict, number: int) -> str:
    if verdict is GoldenVerdict.ERROR:
        return counted(number, verdict.value)
    return f"{number:,} {verdict.value}"


def _lines(result: GoldenResult) -> str:
    head = f"{_SIGNS[result.verdict]} {printable(result.name)}  {result.verdict.value}"
    body = printable(result.text or result.summary, keep_lines=True).splitlines()
    return "\n".join([head, *(f"    {line}" for line in body)])


def _suite(result: GoldenResult) -> JunitSuite:
    cases = tuple(
        JunitCase(case.name, failure=case.failure, details=case.details)
        if result.verdict is GoldenVerdict.FAILED
        else JunitCase(case.name)
        for case in result.cases
    )
    if result.verdict is GoldenVerdict.ERROR or not cases:
        cases = (JunitCase("recording", error=result.summary, details=result.text),)
    return JunitSuite(result.name, result.seconds, cases)
