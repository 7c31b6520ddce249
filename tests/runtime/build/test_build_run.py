from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import wasmtime
import wasmtime.component

from runtime.build.build_run import BuildResult, BuildRun, BuildState
from runtime.build.languages import plan_build
from runtime.build.plan import BuildPlan, ComponentSource
from runtime.build.toolchain import Toolchain
from runtime.build.worlds import WitChoice, with_lifecycle
from runtime.model.errors import ExitCode
from tests.support.component_builds import PACKAGES, component, planned

DEADLINE_S = 30.0
WIT = Path(__file__).resolve().parents[3] / "wit"
COMPONENT = b"\0asm\x0d\0\1\0\0\x05\x04note"


def script(directory: Path, body: str) -> ComponentSource:
    """A component whose build command is a Python script."""
    (directory / "build.py").write_text(textwrap.dedent(body))
    return component(directory, build_command=f"{sys.executable} build.py")


def build(source: ComponentSource, tools: Toolchain | None = None) -> tuple[BuildRun, BuildResult]:
    run = BuildRun(planned(source, tools), tools)
    run.start()
    result = run.wait(DEADLINE_S)
    assert result is not None
    return run, result


def text_of(run: BuildRun) -> str:
    return "\n".join(line.text for line in run.lines().lines)


def test_output_is_streamed_while_the_build_runs(directory: Path) -> None:
    source = script(
        directory,
        """
        import sys, time, pathlib
        print("one", flush=True)
        print("two", file=sys.stderr, flush=True)
        while not pathlib.Path("go").exists():
            time.sleep(0.01)
        print("\\x1b[31mthree\\x1b[0m")
        """,
    )
    run = BuildRun(planned(source))
    states = [run.state]
    run.start()
    run.start()
    wait_until(lambda: "two" in text_of(run))
    assert [*states, run.state] == [BuildState.WAITING, BuildState.RUNNING]
    assert run.result is None
    assert "three" not in text_of(run)
    (directory / "go").touch()
    assert run.wait(DEADLINE_S) is not None
    texts = [line.text for line in run.lines().lines]
    assert texts[:4] == [f"$ {sys.executable} build.py", "one", "two", "three"]


def test_what_was_built_is_put_in_place_and_a_second_build_changes_nothing(
    directory: Path,
) -> None:
    source = script(
        directory, f"open('out.wasm', 'wb').write({COMPONENT!r}); print('warning: old')"
    )
    _, first = build(source)
    assert (first.state, first.verdict, first.exit_code) == (BuildState.SUCCEEDED, ExitCode.OK, 0)
    assert (first.artifact, first.changed) == (source.artifact, True)
    assert source.artifact.read_bytes() == COMPONENT
    _, second = build(source)
    assert (second.state, second.changed) == (BuildState.SUCCEEDED, False)
    assert second.digest == first.digest


def test_a_failing_build_tells_its_errors_and_keeps_the_component(directory: Path) -> None:
    source = script(directory, "print('src/lib.rs:3:4: error: no')\nraise SystemExit(2)")
    source.artifact.parent.mkdir(parents=True)
    source.artifact.write_bytes(COMPONENT)
    _, result = build(source)
    assert (result.state, result.verdict, result.exit_code) == (
        BuildState.FAILED, ExitCode.FAILED, 2,
    )  # fmt: skip
    (problem,) = result.problems
    assert (problem.line, problem.column, problem.message) == (3, 4, "no")
    assert source.artifact.read_bytes() == COMPONENT


def test_a_failure_without_known_errors_quotes_the_last_line(directory: Path) -> None:
    _, result = build(script(directory, "print('the disk is on fire')\nraise SystemExit(7)"))
    assert "exit code 7" in result.problems[0].message
    assert "the disk is on fire" in result.problems[0].message


def test_a_python_build_that_raises_is_placed(directory: Path) -> None:
    _, result = build(script(directory, "def f():\n    raise ValueError('no wasm')\nf()"))
    problem = result.problems[0]
    assert (problem.file, problem.line) == (str(directory / "build.py"), 2)
    assert problem.message == "ValueError: no wasm"


def test_a_tool_missing_inside_the_build_exits_3(directory: Path) -> None:
    (directory / "make.sh").write_text("wasm-tools-of-nobody component new\n")
    _, result = build(component(directory, build_command="sh make.sh"))
    assert result.verdict is ExitCode.ENVIRONMENT
    assert "`wasm-tools-of-nobody`" in result.problems[0].message


def test_a_build_that_makes_nothing_is_told(directory: Path) -> None:
    run, result = build(script(directory, "pass"))
    assert (result.state, result.problems[0].code) == (BuildState.FAILED, "E0210")
    assert "error[E0210] ComponentNotFound" in text_of(run)


