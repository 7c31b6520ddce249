"""Reading recordings line by line; a file is never loaded whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NamedTuple

from msgspec import UNSET

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.recording.file.line_check import LineCheck, LinePlace
from runtime.recording.file.versions import FormatReader, NewerFormatError
from runtime.recording.format import (
    FORMAT,
    BodyLine,
    ChangedLineError,
    EndLine,
    Header,
    decode_body,
    require_crc,
)
from runtime.recording.payload_encoding import DIGEST_BYTES

MAX_LINE_BYTES = 256 * 1024 * 1024
"""Longest line read, in bytes; one that holds the largest payload is shorter."""


END_BYTES = 16 * 1024
"""An end line is shorter than this, in bytes."""

BATCH_BYTES = 64 * 1024
"""Lines are decoded in batches of about this size: one by one, between calls, costs more."""


BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_OTHER_FORMATS = {
    b"\x1f\x8b": "it is compressed (gzip)",
    b"\x28\xb5\x2f\xfd": "it is compressed (zstd)",
    b"PK\x03\x04": "it is a ZIP archive",
    b"\xff\xfe": "it is UTF-16, not UTF-8",
    b"\xfe\xff": "it is UTF-16, not UTF-8",
    b"\0asm": "it is a WebAssembly file",
}
"""What files that are taken for recordings begin with."""
"""What some editors put before the first line."""

_CALL, _END = b'{"type":"call"', b'{"type":"end"'


class NumberedLine(NamedTuple):
    """A line and where it stands."""

    number: int
    """Counted from 1; the header is line 1."""
    offset: int
    """Where it begins, in bytes."""
    size: int
    """Its length with its newline, in bytes."""
    line: BodyLine


class RecordingReader:
    """An open recording. Iterating gives every line after the header; use as a context manager.

    Every line is checked against itself and against those before it. After the iteration, or
    after `check`, `warnings` says what was tolerated: a last line that was cut off, or a
    missing end line. `end` is the end line, when there is one.

    Raises:
        StudioError: the file cannot be read, is no recording, or is of a newer format (on
            opening); a line is damaged (while iterating, with its line number). All E0001.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.warnings: tuple[Diagnostic, ...] = ()
        self.end: EndLine | None = None
        self.calls = 0
        """Calls there were in the last iteration, or `check`."""
        self._format = FormatReader()
        self._offset = 0
        self._returns = 0
        """Carriage returns at the end of each line: 1 where something made the line feeds CR LF."""
        self._file = self._open()
        try:
            self.header = self._read_header()
        except BaseException:
            self._file.close()
            raise
        self._body_offset = self._offset

    def __enter__(self) -> RecordingReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Idempotent."""
        self._file.close()

    def __iter__(self) -> Iterator[NumberedLine]:
        """Every line after the header, from the beginning; one iteration at a time."""
        return self.lines()

    def lines(
        self, begin: LinePlace | None = None, *, digests: bool = True
    ) -> Iterator[NumberedLine]:
        """The lines from a place on, without one all; one iteration at a time.

        From a place on, the file's own digest is not looked at: `check` did that. Without `digests`
        those of payloads and prints are not, either.
        """
        self._rewind()
        number, offset = 1, self._body_offset
        if begin is not None:
            number, offset = begin.number - 1, begin.offset
            self._seek(offset)
            self._offset = offset
        decode = self._format.body_decoder()
        check = LineCheck(self.header, begin, digests=digests)
        whole = begin is None and digests
        while batch := self._read_batch(number + 1):
            lines, problem = _decoded(batch, decode)
            body = len(lines)
            while body and type(lines[body - 1]) is EndLine:
                body -= 1
            if whole:
                self._digest.update(b"".join(batch[:body]))
            for data, line in zip(batch, lines, strict=False):
                number += 1
                try:
                    check.take(line)
                except ValueError as error:
                    raise self._damaged(number, str(error)) from error
                self.calls = check.calls
                if type(line) is EndLine:
                    self._take_end(line, number, data, whole=whole)
                size = len(data) + self._returns
                yield NumberedLine(number, offset, size, line)
                offset += size
            if problem is not None:
                number += 1
                if not batch[-1].endswith(b"\n") and len(lines) == len(batch) - 1:
                    self._warn(number, "the last line was cut off and is left out")
                    return
                raise self._damaged(number, str(problem)) from problem
        if self.end is None:
            self._warn(number, "the recording has no end line: its recorder was interrupted")

    @property
    def version(self) -> int:
        """The format version of the file."""
        return self._format.version

    def check(self) -> None:
        """Read the whole file, so that damage is told before anything is made of it.

        Raises:
            StudioError: a line is damaged (E0001), with its line number.
        """
        if not self._format.has_crc or not self._is_as_written():
            for _ in self:
                pass

    def _is_as_written(self) -> bool:
        """Whether each line has its `crc` and all have the digest of the end: at a tenth of what
        reading them costs. False when anything else is to be said about the file."""
        self._rewind()
        number = 1
        while batch := self._read_batch(number + 1):
            *others, last = batch
            try:
                for data in batch:
                    require_crc(data)
            except ValueError:
                return False
            number += len(batch)
            self.calls += sum(data.startswith(_CALL) for data in batch)
            self._digest.update(b"".join(others))
            if not last.startswith(_END):
                self._digest.update(last)
                continue
            try:
                end = decode_body(last)
            except ValueError:
                return False
            if not isinstance(end, EndLine) or not last.endswith(b"\n") or self._read_line(number):
                return False
            self.end = end
            return end.digest == self._digest.hexdigest() and end.calls == self.calls
        return False

    def _take_end(self, end: EndLine, number: int, data: bytes, *, whole: bool) -> None:
        if whole and self._format.has_crc and end.digest != self._digest.hexdigest():
            raise self._damaged(
                number,
                "the lines before are not those that were written: one is missing, was added, "
                "was changed or stands elsewhere",
            )
        if not data.endswith(b"\n"):
            self._warn(number, "the last line feed is missing, and nothing else")
        self.end = end

    def _rewind(self) -> None:
        """Begin again with the line after the header."""
        self.warnings, self.end, self.calls = (), None, 0
        if self._offset != self._body_offset:  # a pipe can be read once, but not wound back
            self._seek(self._body_offset)
            self._offset = self._body_offset
        self._digest = self._header_digest.copy()

    def require_beginning(self) -> None:
        """Raise `StudioError` (E0001) when the recording does not begin with the first call."""
        where = self.header.where
        if where is not UNSET:
            raise self._problem(
                f"the recording holds the calls alone for which {where} holds, so the run cannot "
                "be repeated",
                "Record without --where, or let its elements enter at an edge.",
                1,
            )
        first = self.header.first_call
        if first > 1:
            raise self._problem(
                f"the recording begins at call {first}: it was saved from a ring that had lost "
                "its beginning, so the run cannot be repeated",
                "Record from the start with --record, or let its elements enter at an edge.",
                1,
            )

    def line_at(self, number: int, offset: int) -> BodyLine:
        """A line that was given before; an iteration under way is not disturbed.

        Raises:
            StudioError: the file changed meanwhile.
        """
        here = self._offset
        self._seek(offset)
        try:
            return self._format.body_decoder()(self._read_line(number))
        except ValueError as error:
            raise self._damaged(number, str(error)) from error
        finally:
            self._offset = here
            self._seek(here)

    def _open(self) -> BinaryIO:
        try:
            return self.path.open("rb")
        except OSError as error:
            raise self._problem(
                f"the recording cannot be read: {error.strerror}", "Check the path.", None
            ) from error

    def _read_header(self) -> Header:
        data = self._read_line(1)
        if data.endswith(b"\r\n"):
            self._returns = 1
            data = data[:-2] + b"\n"
        data = data.removeprefix(BYTE_ORDER_MARK)
        self._header_digest = blake2b(data, digest_size=DIGEST_BYTES)
        try:
            return self._format.header(data)
        except NewerFormatError as error:
            raise self._problem(
                f"the recording has format version {error.version}; this release reads up to "
                f"version {FORMAT}",
                f"Open it with torvyn-studio {error.studio} or newer, which wrote it.",
                1,
            ) from error
        except ChangedLineError as error:
            raise self._damaged(1, str(error)) from error
        except ValueError as error:
            raise self._problem(
                f"this is no recording: {_other_format(data) or error}",
                "Give a file that `record` wrote; a file of lines goes with --input FILE.",
                1,
            ) from error

    def _read_batch(self, number: int) -> list[bytes]:
        """Lines from line `number` on, about `BATCH_BYTES` of them; none at the end."""
        lines: list[bytes] = []
        size = 0
        while size < BATCH_BYTES and (data := self._read_line(number + len(lines))):
            lines.append(data)
            size += len(data)
        return lines

    def _read_line(self, number: int) -> bytes:
        try:
            data = self._file.readline(MAX_LINE_BYTES)
        except OSError as error:
            raise self._problem(
                f"the recording cannot be read: {error.strerror}", "Check the disk.", number
            ) from error
        if len(data) == MAX_LINE_BYTES and not data.endswith(b"\n"):
            raise self._damaged(number, f"the line is longer than {MAX_LINE_BYTES} bytes")
        self._offset += len(data)
        if not self._returns:
            return data
        if not data.endswith(b"\n"):
            return data.removesuffix(b"\r")
        if not data.endswith(b"\r\n"):
            raise self._damaged(number, "it ends in a line feed alone, the lines before in CR LF")
        return data[:-2] + b"\n"

    def _seek(self, offset: int) -> None:
        try:
            self._file.seek(offset)
        except OSError as error:
            raise self._problem(
                "the recording cannot be read twice: it is no regular file",
                "Save it to a file first.",
                None,
            ) from error

    def _warn(self, number: int, message: str) -> None:
        self.warnings = (
            Diagnostic(
                Severity.WARNING,
                Code.IO,
                message,
                "What stands before is used; record again for the whole run.",
                file=str(self.path),
                line=number,
            ),
        )

    def _damaged(self, number: int, detail: str) -> StudioError:
        return self._problem(
            f"the recording is damaged: {detail}", "Use a copy that is whole.", number
        )

    def _problem(self, message: str, help_text: str, line: int | None) -> StudioError:
        return StudioError(
            [
                Diagnostic(
                    Severity.ERROR,
                    Code.IO,
                    message,
                    help_text,
                    file=str(self.path),
                    line=line,
                )
            ]
        )


def _other_format(data: bytes) -> str:
    """What a file is that begins so; "" where nobody knows."""
    if not data:
        return "the file is empty"
    known = (told for start, told in _OTHER_FORMATS.items() if data.startswith(start))
    return next(known, "")


def _decoded(
    batch: list[bytes], decode: Callable[[bytes], BodyLine]
) -> tuple[list[BodyLine], ValueError | None]:
    """The lines up to the first that is none, and what is wrong with that one."""
    lines: list[BodyLine] = []
    try:
        for data in batch:
            lines.append(decode(data))
    except ValueError as error:
        return lines, error
    return lines, None


def end_of_recording(path: Path) -> EndLine | None:
    """The end line of a recording, read without what stands before it; None when there is none.

    None too when the file cannot be read: reading it from the start says why.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - END_BYTES))
            last = file.read().rstrip(b"\r\n").rpartition(b"\n")[2]
        line = decode_body(last)
    except (OSError, ValueError):
        return None
    return line if isinstance(line, EndLine) else None
