"""Reads a settings file of the workbench into a dataclass, with the reader of manifests."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from runtime.flow.manifest.problems import Problems, diagnostic
from runtime.flow.manifest.shape import Shape
from runtime.flow.manifest.source_text import (
    MAX_MANIFEST_BYTES,
    SourceText,
    TextError,
    dotted,
    read_bytes,
)
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError

T = TypeVar("T")


def read_settings(path: Path, shape: Shape[T]) -> tuple[T, Problems] | None:
    """What the file says, and what is wrong with it so far; None when there is no file.

    Raises `StudioError` when it cannot be read, or is no TOML.
    """
    try:
        data = read_bytes(path, MAX_MANIFEST_BYTES)
        if data is None:
            raise StudioError([_unreadable(path, "it is too large")])
        source = SourceText.decode(data)
        values = source.parse()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StudioError([_unreadable(path, error.strerror or str(error))]) from None
    except TextError as fault:
        what = (Severity.ERROR, Code.SYNTAX, fault.message, fault.hint)
        place = diagnostic(*what, str(path), fault.position, dotted(fault.path))
        raise StudioError([place]) from None
    problems = Problems(str(path), source)
    return shape.read(values, (), problems) or shape.of(), problems


def _unreadable(path: Path, reason: str) -> Diagnostic:
    return diagnostic(
        Severity.ERROR,
        Code.IO,
        f"the workbench's settings cannot be read: {reason}",
        "make it a file that you may read, or remove it",
        str(path),
    )
