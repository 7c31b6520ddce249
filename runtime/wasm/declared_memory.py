"""The linear memories and tables that instantiating a component makes, read from its bytes.

wasmtime limits each memory of a store by itself, so the limit of a component is divided among
those it has. The reader follows the instantiations: a core module, or a nested component, that
is instantiated twice has its memories twice. What it cannot follow (modules that a component
takes from an instance) it leaves out: wasmtime then refuses the memory that was not counted.

Formats: WebAssembly core specification, "Binary Format"; component-model, `Binary.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from runtime.model.lazy.dataclass import dataclass

_CORE_PREAMBLE = b"\0asm\x01\x00\x00\x00"
_COMPONENT_LAYER = b"\x01\x00"
_PAGE_BITS = 16
_MAX_DEPTH = 64
_MAX_COUNT = 10_000
"""More memories or tables than wasmtime would make; counting stops there."""


_CONSTANTS = frozenset({0x23, 0x41, 0x42, 0xD0, 0xD2})
"""Instructions of a table's initial value; each has one number, or a heap type."""


class Range(NamedTuple):
    """What one memory (in bytes) or table (in elements) has, and what it may grow to."""

    least: int
    most: int | None
    """None: as much as it gets."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What instantiating a component makes."""

    memories: tuple[Range, ...] = ()
    tables: tuple[Range, ...] = ()

    @property
    def least_bytes(self) -> int:
        """What its memories have from the start, together."""
        return sum(item.least for item in self.memories)


def limit_of_each(ranges: Sequence[Range], total: int) -> int | None:
    """The largest size each may grow to so that all together stay within `total`.

    None when there is no such size that every one can start with.
    """
    left, count = total, len(ranges)
    each = total
    for most in sorted(total if item.most is None else item.most for item in ranges):
        each = left // count
        if most >= each:
            break
        # This one never takes its share: the others have it.
        left -= most
        count -= 1
        each = total
    return each if all(item.least <= each for item in ranges) else None


def read_declared(data: bytes) -> Declared:
    """Read a component's bytes. What wasmtime would refuse to compile gives a part, or nothing."""
    try:
        return _Component(data, 8, len(data), ()).made()
    except (IndexError, ValueError, RecursionError):
        return Declared()


