"""`torvyn-studio build` as a user types it, with real commands."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

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
from tests.support.command_server import run, studio_process
from tests.support.flow_manifests import PROJECT

ROOT = Path(__file__).resolve().parents[4]
SAMPLE = ROOT / "sample_flows" / "fan-out" / "Torvyn.toml"
DIGEST = hashlib.sha256(COMPONENT).hexdigest()


def studio(
    *arguments: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    ended = run(("build", *arguments), cwd, env=env)
    done = subprocess.CompletedProcess(
        ended.args, ended.returncode, ended.stdout.decode(), ended.stderr.decode()
    )
    assert "Traceback" not in done.stderr
    return done


class Running:
    """A command at work; what it wrote so far can be read."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.out: list[str] = []
        self.talk: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=pair, daemon=True)
            for pair in ((process.stdout, self.out), (process.stderr, self.talk))
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _read(stream: Iterator[str], lines: list[str]) -> None:
        lines.extend(line.rstrip("\n") for line in stream)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE_SECONDS)
        for reader in self._readers:
            reader.join(PATIENCE_SECONDS)
        assert not [line for line in self.talk if "Traceback" in line]
        return code


@contextmanager
def started(*arguments: str | Path) -> Iterator[Running]:
    pipes = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    with studio_process("build", *arguments, text=True, **pipes) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


def test_components_are_built_in_order_with_a_line_for_each(tmp_path: Path) -> None:
    project(tmp_path, {"b": f"print('compiling b')\n{MAKES_IT}", "a": MAKES_IT})
    done = studio(cwd=tmp_path)
    assert done.returncode == 0
    made = f"({len(COMPONENT)} bytes, {DIGEST[:6]}…, changed)"
    assert done.stdout.splitlines() == [
        f"built b: .torvyn/build/b.wasm {made}",
        f"built a: .torvyn/build/a.wasm {made}",
    ]
    assert "compiling b" in done.stderr.splitlines()
    assert done.stderr.splitlines()[-1] == "2 of 2 components built"
    assert ", unchanged)" in studio("--component", "a", cwd=tmp_path).stdout


def test_one_component_is_built_by_name_from_anywhere(tmp_path: Path) -> None:
    manifest = project(tmp_path, {"a": MAKES_IT, "b": MAKES_IT})
    done = studio(tmp_path, "--component", "b")
    assert done.returncode == 0
    assert done.stdout.startswith(f"built b: {artifact(manifest, 'b')} (")
    assert not artifact(manifest, "a").exists()


def test_several_components_are_built_by_name(tmp_path: Path) -> None:
    manifest = project(tmp_path, {"a": MAKES_IT, "b": MAKES_IT, "c": MAKES_IT})
    done = studio(tmp_path, "--component", "c", "--component", "a")
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["built a", "built c"]
    assert not artifact(manifest, "b").exists()
    done = studio(tmp_path, "--component", "x", "--component", "a", "--component", "y")
    assert done.returncode == 2
    assert done.stderr.count("error[E0990]") == 2


def test_builds_at_once_are_told_one_after_the_other_in_the_manifests_order(
    tmp_path: Path,
) -> None:
    """`b` is through before `a` goes on; its output comes after that of `a` all the same."""
    a = f"{meets('a', 'b')}print('from a')\n{MAKES_IT}"
    b = f"print('from b', flush=True)\n{MAKES_IT}{meets('b')}"
    project(tmp_path, {"a": a, "b": b})
    done = studio(tmp_path, "--jobs", "2")
    assert done.returncode == 0
    talk = [line for line in done.stderr.splitlines() if line.startswith("from ")]
    assert talk == ["from a", "from b"]
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["built a", "built b"]


def test_an_interrupt_ends_builds_at_once(tmp_path: Path) -> None:
    project(tmp_path, {"a": FAMILY, "b": FAMILY, "c": MAKES_IT})
    running_b = tmp_path / "b" / "running"
    (tmp_path / "b" / "build.py").write_text(f"open('running', 'w').close()\n{FAMILY}")
    with started(tmp_path, "--json", "--jobs", "2") as running:
        wait_until(lambda: len(told_processes("\n".join(running.talk))) == 2)
        wait_until(running_b.exists)
        assert running.end() == 130
    family = told_processes("\n".join(running.talk))
    wait_until(lambda: not any(alive(process) for process in family))
    *outcomes, summary = (json.loads(line) for line in running.out)
    assert [(item["component"], item["state"]) for item in outcomes] == [
        ("a", "cancelled"), ("b", "cancelled"),
    ]  # fmt: skip
    assert (summary["built"], summary["exit_code"]) == (0, 130)


