"""Recordings that are tests, found in folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from runtime.headless.golden.assertions import SUFFIX
from runtime.headless.golden.golden_test import GoldenTest
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError

RECORDING_SUFFIX = ".rec"


def find_tests(paths: Iterable[Path], like: GoldenTest) -> list[GoldenTest]:
    """A test for each recording that is named, or stands in a folder that is; sorted, each once.

    A file of assertions next to a recording belongs to it. All else is as in `like`.

    Raises:
        StudioError: a path is not there, or there is no recording at all (E0700); a folder cannot
            be read (E0001).
    """
    paths = tuple(paths)
    problems: list[Diagnostic] = []
    found: dict[str, Path] = {}
    for path in paths:
        if not path.exists():
            problems.append(_missing(path))
        for file in sorted(_recordings(path, problems)):
            found.setdefault(os.path.realpath(file), file)
    if problems:
        raise StudioError(problems)
    if not found:
        raise StudioError([_none(paths)])
    return [_test(file, like) for file in sorted(found.values())]


def _recordings(path: Path, problems: list[Diagnostic]) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return

    def unreadable(error: OSError) -> None:
        problems.append(_unreadable(error))

    for folder, folders, files in os.walk(path, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in files if name.endswith(RECORDING_SUFFIX))


def _test(file: Path, like: GoldenTest) -> GoldenTest:
    assertions = like.assertions
    own = file.with_suffix(SUFFIX)
    if assertions is None and own.is_file():
        assertions = str(own)
    return msgspec.structs.replace(like, recording=str(file), name=str(file), assertions=assertions)


def _missing(path: Path) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.FILE_NOT_FOUND,
        "there is no such recording or folder",
        "Name a recording, or a folder with recordings in it.",
        file=str(path),
    )


def _unreadable(error: OSError) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.IO,
        f"the folder cannot be read: {error.strerror}",
        "Make it readable, or name the folders and recordings to test.",
        file=str(error.filename),
    )


def _none(paths: tuple[Path, ...]) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.FILE_NOT_FOUND,
        f"there is no recording (*{RECORDING_SUFFIX}) in {', '.join(map(str, paths))}",
        "Make one with `torvyn-studio record`.",
    )
