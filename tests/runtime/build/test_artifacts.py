from __future__ import annotations

import hashlib
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.build.artifacts import Installed, install_output, locate_output
from runtime.build.plan import ComponentSource
from runtime.model.errors import Diagnostic

COMPONENT = b"\0asm\x0d\0\1\0\0\x05\x04note"
MODULE = b"\0asm\x01\0\0\0\0\x05\x04note"
LONG_AGO_S = 1_000_000_000.0
SINCE_NS = 1_500_000_000_000_000_000


@pytest.fixture
def source(tmp_path: Path) -> ComponentSource:
    directory = tmp_path / "components" / "event-router"
    directory.mkdir(parents=True)
    (directory / "Cargo.toml").write_text('[package]\nname = "my-router"\n')
    return ComponentSource("router", directory, tmp_path / "Torvyn.toml")


def put(path: Path, data: bytes = COMPONENT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def found(source: ComponentSource, since_ns: int = SINCE_NS, **environment: str) -> Path:
    path = locate_output(source, since_ns, environment)
    assert isinstance(path, Path), path
    return path


@pytest.mark.parametrize("target", ["wasm32-wasip2", "wasm32-wasip1"])
def test_the_output_named_like_the_package_is_found_in_the_own_target_folder(
    source: ComponentSource, target: str
) -> None:
    folder = source.directory / "target" / target / "release"
    put(folder / "other.wasm")
    put(folder / "deps" / "my_router.wasm")
    assert put(folder / "my_router.wasm") == found(source)


def test_the_only_file_counts_whatever_its_name(source: ComponentSource) -> None:
    path = put(source.directory / "target" / "wasm32-wasip2" / "release" / "odd.wasm")
    assert found(source) == path


def test_the_library_name_counts_before_the_package_name(source: ComponentSource) -> None:
    (source.directory / "Cargo.toml").write_text(
        '[package]\nname = "my-router"\n[lib]\nname = "routing"\n'
    )
    folder = source.directory / "target" / "wasm32-wasip2" / "release"
    put(folder / "my_router.wasm")
    assert put(folder / "routing.wasm") == found(source)


def test_debug_builds_are_looked_for_in_debug(source: ComponentSource) -> None:
    debug = ComponentSource(source.name, source.directory, source.manifest, release=False)
    put(source.directory / "target" / "wasm32-wasip2" / "release" / "my_router.wasm")
    path = put(source.directory / "target" / "wasm32-wasip2" / "debug" / "my_router.wasm")
    assert found(debug) == path


def test_outputs_of_a_workspace_are_found_in_its_target_folder_by_name_only(
    source: ComponentSource, tmp_path: Path
) -> None:
    workspace = tmp_path / "components"
    (workspace / "Cargo.toml").write_text('[workspace]\nmembers = ["*"]\n')
    folder = workspace / "target" / "wasm32-wasip1" / "release"
    put(folder / "another_member.wasm")
    missing = locate_output(source, SINCE_NS, {})
    assert isinstance(missing, Diagnostic)
    put(folder / "my_router.wasm", MODULE)
    assert put(folder / "my_router.component.wasm") == found(source)


def test_a_configured_target_folder_is_looked_into(source: ComponentSource, tmp_path: Path) -> None:
    config = tmp_path / ".cargo" / "config.toml"
    config.parent.mkdir()
    config.write_text('[build]\ntarget-dir = "out"\n')
    path = put(tmp_path / "out" / "wasm32-wasip2" / "release" / "my_router.wasm")
    assert found(source) == path
    other = put(tmp_path / "env" / "wasm32-wasip2" / "release" / "my_router.wasm")
    assert found(source, CARGO_TARGET_DIR=str(tmp_path / "env")) == other


@pytest.mark.parametrize(
    ("arguments", "command", "folder"),
    [
        ("--target-dir ../out", None, "out/wasm32-wasip2/release"),
        ("--target-dir=../out --profile dist", None, "out/wasm32-wasip2/dist"),
        ("--config build.target-dir='../out'", None, "out/wasm32-wasip2/release"),
        ("--config ../cargo.toml", None, "out/wasm32-wasip2/release"),
        ("", "cargo build --target wasm32-wasip1 --target-dir ../out", "out/wasm32-wasip1/debug"),
        ("", "cargo build --profile dev --target-dir", "event-router/target/wasm32-wasip2/debug"),
    ],
)
def test_what_the_command_line_asks_of_cargo_is_looked_into(
    source: ComponentSource, arguments: str, command: str | None, folder: str
) -> None:
    around = source.directory.parent
    (around / "cargo.toml").write_text('[build]\ntarget-dir = "../out"\n')
    asked = replace(source, extra_args=tuple(arguments.split()), build_command=command)
    put(source.directory / "target" / "wasm32-wasip2" / "release" / "old.wasm", MODULE)
    path = put(around / folder / "my_router.wasm")
    assert found(asked).resolve() == path


def test_a_fresh_file_counts_before_a_stale_one_in_a_likelier_place(
    source: ComponentSource, tmp_path: Path
) -> None:
    (tmp_path / "components" / "Cargo.toml").write_text("[workspace]\n")
    put(source.directory / "target" / "wasm32-wasip2" / "release" / "my_router.wasm")
    wait_for_the_clock()
    began = time.time_ns()
    fresh = put(tmp_path / "components" / "target" / "wasm32-wasip2" / "release" / "my_router.wasm")
    assert found(source, began - 5_000_000) == fresh


def test_what_a_build_command_wrote_elsewhere_is_found(source: ComponentSource) -> None:
    put(source.directory / "stale.wasm")
    wait_for_the_clock()
    began = time.time_ns()
    path = put(source.directory / "build" / "any-name.wasm")
    assert found(source, began - 5_000_000) == path


def test_an_old_output_serves_when_the_build_had_nothing_to_do(source: ComponentSource) -> None:
    path = put(source.directory / "zig-out" / "bin" / "x.wasm")
    assert found(source, time.time_ns() + 10**9) == path


def test_a_build_command_may_write_to_the_final_place_itself(source: ComponentSource) -> None:
    assert put(source.artifact) == found(source)
    assert found(source, time.time_ns() + 10**9) == source.artifact


def test_an_old_output_does_not_serve_when_a_source_is_newer(source: ComponentSource) -> None:
    """The build wrote its file where nobody looks: the old one must not pass for it."""
    path = put(source.directory / "target" / "wasm32-wasip2" / "release" / "my_router.wasm")
    os.utime(path, (LONG_AGO_S, LONG_AGO_S))
    put(source.directory / "src" / "lib.rs", b"fn main() {}")
    problem = locate_output(source, time.time_ns() + 10**9, {})
    assert isinstance(problem, Diagnostic)
    assert "is older than the sources" in problem.message
    assert problem.file == str(path)


def test_an_old_output_does_not_serve_when_a_shared_source_is_newer(
    source: ComponentSource,
) -> None:
    path = put(source.directory / "target" / "wasm32-wasip2" / "release" / "my_router.wasm")
    os.utime(path, (LONG_AGO_S, LONG_AGO_S))
    put(source.directory / "Cargo.toml", b'[package]\nname = "my-router"\n')
    os.utime(source.directory / "Cargo.toml", (LONG_AGO_S, LONG_AGO_S))
    put(source.directory.parent / "frames" / "Cargo.toml", b'[package]\nname = "frames"\n')
    later = time.time_ns() + 10**9
    assert found(source, later) == path
    (source.directory / "Cargo.toml").write_text('[dependencies]\nframes.path = "../frames"\n')
    os.utime(source.directory / "Cargo.toml", (LONG_AGO_S, LONG_AGO_S))
    problem = locate_output(source, later, {})
    assert isinstance(problem, Diagnostic)
    assert "is older than the sources" in problem.message


def test_the_folder_that_cargos_own_configuration_names_is_looked_into(
    source: ComponentSource, tmp_path: Path
) -> None:
    home = tmp_path / "elsewhere" / "cargo"
    put(home / "config.toml", b'[build]\ntarget-dir = "shared"\n')
    path = put(home.parent / "shared" / "wasm32-wasip2" / "release" / "my_router.wasm")
    assert found(source, CARGO_HOME=str(home)) == path


def test_a_core_module_in_cargos_folder_does_not_hide_the_component(
    source: ComponentSource,
) -> None:
    """A build command that makes the component itself, of what cargo made."""
    core = put(source.directory / "target" / "wasm32-wasip1" / "release" / "router.wasm", MODULE)
    assert found(source) == core
    assert put(source.directory / "router.wasm") == found(source)


def test_several_candidates_are_listed(source: ComponentSource) -> None:
    put(source.directory / "one.wasm")
    put(source.directory / "sub" / "two.wasm")
    problem = locate_output(source, SINCE_NS, {})
    assert isinstance(problem, Diagnostic)
    assert problem.code == "E0210"
    assert "one.wasm" in problem.message
    assert "two.wasm" in problem.message
    put(source.directory / "sub" / "router.wasm")
    assert found(source).name == "router.wasm"


def test_a_component_counts_before_the_core_module_it_was_made_of(
    source: ComponentSource,
) -> None:
    put(source.directory / "core.wasm", MODULE)
    assert put(source.directory / "whole.wasm") == found(source)


def test_nothing_built_is_an_error_that_says_where_was_looked(source: ComponentSource) -> None:
    problem = locate_output(source, SINCE_NS, {})
    assert isinstance(problem, Diagnostic)
    assert str(source.directory) in problem.message
    assert "router.wasm" in problem.help


def test_a_component_is_put_in_its_place_only_when_it_differs(source: ComponentSource) -> None:
    output = put(source.directory / "x.wasm")
    first = install_output(source, output)
    assert isinstance(first, Installed)
    assert first.path == source.manifest.parent / ".torvyn" / "build" / "router.wasm"
    assert (first.changed, first.digest) == (True, hashlib.sha256(COMPONENT).hexdigest())
    os.utime(first.path, (LONG_AGO_S, LONG_AGO_S))
    second = install_output(source, output)
    assert isinstance(second, Installed)
    assert not second.changed
    assert first.path.stat().st_mtime == LONG_AGO_S
    put(output, COMPONENT[:8] + b"\0\x05\x04more")
    third = install_output(source, output)
    assert isinstance(third, Installed)
    assert third.changed
    assert first.path.read_bytes() == output.read_bytes()
    assert sorted(path.name for path in first.path.parent.iterdir()) == ["router.wasm"]


def test_who_has_the_old_component_open_keeps_it_whole(source: ComponentSource) -> None:
    install_output(source, put(source.directory / "old.wasm"))
    with source.artifact.open("rb") as reader:
        install_output(source, put(source.directory / "new.wasm", COMPONENT + COMPONENT[8:]))
        assert reader.read() == COMPONENT


@pytest.mark.parametrize("data", [MODULE, COMPONENT[:8], COMPONENT[:-1], b"", b"not wasm"])
def test_what_is_no_whole_component_does_not_replace_the_one_in_place(
    source: ComponentSource, data: bytes
) -> None:
    install_output(source, put(source.directory / "good.wasm"))
    problem = install_output(source, put(source.directory / "bad.wasm", data))
    assert isinstance(problem, Diagnostic)
    assert "bad.wasm" in str(problem.file)
    assert source.artifact.read_bytes() == COMPONENT


def wait_for_the_clock() -> None:
    """File times tick every few milliseconds: what is written next is to be younger."""
    time.sleep(0.05)
