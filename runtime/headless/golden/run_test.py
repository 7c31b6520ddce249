"""Runs one test from a recording, in the process that it is called in."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

from runtime.headless.expect import expectation, why_no_test
from runtime.headless.golden.assertions import (
    AssertionResult,
    check_events,
    read_assertions,
)
from runtime.headless.golden.golden_test import GoldenCase, GoldenResult, GoldenTest, GoldenVerdict
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.events import Event
from runtime.model.files.crash_log import write_crash_log
from runtime.model.linked import LinkedFlow
from runtime.model.text.plurals import counted
from runtime.opening.recorded.recordings import RecordedFlow, open_recording
from runtime.opening.trust.trust import project_trust
from runtime.recording.diff.differences import Ignore
from runtime.recording.diff.report import NodeCount, Report

SHOWN_DIFFERENCES = 5
"""Of one node, in reports."""


def run_test(test: GoldenTest) -> GoldenResult:
    """Run it; what cannot be run is a result too."""
    began = time.monotonic()
    try:
        result = _run(test)
    except StudioError as error:
        result = GoldenResult(
            name=test.name,
            verdict=GoldenVerdict.ERROR,
            summary=error.diagnostics[0].message if error.diagnostics else "it could not be run",
            text=str(error),
        )
    except Exception as error:
        # Others are still to be run; who reads their results has no use for a traceback.
        log = write_crash_log(error)
        what = " ".join(f"{type(error).__name__}: {error}".split())
        where = "no log file could be written" if log is None else f"the traceback is in {log}"
        summary = f"torvyn-studio failed unexpectedly ({what}); {where}"
        result = GoldenResult(name=test.name, verdict=GoldenVerdict.ERROR, summary=summary)
    return _timed(result, time.monotonic() - began)


def _run(test: GoldenTest) -> GoldenResult:
    ignore = Ignore(test.ignore, exact=test.exact)
    recorded = open_recording(
        Path(test.recording),
        None if test.manifest is None else Path(test.manifest),
        force=test.force,
        admit=partial(_admit, trust=test.trust),
    )
    why = why_no_test(recorded)
    if why and not test.partial:
        raise StudioError([_no_test(recorded, why)])
    if test.assertions is not None:
        return _check(test, recorded, Path(test.assertions))
    with expectation(recorded, ignore, in_place=True) as found:
        report = found.report
        if not any(count.compared + count.missing + count.added for count in report.nodes.values()):
            raise StudioError([_no_test(recorded, "nothing was compared")])
        verdict = GoldenVerdict.PASSED if report.equal else GoldenVerdict.FAILED
        kept = ""
        if test.update and not (report.equal and recorded.same_structure):
            kept = _why_kept(test, recorded, report)
            if not kept:
                found.accept()
                verdict = GoldenVerdict.UPDATED
    return GoldenResult(
        name=test.name,
        verdict=verdict,
        calls=sum(count.compared for count in report.nodes.values()),
        summary=kept or _difference_words(report),
        text="\n".join(filter(None, (report.render(shown=SHOWN_DIFFERENCES), kept))),
        cases=tuple(_node_case(count, report) for count in report.nodes.values()),
    )


def _admit(flow: LinkedFlow, *, trust: bool) -> LinkedFlow:
    return project_trust(Path(flow.manifest), trusted=trust).require(flow)


# ---- exact outputs


def _why_kept(test: GoldenTest, recorded: RecordedFlow, report: Report) -> str:
    """Why the recording is not written over; "" when nothing is lost by that."""
    sources = set(recorded.flow.sources)
    unused = sum(report.nodes[name].missing for name in sources & report.nodes.keys())
    if not unused:
        return ""
    force = " --force" if test.force else ""
    return (
        f"not updated: the flow ends before {unused:,} of the recorded calls of its sources, "
        f"which would be lost; if that is meant: "
        f"torvyn-studio replay {test.recording} --update --in-place{force}"
    )


def _difference_words(report: Report) -> str:
    if report.equal:
        return ""
    if report.first is None:
        return "; ".join(item.render() for item in report.beyond)
    words = f"{counted(report.total, 'difference')}"
    first = report.first
    return f"{words}, the first in {first.node}.{first.export}({first.element}): {first.what}"


def _node_case(count: NodeCount, report: Report) -> GoldenCase:
    name = f"{count.role} {count.node}"
    if count.equal:
        return GoldenCase(name=name)
    total = count.different + count.follows + count.missing + count.added
    of_all = count.compared + count.missing + count.added
    found = [item for item in report.differences if item.node == count.node]
    return GoldenCase(
        name=name,
        failure=f"{total} of {of_all} calls differ",
        details="\n".join(item.render() for item in found[:SHOWN_DIFFERENCES]),
    )


# ---- assertions


def _check(test: GoldenTest, recorded: RecordedFlow, path: Path) -> GoldenResult:
    flow = recorded.flow
    assertions = read_assertions(path, flow)
    calls = 0

    def look(events: list[Event]) -> None:
        nonlocal calls
        calls += 1
        check_events(assertions, events, flow)

    with expectation(recorded, Ignore(()), in_place=True, on_events=look) as found:
        results = [assertion.result() for assertion in assertions]
        broken = [result for result in results if not result.holds]
        verdict = GoldenVerdict.FAILED if broken else GoldenVerdict.PASSED
        kept = ""
        if test.update and not broken and not recorded.same_structure:
            kept = _why_kept(test, recorded, found.report)
            verdict = GoldenVerdict.FAILED if kept else GoldenVerdict.UPDATED
            if not kept:
                found.accept()
    unkept = (GoldenCase(name="update", failure=kept),) if kept else ()
    return GoldenResult(
        name=test.name,
        verdict=verdict,
        calls=calls,
        summary=kept or _broken_words(broken),
        text="\n".join([*map(_assertion_words, results), *filter(None, [kept])]),
        cases=tuple(
            GoldenCase(
                name=f"line {result.line}: {result.text}",
                failure="" if result.holds else "it does not hold",
                details="" if result.holds else result.why,
            )
            for result in results
        )
        + unkept,
    )


def _broken_words(broken: list[AssertionResult]) -> str:
    if not broken:
        return ""
    more = "" if len(broken) == 1 else f" (and {len(broken) - 1} more)"
    return f"line {broken[0].line}, {broken[0].text}: {broken[0].why}{more}"


def _assertion_words(result: AssertionResult) -> str:
    return f"{'=' if result.holds else 'x'} line {result.line}: {result.text}\n    {result.why}"


# ---- the rest


def _no_test(recorded: RecordedFlow, why: str) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.IO,
        f"the recording is no test of what was run: {why}",
        "Record again, or let what it holds be enough with --partial.",
        file=str(recorded.path),
    )


def _timed(result: GoldenResult, seconds: float) -> GoldenResult:
    return GoldenResult(
        name=result.name,
        verdict=result.verdict,
        seconds=seconds,
        calls=result.calls,
        summary=result.summary,
        text=result.text,
        cases=result.cases,
    )
