"""Compiling, reading what a component is, and the cache of compiled code."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wasmtime import wat2wasm

from runtime.model.call import Export, Finished
from runtime.model.errors import StudioError
from runtime.model.linked import ROLE_INTERFACES, Role
from runtime.wasm.call_layer import CallLayer
from runtime.wasm.host import Host
from runtime.wasm.host_functions.boundary import EXPORTS, IMPORTS, split_version
from tests.support.examples import examples
from tests.support.wasm.flows import OneNode
from tests.support.wasm.guests import (
    AGGREGATOR,
    ECHO,
    FILTER,
    LIFECYCLE,
    ROUTER,
    SINK,
    SOURCE,
    component,
)

GUEST = component(ROUTER + LIFECYCLE, Role.ROUTER, lifecycle=True)
GUESTS = {
    Role.SOURCE: SOURCE,
    Role.PROCESSOR: ECHO,
    Role.FILTER: FILTER,
    Role.ROUTER: ROUTER,
    Role.AGGREGATOR: AGGREGATOR,
    Role.SINK: SINK,
}


def refused(host: Host, data: bytes) -> tuple[str, str, str]:
    with pytest.raises(StudioError) as caught:
        host.inspect(data)
    (problem,) = caught.value.diagnostics
    assert (problem.code, problem.name) == ("E0800", "CompilationFailed")
    return problem.message, problem.help, problem.render()


def test_what_is_no_component_is_told_apart(host: Host) -> None:
    empty, _, _ = refused(host, b"")
    assert "empty" in empty
    core, advice, _ = refused(host, bytes(wat2wasm("(module)")))
    assert "core module" in core
    assert "wasm-tools component new" in advice
    assert "wasm32-wasip2" in advice
    nothing, _, _ = refused(host, GUEST[:8])
    assert "imports and exports nothing" in nothing
    header, _, _ = refused(host, GUEST[:6])
    assert "cut off after 6 bytes" in header
    cut, _, _ = refused(host, GUEST[: len(GUEST) // 2])
    assert "cut off" in cut
    for data in (b"(component)", b"#!/bin/sh", b"\x7fELF"):
        text, _, _ = refused(host, data)
        assert "not WebAssembly" in text


@examples(150)
@given(st.data())
def test_damaged_files_give_an_error_of_ours_and_nothing_else(
    layer: CallLayer, data: st.DataObject
) -> None:
    host = Host(None, layer)
    content = bytearray(GUEST)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    for damaged in (bytes(content), bytes(content[:cut])):
        with contextlib.suppress(StudioError):
            assert host.inspect(damaged).size == len(damaged)


@pytest.mark.parametrize("role", list(Role))
def test_the_surface_has_every_type_written_out(host: Host, role: Role) -> None:
    data = component(GUESTS[role] + LIFECYCLE, role, lifecycle=True)
    surface = host.inspect(data)
    assert surface.digest == hashlib.sha256(data).hexdigest()
    assert surface.size == len(data)
    assert surface.other_imports == ()
    types, allocator = surface.imports
    assert types.resources == ("buffer", "mutable-buffer", "flow-context")
    for interface in (types, allocator):
        name, version = split_version(interface.name)
        assert version == "0.1.0"
        assert {item.name: item.type for item in interface.functions} == IMPORTS[name]
    exported = {item.name: item for item in surface.exports}
    wanted = {
        export: kind
        for export, (interface, kind) in EXPORTS.items()
        if interface == ROLE_INTERFACES[role]
    }
    found = exported[f"{ROLE_INTERFACES[role]}@0.1.0"].functions
    assert {item.name: item.type for item in found} == wanted
    lifecycle = exported["torvyn:streaming/lifecycle@0.1.0"].functions
    assert {item.name for item in lifecycle} == {Export.INIT, Export.TEARDOWN}


def test_types_of_every_kind_are_written(layer: CallLayer) -> None:
    text = """(component
      (import "a:b/c" (instance
        (type $f (flags "x" "y")) (export "fl" (type $fl (eq $f)))
        (export "r" (type $r (sub resource)))
        (export "one" (func (param "a" (tuple u8 s64)) (param "b" (list (option char)))
          (result (result))))
        (export "two" (func (param "f" $fl) (param "r" (own $r)) (result f32)))
        (export "three" (func (result (result (error bool)))))))
      (import "plain" (func)))"""
    surface = Host(None, layer).inspect(bytes(wat2wasm(text)))
    assert {item.name: item.type for item in surface.imports[0].functions} == {
        "one": "func(a: tuple<u8, s64>, b: list<option<char>>) -> result<_, _>",
        "two": "func(f: flags{x, y}, r: own<r>) -> f32",
        "three": "func() -> result<_, bool>",
    }
    assert surface.other_imports == ("plain",)


def test_compiling_is_safe_from_several_threads_and_shared(layer: CallLayer) -> None:
    host = Host(None, layer)
    found: list[object] = []

    def work() -> None:
        found.append(host.compile(GUEST))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len({id(item) for item in found}) == 1


def files(folder: Path, kind: str = "cwasm") -> list[Path]:
    """The files of a cache that hold code; without its key, and what else it keeps."""
    others = [".cwasm", ".description", ""]
    assert all(path.suffix in others for path in folder.iterdir())
    return sorted(folder.glob(f"*.{kind}"))


def no_compiling(*_arguments: object) -> None:
    raise AssertionError("compiled although it is in the cache")


def test_compiled_code_is_kept_and_used_again(
    layer: CallLayer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cache" / "code"
    first = Host(folder, layer).compile(GUEST)
    (kept,) = files(folder)
    assert first.digest in kept.name
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    key = folder / "key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert hmac_of(key.read_bytes(), kept) in kept.name

    monkeypatch.setattr(layer, "compile", no_compiling)
    host = Host(folder, layer)
    assert host.inspect(GUEST) == first.surface
    assert host.warnings == ()
    with OneNode(host, GUEST, Role.ROUTER, lifecycle=True) as node:
        assert node.start().outcome == Finished()


def hmac_of(key: bytes, kept: Path) -> str:
    content = kept.name.split(".")[0].encode() + b"\0" + kept.read_bytes()
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def test_what_was_read_from_a_component_is_kept_with_its_code(
    layer: CallLayer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Host(tmp_path, layer).compile(GUEST)
    (kept,) = files(tmp_path, "description")
    assert hmac_of((tmp_path / "key").read_bytes(), kept) in kept.name
    with monkeypatch.context() as patched:
        patched.setattr(layer, "surface", no_compiling)
        again = Host(tmp_path, layer).compile(GUEST)
    assert (again.surface, again.declared) == (first.surface, first.declared)
    for content in (b"", b"{}", kept.read_bytes()[:-1]):
        kept.write_bytes(content)
        assert Host(tmp_path, layer).compile(GUEST).surface == first.surface
        (kept,) = files(tmp_path, "description")
        assert hmac_of((tmp_path / "key").read_bytes(), kept) in kept.name
    # With the right name and of no use: it is read from the component.
    kept.write_bytes(b"{}")
    name = f"{kept.name.split('.')[0]}.{hmac_of((tmp_path / 'key').read_bytes(), kept)}"
    kept.rename(tmp_path / f"{name}.description")
    assert Host(tmp_path, layer).compile(GUEST).surface == first.surface


def test_a_damaged_file_of_the_cache_is_made_again(layer: CallLayer, tmp_path: Path) -> None:
    Host(tmp_path, layer).compile(GUEST)
    (kept,) = files(tmp_path)
    for damage in (slice(None), slice(100, None), slice(20_000, 20_001)):
        content = bytearray(kept.read_bytes())
        content[damage] = b"" if damage.stop is None else bytes([content[20_000] ^ 1])
        kept.write_bytes(content)
        with OneNode(Host(tmp_path, layer), GUEST, Role.ROUTER, lifecycle=True) as node:
            assert node.start().outcome == Finished()
        (kept,) = files(tmp_path)
        assert hmac_of((tmp_path / "key").read_bytes(), kept) in kept.name


def test_a_file_wasmtime_refuses_is_made_again(layer: CallLayer, tmp_path: Path) -> None:
    Host(tmp_path, layer).compile(GUEST)
    (kept,) = files(tmp_path)
    entry = kept.name.split(".")[0]
    kept.write_bytes(b"not compiled code, but with the code it promises")
    wrong = kept.rename(
        tmp_path / f"{entry}.{hmac_of(tmp_path.joinpath('key').read_bytes(), kept)}.cwasm"
    )
    Host(tmp_path, layer).compile(GUEST)
    (made,) = files(tmp_path)
    assert made != wrong


def test_code_of_another_component_or_key_is_not_taken(tmp_path: Path) -> None:
    """A file whose own digest is right is not enough, nor one made for something else."""
    Host(tmp_path).compile(GUEST)
    Host(tmp_path).compile(component(GUESTS[Role.SINK], Role.SINK))
    one, other = files(tmp_path)
    mac = other.name.split(".")[1]
    planted = tmp_path / f"{one.name.split('.')[0]}.{mac}.cwasm"
    other.rename(planted)
    one.unlink()
    for data in (GUEST, component(GUESTS[Role.SINK], Role.SINK)):
        Host(tmp_path).compile(data)
    assert not planted.exists()
    before = files(tmp_path)
    assert len(before) == 2
    (tmp_path / "key").write_bytes(bytes(32))
    Host(tmp_path).compile(GUEST)
    assert len(set(files(tmp_path)) - set(before)) == 1


@pytest.mark.parametrize(("mode", "named"), [(0o640, True), (0o604, True), (0o666, True)])
def test_a_key_that_others_can_read_is_not_used(tmp_path: Path, mode: int, named: bool) -> None:
    Host(tmp_path).compile(GUEST)
    (tmp_path / "key").chmod(mode)
    host = Host(tmp_path)
    host.compile(GUEST)
    (warning,) = host.warnings
    assert warning.file == str(tmp_path / "key")
    assert ("others can read it" in warning.message) is named


def test_a_short_key_is_not_used(tmp_path: Path) -> None:
    Host(tmp_path).compile(GUEST)
    (tmp_path / "key").write_bytes(b"short")
    host = Host(tmp_path)
    host.compile(GUEST)
    assert "32 bytes" in host.warnings[0].message


def test_what_others_may_only_read_is_closed_to_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    host = Host(tmp_path)
    host.compile(GUEST)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    assert host.warnings == ()


@pytest.mark.parametrize("mode", [0o777, 0o720, 0o1777])
def test_a_folder_that_others_could_write_to_is_not_used_and_said(
    tmp_path: Path, mode: int
) -> None:
    tmp_path.chmod(mode)
    host = Host(tmp_path)
    host.compile(GUEST)
    assert list(tmp_path.iterdir()) == []
    (warning,) = host.warnings
    assert warning.file == str(tmp_path)
    assert "is not used: others can write to it" in warning.message


def test_a_folder_that_is_a_link_is_not_used_and_said(tmp_path: Path) -> None:
    real = tmp_path / "real"
    Host(real).compile(GUEST)
    link = tmp_path / "link"
    link.symlink_to(real)
    before = files(real)
    host = Host(link)
    host.compile(component(GUESTS[Role.SINK], Role.SINK))
    assert "it is a link" in host.warnings[0].message
    assert files(real) == before


@pytest.mark.parametrize("kind", ["writable", "link"])
def test_a_file_that_others_could_write_or_a_link_is_not_loaded(tmp_path: Path, kind: str) -> None:
    Host(tmp_path / "cache").compile(GUEST)
    (kept,) = files(tmp_path / "cache")
    if kind == "writable":
        kept.chmod(0o622)
    else:
        kept.symlink_to(kept.rename(tmp_path / "elsewhere"))
    Host(tmp_path / "cache").compile(GUEST)
    (made,) = files(tmp_path / "cache")
    assert not made.is_symlink()
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="owners are of POSIX")
def test_a_folder_of_someone_else_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = os.getuid()
    monkeypatch.setattr("runtime.wasm.cache.os.getuid", lambda: mine + 1)
    host = Host(tmp_path)
    host.compile(GUEST)
    assert files(tmp_path) == []
    assert "belongs to another user" in host.warnings[0].message


def test_a_cache_that_can_not_be_written_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert Host(blocked / "cache").inspect(GUEST).exports


def test_the_cache_forgets_what_was_used_longest_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.wasm.cache._MAX_FILES", 2)
    host = Host(tmp_path)
    digests = []
    for index, role in enumerate((Role.ROUTER, Role.FILTER, Role.SINK)):
        digests.append(host.compile(component(GUESTS[role], role)).digest)
        for path in files(tmp_path):
            if digests[-1] in path.name:
                os.utime(path, (index, index))
    kept = "".join(path.name for path in files(tmp_path))
    assert [digest in kept for digest in digests] == [False, True, True]
