"""Opens the folders that a node is granted, at the moment they are given to its component.

A project's folder can be exchanged for a link at any time. So a folder is opened first, what was
opened is compared with what the grant stood for when the flow was linked, and that very folder is
given to wasmtime: there is no moment between the look and the use.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class FolderError(Exception):
    """A folder that cannot be given; the text says why."""


@contextmanager
def opened_folder(path: str, linked: Mapping[str, str]) -> Iterator[str]:
    """A path of the granted folder, for as long as the context lasts.

    `linked` has what each granted path stood for when the flow was linked; a path that it lacks
    may stand for anything. Raises FolderError.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        if not Path(path).is_absolute():
            why += f" (looked for in the current folder, {os.path.realpath(os.curdir)})"
        raise FolderError(f"the granted directory {path!r} cannot be opened: {why}") from None
    try:
        found, given = _place_of(descriptor, path)
        if found != linked.get(path, found):
            raise FolderError(
                f"the granted directory {path!r} was {linked[path]} when the flow was opened, and "
                f"is {found} now"
            )
        yield given
    finally:
        os.close(descriptor)


def _place_of(descriptor: int, path: str) -> tuple[str, str]:
    """The absolute path of what was opened, links followed, and a path that opens the same."""
    if sys.platform == "linux":
        entry = f"/proc/self/fd/{descriptor}"
        try:
            return str(Path(entry).readlink()), entry
        except OSError:
            pass
    found = os.path.realpath(path)
    if not os.path.samestat(os.fstat(descriptor), Path(found).stat()):
        raise FolderError(f"the granted directory {path!r} changed while it was opened")
    return found, found
