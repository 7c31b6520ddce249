"""Functions that another build had are not compiled again, natively."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtime.model.linked import Role
from runtime.wasm.cache import CodeCache
from runtime.wasm.guest_memory import GuestDebug
from runtime.wasm.host import Host
from runtime.wasm.producers import Producers
from tests.support.wasm.flows import OneNode
from tests.support.wasm.guests import ELEMENT, component
from tests.support.wasm.layers import make_layer, needs_native

if TYPE_CHECKING:
    from runtime.wasm.native.native_layer import NativeLayer

pytestmark = needs_native


def build(own: int, first: int = 1) -> bytes:
    """A component of two hundred functions of an interpreter, and one of its own.

    `first` says which interpreter.
    """
    interpreter = "".join(
        f"(func $step{number} (param i32) (result i32)"
        f" (i32.mul (local.get 0) (i32.const {number})))"
        for number in range(first, first + 200)
    )
    return component(
        f"""{interpreter}
        (func $own (result i32) (call $step{first} (i32.const {own})))
        (func (export "route") {ELEMENT}
          (call $release (local.get $payload) (local.get $context))
          (i32.store8 (i32.const 4) (i32.const 0))
          (i32.store (i32.const 8) (call $own))
          (call $ok))""",
        Role.ROUTER,
    )


@pytest.fixture(params=[GuestDebug.OFF, GuestDebug.ALL], ids=["plain", "readable"])
def layer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> NativeLayer:
    from runtime.wasm.native import native_layer

    python = Producers(modules=("libpython3.14.so",))
    monkeypatch.setattr(native_layer, "read_producers", lambda _: python)
    made = make_layer("native", request.param)
    assert isinstance(made, native_layer.NativeLayer)
    return made


def kept(folder: Path) -> Path:
    (found,) = folder.glob("*.functions")
    return found


def test_the_next_build_takes_them_and_comes_to_the_same_code(
    layer: NativeLayer, tmp_path: Path
) -> None:
    mode = layer.mode(b"")
    Host(tmp_path, layer).compile(build(1))
    first = kept(tmp_path).read_bytes()
    functions = layer.extension.Functions(first)
    known = layer.engine.compile(build(2), mode, functions)
    # Not all of them: what a function is known by depends a little on what was compiled next to it.
    assert functions.found > 0
    assert known.serialize() == layer.engine.compile(build(2), mode).serialize()
    assert layer.extension.Functions(first).to_keep() is None


def test_what_others_add_takes_the_place_of_what_was_kept(
    layer: NativeLayer, tmp_path: Path
) -> None:
    Host(tmp_path, layer).compile(build(1))
    small = kept(tmp_path)
    first = small.read_bytes()
    Host(tmp_path, layer).compile(build(1, first=1000))
    both = kept(tmp_path)
    assert both != small
    assert len(both.read_bytes()) > len(first)
    again = layer.extension.Functions(both.read_bytes())
    layer.engine.compile(build(1), layer.mode(b""), again)
    assert again.found > 0


@pytest.mark.parametrize("damage", [b"", b"\xff" * 64, b"\x08\0\0\0\x04\0\0\0short"])
def test_damaged_ones_are_compiled_again(layer: NativeLayer, tmp_path: Path, damage: bytes) -> None:
    Host(tmp_path, layer).compile(build(1))
    path = kept(tmp_path)
    good = path.read_bytes()
    path.write_bytes(damage or good[:-1])
    with OneNode(Host(tmp_path, layer), build(3), Role.ROUTER) as node:
        node.start()
    assert sorted(kept(tmp_path).read_bytes()[:4]) == sorted(good[:4])
    # With the right name and of no use: nothing is known, and nothing fails.
    functions = layer.extension.Functions(damage)
    made = layer.engine.compile(build(3), layer.mode(b""), functions)
    assert made.serialize() == layer.engine.compile(build(3), layer.mode(b"")).serialize()


def test_only_components_with_an_interpreter_keep_them(tmp_path: Path) -> None:
    Host(tmp_path, make_layer("native")).compile(build(1))
    assert not list(tmp_path.glob("*.functions"))
    assert CodeCache(tmp_path).find_functions("none") is None
