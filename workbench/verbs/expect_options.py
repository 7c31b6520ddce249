"""`replay --expect` and `--update`: a recording as a test."""

from __future__ import annotations

import sys
import time

from runtime.headless.expect import expectation
from runtime.model.errors import ExitCode
from runtime.recording.diff.differences import Ignore
from runtime.recording.diff.junit import write_junit
from runtime.recording.diff.report import Report
from workbench.verbs.replay_options import ReplayArguments, opened_recording
from workbench.verbs.run_options import show_warnings


def expect(arguments: ReplayArguments) -> ExitCode:
    """Runs a recording again and compares the outputs; gives the exit code.

    1 when they differ, and were not accepted with `--update`.
    """
    ignore = Ignore(arguments["ignore"])
    recorded = opened_recording(arguments)
    show_warnings(recorded.opened.warnings)
    began = time.monotonic()
    with expectation(
        recorded, ignore, arguments["output"], in_place=arguments["in_place"]
    ) as found:
        seconds = time.monotonic() - began
        print_comparison(found.report, as_json=arguments["as_json"])
        if arguments["junit"] is not None:
            write_junit(found.report, recorded.path.name, arguments["junit"], seconds)
        if not arguments["update"]:
            return ExitCode.OK if found.report.equal else ExitCode.FAILED
        if found.report.equal and not found.report.notes:
            print("Nothing to accept: the outputs are the recorded ones.", file=sys.stderr)
            return ExitCode.OK
        print(f"Accepted the new outputs: {found.accept()}", file=sys.stderr)
        return ExitCode.OK


def print_comparison(report: Report, *, as_json: bool) -> None:
    """The report is what the verb is called for: it goes to stdout."""
    if as_json:
        for line in report.json_lines():
            print(line)
    else:
        print(report.render(shown=len(report.differences)))
