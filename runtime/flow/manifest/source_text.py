"""The text of a manifest: read it, parse it, and find where a key stands.

tomli decides what is valid and what the values are. It keeps no positions, so those come from
`positions`, only when a problem has to be shown.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from functools import cached_property
from pathlib import Path
from typing import Any

import tomli

from runtime.flow.manifest.positions import KeyPath as KeyPath
from runtime.flow.manifest.positions import KeyPlace, find_places
from runtime.model.lazy.dataclass import dataclass

MAX_MANIFEST_BYTES = 256 * 1024
"""Larger files are refused: no manifest written by hand comes near it."""

_TWICE = re.compile(r"Cannot declare (\(.*\)) twice", re.DOTALL)
"""tomli's words for a table that is defined twice; it names the table as a Python tuple."""
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the text; both are counted from 1, the column in characters."""

    line: int
    column: int


class TextError(Exception):
    """The text is not TOML."""

    def __init__(
        self, message: str, position: Position | None, hint: str, path: KeyPath = ()
    ) -> None:
        self.message = message
        self.position = position
        self.hint = hint
        self.path = path
        """The table that is defined twice, if that is the fault."""
        super().__init__(message)


class SourceText:
    """The text of one manifest."""

    def __init__(self, text: str) -> None:
        self.text = text

    @classmethod
    def decode(cls, data: bytes) -> SourceText:
        """Reads UTF-8, with or without a byte order mark; raises `TextError`."""
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise TextError("the file is UTF-16, not UTF-8", Position(1, 1), "save it as UTF-8")
        try:
            return cls(data.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            before = data[: error.start].decode("utf-8-sig")
            place = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
            raise TextError(
                f"byte 0x{data[error.start]:02x} is not valid UTF-8",
                place,
                "save the file as UTF-8",
            ) from None

    def parse(self) -> dict[str, Any]:
        """The values; raises `TextError` at the first thing that is not TOML."""
        try:
            return tomli.loads(self.text)
        except tomli.TOMLDecodeError as error:
            raise self._fault(error) from None
        except RecursionError as error:
            raise TextError(str(error), None, "nest tables and arrays less deeply") from None
        except ValueError:
            raise TextError(
                "an integer has too many digits", None, "integers have at most 64 bits"
            ) from None

    def locate(self, path: KeyPath, *, value: bool = False) -> Position:
        """Where the key stands, or its value; for a key that is not there, its nearest parent."""
        places = self._places
        while path:
            found = places.get(path)
            if found is not None:
                # A value stands behind its key, so never at the offset 0.
                return self._position(found.value if value and found.value else found.key)
            path = path[:-1]
        return Position(1, 1)

    def _fault(self, error: tomli.TOMLDecodeError) -> TextError:
        place = Position(error.lineno, error.colno)
        if not error.msg.startswith("Cannot"):
            hint = "correct the line; strings need quotes, tables need [brackets]"
            return TextError(error.msg, place, hint)
        hint = "remove one of the two definitions, or rename it"
        twice = _TWICE.fullmatch(error.msg)
        path: KeyPath = tuple(ast.literal_eval(twice[1])) if twice else ()
        if not path:
            return TextError("a key or table is defined a second time", place, hint)
        # What stands before the second definition is TOML, whatever comes after it.
        first = SourceText(self._lines[: error.pos]).locate(path).line
        message = f"[{dotted(path)}] is defined a second time, first on line {first}"
        return TextError(message, place, hint, path)

    @cached_property
    def _lines(self) -> str:
        """The text as tomli reads it: with a line feed for every line end."""
        return self.text.replace("\r\n", "\n")

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self._lines))]

    @cached_property
    def _places(self) -> dict[KeyPath, KeyPlace]:
        return find_places(self._lines)

    def _position(self, offset: int) -> Position:
        line = bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)


def dotted(path: KeyPath) -> str:
    """The path as one writes it, e.g. `flow.main.edges[0].from`."""
    written = ""
    for part in path:
        if isinstance(part, int):
            written += f"[{part}]"
            continue
        quoted = '"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"'
        name = part if _BARE_KEY.fullmatch(part) else quoted
        written += f".{name}" if written else name
    return written


def read_bytes(path: Path, limit: int) -> bytes | None:
    """The file's bytes, or None when there are more than `limit`; raises `OSError`.

    Devices, pipes and directories raise `OSError` too: reading them could wait forever.
    """
    if path.exists() and not path.is_file():
        raise IsADirectoryError(
            None, "is a directory" if path.is_dir() else "is not a regular file"
        )
    with path.open("rb") as file:
        data = file.read(limit + 1)
    return None if len(data) > limit else data
