"""Tables put into the text of a manifest, with every comment and the order kept."""

from __future__ import annotations

from pathlib import Path

from runtime.flow.manifest.manifest_file import LoadedManifest, load_manifest
from runtime.flow.manifest.positions import KeyPath, find_places
from runtime.flow.manifest.source_text import SourceText
from runtime.model.errors import StudioError

_BOM = b"\xef\xbb\xbf"


class ManifestEdit:
    """Changes to the text of one manifest, made one after another."""

    def __init__(self, data: bytes) -> None:
        """`data` is TOML that was read without an error."""
        self._bom = data.startswith(_BOM)
        self._lines = SourceText.decode(data).text.split("\n")
        self._ending = "\r" if self._lines[0].endswith("\r") else ""

    @property
    def data(self) -> bytes:
        """The text as it is now."""
        return (_BOM if self._bom else b"") + "\n".join(self._lines).encode()

    def add(self, table: str, after: KeyPath, or_after: KeyPath = ()) -> None:
        """Put a table behind the last one whose name begins with `after`, else `or_after`.

        Where there is neither, it comes last.
        """
        at = self._end_of(after)
        if at is None and or_after:
            at = self._end_of(or_after)
        at = self._end(len(self._lines)) if at is None else at
        new = [f"{line}{self._ending}" for line in ("", *table.rstrip("\n").split("\n"))]
        if at == len(self._lines):
            new.append("")
        self._lines[at:at] = new

    def replace_string(self, path: KeyPath, text: str) -> bool:
        """Put another string in place of a key's; False where there is no string to replace."""
        source = "\n".join(line.removesuffix("\r") for line in self._lines)
        place = find_places(source).get(path)
        if place is None or not place.value or source[place.value] not in "\"'":
            return False
        quote = source[place.value]
        end = source.find(quote, place.value + 1)
        if source[place.value : place.value + 3] == quote * 3 or end < 0:
            return False
        line = source.count("\n", 0, place.value)
        start = source.rfind("\n", 0, place.value) + 1
        old = self._lines[line]
        self._lines[line] = f'{old[: place.value - start]}"{text}"{old[end + 1 - start :]}'
        return True

    def _end_of(self, prefix: KeyPath) -> int | None:
        """The line behind the last table with that prefix, before what describes the next."""
        headers = self._headers()
        last = None
        for position, (_, path) in enumerate(headers):
            if path[: len(prefix)] == prefix:
                last = position
        if last is None:
            return None
        following = headers[last + 1][0] if last + 1 < len(headers) else len(self._lines)
        return self._end(following)

    def _end(self, line: int) -> int:
        """The line before comments and empty lines that stand above a line."""
        while line > 0 and self._lines[line - 1].strip()[:1] in ("", "#"):
            line -= 1
        return line

    def _headers(self) -> list[tuple[int, KeyPath]]:
        """The line, counted from 0, and the name of every table with a header."""
        source = "\n".join(line.removesuffix("\r") for line in self._lines)
        found = [
            (source.count("\n", 0, place.key), path)
            for path, place in find_places(source).items()
            if place.value is None and place.defined
        ]
        return sorted(found, key=lambda item: (item[0], len(item[1])))


def edited_manifest(path: Path, edit: ManifestEdit) -> LoadedManifest | None:
    """What the edited text says; None when it is no longer a manifest without errors."""
    try:
        loaded = load_manifest(path, edit.data)
    except StudioError:
        return None
    return None if loaded.problems.has_errors else loaded
