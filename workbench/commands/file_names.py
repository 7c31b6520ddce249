"""Files as commands name them: looked up, and completed while they are typed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from runtime.model.files.project_files import STUDIO_FOLDER
from runtime.model.files.user_folders import typed_path
from workbench.commands.command import CommandTarget

MOST_LOOKED_AT = 2_000
"""Entries of a folder; a longer one is not read further for a key that was pressed."""

RECORDING = ".rec"
MANIFEST = ".toml"


def file_named(target: CommandTarget, text: str) -> Path:
    """The file that is meant: `~` is the home folder, and other names begin at `target.folder`."""
    return target.folder / typed_path(text)


def recordings(target: CommandTarget, text: str) -> list[str]:
    """What may become of a text that names a recording; the project's own ones come first."""
    return _paths(target, text, (RECORDING,))


def recordings_and_manifests(target: CommandTarget, text: str) -> list[str]:
    """What may become of a text that names a recording or a manifest."""
    return _paths(target, text, (RECORDING, MANIFEST))


def _paths(target: CommandTarget, text: str, suffixes: tuple[str, ...]) -> list[str]:
    low = text.lower()
    kept = target.folder / STUDIO_FOLDER
    own = (f"{STUDIO_FOLDER / name}" for name in _entries(kept) if name.endswith(RECORDING))
    head, slash, begun = text.rpartition("/")
    typed = _fitting(file_named(target, head + slash), begun, suffixes)
    found = [*(name for name in own if low in name.lower()), *(head + slash + one for one in typed)]
    return list(dict.fromkeys(found))


def _fitting(folder: Path, begun: str, suffixes: tuple[str, ...]) -> Iterator[str]:
    """Entries that begin like that: files with one of the suffixes, then folders with a slash."""
    names = [name for name in _entries(folder) if name.lower().startswith(begun.lower())]
    seen = [name for name in names if begun.startswith(".") or not name.startswith(".")]
    yield from (name for name in seen if name.lower().endswith(suffixes))
    yield from (f"{name}/" for name in seen if (folder / name).is_dir())


def _entries(folder: Path) -> Iterable[str]:
    """Names in a folder, sorted; without those that a line of text cannot hold."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in islice(entries, MOST_LOOKED_AT)]
    except OSError:
        return ()
    return sorted(name for name in names if name.isprintable())
