"""What stands for each sign of ours in ASCII, on the screen and in what verbs print."""

from __future__ import annotations

import codecs
from collections.abc import Mapping

TWINS: Mapping[str, str] = {
    **dict.fromkeys("─╌┄┈╴╶", "-"),
    **dict.fromkeys("━═╸╺", "="),
    **dict.fromkeys("│┃║╎┆╏▏▕", "|"),
    **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼┏┓┗┛╔╗╚╝┝┥┠┨┣┫┳┻╋╞╡╪╟╢", "+"),
    **dict.fromkeys("▶→›▸▷»", ">"),
    **dict.fromkeys("◀←‹◂◁«", "<"),
    **dict.fromkeys("▲↑△▴", "^"),
    **dict.fromkeys("▼↓▽▾", "v"),
    **dict.fromkeys("█▇▆▅", "#"),
    **dict.fromkeys("▀▄▃", "="),
    **dict.fromkeys("▂▁", "_"),
    **dict.fromkeys("▒░▓", "%"),
    **dict.fromkeys("·∙•", "."),
    **dict.fromkeys("…", "~"),
    **dict.fromkeys("–—−", "-"),
    **dict.fromkeys("‘’", "'"),
    **dict.fromkeys("“”", '"'),
    **{chr(ord("①") + n): str(n + 1) for n in range(9)},
    **{chr(ord("⑩") + n): chr(ord("a") + n) for n in range(11)},
    "⋮": ":",
    "●": "B",
    "○": "b",
    "◆": "&",
    "◇": "&",
    "µ": "u",
    "μ": "u",
    "×": "x",
    "±": "~",
    "✓": "=",
    "✗": "x",
    "↵": "<",
    "≤": "<",
    "≥": ">",
    "≠": "!",
    "⚠": "!",
}
"""Sign → twin (screens of the workbench use no sign without one)."""

ERRORS = "torvyn-studio.twins"
"""How streams encode what their encoding has no bytes for: the twin of a sign, or an escape."""
_MICRO = "µ"


def _encoded(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text, start, end = error.object, error.start, error.end
    return "".join(_stands_for(text, place) for place in range(start, end)), end


def _stands_for(text: str, place: int) -> str:
    sign = text[place]
    # Letters are text of components too, where a twin would be another word.
    ours = not sign.isalpha() or (sign == _MICRO and _is_unit(text, place))
    if ours and sign in TWINS:
        return TWINS[sign]
    return sign.encode("ascii", "backslashreplace").decode("ascii")


def _is_unit(text: str, place: int) -> bool:
    before = text[max(0, place - 2) : place]
    return text.startswith("s", place + 1) and any(one.isdigit() for one in before)


codecs.register_error(ERRORS, _encoded)
