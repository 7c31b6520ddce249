"""Opening a place in the user's editor."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

GOTO_EDITORS = ("code", "codium", "cursor", "subl", "zed")
"""Editors that take `file:line` rather than `+line file`."""


def editor_command(environment: Mapping[str, str], file: str, line: int | None) -> list[str] | None:
    """The command that opens `file` at `line`; None when no editor is set."""
    editor = environment.get("VISUAL") or environment.get("EDITOR")
    if not editor:
        return None
    command = shlex.split(editor)
    name = command[0].rpartition("/")[2]
    if name in GOTO_EDITORS:
        place = f"{file}:{line}" if line is not None else file
        return [*command, *(["-g"] if name in ("code", "codium", "cursor") else []), place]
    return [*command, *([f"+{line}"] if line is not None else []), file]
