"""Text of components, manifests, recordings and arguments, made safe for a terminal.

Whoever writes such text may have put in what a terminal acts on (control codes), what turns the
order of a line around (bidirectional controls), or what nobody sees (zero-width and tag
characters). All of that is written out as an escape, `\\x1b` or `\\u202e`, so that a reader sees
what is there. Applied where text leaves: by the process's own streams
(`workbench.terminal.standard_streams`) and by the screen's line renderer
(`workbench.painting.styles`).
"""

from __future__ import annotations

import json
import re
import unicodedata

_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
_ESCAPED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and marks without a shape: Default_Ignorable_Code_Point of Unicode 16
# (DerivedCoreProperties.txt) beyond the categories above.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
# The two selectors between text and emoji are seen by what they do to the sign before them.
_SELECTORS = "\ufe0e\ufe0f"
_LOOSE_SELECTOR = re.compile("(?<![#*0-9\xa9-\ufe0d\U0001f000-\U0001ffff])[\ufe0e\ufe0f]")
_KEPT_SIGNS = 4_096
"""Characters whose way to be shown is remembered."""


class _Signs(dict[int, str]):
    """How a character is shown, by its code point; for `str.translate`."""

    def __missing__(self, code: int) -> str:
        sign = _sign(code)
        if len(self) < _KEPT_SIGNS:
            self[code] = sign
        return sign


_IN_ONE_LINE = _Signs()
_IN_LINES = _Signs({ord("\n"): "\n", ord("\t"): "\t"})


def printable(text: str | bytes, *, keep_lines: bool = False) -> str:
    """The text with all that is not plainly seen written as an escape.

    `keep_lines` keeps line feeds and tabs; without it the result is one line. Bytes are taken as
    UTF-8. A byte that is none, also one in a file name, shows as `\\xff`; other characters up to
    U+007F as `\\x1b`, the rest as `\\u202e`. Text that has nothing of the kind is given back as it
    is. Never raises.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    if text.isprintable() and (text.isascii() or _UNSEEN.search(text) is None):
        return text
    text = text.translate(_IN_LINES if keep_lines else _IN_ONE_LINE)
    if not text.isascii():
        text = _LOOSE_SELECTOR.sub(lambda found: _escape(ord(found[0])), text)
    return text


def is_printable(character: str) -> bool:
    """True for a character that `printable` leaves as it is."""
    return _IN_ONE_LINE[ord(character)] == character


def json_line(value: object) -> str:
    """The value as JSON in one line of printable ASCII, for other programs and for terminals."""
    return json.dumps(value).replace("\x7f", "\\u007f")


def _sign(code: int) -> str:
    character = chr(code)
    if character in _NAMED:
        return _NAMED[character]
    unseen = _UNSEEN.fullmatch(character) is not None and character not in _SELECTORS
    hidden = unseen or unicodedata.category(character) in _ESCAPED_CATEGORIES
    return _escape(code) if hidden else character


def _escape(code: int) -> str:
    if code < 0x80:
        return f"\\x{code:02x}"
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8, by "surrogateescape"
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
