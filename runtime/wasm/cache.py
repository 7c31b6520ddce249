"""Compiled code kept between runs, in a folder that only the user can write to.

Loading a file of compiled code runs it later, and wasmtime checks its version but not its
content. So the folder is the user's own cache and never the project's; each file must be the
user's own, and its name carries an authentication code (HMAC-SHA-256) of what it holds, made
with a key that lies next to it. What does not match is thrown away.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
import tempfile
from pathlib import Path

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity
from runtime.model.files.replaced_file import replace_file

_SUFFIX = ".cwasm"
_FUNCTIONS = ".functions"
_DESCRIPTION = ".description"
_KEY = "key"
_KEY_BYTES = 32
_MAX_FILES = 128
_MAX_BYTES = 1024 * 1024 * 1024
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class CodeCache:
    """A folder of compiled components."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._secret: bytes | None = None
        self.problem: Diagnostic | None = None
        """Why the folder is not used, when that is because of what it is."""

    def find(self, key: str) -> Path | None:
        """The file of code kept for `key`, checked; None when there is none.

        Nobody but the user can exchange it before it is loaded: see `_is_private`.
        """
        found = self._find(key, _SUFFIX)
        return None if found is None else found[0]

    def find_description(self, key: str) -> bytes | None:
        """What was kept with `keep_description`, checked; None when there is nothing."""
        found = self._find(key, _DESCRIPTION)
        return None if found is None else found[1]

    def discard(self, path: Path) -> None:
        """Throw a file away that wasmtime did not accept."""
        with contextlib.suppress(OSError):
            path.unlink()

    def keep(self, key: str, code: bytes) -> None:
        """Keep `code` for `key`. A cache that cannot be written is not an error."""
        self._keep(key, _SUFFIX, code)

    def keep_description(self, key: str, description: bytes) -> None:
        """Keep what was read from a component's bytes; it goes when its code does."""
        self._keep(key, _DESCRIPTION, description)

    def find_functions(self, key: str) -> bytes | None:
        """What was kept with `keep_functions`, checked; None when there is nothing."""
        found = self._find(key, _FUNCTIONS)
        return None if found is None else found[1]

    def keep_functions(self, key: str, functions: bytes) -> None:
        """Keep compiled functions that many components have, in place of earlier ones."""
        before = list(self._folder.glob(f"{key}.*{_FUNCTIONS}"))
        self._keep(key, _FUNCTIONS, functions)
        kept = set(self._folder.glob(f"{key}.*{_FUNCTIONS}")).difference(before)
        for path in before if kept else ():
            self.discard(path)

    def _find(self, key: str, suffix: str) -> tuple[Path, bytes] | None:
        secret = self._key() if self._is_private() else None
        if secret is None:
            return None
        for path in sorted(self._folder.glob(f"{key}.*{suffix}")):
            wanted = path.name.removesuffix(suffix).rpartition(".")[2]
            try:
                data = _read_own(path)
                if data is not None and hmac.compare_digest(_mac(secret, key, data), wanted):
                    os.utime(path)
                    return path, data
                path.unlink()
            except OSError:
                continue
        return None

    def _keep(self, key: str, suffix: str, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            secret = self._key() if self._is_private() else None
            if secret is None:
                return
            self._write(f"{key}.{_mac(secret, key, data)}{suffix}", data)
            if suffix != _DESCRIPTION:
                self._prune()

    def _is_private(self) -> bool:
        """True when only the user can have written here; others lose what else they may."""
        if self.problem is not None:
            return False
        try:
            status = self._folder.lstat()
        except OSError:
            return False
        reason = _why_not_own(status)
        if stat.S_ISLNK(status.st_mode):
            reason = "it is a link"
        elif not stat.S_ISDIR(status.st_mode):
            return False
        if reason is not None:
            self._refuse(str(self._folder), reason)
            return False
        if status.st_mode & _OTHERS:
            with contextlib.suppress(OSError):
                self._folder.chmod(0o700)
        return True

    def _key(self) -> bytes | None:
        """The key of this folder, made when there is none; None when it cannot be used."""
        if self._secret is not None:
            return self._secret
        path = self._folder / _KEY
        try:
            if not os.path.lexists(path):
                self._make_key(path)
            status = path.lstat()
            reason = _why_not_own(status)
            if stat.S_ISREG(status.st_mode) and status.st_mode & _OTHERS:
                reason = "others can read it"
            secret = None if reason is not None else _read_own(path)
        except OSError:
            return None
        if secret is None or len(secret) != _KEY_BYTES:
            self._refuse(str(path), reason or f"it is no file of {_KEY_BYTES} bytes")
            return None
        self._secret = secret
        return secret

    def _make_key(self, path: Path) -> None:
        """Two processes may do this at once: the first one's key stays, never a part of one."""
        handle, temporary = tempfile.mkstemp(dir=self._folder, suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)
        finally:
            Path(temporary).unlink()

    def _write(self, name: str, code: bytes) -> None:
        replace_file(self._folder / name, code, private=True)

    def _refuse(self, path: str, reason: str) -> None:
        self.problem = Diagnostic(
            Severity.WARNING,
            Code.IO,
            f"the cache of compiled code is not used: {reason}",
            "Remove it; it is made again, with access for you alone.",
            file=path,
        )

    def _prune(self) -> None:
        """Drop the files used longest ago when there are too many, or too much."""
        kept = (path for end in (_SUFFIX, _FUNCTIONS) for path in self._folder.glob(f"*{end}"))
        files = [(path.stat(), path) for path in kept]
        files.sort(key=lambda item: item[0].st_mtime_ns, reverse=True)
        size = 0
        for position, (status, path) in enumerate(files):
            size += status.st_size
            if position >= _MAX_FILES or (size > _MAX_BYTES and position > 0):
                path.unlink(missing_ok=True)
                for description in self._folder.glob(f"{path.name.split('.')[0]}.*{_DESCRIPTION}"):
                    description.unlink(missing_ok=True)


def _mac(secret: bytes, key: str, code: bytes) -> str:
    made = hmac.new(secret, key.encode() + b"\0", hashlib.sha256)
    made.update(code)
    return made.hexdigest()


def _why_not_own(status: os.stat_result) -> str | None:
    """Why others could have written it; None when they could not."""
    if hasattr(os, "getuid") and status.st_uid != os.getuid():
        return "it belongs to another user"
    return "others can write to it" if status.st_mode & _OTHERS_WRITE else None


def _read_own(path: Path) -> bytes | None:
    """The content of a plain file that only the user can write; None otherwise. Raises OSError."""
    if path.is_symlink():
        return None
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or _why_not_own(status) is not None:
            return None
        return file.read()
