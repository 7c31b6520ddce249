"""The contracts, as files and as one text."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.model.errors import StudioError
from runtime.model.linked import Role
from runtime.scaffold.contracts import (
    ROLE_WORLDS,
    contract_files,
    contract_text,
    package_of,
    world_names,
)
from runtime.scaffold.new_files import write_new

WASM_TOOLS = shutil.which("wasm-tools", path=str(Path(sys.executable).parent)) or "wasm-tools"
WIT = Path(__file__).resolve().parents[3] / "wit"


def read_by_wasm_tools(path: Path) -> str:
    done = subprocess.run(
        [WASM_TOOLS, "component", "wit", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("world", [None, *world_names()])
def test_the_printed_text_is_wit(tmp_path: Path, world: str | None) -> None:
    file = tmp_path / "all.wit"
    # A file needs a package of its own before it can hold nested ones.
    file.write_text("package local:all;\n\n" + contract_text(world))
    read = read_by_wasm_tools(file)
    assert "interface types {" in read
    for name in (world,) if world else world_names():
        assert f"world {name} {{" in read


@pytest.mark.parametrize("world", world_names())
def test_the_files_of_a_world_are_a_package_with_what_it_uses(tmp_path: Path, world: str) -> None:
    write_new(tmp_path, contract_files(world))
    assert f"world {world} {{" in read_by_wasm_tools(tmp_path)


def test_every_package_stands_alone_and_every_file_is_the_original(tmp_path: Path) -> None:
    files = contract_files()
    write_new(tmp_path, files)
    for package in WIT.iterdir():
        if package.is_dir():
            read_by_wasm_tools(tmp_path / package.name)
            for file in package.iterdir():
                assert (tmp_path / package.name / file.name).read_bytes() == file.read_bytes()


def test_every_role_has_a_world_of_its_package() -> None:
    assert ROLE_WORLDS.keys() == set(Role)
    for role, world in ROLE_WORLDS.items():
        text = (WIT / package_of(role) / "worlds.wit").read_text()
        assert f"world {world} {{" in text


def test_a_world_that_is_none_is_refused_with_the_nearest() -> None:
    with pytest.raises(StudioError, match="did you mean 'data-sink'"):
        contract_files("datasink")


def test_files_are_written_all_or_none_and_never_over_others(tmp_path: Path) -> None:
    files = contract_files("data-sink")
    first = next(iter(files))
    assert len(write_new(tmp_path, files)) == len(files)
    assert write_new(tmp_path, files) == ()
    (tmp_path / first).write_text("mine")
    (tmp_path / list(files)[-1]).unlink()
    with pytest.raises(StudioError, match="is not written over"):
        write_new(tmp_path, files)
    assert (tmp_path / first).read_text() == "mine"
    assert not (tmp_path / list(files)[-1]).exists()


def test_a_failure_half_way_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("a file")
    files = contract_files("data-sink")
    with pytest.raises(StudioError):
        write_new(tmp_path / "in" / "deep", files)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
