"""Where a file is: what one look at a path says, and which directories tell of its changes.

A watch on a file dies when the file is replaced, so directories are watched: the one that holds
the file, those that hold the links on the way to it, and, for what does not exist yet, the
nearest directory that does.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from runtime.watch.settle import Stamp

_MOST_LINKS = 40
"""Links followed on the way to one file; Linux gives up after as many."""


class Look(NamedTuple):
    """One look at a path."""

    stamp: Stamp
    size: int
    mtime_ns: int
    age_ns: int
    """How long ago its content, or the entry, changed by the file system's clock; may be < 0."""


def look_at(path: Path, wall_ns: int) -> Look | None:
    """Look at a regular file through all links; None when there is none.

    `wall_ns` is nanoseconds since the Unix epoch, for the age.
    """
    try:
        found = path.stat()
        target = os.path.realpath(path)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    stamp = Stamp(
        identity=(found.st_dev, found.st_ino, target),
        version=(found.st_size, found.st_mtime_ns, found.st_ctime_ns),
        arrived=found.st_ctime_ns > found.st_mtime_ns,
    )
    return Look(stamp, found.st_size, found.st_mtime_ns, wall_ns - found.st_ctime_ns)


def directories_for(path: Path) -> set[Path]:
    """Existing directories in which a change of this path, or of a link to it, shows."""
    directories: set[Path] = set()
    waiting = list(reversed(path.absolute().parts))
    here = Path(waiting.pop())
    links = 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            here = here.parent
            continue
        entry = here / part
        target = _link_target(entry) if links < _MOST_LINKS else None
        if target is not None:
            links += 1
            directories.add(here)
            if target.is_absolute():
                here = Path(target.anchor)
            waiting.extend(reversed(target.parts[1:] if target.is_absolute() else target.parts))
        elif waiting and _is_directory(entry):
            here = entry
        else:
            break
    directories.add(here)
    return directories


def identities(directories: Iterable[Path]) -> dict[str, tuple[int, int]]:
    """Device and inode of each directory: a directory made again needs a new watch."""
    found = {}
    for directory in directories:
        try:
            status = directory.stat()
        except OSError:
            continue
        found[str(directory)] = (status.st_dev, status.st_ino)
    return found


def _is_directory(entry: Path) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _link_target(entry: Path) -> Path | None:
    try:
        return Path(entry.readlink())
    except OSError:
        return None
