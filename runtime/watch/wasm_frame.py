"""The outermost layer of a WebAssembly file: enough to tell a cut-off file from a whole one.

A cut-off file can be valid: its first eight bytes alone are an empty component. The sections of
a module and of a component carry their length, so a file that ends inside one is cut off. A
file cut exactly between two sections looks whole; the check of its exports finds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

MAGIC = b"\0asm"
_HEADER_BYTES = 8
_CUSTOM_SECTION = 0


class Layer(Enum):
    """What the header says the file is."""

    MODULE = "module"
    COMPONENT = "component"
    NEITHER = "neither"


class Section(NamedTuple):
    """One section: its id, and where its content begins and ends."""

    id: int
    start: int
    end: int


def layer_of(data: bytes) -> Layer:
    """What the first eight bytes say: bytes 6 and 7 are the layer, 0 module, 1 component."""
    if len(data) < _HEADER_BYTES or data[:4] != MAGIC:
        return Layer.NEITHER
    layer = int.from_bytes(data[6:8], "little")
    return {0: Layer.MODULE, 1: Layer.COMPONENT}.get(layer, Layer.NEITHER)


def is_finished(data: bytes) -> bool:
    """False when the bytes are the beginning of a WebAssembly file, and not all of it.

    Anything that cannot become a WebAssembly file by growing counts as finished: waiting
    would not help it. WAT text is finished too.
    """
    if len(data) < _HEADER_BYTES:
        return not MAGIC.startswith(data[:4])
    if layer_of(data) is Layer.NEITHER:
        return True
    end = _HEADER_BYTES
    for section in _sections(data):
        end = section.end
    return end == len(data) > _HEADER_BYTES


def custom_section_names(data: bytes) -> tuple[str, ...]:
    """Names of the outermost custom sections, in the order of the file."""
    names = []
    for section in _sections(data):
        if section.id == _CUSTOM_SECTION and section.end <= len(data):
            size, start = _leb128(data, section.start)
            if start is not None and start + size <= section.end:
                names.append(data[start : start + size].decode("utf-8", "replace"))
    return tuple(names)


def _sections(data: bytes) -> Iterator[Section]:
    """The sections; the end of the last one lies beyond the data when the file is cut off."""
    position = _HEADER_BYTES
    while position < len(data):
        size, start = _leb128(data, position + 1)
        if start is None:
            yield Section(data[position], len(data), len(data) + 1)
            return
        yield Section(data[position], start, start + size)
        position = start + size


def _leb128(data: bytes, position: int) -> tuple[int, int | None]:
    """An unsigned LEB128 number and the position after it; None when the data ends inside it."""
    value = 0
    for shift in range(0, 35, 7):
        if position >= len(data):
            return 0, None
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, position
    return value, position
