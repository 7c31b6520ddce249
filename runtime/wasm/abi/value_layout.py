"""Where the fields of wasmtime's C values lie, and how memory is read at an address.

A `wasmtime_component_val_t` is 32 bytes: its kind at 0, its content at 8. The offsets below
are compared with wasmtime's own declarations when this module is imported: a wrong one
would be a segmentation fault, not an exception.

Memory is read through pointers with a fixed base, which costs a fifth of a
`from_address` object: `WORDS[word(address)]` is the 64-bit word at an address divisible by
8, `SIGNED[word(address)]` the same with a sign, `BYTES[address - BYTES_BASE]` the byte at any
address.
"""

from __future__ import annotations

import ctypes
from typing import Any

from wasmtime import _bindings, _ffi

VALUE_SIZE = 32
CONTENT = 8
"""Offset of a value's content."""
FIRST = 8
"""Offset of the first word of content: a number, a size, `is_ok`, or a pointer."""
SECOND = 16
"""Offset of the second word of content: the data of a list, record or string; a result's value."""
THIRD = 24
"""Offset of the third word of content: the value of a variant."""
ENTRY_SIZE = 48
"""Size of one field of a record: name (16 bytes), then value."""
ENTRY_VALUE = 16
"""Offset of the value in a record's field."""

BOOL = 0
U8 = 2
U32 = 6
U64 = 8
STRING = 12
LIST = 13
RECORD = 14
TUPLE = 15
VARIANT = 16
ENUM = 17
OPTION = 18
RESULT = 19
FLAGS = 20
RESOURCE = 21

_KINDS = {
    "BOOL": BOOL,
    "U8": U8,
    "U32": U32,
    "U64": U64,
    "STRING": STRING,
    "LIST": LIST,
    "RECORD": RECORD,
    "TUPLE": TUPLE,
    "VARIANT": VARIANT,
    "ENUM": ENUM,
    "OPTION": OPTION,
    "RESULT": RESULT,
    "FLAGS": FLAGS,
    "RESOURCE": RESOURCE,
}

_WORD_BASE = 8
BYTES_BASE = 1
# A pointer of ctypes may not be null, hence the bases above 0.
WORDS: Any = ctypes.cast(ctypes.c_void_p(_WORD_BASE), ctypes.POINTER(ctypes.c_uint64))
SIGNED: Any = ctypes.cast(ctypes.c_void_p(_WORD_BASE), ctypes.POINTER(ctypes.c_int64))
BYTES: Any = ctypes.cast(ctypes.c_void_p(BYTES_BASE), ctypes.POINTER(ctypes.c_char))


def word(address: int) -> int:
    """The index into `WORDS` of an address divisible by 8."""
    return (address >> 3) - 1


def read_bytes(address: int, size: int) -> bytes:
    """`size` bytes at `address`."""
    start = address - BYTES_BASE
    data: bytes = BYTES[start : start + size]
    return data


def read_list_u8(data: int, size: int) -> bytes:
    """The bytes of a `list<u8>` whose values lie at `data`: one byte in 32."""
    if not size:
        return b""
    start = data + FIRST - BYTES_BASE
    content: bytes = BYTES[start : start + size * VALUE_SIZE : VALUE_SIZE]
    return content


def read_text(address: int) -> str:
    """The text of a name (size, data) that lies at `address`."""
    index = word(address)
    return read_bytes(WORDS[index + 1], WORDS[index]).decode("utf-8", "replace")


def _expected() -> dict[str, tuple[int, int]]:
    value = _bindings.wasmtime_component_val
    entry = _bindings.wasmtime_component_valrecord_entry
    union = _bindings.wasmtime_component_valunion
    found: dict[str, tuple[int, int]] = {
        "pointer": (8, ctypes.sizeof(ctypes.c_void_p)),
        "val": (VALUE_SIZE, ctypes.sizeof(value)),
        "val.of": (CONTENT, _offset(value, "of")),
        "entry": (ENTRY_SIZE, ctypes.sizeof(entry)),
        "entry.name": (0, _offset(entry, "name")),
        "entry.val": (ENTRY_VALUE, _offset(entry, "val")),
        "union": (VALUE_SIZE - CONTENT, ctypes.sizeof(union)),
    }
    pairs = {
        "vallist": ("size", "data"),
        "valrecord": ("size", "data"),
        "valtuple": ("size", "data"),
        "valflags": ("size", "data"),
        "valresult": ("is_ok", "val"),
        "valvariant": ("discriminant", "val"),
    }
    for name, (first, second) in pairs.items():
        struct = getattr(_bindings, f"wasmtime_component_{name}")
        found[f"{name}.{first}"] = (FIRST - CONTENT, _offset(struct, first))
        wanted = THIRD if name == "valvariant" else SECOND
        found[f"{name}.{second}"] = (wanted - CONTENT, _offset(struct, second))
    found["name.size"] = (0, _offset(_bindings.wasm_name_t, "size"))
    found["name.data"] = (8, _offset(_bindings.wasm_name_t, "data"))
    for name, kind in _KINDS.items():
        found[f"kind {name}"] = (kind, getattr(_ffi, f"WASMTIME_COMPONENT_{name}").value)
    return found


def _offset(struct: Any, field: str) -> int:
    offset: int = getattr(struct, field).offset
    return offset


def check_layout() -> None:
    """Compare every constant of this module with the installed wasmtime.

    Raises ImportError naming the first that differs.
    """
    for name, (wanted, found) in _expected().items():
        if wanted != found:
            raise ImportError(
                f"wasmtime's layout of {name} is {found}, this version of torvyn-studio "
                f"expects {wanted}: install the wasmtime it pins"
            )


check_layout()
