"""Component values written into C memory: fixed ones, and lists of bytes in bulk.

A fixed value lives in memory of our own, is never freed by wasmtime, and is handed out as
a clone. Everything here assumes the one thread that calls components.
"""

from __future__ import annotations

import ctypes
from typing import Any

from runtime.wasm.abi import capi, value_layout
from runtime.wasm.abi.buffers import BufferRefusal
from runtime.wasm.abi.value_layout import FIRST, SECOND, VALUE_SIZE, WORDS, word

MAX_TAKEN_BYTES = 2_796_202
"""Bytes of one `list<u8>` that a component can hand over at once.

wasmtime takes no more: it allows 128 MiB of values, 48 bytes each.
"""
MAX_GIVEN_BYTES = MAX_TAKEN_BYTES
"""Bytes of one `list<u8>`, or of a text, that a component is given at once.

wasmtime would give any number, but each byte of a list takes 80 bytes of memory on the way, 32 of
a C value and 48 of wasmtime's own: 214 MiB at most, as no two calls are made at once. Nothing
ends the copying in time either.
"""
_FIRST_VALUES = 4 * 1024
"""Values there is room for at first, and in each part of a long list (128 KiB of memory)."""
MOST_VALUES = 256 * 1024
"""Values there is ever room for (8 MiB of memory); a longer list is written in parts."""


class ListTooLongError(Exception):
    """More than `MAX_GIVEN_BYTES` were to be given to a component at once."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(f"{size} bytes")


class FixedValues:
    """Builds values in memory that lives as long as this object."""

    def __init__(self) -> None:
        self._blocks: list[Any] = []

    def block(self, size: int) -> int:
        """Address of `size` zeroed bytes, divisible by 8."""
        memory = (ctypes.c_uint64 * ((size + 7) // 8))()
        self._blocks.append(memory)
        return ctypes.addressof(memory)

    def name(self, at: int, text: str) -> None:
        """Write a name (size, data) at `at`."""
        data = text.encode("utf-8", "replace")
        memory = ctypes.create_string_buffer(data, len(data) + 1)
        self._blocks.append(memory)
        WORDS[word(at)] = len(data)
        WORDS[word(at) + 1] = ctypes.addressof(memory)

    def value(self, kind: int, first: int = 0, second: int = 0, third: int = 0) -> int:
        """Address of a new value with these words of content."""
        address = self.block(VALUE_SIZE)
        put(address, kind, first, second, third)
        return address

    def text(self, text: str, kind: int = value_layout.STRING) -> int:
        """Address of a new string (or enum) value."""
        address = self.value(kind)
        self.name(address + FIRST, text)
        return address

    def variant(self, case: str, payload: int = 0) -> int:
        """Address of a new variant value; `payload` is the address of a value, or 0."""
        address = self.value(value_layout.VARIANT, third=payload)
        self.name(address + FIRST, case)
        return address

    def record(self, *fields: tuple[str, int]) -> tuple[int, tuple[int, ...]]:
        """A new record value of (name, kind) fields; its address, and those of its fields."""
        entries = self.block(value_layout.ENTRY_SIZE * len(fields))
        places = []
        for index, (name, kind) in enumerate(fields):
            entry = entries + index * value_layout.ENTRY_SIZE
            self.name(entry, name)
            put(entry + value_layout.ENTRY_VALUE, kind)
            places.append(entry + value_layout.ENTRY_VALUE)
        return self.value(value_layout.RECORD, len(fields), entries), tuple(places)

    def tuple_of(self, count: int, kind: int) -> tuple[int, tuple[int, ...]]:
        """A new tuple value of `count` items of one kind; its address, and those of its items."""
        items = self.block(VALUE_SIZE * count)
        places = tuple(items + index * VALUE_SIZE for index in range(count))
        for place in places:
            put(place, kind)
        return self.value(value_layout.TUPLE, count, items), places


def put(address: int, kind: int, first: int = 0, second: int = 0, third: int = 0) -> None:
    """Write a whole value at `address`; what stood there is not freed."""
    index = word(address)
    WORDS[index] = kind
    WORDS[index + 1] = first
    WORDS[index + 2] = second
    WORDS[index + 3] = third


class ByteLists:
    """Writes `list<u8>` values. One object serves every instance of one thread."""

    def __init__(self) -> None:
        self._make_room(_FIRST_VALUES)

    def _make_room(self, values: int) -> None:
        # Every value's kind is set once; a write changes only the byte at offset 8.
        self._scratch = bytearray((bytes([value_layout.U8]) + bytes(VALUE_SIZE - 1)) * values)
        self._hold = (ctypes.c_char * len(self._scratch)).from_buffer(self._scratch)
        self._scratch_at = capi.address(ctypes.addressof(self._hold))
        self._values = values
        """Values there is room for."""
        self._last = b""
        """The bytes at the start of the scratch."""
        self._count = capi.ZERO
        """How many there are, as an argument."""

    def write(self, address: int, data: bytes) -> None:
        """Write `data` as a list value at `address`; ownership passes to wasmtime.

        Raises ListTooLongError, and then nothing is written.
        """
        # Stages that follow one another read the very same bytes.
        if data is not self._last:
            size = len(data)
            if size > self._values:
                if size > MOST_VALUES:
                    self._write_long(address, data, size)
                    return
                self._make_room(min(MOST_VALUES, 2 * size))
            if size:
                # An empty slice with a step would resize the bytearray.
                self._scratch[FIRST : FIRST + VALUE_SIZE * size : VALUE_SIZE] = data
            self._count = capi.number(size)
            self._last = data
        capi.list_new(capi.address(address + FIRST), self._count, self._scratch_at)
        WORDS[(address >> 3) - 1] = value_layout.LIST

    def _write_long(self, address: int, data: bytes, size: int) -> None:
        if size > MAX_GIVEN_BYTES:
            raise ListTooLongError(size)
        self._last = b""
        self._count = capi.ZERO
        capi.list_uninit(capi.address(address + FIRST), capi.number(size))
        place = WORDS[word(address + SECOND)]
        for start in range(0, size, _FIRST_VALUES):
            part = data[start : start + _FIRST_VALUES]
            length = VALUE_SIZE * len(part)
            self._scratch[FIRST : FIRST + length : VALUE_SIZE] = part
            capi.memmove(capi.address(place), self._scratch_at, capi.number(length))
            place += length
        WORDS[word(address)] = value_layout.LIST


class ReadFailures:
    """`result<_, buffer-error>` values, one for each refusal met so far."""

    def __init__(self) -> None:
        self._fixed = FixedValues()
        self._made: dict[BufferRefusal, Any] = {}

    def write(self, address: int, refusal: BufferRefusal) -> None:
        """Write `err(refusal)` at `address`."""
        made = self._made.get(refusal)
        if made is None:
            payload = 0 if refusal.text is None else self._fixed.text(refusal.text)
            error = self._fixed.variant(refusal.case, payload)
            made = capi.address(self._fixed.value(value_layout.RESULT, 0, error))
            self._made[refusal] = made
        capi.value_clone(made, capi.address(address))


def write_text(address: int, text: str) -> None:
    """Write `text` as a string value at `address`; ownership passes to wasmtime."""
    fixed = FixedValues()
    capi.value_clone(capi.address(fixed.text(text)), capi.address(address))
