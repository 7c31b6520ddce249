"""Global and static variables of a component, from its debug information.

Read by pyelftools, which is imported here alone. The information is somebody else's: whatever is
wrong with it is told in a sentence, and reading is bounded in bytes, entries and seconds.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from elftools.dwarf.compileunit import CompileUnit
from elftools.dwarf.die import DIE
from elftools.dwarf.dwarfinfo import DebugSectionDescriptor, DwarfConfig, DWARFInfo

from runtime.model.lazy.dataclass import dataclass
from runtime.model.text.printable import printable
from runtime.wasm.dwarf.debug_sections import debug_sections
from runtime.wasm.dwarf.entry_types import EntryTypes, attribute, text_of
from runtime.wasm.dwarf.guest_values import GuestType
from runtime.wasm.guest_memory import NotAvailable

NO_DEBUG_INFORMATION = (
    "the component has no debug information: `torvyn-studio build --debug` puts it in, for C,"
    " Zig and Rust"
)
MOST_SECTION_BYTES = 8 * 1024 * 1024
"""Of one section of debug information."""
MOST_ABBREVIATION_BYTES = 1024 * 1024
"""Of the section that says what entries look like: it is taken in as a whole, whatever time that
takes, about two seconds at the most."""
MOST_ENTRIES = 100_000
MOST_VARIABLES = 2_000
MOST_SECONDS = 2.0
_MOST_NAME = 120
_MOST_PATH = 4096
_DEEPEST = 64

_SECTIONS = (
    "debug_info",
    "debug_abbrev",
    "debug_str",
    "debug_addr",
    "debug_str_offsets",
    "debug_line_str",
    # Looked into by pyelftools for the attributes of a unit in DWARF 5.
    "debug_loclists",
    "debug_rnglists",
)
_LEFT_AWAY = (
    "debug_aranges",
    "debug_frame",
    "eh_frame",
    "debug_loc",
    "debug_ranges",
    "debug_line",
    "debug_pubtypes",
    "debug_pubnames",
    "debug_sup",
    "gnu_debugaltlink",
    "debug_types",
)
"""Sections that the variables need nothing of."""
_VARIABLE = "DW_TAG_variable"
_NAMING = frozenset(
    {
        "DW_TAG_namespace",
        "DW_TAG_subprogram",
        "DW_TAG_structure_type",
        "DW_TAG_class_type",
        "DW_TAG_union_type",
    }
)
"""Entries whose name stands before those of the variables inside."""
_LIBRARY = re.compile(
    r"(?:^|/)(?:ziglang|zig/lib|lib/zig|wasi-libc|wasi-sysroot|wasi-sdk[^/]*|libc-(?:top|bottom)-half"
    r"|musl|cloudlibc|dlmalloc|emmalloc|compiler[-_]rt|libcxx(?:abi)?|libunwind|llvm-project"
    r"|rustc/[0-9a-f]{8,}|rustc-[0-9.]+[^/]*|[.]?cargo/(?:registry|git))(?:/|$)"
)
"""In the path of a source of a language's libraries, or of a package that was fetched."""
_LIBRARY_NAMES = ("std::", "core::", "alloc::", "__rustc")
"""What Rust's own names begin with, wherever they were compiled."""
_RUST = 0x1C
"""DWARF 5, table 7.17."""
_OP_ADDR, _OP_PLUS, _OP_ADDRX, _OP_GNU_ADDR_INDEX = 0x03, 0x23, 0xA1, 0xFB
"""DWARF 5, table 7.9; the last is GCC's and LLVM's of version 4."""
_ADDRESS_BYTES = 4
_FIRST_TOMBSTONE = 0xFFFF_FFF0
"""From here on no address is one: linkers write -1 or -2 where they left the variable out."""


@dataclass(frozen=True, slots=True)
class GuestVariable:
    """A variable that lies at one place in the memory for as long as the component lives."""

    name: str
    """With the namespaces, or the function, it is in: `parse::calls`."""
    address: int
    type: GuestType
    library: bool = False
    """It belongs to a library of the language, or to a package that was fetched."""


@dataclass(frozen=True, slots=True)
class GuestVariables:
    """The variables of a component, in the order of its debug information; libraries come last."""

    variables: tuple[GuestVariable, ...] = ()
    cut: str = ""
    """Why there may be more; empty when these are all."""


class _EnoughError(Exception):
    """A bound was reached; the message says which."""


def read_variables(
    data: bytes, *, seconds: float = MOST_SECONDS, entries: int = MOST_ENTRIES
) -> GuestVariables | NotAvailable:
    """The variables with an address of their own; those that were optimised out are left away.

    `data` is the component. Reading ends after about so many seconds, or entries of its debug
    information, with what was found until then. Raises nothing.
    """
    found = debug_sections(data)
    if found is None:
        return NotAvailable("the component has several memories, or none")
    if not found.get(".debug_info") or not found.get(".debug_abbrev"):
        return NotAvailable(NO_DEBUG_INFORMATION)
    for name in _SECTIONS:
        size = len(found.get(f".{name}", b""))
        most = MOST_ABBREVIATION_BYTES if name == "debug_abbrev" else MOST_SECTION_BYTES
        if size > most:
            return NotAvailable(
                f"its debug information is too large: .{name} has {size:,} bytes, of"
                f" {most:,} that are read"
            )
    reading = _Reading(_dwarf(found), time.monotonic() + seconds, entries)
    cut = ""
    try:
        reading.run()
    except _EnoughError as bound:
        cut = str(bound)
    # What is wrong with the information comes out of pyelftools as whatever its parsers stumble
    # over: KeyError, struct.error, AssertionError, RecursionError and many more.
    except Exception as problem:
        fault = f"its debug information cannot be read: {_words(problem)}"
        if not reading.found:
            return NotAvailable(fault)
        cut = fault
    return GuestVariables(tuple(reading.found.values()), cut)


