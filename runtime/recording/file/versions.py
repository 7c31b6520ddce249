"""Old recordings: a chain of converters, one from each format version to the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from runtime.recording.format import (
    FORMAT,
    BodyLine,
    Header,
    body_from,
    decode_body,
    decode_header,
    header_from,
)

Converter = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes a line of version N one of version N + 1; for a header, `format` is set for it."""

CONVERTERS: Mapping[int, Converter] = {}
"""Converters by the version they read. Version 1 is the first and the current one."""


class NewerFormatError(ValueError):
    """The recording has a format version this release does not read."""

    def __init__(self, version: int, studio: str) -> None:
        self.version = version
        self.studio = studio
        super().__init__(f"format version {version}, written by torvyn-studio {studio}")


class FormatReader:
    """Reads lines of one file, whatever version it has, as lines of the current version."""

    def __init__(
        self, converters: Mapping[int, Converter] = CONVERTERS, current: int = FORMAT
    ) -> None:
        self._converters = converters
        self._current = current
        self._version = current

    def header(self, data: bytes) -> Header:
        """The first line of a file; the lines after it are read as of its version.

        Raises:
            NewerFormatError: only a newer release reads it.
            ValueError: it is no header of a recording.
        """
        raw = msgspec.json.decode(data)
        if not isinstance(raw, dict) or raw.get("type") != "header":
            raise ValueError('the first line is no object with "type": "header"')
        version = raw.get("format")
        if not isinstance(version, int) or isinstance(version, bool):
            raise ValueError("the header has no integer format version")
        if version > self._current:
            raise NewerFormatError(version, str(raw.get("studio", "of an unknown release")))
        self._version = version
        if version == self._current:
            return decode_header(data)
        return header_from(self._converted(raw))

    def body_decoder(self) -> Callable[[bytes], BodyLine]:
        """Reads a line after the first; what it gives raises `ValueError` when it is none."""
        return decode_body if self._version == self._current else self._old_body

    def _old_body(self, data: bytes) -> BodyLine:
        raw = msgspec.json.decode(data)
        if not isinstance(raw, dict):
            raise ValueError("the line is no object")
        return body_from(self._converted(raw))

    def _converted(self, raw: dict[str, Any]) -> dict[str, Any]:
        for version in range(self._version, self._current):
            convert = self._converters.get(version)
            if convert is None:
                raise ValueError(f"there is no format version {version}")
            raw = convert(raw)
            if raw.get("type") == "header":
                raw["format"] = version + 1
        return raw
