"""JSON paths (RFC 9535), as redaction and ignore rules use them."""

from __future__ import annotations

from typing import Any

from jsonpath import JSONPath, JSONPathError, compile
from jsonpath.path import CompoundJSONPath

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError

Parts = tuple[int | str, ...]
"""A place in a JSON value: keys and indices from the root."""


def compile_path(text: str) -> JSONPath | CompoundJSONPath:
    """A path such as `$..password`.

    Raises:
        StudioError: it is no JSON path (E0703).
    """
    try:
        return compile(text, strict=True)
    except JSONPathError as error:
        raise StudioError(
            [
                Diagnostic(
                    Severity.ERROR,
                    Code.INVALID_VALUE,
                    f"{text!r} is no JSON path: {str(error).splitlines()[0]}",
                    "Write one as in RFC 9535, e.g. $.user.name, $.items[*].time or $..token.",
                )
            ]
        ) from error


def places(path: JSONPath | CompoundJSONPath, value: Any) -> list[Parts]:
    """Where `path` points in `value`."""
    return [match.parts for match in path.finditer(value)]


def shown(parts: Parts) -> str:
    """A place as a JSON path, in short notation where that is possible: `$.items[0].name`."""
    text = "$"
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.isidentifier():
            text += f".{part}"
        else:
            quoted = part.replace("\\", "\\\\").replace("'", "\\'")
            text += f"['{quoted}']"
    return text
