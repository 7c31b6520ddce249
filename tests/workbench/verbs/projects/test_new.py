"""The verbs `new`, `init` and `wit`, and words that are no verbs."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.model.errors import ExitCode
from workbench.cli import main


def test_new_says_what_to_type_next_and_check_finds_only_that_nothing_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "shop", "--language", "javascript"]) == ExitCode.OK
    told = capsys.readouterr()
    assert told.out == "cd shop\nnpm install\ntorvyn-studio build\ntorvyn-studio\n"
    assert "Made shop with" in told.err
    monkeypatch.chdir("shop")
    assert main(["check"]) == ExitCode.BAD_INPUT
    told = capsys.readouterr()
    assert told.err.count("is not built; looked at") == 3
    assert "3 errors" in told.err


def test_init_is_new_and_a_component_is_added_to_the_project_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "shop"
    assert main(["init", str(folder), "--language", "c"]) == ExitCode.OK
    words = ["--component", "enrich", "--role", "processor", "--language", "c"]
    capsys.readouterr()
    assert main(["new", str(folder), *words, "--after", "source"]) == ExitCode.OK
    told = capsys.readouterr()
    assert "Node 'enrich' of flow 'main': between source and processor" in told.err
    assert told.out.endswith("--component enrich\n")
    assert (folder / "components" / "enrich" / "enrich.c").is_file()
    assert main(["new", str(folder), *words]) == ExitCode.BAD_INPUT
    assert "there is a component 'enrich' already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["new"], "name the folder of the new project"),
        (["new", "a", "b"], "name the folder of the new project"),
        (["new", "a", "--role", "sink"], "say where a --component NAME goes"),
        (["new", "--component", "x"], "say what 'x' does with --role: source, processor"),
        (["new", "a", "--language", "cobol"], "is not one of"),
        (["new", "a", "--language", "go"], "there is no template for Go: TinyGo"),
        (["wit", "--world", "sinc"], "the worlds are"),
        (["chekc"], "there is no verb and no file 'chekc'; did you mean 'check'?"),
        (["frobnicate", "x"], "there is no verb and no file 'frobnicate'; the verbs are: "),
    ],
)
def test_wrong_words_are_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    why: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == ExitCode.BAD_INPUT
    assert why in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_named_like_no_verb_is_a_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("chekc").write_text("")
    assert main(["chekc"]) == ExitCode.BAD_INPUT
    assert "the manifest is empty" in capsys.readouterr().err
    assert main(["chekc.toml"]) == ExitCode.BAD_INPUT
    assert "there is no file chekc.toml" in capsys.readouterr().err


def test_wit_prints_one_text_and_writes_files_with_what_they_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["wit", "--world", "content-router"]) == ExitCode.OK
    text = capsys.readouterr().out
    assert "package torvyn:streaming@0.1.0 {" in text
    assert "package torvyn:aggregation" not in text
    folder = tmp_path / "wit"
    assert main(["wit", str(folder), "--world", "content-router"]) == ExitCode.OK
    assert (folder / "router.wit").is_file()
    assert (folder / "deps" / "torvyn-streaming" / "types.wit").is_file()
    capsys.readouterr()
    assert main(["wit", str(folder), "--world", "content-router"]) == ExitCode.OK
    assert "0 files written" in capsys.readouterr().err
