"""Opens the place of a problem in the user's editor."""

from __future__ import annotations

import subprocess
import threading
from typing import Any

from textual.app import App, SuspendNotSupported

from runtime.model.errors import Diagnostic
from workbench.terminal.editor import open_in_editor


def edit(app: App[Any], problem: Diagnostic) -> str:
    """Open the editor; what to tell the user when that is not possible, else nothing.

    An editor of the terminal gets it until it ends; one with a window runs beside.
    """
    if problem.file is None or problem.line is None:
        return "This problem has no line to go to."
    command = open_in_editor(problem.file, problem.line, problem.column)
    if isinstance(command, Diagnostic):
        return f"{command.message}. {command.help}"
    try:
        if command.terminal:
            with app.suspend():
                subprocess.run(command.argv, check=False)
        else:
            _run_beside(command.argv)
    except SuspendNotSupported:
        return "This terminal can not be left to an editor."
    except OSError as error:
        return f"{command.argv[0]} could not be started: {error.strerror}."
    return ""


def _run_beside(argv: tuple[str, ...]) -> None:
    none = subprocess.DEVNULL
    process = subprocess.Popen(argv, stdin=none, stdout=none, stderr=none, start_new_session=True)
    threading.Thread(target=process.wait, name="editor", daemon=True).start()
