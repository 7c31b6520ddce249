"""Terminals without UTF-8: every sign of the screen has a twin in ASCII, of the same one cell."""

from __future__ import annotations

import codecs
from collections.abc import Mapping

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from workbench.terminal.ascii_twins import TWINS

_TABLE = str.maketrans(dict(TWINS))

PLAIN_TERMINALS = ("linux", "vt100", "vt102", "vt220", "dumb")


class AsciiSigns(LineFilter):
    """Draws the twin of every sign; other characters beyond ASCII become `?`, cell by cell."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments in ASCII, as wide as before."""
        return [
            segment
            if segment.text.isascii()
            else Segment(to_ascii(segment.text), segment.style, segment.control)
            for segment in segments
        ]


def to_ascii(text: str) -> str:
    """The text with its twins, in as many cells."""
    text = text.translate(_TABLE)
    if text.isascii():
        return text
    return "".join(one if one.isascii() else "?" * cell_len(one) for one in text)


def needs_ascii(environ: Mapping[str, str]) -> bool:
    """True when the locale says another encoding than UTF-8, or the terminal has no signs.

    A locale that is not set at all counts as UTF-8. Python replaces `LANG=C` by `LC_CTYPE=C.UTF-8`
    for itself (PEP 538): there the terminal is still what the user said it is.
    """
    if environ.get("TERM", "") in PLAIN_TERMINALS:
        return True
    if environ.get("LC_ALL"):
        return not _is_utf8(environ["LC_ALL"])
    kind, language = environ.get("LC_CTYPE", ""), environ.get("LANG", "")
    if kind and not (kind == "C.UTF-8" and language in ("C", "POSIX")):
        return not _is_utf8(kind)
    return bool(language) and not _is_utf8(language)


def _is_utf8(locale: str) -> bool:
    _, _, encoding = locale.partition("@")[0].partition(".")
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False
