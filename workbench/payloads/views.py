"""Payloads as lines: formatted, as they are, or in hexadecimal."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from functools import lru_cache

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_for_mimetype
from pygments.lexers.data import JsonLexer
from pygments.token import Token, _TokenType
from pygments.util import ClassNotFound

from workbench.text.lines import Line, Span, StyleRole, line, wrap
from workbench.text.printable import harmless

PART_BYTES = 65_536
"""How much of a payload is asked for at once."""

COLOURED_CHARACTERS = 16_384
"""Longer texts are shown without colours, which would take too long to find."""

TOKEN_ROLES: tuple[tuple[_TokenType, StyleRole], ...] = (
    (Token.Name.Tag, StyleRole.NAME),
    (Token.Name, StyleRole.NAME),
    (Token.Keyword, StyleRole.LITERAL),
    (Token.Literal.Number, StyleRole.NUMBER),
    (Token.Literal.String, StyleRole.STRING),
    (Token.Comment, StyleRole.FAINT),
    (Token.Punctuation, StyleRole.DIM),
    (Token.Operator, StyleRole.DIM),
)


_NEXT = re.compile(r"\S")


class PayloadView(StrEnum):
    """How a payload is shown; `v` goes through them."""

    FORMATTED = "formatted"
    RAW = "raw"
    HEX = "hex"

    @property
    def following(self) -> PayloadView:
        """The form after this one."""
        forms = list(PayloadView)
        return forms[(forms.index(self) + 1) % len(forms)]


def is_text(data: bytes) -> bool:
    """True for UTF-8 without NUL; a character cut off at the end of a part is forgiven."""
    if b"\0" in data:
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return bool(data) and error.reason == "unexpected end of data"
    return True


def payload_lines(data: bytes, content_type: str, form: PayloadView, cells: int) -> list[Line]:
    """The payload, or a part of it, in rows of at most `cells` cells."""
    if not data:
        return [line(("(empty)", StyleRole.FAINT))]
    if form is PayloadView.HEX or not is_text(data):
        return hex_lines(data, cells)
    text = data.decode("utf-8", "ignore")
    media_type = content_type.partition(";")[0].strip().lower()
    looks_like_json = text.lstrip()[:1] in ("{", "[") and media_type in ("", "text/plain")
    is_json = looks_like_json or media_type.endswith("json")
    if is_json and form is PayloadView.FORMATTED:
        text = reindent(text)
    lexer = JsonLexer() if is_json else _lexer(media_type)
    rows = _coloured(text, lexer) if lexer is not None else None
    if rows is None:
        rows = [line(harmless(row, len(row))) for row in text.split("\n")]
    return [piece for row in rows for piece in wrap(row, cells)]


def reindent(text: str) -> str:
    """JSON with one value a line and every token as it was; other text as it is."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    made: list[str] = []
    depth = 0
    quoted = escaped = False
    for index, character in enumerate(text):
        if quoted:
            made.append(character)
            quoted = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character in "{[":
            after = _NEXT.search(text, index + 1)
            empty = after is not None and after[0] in "}]"
            depth += 1
            made.append(character if empty else character + _break(depth))
        elif character in "}]":
            depth -= 1
            made.append(character if made[-1][-1] in "{[" else _break(depth) + character)
        elif character == ",":
            made.append("," + _break(depth))
        elif character == ":":
            made.append(": ")
        elif not character.isspace():
            made.append(character)
            quoted = character == '"'
    return "".join(made)


def _break(depth: int) -> str:
    return "\n" + "  " * depth


@lru_cache(maxsize=64)
def _lexer(media_type: str) -> Lexer | None:
    try:
        return get_lexer_for_mimetype(media_type)
    except ClassNotFound:
        return None


def _is_kind(token: _TokenType, kind: _TokenType) -> bool:
    return token[: len(kind)] == kind


def _coloured(text: str, lexer: Lexer) -> list[Line] | None:
    if len(text) > COLOURED_CHARACTERS:
        return None
    rows: list[list[Span]] = [[]]
    for token, value in lexer.get_tokens(text):
        role = next((role for kind, role in TOKEN_ROLES if _is_kind(token, kind)), StyleRole.TEXT)
        for index, piece in enumerate(value.split("\n")):
            if index:
                rows.append([])
            if piece:
                rows[-1].append(Span(harmless(piece, len(piece)), role))
    while len(rows) > 1 and not rows[-1]:
        rows.pop()
    return [tuple(row) for row in rows]


def hex_lines(data: bytes, cells: int, start: int = 0) -> list[Line]:
    """`00000010  7b 22 …  {"`: sixteen bytes a row, or eight or four where it is narrow."""
    each = next((count for count in (16, 8, 4) if 8 + count * 4 + 2 <= cells), 4)
    rows: list[Line] = []
    for offset in range(0, len(data), each):
        piece = data[offset : offset + each]
        text = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in piece)
        rows.append(
            line(
                (f"{start + offset:06x} ", StyleRole.FAINT),
                (f"{piece.hex(' '):<{each * 3 - 1}} ", StyleRole.TEXT),
                (text, StyleRole.STRING),
            )
        )
    return rows
