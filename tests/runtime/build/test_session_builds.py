"""From a manifest to what is built, and builds on request in a session."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
import wasmtime
import wasmtime.component

from runtime.build.buildable import load_buildable
from runtime.build.bundled import SAMPLE_FLOWS, WIT, bundled_folder, wit_packages
from runtime.build.component_build import build_component
from runtime.build.output.log import OutputLines
from runtime.build.session_builds import (
    PENDING_CHARACTERS,
    BuildNews,
    SessionBuilds,
    build_environment,
)
from runtime.model.errors import ExitCode, StudioError
from runtime.protocol.builds.build_requests import CancelBuild, StartBuild
from runtime.protocol.builds.build_updates import BuildOutcome, BuildStatus
from runtime.protocol.updates import Health, Update
from tests.support.build_projects import (
    COMPONENT,
    FAMILY,
    MAKES_IT,
    PATIENCE_SECONDS,
    alive,
    artifact,
    meets,
    project,
    told_processes,
    wait_until,
)
from tests.support.flow_manifests import EDGE, NODES, PROJECT

ROOT = Path(__file__).resolve().parents[3]

TWO = """\
[[component]]
name = "a"
path = "parts/../parts/a"
[[component]]
name = "b"
path = "b"
language = "zig"
build_command = "make b"
[build]
target = "wasm32-wasip1"
extra_args = ["--locked"]
"""


def manifest_of(folder: Path, text: str) -> Path:
    path = folder / "Torvyn.toml"
    path.write_text(text)
    return path


def refusal(manifest: Path, component: str | None = None) -> StudioError:
    with pytest.raises(StudioError) as caught:
        load_buildable(manifest, () if component is None else (component,))
    return caught.value


# ---- from the manifest


def test_what_the_manifest_says_of_a_component_reaches_its_build(tmp_path: Path) -> None:
    found = load_buildable(manifest_of(tmp_path, PROJECT + NODES + EDGE + TWO))
    assert found.warnings == ()
    a, b = found.sources
    assert (a.name, a.language, a.build_command) == ("a", "rust", None)
    assert a.directory == tmp_path.resolve() / "parts" / "a"
    assert (a.target, a.extra_args, a.release) == ("wasm32-wasip1", ("--locked",), True)
    assert a.interface == "torvyn:streaming/source"
    assert (b.language, b.build_command, b.interface) == (
        "zig", "make b", "torvyn:streaming/sink",
    )  # fmt: skip
    assert a.artifact == artifact(tmp_path / "Torvyn.toml", "a")


def test_the_first_node_that_uses_a_component_gives_the_interface(tmp_path: Path) -> None:
    flows = """\
[flow.zeta.nodes.first]
component = "b"
interface = "torvyn:filtering/filter"
[flow.alpha.nodes.second]
component = "b"
interface = "torvyn:filtering/router"
"""
    sources = load_buildable(manifest_of(tmp_path, PROJECT + TWO + flows)).sources
    assert [source.interface for source in sources] == [None, "torvyn:filtering/filter"]


@pytest.mark.parametrize(
    ("key", "debug", "release"),
    [("true", False, True), ("true", True, False), ("false", False, False)],
)
def test_release_is_what_the_manifest_says_unless_debug(
    tmp_path: Path, key: str, debug: bool, release: bool
) -> None:
    manifest = manifest_of(tmp_path, f"{PROJECT}{TWO}release = {key}\n")
    assert {item.release for item in load_buildable(manifest, debug=debug).sources} == {release}


def test_one_component_is_chosen_by_name(tmp_path: Path) -> None:
    manifest = manifest_of(tmp_path, PROJECT + TWO)
    assert [source.name for source in load_buildable(manifest, ("b",)).sources] == ["b"]


@pytest.mark.parametrize(
    ("name", "help_"),
    [
        ("event-ruter", "did you mean 'event-router'?"),
        ("something", "the declared components are: event-router, sink"),
        ("split", "node 'split' runs component 'event-router': name that"),
    ],
)
def test_an_unknown_component_names_the_nearest(tmp_path: Path, name: str, help_: str) -> None:
    text = """\
