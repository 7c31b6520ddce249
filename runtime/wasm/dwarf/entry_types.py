"""Types as debug information describes them, made into those that values are written by."""

from __future__ import annotations

from collections.abc import Callable

from elftools.dwarf.die import DIE

from runtime.model.text.printable import printable
from runtime.wasm.dwarf.guest_values import Encoding, GuestType, StructField

_MOST_NAME = 80
_DEEPEST = 16
_MOST_FIELDS = 64
_MOST_CASES = 256
_MOST_DIMENSIONS = 4
_POINTER_BYTES = 4
_BASE = {
    0x02: Encoding.BOOL,
    0x04: Encoding.FLOAT,
    0x05: Encoding.SIGNED,
    0x06: Encoding.CHARACTER,
    0x07: Encoding.UNSIGNED,
    0x08: Encoding.CHARACTER,
    0x10: Encoding.CHARACTER,
}
"""DWARF 5, table 7.11."""
_THROUGH = {
    "DW_TAG_typedef": "",
    "DW_TAG_const_type": "const ",
    "DW_TAG_volatile_type": "volatile ",
    "DW_TAG_restrict_type": "",
    "DW_TAG_atomic_type": "_Atomic ",
}
"""What stands before the type that it is of; a typedef has a name of its own."""
_POINTERS = {
    "DW_TAG_pointer_type": "*",
    "DW_TAG_reference_type": "&",
    "DW_TAG_rvalue_reference_type": "&&",
}
_STRUCTS = {
    "DW_TAG_structure_type": "struct",
    "DW_TAG_class_type": "class",
    "DW_TAG_union_type": "union",
}
_UNKNOWN = GuestType("", 0, Encoding.OPAQUE)


def attribute(entry: DIE, name: str) -> DIE | None:
    """The entry that an attribute names; also where it stands at the entry's declaration."""
    if name in entry.attributes:
        return entry.get_DIE_from_attribute(name)
    if "DW_AT_specification" in entry.attributes:
        declared = entry.get_DIE_from_attribute("DW_AT_specification")
        if name in declared.attributes:
            return declared.get_DIE_from_attribute(name)
    return None


def text_of(entry: DIE, name: str) -> str:
    """The text of an attribute, safe to show; empty without one."""
    value = entry.attributes.get(name)
    if value is None and "DW_AT_specification" in entry.attributes:
        value = entry.get_DIE_from_attribute("DW_AT_specification").attributes.get(name)
    if value is None or not isinstance(value.value, bytes):
        return ""
    return printable(value.value[:_MOST_NAME])


def number_of(entry: DIE, name: str) -> int | None:
    """The number of an attribute, None without one that is a constant."""
    value = entry.attributes.get(name)
    return value.value if value is not None and isinstance(value.value, int) else None


