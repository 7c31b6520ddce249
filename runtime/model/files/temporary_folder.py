"""Folders for files that are needed for a while."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, ExitCode, Severity, StudioError


def new_temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """A new folder, to be cleaned up.

    Raises:
        StudioError: the system has no folder in which one can be made (E0001).
    """
    try:
        return tempfile.TemporaryDirectory(prefix="torvyn-studio-")
    except OSError as error:
        problem = Diagnostic(
            Severity.ERROR,
            Code.IO,
            f"a temporary folder cannot be made: {error.strerror}",
            "Free space there, or name a folder that can be written in the variable TMPDIR.",
            file=error.filename if isinstance(error.filename, str) else None,
        )
        raise StudioError([problem], ExitCode.ENVIRONMENT) from error


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A new folder that goes at the end. Raises `StudioError` as `new_temporary_folder` does."""
    with new_temporary_folder() as name:
        yield Path(name)
