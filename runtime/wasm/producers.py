"""What made a component, by what its modules say of themselves.

Tools name themselves in the custom section `producers`
(https://github.com/WebAssembly/tool-conventions/blob/main/ProducersSection.md), and modules in
the section `name`. Of a component made by componentize-py neither names Python: a module that
is called `libpython…` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runtime.model.component.wasm_sections import (
    CUSTOM_SECTION,
    HEADER_BYTES,
    Section,
    leb128,
    read_name,
    sections,
)
from runtime.model.lazy.dataclass import dataclass

_MAGIC = b"\0asm"
_CORE_MODULE = 1
_COMPONENT = 4
_NESTED = (_CORE_MODULE, _COMPONENT)
"""Ids of a component's sections that hold a file of their own."""
_DEEPEST = 8
_MOST_FILES = 1_000
_MOST_VALUES = 100

_INTERPRETED = (
    (re.compile(r"^libpython|^componentize.?py\b", re.IGNORECASE), "Python"),
    (
        re.compile(r"^componentize-?(js|qjs)\b|^JavaScript$|^starlingmonkey", re.IGNORECASE),
        "JavaScript",
    ),
    (re.compile(r"^libruby|^ruby$", re.IGNORECASE), "Ruby"),
)


@dataclass(frozen=True, slots=True)
class Producers:
    """Who made a file, each name once, in the order of the file."""

    languages: tuple[str, ...] = ()
    """Source languages, e.g. "Rust" or "C11"."""
    tools: tuple[str, ...] = ()
    """Tools with their version, e.g. "ComponentizeJS 0.23.0"."""
    modules: tuple[str, ...] = ()
    """Names of the modules inside, e.g. "libpython3.14.so"."""

    @property
    def interpreter(self) -> str:
        """The language whose interpreter the component carries, "" for none."""
        names = (*self.modules, *self.languages, *self.tools)
        for pattern, language in _INTERPRETED:
            if any(pattern.search(name) for name in names):
                return language
        return ""


def read_producers(data: bytes) -> Producers:
    """Who made the component or module, as far as that can be read. Raises nothing."""
    languages: dict[str, None] = {}
    tools: dict[str, None] = {}
    modules: dict[str, None] = {}
    for start, end in _files(data):
        for section in sections(data, start, end):
            if section.id != CUSTOM_SECTION or section.end > end:
                continue
            named = read_name(data, section.start, section.end)
            if named is None:
                continue
            title, content = named
            if title == "producers":
                for field, name, version in _produced(data, content, section.end):
                    if field == "language":
                        languages[name] = None
                    elif field == "processed-by":
                        tools[f"{name} {version}".strip()] = None
            elif title == "name":
                module = _module_name(data, content, section.end)
                if module:
                    modules[module] = None
    return Producers(tuple(languages), tuple(tools), tuple(modules))


def _files(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the file itself, and each that is nested in it, begins and ends."""
    waiting = [(0, len(data), 0)]
    count = 0
    while waiting and count < _MOST_FILES:
        start, end, depth = waiting.pop(0)
        count += 1
        yield start, end
        if depth == _DEEPEST or data[start + 6 : start + HEADER_BYTES] != b"\x01\x00":
            continue
        for section in sections(data, start, end):
            if _is_nested(data, section, end):
                waiting.append((section.start, section.end, depth + 1))


def _is_nested(data: bytes, section: Section, end: int) -> bool:
    return (
        section.id in _NESTED
        and section.end <= end
        and data[section.start : section.start + len(_MAGIC)] == _MAGIC
    )


def _produced(data: bytes, position: int, end: int) -> Iterator[tuple[str, str, str]]:
    """Field, name and version of each value of a section `producers`."""
    fields, at = leb128(data, position)
    for _ in range(min(fields, _MOST_VALUES)):
        field = None if at is None else read_name(data, at, end)
        if field is None:
            return
        values, at = leb128(data, field[1])
        for _ in range(min(values, _MOST_VALUES)):
            name = None if at is None else read_name(data, at, end)
            version = None if name is None else read_name(data, name[1], end)
            if name is None or version is None:
                return
            at = version[1]
            yield field[0], name[0], version[0]


def _module_name(data: bytes, position: int, end: int) -> str:
    """The name of the module or component itself: subsection 0 of a section `name`."""
    at: int | None = position
    while at is not None and at < end:
        kind = data[at]
        size, content = leb128(data, at + 1)
        if content is None:
            return ""
        if kind == 0:
            named = read_name(data, content, min(content + size, end))
            return named[0] if named is not None else ""
        at = content + size
    return ""
