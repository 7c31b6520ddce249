"""Writing a payload to a file: all of it, and never over another one."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.payloads.viewer import PayloadPart

SUFFIXES = {
    "tree": ".json",
    "formatted": ".json",
    "raw": ".txt",
    "table": ".csv",
    "image": "",
    "hex": ".bin",
}
"""How a file is called, by the viewer that shows a payload first."""


def suggested_name(source: str, sequence: int, part: PayloadPart, viewer: str) -> str:
    """`source-218.json`: a file name that says what it is."""
    kind = part.media_type
    suffix = SUFFIXES.get(viewer, ".bin")
    if viewer == "image":
        suffix = "." + (kind.rpartition("/")[2] if kind.startswith("image/") else "img")
    elif viewer == "table" and part.latin.lstrip()[:1] == "{":
        suffix = ".ndjson"
    safe = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in source) or "payload"
    plain = "".join(sign for sign in suffix if sign.isalnum() or sign == ".")
    return f"{safe}-{sequence}{plain}"


def save_new(path: Path, data: bytes) -> str:
    """Write a new file; what went wrong, or "".

    One that is there is left as it is, also when it appears at this moment, and so is what a link
    leads to.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return f"{path} exists, and is not written over: give another name."
    except (OSError, ValueError) as error:
        return f"{path} cannot be written: {_reason(error)}."
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError as error:
        path.unlink(missing_ok=True)
        return f"{path} cannot be written: {_reason(error)}."
    return ""


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
