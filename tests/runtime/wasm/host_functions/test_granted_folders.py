"""A granted folder is the one that was looked at, whatever became of its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.flow.reach import real_folders
from runtime.wasm.host_functions.granted_folders import FolderError, opened_folder


def test_the_folder_that_was_opened_is_given_though_its_path_is_exchanged(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "mine").write_text("")
    linked = dict(real_folders([f"filesystem:read:{inside}"]))
    with opened_folder(str(inside), linked) as given:
        inside.rename(tmp_path / "moved")
        inside.symlink_to(outside)
        assert [path.name for path in Path(given).iterdir()] == ["mine"]


def test_a_folder_that_became_a_link_since_it_was_linked_is_refused(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    linked = dict(real_folders([f"filesystem:read:{inside}"]))
    inside.rmdir()
    inside.symlink_to(outside)
    with (
        pytest.raises(
            FolderError, match=f"was {inside} when the flow was opened, and is {outside}"
        ),
        opened_folder(str(inside), linked),
    ):
        pass


@pytest.mark.parametrize("path", ["/no/such/folder", "/etc/passwd", "a\0b"])
def test_what_is_no_folder_is_refused_with_the_reason(path: str) -> None:
    with pytest.raises(FolderError, match="cannot be opened"), opened_folder(path, {}):
        pass


def test_a_relative_folder_that_is_not_there_is_told_with_the_place_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FolderError, match=f"current folder, {tmp_path}"), opened_folder("data", {}):
        pass
