"""The question on the terminal."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.studio_projects import ROOT, studio
from tests.support.terminal import in_terminal


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = tmp_path / "grants"
    shutil.copytree(ROOT / "sample_flows" / "grants", made)
    return made


def test_a_yes_on_the_terminal_is_remembered_for_later_runs_without_one(folder: Path) -> None:
    with in_terminal("run", "flow.granted", folder=folder) as terminal:
        terminal.wait_for(b"[y/N]")
        assert b"granted-probe gets the whole environment" in terminal.shown
        assert b"PATH is there" not in terminal.shown
        terminal.type(b"y\n")
        assert terminal.exit_code() == 0
        assert b"PATH is there" in terminal.shown
    done = studio("run", "flow.granted", cwd=folder)
    assert done.returncode == 0
    assert b"PATH is there" in done.stdout


@pytest.mark.parametrize("answer", [b"\n", b"n\n", b"\x04", b"yes please\n"])
def test_anything_else_runs_nothing(folder: Path, answer: bytes) -> None:
    with in_terminal("run", "flow.granted", folder=folder) as terminal:
        terminal.wait_for(b"[y/N]")
        terminal.type(answer)
        assert terminal.exit_code() == 2
        assert b"you declined that" in terminal.shown
        assert b"Running flow" not in terminal.shown
    done = studio("run", "flow.granted", cwd=folder)
    assert done.returncode == 2
    assert b"you declined that" in done.stderr


def test_a_recording_gives_two_builds_no_grants_of_its_own(folder: Path) -> None:
    (wasm,) = (folder / ".torvyn" / "build").glob("print-sink.wasm")
    recording = folder / "strange.rec"
    text = (folder / "granted.rec").read_text()
    manifest = folder / "Torvyn.toml"
    manifest.write_text(
        manifest.read_text().replace('["stdio:stdout"]', '["stdio:stdout", "filesystem:write:/"]')
    )
    done = studio("record", "flow.denied", "-o", str(recording), "--trust", cwd=folder)
    assert done.returncode == 0, done.stderr
    builds = ("--node", "printer", "--old", str(wasm), "--new", str(wasm))
    done = studio("diff", str(recording), *builds, cwd=folder)
    assert done.returncode == 2
    assert b"printer may write /" in done.stderr
    assert studio("diff", str(recording), *builds, "--trust", cwd=folder).returncode == 0
    assert text == (folder / "granted.rec").read_text()
