"""What stands in a JSON object or array, read as far as somebody looks.

A payload of ten megabytes has a million values. Nobody sees more than a screen of them, so an
object or array is read member by member, and of each member only where it begins and ends; the
members inside of it are read when it is opened. Every token stays as it was written: no number is
rounded, no key that stands twice is lost.

Texts are decoded as Latin-1: an offset in the text is an offset in the payload, and the text takes
one byte a character. JSON's own characters are all ASCII; what stands in strings is decoded when it
is shown.
"""

from __future__ import annotations

import json
import re
from array import array
from typing import Final

from workbench.payloads.deadline import Deadline

SCALAR: Final = -1
"""In place of a number of members: the value has none."""

CHUNK = 512
"""Members read at once."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BLANKS = re.compile(r"[ \t\n\r]*")

# Only where a value ends is wanted. Values are not made: a number of 5,000 digits is none that
# Python would read, and an object needs to say only how many members it has.
_SCAN = json.JSONDecoder(
    object_pairs_hook=len, parse_int=len, parse_float=len, parse_constant=len
).raw_decode


class Members:
    """The members of the object or array that begins at `start`, as far as they were read.

    Raises `ValueError` when none begins there.
    """

    __slots__ = (
        "_at",
        "_counts",
        "_ends",
        "_keys",
        "_starts",
        "done",
        "end",
        "fault",
        "is_object",
        "start",
        "text",
    )

    def __init__(self, text: str, start: int = 0) -> None:
        sign = text[start : start + 1]
        if sign not in ("{", "["):
            raise ValueError("no JSON object or array begins here")
        self.text = text
        self.start = start
        self.is_object = sign == "{"
        self.done = False
        """True when its end was read, or a fault."""
        self.end = start + 1
        """Behind what was read."""
        self.fault = ""
        """Why it cannot be read on; empty where it can."""
        self._at = _after_blanks(text, start + 1)
        self._starts = array("q")
        self._ends = array("q")
        self._counts = array("q")
        self._keys = array("q")
        if text[self._at : self._at + 1] == ("}" if self.is_object else "]"):
            self.done = True
            self.end = self._at + 1

    def __len__(self) -> int:
        """Members that were read."""
        return len(self._starts)

    def span(self, index: int) -> tuple[int, int]:
        """Where a member's value begins and ends."""
        return self._starts[index], self._ends[index]

    def begin(self, index: int) -> int:
        """Where a member begins: with its key, if it has one."""
        return self._keys[index] if self.is_object else self._starts[index]

    def count(self, index: int) -> int:
        """How many members a member has itself; `SCALAR` for a value that has none."""
        return self._counts[index]

    def key(self, index: int) -> str:
        """The key of an object's member as it is written, in its quotes; decoded."""
        start = self._keys[index]
        _, end = _SCAN(self.text, start)
        return decoded(self.text[start:end])

    def value(self, index: int, most: int | None = None) -> str:
        """A member's value as it is written, its first `most` bytes at most; decoded."""
        start, end = self.span(index)
        return decoded(self.text[start : end if most is None else min(end, start + most)])

    def raw(self, index: int) -> str:
        """A member's value as it is written, not decoded: to be compared."""
        start, end = self.span(index)
        return self.text[start:end]

    def sign(self, index: int) -> str:
        """The first character of a member's value, which says of what kind it is."""
        return self.text[self._starts[index]]

    def inside(self, index: int) -> Members:
        """The members of a member. Raises `ValueError` where it has none."""
        return Members(self.text, self._starts[index])

    def size_of(self, index: int) -> str:
        """`{3}` or `[983]`: how many members a member has."""
        return sized(self.sign(index), f"{self.count(index):,}")

    @property
    def size(self) -> str:
        """`{3}`, or `{512…}` where it was not read to its end."""
        known = f"{len(self):,}" if self.done else f"{len(self):,}…"
        return sized(self.text[self.start], known)

    def step(self, index: int) -> str:
        """A member's part of a path, as RFC 9535 writes it."""
        if not self.is_object:
            return f"[{index}]"
        key = self.key(index)[1:-1]
        if _NAME.fullmatch(key):
            return f".{key}"
        return "['" + key.replace('\\"', '"').replace("'", "\\'") + "']"

    def read(self, count: int, deadline: Deadline | None = None) -> None:
        """Read on until `count` members are known, or there are no more.

        Raises `TookTooLongError`; what was read until then is kept.
        """
        while not self.done and len(self._starts) < count:
            if deadline is not None:
                deadline.check()
            self._read_one()

    def index_at(self, offset: int) -> int:
        """The last member that was read and begins at `offset` or before; -1 for none."""
        low, high = 0, len(self._starts)
        begins = self._keys if self.is_object else self._starts
        while low < high:
            middle = (low + high) // 2
            if begins[middle] <= offset:
                low = middle + 1
            else:
                high = middle
        return low - 1

    def _read_one(self) -> None:
        text, at = self.text, self._at
        key_at = at
        try:
            if self.is_object:
                if text[at : at + 1] != '"':
                    self._stop(at, "a key")
                    return
                _, at = _SCAN(text, at)
                at = _after_blanks(text, at)
                if text[at : at + 1] != ":":
                    self._stop(at, "a colon and a value")
                    return
                at = _after_blanks(text, at + 1)
            value, end = _SCAN(text, at)
        except json.JSONDecodeError as error:
            self._stop(error.pos, "a value" if error.msg == "Expecting value" else error.msg)
            return
        except RecursionError:
            self._stop(at, "it is nested too deeply to be read")
            return
        if self.is_object:
            self._keys.append(key_at)
        self._starts.append(at)
        self._ends.append(end)
        self._counts.append(_members_of(text[at], value))
        self.end = end
        self._go_on(_after_blanks(text, end))

    def _go_on(self, at: int) -> None:
        sign = self.text[at : at + 1]
        if sign == ",":
            self._at = _after_blanks(self.text, at + 1)
        elif sign == ("}" if self.is_object else "]"):
            self.done = True
            self.end = at + 1
        else:
            self._stop(at, f"a comma or {'}' if self.is_object else ']'}")

    def _stop(self, at: int, wanted: str) -> None:
        self.done = True
        self.end = at
        if at >= len(self.text):
            self.fault = "the text ends here, in the middle"
        elif wanted.startswith("a "):
            self.fault = f"not JSON: byte {at:,} should begin {wanted}"
        else:
            self.fault = f"not JSON: byte {at:,}: {wanted}"


def sized(sign: str, count: str) -> str:
    """A number of members in the brackets of what has them."""
    return f"{{{count}}}" if sign == "{" else f"[{count}]"


def decoded(text: str) -> str:
    """A piece of a text that was decoded as Latin-1, as UTF-8; what is none of it shows."""
    return text.encode("latin-1").decode("utf-8", "surrogateescape")


def _after_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return at if found is None else found.end()


def _members_of(sign: str, value: object) -> int:
    if sign == "{":
        return value if isinstance(value, int) else SCALAR
    return len(value) if sign == "[" and isinstance(value, list) else SCALAR