def test_input_is_empty_and_not_the_terminal(directory: Path) -> None:
    run, _ = build(
        script(directory, "import sys; print(repr(sys.stdin.read()), sys.stdout.isatty())")
    )
    assert "'' False" in text_of(run)


def test_undecodable_output_is_shown(directory: Path) -> None:
    run, _ = build(script(directory, r"import os; os.write(1, b'a\xff\xfeb\n')"))
    assert "a��b" in text_of(run)


FAMILY = """
    import os, signal, subprocess, sys, time
    child = "import os, signal, time; {ignore} os.write(1, b'<%d>' % os.getpid()); time.sleep(60)"
    children = [subprocess.Popen([sys.executable, "-c", child]) for _ in range(2)]
    os.write(1, b"<%d>" % os.getpid())
    while True:
        time.sleep(0.01)
        os.write(1, b"\\n")
"""


@pytest.mark.parametrize(
    "ignore",
    ["", "signal.signal(signal.SIGTERM, signal.SIG_IGN);"],
    ids=["polite", "stubborn"],
)
def test_cancel_ends_the_whole_family(directory: Path, ignore: str) -> None:
    source = script(directory, FAMILY.replace("{ignore}", ignore))
    run = BuildRun(planned(source), kill_after_s=0.3)
    run.start()
    try:
        wait_until(lambda: len(re.findall(r"<\d+>", text_of(run))) == 3)
        family = [int(pid) for pid in re.findall(r"<(\d+)>", text_of(run))]
        assert all(alive(pid) for pid in family)
    finally:
        run.cancel()
    run.cancel()
    result = run.wait(DEADLINE_S)
    assert result is not None
    assert (result.state, result.verdict) == (BuildState.CANCELLED, ExitCode.INTERRUPTED)
    assert result.problems == ()
    wait_until(lambda: not any(alive(pid) for pid in family))


def test_a_descendant_that_stays_behind_does_not_hold_the_build_up(directory: Path) -> None:
    source = script(
        directory,
        f"""
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print("child", child.pid, flush=True)
        open('out.wasm', 'wb').write({COMPONENT!r})
        """,
    )
    run, result = build(source)
    assert result.state is BuildState.SUCCEEDED
    child = next(line.text for line in run.lines().lines if line.text.startswith("child"))
    wait_until(lambda: not alive(int(child.split()[1])))


def test_a_build_ends_with_the_process_that_started_it(directory: Path) -> None:
    source = script(
        directory,
        "import os, time; open('pid', 'w').write(f'{os.getpid()}.'); time.sleep(60)",
    )
    starter = f"""
import time
from pathlib import Path
from runtime.build.build_run import BuildRun
from runtime.build.languages import plan_build
from runtime.build.plan import ComponentSource
run = BuildRun(plan_build(ComponentSource(
    "router", Path({str(directory)!r}), Path({str(source.manifest)!r}),
    build_command={source.build_command!r},
)))
run.start()
pid = Path({str(directory / "pid")!r})
while not (pid.exists() and pid.read_text().endswith(".")):
    time.sleep(0.01)
"""
    root = Path(__file__).resolve().parents[3]
    subprocess.run([sys.executable, "-c", starter], cwd=root, timeout=DEADLINE_S, check=True)
    built_by = int((directory / "pid").read_text().rstrip("."))
    wait_until(lambda: not alive(built_by))


def test_cancel_before_the_start_runs_nothing(directory: Path) -> None:
    run = BuildRun(planned(script(directory, "open('ran', 'w')")))
    run.cancel()
    run.start()
    result = run.wait(DEADLINE_S)
    assert result is not None
    assert result.state is BuildState.CANCELLED
    assert not (directory / "ran").exists()


def test_a_build_command_that_is_no_program_fails_without_a_traceback(directory: Path) -> None:
    (directory / "tool").write_bytes(b"\x7fELF garbage")
    (directory / "tool").chmod(0o755)
    _, result = build(component(directory, build_command="./tool"))
    assert (result.state, result.exit_code) == (BuildState.FAILED, None)
    assert "cannot be started" in result.problems[0].message


def test_no_thread_or_process_is_left(directory: Path) -> None:
    build(script(directory, "print(1)"))
    wait_until(lambda: not [t for t in threading.enumerate() if t.name.startswith("torvyn-build")])


# ---- real tools

ROUTER_C = """\
#include <stdint.h>
#define EXPORT(name) __attribute__((export_name(name)))
static uint32_t answer[4];
static char heap[65536];
static uint32_t top;
EXPORT("cabi_realloc") void *cabi_realloc(void *old, uint32_t was, uint32_t align, uint32_t size) {
    top = (top + align - 1) & ~(align - 1);
    top += size;
    return heap + top - size;
}
EXPORT("torvyn:filtering/router@0.1.0#route")
void *route(uint64_t sequence, uint64_t at, char *type, uint32_t length, int buffer, int context) {
    return answer;
}
EXPORT("torvyn:streaming/lifecycle@0.1.0#init") void *init(char *config, uint32_t length) {
    return answer;
}
EXPORT("torvyn:streaming/lifecycle@0.1.0#teardown") void teardown(void) {}
"""


