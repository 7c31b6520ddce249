"""`torvyn-studio build`: components from their sources, the tools' output on stderr."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from runtime.build.buildable import Buildable, load_buildable
from runtime.build.output.log import OutputLines
from runtime.build.parallel import build_components
from runtime.build.plan import ComponentSource
from runtime.build.sources.source_watch import SourceWatch
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, ExitCode, Severity
from runtime.model.measures.time_units import NS_PER_S
from runtime.model.text.plurals import counted
from runtime.model.text.printable import json_line, printable
from runtime.opening.cache_folder import compiled_cache
from runtime.protocol.builds.build_updates import BuildOutcome
from runtime.wasm.host import Host
from workbench.command_line.global_options import global_options
from workbench.command_line.messages import say, show_failure, show_problems, show_result
from workbench.terminal import ending_signals
from workbench.terminal.progress_line import ProgressLine
from workbench.verbs.options.arguments import manifest_and_flow

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
@click.option(
    "--component",
    "components",
    multiple=True,
    metavar="NAME",
    help="Build this component; may be given several times. Without it, all.",
)
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(min=1),
    metavar="N",
    help="Build N components at once; without it, one for each processor.",
)
@click.option("--debug", is_flag=True, help="Build without optimization, with debug information.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--watch-sources", is_flag=True, help="Build again when sources change.")
def command(
    path: str | None,
    components: tuple[str, ...],
    jobs: int | None,
    debug: bool,
    as_json: bool,
    watch_sources: bool,
) -> int:
    """Build the components of a manifest into .torvyn/build next to it.

    Each is also compiled into the user's cache, so that opening the flow does not wait.

    Exit codes: 0 built, 1 a build failed, 2 bad manifest or arguments, 3 a tool is missing,
    130 interrupted; of several, the highest.
    """
    manifest, flow = manifest_and_flow(() if path is None else (path,), None)
    if flow is not None:
        raise click.UsageError("components are built, not flows; name one with --component")
    report = _Report(as_json, jobs)

    def load() -> tuple[ComponentSource, ...]:
        found = load_buildable(manifest, components, debug=debug)
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

    def __init__(self, as_json: bool, jobs: int | None) -> None:
        self._as_json = as_json
        self._jobs = jobs
        self._host: Host | None = None
        self._progress = ProgressLine(sys.stderr)
        self._told: set[str] = set()
        self._warnings: tuple[Diagnostic, ...] = ()
        self._began: dict[str, int] = {}
        """When builds that run now began, by component."""
        self._waiting: list[str] = []
        """Components whose outcome is not told yet, in the manifest's order."""
        self._quiet = global_options().quiet
        self._unsaid: list[OutputLines] = []
        """With --quiet, what the tools wrote in the build that is told next."""
        self._held: dict[str, list[OutputLines | BuildOutcome]] = {}
        """What is told when it is a component's turn."""
        self._ended = self._built = self._asked = 0
        self.exit_code = ExitCode.OK
        """The highest verdict of the last builds."""

    def build(self, sources: tuple[ComponentSource, ...]) -> None:
        """Build all, also after one has failed; then say what came of them."""
        self._told.clear()
        self.exit_code = ExitCode.OK
        self._ended, self._built, self._asked = 0, 0, len(sources)
        self._began.clear()
        self._waiting = [source.name for source in sources]
        self._held = {source.name: [] for source in sources}
        self._progress.begin()
        try:
            build_components(sources, self, jobs=self._jobs, compile_=self._compile)
        finally:
            self._progress.end()
        if sources:
            self._say(f"{self._built} of {counted(len(sources), 'component')} built")
        else:
            self._say("nothing to build: the manifest declares no [[component]]")
        self._tell_summary()

    def interrupted(self) -> None:
        """Ctrl-C, or a signal like it."""
        self._say("interrupted")
        for name in self._waiting:
            for item in self._held[name]:
                self._tell(item)
            if name in self._began:
                took_ns = time.monotonic_ns() - self._began[name]
                self._tell_outcome(BuildOutcome(name, ExitCode.INTERRUPTED, took_ns))
        self.exit_code = ExitCode(ending_signals.exit_code(ExitCode.INTERRUPTED))
        self._tell_summary()

    # ---- as the listener of builds

    def started(self, component: str) -> None:
        """See `BuildListener.started`."""
        self._began[component] = time.monotonic_ns()
        self.tick()

    def output(self, component: str, lines: OutputLines) -> None:
        """Of builds at once, what comes first in the manifest is told first, and whole."""
        if component == self._waiting[0]:
            self._stream(lines)
        else:
            self._held[component].append(lines)

    def ended(self, outcome: BuildOutcome) -> None:
        """See `BuildListener.ended`."""
        self._began.pop(outcome.component, None)
        self._ended += 1
        self._held[outcome.component].append(outcome)
        while self._waiting:
            held = self._held[self._waiting[0]]
            while held:
                item = held.pop(0)
                self._tell(item)
                if isinstance(item, BuildOutcome):
                    self._waiting.pop(0)
                    break
            else:
                break
        self.tick()

    def tick(self) -> None:
        """See `BuildListener.tick`."""
        if self._quiet:
            return
        names = ", ".join(self._began)
        self._progress.show(f"{self._ended} of {self._asked} built", names)

    def _tell(self, item: OutputLines | BuildOutcome) -> None:
        if isinstance(item, BuildOutcome):
            self._tell_outcome(item)
        else:
            self._stream(item)

    def _compile(self, data: bytes) -> None:
        if self._host is None:
            self._host = Host(compiled_cache())
        self._host.compile(data)

    def warn(self, found: Buildable) -> None:
        """Tell the manifest's warnings, unless they are those told before."""
        if found.warnings != self._warnings:
            self._progress.clear()
            show_problems(found.warnings)
        self._warnings = found.warnings

    def tell(self, problem: Diagnostic) -> None:
        """A problem on stderr, unless it was told since the builds began."""
        text = problem.render()
        # What several components lack is told once: the same command mends all of them.
        key = problem.help if problem.kind is Code.TOOLCHAIN_MISSING else text
        if key not in self._told and text.splitlines()[0] not in self._told:
            self._told.add(key)
            self._show(text)

    def _stream(self, output: OutputLines) -> None:
        if self._quiet:
            self._unsaid.append(output)
        else:
            self._show_output(output)

    def _show_output(self, output: OutputLines) -> None:
        if output.lost:
            self._show(f"({counted(output.lost, 'line was', 'lines were')} not kept)")
        for line in output.lines:
            if line.text.startswith("error["):
                self._told.add(line.text)
            self._show(line.text)

    def _tell_outcome(self, outcome: BuildOutcome) -> None:
        self._built += outcome.verdict is ExitCode.OK
        self.exit_code = max(self.exit_code, outcome.verdict)
        if outcome.verdict is not ExitCode.OK:
            for output in self._unsaid:
                self._show_output(output)
        self._unsaid.clear()
        for problem in outcome.problems:
            if problem.severity is Severity.ERROR:
                self.tell(problem)
        if self._as_json:
            self._data(_outcome_object(outcome))
        else:
            self._progress.clear()
            show_result(_outcome_line(outcome))

    def _tell_summary(self) -> None:
        if self._as_json:
            code = int(self.exit_code)
            counts = {"built": self._built, "asked": self._asked}
            self._data({"type": "summary", **counts, "exit_code": code})

    def _say(self, text: str) -> None:
        self._progress.clear()
        say(text)

    def _show(self, text: str) -> None:
        self._progress.clear()
        show_failure(text)

    def _data(self, content: dict[str, Any]) -> None:
        self._write(json_line(content))

    def _write(self, line: str) -> None:
        self._progress.clear()
        print(line, flush=True)


def _outcome_line(outcome: BuildOutcome) -> str:
    start = f"{_STATES[outcome.verdict]} {outcome.component}"
    errors = [item for item in outcome.problems if item.severity is Severity.ERROR]
    warnings = len(outcome.problems) - len(errors)
    if outcome.verdict is ExitCode.OK:
        digest = (outcome.digest or "")[:_DIGITS]
        change = "changed" if outcome.changed else "unchanged"
        size = counted(outcome.size or 0, "byte")
        line = f"{start}: {_shown_path(outcome)} ({size}, {digest}…, {change})"
        return line + (f", {counted(warnings, 'warning')}" if warnings else "")
    if outcome.verdict is ExitCode.ENVIRONMENT:
        return f"{start}: a tool is missing"
    return f"{start}: {counted(len(errors), 'error')}" if errors else start


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
