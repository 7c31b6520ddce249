"""Variables are read from the debug information of real C code, and from damaged ones."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from runtime.wasm.dwarf import variables as reading
from runtime.wasm.dwarf.guest_values import Encoding, GuestType, StructField, value_text
from runtime.wasm.dwarf.variables import GuestVariables, read_variables
from runtime.wasm.guest_memory import NotAvailable

FOLDER = Path(__file__).parent
TALLIES = (FOLDER / "tallies.wasm").read_bytes()
"""A component, with DWARF 4."""
TALLIES_5 = (FOLDER / "tallies-dwarf5.wasm").read_bytes()
"""A core module, with DWARF 5: addresses and texts stand in tables of their own."""
TYPES = {
    "taken": "tally",
    "level": "enum level",
    "ratio": "float",
    "label": "char[12]",
    "recent": "unsigned short[4]",
    "totals": "struct totals",
    "mark": "char",
    "process::calls": "long long",
    "started": "volatile _Bool",
    "first_text": "char *",
    "below": "signed char",
    "torvyn_process::last_type": "char *",
    "torvyn_answered::answer": "torvyn_answer",
    "torvyn_one_of::answer": "torvyn_one",
}
INT = GuestType("int", 4, Encoding.SIGNED)
CHAR = GuestType("char", 1, Encoding.CHARACTER)
PAIR = GuestType(
    "struct pair",
    8,
    Encoding.STRUCT,
    fields=(
        StructField("low", 0, GuestType("unsigned", 4, Encoding.UNSIGNED), 0, 3),
        StructField("signed", 0, INT, 3, 3),
        StructField("inner", 4, GuestType("struct inner", 4, Encoding.STRUCT)),
    ),
)


def read(data: bytes) -> GuestVariables:
    found = read_variables(data)
    assert isinstance(found, GuestVariables), found.why
    return found


def why_not(data: bytes) -> str:
    found = read_variables(data)
    assert isinstance(found, NotAvailable)
    return found.why


@pytest.mark.parametrize("data", [TALLIES, TALLIES_5], ids=["DWARF 4", "DWARF 5"])
def test_variables_of_c_have_name_type_size_and_address(data: bytes) -> None:
    found = read(data)
    assert found.cut == ""
    by_name = {item.name: item for item in found.variables}
    assert {name: item.type.name for name, item in by_name.items()} == TYPES
    # What the data section of the same file has at the address is what the source begins with.
    label = by_name["label"]
    assert label.type.size == 12
    place = data.index(b"idle" + bytes(8))
    for name, begins in (
        ("taken", "7"), ("level", "BUSY (5)"), ("ratio", "0.25"), ("recent", "[1, 2, 3, 4]"),
        ("totals", "{elements 2, mean 1.5, last_type 0x000000}"), ("mark", "'x' (120)"),
        ("below", "-3"),
    ):  # fmt: skip
        item = by_name[name]
        at = place + item.address - label.address
        assert value_text(item.type, data[at : at + item.type.size]) == begins


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (INT, struct.pack("<i", -7), "-7"),
        (INT, b"\1\2", "01 02"),
        (GuestType("bool", 1, Encoding.BOOL), b"\1", "true"),
        (GuestType("bool", 1, Encoding.BOOL), b"\7", "7"),
        (GuestType("float", 4, Encoding.FLOAT), struct.pack("<f", 0.1), "0.1"),
        (GuestType("double", 8, Encoding.FLOAT), struct.pack("<d", 1 / 3), repr(1 / 3)),
        (GuestType("long double", 16, Encoding.FLOAT), bytes(16), bytes(16).hex(" ")),
        (GuestType("char *", 4, Encoding.POINTER), struct.pack("<I", 0x12345), "0x012345"),
        (CHAR, b"\x1b", "27"),
        (GuestType("enum", 4, Encoding.ENUM, ((-1, "LESS"),)), b"\xff" * 4, "LESS (-1)"),
        (GuestType("enum", 1, Encoding.ENUM, ((1, "ONE"),)), b"\2", "2, none of its names"),
        (GuestType("", 6, Encoding.ARRAY, item=CHAR), b"a\x1bb\0zz", '"a\\x1bb"'),
        (GuestType("", 2, Encoding.ARRAY, item=CHAR), b"ab", '"ab" without a 0 at its end'),
        (GuestType("", 40, Encoding.ARRAY, item=INT), bytes(40), f"[{'0, ' * 8}…]"),
        (PAIR, b"\x3d\0\0\0\1\0\0\0", "{low 5, signed -1, inner {…}}"),
    ],
)
def test_a_value_is_written_by_its_type(kind: GuestType, data: bytes, text: str) -> None:
    assert value_text(kind, data) == text


def test_what_has_no_variables_to_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "build --debug" in why_not(bytes(wat2wasm("(module (memory 1))")))
    assert "several memories" in why_not(bytes(wat2wasm("(module (memory 1) (memory 1))")))
    assert "or none" in why_not(b"no component at all")
    few = read_variables(TALLIES, entries=60)
    assert isinstance(few, GuestVariables)
    assert 0 < len(few.variables) < len(TYPES)
    assert "first 60 entries" in few.cut
    late = read_variables(TALLIES, seconds=-1)
    assert isinstance(late, GuestVariables)
    assert "took too long" in late.cut
    monkeypatch.setattr(reading, "MOST_SECTION_BYTES", 1024)
    assert ".debug_info has" in why_not(TALLIES)
    monkeypatch.setattr(reading, "MOST_ABBREVIATION_BYTES", 256)
    monkeypatch.setattr(reading, "MOST_SECTION_BYTES", 1024 * 1024)
    assert ".debug_abbrev has" in why_not(TALLIES)


def test_damaged_debug_information_is_told_in_a_sentence() -> None:
    faults = 0
    for data in (TALLIES, TALLIES_5):
        places = [data.index(name) + len(name) for name in (b".debug_info", b".debug_abbrev")]
        for seed in range(60):
            chance = random.Random(seed)
            damaged = bytearray(data)
            for _ in range(chance.choice((1, 5, 40))):
                damaged[chance.choice(places) + chance.randrange(360)] = chance.randrange(256)
            found = read_variables(bytes(damaged), seconds=0.5)
            told = found.why if isinstance(found, NotAvailable) else found.cut
            assert "\n" not in told
            faults += "cannot be read: " in told
            if isinstance(found, GuestVariables):
                for item in found.variables:
                    value_text(item.type, chance.randbytes(min(item.type.size, 4096)))
    assert faults > 20


def test_variables_of_libraries_are_marked_and_come_after_the_component_s_own() -> None:
    found = read_variables((FOLDER / "library" / "app.wasm").read_bytes())
    assert isinstance(found, GuestVariables)
    assert [(one.name, one.library) for one in found.variables] == [
        ("taken", False),
        ("errno", True),
    ]
    # The component's own are read before a bound is met, though the linker put them last.
    cut = read_variables((FOLDER / "library" / "app.wasm").read_bytes(), entries=6)
    assert isinstance(cut, GuestVariables)
    assert [one.name for one in cut.variables] == ["taken"]


@pytest.mark.parametrize(
    ("path", "library"),
    [
        ("/home/me/parser/src/lib.rs/@/parser.0", False),
        ("/rustc/b940084d7c1/library/std/src/lib.rs/@/std.1", True),
        ("/usr/src/rustc-1.96.0/library/core/src/lib.rs", True),
        ("/home/me/.cargo/registry/src/index/serde-1.0/src/lib.rs", True),
        ("/tmp/wasi-sdk-24/libc-top-half/musl/src/errno.c", True),
        ("/home/me/wasi-libcount/main.c", False),
        ("/opt/zig/lib/compiler_rt", True),
    ],
)
def test_a_library_is_told_by_the_path_of_its_sources(path: str, library: bool) -> None:
    assert (reading._LIBRARY.search(path) is not None) is library