[[component]]
name = "event-router"
path = "x"
[[component]]
name = "sink"
path = "y"
[flow.main.nodes.split]
component = "event-router"
interface = "torvyn:filtering/router"
"""
    error = refusal(manifest_of(tmp_path, PROJECT + text), name)
    (problem,) = error.diagnostics
    assert (error.exit_code, problem.code, problem.help) == (2, "E0990", help_)
    assert f"'{name}'" in problem.message


def test_every_problem_of_a_bad_manifest_is_told(tmp_path: Path) -> None:
    text = '[[component]]\nname = "a"\n[[component]]\npath = "x"\nlanguage = "cobol"\n'
    found = refusal(manifest_of(tmp_path, PROJECT + text)).diagnostics
    assert [item.code for item in found] == ["E0702", "E0702", "E0703"]


def test_a_folder_that_can_not_be_a_path_is_a_problem_not_a_traceback(tmp_path: Path) -> None:
    text = '[[component]]\nname = "a"\npath = "a\\u0000b\\u001b[31m"\n'
    (source,) = load_buildable(manifest_of(tmp_path, PROJECT + text)).sources
    outcome = build_component(source, lambda _name, _lines: None)
    assert outcome.verdict is ExitCode.BAD_INPUT
    assert "does not exist" in outcome.problems[0].message
    assert outcome.problems[0].render().replace("\n", "").isprintable()


# ---- the folders that come along


def test_a_checkout_has_the_wit_packages_and_the_samples() -> None:
    assert bundled_folder(WIT) == ROOT / "wit"
    assert (bundled_folder(SAMPLE_FLOWS) / "fan-out" / "Torvyn.toml").is_file()
    assert {"torvyn-streaming", "torvyn-filtering", "torvyn-aggregation"} <= {
        package.name for package in wit_packages()
    }


ASK = """\
from runtime.model.errors import StudioError
from runtime.build.bundled import wit_packages
try:
    print(*wit_packages(), sep="\\n")
except StudioError as error:
    print(int(error.exit_code), error)
"""


def installed(folder: Path) -> list[str]:
    """What our package says of its WIT where a wheel puts it, next to other packages."""
    ours = shutil.ignore_patterns("__pycache__", "bundled")
    shutil.copytree(ROOT / "runtime", folder / "runtime", ignore=ours, dirs_exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-P", "-c", ASK],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=True,
    )
    return done.stdout.splitlines()


def test_an_installed_package_finds_them_inside_itself(tmp_path: Path) -> None:
    somebody_elses = tmp_path / "wit" / "package"
    inside = tmp_path / "runtime" / "bundled" / "wit"
    shutil.copytree(ROOT / "wit", inside)
    shutil.copytree(ROOT / "wit" / "torvyn-streaming", somebody_elses)
    assert installed(tmp_path) == [str(path) for path in sorted(inside.glob("torvyn-*"))]


def test_an_installation_that_lacks_them_says_what_to_do(tmp_path: Path) -> None:
    first, *rest = installed(tmp_path)
    assert first.startswith("3 error[E0700] FileNotFound")
    assert "install torvyn-studio again" in "".join(rest)


# ---- one build


class Output:
    """Keeps the lines of builds."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.lost = 0

    def __call__(self, component: str, output: OutputLines) -> None:
        self.lost += output.lost
        self.lines += [f"{component}: {line.text}" for line in output.lines]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def test_a_build_puts_the_component_in_its_place_and_streams_its_output(tmp_path: Path) -> None:
    manifest = project(tmp_path, {"a": f"print('one', flush=True)\n{MAKES_IT}print('two')"})
    (source,) = load_buildable(manifest).sources
    output = Output()
    first = build_component(source, output)
    assert output.lines[1:3] == ["a: one", "a: two"]
    assert (first.component, first.verdict, first.changed) == ("a", ExitCode.OK, True)
    assert (first.artifact, first.size) == (str(artifact(manifest, "a")), len(COMPONENT))
    assert artifact(manifest, "a").read_bytes() == COMPONENT
    second = build_component(source, output)
    assert (second.verdict, second.changed, second.digest) == (ExitCode.OK, False, first.digest)


def test_cancelling_from_another_thread_ends_the_whole_family(tmp_path: Path) -> None:
    (source,) = load_buildable(project(tmp_path, {"a": FAMILY})).sources
    output, cancel = Output(), threading.Event()
    outcomes: list[BuildOutcome] = []
    thread = threading.Thread(
        target=lambda: outcomes.append(build_component(source, output, cancel=cancel))
    )
    thread.start()
    try:
        wait_until(lambda: len(told_processes(output.text)) == 2)
    finally:
        cancel.set()
        thread.join(PATIENCE_SECONDS)
    assert outcomes[0].verdict is ExitCode.INTERRUPTED
    wait_until(lambda: not any(alive(number) for number in told_processes(output.text)))


