"""Keys as users write them, and the names Textual has for them."""

from __future__ import annotations

from textual.keys import Keys, _character_to_key

from workbench.text.keys import KEY_NAMES

MODIFIERS = ("ctrl", "alt", "shift")

RESERVED = {"ctrl+c": "it copies what is marked with the mouse", "ctrl+q": "Textual has it"}
"""Keys that no action can have, and why."""

EXAMPLES = "s, S, ?, space, enter, esc, F5, ctrl+r, shift+tab, PgUp"

_BY_NAME = {name.lower(): key for key, name in KEY_NAMES.items()}
_KNOWN = {item.value for item in Keys if not item.value.startswith("<")} | {"escape", "enter"}


def textual_key(text: str) -> str | None:
    """Textual's name of a key: `question_mark` for "?", `f5` for "F5"; None for no key."""
    lowered = text.lower()
    if len(text) == 1 and text not in _BY_NAME:
        return _character_to_key(text) if text.isprintable() else None
    if lowered in _BY_NAME:
        return _BY_NAME[lowered]
    if lowered in _KNOWN:
        return lowered
    head, plus, last = text.partition("+")
    if not plus or head.lower() not in MODIFIERS or not last:
        return text if text in KEY_NAMES else None
    base = textual_key(last)
    return None if base is None else f"{head.lower()}+{base}"
