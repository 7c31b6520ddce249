"""Files that are replaced as a whole: readers see what was there before, or all that is new."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def staged_file(path: Path, *, private: bool = False) -> Iterator[Path]:
    """A new empty file next to `path` that takes its place when the block ends well, else goes.

    It has the mode of the file that it replaces; a `private` one is for the user alone (mode 0600).
    A link is replaced itself: a project is somebody else's, and may lead out of its folder by one.

    Raises:
        OSError: the folder or the file cannot be written.
    """
    staged = path.with_name(f".torvyn-studio-{os.urandom(8).hex()}.new")
    mode = 0o600 if private else 0o666
    os.close(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    try:
        yield staged
        if not private and path.is_file() and not path.is_symlink():
            staged.chmod(stat.S_IMODE(path.stat().st_mode))
        staged.replace(path)
    except BaseException:
        with suppress(OSError):
            staged.unlink()
        raise


def replace_file(path: Path, data: bytes, *, private: bool = False) -> None:
    """Put `data` in a file's place; see `staged_file`. Raises `OSError`."""
    with staged_file(path, private=private) as staged:
        staged.write_bytes(data)
