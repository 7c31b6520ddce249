"""Payloads kept in files: any file, and those saved with the project by name.

A saved one is a typed element as `torvyn-studio try --elements` reads it: one JSON object with
`text` or `base64`, and `content_type`.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from pathlib import Path
from typing import NamedTuple

from runtime.model.files.user_folders import typed_path
from workbench.payloads.limits import EDIT_BYTES
from workbench.text.figures import size

FOLDER = Path(".torvyn") / "studio" / "elements"
"""Of the project's folder."""
_SUFFIX = ".json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class KeptPayload(NamedTuple):
    """What a file holds."""

    data: bytes
    content_type: str | None
    """None where the file does not say."""


def saved_names(project: Path) -> list[str]:
    """Names of the payloads that are saved with a project."""
    try:
        return sorted(path.stem for path in (project / FOLDER).glob(f"*{_SUFFIX}"))
    except OSError:
        return []


def is_name(text: str) -> bool:
    """Whether a payload can be saved under it."""
    return _NAME.fullmatch(text) is not None


def save(project: Path, name: str, data: bytes, content_type: str) -> Path:
    """Save a payload under a name; one of that name is replaced. Raises `OSError`."""
    path = project / FOLDER / f"{name}{_SUFFIX}"
    try:
        fields: dict[str, str] = {"text": data.decode("utf-8")}
    except UnicodeDecodeError:
        fields = {"base64": base64.b64encode(data).decode("ascii")}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(fields | {"content_type": content_type}) + "\n", "utf-8")
    return path


def load(project: Path | None, text: str) -> KeptPayload:
    """A saved payload by its name, else what a file holds.

    Raises:
        ValueError: there is none, or it cannot be edited; the text says why.
    """
    if project is not None and text in saved_names(project):
        return _saved(project / FOLDER / f"{text}{_SUFFIX}")
    path = typed_path(text)
    return KeptPayload(_read(path), None)


def _saved(path: Path) -> KeptPayload:
    try:
        fields = json.loads(_read(path, EDIT_BYTES * 8))
        if "text" in fields:
            data = str(fields["text"]).encode("utf-8", "surrogatepass")
        else:
            data = base64.b64decode(fields.get("base64", ""), validate=True)
        return KeptPayload(data, str(fields.get("content_type", "")))
    except (ValueError, TypeError, AttributeError, binascii.Error, RecursionError):
        raise ValueError(f"{path} is no saved element") from None


def _read(path: Path, most: int = EDIT_BYTES) -> bytes:
    try:
        if not path.is_file():
            raise ValueError(f"there is no file {path}, and none is saved under that name")
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > most:
        raise ValueError(f"{path} has more than {size(most)}")
    return data
