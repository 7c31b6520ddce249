"""The sources of a component, and when a change of them calls for a build.

A build writes files itself, some of them among the sources. Outputs are not sources; of the rest
only contents count; and what every build changes again is generated.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from runtime.model.lazy.dataclass import dataclass
from runtime.watch.settle import Stamp

IGNORED_DIRECTORIES = frozenset(
    {
        "target",
        "node_modules",
        "__pycache__",
        "venv",
        "zig-out",
        "zig-cache",
        "dist",
    }
)
"""Directories that hold outputs and caches; those that begin with a dot are left out too."""

IGNORED_SUFFIXES = (".wasm", ".o", ".a", ".rlib", ".pyc", ".swp", ".swx", ".tmp", "~")

MOST_FILES = 10_000
"""Source files of one component; what lies beyond is not watched."""

MOST_FOLLOW_UPS = 3
"""Builds in a row that were started because sources changed during a build."""


@dataclass(frozen=True, slots=True)
class SourceTree:
    """The directories and files that are one component's sources."""

    component: str
    roots: tuple[Path, ...]
    """The component's directory, and what else it is built from, e.g. shared WIT; a root may be
    one file. When there are too many files, those of the first roots count."""


def is_output(names: Iterable[str]) -> bool:
    """Whether one of these directories or files of a path is left out: outputs, caches, dots."""
    return any(
        name in IGNORED_DIRECTORIES or name.startswith(".") or name.endswith(IGNORED_SUFFIXES)
        for name in names
    )


def source_files(tree: SourceTree) -> Iterator[tuple[Path, os.stat_result]]:
    """The source files, links not followed, at most `MOST_FILES`; order is not defined."""
    return islice(_found_files(tree), MOST_FILES)


def _found_roots(tree: SourceTree) -> Iterator[tuple[Path, os.stat_result]]:
    for root in tree.roots:
        try:
            yield root, root.stat()
        except OSError:
            continue


def _found_files(tree: SourceTree) -> Iterator[tuple[Path, os.stat_result]]:
    for root, status in _found_roots(tree):
        if stat.S_ISREG(status.st_mode):
            yield root, status
    for entry in _entries(tree):
        if entry.is_dir(follow_symlinks=False):
            continue
        try:
            status = entry.stat()
        except OSError:
            continue
        yield Path(entry.path), status


def source_directories(tree: SourceTree) -> set[Path]:
    """The directories to watch: the roots that exist and the source directories below them.

    Of a root that is a file it is the one that holds it.
    """
    below = {Path(entry.path) for entry in _entries(tree) if entry.is_dir(follow_symlinks=False)}
    for root, status in _found_roots(tree):
        below.add(root if stat.S_ISDIR(status.st_mode) else root.parent)
    return below


def tree_stamp(tree: SourceTree) -> Stamp | None:
    """A stamp of all sources, without reading them; None when there are none."""
    files = sorted(
        (str(path), status.st_size, status.st_mtime_ns, status.st_ino)
        for path, status in source_files(tree)
    )
    return Stamp(identity=tree.component, version=tuple(files)) if files else None


def read_sources(tree: SourceTree) -> dict[str, str]:
    """SHA-256 of every source file that can be read, by absolute path."""
    digests = {}
    for path, _ in source_files(tree):
        try:
            digests[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError:
            continue
    return digests


def tree_digest(files: Mapping[str, str]) -> str:
    """One digest of all sources; it changes when any file is added, removed or edited."""
    lines = "\n".join(f"{digest} {path}" for path, digest in sorted(files.items()))
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()


def _entries(tree: SourceTree) -> Iterator[os.DirEntry[str]]:
    waiting = [str(root) for root in reversed(tree.roots)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as found:
                entries = list(found)
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name in IGNORED_DIRECTORIES or entry.name.startswith("."):
                    continue
                waiting.append(entry.path)
                yield entry
            elif _is_source(entry):
                yield entry


def _is_source(entry: os.DirEntry[str]) -> bool:
    name = entry.name
    if name.startswith((".#", "#")) or name.endswith(IGNORED_SUFFIXES):
        return False
    try:
        return entry.is_file()
    except OSError:
        return False


class BuildTrigger:
    """Decides for one component when changed sources start a build. Pure; not thread-safe.

    Say `changed` when sources settled, `started` when a build begins for any reason and
    `finished` when it ends. A change during a build asks for a follow-up, at most
    `MOST_FOLLOW_UPS` in a row, so a build that changes its own sources ends after a few; the
    files that changed every time are then `generated` and start nothing more, until they change
    while no build runs.
    """

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = dict(files)
        self._building = False
        self._follow_ups = 0
        self._follow_up_asked = False
        self._every_time: set[str] = set()
        self.generated: frozenset[str] = frozenset()
        """Sources that builds write themselves, by what was seen."""

    def changed(self, files: Mapping[str, str]) -> bool:
        """Sources settled with these digests; True when a build is to start."""
        if self._building:
            return False
        differing = _differing(self._files, files)
        self._files = dict(files)
        self.generated -= differing
        return bool(differing)

    def started(self, files: Mapping[str, str]) -> None:
        """A build begins on these sources."""
        self._building = True
        self._files = dict(files)
        if not self._follow_up_asked:
            self._follow_ups = 0
        self._follow_up_asked = False

    def finished(self, files: Mapping[str, str]) -> bool:
        """The build ended and left these sources; True when a follow-up is to start."""
        self._building = False
        differing = _differing(self._files, files) - self.generated
        self._files = dict(files)
        self._every_time = differing & self._every_time if self._follow_ups else differing
        if not differing:
            self._follow_ups = 0
            return False
        if self._follow_ups >= MOST_FOLLOW_UPS:
            self._follow_ups = 0
            self.generated |= self._every_time
            return False
        self._follow_ups += 1
        self._follow_up_asked = True
        return True


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