def test_an_exception_in_the_caller_ends_the_build_first(tmp_path: Path) -> None:
    (source,) = load_buildable(project(tmp_path, {"a": FAMILY})).sources
    output = Output()

    def interrupt(component: str, lines: OutputLines) -> None:
        output(component, lines)
        if len(told_processes(output.text)) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_component(source, interrupt)
    wait_until(lambda: not any(alive(number) for number in told_processes(output.text)))


def test_a_component_in_c_is_built_with_the_bundled_wit(tmp_path: Path) -> None:
    text = """\
[[component]]
name = "sink"
path = "sink"
language = "c"
[flow.main.nodes.out]
component = "sink"
interface = "torvyn:streaming/sink"
"""
    (tmp_path / "sink").mkdir()
    (tmp_path / "sink" / "sink.c").write_text(SINK_C)
    found = load_buildable(manifest_of(tmp_path, PROJECT + text))
    assert [item.key for item in found.warnings] == ["component[0].language"]
    output = Output()
    outcome = build_component(found.sources[0], output)
    if outcome.verdict is ExitCode.ENVIRONMENT:
        pytest.skip(outcome.problems[0].message)
    assert outcome.verdict is ExitCode.OK, output.text
    engine = wasmtime.Engine()
    made = wasmtime.component.Component(engine, artifact(tmp_path / "x", "sink").read_bytes())
    assert "torvyn:streaming/sink@0.1.0" in made.type.exports(engine)


SINK_C = """\
#include <stdint.h>
#define EXPORT(name) __attribute__((export_name("torvyn:streaming/" name)))
static uint32_t answer[4];
static char heap[65536];
static uint32_t top;
__attribute__((export_name("cabi_realloc")))
void *cabi_realloc(void *old, uint32_t was, uint32_t align, uint32_t size) {
    top = (top + align - 1) & ~(align - 1);
    top += size;
    return heap + top - size;
}
EXPORT("sink@0.1.0#push") void *push(
    uint64_t sequence, uint64_t at, char *type, uint32_t length, int buffer, int context
) {
    return answer;
}
EXPORT("sink@0.1.0#complete") void *complete(void) { return answer; }
EXPORT("lifecycle@0.1.0#init") void *init(char *config, uint32_t length) { return answer; }
EXPORT("lifecycle@0.1.0#teardown") void teardown(void) {}
"""


# ---- builds of a session


@pytest.fixture
def open_builds() -> Iterator[OpenBuilds]:
    opened: list[SessionBuilds] = []

    def opener(manifest: Path, jobs: int = 1) -> SessionBuilds:
        opened.append(SessionBuilds(manifest, jobs=jobs))
        return opened[-1]

    yield opener
    for builds in opened:
        builds.close()


class Screen:
    """Polls as the workbench does, and keeps what it was told."""

    def __init__(self, builds: SessionBuilds) -> None:
        self._builds = builds
        self.status = BuildStatus()
        self.seen: list[BuildStatus] = []
        self.lines: list[tuple[str, str]] = []
        self.lost = 0

    def poll(self) -> BuildNews:
        news = self._builds.poll()
        if news.status is not None:
            self.status = news.status
            self.seen.append(news.status)
        self.lines += [(line.component, line.text) for line in news.lines]
        self.lost += news.lines_lost
        return news

    def until(self, condition: Callable[[], bool]) -> None:
        def polled() -> bool:
            self.poll()
            return condition()

        wait_until(polled)

    def ask(self, *requests: StartBuild | CancelBuild) -> None:
        for request in requests:
            self._builds.handle(request)
        self.until(lambda: bool(self.seen) and not self.status.busy)

    @property
    def text(self) -> str:
        return "\n".join(text for _, text in self.lines)


class OpenBuilds(Protocol):
    """Opens builds that are closed at the end of the test."""

    def __call__(self, manifest: Path, jobs: int = 1) -> SessionBuilds: ...


