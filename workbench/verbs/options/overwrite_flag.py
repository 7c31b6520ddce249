"""`--overwrite`, of every verb that writes a file it is given the name of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from workbench.verbs.options.arguments import DEFAULT_MANIFEST

_Command = TypeVar("_Command", bound=Callable[..., Any])


def overwrite_option(function: _Command) -> _Command:
    """Gives a command the flag `--overwrite`."""
    return click.option(
        "--overwrite", is_flag=True, help="Replace a file that exists and is to be written."
    )(function)


def require_file(needed: str, *files: Path | None) -> None:
    """Raises `click.UsageError` where `--overwrite` was given without a file to replace."""
    if not any(files):
        raise click.UsageError(f"--overwrite needs {needed}")


def require_unread(written: Iterable[Path | None], read: Iterable[Path | str | None]) -> None:
    """Raises `click.UsageError` where a file to be written is one of those that are read.

    Also by another name: a link. Words of the form `[SOURCE=]FILE` count as the file, and a
    folder as the manifest in it; ./Torvyn.toml is always one of them.
    """
    words = [str(word) for word in (DEFAULT_MANIFEST, *read) if word]
    names = [name for word in words for name in (word, word.partition("=")[2])]
    paths = [Path(name, *inside) for name in names if name for inside in ((), (DEFAULT_MANIFEST,))]
    for goal in written:
        for path in paths:
            if goal is not None and _is_same(goal, path):
                raise click.UsageError(
                    f"{goal} is read here, and would be lost: write another file"
                )


def _is_same(goal: Path, path: Path) -> bool:
    try:
        return goal.is_file() and goal.samefile(path)
    except (OSError, ValueError):
        return False
