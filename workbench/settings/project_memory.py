"""What is remembered of a project between two sessions, in the user's state folder."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from runtime.model.files.replaced_file import replace_file
from runtime.model.files.user_folders import user_folder

FILE_NAME = "projects.json"

MOST_PROJECTS = 200
"""Projects kept; the one that was used longest ago goes first."""


class ProjectMemory:
    """Sections of one project, each a JSON value; without a project nothing is kept.

    `project` is its manifest. Other sessions write the same file: it is read again before each
    change, and replaced at once.
    """

    def __init__(self, project: Path | None) -> None:
        self._project = None if project is None else str(project.absolute())

    def recall(self, section: str) -> object:
        """What was kept under that name; None when nothing was, or the file makes no sense."""
        return None if self._project is None else _read().get(self._project, {}).get(section)

    def keep(self, section: str, value: object) -> None:
        """Keep a JSON value; a folder that cannot be written is no reason to stop."""
        if self._project is None:
            return
        projects = _read()
        sections = projects.pop(self._project, {})
        projects[self._project] = {**sections, section: value}
        kept = dict(list(projects.items())[-MOST_PROJECTS:])
        with suppress(OSError):
            _write(json.dumps(kept, indent=1))


def _file() -> Path:
    return user_folder("state") / FILE_NAME


def _read() -> dict[str, dict[str, object]]:
    """All projects; empty when there is no file, or when it is no longer what was written."""
    try:
        read = json.loads(_file().read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(read, dict):
        return {}
    return {key: value for key, value in read.items() if isinstance(value, dict)}


def _write(text: str) -> None:
    path = _file()
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, text.encode())
