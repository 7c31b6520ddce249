"""Error rules as they are written, and the settings file of a project that holds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.flow.error_rules import parse_error_rule
from runtime.flow.studio_settings import SETTINGS_FILE
from runtime.model.errors import StudioError
from runtime.model.linked import ErrorPolicy, ErrorRule
from runtime.opening.open import open_flow
from tests.support.studio_projects import pair, sink


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("skip", ErrorRule(ErrorPolicy.SKIP)),
        ("stop", ErrorRule(ErrorPolicy.STOP)),
        (" fail ", ErrorRule(ErrorPolicy.FAIL)),
        ("retry", ErrorRule(ErrorPolicy.RETRY, 3, 10)),
        ("retry(5)", ErrorRule(ErrorPolicy.RETRY, 5, 10)),
        ("retry( 5 , 200ms )", ErrorRule(ErrorPolicy.RETRY, 5, 200)),
        ("retry(1, 2s)", ErrorRule(ErrorPolicy.RETRY, 1, 2_000)),
        ("retry(1, 0ms)", ErrorRule(ErrorPolicy.RETRY, 1, 0)),
    ],
)
def test_a_rule_is_read(text: str, rule: ErrorRule) -> None:
    assert parse_error_rule(text) == rule


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is no error policy"),
        ("ignore", "write skip, stop"),
        ("retry()", "write skip, stop"),
        ("retry(0)", "1 try or more"),
        ("retry(2, 11s)", "10 s at most"),
        ("retry(-1)", "write skip, stop"),
    ],
)
def test_anything_else_is_refused_with_what_is_accepted(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_error_rule(text)


def settings(folder: Path, text: str) -> Path:
    manifest = pair(folder, sink())
    path = folder / SETTINGS_FILE
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return manifest


def test_rules_come_from_the_settings_of_the_project(tmp_path: Path) -> None:
    manifest = settings(tmp_path, '[flow.main.on_error]\nsink = "retry(2, 50ms)"\n')
    assert open_flow(manifest).node_rules == (("sink", ErrorRule(ErrorPolicy.RETRY, 2, 50)),)


def test_without_a_file_no_node_has_a_rule(tmp_path: Path) -> None:
    assert open_flow(pair(tmp_path, sink())).node_rules == ()


def test_all_that_is_wrong_with_the_settings_is_told_with_its_place(tmp_path: Path) -> None:
    text = (
        '[flow.main.on_error]\nsnk = "skip"\nsink = "ignore"\n'
        '[flow.man.on_error]\nsink = "skip"\n[flows]\n'
    )
    manifest = settings(tmp_path, text)
    with pytest.raises(StudioError) as raised:
        open_flow(manifest)
    found = [(item.line, item.key) for item in raised.value.diagnostics]
    assert found == [
        (2, "flow.main.on_error.snk"),
        (3, "flow.main.on_error.sink"),
        (4, "flow.man"),
        (6, "flows"),
    ]
    assert all(str(SETTINGS_FILE) in str(item.file) for item in raised.value.diagnostics)
    words = str(raised.value)
    assert "did you mean 'sink'?" in words
    assert "did you mean 'main'?" in words


@pytest.mark.parametrize("text", ["[flow", "flow = 1", "\0"])
def test_settings_that_are_no_settings_are_an_error_of_that_file(tmp_path: Path, text: str) -> None:
    manifest = settings(tmp_path, text)
    with pytest.raises(StudioError) as raised:
        open_flow(manifest)
    assert all(str(SETTINGS_FILE) in str(item.file) for item in raised.value.diagnostics)


def test_settings_that_cannot_be_read_are_an_error(tmp_path: Path) -> None:
    manifest = pair(tmp_path, sink())
    (tmp_path / SETTINGS_FILE).mkdir(parents=True)
    with pytest.raises(StudioError, match="settings cannot be read"):
        open_flow(manifest)
