"""Keys as a reader knows them, and those that the user gave to actions."""

from __future__ import annotations

from collections.abc import Mapping

KEY_NAMES = {
    "space": "space",
    "escape": "esc",
    "question_mark": "?",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "underscore": "_",
    "greater_than_sign": ">",
    "less_than_sign": "<",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "number_sign": "#",
    "apostrophe": "'",
    "full_stop": ".",
    "comma": ",",
    "colon": ":",
    "semicolon": ";",
    "slash": "/",
    "backslash": "\\",
    "vertical_line": "|",
    "exclamation_mark": "!",
    "quotation_mark": '"',
    "dollar_sign": "$",
    "percent_sign": "%",
    "ampersand": "&",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "asterisk": "*",
    "at": "@",
    "circumflex_accent": "^",
    "grave_accent": "`",
    "tilde": "~",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "enter": "enter",
    "home": "Home",
    "end": "End",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
}
"""What stands for Textual's names."""

_chosen: dict[str, tuple[str, ...]] = {}
"""Keys that the user gave, by action. Of the whole program, as a locale is: set before anything is
drawn."""


def use_keys(chosen: Mapping[str, tuple[str, ...]]) -> None:
    """Take the user's keys, by action id; actions that are not named keep their own."""
    _chosen.clear()
    _chosen.update(chosen)


def keys_for(action_id: str, own: tuple[str, ...]) -> tuple[str, ...]:
    """Textual's names of the keys of an action whose `own` ones these are."""
    return _chosen.get(action_id, own)


def shown_key(action_id: str, own: str) -> str:
    """The key of an action as texts name it: `own` until the user gave it another one."""
    chosen = _chosen.get(action_id)
    return own if chosen is None else key_name(chosen[0]) if chosen else "(no key)"


def key_name(key: str) -> str:
    """A key as a reader knows it: "?" for `question_mark`, "F10" for `f10`."""
    head, plus, last = key.rpartition("+")
    if last in KEY_NAMES:
        return f"{head}{plus}{KEY_NAMES[last]}"
    return key.upper() if key[0] == "f" and key[1:].isdigit() else key
