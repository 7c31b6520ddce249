"""Elements written by hand: a JSON object a line, with all that an element can have."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from runtime.model.codes import Code
from runtime.model.element import MAX_BUFFER_BYTES, MAX_CONTENT_TYPE_BYTES, Buffer
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.files.input_file import read_input
from runtime.recording.payload_encoding import from_text
from runtime.recording.replay.input_feed import JSON_TYPE, TEXT_TYPE


class TypedElement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line. The payload is one of `text`, `base64` and `json`, or empty."""

    text: str | None = None
    base64: str | None = None
    json: Any = msgspec.UNSET
    """Any value; the payload is its compact JSON."""
    content_type: str | None = None
    """By default application/json for `json`, text/plain for `text`, else none."""
    sequence: int | None = None
    """By default the number of the line, from 0."""
    timestamp_ns: int | None = None
    """By default the time at which it is given."""

    def buffer(self) -> Buffer:
        """Payload and content type. Raises `ValueError` for what no buffer can hold."""
        given = [self.text is not None, self.base64 is not None, self.json is not msgspec.UNSET]
        if sum(given) > 1:
            raise ValueError("the payload is one of `text`, `base64` and `json`, not several")
        usual = TEXT_TYPE if given[0] else JSON_TYPE if given[2] else ""
        content_type = usual if self.content_type is None else self.content_type
        if given[2]:
            data = msgspec.json.encode(self.json)
        else:
            data = from_text(self.text, self.base64) or b""
        if len(data) > MAX_BUFFER_BYTES:
            raise ValueError(f"a buffer holds at most {MAX_BUFFER_BYTES} bytes, not {len(data)}")
        if len(content_type.encode()) > MAX_CONTENT_TYPE_BYTES:
            raise ValueError(f"a content type has at most {MAX_CONTENT_TYPE_BYTES} bytes")
        for name, value in (("sequence", self.sequence), ("timestamp_ns", self.timestamp_ns)):
            if value is not None and not 0 <= value < 2**64:
                raise ValueError(f"`{name}` is a number from 0 to 2^64 - 1")
        return Buffer(data, content_type)


def read_typed_elements(path: Path) -> tuple[tuple[TypedElement, Buffer], ...]:
    """All elements of a file, with their payloads; blank lines are passed over.

    Raises:
        StudioError: the file cannot be read (E0700, E0001), or lines are no elements (E0703):
            all of them are named.
    """
    lines = read_input(path, "the elements", "Check the path.").removeprefix(BOM_UTF8).splitlines()
    problems: list[Diagnostic] = []
    elements = tuple(_elements(lines, str(path), problems))
    if problems:
        raise StudioError(problems)
    return elements


def _elements(
    lines: list[bytes], file: str, problems: list[Diagnostic]
) -> Iterator[tuple[TypedElement, Buffer]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            element = msgspec.json.decode(line, type=TypedElement)
            yield element, element.buffer()
        except (ValueError, RecursionError) as error:
            problems.append(
                Diagnostic(
                    Severity.ERROR,
                    Code.INVALID_VALUE,
                    f"this is no element: {error}",
                    'Write one JSON object a line, e.g. {"json": {"level": "warn"}} or '
                    '{"text": "hello", "content_type": "text/plain", "sequence": 7}.',
                    file=file,
                    line=number,
                )
            )
