"""`replay --expect` and `--update`: a recording as a test."""

from __future__ import annotations

import time
from pathlib import Path

from runtime.headless.expect import expectation, why_no_test
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, ExitCode, Severity, StudioError
from runtime.model.files.output_file import free_path, require_writable
from runtime.opening.recorded.recordings import RecordedFlow
from runtime.recording.diff.differences import Ignore
from runtime.recording.diff.junit import JunitFile
from runtime.recording.diff.report import Report
from runtime.recording.format import FORMAT
from workbench.command_line.messages import say, show_problems, show_result
from workbench.verbs.recordings.replay_options import ReplayArguments, opened_recording


def expect(arguments: ReplayArguments) -> ExitCode:
    """Runs a recording again and compares the outputs; gives the exit code.

    1 when they differ, and were not accepted with `--update`; 2 when the recording is less than
    what was run, or nothing of it is compared, unless `--partial` lets that pass.
    """
    overwrite, output = arguments["overwrite"], arguments["output"]
    if output is not None:
        require_writable(output, "the new recording", overwrite=overwrite)
    named = arguments["junit"]
    junit = None if named is None else JunitFile(named, overwrite=overwrite)
    try:
        return _expect(arguments, junit)
    except StudioError as error:
        if junit is not None:
            junit.write_error(Path(arguments["words"][0]).name, error.diagnostics)
        raise


def _expect(arguments: ReplayArguments, junit: JunitFile | None) -> ExitCode:
    ignore = Ignore(arguments["ignore"], exact=arguments["exact"])
    recorded = opened_recording(arguments)
    show_problems((*recorded.opened.warnings, *recorded.reach))
    _require_whole(recorded, partial=arguments["partial"])
    if arguments["update"] and arguments["output"] is None:
        own = recorded.path if arguments["in_place"] else free_path(recorded.path)
        require_writable(own, "the new recording", overwrite=arguments["in_place"])
    began = time.monotonic()
    with expectation(
        recorded,
        ignore,
        arguments["output"],
        in_place=arguments["in_place"],
        overwrite=arguments["overwrite"],
    ) as found:
        seconds = time.monotonic() - began
        print_comparison(found.report, as_json=arguments["as_json"])
        if junit is not None:
            junit.write(found.report, recorded.path.name, seconds)
        if not arguments["update"]:
            return ExitCode.OK if found.report.equal else ExitCode.FAILED
        if found.report.equal and not found.report.notes and recorded.version == FORMAT:
            say("Nothing to accept: the outputs are the recorded ones.")
            return ExitCode.OK
        what = "in the format of this release" if found.report.equal else "with the new outputs"
        say(f"Written {what}: {found.accept()}")
        return ExitCode.OK


def _require_whole(recorded: RecordedFlow, *, partial: bool) -> None:
    """Raise `StudioError` (E0001) when the recording is less than what was run."""
    why = why_no_test(recorded)
    if not why:
        return
    severity = Severity.WARNING if partial else Severity.ERROR
    told = Diagnostic(
        severity,
        Code.IO,
        f"the recording is no test of what was run: {why}",
        "Only what it holds is compared."
        if partial
        else "Record again, or let what it holds be enough with --partial.",
        file=str(recorded.path),
    )
    if not partial:
        raise StudioError([told])
    show_problems((told,))


def print_comparison(report: Report, *, as_json: bool) -> None:
    """The report is what the verb is called for: it goes to stdout."""
    if as_json:
        for line in report.json_lines():
            print(line)
    else:
        show_result(report.render(shown=len(report.differences)), changes=True)
