"""Recordings that come through a pipe: kept in a file, because they are read more than once."""

from __future__ import annotations

import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.files.temporary_folder import temporary_folder

STANDARD_INPUT = Path("-")
_AT_ONCE = 1024 * 1024


def comes_through_a_pipe(path: Path) -> bool:
    """Whether `path` is standard input (`-`), a pipe or a device."""
    return path == STANDARD_INPUT or (path.exists() and not path.is_file() and not path.is_dir())


@contextmanager
def spooled(path: Path) -> Iterator[Path]:
    """A temporary file with all that comes through the pipe `path`; it goes when this is closed.

    Raises:
        StudioError: it cannot be read, or kept (E0001).
    """
    name = "standard-input.rec" if path == STANDARD_INPUT else f"{path.name}.rec"
    with temporary_folder() as folder:
        kept = folder / name
        try:
            with kept.open("wb") as file:
                if path == STANDARD_INPUT:
                    _copy(sys.stdin.buffer, file)
                else:
                    with path.open("rb") as pipe:
                        _copy(pipe, file)
        except OSError as error:
            raise StudioError([_unreadable(path, error)]) from error
        yield kept


def _copy(pipe: BinaryIO, file: BinaryIO) -> None:
    """All of it, unless it cannot be a recording: what a device gives may never end."""
    part = pipe.read(_AT_ONCE)
    may_be_one = part.removeprefix(BOM_UTF8).lstrip()[:1] in (b"{", b"")
    while part:
        file.write(part)
        part = pipe.read(_AT_ONCE) if may_be_one else b""


def _unreadable(path: Path, error: OSError) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.IO,
        f"the recording cannot be read: {error.strerror}",
        "Save it to a file first.",
        file=str(path),
    )
