"""What the bytes of a variable mean, and how its value is written."""

from __future__ import annotations

import struct
from enum import Enum, auto

from runtime.model.lazy.dataclass import dataclass
from runtime.model.text.printable import printable

_FLOATS = {2: "<e", 4: "<f", 8: "<d"}
_SHOWN_ITEMS = 8
_SHOWN_FIELDS = 12
_SHOWN_BYTES = 16
_SHOWN_TEXT = 64
_CUT = "…"


class Encoding(Enum):
    """How the bytes of a value are read; all of them little-endian, as WebAssembly has them."""

    SIGNED = auto()
    UNSIGNED = auto()
    FLOAT = auto()
    BOOL = auto()
    CHARACTER = auto()
    ENUM = auto()
    POINTER = auto()
    ARRAY = auto()
    STRUCT = auto()
    OPAQUE = auto()
    """Shown as bytes."""


@dataclass(frozen=True, slots=True)
class StructField:
    """A member of a struct or union."""

    name: str
    offset: int
    """In bytes from where the struct begins."""
    type: GuestType
    bit_offset: int = 0
    """From the lowest bit of the struct, for a bit field."""
    bits: int = 0
    """Of a bit field; 0 for a member of whole bytes."""


@dataclass(frozen=True, slots=True)
class GuestType:
    """The type of a variable, as far as its value is written."""

    name: str
    """As the source calls it, e.g. `unsigned short[4]`."""
    size: int
    """In bytes."""
    encoding: Encoding
    cases: tuple[tuple[int, str], ...] = ()
    """Values of an enum with their names."""
    fields: tuple[StructField, ...] = ()
    item: GuestType | None = None
    """What an array is of."""


def value_text(kind: GuestType, data: bytes, depth: int = 0) -> str:
    """The value that `data` holds, in one line.

    `depth` is how many values it stands in: structs are opened at 0 alone, arrays at 0 and 1.
    Never raises: bytes that are too few for the type are shown as bytes, but for an array, of
    which the first ones do.
    """
    if not kind.size or (len(data) < kind.size and kind.encoding is not Encoding.ARRAY):
        return _hexadecimal(data)
    data = data[: kind.size]
    match kind.encoding:
        case Encoding.SIGNED:
            return str(int.from_bytes(data, "little", signed=True))
        case Encoding.UNSIGNED:
            return str(int.from_bytes(data, "little"))
        case Encoding.POINTER:
            return f"0x{int.from_bytes(data, 'little'):06x}"
        case Encoding.BOOL:
            number = int.from_bytes(data, "little")
            return {0: "false", 1: "true"}.get(number, str(number))
        case Encoding.FLOAT if kind.size in _FLOATS:
            return repr(_shortest(struct.unpack(_FLOATS[kind.size], data)[0], kind.size))
        case Encoding.CHARACTER:
            return _character(int.from_bytes(data, "little"))
        case Encoding.ENUM:
            return _case(kind, data)
        case Encoding.ARRAY if kind.item is not None and kind.item.size:
            return _array(kind.item, data, depth)
        case Encoding.STRUCT if depth:
            return "{" + _CUT + "}"
        case Encoding.STRUCT if kind.fields:
            return _struct(kind, data)
    return _hexadecimal(data)


def _shortest(number: float, size: int) -> float:
    """A number of 4 bytes in as few digits as tell it from the others of 4 bytes."""
    if size == 4:
        for digits in range(6, 9):
            short = float(f"{number:.{digits}g}")
            if struct.pack("<f", short) == struct.pack("<f", number):
                return short
    return number


def _character(number: int) -> str:
    shown = 0x20 <= number < 0x110000 and number != 0x7F
    return f"'{printable(chr(number))}' ({number})" if shown else str(number)


def _case(kind: GuestType, data: bytes) -> str:
    for signed in (False, True):
        number = int.from_bytes(data, "little", signed=signed)
        for value, name in kind.cases:
            if value == number:
                return f"{name} ({number})"
    return f"{int.from_bytes(data, 'little')}, none of its names"


def _array(item: GuestType, data: bytes, depth: int) -> str:
    if item.encoding is Encoding.CHARACTER and item.size == 1:
        text, zero, _ = data.partition(b"\0")
        cut = len(text) > _SHOWN_TEXT
        shown = printable(text[:_SHOWN_TEXT])
        return f'"{shown}"' + (_CUT if cut else "" if zero else " without a 0 at its end")
    if depth > 1:
        return f"[{_CUT}]"
    count = len(data) // item.size
    shown_items = [
        value_text(item, data[at * item.size : (at + 1) * item.size], depth + 1)
        for at in range(min(count, _SHOWN_ITEMS))
    ]
    return f"[{', '.join(shown_items + [_CUT] * (count > _SHOWN_ITEMS))}]"


def _struct(kind: GuestType, data: bytes) -> str:
    shown = [f"{member.name} {_member(member, data)}" for member in kind.fields[:_SHOWN_FIELDS]]
    return "{" + ", ".join(shown + [_CUT] * (len(kind.fields) > _SHOWN_FIELDS)) + "}"


def _member(member: StructField, data: bytes) -> str:
    if not member.bits:
        part = data[member.offset : member.offset + member.type.size]
        return value_text(member.type, part, 1)
    number = int.from_bytes(data, "little") >> member.bit_offset & ((1 << member.bits) - 1)
    if member.type.encoding is Encoding.SIGNED and number >> (member.bits - 1):
        number -= 1 << member.bits
    return str(number)


def _hexadecimal(data: bytes) -> str:
    return data[:_SHOWN_BYTES].hex(" ") + (f" {_CUT}" if len(data) > _SHOWN_BYTES else "")
