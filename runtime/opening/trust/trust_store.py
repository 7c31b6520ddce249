"""The user's answers about projects, kept in the user's own state folder.

One file for each project, of mode 0600 in a folder of mode 0700. What others could have written,
or what is damaged, is not believed: the question is asked again, and why is said.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import msgspec

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity
from runtime.model.files.replaced_file import staged_file
from runtime.model.files.user_folders import user_folder

_FORMAT = 1
_MOST_BYTES = 1024 * 1024


class _Answer(msgspec.Struct, forbid_unknown_fields=True):
    yes: bool
    asked: list[str]
    """What was agreed to, for whoever reads the file."""


class _Answers(msgspec.Struct, forbid_unknown_fields=True):
    format: int
    project: str
    answers: dict[str, _Answer]
    """By the digest of what was asked for."""


class _NotBelievedError(Exception):
    """Why a file is not believed."""


def trust_folder() -> Path:
    """The user's folder of answers. Never in a project: it is about projects."""
    return user_folder("state") / "trust"


class TrustStore:
    """Finds and keeps answers about one project."""

    def __init__(self, project: str, folder: Path | None = None) -> None:
        self._project = project
        self._folder = folder or trust_folder()
        name = hashlib.sha256(os.fsencode(project)).hexdigest()[:32]
        self.path = self._folder / f"{name}.json"
        """The project's file; it need not exist."""
        self.problem: Diagnostic | None = None
        """Why the file was not believed, or not written, the last time."""

    def find(self, key: str) -> bool | None:
        """The answer; None when there is none that can be believed."""
        answer = self._read().answers.get(key)
        return None if answer is None else answer.yes

    def keep(self, key: str, yes: bool, asked: tuple[str, ...]) -> None:
        """Keep an answer; when it cannot be written, `problem` says so."""
        answers = self._read()
        answers.answers[key] = _Answer(yes, list(asked))
        try:
            self._write(msgspec.json.encode(answers))
        except OSError as error:
            why = error.strerror or str(error)
            self.problem = self._warning(
                f"your answer holds for this time only: {self.path} cannot be written: {why}",
                "Make the folder writable for you alone.",
            )

    def _read(self) -> _Answers:
        self.problem = None
        nothing = _Answers(_FORMAT, self._project, {})
        try:
            data = self._believable()
            found = msgspec.json.decode(data, type=_Answers)
        except FileNotFoundError:
            return nothing
        except _NotBelievedError as problem:
            self._distrust(str(problem))
        except OSError as error:
            self._distrust(f"it cannot be read: {error.strerror or error}")
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._distrust("it is damaged")
        else:
            if found.format == _FORMAT and found.project == self._project:
                return found
            self._distrust("it is of another release, or of another project")
        return nothing

    def _believable(self) -> bytes:
        """The file's bytes. Raises OSError and _NotBelievedError."""
        folder = self._folder.lstat()
        if not stat.S_ISDIR(folder.st_mode):
            raise _NotBelievedError("its folder is a link")
        _require_own(folder, "its folder")
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        if self.path.is_symlink():
            raise _NotBelievedError("it is a link")
        with open(os.open(self.path, flags), "rb") as file:  # noqa: PTH123
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise _NotBelievedError("it is no file")
            _require_own(status, "it")
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise _NotBelievedError("it is larger than any such file")
        return data

    def _write(self, data: bytes) -> None:
        """Write the file as a whole or not at all. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with staged_file(self.path, private=True) as staged, staged.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def _distrust(self, why: str) -> None:
        self.problem = self._warning(
            f"your answers about this project are not believed: {self.path}: {why}",
            "You are asked again; if it was not you, look at who can write there.",
        )

    @staticmethod
    def _warning(message: str, help_: str) -> Diagnostic:
        return Diagnostic(Severity.WARNING, Code.IO, message, help_)


def _require_own(status: os.stat_result, what: str) -> None:
    if hasattr(os, "getuid") and status.st_uid != os.getuid():
        raise _NotBelievedError(f"{what} belongs to another user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _NotBelievedError(f"others can write to {what}")
