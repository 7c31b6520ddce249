"""Files that are replaced as a whole."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from runtime.model.files.replaced_file import replace_file, staged_file


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_new_one_has_the_mode_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o640)
    replace_file(path, b"new")
    assert (path.read_bytes(), mode_of(path)) == (b"new", 0o640)
    assert list(tmp_path.iterdir()) == [path]


def test_a_private_one_is_for_the_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o644)
    replace_file(path, b"new", private=True)
    assert mode_of(path) == 0o600


@pytest.mark.parametrize("private", [False, True])
def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path: Path, private: bool) -> None:
    elsewhere, path = tmp_path / "elsewhere", tmp_path / "link"
    elsewhere.write_bytes(b"somebody's")
    path.symlink_to(elsewhere)
    replace_file(path, b"new", private=private)
    assert not path.is_symlink()
    assert (path.read_bytes(), elsewhere.read_bytes()) == (b"new", b"somebody's")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_was_there_stays_when_the_new_one_is_not_finished(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def begin() -> None:
        with staged_file(path) as staged:
            staged.write_bytes(b"half")
            raise error

    with pytest.raises(error):
        begin()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
