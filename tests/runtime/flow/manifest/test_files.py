from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from runtime.flow.link import check_manifest
from runtime.flow.manifest.manifest_file import load_manifest
from runtime.flow.manifest.source_text import MAX_MANIFEST_BYTES
from runtime.model.errors import Diagnostic, Severity, StudioError
from tests.support.flow_manifests import EDGE, NODES, PROJECT, check, place


def only(path: Path) -> Diagnostic:
    result = check_manifest(path)
    assert result.manifest is None
    (item,) = result.diagnostics
    assert item.severity is Severity.ERROR
    assert item.help
    assert item.file == str(path)
    with pytest.raises(StudioError):
        load_manifest(path)
    return item


def test_a_missing_file_is_one_problem(tmp_path: Path) -> None:
    assert only(tmp_path / "Torvyn.toml").code == "E0700"


def test_a_folder_is_one_problem_that_names_the_manifest_in_it(tmp_path: Path) -> None:
    assert only(tmp_path).code == "E0001"
    (tmp_path / "Torvyn.toml").write_text("")
    assert str(tmp_path / "Torvyn.toml") in only(tmp_path).help


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n"])
def test_an_empty_file_is_one_problem(tmp_path: Path, text: str) -> None:
    path = tmp_path / "Torvyn.toml"
    path.write_text(text)
    item = only(path)
    assert (item.code, item.line, item.column) == ("E0702", 1, 1)
    assert "empty" in item.message


def test_a_huge_file_is_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "Torvyn.toml"
    path.write_bytes(b"#" * (10 * 1024 * 1024))
    item = only(path)
    assert item.code == "E0001"
    assert "256 KiB" in item.message
    path.write_bytes(b"a = 1\n" + b"#" * (MAX_MANIFEST_BYTES - 6))
    assert check_manifest(path).manifest is not None


def test_bytes_that_are_not_utf8_are_one_problem_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "Torvyn.toml"
    path.write_bytes(b'[torvyn]\nname = "\xff"\n')
    assert place(only(path)) == ("E0701", "TomlSyntax", 2, 9, None)


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    path = tmp_path / "Torvyn.toml"
    os.mkfifo(path)
    assert only(path).code == "E0001"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "Torvyn.toml"
    path.write_text(PROJECT)
    path.chmod(0)
    assert only(path).code == "E0001"


@pytest.mark.parametrize("name", ["x\0y", "x" * 5000])
def test_names_no_file_can_have_are_one_problem(name: str) -> None:
    result = check_manifest(Path(name))
    assert [item.code for item in result.diagnostics] == ["E0001"]


def test_control_codes_of_the_manifest_reach_no_terminal(tmp_path: Path) -> None:
    text = PROJECT + '"\\u001b[31m\\u202e" = 1\n' + NODES + EDGE
    for item in check(tmp_path, text).diagnostics:
        assert item.render().replace("\n", "").isprintable()
        json.dumps([item.message, item.key])


@pytest.mark.parametrize(
    ("data", "kind", "verb"),
    [
        (b"\0asm\x0d\0\1\0\x9e", "WebAssembly", "inspect"),
        (b'{"type":"header","format":1}\n', "recording", "replay"),
        (b'\xef\xbb\xbf{"type":"header"}\n' + b" " * MAX_MANIFEST_BYTES, "recording", "replay"),
    ],
)
def test_other_files_are_told_with_the_verb_that_takes_them(
    tmp_path: Path, data: bytes, kind: str, verb: str
) -> None:
    path = tmp_path / "a.file"
    path.write_bytes(data)
    item = only(path)
    assert (item.code, item.line) == ("E0701", None)
    assert kind in item.message
    assert f"torvyn-studio {verb} {path}" in item.help
