"""Old recordings: a chain of converters, one from each format version to the next."""

from __future__ import annotations

import re
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
    require_crc,
)

Converter = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes a line of version N one of version N + 1; for a header, `format` is set for it."""

_MODULE = re.compile(r", in module!(?=\S)")

CRC_SINCE = 2
"""The first version whose lines end with their `crc`, and whose `end` has a digest."""


def _to_2(raw: dict[str, Any]) -> dict[str, Any]:
    """Version 2 added what a file is checked by; a path then also looks into embedded JSON.

    Where a trap happened was told with the name of the core module before that of the function.
    """
    if "crc" in raw:
        raise ValueError("format version 1 has no `crc`")
    failure = raw.get("failure")
    if isinstance(failure, dict) and failure.get("kind") == "trap":
        raw = raw | {"failure": failure | {"message": _without_module(failure.get("message"))}}
    elif raw.get("type") == "end" and "detail" in raw:
        raw = raw | {"detail": _without_module(raw["detail"])}
    return raw | {"redacts_embedded_json": False} if raw.get("type") == "header" else raw


def _without_module(text: object) -> object:
    return _MODULE.sub(", in ", text) if isinstance(text, str) else text


CONVERTERS: Mapping[int, Converter] = {1: _to_2}
"""Converters by the version they read."""


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

    @property
    def version(self) -> int:
        """The format version of the file whose header was read."""
        return self._version

    @property
    def has_crc(self) -> bool:
        """Whether the lines of the file end with their `crc`."""
        return self._version >= CRC_SINCE

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
        if self.has_crc:
            require_crc(data)
        if version == self._current:
            return decode_header(data)
        return header_from(self._converted(raw))

    def body_decoder(self) -> Callable[[bytes], BodyLine]:
        """Reads a line after the first; what it gives raises `ValueError` when it is none."""
        read = decode_body if self._version == self._current else self._old_body
        if not self.has_crc:
            return read

        def checked(data: bytes) -> BodyLine:
            require_crc(data)
            return read(data)

        return checked

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
