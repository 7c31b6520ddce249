"""The sections of a WebAssembly file: each is an id, a length and as many bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

HEADER_BYTES = 8
"""Magic, version and layer, of a module and of a component."""
CUSTOM_SECTION = 0
"""The id of a section that has a name, and a content of its own kind."""

EXPORT_SECTION = 7
"""The id of what a core module exports."""


class Section(NamedTuple):
    """One section: its id, and where its content begins and ends."""

    id: int
    start: int
    end: int


def sections(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Section]:
    """The outermost sections of the file that `data` holds from `start` to `end`.

    The end of the last one lies beyond the data when the file is cut off. Raises nothing.
    """
    limit = len(data) if end is None else min(end, len(data))
    position = start + HEADER_BYTES
    while position < limit:
        size, content = leb128(data, position + 1)
        if content is None:
            yield Section(data[position], limit, limit + 1)
            return
        yield Section(data[position], content, content + size)
        position = content + size


def read_name(data: bytes, start: int, end: int) -> tuple[str, int] | None:
    """A name and the position after it; None when it does not end before `end`."""
    size, content = leb128(data, start)
    if content is None or content + size > end:
        return None
    return data[content : content + size].decode("utf-8", "replace"), content + size


def leb128(data: bytes, position: int) -> tuple[int, int | None]:
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
