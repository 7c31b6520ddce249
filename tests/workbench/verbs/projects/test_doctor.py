"""The verb `doctor`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runtime.model.errors import ExitCode
from workbench.cli import main

PROJECT = '[torvyn]\nname = "p"\nversion = "0.1.0"\ncontract_version = "0.1.0"\n'
COMPONENT = '[[component]]\nname = "a"\npath = "a"\nbuild_command = "{}"\n'


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_what_the_manifest_needs_and_lacks_makes_it_exit_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--json"]) == ExitCode.OK
    assert lines(capsys.readouterr().out)[-1] == {
        "type": "summary",
        "lacking": [],
        "exit_code": 0,
    }
    Path("Torvyn.toml").write_text(PROJECT + COMPONENT.format("no-such-program x"))
    assert main(["doctor", "--json"]) == ExitCode.ENVIRONMENT
    told = lines(capsys.readouterr().out)
    assert told[-1]["lacking"] == ["no-such-program"]
    (missing,) = (item for item in told if item.get("name") == "no-such-program")
    assert (missing["condition"], missing["needed"]) == ("missing", True)
    Path("Torvyn.toml").write_text(PROJECT + COMPONENT.format("sh x"))
    assert main(["doctor"]) == ExitCode.OK
    told_text = capsys.readouterr()
    assert "  ok sh: found, needed" in told_text.out
    assert "nothing that is needed is missing" in told_text.err


def test_every_language_and_the_machine_have_a_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["doctor"]) == ExitCode.OK
    heads = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]
    assert heads == ["machine", "rust", "python", "c", "zig", "javascript", "go"]


def test_a_bad_manifest_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "Torvyn.toml").write_text("a =")
    assert main(["doctor", str(tmp_path)]) == ExitCode.BAD_INPUT
    assert "TomlSyntax" in capsys.readouterr().err