def test_all_components_are_built_in_order_also_after_one_fails(
    tmp_path: Path, open_builds: OpenBuilds
) -> None:
    failing = "print('src/lib.rs:3:4: error: no such thing')\nraise SystemExit(2)"
    manifest = project(tmp_path, {"z": MAKES_IT, "m": failing, "a": MAKES_IT})
    screen = Screen(open_builds(manifest))
    assert screen.poll() == BuildNews(None, (), 0)
    screen.ask(StartBuild())
    assert [(item.component, item.verdict) for item in screen.status.outcomes] == [
        ("z", ExitCode.OK), ("m", ExitCode.FAILED), ("a", ExitCode.OK),
    ]  # fmt: skip
    (problem,) = screen.status.outcomes[1].problems
    assert (problem.line, problem.column, problem.message) == (3, 4, "no such thing")
    assert problem.file == str(tmp_path.resolve() / "m" / "src" / "lib.rs")
    assert list(dict(screen.lines)) == ["z", "m", "a"]
    assert screen.poll() == BuildNews(None, (), 0)


def test_one_component_is_built_and_the_others_keep_their_outcomes(
    tmp_path: Path, open_builds: OpenBuilds
) -> None:
    manifest = project(tmp_path, {"a": MAKES_IT, "b": MAKES_IT})
    screen = Screen(open_builds(manifest))
    screen.ask(StartBuild())
    screen.ask(StartBuild("a"))
    assert [(item.component, item.changed) for item in screen.status.outcomes] == [
        ("b", True), ("a", False),
    ]  # fmt: skip


def test_a_request_that_can_not_be_met_says_why_and_the_next_one_is_met(
    tmp_path: Path, open_builds: OpenBuilds
) -> None:
    manifest = project(tmp_path, {"router": MAKES_IT})
    screen = Screen(open_builds(manifest))
    screen.ask(StartBuild("ruoter"))
    assert screen.status.refused[0].help == "did you mean 'router'?"
    assert screen.status.outcomes == ()
    good = manifest.read_text()
    manifest.write_text("[[component")
    screen.ask(StartBuild())
    assert screen.status.refused[0].code == "E0701"
    manifest.write_text(good)
    screen.ask(StartBuild())
    status = screen.status
    assert (status.refused, status.outcomes[0].verdict) == ((), ExitCode.OK)


def test_a_missing_tool_is_an_outcome(tmp_path: Path, open_builds: OpenBuilds) -> None:
    text = '[[component]]\nname = "a"\npath = "."\nbuild_command = "tool-of-nobody x"\n'
    screen = Screen(open_builds(manifest_of(tmp_path, PROJECT + text)))
    screen.ask(StartBuild())
    (outcome,) = screen.status.outcomes
    assert outcome.verdict is ExitCode.ENVIRONMENT
    assert "`tool-of-nobody`" in outcome.problems[0].message


def test_what_is_built_and_what_waits_is_told(tmp_path: Path, open_builds: OpenBuilds) -> None:
    waits = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)\n" + MAKES_IT
    manifest = project(tmp_path, {"a": waits, "b": MAKES_IT, "c": MAKES_IT})
    builds = open_builds(manifest)
    screen = Screen(builds)
    builds.handle(StartBuild())
    builds.handle(StartBuild("c"))
    screen.until(lambda: screen.status.building == ("a",))
    assert (screen.status.waiting, screen.status.requests) == (("b", "c"), 1)
    assert screen.status.busy
    (tmp_path / "a" / "go").touch()
    screen.until(lambda: not screen.status.busy)
    assert [item.component for item in screen.status.outcomes] == ["a", "b", "c"]
    assert not screen.status.outcomes[-1].changed


def test_of_builds_at_once_each_components_output_is_told_in_one_piece(
    tmp_path: Path, open_builds: OpenBuilds
) -> None:
    """`a` writes before and after `b` does, and ends last."""
    a = f"print('a1', flush=True)\n{meets('a', 'b')}print('a2')\n{MAKES_IT}"
    b = f"{meets('b', 'a')}print('b1', flush=True)\nprint('b2')\n{MAKES_IT}"
    ending = f"import os, time\nwhile not os.path.exists('{tmp_path}/go'): time.sleep(0.01)\n"
    manifest = project(tmp_path, {"a": a + ending, "b": b})
    builds = open_builds(manifest, jobs=2)
    screen = Screen(builds)
    builds.handle(StartBuild())
    screen.until(lambda: screen.status.done == 1)
    assert (screen.status.building, screen.status.total) == (("a",), 2)
    assert [item.component for item in screen.status.outcomes] == ["b"]
    (tmp_path / "go").touch()
    screen.until(lambda: not screen.status.busy)
    assert [item.component for item in screen.status.outcomes] == ["b", "a"]
    of_b = [place for place, (name, _) in enumerate(screen.lines) if name == "b"]
    assert of_b == list(range(of_b[0], of_b[0] + len(of_b)))
    assert {"a1", "a2", "b1", "b2"} <= {text for _, text in screen.lines}


