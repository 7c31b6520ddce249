"""The process's standard streams, which are somebody else's: closed, full, or without a reader.

Text that goes through `sys.stdout` and `sys.stderr` is made printable here, for all verbs at once;
bytes that go through their `buffer` pass as they are. Nothing here raises when a stream cannot be
written: what is missing is kept as the stream's `failure`, and `exit_code` says what it means.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, ExitCode, Severity
from runtime.model.text.printable import printable
from workbench.terminal.ascii_twins import ERRORS

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

STDIN, STDOUT, STDERR = 0, 1, 2


class GuardedFile(io.FileIO):
    """A file descriptor whose failures are noted, not raised; it stays open when this goes."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self.failure: OSError | None = None
        """Why something could not be written: the first time."""
        self.on_failure: Callable[[], None] | None = None
        """Called once, when that happens."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write all of it; bytes that cannot be written are dropped."""
        left = memoryview(data).cast("B")
        size = len(left)
        try:
            while left:
                written = super().write(left)
                if written is None:  # not blocking, as whoever shares the terminal set it
                    select.select([], [self.fileno()], [])
                else:
                    left = left[written:]
        except OSError as error:
            self._failed(error)
        return size

    def _failed(self, error: OSError) -> None:
        if self.failure is not None:
            return
        self.failure = error
        if self.on_failure is not None:
            self.on_failure()


class PrintableStream(io.TextIOWrapper):
    """A text stream through which only printable text, line feeds and tabs pass.

    Of what its encoding has no bytes for, our own signs have twins; all else is an escape.
    """

    def __init__(self, file: GuardedFile, encoding: str, *, line_buffering: bool) -> None:
        super().__init__(
            io.BufferedWriter(file),
            encoding=encoding,
            errors=ERRORS,
            newline="\n",
            line_buffering=line_buffering,
        )
        self.file = file

    def write(self, text: str, /) -> int:
        """Write the text, made printable."""
        super().write(printable(text, keep_lines=True))
        return len(text)

    def write_prepared(self, text: str) -> None:
        """Write text that is printable already but for colours of our own."""
        super().write(text)


def guard() -> None:
    """Put guarded streams in place of `sys.stdout` and `sys.stderr`, and open what is closed.

    A closed descriptor would be given to the next file that is opened, and be printed into.
    """
    for descriptor in (STDIN, STDOUT, STDERR):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest that is free: this one
            os.set_inheritable(descriptor, True)
    if sys.stdin is None:
        sys.stdin = open(STDIN, closefd=False)  # noqa: SIM115
    sys.stdout = _guarded(sys.stdout, STDOUT)
    sys.stderr = _guarded(sys.stderr, STDERR)


def _guarded(given: object, descriptor: int) -> PrintableStream:
    encoding = getattr(given, "encoding", None) or "utf-8"
    if isinstance(given, io.TextIOBase):
        given.flush()
    file = GuardedFile(descriptor)
    return PrintableStream(
        file, encoding, line_buffering=descriptor == STDERR or os.isatty(descriptor)
    )


def end_on_failure(end: Callable[[], None] | None) -> None:
    """Have `end` called once when stdout cannot be written any more; None calls nothing."""
    if isinstance(sys.stdout, PrintableStream):
        sys.stdout.file.on_failure = end


def flush() -> None:
    """Write what waits in the buffers."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()


def exit_code(code: int) -> int:
    """The exit code of a verb that ended with `code`, after what became of its output.

    Output that nobody reads any more ends the verb as it ends others: with 141, quietly. Output
    that could not be written for another reason is told and is `ExitCode.BAD_INPUT`.
    """
    flush()
    failure = sys.stdout.file.failure if isinstance(sys.stdout, PrintableStream) else None
    if failure is None:
        return code
    if failure.errno in (errno.EPIPE, errno.ECONNRESET):
        return ExitCode.NO_READER
    problem = Diagnostic(
        Severity.ERROR,
        Code.IO,
        f"standard output could not be written: {failure.strerror}",
        "Free space, or send the output elsewhere; what was written is not complete.",
    )
    print(problem.render(), file=sys.stderr)
    return ExitCode.BAD_INPUT
