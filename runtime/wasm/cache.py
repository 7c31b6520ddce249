"""Compiled code kept between runs, in a folder that only the user can write to.

Deserialising a file runs its native code later, so the folder is the user's own cache and
never the project's. wasmtime checks the version of such a file but not its content, so
each file's name carries the SHA-256 of what it holds, and a file that does not match is
thrown away.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

_SUFFIX = ".cwasm"
_MAX_FILES = 128
_MAX_BYTES = 1024 * 1024 * 1024


class CodeCache:
    """A folder of compiled components."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, key: str) -> Path | None:
        """The file kept for `key`, checked against its own digest; None when there is none."""
        if not self._is_private():
            return None
        for path in sorted(self._folder.glob(f"{key}.*{_SUFFIX}")):
            wanted = path.name.removesuffix(_SUFFIX).rpartition(".")[2]
            try:
                found = hashlib.sha256(path.read_bytes()).hexdigest()
                if found == wanted:
                    os.utime(path)
                    return path
                path.unlink()
            except OSError:
                continue
        return None

    def discard(self, path: Path) -> None:
        """Throw a file away that wasmtime did not accept."""
        with contextlib.suppress(OSError):
            path.unlink()

    def keep(self, key: str, code: bytes) -> None:
        """Keep `code` for `key`. A cache that cannot be written is not an error."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._is_private():
                return
            name = f"{key}.{hashlib.sha256(code).hexdigest()}{_SUFFIX}"
            handle, temporary = tempfile.mkstemp(dir=self._folder, suffix=".tmp")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(code)
                Path(temporary).replace(self._folder / name)
            except OSError:
                Path(temporary).unlink(missing_ok=True)
                raise
            self._prune()

    def _is_private(self) -> bool:
        """True when the folder is the user's own; others lose their access to it."""
        try:
            status = self._folder.stat()
            if hasattr(os, "getuid") and status.st_uid != os.getuid():
                return False
            if status.st_mode & 0o077:
                self._folder.chmod(0o700)
        except OSError:
            return False
        return True

    def _prune(self) -> None:
        """Drop the files used longest ago when there are too many, or too much."""
        files = [(path.stat(), path) for path in self._folder.glob(f"*{_SUFFIX}")]
        files.sort(key=lambda item: item[0].st_mtime_ns, reverse=True)
        size = 0
        for position, (status, path) in enumerate(files):
            size += status.st_size
            if position >= _MAX_FILES or (size > _MAX_BYTES and position > 0):
                path.unlink(missing_ok=True)