class EntryTypes:
    """Makes each type once. `step` is called for each entry that is looked at, and may raise."""

    def __init__(self, step: Callable[[], None]) -> None:
        self._step = step
        self._made: dict[tuple[int, bool], GuestType] = {}

    def of(self, entry: DIE | None, *, inside: bool = False, depth: int = 0) -> GuestType:
        """The type that an entry describes; its size is 0 where that is not told.

        A struct that stands `inside` another type is not opened, and has no fields.
        """
        if entry is None:
            return _UNKNOWN
        key = (entry.offset, inside)
        known = self._made.get(key)
        if known is None:
            self._step()
            if depth > _DEEPEST:
                return GuestType(_CUT_NAME, self._size(entry), Encoding.OPAQUE)
            known = self._made[key] = self._make(entry, inside, depth)
        return known

    def _size(self, entry: DIE) -> int:
        return max(number_of(entry, "DW_AT_byte_size") or 0, 0)

    def _make(self, entry: DIE, inside: bool, depth: int) -> GuestType:
        name = text_of(entry, "DW_AT_name")
        size = self._size(entry)
        tag = entry.tag
        if tag == "DW_TAG_base_type":
            encoding = _BASE.get(number_of(entry, "DW_AT_encoding") or 0, Encoding.OPAQUE)
            # C's `signed char` and `unsigned char` are numbers, and only `char` is text.
            if name == "signed char":
                encoding = Encoding.SIGNED
            elif name == "unsigned char":
                encoding = Encoding.UNSIGNED
            return GuestType(name, size, encoding)
        if tag in _THROUGH:
            of = self.of(attribute(entry, "DW_AT_type"), inside=inside, depth=depth + 1)
            return _named(of, name or f"{_THROUGH[tag]}{of.name}")
        if tag in _POINTERS:
            # A name is given to pointers by Rust; C has it of what they point to.
            to = name or f"{self._target(entry)} {_POINTERS[tag]}"
            return GuestType(to, size or _POINTER_BYTES, Encoding.POINTER)
        if tag == "DW_TAG_enumeration_type":
            return GuestType(f"enum {name}".strip(), size, Encoding.ENUM, self._cases(entry))
        if tag == "DW_TAG_array_type":
            return self._array(entry, depth)
        if tag in _STRUCTS:
            fields = () if inside else self._fields(entry, depth)
            return GuestType(f"{_STRUCTS[tag]} {name}".strip(), size, Encoding.STRUCT, (), fields)
        return GuestType(name, size, Encoding.OPAQUE)

    def _target(self, entry: DIE) -> str:
        """What a pointer points to, by name alone: it may be what holds the pointer."""
        words = ""
        target = attribute(entry, "DW_AT_type")
        for _ in range(_DEEPEST):
            if target is None:
                return f"{words}void"
            self._step()
            name = text_of(target, "DW_AT_name")
            if name:
                kind = _STRUCTS.get(str(target.tag), "")
                return f"{words}{kind} {name}" if kind else f"{words}{name}"
            words += _THROUGH.get(str(target.tag), "")
            if str(target.tag) == "DW_TAG_subroutine_type":
                return f"{words}function"
            if str(target.tag) in _POINTERS:
                return f"{words}{self._target_name(target)} *"
            target = attribute(target, "DW_AT_type")
        return words.strip()

    def _target_name(self, pointer: DIE) -> str:
        target = attribute(pointer, "DW_AT_type")
        return "void" if target is None else text_of(target, "DW_AT_name") or _CUT_NAME

    def _cases(self, entry: DIE) -> tuple[tuple[int, str], ...]:
        cases: list[tuple[int, str]] = []
        for child in entry.iter_children():
            self._step()
            value = number_of(child, "DW_AT_const_value")
            if value is not None and len(cases) < _MOST_CASES:
                cases.append((value, text_of(child, "DW_AT_name")))
        return tuple(cases)

    def _array(self, entry: DIE, depth: int) -> GuestType:
        item = self.of(attribute(entry, "DW_AT_type"), inside=True, depth=depth + 1)
        counts: list[int] = []
        for child in entry.iter_children():
            self._step()
            if child.tag == "DW_TAG_subrange_type" and len(counts) < _MOST_DIMENSIONS:
                count = number_of(child, "DW_AT_count")
                last = number_of(child, "DW_AT_upper_bound")
                counts.append(count if count is not None else 0 if last is None else last + 1)
        made, title = item, item.name
        for count in reversed(counts):
            made = GuestType("", made.size * max(count, 0), Encoding.ARRAY, item=made)
        return _named(made, title + "".join(f"[{count}]" for count in counts))

    def _fields(self, entry: DIE, depth: int) -> tuple[StructField, ...]:
        fields: list[StructField] = []
        for child in entry.iter_children():
            self._step()
            if child.tag != "DW_TAG_member" or len(fields) >= _MOST_FIELDS:
                continue
            bits = number_of(child, "DW_AT_bit_size") or 0
            bit_offset = number_of(child, "DW_AT_data_bit_offset")
            if bits and (bit_offset is None or not 0 < bits <= 64 or not 0 <= bit_offset < 2**20):
                # DWARF before version 4 counts from the other end; such a field is left away.
                continue
            fields.append(
                StructField(
                    text_of(child, "DW_AT_name") or "(no name)",
                    number_of(child, "DW_AT_data_member_location") or 0,
                    self.of(attribute(child, "DW_AT_type"), inside=True, depth=depth + 1),
                    bit_offset or 0,
                    bits,
                )
            )
        return tuple(fields)


_CUT_NAME = "…"


def _named(kind: GuestType, name: str) -> GuestType:
    return GuestType(
        name[:_MOST_NAME], kind.size, kind.encoding, kind.cases, kind.fields, kind.item
    )
