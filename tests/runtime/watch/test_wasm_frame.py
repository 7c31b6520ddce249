from __future__ import annotations

import wasmtime
import wasmtime.component
from hypothesis import given
from hypothesis import strategies as st

from runtime.watch.wasm_frame import (
    Layer,
    custom_section_names,
    export_names,
    is_finished,
    layer_of,
)

MODULE = bytes(wasmtime.wat2wasm('(module (func (export "f") (result i32) i32.const 7))'))
COMPONENT = bytes(
    wasmtime.wat2wasm(
        '(component (core module $m (func (export "f") (result i32) i32.const 7))'
        " (core instance $i (instantiate $m))"
        ' (func (export "f") (result u32) (canon lift (core func $i "f"))))'
    )
)


def test_the_layer_tells_modules_from_components() -> None:
    assert layer_of(MODULE) is Layer.MODULE
    assert layer_of(COMPONENT) is Layer.COMPONENT
    assert layer_of(b"(component)") is Layer.NEITHER
    assert layer_of(b"") is Layer.NEITHER


def test_the_exports_of_a_core_module_are_named_also_of_one_that_is_cut_off() -> None:
    names = ("memory", "torvyn:streaming/lifecycle@0.1.0#init", "é" * 80)
    exported = "".join(f'(export "{name}" (func $f))' for name in names[1:])
    data = bytes(wasmtime.wat2wasm(f'(module (func $f) (memory (export "memory") 1){exported})'))
    assert sorted(export_names(data)) == sorted(names)
    assert all(set(export_names(data[:end])) <= set(names) for end in range(len(data)))


def test_whole_files_are_finished() -> None:
    assert is_finished(MODULE)
    assert is_finished(COMPONENT)


def test_eight_bytes_are_a_valid_component_but_not_a_finished_file() -> None:
    engine = wasmtime.Engine()
    wasmtime.component.Component(engine, COMPONENT[:8])
    assert not is_finished(COMPONENT[:8])


def test_a_cut_off_component_is_finished_only_between_sections() -> None:
    ends = [size for size in range(len(COMPONENT) + 1) if is_finished(COMPONENT[:size])]
    assert ends[-1] == len(COMPONENT)
    assert len(ends) < len(COMPONENT) / 4
    assert all(size > 8 for size in ends)


def test_what_can_not_become_webassembly_is_finished() -> None:
    assert is_finished(b"(component)")
    assert is_finished(b"<html>not found</html>")
    assert is_finished(b"\0as!")
    assert not is_finished(b"")
    assert not is_finished(b"\0as")


@given(st.binary(max_size=300))
def test_any_bytes_after_a_header_are_judged_without_an_error(tail: bytes) -> None:
    data = COMPONENT[:8] + tail
    assert is_finished(data) in (True, False)
    assert isinstance(custom_section_names(data), tuple)


def test_custom_sections_are_named() -> None:
    section = b"\x0ecomponent-type" + b"payload"
    data = MODULE + b"\0" + bytes([len(section)]) + section
    assert "component-type" in custom_section_names(data)
    assert is_finished(data)
    assert "component-type" not in custom_section_names(data[:-1])
