"""Opens a line of a file in the user's editor."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.files.temporary_folder import temporary_folder
from runtime.model.lazy.dataclass import dataclass

_FALLBACKS = ("vi", "nano")

_PLUS_LINE = frozenset({"vi", "vim", "nvim", "view", "nano", "pico", "mg", "ne", "joe", "jed"})
_PLUS_LINE_COLUMN = frozenset({"emacs", "emacsclient", "kak", "micro"})
_COLON = frozenset({"hx", "helix", "zed", "zeditor", "subl", "sublime_text", "mate"})
_GOTO = frozenset({"code", "code-insiders", "codium", "cursor", "windsurf"})
_LINE_OPTION = frozenset({"idea", "pycharm", "clion", "rustrover", "goland", "kate"})
_WINDOWED = frozenset(_GOTO | _LINE_OPTION | {"zed", "zeditor", "subl", "sublime_text", "mate"})


@dataclass(frozen=True, slots=True)
class EditorCommand:
    """How to open a file."""

    argv: tuple[str, ...]
    terminal: bool
    """True when the editor takes the terminal, so the screen has to step aside."""


def editor_command(
    path: str,
    line: int | None = None,
    column: int | None = None,
    environ: Mapping[str, str] | None = None,
) -> EditorCommand | Diagnostic:
    """The command that opens `path` at a line, both counted from 1.

    Taken from $VISUAL, else $EDITOR, else the first of vi and nano there is. An editor that
    is not known opens the file without a line. Raises nothing.
    """
    given = os.environ if environ is None else environ
    wanted = given.get("VISUAL") or given.get("EDITOR") or ""
    search = given.get("PATH", os.defpath)
    try:
        words = shlex.split(wanted)
    except ValueError:
        return _problem(f"$EDITOR cannot be understood: {wanted}")
    if not words:
        words = [name for name in _FALLBACKS if shutil.which(name, path=search)][:1]
    if not words:
        return _problem("no editor is set, and neither vi nor nano is installed")
    if shutil.which(words[0], path=search) is None:
        return _problem(f"the editor `{words[0]}` is not installed")
    name = Path(words[0]).stem
    place = _place(name, os.path.abspath(path), line, column)  # noqa: PTH100
    return EditorCommand((*words, *place), terminal=name not in _WINDOWED)


def _place(name: str, path: str, line: int | None, column: int | None) -> tuple[str, ...]:
    if line is None:
        return (path,)
    with_column = f"{line}:{column}" if column else f"{line}"
    if name in _PLUS_LINE:
        return (f"+{line}", path)
    if name in _PLUS_LINE_COLUMN:
        return (f"+{with_column}", path)
    if name in _COLON:
        return (f"{path}:{with_column}",)
    if name in _GOTO:
        return ("-g", f"{path}:{with_column}")
    if name in _LINE_OPTION:
        return ("--line", str(line), path)
    return (path,)


def _problem(message: str) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.TOOLCHAIN_MISSING,
        message,
        'Set the environment variable EDITOR, e.g. EDITOR="vim" or EDITOR="code --wait".',
    )


def open_in_editor(app: App[Any], problem: Diagnostic) -> str:
    """Open the editor; what to tell the user when that is not possible, else nothing.

    An editor of the terminal gets it until it ends; one with a window runs next to the workbench.
    """
    if problem.file is None or problem.line is None:
        return "This problem has no line to go to."
    command = editor_command(problem.file, problem.line, problem.column)
    if isinstance(command, Diagnostic):
        return f"{command.message}. {command.help}"
    try:
        if command.terminal:
            with app.suspend():
                subprocess.run(command.argv, check=False)
        else:
            _run_windowed(command.argv)
    except SuspendNotSupported:
        return "This terminal cannot be left to an editor."
    except OSError as error:
        return f"{command.argv[0]} could not be started: {error.strerror}."
    return ""


def edit_bytes(app: App[Any], data: bytes, suffix: str) -> bytes | str:
    """What the user's editor makes of a payload; or, as text, why that is not possible.

    Only an editor of the terminal can be waited for.
    """
    try:
        with temporary_folder() as folder:
            path = folder / f"payload{suffix}"
            path.write_bytes(data)
            return _edited(app, path)
    except StudioError as error:
        problem = error.diagnostics[0]
        return f"{problem.message}. {problem.help}"
    except OSError as error:
        return f"The payload cannot be put into a file: {error.strerror}."


def _edited(app: App[Any], path: Path) -> bytes | str:
    command = editor_command(str(path), 1)
    if isinstance(command, Diagnostic):
        return f"{command.message}. {command.help}"
    if not command.terminal:
        return f"{command.argv[0]} has a window of its own: set EDITOR to one of the terminal."
    try:
        with app.suspend():
            ended = subprocess.run(command.argv, check=False)
        if ended.returncode:
            return f"{command.argv[0]} ended with exit code {ended.returncode}."
        return path.read_bytes()
    except SuspendNotSupported:
        return "This terminal cannot be left to an editor."
    except OSError as error:
        return f"{command.argv[0]} could not be used: {error.strerror}."


def _run_windowed(argv: tuple[str, ...]) -> None:
    none = subprocess.DEVNULL
    process = subprocess.Popen(argv, stdin=none, stdout=none, stderr=none, start_new_session=True)
    threading.Thread(target=process.wait, name="editor", daemon=True).start()
