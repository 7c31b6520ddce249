"""The text of a manifest: read it, parse it, and find where a key stands.

tomli decides what is valid and what the values are. It keeps no positions, so those come from
a second parse by tree-sitter, made only when a problem has to be shown.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import tomli
import tree_sitter_toml
from tree_sitter import Language, Node, Parser

KeyPath = tuple[str | int, ...]
"""Where a value stands: table keys, and indices counted from 0 into arrays."""

MAX_MANIFEST_BYTES = 256 * 1024
"""Larger files are refused: no manifest written by hand comes near it."""

MAX_DEPTH = 16
"""Deeper keys are not looked for; the deepest one of a manifest has seven parts."""

_LANGUAGE = Language(tree_sitter_toml.language())
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
        first = self.locate(path).line
        message = f"[{dotted(path)}] is defined a second time, first on line {first}"
        return TextError(message, place, hint, path)

    @cached_property
    def _places(self) -> dict[KeyPath, _Place]:
        return _Placer(b"\n".join(self._lines)).places

    @cached_property
    def _lines(self) -> list[bytes]:
        return self.text.encode("utf-8").split(b"\n")

    def _position(self, point: _Point) -> Position:
        row, column = point
        return Position(row + 1, len(self._lines[row][:column].decode("utf-8", "replace")) + 1)


_Point = tuple[int, int]
"""Row and column, counted from 0, the column in bytes."""


class _Place(NamedTuple):
    key: _Point
    value: _Point | None
    defined: bool
    """False for a table that is only named on the way to another key."""


class _Placer:
    """Walks the syntax tree once and keeps where every key path stands."""

    def __init__(self, data: bytes) -> None:
        self._counts: dict[KeyPath, int] = {}
        self.places: dict[KeyPath, _Place] = {}
        for node in Parser(_LANGUAGE).parse(data).root_node.children:
            if node.type == "pair":
                self._pair((), node)
            elif node.type in ("table", "table_array_element"):
                self._table(node)

    def _put(self, path: KeyPath, key: Node, value: Node | None, *, defined: bool) -> None:
        """Keeps the first definition; a definition replaces a mere mention."""
        known = self.places.get(path)
        if known is None or (defined and not known.defined):
            end = value.start_point if value is not None else None
            self.places[path] = _Place(key.start_point, end, defined)

    def _table(self, table: Node) -> None:
        keys = [child for child in table.children if child.type.endswith("_key")]
        if not keys:
            return
        parts = _key_parts(keys[0])
        path: KeyPath = ()
        for part in parts[:-1][:MAX_DEPTH]:
            path = (*path, _key_text(part))
            self._put(path, part, None, defined=False)
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
        path = (*path, _key_text(parts[-1]))
        self._put(path, parts[-1], None, defined=True)
        if table.type == "table_array_element":
            index = self._counts.get(path, 0)
            self._counts[path] = index + 1
            path = (*path, index)
            self._put(path, parts[-1], None, defined=True)
        for child in table.children:
            if child.type == "pair":
                self._pair(path, child)

    def _pair(self, prefix: KeyPath, pair: Node) -> None:
        if len(pair.children) < 3 or len(prefix) > MAX_DEPTH:
            return
        path = prefix
        parts = _key_parts(pair.children[0])
        value = pair.children[2]
        for part in parts[:-1][:MAX_DEPTH]:
            path = (*path, _key_text(part))
            self._put(path, part, None, defined=False)
        path = (*path, _key_text(parts[-1]))
        self._put(path, parts[-1], value, defined=True)
        self._inside(path, value)

    def _inside(self, path: KeyPath, value: Node) -> None:
        if value.type == "inline_table":
            for child in value.children:
                if child.type == "pair":
                    self._pair(path, child)
        elif value.type == "array" and len(path) <= MAX_DEPTH:
            items = (c for c in value.children if c.is_named and c.type not in ("comment", "ERROR"))
            for index, item in enumerate(items):
                self._put((*path, index), item, item, defined=True)
                self._inside((*path, index), item)


def _key_parts(key: Node) -> list[Node]:
    """The parts of a key, in order; the grammar nests `a.b.c` as `(a.b).c`."""
    parts: list[Node] = []
    while key.type == "dotted_key":
        parts.append(key.children[-1])
        key = key.children[0]
    parts.append(key)
    return parts[::-1]


def _key_text(part: Node) -> str:
    text = (part.text or b"").decode("utf-8", "replace")
    if part.type != "quoted_key":
        return text
    try:
        (name,) = tomli.loads(f"{text} = 0")
    except (tomli.TOMLDecodeError, ValueError):
        return text
    return str(name)


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
