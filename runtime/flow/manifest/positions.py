"""Where keys and values stand in TOML that tomli has accepted.

tomli decides what is valid and keeps no positions. This scanner looks at accepted text only (or at
the part of it before a table that is defined twice), so it recognises tokens and checks nothing;
where a token is missing it stops with what it has.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import NamedTuple

import tomli

KeyPath = tuple[str | int, ...]
"""Where a value stands: table keys, and indices counted from 0 into arrays."""

MAX_DEPTH = 16
"""Deeper keys are not looked for; the deepest one of a manifest has seven parts."""

_STRING = (
    r'"""(?:[^"\\]++|\\.|""?(?!"))*+"{3,5}|' + r"'''(?:[^']++|''?(?!'))*+'{3,5}|"
    r'"(?:[^"\\\n]++|\\.)*+"|' + r"'[^'\n]*+'"
)
_KEY_PART = re.compile(rf"{_STRING}|[^\s.\"'=\[\]{{}},#]++", re.DOTALL)
_PLAIN = re.compile(rf"{_STRING}|[^\s,\[\]{{}}#\"']++(?: \d\d:[^\s,\]}}#]*+)?", re.DOTALL)
"""A value that holds no others; a date and its time may have a space between them."""
_GAP = re.compile(r"(?:[ \t\n]++|#[^\n]*+)*+")
"""Spaces, line ends and comments."""
_INSIDE = re.compile(rf"(?:{_STRING}|#[^\n]*+|[^\"'#\[\]{{}}]++)*+", re.DOTALL)
"""Everything up to the next bracket or brace that is not in a string or a comment."""


class KeyPlace(NamedTuple):
    """Offsets into the text."""

    key: int
    value: int | None
    """None for a table."""
    defined: bool
    """False for a table that is only named on the way to another key."""


class _EndOfTextError(Exception):
    """What should come next does not."""


def find_places(text: str) -> dict[KeyPath, KeyPlace]:
    """Where every key path stands first, in text whose lines end in a line feed alone."""
    scanner = _Scanner(text)
    with suppress(_EndOfTextError):
        scanner.document()
    return scanner.places


class _Scanner:
    """Goes through the text once."""

    def __init__(self, text: str) -> None:
        self.places: dict[KeyPath, KeyPlace] = {}
        self._text = text
        self._at = 0
        self._counts: dict[KeyPath, int] = {}
        """Tables so far of each array of tables."""

    def document(self) -> None:
        """Every header and every pair."""
        prefix: KeyPath = ()
        self._match(_GAP)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                prefix = self._header()
            else:
                self._pair(prefix)
            self._match(_GAP)

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise _EndOfTextError
        self._at = found.end()
        return found[0]

    def _take(self, sign: str) -> bool:
        """Go past the sign if it comes next."""
        if not self._text.startswith(sign, self._at):
            return False
        self._at += len(sign)
        return True

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise _EndOfTextError

    def _put(self, path: KeyPath, key: int, value: int | None, *, defined: bool) -> None:
        """Keep the first definition; a definition replaces a mere mention."""
        known = self.places.get(path)
        if known is None or (defined and not known.defined):
            self.places[path] = KeyPlace(key, value, defined)

    def _key(self) -> list[tuple[str, int]]:
        """The parts of a key and where each begins."""
        parts = []
        while True:
            self._match(_GAP)
            began = self._at
            parts.append((_key_text(self._match(_KEY_PART)), began))
            self._match(_GAP)
            if not self._take("."):
                return parts

    def _header(self) -> KeyPath:
        in_array = self._take("[[")
        if not in_array:
            self._expect("[")
        parts = self._key()
        self._expect("]]" if in_array else "]")
        path: KeyPath = ()
        for name, began in parts[:-1][:MAX_DEPTH]:
            path = (*path, name)
            self._put(path, began, None, defined=False)
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        name, began = parts[-1]
        path = (*path, name)
        self._put(path, began, None, defined=True)
        if in_array:
            index = self._counts.get(path, 0)
            self._counts[path] = index + 1
            path = (*path, index)
            self._put(path, began, None, defined=True)
        return path

    def _pair(self, prefix: KeyPath) -> None:
        parts = self._key()
        self._expect("=")
        self._match(_GAP)
        if len(prefix) > MAX_DEPTH:
            self._skip_value()
            return
        path = prefix
        for name, began in parts[:-1][:MAX_DEPTH]:
            path = (*path, name)
            self._put(path, began, None, defined=False)
        name, began = parts[-1]
        path = (*path, name)
        self._put(path, began, self._at, defined=True)
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        if len(path) > MAX_DEPTH:
            self._skip_value()
        elif self._take("["):
            self._array(path)
        elif self._take("{"):
            self._inline_table(path)
        else:
            self._match(_PLAIN)

    def _array(self, path: KeyPath) -> None:
        index = 0
        self._match(_GAP)
        while not self._take("]"):
            item = (*path, index)
            self._put(item, self._at, self._at, defined=True)
            self._value(item)
            index += 1
            self._match(_GAP)
            self._take(",")
            self._match(_GAP)

    def _inline_table(self, path: KeyPath) -> None:
        self._match(_GAP)
        while not self._take("}"):
            self._pair(path)
            self._match(_GAP)
            self._take(",")
            self._match(_GAP)

    def _skip_value(self) -> None:
        """Go past a value of any depth without looking into it."""
        if self._text[self._at : self._at + 1] not in ("[", "{"):
            self._match(_PLAIN)
            return
        depth = 0
        while True:
            sign = self._text[self._at : self._at + 1]
            if not sign:
                raise _EndOfTextError
            depth += 1 if sign in "[{" else -1
            self._at += 1
            if not depth:
                return
            self._match(_INSIDE)


def _key_text(part: str) -> str:
    if part[0] not in "\"'":
        return part
    if "\\" not in part or part[0] == "'":
        return part[1:-1]
    try:
        (name,) = tomli.loads(f"{part} = 0")
    except (tomli.TOMLDecodeError, ValueError):
        return part
    return str(name)
