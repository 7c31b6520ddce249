"""Files that somebody named to be read whole."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError

MOST_BYTES = 256 * 1024 * 1024
"""Of a file that is read whole. A device never ends, and a sparse file may have any size."""
_AT_ONCE = 1024 * 1024


def read_bounded(path: Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of a file. Raises OSError, EFBIG for one of more than `most` bytes."""
    data = bytearray()
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        # In parts, between which a signal is heard: a pipe may never end.
        while size <= most and len(data) <= most and (part := file.read(_AT_ONCE)):
            data += part
    if size > most or len(data) > most:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
    return bytes(data)


def read_input(path: Path, what: str, advice: str) -> bytes:
    """The bytes of a file; `what` names it in the message: "the component".

    Raises `StudioError` with `advice`: there is none (E0700), or it cannot be read (E0001).
    """
    try:
        return read_bounded(path)
    except OSError as error:
        code = Code.FILE_NOT_FOUND if isinstance(error, FileNotFoundError) else Code.IO
        message = f"{what} cannot be read: {error.strerror}"
        raise StudioError(
            [Diagnostic(Severity.ERROR, code, message, advice, file=str(path))]
        ) from None
