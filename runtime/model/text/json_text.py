"""Whether bytes or text are JSON."""

from __future__ import annotations

import json
from typing import Any, Final

NO_JSON: Final = object()
"""Stands for the value of what is no JSON; `null` is a value."""


def json_value(text: bytes | str) -> Any:
    """The value of any JSON text, `NO_JSON` when it is none.

    Raises:
        RecursionError: it is nested too deeply to be read.
    """
    try:
        return json.loads(text)
    except ValueError:
        return NO_JSON


def json_document(text: bytes | str) -> Any:
    """The value of a JSON object or array, `NO_JSON` for any other text.

    A payload that happens to read `17` or `true` is text; so is one nested too deeply.
    """
    first = text.lstrip()[:1]
    if first not in (b"{", b"[", "{", "["):
        return NO_JSON
    try:
        return json_value(text)
    except RecursionError:
        return NO_JSON
