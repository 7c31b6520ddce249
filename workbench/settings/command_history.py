"""Commands that were typed, kept for the next session in the user's state folder."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from runtime.model.files.replaced_file import replace_file
from runtime.model.files.user_folders import user_folder

FILE_NAME = "commands.json"

MOST_KEPT = 200
"""Commands kept; the oldest go first."""

LONGEST = 500
"""Characters of a command that is kept."""


class KeptCommand(NamedTuple):
    """A line, and when it was typed last."""

    at: float
    """Seconds since the Unix epoch."""
    text: str


class CommandHistory:
    """Lines as they were typed, and nothing else; one that begins with a blank is not kept.

    Other sessions write the same file: it is read again before each change, and replaced at once.
    Only the user can read it.
    """

    def __init__(self) -> None:
        self._kept: list[KeptCommand] | None = None

    @property
    def kept(self) -> list[KeptCommand]:
        """The newest last; read when they are asked for first."""
        if self._kept is None:
            self._kept = _read()
        return self._kept

    def add(self, line: str) -> None:
        """Keep a line; a folder that cannot be written is no reason to stop."""
        text = line.strip()
        if not text or line[0].isspace() or len(text) > LONGEST:
            return
        others = [one for one in _read() or self.kept if one.text != text]
        self._kept = [*others, KeptCommand(time.time(), text)][-MOST_KEPT:]
        with suppress(OSError):
            _write(json.dumps(self._kept))


def _file() -> Path:
    return user_folder("state") / FILE_NAME


def _read() -> list[KeptCommand]:
    """What is kept; nothing when there is no file, or when it is no longer what was written."""
    try:
        read = json.loads(_file().read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    kept = []
    for one in read if isinstance(read, list) else ():
        match one:
            case [int() | float() as at, str() as text] if 0 < len(text) <= LONGEST:
                if text.isprintable():
                    kept.append(KeptCommand(float(at), text))
    return kept[-MOST_KEPT:]


def _write(text: str) -> None:
    path = _file()
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, text.encode(), private=True)