def test_cancel_ends_the_processes_and_what_waits(tmp_path: Path, open_builds: OpenBuilds) -> None:
    manifest = project(tmp_path, {"a": FAMILY, "b": "open('ran', 'w')"})
    builds = open_builds(manifest)
    screen = Screen(builds)
    builds.handle(StartBuild())
    builds.handle(StartBuild("b"))
    screen.until(lambda: len(told_processes(screen.text)) == 2)
    screen.ask(CancelBuild())
    assert [(item.component, item.verdict) for item in screen.status.outcomes] == [
        ("a", ExitCode.INTERRUPTED)
    ]
    wait_until(lambda: not any(alive(number) for number in told_processes(screen.text)))
    assert not (tmp_path / "b" / "ran").exists()
    manifest = project(tmp_path, {"a": MAKES_IT})
    screen.ask(StartBuild("a"))
    assert screen.status.outcomes[0].verdict is ExitCode.OK


def test_cancel_without_a_build_changes_nothing(tmp_path: Path, open_builds: OpenBuilds) -> None:
    screen = Screen(open_builds(project(tmp_path, {"a": MAKES_IT})))
    screen.ask(CancelBuild())
    screen.ask(StartBuild())
    assert screen.status.outcomes[0].verdict is ExitCode.OK


def test_closing_ends_the_build(tmp_path: Path, open_builds: OpenBuilds) -> None:
    builds = open_builds(project(tmp_path, {"a": FAMILY}))
    screen = Screen(builds)
    builds.handle(StartBuild())
    screen.until(lambda: len(told_processes(screen.text)) == 2)
    builds.close()
    builds.close()
    wait_until(lambda: not any(alive(number) for number in told_processes(screen.text)))
    builds.handle(StartBuild())
    assert not [thread for thread in threading.enumerate() if thread.name == "builds"]


def test_output_between_two_polls_is_bounded_and_what_is_lost_is_counted(
    tmp_path: Path, open_builds: OpenBuilds
) -> None:
    script = f"for n in range(40_000): print('line', n, '.' * 80)\n{MAKES_IT}"
    builds = open_builds(project(tmp_path, {"a": script}))
    builds.handle(StartBuild())
    # Polling earlier would carry off a part: the bound is on what lies between two polls.
    wait_until(lambda: bool(builds._status.outcomes))
    screen = Screen(builds)
    screen.ask(StartBuild("nobody"))
    assert 0 < sum(len(text) + 1 for _, text in screen.lines) <= PENDING_CHARACTERS
    numbered = [int(text.split()[1]) for text in screen.text.splitlines() if "line " in text]
    assert numbered == list(range(numbered[0], 40_000))
    # The command and the line that tells of the artifact are no lines of the script.
    assert screen.lost + len(screen.lines) == 40_000 + 2


def test_what_the_screen_gets_can_cross_the_pipe(tmp_path: Path, open_builds: OpenBuilds) -> None:
    builds = open_builds(project(tmp_path, {"a": "print('no.c:1:2: error: x'); 1 / 0"}))
    screen = Screen(builds)
    screen.ask(StartBuild())
    assert screen.status.outcomes[0].problems
    update = Update(Health.READY, build=screen.status)
    assert pickle.loads(pickle.dumps(update)) == update
    for request in (StartBuild("a", debug=True), CancelBuild()):
        assert pickle.loads(pickle.dumps(request)) == request


def test_builds_do_not_find_our_packages_by_the_import_path_of_the_child() -> None:
    ours = str(ROOT)
    given = {"HOME": "h", "PYTHONPATH": os.pathsep.join([ours, "theirs"])}
    assert build_environment(given) == {"HOME": "h", "PYTHONPATH": "theirs"}
    assert build_environment({"PYTHONPATH": ours}) == {}
    assert build_environment({"PYTHONPATH": "theirs"}) == {"PYTHONPATH": "theirs"}
    assert build_environment({}) == {}
