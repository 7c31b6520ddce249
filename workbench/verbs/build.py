"""`torvyn-studio build`: components from their sources, the tools' output on stderr."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from runtime.build.log import OutputLines
from runtime.build.plan import ComponentSource
from runtime.build.session_builds import Buildable, build_component, load_buildable
from runtime.build.source_watch import SourceWatch
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, ExitCode, Severity
from runtime.model.printable import json_line, printable
from runtime.model.time_units import NS_PER_S
from runtime.protocol.updates import BuildOutcome
from workbench.terminal import ending_signals
from workbench.verbs.arguments import manifest_and_flow

_STATES = {
    ExitCode.OK: "built",
    ExitCode.FAILED: "failed",
    ExitCode.BAD_INPUT: "not built",
    ExitCode.ENVIRONMENT: "not built",
    ExitCode.INTERRUPTED: "cancelled",
}
_DIGITS = 6
"""Of a digest, for people."""


@click.command("build")
@click.argument("path", required=False, metavar="[MANIFEST]")
@click.option("--component", metavar="NAME", help="Build this component; without it, all.")
@click.option("--debug", is_flag=True, help="Build without optimization.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--watch-sources", is_flag=True, help="Build again when sources change.")
def command(
    path: str | None, component: str | None, debug: bool, as_json: bool, watch_sources: bool
) -> int:
    """Build the components of a manifest into .torvyn/build next to it.

    Exit codes: 0 built, 1 a build failed, 2 bad manifest or arguments, 3 a tool is missing,
    130 interrupted; of several, the highest.
    """
    manifest, flow = manifest_and_flow(() if path is None else (path,), None)
    if flow is not None:
        raise click.UsageError("components are built, not flows; name one with --component")
    report = _Report(as_json)

    def load() -> tuple[ComponentSource, ...]:
        found = load_buildable(manifest, component, debug=debug)
        report.warn(found)
        return found.sources

    try:
        if watch_sources:
            SourceWatch(manifest, load, report.build, report.tell).run()
        report.build(load())
    except KeyboardInterrupt:
        report.interrupted()
    return report.exit_code


class _Report:
    """Says what is built, and what came of it."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._told: set[str] = set()
        self._warnings: tuple[Diagnostic, ...] = ()
        self._building: tuple[str, int] | None = None
        """The component, and when its build began."""
        self._built = 0
        self._asked = 0
        self.exit_code = ExitCode.OK
        """The highest verdict of the last builds."""

    def build(self, sources: tuple[ComponentSource, ...]) -> None:
        """Build one after another, also after one has failed; then say what came of them."""
        self._told.clear()
        self.exit_code = ExitCode.OK
        self._built, self._asked = 0, len(sources)
        for source in sources:
            self._building = source.name, time.monotonic_ns()
            outcome = build_component(source, self._stream)
            self._building = None
            self._tell_outcome(outcome)
        if sources:
            self._say(f"{self._built} of {_count(len(sources), 'component')} built")
        else:
            self._say("nothing to build: the manifest declares no [[component]]")
        self._tell_summary()

    def interrupted(self) -> None:
        """Ctrl-C, or a signal like it."""
        self._say("interrupted")
        if self._building is not None:
            name, began = self._building
            took_ns = time.monotonic_ns() - began
            self._tell_outcome(BuildOutcome(name, ExitCode.INTERRUPTED, took_ns))
        self.exit_code = ExitCode(ending_signals.exit_code(ExitCode.INTERRUPTED))
        self._tell_summary()

    def warn(self, found: Buildable) -> None:
        """Tell the manifest's warnings, unless they are those told before."""
        if found.warnings != self._warnings:
            for warning in found.warnings:
                self._say(warning.render())
        self._warnings = found.warnings

    def tell(self, problem: Diagnostic) -> None:
        """A problem on stderr, unless it was told since the builds began."""
        text = problem.render()
        # What several components lack is told once: the same command mends all of them.
        key = problem.help if problem.kind is Code.TOOLCHAIN_MISSING else text
        if key not in self._told and text.splitlines()[0] not in self._told:
            self._told.add(key)
            self._say(text)

    def _stream(self, component: str, output: OutputLines) -> None:
        if output.lost:
            self._say(f"({output.lost:,} lines were not kept)")
        for line in output.lines:
            if line.text.startswith("error["):
                self._told.add(line.text)
            self._say(line.text)

    def _tell_outcome(self, outcome: BuildOutcome) -> None:
        self._built += outcome.verdict is ExitCode.OK
        self.exit_code = max(self.exit_code, outcome.verdict)
        for problem in outcome.problems:
            if problem.severity is Severity.ERROR:
                self.tell(problem)
        if self._as_json:
            self._data(_outcome_object(outcome))
        else:
            self._write(_outcome_line(outcome))

    def _tell_summary(self) -> None:
        if self._as_json:
            code = int(self.exit_code)
            counts = {"built": self._built, "asked": self._asked}
            self._data({"type": "summary", **counts, "exit_code": code})

    def _say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def _data(self, content: dict[str, Any]) -> None:
        self._write(json_line(content))

    def _write(self, line: str) -> None:
        print(line, flush=True)


def _outcome_line(outcome: BuildOutcome) -> str:
    start = f"{_STATES[outcome.verdict]} {outcome.component}"
    errors = [item for item in outcome.problems if item.severity is Severity.ERROR]
    warnings = len(outcome.problems) - len(errors)
    if outcome.verdict is ExitCode.OK:
        digest = (outcome.digest or "")[:_DIGITS]
        change = "changed" if outcome.changed else "unchanged"
        line = f"{start}: {_shown_path(outcome)} ({outcome.size:,} bytes, {digest}…, {change})"
        return line + (f", {_count(warnings, 'warning')}" if warnings else "")
    if outcome.verdict is ExitCode.ENVIRONMENT:
        return f"{start}: a tool is missing"
    return f"{start}: {_count(len(errors), 'error')}" if errors else start


def _shown_path(outcome: BuildOutcome) -> str:
    """From the working directory, when it lies below."""
    path = Path(outcome.artifact or "")
    here = Path.cwd()
    return printable(str(path.relative_to(here) if path.is_relative_to(here) else path))


def _outcome_object(outcome: BuildOutcome) -> dict[str, Any]:
    return {
        "type": "build",
        "component": outcome.component,
        "state": _STATES[outcome.verdict],
        "exit_code": int(outcome.verdict),
        "duration_secs": outcome.duration_ns / NS_PER_S,
        "artifact": outcome.artifact,
        "digest": outcome.digest,
        "size": outcome.size,
        "changed": outcome.changed,
        "problems": [problem.fields() for problem in outcome.problems],
    }


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