def _words(problem: Exception) -> str:
    if isinstance(problem, KeyError):
        return f"nothing in it describes {printable(str(problem))[:_MOST_NAME]}"
    return printable(str(problem))[:_MOST_NAME] or "it contradicts itself"


def _dwarf(found: dict[str, bytes]) -> DWARFInfo:
    sections: dict[str, Any] = {f"{name}_sec": None for name in _LEFT_AWAY}
    for name in _SECTIONS:
        content = found.get(f".{name}")
        sections[f"{name}_sec"] = (
            None
            if content is None
            else DebugSectionDescriptor(BytesIO(content), f".{name}", 0, len(content), 0)
        )
    return DWARFInfo(config=DwarfConfig(True, "wasm", _ADDRESS_BYTES), **sections)


class _Reading:
    """One walk over all entries."""

    def __init__(self, dwarf: DWARFInfo, until: float, entries: int) -> None:
        self.found: dict[tuple[str, int], GuestVariable] = {}
        self._dwarf = dwarf
        self._until = until
        self._most = entries
        self._entries = 0
        self._in_library = False
        self._types = EntryTypes(self._step)

    def run(self) -> None:
        """Read all, the component's own first: linkers put libraries anywhere."""
        libraries = []
        for unit in self._dwarf.iter_CUs():
            self._step()
            if _is_library(unit):
                libraries.append(unit)
            else:
                self._unit(unit)
        self._in_library = True
        for unit in libraries:
            self._unit(unit)

    def _step(self) -> None:
        """An entry more. Raises _EnoughError."""
        self._entries += 1
        if self._entries > self._most:
            raise _EnoughError(f"the first {self._most:,} entries of debug information were read")
        if time.monotonic() > self._until:
            raise _EnoughError(
                "reading was ended, as it took too long, after"
                f" {self._entries:,} entries of debug information"
            )

    def _unit(self, unit: CompileUnit) -> None:
        # No recursion: how deep entries are nested is for whoever wrote them to say.
        waiting: list[tuple[Iterator[DIE], str]] = [(iter((unit.get_top_DIE(),)), "")]
        while waiting:
            entries, prefix = waiting[-1]
            entry = next(entries, None)
            if entry is None:
                waiting.pop()
                continue
            self._step()
            if entry.tag == _VARIABLE:
                self._variable(unit, entry, prefix)
            if entry.has_children:
                if len(waiting) > _DEEPEST:
                    raise ValueError(f"entries are nested more than {_DEEPEST} deep")
                name = text_of(entry, "DW_AT_name") if entry.tag in _NAMING else ""
                inside = f"{prefix}{name}::" if name else prefix
                waiting.append((entry.iter_children(), inside[-_MOST_NAME:]))

    def _variable(self, unit: CompileUnit, entry: DIE, prefix: str) -> None:
        location = entry.attributes.get("DW_AT_location")
        if location is None:
            return
        address = self._address(unit, location.value)
        name = text_of(entry, "DW_AT_name")
        # Rust describes its tables of methods as variables without a place in the source, which are
        # called `<type as trait>::{vtable}`: too long a name is cut before its end.
        if address is None or not name or name.startswith("<") or "{vtable" in name:
            return
        if not 0 < address < _FIRST_TOMBSTONE:
            return
        kind = self._types.of(attribute(entry, "DW_AT_type"))
        if kind.size <= 0:
            return
        if len(self.found) >= MOST_VARIABLES:
            raise _EnoughError(f"the first {MOST_VARIABLES:,} variables were read")
        full = f"{prefix}{name}"[-_MOST_NAME:]
        library = self._in_library or (_language(unit) == _RUST and full.startswith(_LIBRARY_NAMES))
        self.found.setdefault((full, address), GuestVariable(full, address, kind, library))

    def _address(self, unit: CompileUnit, expression: object) -> int | None:
        """What an expression of one address, and perhaps a number added, comes to."""
        if not isinstance(expression, list) or not expression:
            return None
        code = bytes(expression)
        if code[0] == _OP_ADDR and len(code) > _ADDRESS_BYTES:
            address = int.from_bytes(code[1 : 1 + _ADDRESS_BYTES], "little")
            rest = code[1 + _ADDRESS_BYTES :]
        elif code[0] in (_OP_ADDRX, _OP_GNU_ADDR_INDEX):
            index, rest = _number(code[1:])
            address = self._dwarf.get_addr(unit, index)
        else:
            return None
        if rest and rest[0] == _OP_PLUS:
            added, rest = _number(rest[1:])
            address += added
        return None if rest else address


def _is_library(unit: CompileUnit) -> bool:
    name, folder = _path(unit, "DW_AT_name"), _path(unit, "DW_AT_comp_dir")
    return _LIBRARY.search(name if name.startswith("/") else f"{folder}/{name}") is not None


def _path(unit: CompileUnit, name: str) -> str:
    found = unit.get_top_DIE().attributes.get(name)
    value = None if found is None else found.value
    return value[:_MOST_PATH].decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _language(unit: CompileUnit) -> object:
    found = unit.get_top_DIE().attributes.get("DW_AT_language")
    return None if found is None else found.value


def _number(code: bytes) -> tuple[int, bytes]:
    """An unsigned LEB128 number, and what follows it."""
    value = 0
    for at, byte in enumerate(code):
        value |= (byte & 0x7F) << 7 * at
        if byte < 0x80:
            return value, code[at + 1 :]
    raise ValueError("a number in the place of a variable has no end")
