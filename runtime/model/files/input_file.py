"""Files that somebody named to be read whole."""

from __future__ import annotations

from pathlib import Path

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError


def read_input(path: Path, what: str, advice: str) -> bytes:
    """The bytes of a file; `what` names it in the message: "the component".

    Raises `StudioError` with `advice`: there is none (E0700), or it cannot be read (E0001).
    """
    try:
        return path.read_bytes()
    except OSError as error:
        code = Code.FILE_NOT_FOUND if isinstance(error, FileNotFoundError) else Code.IO
        message = f"{what} cannot be read: {error.strerror}"
        raise StudioError(
            [Diagnostic(Severity.ERROR, code, message, advice, file=str(path))]
        ) from None
