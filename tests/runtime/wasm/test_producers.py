"""Who made a component, read out of files put together here."""

from __future__ import annotations

from pathlib import Path

import wasmtime
from hypothesis import given
from hypothesis import strategies as st

from runtime.wasm.host import Host
from runtime.wasm.producers import read_producers

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "sample_flows" / "fan-out" / ".torvyn" / "build" / "log-sink.wasm"
COMPONENT = b"\0asm\x0d\0\1\0"
MODULE = b"\0asm\1\0\0\0"


def leb(number: int) -> bytes:
    """Unsigned LEB128."""
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + leb(rest) if rest else bytes([low])


def text(value: str) -> bytes:
    return leb(len(value.encode())) + value.encode()


def section(number: int, content: bytes) -> bytes:
    return bytes([number]) + leb(len(content)) + content


def producers(**fields: dict[str, str]) -> bytes:
    content = text("producers") + leb(len(fields))
    for field, values in fields.items():
        content += text(field.replace("_", "-")) + leb(len(values))
        for name, version in values.items():
            content += text(name) + text(version)
    return section(0, content)


def named(name: str) -> bytes:
    return section(0, text("name") + section(0, text(name)))


def nested(*modules: bytes) -> bytes:
    return COMPONENT + b"".join(section(1, MODULE + content) for content in modules)


def test_tools_and_languages_are_those_of_all_modules_inside() -> None:
    inner = producers(language={"Rust": ""}, processed_by={"rustc": "1.96.0"})
    data = nested(inner) + producers(processed_by={"wit-component": "0.262.0"})
    made = read_producers(data)
    assert made.languages == ("Rust",)
    assert set(made.tools) == {"rustc 1.96.0", "wit-component 0.262.0"}
    assert made.interpreter == ""


def test_an_interpreter_is_recognised_by_its_module_or_its_tool() -> None:
    assert read_producers(nested(named("libpython3.14.so"))).interpreter == "Python"
    script = producers(language={"JavaScript": ""}, processed_by={"ComponentizeJS": "0.23.0"})
    assert read_producers(COMPONENT + script).interpreter == "JavaScript"
    assert read_producers(nested(named("my-libpython-like"))).interpreter == ""


def test_components_within_components_are_looked_into() -> None:
    data = nested(named("libpython3.14.so"))
    for _ in range(3):
        data = COMPONENT + section(4, data)
    assert read_producers(data).interpreter == "Python"


def test_the_surface_of_a_compiled_component_tells_them() -> None:
    surface = Host(None).inspect(SAMPLE.read_bytes())
    assert surface.languages == ("Rust",)
    assert any(tool.startswith("wit-component ") for tool in surface.tools)
    script = producers(language={"JavaScript": ""})
    data = bytes(wasmtime.wat2wasm("(component (core module))")) + script
    assert Host(None).inspect(data).interpreter == "JavaScript"


@given(st.binary(max_size=200), st.integers(0, 200))
def test_damaged_files_are_read_as_far_as_they_go(noise: bytes, at: int) -> None:
    whole = nested(named("libpython3.14.so"), producers(language={"Rust": ""}))
    read_producers(whole[:at] + noise + whole[at:])
    read_producers(COMPONENT + noise)
