"""The outermost layer of a WebAssembly file: enough to tell a cut-off file from a whole one.

A cut-off file can be valid: its first eight bytes alone are an empty component. The sections of
a module and of a component carry their length, so a file that ends inside one is cut off. A
file cut exactly between two sections looks whole; the check of its exports finds it.
"""

from __future__ import annotations

from enum import Enum

from runtime.model.component.wasm_sections import (
    CUSTOM_SECTION,
    EXPORT_SECTION,
    HEADER_BYTES,
    leb128,
    read_name,
    sections,
)

MAGIC = b"\0asm"


class Layer(Enum):
    """What the header says the file is."""

    MODULE = "module"
    COMPONENT = "component"
    NEITHER = "neither"


def layer_of(data: bytes) -> Layer:
    """What the first eight bytes say: bytes 6 and 7 are the layer, 0 module, 1 component."""
    if len(data) < HEADER_BYTES or data[:4] != MAGIC:
        return Layer.NEITHER
    layer = int.from_bytes(data[6:8], "little")
    return {0: Layer.MODULE, 1: Layer.COMPONENT}.get(layer, Layer.NEITHER)


def is_finished(data: bytes) -> bool:
    """False when the bytes are the beginning of a WebAssembly file, and not all of it.

    Anything that cannot become a WebAssembly file by growing counts as finished: waiting
    would not help it. WAT text is finished too.
    """
    if len(data) < HEADER_BYTES:
        return not MAGIC.startswith(data[:4])
    if layer_of(data) is Layer.NEITHER:
        return True
    end = HEADER_BYTES
    for section in sections(data):
        end = section.end
    return end == len(data) > HEADER_BYTES


def export_names(module: bytes) -> tuple[str, ...]:
    """Names of what a core module exports, as far as they can be read."""
    names = []
    for section in sections(module):
        if section.id != EXPORT_SECTION or section.end > len(module):
            continue
        left, place = leb128(module, section.start)
        while left and place is not None:
            named = read_name(module, place, section.end)
            if named is None:
                break
            names.append(named[0])
            _, place = leb128(module, named[1] + 1)  # after its kind, its index
            left -= 1
    return tuple(names)


def custom_section_names(data: bytes) -> tuple[str, ...]:
    """Names of the outermost custom sections, in the order of the file."""
    names = []
    for section in sections(data):
        if section.id == CUSTOM_SECTION and section.end <= len(data):
            named = read_name(data, section.start, section.end)
            if named is not None:
                names.append(named[0])
    return tuple(names)
