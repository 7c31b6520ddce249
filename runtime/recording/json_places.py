"""Places in JSON values, as differences name them and redaction finds them."""

from __future__ import annotations

Parts = tuple[int | str, ...]
"""A place in a JSON value: keys and indices from the root."""


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
