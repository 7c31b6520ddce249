"""Recordings that come through a pipe: kept in a file, because they are read more than once."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.files.temporary_folder import temporary_folder

STANDARD_INPUT = Path("-")


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
                    shutil.copyfileobj(sys.stdin.buffer, file)
                else:
                    with path.open("rb") as pipe:
                        shutil.copyfileobj(pipe, file)
        except OSError as error:
            raise StudioError([_unreadable(path, error)]) from error
        yield kept


def _unreadable(path: Path, error: OSError) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.IO,
        f"the recording cannot be read: {error.strerror}",
        "Save it to a file first.",
        file=str(path),
    )
