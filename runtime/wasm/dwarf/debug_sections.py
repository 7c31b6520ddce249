"""The debug information of the core module whose memory is a component's own.

DWARF in WebAssembly lies in custom sections named as those of ELF
(https://yurydelendik.github.io/webassembly-dwarf/); addresses of data are those of the memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from runtime.model.component.wasm_sections import (
    CUSTOM_SECTION,
    HEADER_BYTES,
    leb128,
    read_name,
    sections,
)

_CORE_MODULE, _NESTED_COMPONENT = 1, 4
"""Ids of a component's sections that hold a file of their own."""
_MEMORY_SECTION = 5
_DEEPEST = 8
_MOST_MODULES = 1_000
_PREFIX = ".debug_"


def debug_sections(data: bytes) -> dict[str, bytes] | None:
    """The custom sections of debug information, by name, of the module that makes the memory.

    Empty when it has none; None when the modules of the component make several memories, or none:
    then nothing says which one an address is meant for. Raises nothing.
    """
    making = [module for module in _modules(data) for _ in range(_memories(data, *module))]
    if len(making) != 1:
        return None
    start, end = making[0]
    found: dict[str, bytes] = {}
    for section in sections(data, start, end):
        if section.id != CUSTOM_SECTION or section.end > end:
            continue
        named = read_name(data, section.start, section.end)
        if named is not None and named[0].startswith(_PREFIX):
            found.setdefault(named[0], data[named[1] : section.end])
    return found


def _memories(data: bytes, start: int, end: int) -> int:
    """How many memories a module makes; of more than one it is not told how many."""
    return sum(
        min(leb128(data, section.start)[0], 2)
        for section in sections(data, start, end)
        if section.id == _MEMORY_SECTION
    )


def _modules(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each core module begins and ends, also those of nested components."""
    waiting = [(0, len(data), 0)]
    count = 0
    while waiting and count < _MOST_MODULES:
        start, end, depth = waiting.pop(0)
        count += 1
        if data[start + 6 : start + HEADER_BYTES] != b"\x01\x00":
            yield start, end
            continue
        for section in sections(data, start, end):
            if section.id in (_CORE_MODULE, _NESTED_COMPONENT) and section.end <= end:
                deeper = depth + (section.id == _NESTED_COMPONENT)
                if deeper <= _DEEPEST:
                    waiting.append((section.start, section.end, deeper))
