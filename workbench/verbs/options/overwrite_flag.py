"""`--overwrite`, of every verb that writes a file it is given the name of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

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