class _Reader:
    """Reads numbers and names; raises IndexError at the end."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data = data
        self.at = at
        self.end = end

    def byte(self) -> int:
        if self.at >= self.end:
            raise IndexError(self.at)
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        value = shift = 0
        while True:
            part = self.byte()
            value |= (part & 0x7F) << shift
            if part < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise ValueError("a number is too long")

    def name(self) -> None:
        size = self.number()
        self.at += size

    def sections(self) -> Iterable[tuple[int, _Reader]]:
        while self.at < self.end:
            kind, size = self.byte(), self.number()
            if self.at + size > self.end:
                raise IndexError(self.at)
            yield kind, _Reader(self.data, self.at, self.at + size)
            self.at += size

    def range(self, unit_bits: int | None) -> Range:
        """Limits, in elements, or in units of 2 ** `unit_bits` bytes."""
        flags = self.byte()
        least = self.number()
        most = self.number() if flags & 1 else None
        if unit_bits is None:
            return Range(least, most)
        if flags & 8:
            unit_bits = self.number()
        return Range(least << unit_bits, None if most is None else most << unit_bits)

    def constant_expression(self) -> None:
        while (code := self.byte()) != 0x0B:
            if code not in _CONSTANTS:
                raise ValueError(f"instruction {code:#x} in a table's initial value")
            self.number()

    def reference_type(self) -> None:
        # 0x63 and 0x64 are followed by a heap type, a signed number of as many bytes.
        if self.byte() in (0x63, 0x64):
            self.number()


def _module(data: bytes, at: int, end: int) -> Declared:
    """What one core module makes; what it imports is not its own."""
    if data[at : at + 8] != _CORE_PREAMBLE:
        raise ValueError("no core module")
    memories: list[Range] = []
    tables: list[Range] = []
    for kind, section in _Reader(data, at + 8, end).sections():
        if kind == 5:
            memories += [section.range(_PAGE_BITS) for _ in range(section.number())]
        elif kind == 4:
            for _ in range(section.number()):
                # 0x40 0x00 begins a table with an initial value, an expression.
                initial = section.data[section.at] == 0x40
                if initial:
                    section.at += 2
                section.reference_type()
                tables.append(section.range(None))
                if initial:
                    section.constant_expression()
    return Declared(tuple(memories), tuple(tables))


_NOTHING = Declared()
_CORE, _COMPONENT, _CORE_MODULE = 0x00, 0x04, 0x11


class _Component:
    """One component: its modules and nested components, and what its instantiations make."""

    def __init__(self, data: bytes, at: int, end: int, outer: tuple[_Component, ...]) -> None:
        if len(outer) > _MAX_DEPTH or data[at - 2 : at] != _COMPONENT_LAYER:
            raise ValueError("no component")
        self._scopes = (self, *outer)
        self._modules: list[Declared] = []
        self._components: list[Declared] = []
        self._memories: list[Range] = []
        self._tables: list[Range] = []
        for kind, section in _Reader(data, at, end).sections():
            if kind == 1:
                self._modules.append(_module(data, section.at, section.end))
            elif kind == 4:
                nested = _Component(data, section.at + 8, section.end, self._scopes)
                self._components.append(nested.made())
            elif kind in _ENTRIES:
                for _ in range(section.number()):
                    _ENTRIES[kind](self, section)

    def made(self) -> Declared:
        return Declared(tuple(self._memories), tuple(self._tables))

    def _make(self, what: Declared) -> None:
        if len(self._memories) < _MAX_COUNT:
            self._memories += what.memories
        if len(self._tables) < _MAX_COUNT:
            self._tables += what.tables

    def _core_instance(self, reader: _Reader) -> None:
        if reader.byte() == 0:
            self._make(self._modules[reader.number()])
        for _ in range(reader.number()):
            reader.name()
            reader.byte()
            reader.number()

    def _instance(self, reader: _Reader) -> None:
        if reader.byte() == 0:
            self._make(self._components[reader.number()])
            for _ in range(reader.number()):
                reader.name()
                _sort(reader)
                reader.number()
        else:
            for _ in range(reader.number()):
                _extern_name(reader)
                _sort(reader)
                reader.number()

    def _alias(self, reader: _Reader) -> None:
        sort = _sort(reader)
        target = reader.byte()
        first = reader.number()
        if target != 2:
            reader.name()
            self._add(sort, _NOTHING)
            return
        index = reader.number()
        scope = self._scopes[first] if first < len(self._scopes) else self
        if sort == _CORE_MODULE:
            self._modules.append(scope._modules[index])
        elif sort == _COMPONENT:
            self._components.append(scope._components[index])

    def _import(self, reader: _Reader) -> None:
        _extern_name(reader)
        self._add(_extern_type(reader), _NOTHING)

    def _export(self, reader: _Reader) -> None:
        _extern_name(reader)
        sort = _sort(reader)
        index = reader.number()
        if reader.byte() == 1:
            _extern_type(reader)
        if sort == _CORE_MODULE:
            self._modules.append(self._modules[index])
        elif sort == _COMPONENT:
            self._components.append(self._components[index])

    def _add(self, sort: int, what: Declared) -> None:
        if sort == _CORE_MODULE:
            self._modules.append(what)
        elif sort == _COMPONENT:
            self._components.append(what)


_ENTRIES: dict[int, Callable[[_Component, _Reader], None]] = {
    2: _Component._core_instance,
    5: _Component._instance,
    6: _Component._alias,
    10: _Component._import,
    11: _Component._export,
}
"""What reads an entry of a section, by the section's number."""


def _sort(reader: _Reader) -> int:
    """A sort; core ones as their own byte, of which only that of modules is no other's."""
    sort = reader.byte()
    return sort if sort != _CORE else (_CORE_MODULE if reader.byte() == _CORE_MODULE else -1)


def _extern_name(reader: _Reader) -> None:
    form = reader.byte()
    reader.name()
    if form == 2:
        for _ in range(reader.number()):
            reader.byte()
            reader.name()


def _extern_type(reader: _Reader) -> int:
    """The sort of what an import or export is; its type is passed over."""
    sort = _sort(reader)
    if sort == 2:
        raise ValueError("values are not read")
    if sort != 3 or reader.byte() == 0:
        reader.number()
    return sort
