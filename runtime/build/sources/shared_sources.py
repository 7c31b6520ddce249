"""Sources outside a component's folder: what its crate, its C files and its command name there.

Only what is named counts, nothing is guessed, so the sources of other languages have to be named
in `build_command`. Files and manifests that cannot be read name nothing. Everything is bounded,
as components are somebody else's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runtime.build.plan import ComponentSource
from runtime.flow.cargo_folders import read_toml
from runtime.watch.sources import SourceTree, is_output, source_files

MOST_SHARED = 100
"""Files and folders outside one component's folder; the rest does not count."""

_MOST_CRATES = 200
"""Crates followed from one component's; depth is bounded with their number."""
_MOST_INCLUDING = 2_000
"""C files looked through for one component."""
_MOST_BYTES = 1024 * 1024
"""Of one file; a larger manifest names nothing, of a larger C file the beginning is read."""

_C_SUFFIXES = frozenset({".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".hh", ".inc"})
_INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.MULTILINE)
_OUTPUT_OPTIONS = frozenset({"-o", "--output", "--out", "--out-dir", "--target-dir", "-MF"})
"""What follows them is written by the command."""


def shared_sources(source: ComponentSource) -> tuple[Path, ...]:
    """Existing files and folders outside the component's that it is built from. Raises nothing.

    Path dependencies of its crate and of those crates, through the workspace as well
    (https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html); files that its C
    files include by relative path; what the arguments of `build_command` name in the project's
    folder. Links are followed; folders of outputs and caches never count.
    """
    shared = _Shared(source.directory)
    _add_crates(shared, source.directory)
    _add_includes(shared, source)
    _add_arguments(shared, source)
    return tuple(shared.paths)


class _Shared:
    """The paths found so far, none inside another that was found before."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.paths: list[Path] = []

    def add(self, path: Path) -> None:
        """Count a real path, unless it is held already, an output, or one too many."""
        held = (self._directory, *self.paths)
        if len(self.paths) >= MOST_SHARED or any(path.is_relative_to(root) for root in held):
            return
        # Folders above both may have any name; a project may lie in one named `target`.
        below = Path(os.path.relpath(path, self._directory)).parts
        if self.is_around(path) or is_output(part for part in below if part != os.pardir):
            return
        self.paths.append(path)

    def is_around(self, path: Path) -> bool:
        """Whether the component lies in this folder, and others with it."""
        return self._directory.is_relative_to(path)


def _add_crates(shared: _Shared, directory: Path) -> None:
    waiting, seen = [directory], {directory}
    while waiting:
        for path in _named_by_crate(waiting.pop(0)):
            if path.is_file():
                shared.add(path)
                continue
            if path in seen or len(seen) >= _MOST_CRATES:
                continue
            seen.add(path)
            waiting.append(path)
            # A crate around the component's holds other components too.
            own = ("Cargo.toml", "build.rs", "src") if shared.is_around(path) else ("",)
            for name in own:
                part = _existing(path / name)
                if part is not None:
                    shared.add(part)


def _named_by_crate(crate: Path) -> Iterator[Path]:
    """Folders of the crates it depends on by path, and the workspace's manifest that says so."""
    workspace: Path | None = None
    for name, dependency in _dependencies(_manifest(crate)):
        base = crate
        if dependency.get("workspace") is True:
            workspace = workspace or _workspace(crate)
            if workspace is None:
                continue
            base = workspace
            inherited = _table(_table(_manifest(base), "workspace"), "dependencies")
            dependency = _table(inherited, name)
        path = dependency.get("path")
        folder = _existing(base / path) if isinstance(path, str) else None
        if folder is not None and _existing(folder / "Cargo.toml") is not None:
            yield folder
    if workspace is not None:
        file = _existing(workspace / "Cargo.toml")
        if file is not None:
            yield file


def _dependencies(manifest: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Those of a build, of every target; those of tests are not built."""
    targets = _table(manifest, "target")
    for holder in (manifest, *(_table(targets, target) for target in targets)):
        for kind in ("dependencies", "build-dependencies"):
            named = _table(holder, kind)
            for name in named:
                yield name, _table(named, name)


def _workspace(crate: Path) -> Path | None:
    """The folder of the workspace that the crate belongs to."""
    named = _table(_manifest(crate), "package").get("workspace")
    if isinstance(named, str):
        return _existing(crate / named)
    folders = (crate, *crate.parents)
    return next((folder for folder in folders if "workspace" in _manifest(folder)), None)


def _add_includes(shared: _Shared, source: ComponentSource) -> None:
    own = SourceTree(source.name, (source.directory,))
    waiting = [path for path, _ in source_files(own) if path.suffix in _C_SUFFIXES]
    waiting = sorted(waiting)[:_MOST_INCLUDING]
    seen = set(waiting)
    while waiting:
        including = waiting.pop(0)
        for name in _included(including):
            path = _existing(including.parent / name)
            if path is None or path in seen or not path.is_file():
                continue
            shared.add(path)
            if len(seen) < _MOST_INCLUDING:
                seen.add(path)
                waiting.append(path)


def _included(path: Path) -> list[str]:
    try:
        with path.open("rb") as stream:
            names = _INCLUDE.findall(stream.read(_MOST_BYTES))
    except OSError:
        return []
    return [os.fsdecode(name) for name in names if not name.startswith(b"/")]


def _add_arguments(shared: _Shared, source: ComponentSource) -> None:
    project = _existing(source.manifest.parent)
    manifest = _existing(source.manifest)
    words = (source.build_command or "").split()
    for before, word in zip(["", *words], words, strict=False):
        option, equals, value = word.partition("=")
        if before in _OUTPUT_OPTIONS or (equals and option in _OUTPUT_OPTIONS):
            continue
        named = value if equals else word.removeprefix("-I")
        path = _existing(source.directory / named) if named else None
        if path is None or project is None or path == manifest:
            continue
        if path.is_relative_to(project):
            shared.add(path)


def _existing(path: Path) -> Path | None:
    """The file or folder with all links followed, when it may be read; no devices and pipes."""
    try:
        real = Path(os.path.realpath(path))
        mode = os.R_OK | os.X_OK if real.is_dir() else os.R_OK
        return real if (real.is_dir() or real.is_file()) and os.access(real, mode) else None
    except (OSError, ValueError):
        return None


def _manifest(crate: Path) -> Mapping[str, Any]:
    path = crate / "Cargo.toml"
    try:
        whole = path.is_file() and path.stat().st_size <= _MOST_BYTES
    except OSError:
        return {}
    return read_toml(path) if whole else {}


def _table(holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = holder.get(key)
    return value if isinstance(value, dict) else {}
