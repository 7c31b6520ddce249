"""Looking at watched files and source trees, and reading what has settled. No thread of its own."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity
from runtime.model.files.input_file import MOST_BYTES, read_bounded
from runtime.watch.file_changes import (
    FileArriving,
    FileBack,
    FileGone,
    FileKind,
    FileUnreadable,
    SettledFile,
    SourcesChanged,
    WatchedFile,
    WatchEvent,
)
from runtime.watch.paths import directories_for, look_at
from runtime.watch.settle import MS, QUIET_NS, Settler, SettleVerdict
from runtime.watch.sources import (
    SourceTree,
    read_sources,
    source_directories,
    tree_digest,
    tree_stamp,
)
from runtime.watch.wasm_frame import Layer, is_finished, layer_of

MANIFEST_QUIET_NS = 50 * MS
"""Quiet time of the manifest: saving it re-checks within 200 ms, and editors write it at once."""


MOST_ARRIVING_BYTES = 4 * 1024 * 1024
"""Larger files are not read before they settle."""

_QUIET = {FileKind.ARTIFACT: QUIET_NS, FileKind.MANIFEST: MANIFEST_QUIET_NS}


class FileScan:
    """The watched files. Used by one thread."""

    def __init__(self) -> None:
        self._files: dict[Path, WatchedFile] = {}
        self._settler: Settler[Path] = Settler()

    def replace(self, files: Iterable[WatchedFile]) -> None:
        """Watch these and no others; what is known of those that stay is kept."""
        wanted = {file.path: file for file in files}
        for path in self._files.keys() - wanted.keys():
            self._settler.forget(path)
        for path in wanted.keys() - self._files.keys():
            file = wanted[path]
            self._settler.watch(path, file.known, _QUIET[file.kind])
        self._files = wanted

    def know(self, path: Path, digest: str | None) -> None:
        """The caller holds this content of the path; None: whatever it holds next is news."""
        if path in self._files:
            self._settler.know(path, digest)

    def directories(self) -> set[Path]:
        """Directories in which changes show."""
        return {where for path in self._files for where in directories_for(path)}

    def look(self) -> None:
        """Look at every file."""
        for path in self._files:
            now = time.monotonic_ns()
            seen = look_at(path, time.time_ns())
            if seen is None:
                self._settler.observe(path, None, now)
            else:
                self._settler.observe(path, seen.stamp, now, seen.age_ns)

    def wait_ns(self) -> int | None:
        """Nanoseconds until the next look is worth while; None when only a change makes it so."""
        return self._settler.wait_ns(time.monotonic_ns())

    def collect(self) -> Iterator[WatchEvent]:
        """What is arriving, has settled or gone since; reads what is due."""
        for path in self._settler.fresh():
            arriving = self._glance(self._files[path])
            if arriving is not None:
                yield arriving
        for path in self._settler.due(time.monotonic_ns()):
            event = self._read(self._files[path])
            if event is not None:
                yield event
        for path in self._settler.gone(time.monotonic_ns()):
            yield FileGone(path, self._files[path].kind)

    @staticmethod
    def _glance(file: WatchedFile) -> FileArriving | None:
        if file.kind is not FileKind.ARTIFACT:
            return None
        try:
            if file.path.stat().st_size > MOST_ARRIVING_BYTES:
                return None
            data = read_bounded(file.path)
        except OSError:
            return None
        whole = layer_of(data) is Layer.COMPONENT and is_finished(data)
        return FileArriving(file.path, data) if whole else None

    def _read(self, file: WatchedFile) -> WatchEvent | None:
        path, kind = file.path, file.kind
        try:
            size = path.stat().st_size
            if size > MOST_BYTES:
                return self._unreadable(file, f"it has {size:,} bytes, {MOST_BYTES:,} at most")
            data = read_bounded(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            return self._unreadable(file, error.strerror or str(error))
        digest = hashlib.sha256(data).hexdigest()
        finished = kind is not FileKind.ARTIFACT or is_finished(data)
        after = look_at(path, time.time_ns())
        now = time.monotonic_ns()
        stamp = after.stamp if after is not None else None
        verdict = self._settler.accept(path, stamp, digest, now, finished)
        if verdict is SettleVerdict.BACK:
            return FileBack(path, kind, digest)
        if verdict is not SettleVerdict.NEW or after is None:
            return None
        written = self._settler.changed_ns(path)
        return SettledFile(path, kind, digest, len(data), data, after.mtime_ns, written, now)

    def _unreadable(self, file: WatchedFile, why: str) -> FileUnreadable:
        self._settler.give_up(file.path)
        problem = Diagnostic(
            Severity.ERROR,
            Code.IO,
            f"cannot read the {file.kind.value}: {why}",
            "Make the file readable; it is read again when it changes.",
            file=str(file.path),
        )
        return FileUnreadable(file.path, file.kind, problem)


class TreeScan:
    """The source trees. Used by one thread."""

    def __init__(self) -> None:
        self._trees: dict[str, SourceTree] = {}
        self._settler: Settler[str] = Settler()
        self._directories: dict[str, set[Path]] = {}

    def replace(self, trees: Iterable[SourceTree]) -> None:
        """Watch these and no others.

        A component that is new is compared with what its tree holds here; one whose roots changed
        with what was told of it last, so that no edit made meanwhile is lost.
        """
        wanted = {tree.component: tree for tree in trees}
        known, self._trees = self._trees, wanted
        for name in known.keys() - wanted.keys():
            self._settler.forget(name)
            self._directories.pop(name, None)
        for name, tree in wanted.items():
            if name not in known:
                self._settler.watch(name, tree_digest(read_sources(tree)))
            if known.get(name) != tree:
                self._directories[name] = source_directories(tree)

    def directories(self) -> set[Path]:
        """Directories in which changes show, as of the last look; nearest ones for lost roots."""
        found = {where for directories in self._directories.values() for where in directories}
        for tree in self._trees.values():
            for root in tree.roots:
                found |= directories_for(root)
        return found

    def touched_by(self, paths: Iterable[str]) -> list[str]:
        """Components whose tree holds one of these paths."""
        changed = [Path(path) for path in paths]
        return [
            name
            for name, tree in self._trees.items()
            if any(path.is_relative_to(root) for path in changed for root in tree.roots)
        ]

    def look(self, components: Iterable[str] | None = None) -> None:
        """Look at the trees of these components, or at all."""
        for name in list(self._trees) if components is None else components:
            tree = self._trees[name]
            self._directories[name] = source_directories(tree)
            self._settler.observe(name, tree_stamp(tree), time.monotonic_ns())

    def wait_ns(self) -> int | None:
        """Nanoseconds until the next look is worth while; None when only a change makes it so."""
        return self._settler.wait_ns(time.monotonic_ns())

    def collect(self) -> Iterator[WatchEvent]:
        """Trees that have settled with other contents; looks at them again, then reads them."""
        self.look(self._settler.due(time.monotonic_ns()))
        for name in self._settler.due(time.monotonic_ns()):
            tree = self._trees[name]
            files = read_sources(tree)
            digest = tree_digest(files)
            verdict = self._settler.accept(name, tree_stamp(tree), digest, time.monotonic_ns())
            if verdict in (SettleVerdict.NEW, SettleVerdict.BACK):
                yield SourcesChanged(name, digest, files)
        # An emptied tree has nothing to build; it is news again when files come back.
        self._settler.gone(time.monotonic_ns())
