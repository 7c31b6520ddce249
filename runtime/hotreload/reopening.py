"""Waits for a flow that could not be opened: a corrected manifest, or a first build."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from runtime.flow.manifest.manifest_file import load_manifest
from runtime.flow.resolve import BUILD_DIR
from runtime.model.errors import StudioError
from runtime.model.files.input_file import read_bounded
from runtime.watch.file_changes import FileKind, SettledFile, WatchedFile, WatchEvent
from runtime.watch.watcher import ArtifactWatcher


class Reopening:
    """Watches the manifest and the artifacts of its components; says when one changed."""

    def __init__(
        self, manifest: Path, changed: Callable[[], None], *, poll_only: bool = False
    ) -> None:
        """`changed` is called from another thread, once for each new content."""
        self._changed = changed
        self._watcher = ArtifactWatcher(_files(manifest), self._notify, poll_only=poll_only)
        self._watcher.start()

    def stop(self) -> None:
        """End watching. Idempotent."""
        self._watcher.stop()

    def _notify(self, event: WatchEvent) -> None:
        if isinstance(event, SettledFile):
            self._changed()


def _files(manifest: Path) -> list[WatchedFile]:
    try:
        components = load_manifest(manifest).manifest.component
    except StudioError:
        components = ()
    folder = manifest.parent / BUILD_DIR
    artifacts = [folder / f"{component.name}.wasm" for component in components]
    return [
        WatchedFile(manifest, FileKind.MANIFEST, known=_digest(manifest)),
        *(WatchedFile(path, known=_digest(path)) for path in artifacts),
    ]


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(read_bounded(path)).hexdigest()
    except OSError:
        return None
