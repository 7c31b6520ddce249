"""Feeds: elements from files in place of what sources give."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from runtime.model.call import (
    Emitted,
    Exhausted,
    Failed,
    Failure,
    FailureKind,
    Outcome,
    Output,
)
from runtime.model.codes import Code
from runtime.model.element import MAX_BUFFER_BYTES, Buffer
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.text.json_text import NO_JSON, json_document

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
JSON_TYPE = "application/json"
TEXT_TYPE = "text/plain"


class Feed(Protocol):
    """Gives the elements of one source."""

    def pull(self) -> Outcome:
        """`Emitted` with one output, `Exhausted`, or `Failed`."""
        ...

    def close(self) -> None:
        """Let go of what it reads from. Idempotent; it is not pulled again."""
        ...


class TextInput:
    """A file of lines, an element a line: NDJSON or any text, read as it is needed.

    The line's end (LF or CR LF) is not part of the element; the last line needs none. A line
    that is a JSON object or array is `application/json`, any other `text/plain`. An empty line
    is an element with an empty payload. A byte order mark before the first line is left out.

    Raises:
        StudioError: the file cannot be opened (E0001).
    """

    def __init__(self, path: str) -> None:
        self.name = "standard input" if path == "-" else path
        self.lines = 0
        """Lines read."""
        if path == "-":
            self._file: BinaryIO = sys.stdin.buffer
            return
        try:
            self._file = Path(path).open("rb")  # noqa: SIM115 - open as long as the flow runs
        except OSError as error:
            raise StudioError([_unreadable(path, error)]) from error

    def pull(self) -> Outcome:
        """The next line."""
        try:
            line = self._file.readline(MAX_BUFFER_BYTES + 3)
        except OSError as error:
            return _failed(
                FailureKind.UNAVAILABLE,
                f"{self.name} cannot be read: {error.strerror}",
                Code.IO,
                "Check the file; what was read before is in the flow.",
            )
        if not line:
            self.close()
            return Exhausted()
        if not self.lines:
            line = line.removeprefix(BYTE_ORDER_MARK)
        self.lines += 1
        data = line.removesuffix(b"\n").removesuffix(b"\r") if line.endswith(b"\n") else line
        if len(data) > MAX_BUFFER_BYTES:
            return self._too_long(line)
        return Emitted((text_output(data),))

    def close(self) -> None:
        """Close the file. Idempotent; standard input stays open."""
        if self._file is not sys.stdin.buffer:
            self._file.close()

    def _too_long(self, line: bytes) -> Outcome:
        number = self.lines
        while line and not line.endswith(b"\n"):
            line = self._file.readline(MAX_BUFFER_BYTES)
        return _failed(
            FailureKind.INVALID_INPUT,
            f"{self.name}, line {number}: longer than {MAX_BUFFER_BYTES} bytes, the most that "
            "a buffer holds",
            Code.CAPACITY_EXCEEDED,
            "Skip the line, or cut it in the file.",
        )


def text_output(data: bytes) -> Output:
    """A line as an output: a JSON object or array is `application/json`, else `text/plain`."""
    content_type = JSON_TYPE if json_document(data) is not NO_JSON else TEXT_TYPE
    return Output(Buffer(data, content_type), content_type)


class OutputFeed:
    """Gives outputs from an iterable, e.g. recorded ones.

    What the iterable raises as `StudioError` becomes a failed pull.
    """

    def __init__(self, outputs: Iterable[Output]) -> None:
        self._outputs: Iterator[Output] = iter(outputs)

    def pull(self) -> Outcome:
        """The next output."""
        try:
            output = next(self._outputs, None)
        except StudioError as error:
            first = error.diagnostics[0]
            message = f"{first.file}:{first.line}: {first.message}"
            return _failed(FailureKind.UNAVAILABLE, message, first.kind, first.help)
        return Exhausted() if output is None else Emitted((output,))

    def close(self) -> None:
        """Close what the outputs are read from. Idempotent."""
        if isinstance(self._outputs, Generator):
            self._outputs.close()


def text_inputs(options: Iterable[str], sources: tuple[str, ...]) -> dict[str, TextInput]:
    """Inputs by source, from `FILE` (the flow has one source) or `NODE=FILE`; `-` is stdin.

    Raises:
        StudioError: a source is not named or unknown, or named twice (E0703); a file cannot
            be opened (E0001).
    """
    inputs: dict[str, TextInput] = {}
    try:
        for name, path in input_paths(options, sources).items():
            inputs[name] = TextInput(path)
    except StudioError:
        for opened in inputs.values():
            opened.close()
        raise
    return inputs


def input_paths(options: Iterable[str], sources: tuple[str, ...]) -> dict[str, str]:
    """The files of `text_inputs` by source; none is opened.

    Raises:
        StudioError: a source is not named or unknown, or named twice (E0703).
    """
    paths: dict[str, str] = {}
    for option in options:
        name, found, path = option.partition("=")
        if not found or name not in sources:
            if len(sources) != 1:
                raise StudioError([_no_source(option, sources)])
            if found and path and not Path(option).exists():
                raise StudioError([_unknown_source(option, name, sources[0])])
            name, path = sources[0], option
        if name in paths:
            raise StudioError([_twice(option, name)])
        paths[name] = path
    return paths


def _failed(kind: FailureKind, message: str, code: Code, help_text: str) -> Failed:
    return Failed(Failure.of(kind, message, code, help_text, False))


def _unreadable(path: str, error: OSError) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.IO,
        f"the input cannot be read: {error.strerror}",
        "Check the path; - reads standard input.",
        file=path,
    )


def _no_source(option: str, sources: tuple[str, ...]) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.INVALID_VALUE,
        f"--input {option}: the flow has {len(sources)} sources: {', '.join(sources)}",
        f"Say which one gets the file, e.g. --input {sources[0]}={option}."
        if sources
        else "A flow without a source takes no input.",
    )


def _unknown_source(option: str, name: str, source: str) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.INVALID_VALUE,
        f"--input {option}: the flow has no source {name!r}, and there is no file of that name; "
        f"its source is {source}",
        f"Write --input {source}={option.partition('=')[2]}.",
    )


def _twice(option: str, name: str) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.INVALID_VALUE,
        f"--input {option}: source {name} has an input already",
        "Give each source one file.",
    )
