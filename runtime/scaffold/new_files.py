"""Files that are written all or not at all, and never over others."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.files.replaced_file import replace_file

Files = Mapping[PurePosixPath, bytes]
"""Contents by path, relative to the folder that they are written into."""


def write_new(folder: Path, files: Files) -> tuple[Path, ...]:
    """Write files into a folder, which is made; a file that has that content already is left.

    Gives the paths that were written. What a failure leaves unfinished is removed again.

    Raises:
        StudioError: a file is there with other content, or cannot be written.
    """
    missing = _missing(folder, files)
    written: list[Path] = []
    made: list[Path] = []
    try:
        for path, content in missing.items():
            made += _make_folders(path.parent)
            with path.open("xb") as stream:
                written.append(path)
                stream.write(content)
    except OSError as error:
        _remove(written, made)
        raise _cannot_write(Path(error.filename or folder), error) from None
    return tuple(written)


def remove_new(folder: Path) -> None:
    """Remove a folder that was just written; what cannot be removed stays."""
    shutil.rmtree(folder, ignore_errors=True)


def remove_files(written: Iterable[Path]) -> None:
    """Remove files that were just written, and folders that are empty without them."""
    for path in written:
        with contextlib.suppress(OSError):
            path.unlink()
            os.removedirs(path.parent)


def rewrite_file(path: Path, content: bytes) -> None:
    """Put new content in a file's place; what a link leads to is replaced, and the link stays.

    Raises `StudioError` when it cannot be written.
    """
    try:
        replace_file(Path(os.path.realpath(path)), content)
    except OSError as error:
        raise _cannot_write(path, error) from None


def refusal(code: Code, message: str, help_: str, file: Path | None = None) -> StudioError:
    """One problem as an error to raise."""
    name = None if file is None else str(file)
    return StudioError([Diagnostic(Severity.ERROR, code, message, help_, file=name)])


def _missing(folder: Path, files: Files) -> dict[Path, bytes]:
    missing: dict[Path, bytes] = {}
    taken: list[Diagnostic] = []
    for relative, content in files.items():
        path = folder / relative
        try:
            if not os.path.lexists(path):
                missing[path] = content
                continue
            same = path.is_file() and path.read_bytes() == content
        except OSError as error:
            raise _cannot_write(path, error) from None
        if not same:
            why = "it exists with other content, and is not written over"
            advice = "Name another folder, or move the file away."
            taken.append(Diagnostic(Severity.ERROR, Code.IO, why, advice, file=str(path)))
    if taken:
        raise StudioError(taken)
    return missing


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder and those above it; the ones that were made, the outermost first."""
    above = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return above[::-1]


def _remove(written: list[Path], made: list[Path]) -> None:
    for path in written:
        with contextlib.suppress(OSError):
            path.unlink()
    for folder in reversed(made):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _cannot_write(path: Path, error: OSError) -> StudioError:
    why = f"it cannot be written: {error.strerror or error}"
    return refusal(Code.IO, why, "Name a folder in which you may write.", path)
