"""The beginning of a component: its imports, and the types that they are written with.

Every tool that makes a component from a module (`wit-component`, which Rust, C, Python, JavaScript
and Go use) writes them first. Binary format:
https://github.com/WebAssembly/component-model/blob/main/design/mvp/Binary.md
"""

from __future__ import annotations

from collections.abc import Iterator

from runtime.model.component.wasm_sections import CUSTOM_SECTION, leb128, read_name, sections
from runtime.model.lazy.dataclass import dataclass

ALIAS, TYPE, IMPORT = 6, 7, 10
"""Ids of sections."""
_TYPE_SORT, _INSTANCE_SORT, _CORE_SORT = 0x03, 0x05, 0x00
_EXPORT_OF_INSTANCE, _EXPORT_OF_CORE_INSTANCE = 0x00, 0x01


class UnusualComponentError(Exception):
    """The component is not laid out as the usual tools lay it out; the text says where not."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import."""

    name: str
    """With its version."""
    encoded: bytes
    """Name and type as they stand in the file."""
    is_instance: bool
    """Whether it is an interface."""
    adds_type: bool


@dataclass(frozen=True, slots=True)
class Alias:
    """One alias of an instance's export, or of something in another scope."""

    head: bytes
    """Its sort, and what it is an alias of."""
    instance: int | None
    """The instance that it is an export of; None for another kind of alias."""
    tail: bytes
    """What follows the instance."""
    sort: int


@dataclass(frozen=True, slots=True)
class PrefixSection:
    """A section of the beginning."""

    id: int
    content: bytes
    types: int = 0
    """How many types it defines."""
    imports: tuple[Import, ...] = ()
    aliases: tuple[Alias, ...] = ()


def prefix_of(data: bytes) -> list[PrefixSection]:
    """The sections up to the last import.

    Raises:
        UnusualComponentError: it begins in another way, or is cut off.
    """
    found: list[PrefixSection] = []
    last = 0
    usual = True
    for section in sections(data):
        content = data[section.start : section.end]
        if section.id == CUSTOM_SECTION:
            continue
        if section.id == IMPORT:
            if not usual:
                raise UnusualComponentError("it has imports behind its code")
            found.append(PrefixSection(IMPORT, content, imports=tuple(_imports(content))))
            last = len(found)
        elif section.id == TYPE and usual:
            found.append(PrefixSection(TYPE, content, types=_number(content, 0)[0]))
        elif section.id == ALIAS and usual:
            found.append(PrefixSection(ALIAS, content, aliases=tuple(_aliases(content))))
        else:
            usual = False
    return found[:last]


def types_and_instances(prefix: list[PrefixSection]) -> tuple[int, int]:
    """How many types and instances the beginning makes."""
    types = instances = 0
    for section in prefix:
        types += section.types
        types += sum(one.adds_type for one in section.imports)
        types += sum(one.sort == _TYPE_SORT for one in section.aliases)
        instances += sum(one.is_instance for one in section.imports)
        instances += sum(one.sort == _INSTANCE_SORT for one in section.aliases)
    return types, instances


def encoded_section(identifier: int, items: list[bytes]) -> bytes:
    """A section that is a list."""
    content = encoded_number(len(items)) + b"".join(items)
    return bytes([identifier]) + encoded_number(len(content)) + content


def instance_export(instance: int, name: str) -> bytes:
    """An alias of the interface that an instance exports under this name."""
    head = bytes([_INSTANCE_SORT, _EXPORT_OF_INSTANCE]) + encoded_number(instance)
    text = name.encode()
    return head + encoded_number(len(text)) + text


def encoded_number(value: int) -> bytes:
    """As LEB128."""
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])


def _imports(content: bytes) -> Iterator[Import]:
    count, at = _number(content, 0)
    for _ in range(count):
        start = at
        if content[at] not in (0, 1):
            raise UnusualComponentError("an import has a name of a newer kind")
        name, at = _text(content, at + 1)
        kind = content[at]
        at += 2 if kind == _CORE_SORT else 1
        if kind == _TYPE_SORT and content[at] == 1:  # a resource: no type is named
            at += 1
        else:
            at += kind in (0x02, _TYPE_SORT)
            _, at = _number(content, at)
        yield Import(name, content[start:at], kind == _INSTANCE_SORT, kind == _TYPE_SORT)


def _aliases(content: bytes) -> Iterator[Alias]:
    count, at = _number(content, 0)
    for _ in range(count):
        start, sort = at, content[at]
        at += 2 if sort == _CORE_SORT else 1
        target = content[at]
        first, after = _number(content, at + 1)
        if target in (_EXPORT_OF_INSTANCE, _EXPORT_OF_CORE_INSTANCE):
            _, end = _text(content, after)
        else:
            _, end = _number(content, after)
        of_instance = target == _EXPORT_OF_INSTANCE
        yield Alias(
            content[start : at + 1],
            first if of_instance else None,
            content[after:end] if of_instance else content[at + 1 : end],
            sort,
        )
        at = end


def _number(content: bytes, at: int) -> tuple[int, int]:
    value, after = leb128(content, at)
    if after is None:
        raise UnusualComponentError("a section is cut off")
    return value, after


def _text(content: bytes, at: int) -> tuple[str, int]:
    named = read_name(content, at, len(content))
    if named is None:
        raise UnusualComponentError("a section is cut off")
    return named
