"""Files that somebody asked to be written: opened before anything is run, so that it is known then
whether they can be; one that exists stays, unless it may be replaced."""

from __future__ import annotations

import errno
import os
from io import BufferedWriter, FileIO
from pathlib import Path

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError


def open_output(path: Path, *, overwrite: bool = False) -> FileIO:
    """The file, empty and not buffered; devices and pipes are written to.

    Raises:
        OSError: it cannot be written, or exists and is not to be replaced (`FileExistsError`).
    """
    _refuse(path)
    if overwrite or (path.exists() and not path.is_file()):
        return path.open("wb", buffering=0)
    return path.open("xb", buffering=0)


def free_path(wanted: Path) -> Path:
    """`wanted`, or the first of `name-2.ext`, `name-3.ext`, … that does not exist.

    Of devices and pipes there is only the one.
    """
    path, number = wanted, 1
    while path.is_file() or path.is_dir():
        number += 1
        path = wanted.with_stem(f"{wanted.stem}-{number}")
    return path


def require_writable(path: Path, what: str, *, overwrite: bool = False) -> None:
    """Raises `StudioError` (E0001) unless `open_output` could open the file; changes nothing.

    `what` names the file in the message: "the JUnit file".
    """
    try:
        _refuse(path)
        if not path.exists():
            path.open("xb").close()
            path.unlink()
        elif not path.is_file() or overwrite:
            path.open("ab").close()
        else:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    except OSError as error:
        raise unwritable(path, what, error) from error


def write_output(path: Path, what: str, text: str, *, overwrite: bool = False) -> None:
    """Write a file that `require_writable` let pass. Raises `StudioError` (E0001)."""
    try:
        with open_output(path, overwrite=overwrite) as raw, BufferedWriter(raw) as file:
            file.write(text.encode())
    except OSError as error:
        raise unwritable(path, what, error, ran=True) from error


def unwritable(path: Path, what: str, error: OSError, *, ran: bool = False) -> StudioError:
    """That a file cannot be written; what was to be run first was not, unless it `ran`."""
    advice = "Choose another file"
    if isinstance(error, FileExistsError):
        advice += ", or replace it with --overwrite"
    return StudioError(
        [
            Diagnostic(
                Severity.ERROR,
                Code.IO,
                f"{what} cannot be written: {error.strerror}",
                f"{advice}." if ran else f"{advice}. Nothing was run.",
                file=str(path),
            )
        ]
    )


def _refuse(path: Path) -> None:
    if str(path) == "-":
        raise OSError(errno.EINVAL, "- does not stand for standard output here")
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
