"""Files that are read are never written over, whatever `--overwrite` says."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from workbench.verbs.opening import open as opening
from workbench.verbs.options.overwrite_flag import require_unread
from workbench.verbs.recordings import golden_test, replay, trace

VERBS = {"open": opening, "replay": replay, "test": golden_test, "trace": trace}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("a.rec", "a.toml", "Torvyn.toml", "new"):
        (tmp_path / name).write_text("precious")
    (tmp_path / "link").symlink_to("a.rec")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a.toml", "a.toml"),
        ("link", "a.rec"),
        ("a.rec", "link"),
        ("a.rec", "source=./a.rec"),
        ("Torvyn.toml", "."),
        ("Torvyn.toml", None),
    ],
)
def test_a_file_that_is_read_is_refused_by_any_name(written: str, read: str | None) -> None:
    with pytest.raises(click.UsageError, match=f"{written} is read here, and would be lost"):
        require_unread((None, Path(written)), ("flow.main", read))


def test_other_files_pass() -> None:
    require_unread((Path("new"), Path("not-there"), Path(), None), ("a.rec", "", "a\0b", None))


@pytest.mark.parametrize(
    "line",
    [
        "trace a.rec -o a.rec",
        "trace --input a.rec -o link",
        "replay a.rec --expect --junit link",
        "replay a.rec a.toml --update -o a.toml",
        "test a.rec --junit a.rec",
        "open a.toml --record a.toml",
        "open --replay a.rec --record link",
    ],
)
def test_verbs_refuse_it_before_they_begin(folder: Path, line: str) -> None:
    verb, *arguments = line.split()
    done = CliRunner().invoke(VERBS[verb].command, [*arguments, "--overwrite"])
    assert done.exit_code == 2
    assert "is read here, and would be lost: write another file" in done.output
    assert {path.read_text() for path in folder.iterdir()} == {"precious"}
