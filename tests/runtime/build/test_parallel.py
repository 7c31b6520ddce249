"""Several builds at once, with real commands."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from runtime.build.buildable import load_buildable
from runtime.build.output.log import OutputLines
from runtime.build.parallel import build_components, usual_jobs
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, ExitCode, Severity, StudioError
from runtime.protocol.builds.build_updates import BuildOutcome
from tests.support.build_projects import (
    COMPONENT,
    FAMILY,
    MAKES_IT,
    alive,
    meets,
    project,
    told_processes,
    wait_until,
)


class Heard:
    """A listener that keeps what it hears, and on which thread."""

    def __init__(self) -> None:
        self.running: list[str] = []
        self.most = 0
        self.text = ""
        self.outcomes: dict[str, BuildOutcome] = {}
        self.threads: set[threading.Thread] = set()

    def started(self, component: str) -> None:
        self.threads.add(threading.current_thread())
        self.running.append(component)
        self.most = max(self.most, len(self.running))

    def output(self, component: str, lines: OutputLines) -> None:
        assert component in self.running
        self.threads.add(threading.current_thread())
        self.text += "".join(f"{line.text}\n" for line in lines.lines)

    def ended(self, outcome: BuildOutcome) -> None:
        self.threads.add(threading.current_thread())
        self.running.remove(outcome.component)
        self.outcomes[outcome.component] = outcome

    def tick(self) -> None:
        self.threads.add(threading.current_thread())

    @property
    def verdicts(self) -> dict[str, ExitCode]:
        return {name: outcome.verdict for name, outcome in self.outcomes.items()}


def test_builds_run_at_once_and_are_told_on_the_thread_that_asked(tmp_path: Path) -> None:
    names = ("a", "b", "c")
    scripts = {name: meets(name, *names) + MAKES_IT for name in names}
    heard = Heard()
    build_components(load_buildable(project(tmp_path, scripts)).sources, heard, jobs=3)
    assert heard.verdicts == dict.fromkeys(names, ExitCode.OK)
    assert heard.most == 3
    assert heard.threads == {threading.current_thread()}
    assert not heard.running


def test_no_more_than_the_jobs_run_and_a_failure_keeps_none_from_running(tmp_path: Path) -> None:
    scripts = {"a": "raise SystemExit(2)", "b": MAKES_IT, "c": MAKES_IT}
    heard = Heard()
    build_components(load_buildable(project(tmp_path, scripts)).sources, heard, jobs=1)
    assert heard.most == 1
    assert list(heard.verdicts.values()) == [ExitCode.FAILED, ExitCode.OK, ExitCode.OK]
    assert usual_jobs() >= 1


def test_builds_in_one_folder_wait_for_each_other(tmp_path: Path) -> None:
    alone = "import os, time\nos.mkdir('busy')\ntime.sleep(0.1)\nos.rmdir('busy')\n" + MAKES_IT
    manifest = project(tmp_path, {"a": alone})
    text = manifest.read_text()
    table = text[text.index("[[component]]") :]
    manifest.write_text(text + "".join(table.replace('"a"', f'"{n}"', 1) for n in "bc"))
    heard = Heard()
    build_components(load_buildable(manifest).sources, heard, jobs=3)
    assert heard.verdicts == dict.fromkeys("abc", ExitCode.OK)


def test_an_exception_in_the_listener_ends_every_process_and_is_raised_on(tmp_path: Path) -> None:
    scripts = dict.fromkeys("ab", FAMILY) | {"c": "open('ran', 'w')"}

    class Interrupted(Heard):
        def output(self, component: str, lines: OutputLines) -> None:
            super().output(component, lines)
            if len(told_processes(self.text)) == 4:
                raise KeyboardInterrupt

    heard = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        build_components(load_buildable(project(tmp_path, scripts)).sources, heard, jobs=2)
    family = told_processes(heard.text)
    assert len(family) == 4
    wait_until(lambda: not any(alive(process) for process in family))
    assert not (tmp_path / "c" / "ran").exists()


def test_what_was_built_is_compiled_and_what_cannot_be_is_a_warning(tmp_path: Path) -> None:
    scripts = {"a": MAKES_IT, "b": "raise SystemExit(2)"}
    compiled: list[bytes] = []
    heard = Heard()
    sources = load_buildable(project(tmp_path, scripts)).sources
    build_components(sources, heard, compile_=compiled.append)
    assert compiled == [COMPONENT]
    assert heard.outcomes["a"].problems == ()

    def refuse(data: bytes) -> None:
        problem = Diagnostic(Severity.ERROR, Code.COMPILATION_FAILED, "it is odd", "")
        raise StudioError([problem])

    build_components(sources, heard, compile_=refuse)
    outcome = heard.outcomes["a"]
    assert outcome.verdict is ExitCode.OK
    (warning,) = outcome.problems
    assert (warning.severity, warning.file) == (Severity.WARNING, outcome.artifact)

    def break_down(data: bytes) -> None:
        raise RuntimeError("a mistake of ours")

    # Whoever asked learns of it: else a build that never came to its end would count as done.
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        build_components(sources, heard, compile_=break_down)