def needs_zig() -> Toolchain:
    tools = Toolchain()
    if tools.zig() is None or tools.find("wasm-tools") is None:
        pytest.skip("zig or wasm-tools is not installed")
    return tools


def test_a_world_has_its_twin_with_a_lifecycle_where_there_is_one() -> None:
    streaming = next(path for path in PACKAGES if path.name == "torvyn-streaming")
    for world, expected in (("transform", "managed-transform"), ("data-sink", "data-sink")):
        assert with_lifecycle(WitChoice(streaming, world)) == WitChoice(streaming, expected)


@pytest.mark.parametrize("language", ["c", "zig"])
def test_c_is_built_with_zig_into_a_component_that_exports_the_router(
    directory: Path, language: str
) -> None:
    needs_zig()
    (directory / "router.c").write_text(ROUTER_C)
    source = component(
        directory,
        language=language,
        interface="torvyn:filtering/router",
        wit_packages=PACKAGES,
    )
    run, result = build(source)
    assert result.state is BuildState.SUCCEEDED, text_of(run)
    engine = wasmtime.Engine()
    made = wasmtime.component.Component(engine, source.artifact.read_bytes())
    assert "torvyn:filtering/router@0.1.0" in made.type.exports(engine)


def test_zig_source_is_built_into_a_component(directory: Path) -> None:
    needs_zig()
    (directory / "wit").mkdir()
    (directory / "wit" / "w.wit").write_text(
        "package my:thing;\nworld mine { export answer: func() -> u32; }\n"
    )
    (directory / "main.zig").write_text("export fn answer() u32 {\n    return 42;\n}\n")
    run, result = build(component(directory, language="zig"))
    assert result.state is BuildState.SUCCEEDED, text_of(run)


def test_errors_of_the_c_compiler_are_placed(directory: Path) -> None:
    needs_zig()
    (directory / "router.c").write_text("int f(void) {\n    return nope;\n}\n")
    source = component(
        directory, language="c", interface="torvyn:filtering/router", wit_packages=PACKAGES
    )
    _, result = build(source)
    problem = result.problems[0]
    assert (problem.file, problem.line, problem.column) == (str(directory / "router.c"), 2, 12)


def test_errors_of_rustc_are_placed(directory: Path) -> None:
    cargo = shutil.which("cargo")
    if cargo is None:
        pytest.skip("cargo is not installed")
    (directory / "src").mkdir()
    (directory / "src" / "lib.rs").write_text('pub fn f() -> u32 {\n    "x"\n}\n')
    (directory / "Cargo.toml").write_text(
        '[package]\nname = "router"\nversion = "0.1.0"\nedition = "2021"\n[workspace]\n'
    )
    _, result = build(component(directory, build_command="cargo check --offline"))
    problem = result.problems[0]
    assert (problem.file, problem.line) == (str(directory / "src" / "lib.rs"), 2)
    assert "mismatched types" in problem.message


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie whom nobody reaps is dead all the same.
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


def test_a_python_build_says_in_one_sentence_what_its_sources_lack(
    directory: Path, tmp_path: Path
) -> None:
    """By a program that ends as componentize-py 0.25 does."""
    said = (
        "Traceback (most recent call last):\\n"
        '  File "/tools/bin/componentize-py", line 8, in <module>\\n'
        "    sys.exit(script())\\n"
        "AssertionError: AttributeError: module \\'app\\' has no attribute \\'Processor\\'\\n"
    )
    tool = tmp_path / "bin" / "componentize-py"
    tool.parent.mkdir()
    tool.write_text(f"#!{sys.executable}\nimport sys\nprint('{said}')\nsys.exit(1)\n")
    tool.chmod(0o755)
    (directory / "app.py").write_text("")
    source = replace(
        component(directory, language="python"),
        build_command=None,
        interface="torvyn:streaming/processor",
        wit_packages=PACKAGES,
    )
    plan = plan_build(source, Toolchain({"PATH": f"{tool.parent}:{os.environ['PATH']}"}))
    assert isinstance(plan, BuildPlan)
    run = BuildRun(plan)
    run.start()
    result = run.wait(DEADLINE_S)
    assert result is not None
    (problem,) = result.problems
    assert problem.message == "AttributeError: module 'app' has no attribute 'Processor'"
    assert problem.help == (
        "For torvyn:streaming/processor the component needs "
        "class Processor with process(self, input)."
    )
