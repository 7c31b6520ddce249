"""The user's own folders, also of a user who has none."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from runtime.build.toolchain import Toolchain
from runtime.model.files.crash_log import write_crash_log
from runtime.model.files.user_folders import home_folder, typed_path, user_folder
from runtime.opening.trust.trust_store import TrustStore
from workbench.settings.config_file import Config, read_config

KINDS = get_args(get_type_hints(user_folder)["kind"])


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whom no file names, and without HOME, as a container has them."""

    def unknown(_: object) -> None:
        raise KeyError("uid not found")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(pwd, "getpwnam", unknown)
    for name in list(os.environ):
        if name == "HOME" or name.startswith("XDG_"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_folder_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    for name in ("CACHE", "CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    found = user_folder(kind)  # type: ignore[arg-type]
    assert found.is_relative_to(tmp_path)
    assert "torvyn-studio" in found.parts


@pytest.mark.usefixtures("nobody")
def test_who_has_no_home_has_folders_that_are_not_there() -> None:
    folders = {user_folder(kind) for kind in KINDS}
    assert len(folders) == len(KINDS)
    assert not any(folder.exists() for folder in folders)
    assert read_config() == Config()
    assert TrustStore("a project").find("key") is None
    assert Toolchain({}).cargo_home() == home_folder() / ".cargo"
    if os.geteuid():  # root may make it
        assert write_crash_log(ValueError("lost")) is None


@pytest.mark.usefixtures("nobody")
def test_the_home_of_nobody_is_a_name_like_others() -> None:
    assert typed_path("~nobody-at-all/a") == Path("~nobody-at-all/a")
    assert typed_path("~/a") == Path("~/a")


def test_a_typed_path_begins_in_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/of/someone")
    assert typed_path("~/a b") == Path("/home/of/someone/a b")