def test_an_unknown_component_exits_2_and_names_the_nearest(tmp_path: Path) -> None:
    manifest = project(tmp_path, {"event-router": MAKES_IT})
    done = studio(manifest, "--component", "event-ruoter")
    assert (done.returncode, done.stdout) == (2, "")
    assert "error[E0990] ComponentReference: there is no component 'event-ruoter'" in done.stderr
    assert "did you mean 'event-router'?" in done.stderr


@pytest.mark.parametrize("arguments", [["flow.main"], ["--component"], ["a.toml", "b.toml"]])
def test_wrong_arguments_exit_2(arguments: list[str]) -> None:
    done = studio(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip()


def test_a_bad_manifest_exits_2_with_every_problem(tmp_path: Path) -> None:
    text = '[[component]]\nname = "a"\n[[component]]\npath = "x"\nlanguage = "cobol"\n'
    (tmp_path / "Torvyn.toml").write_text(PROJECT + text)
    done = studio(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("error[") == 3
    missing = studio(tmp_path / "none.toml")
    assert missing.returncode == 2
    assert "error[E0700]" in missing.stderr


def test_a_component_without_its_folder_exits_2(tmp_path: Path) -> None:
    text = '[[component]]\nname = "a"\npath = "nowhere"\n'
    (tmp_path / "Torvyn.toml").write_text(PROJECT + text)
    done = studio(tmp_path)
    assert (done.returncode, done.stdout) == (2, "not built a: 1 error\n")
    assert "error[E0700] FileNotFound" in done.stderr


def test_a_manifest_without_components_has_nothing_to_build(tmp_path: Path) -> None:
    (tmp_path / "Torvyn.toml").write_text(PROJECT)
    done = studio(tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing to build" in done.stderr


def test_a_failing_build_exits_1_with_file_and_line_and_keeps_what_was_built(
    tmp_path: Path,
) -> None:
    failing = "import sys\nprint('src/lib.rs:3:4: error: no such thing')\nsys.exit(2)"
    manifest = project(tmp_path, {"a": failing, "b": MAKES_IT})
    artifact(manifest, "a").parent.mkdir(parents=True)
    artifact(manifest, "a").write_bytes(COMPONENT)
    done = studio(tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "failed a: 1 error"
    assert done.stdout.splitlines()[1].startswith("built b: ")
    assert "error[E0204] CompilationFailed: no such thing" in done.stderr
    assert f"  --> {tmp_path.resolve() / 'a' / 'src' / 'lib.rs'}:3:4" in done.stderr
    assert "1 of 2 components built" in done.stderr
    assert artifact(manifest, "a").read_bytes() == COMPONENT


def test_a_quiet_build_tells_what_the_tools_wrote_only_when_it_fails(tmp_path: Path) -> None:
    failing = "import sys\nprint('what went wrong')\nsys.exit(2)"
    project(tmp_path, {"a": f"print('compiling a')\n{MAKES_IT}", "b": failing})
    done = studio(tmp_path, "-q")
    assert done.returncode == 1
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["built a", "failed b"]
    assert "compiling a" not in done.stderr
    assert "what went wrong" in done.stderr.splitlines()
    assert "components built" not in done.stderr
    assert studio(tmp_path, "-q", "--component", "a").stderr == ""


def test_a_missing_tool_exits_3_and_is_told_once_for_all_that_lack_it(tmp_path: Path) -> None:
    text = "".join(
        f'[[component]]\nname = "{name}"\npath = "."\nbuild_command = "wkg-of-nobody get"\n'
        for name in ("a", "b")
    )
    (tmp_path / "Torvyn.toml").write_text(PROJECT + text)
    done = studio(tmp_path)
    assert done.returncode == 3
    assert done.stdout.splitlines() == [
        "not built a: a tool is missing",
        "not built b: a tool is missing",
    ]
    assert done.stderr.count("error[E0010] ToolchainMissing: `wkg-of-nobody` is needed") == 1


def test_a_tool_that_a_build_misses_exits_3_and_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "make.sh").write_text("wasm-tools-of-nobody component new\n")
    text = '[[component]]\nname = "a"\npath = "."\nbuild_command = "sh make.sh"\n'
    (tmp_path / "Torvyn.toml").write_text(PROJECT + text)
    done = studio(tmp_path)
    assert (done.returncode, done.stdout) == (3, "not built a: a tool is missing\n")
    assert done.stderr.count("error[E0010]") == 1


def test_the_sample_is_built_or_says_which_target_to_install(tmp_path: Path) -> None:
    """Without rustc and its wasm32-wasip2 target nothing is touched, and the help says why."""
    empty = tmp_path / "bin"
    empty.mkdir()
    rustc = empty / "rustc"
    rustc.write_text('#!/bin/sh\n[ "$1" = --print ] && echo /nowhere/wasm32-wasip2/lib\n')
    cargo = empty / "cargo"
    cargo.write_text("#!/bin/sh\nexit 1\n")
    for tool in (rustc, cargo, empty / "rustup"):
        tool.touch()
        tool.chmod(0o755)
    before = {path: path.stat().st_mtime_ns for path in (SAMPLE.parent / ".torvyn").rglob("*")}
    done = studio(SAMPLE, env={"PATH": str(empty), "CARGO_HOME": str(tmp_path)})
    assert done.returncode == 3
    assert done.stderr.count("rustup target add wasm32-wasip2") == 1
    assert done.stdout.count("a tool is missing") == 6
    after = {path: path.stat().st_mtime_ns for path in (SAMPLE.parent / ".torvyn").rglob("*")}
    assert after == before


def test_json_is_one_object_a_line_and_ends_with_the_summary(tmp_path: Path) -> None:
    failing = "print('lib.rs:3:4: error: no')\nraise SystemExit(2)"
    manifest = project(tmp_path, {"a": f"print('noise')\n{MAKES_IT}", "b": failing})
    done = studio(tmp_path, "--json")
    assert done.returncode == 1
    a, b, summary = (json.loads(line) for line in done.stdout.splitlines())
    assert a.pop("duration_secs") > 0
    assert a == {
        "type": "build",
        "component": "a",
        "state": "built",
        "exit_code": 0,
        "artifact": str(artifact(manifest, "a")),
        "digest": DIGEST,
        "size": len(COMPONENT),
        "changed": True,
        "problems": [],
    }
    assert (b["state"], b["exit_code"], b["artifact"]) == ("failed", 1, None)
    (problem,) = b["problems"]
    assert (problem["code"], problem["line"], problem["column"]) == ("E0204", 3, 4)
    assert summary == {"type": "summary", "built": 1, "asked": 2, "exit_code": 1}
    assert "noise" in done.stderr


@pytest.mark.parametrize(("flags", "profile"), [([], "release"), (["--debug"], "debug")])
def test_debug_builds_without_optimization(tmp_path: Path, flags: list[str], profile: str) -> None:
    """By what cargo is told; cargo itself is a script that notes its arguments."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "cargo").write_text(
        f"#!{sys.executable}\nimport pathlib, sys\nprint('cargo', *sys.argv[1:])\n"
        "kind = 'release' if '--release' in sys.argv else 'debug'\n"
        "out = pathlib.Path('target/wasm32-wasip1') / kind\nout.mkdir(parents=True)\n"
        f"(out / 'a.wasm').write_bytes({COMPONENT!r} + kind.encode())\n"
    )
    (bin_ / "cargo-component").write_text("")
    for tool in bin_.iterdir():
        tool.chmod(0o755)
    (tmp_path / "a").mkdir()
    (tmp_path / "Torvyn.toml").write_text(PROJECT + '[[component]]\nname = "a"\npath = "a"\n')
    path = f"{bin_}:{os.environ['PATH']}"
    done = studio(tmp_path, *flags, env=os.environ | {"PATH": path})
    assert "cargo component build --target wasm32-wasip1" in done.stderr
    assert ("--release" in done.stderr) == (profile == "release")


def test_what_a_build_prints_cannot_drive_the_terminal(tmp_path: Path) -> None:
    project(tmp_path, {"a": "print('\\x1b]0;title\\x07a.rs:1:2: error: \\x1b[31mred')\nexit(1)"})
    done = studio(tmp_path)
    assert "\x1b" not in done.stderr + done.stdout
    assert "error[E0204] CompilationFailed: red" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_ending_signal_ends_the_whole_family_and_is_the_exit_code(
    tmp_path: Path, number: signal.Signals
) -> None:
    project(tmp_path, {"a": MAKES_IT, "b": FAMILY, "c": "open('ran', 'w')"})
    with started(tmp_path, "--json", "--jobs", "1") as running:
        wait_until(lambda: len(told_processes("\n".join(running.talk))) == 2)
        family = told_processes("\n".join(running.talk))
        assert all(alive(process) for process in family)
        assert running.end(number) == 128 + number
    wait_until(lambda: not any(alive(process) for process in family))
    assert not (tmp_path / "c" / "ran").exists()
    a, b, summary = (json.loads(line) for line in running.out)
    assert (a["state"], b["state"]) == ("built", "cancelled")
    assert summary == {"type": "summary", "built": 1, "asked": 3, "exit_code": 128 + number}


# ---- --watch-sources

COUNTS = "open('runs.tmp', 'a').write('.')\n"
"""A build that says how often it ran, in a file that is no source."""


def runs(folder: Path) -> int:
    try:
        return len((folder / "runs.tmp").read_text())
    except FileNotFoundError:
        return 0


def write(path: Path, text: str) -> None:
    """As editors do: never half of it."""
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(text)
    unfinished.replace(path)


def test_watching_builds_what_changes_and_nothing_else(tmp_path: Path) -> None:
    project(tmp_path, {"a": COUNTS + MAKES_IT, "b": COUNTS + MAKES_IT})
    a, b = tmp_path / "a", tmp_path / "b"
    with started(tmp_path, "--watch-sources") as running:
        wait_until(lambda: "2 of 2 components built" in running.talk)
        write(a / "lib.rs", "fn one() {}")
        wait_until(lambda: len(running.out) == 3)
        (a / "out.wasm").unlink()
        write(b / "lib.rs", "fn two() {}")
        wait_until(lambda: len(running.out) == 4)
        write(b / "build.py", COUNTS + "print('b.rs:7:1: error: bad'); exit(1)")
        wait_until(lambda: "failed b: 1 error" in running.out)
        write(b / "build.py", COUNTS + MAKES_IT)
        wait_until(lambda: len(running.out) == 6)
        assert running.end() == 130
    assert (runs(a), runs(b)) == (2, 4)
    assert [line.split(":")[0] for line in running.out] == [
        "built a", "built b", "built a", "built b", "failed b", "built b",
    ]  # fmt: skip


def test_watching_follows_sources_outside_the_components_folder(tmp_path: Path) -> None:
    project(tmp_path, {"a": COUNTS + MAKES_IT, "b": COUNTS + MAKES_IT})
    a, b = tmp_path / "a", tmp_path / "b"
    shared = tmp_path / "shared"
    shared.mkdir()
    for name in ("frame.h", "bytes.h"):
        (shared / name).write_text("int one;")
    write(a / "main.c", '#include "../shared/frame.h"\n')
    with started(tmp_path, "--watch-sources") as running:
        wait_until(lambda: "2 of 2 components built" in running.talk)
        write(shared / "bytes.h", "int not_named;")
        write(shared / "frame.h", '#include "bytes.h"\n')
        wait_until(lambda: runs(a) == 2)
        wait_until(lambda: len(running.out) == 3)
        write(shared / "bytes.h", "int named_now;")
        wait_until(lambda: len(running.out) == 4)
        (shared / "bytes.h").unlink()
        wait_until(lambda: len(running.out) == 5)
        write(shared / "bytes.h", "int put_back;")
        wait_until(lambda: len(running.out) == 6)
        assert running.end() == 130
    assert (runs(a), runs(b)) == (5, 1)


def test_what_is_included_by_an_edit_during_a_build_is_watched_too(tmp_path: Path) -> None:
    line = '#include "../bytes.h"'
    edits = f"open('main.c', 'w').write({line!r})\n"
    project(tmp_path, {"a": COUNTS + edits + MAKES_IT})
    write(tmp_path / "bytes.h", "int one;")
    with started(tmp_path, "--watch-sources") as running:
        wait_until(lambda: len(running.out) == 2)
        write(tmp_path / "bytes.h", "int two;")
        wait_until(lambda: len(running.out) == 3)
        assert running.end() == 130


def test_builds_that_change_their_own_sources_end(tmp_path: Path) -> None:
    generates = COUNTS + "import time; open('made.rs', 'w').write(str(time.time_ns()))\n"
    project(tmp_path, {"a": generates + MAKES_IT})
    folder = tmp_path / "a"
    with started(tmp_path, "--watch-sources") as running:
        wait_until(lambda: any("builds change their own sources" in line for line in running.talk))
        assert runs(folder) == 4
        write(folder / "lib.rs", "fn one() {}")
        wait_until(lambda: runs(folder) == 5)
        wait_until(lambda: len(running.out) == 5)
        write(folder / "lib.rs", "fn two() {}")
        wait_until(lambda: len(running.out) == 6)
        assert running.end() == 130
    assert runs(folder) == 6


def test_builds_that_write_another_file_each_time_end(tmp_path: Path) -> None:
    writes = COUNTS + "import time; open(f'made-{time.time_ns()}.rs', 'w').close()\n"
    project(tmp_path, {"a": writes + MAKES_IT})
    with started(tmp_path, "--watch-sources") as running:
        wait_until(lambda: any("changed during every build" in line for line in running.talk))
        ended_after = runs(tmp_path / "a")
        write(tmp_path / "a" / "build.py", COUNTS + MAKES_IT)
        wait_until(lambda: runs(tmp_path / "a") > ended_after)
        assert running.end() == 130
    assert (ended_after, runs(tmp_path / "a")) == (16, 17)


def test_edits_of_several_files_during_builds_are_built(tmp_path: Path) -> None:
    """More of them in a row than the trigger follows up."""
    script = f"""
import time
def text(): return open('one.rs').read() + open('two.rs').read()
began = text()
open('seen.tmp', 'w').write(began)
while '6' not in began and text() == began: time.sleep(0.01)
{MAKES_IT}"""
    project(tmp_path, {"a": script})
    folder = tmp_path / "a"
    files = [folder / "one.rs", folder / "two.rs"]
    for file in files:
        file.write_text("0")
    expected = ["00", "10", "12", "32", "34", "54", "56"]

    def is_building(text: str) -> bool:
        return (folder / "seen.tmp").exists() and (folder / "seen.tmp").read_text() == text

    with started(tmp_path, "--watch-sources") as running:
        for number, text in enumerate(expected[:-1]):
            wait_until(partial(is_building, text))
            write(files[number % 2], str(number + 1))
        wait_until(lambda: len(running.out) == len(expected))
        assert running.end() == 130
    assert is_building(expected[-1])


def test_components_that_write_into_each_others_folders_do_not_build_for_ever(
    tmp_path: Path,
) -> None:
    writes = COUNTS + "import time; open('../{}/made.rs', 'w').write(str(time.time_ns()))\n"
    project(tmp_path, {"a": writes.format("b") + MAKES_IT, "b": writes.format("a") + MAKES_IT})
    a, b = tmp_path / "a", tmp_path / "b"
    with started(tmp_path, "--watch-sources") as running:
        wait_until(lambda: any("builds change their own sources" in line for line in running.talk))
        write(a / "lib.rs", "fn one() {}")
        wait_until(lambda: runs(a) == 5)
        write(b / "lib.rs", "fn one() {}")
        wait_until(lambda: runs(b) == 5 and len(running.out) == 10)
        assert running.end() == 130
    assert (runs(a), runs(b)) == (5, 5)


def test_watching_reads_the_manifest_again(tmp_path: Path) -> None:
    manifest = project(tmp_path, {"a": COUNTS + MAKES_IT})
    good = manifest.read_text()
    with started(tmp_path, "--watch-sources") as running:
        wait_until(lambda: len(running.out) == 1)
        write(manifest, good + "[build")
        wait_until(lambda: any("error[E0701]" in line for line in running.talk))
        project(tmp_path, {"a": COUNTS + MAKES_IT, "b": COUNTS + MAKES_IT})
        wait_until(lambda: runs(tmp_path / "b") == 1 and len(running.out) == 2)
        write(tmp_path / "b" / "lib.rs", "fn one() {}")
        wait_until(lambda: runs(tmp_path / "b") == 2 and len(running.out) == 3)
        assert runs(tmp_path / "a") == 1
        write(tmp_path / "a" / "lib.rs", "fn with_the_manifest() {}")
        write(manifest, good)
        wait_until(lambda: runs(tmp_path / "a") == 2 and len(running.out) == 4)
        assert running.end() == 130
    assert (runs(tmp_path / "a"), runs(tmp_path / "b")) == (2, 2)


def test_watching_a_bad_manifest_exits_2(tmp_path: Path) -> None:
    (tmp_path / "Torvyn.toml").write_text("[[component")
    assert studio(tmp_path, "--watch-sources").returncode == 2
