"""Cuts the text of an expression into tokens, as CEL's specification writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from runtime.expression.expression_error import ExpressionError

MAX_INT = 2**63 - 1
"""Whole numbers are those of 64 bits, as in CEL."""

_SPACE = re.compile(r"(?:[ \t\n\r\f]|//[^\n]*)+")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|(?:\d+\.\d+|\.\d+|\d+(?=[eE]))(?:[eE][+-]?\d+)?|\d+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_SIGN = re.compile(r"&&|\|\||==|!=|<=|>=|[!<>+\-*/%?:.,()\[\]]")
_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\?\"'`])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})"
    r"|([0-3][0-7]{2}))"
)
_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}

_SIGNS_INSTEAD = {
    "===": '"===" is not known here; equal is ==',
    "!==": '"!==" is not known here; not equal is !=',
    "<>": '"<>" is not known here; not equal is !=',
    "=>": '"=>" is not known here; write >=',
    "=<": '"=<" is not known here; write <=',
}
_INSTEAD = {
    "=": '"=" is not known here; equal is ==',
    "&": '"&" is not known here; and is &&',
    "|": '"|" is not known here; or is ||',
    ";": '";" is not known here; an expression is one, without an end sign',
    "{": '"{" is not known here; objects cannot be written, only compared field by field',
    "`": '"`" is not known here; text stands in " or \'',
    "≥": '"≥" is not known here; write >=',
    "≤": '"≤" is not known here; write <=',
    "≠": '"≠" is not known here; write !=',
    "“": "text stands in straight quotes, \" or '",
    "”": "text stands in straight quotes, \" or '",
}


class TokenKind(Enum):
    """What a token is."""

    NUMBER = "a number"
    TEXT = "text"
    NAME = "a name"
    SIGN = "a sign"
    END = "the end"


class Token(NamedTuple):
    """A part of the text."""

    kind: TokenKind
    text: str
    """As written."""
    column: int
    """Of its first character, counted from 1."""
    value: int | float | str = ""
    """Of a number or a text."""


def tokens(text: str) -> Iterator[Token]:
    """The tokens of the text, one of the kind `END` last. Raises `ExpressionError`."""
    at = 0
    while True:
        space = _SPACE.match(text, at)
        if space:
            at = space.end()
        if at == len(text):
            yield Token(TokenKind.END, "", at + 1)
            return
        token, at = _token(text, at)
        yield token


def _token(text: str, at: int) -> tuple[Token, int]:
    here, column = text[at], at + 1
    if found := _NUMBER.match(text, at):
        return _number(text, found), found.end()
    if here in "\"'":
        return _quoted(text, at, at, raw=False)
    if found := _NAME.match(text, at):
        word, end = found[0], found.end()
        if text[end : end + 1] in ("'", '"'):
            if word in ("r", "R"):
                return _quoted(text, at, end, raw=True)
            if word.lower() in ("b", "rb", "br"):
                raise ExpressionError(text, column, "bytes cannot be written here, only text")
        return Token(TokenKind.NAME, word, column), end
    for sign, reason in _SIGNS_INSTEAD.items():
        if text.startswith(sign, at):
            raise ExpressionError(text, column, reason)
    if found := _SIGN.match(text, at):
        return Token(TokenKind.SIGN, found[0], column), found.end()
    reason = _INSTEAD.get(here, f'"{here}" is not known here')
    if here.isalpha():
        reason = f'"{here}" is not known in a name; other letters stand in quotes: json["…"]'
    raise ExpressionError(text, column, reason)


def _number(text: str, found: re.Match[str]) -> Token:
    written, column = found[0], found.start() + 1
    after = _NAME.match(text, found.end())
    if after:
        raise ExpressionError(
            text, column, f'"{written}{after[0]}" is no number', "A decimal number is 1.5 or 2e3."
        )
    if written[:2] in ("0x", "0X"):
        value: int | float = int(written, 16)
    elif written.isdigit():
        value = int(written) if len(written) < 30 else MAX_INT + 2
    else:
        value = float(written)
        if value == float("inf"):
            raise ExpressionError(text, column, "a decimal number is at most 1.79e308")
    # One more than the largest can follow a minus.
    if isinstance(value, int) and value > MAX_INT + 1:
        raise ExpressionError(text, column, "a whole number is at most 9223372036854775807")
    return Token(TokenKind.NUMBER, written, column, value)


def _quoted(text: str, begin: int, at: int, *, raw: bool) -> tuple[Token, int]:
    """A text whose quote stands at `at`, and where it ends."""
    quote, at = text[at], at + 1
    made: list[str] = []
    while True:
        here = text[at : at + 1]
        if here in ("", "\n", "\r"):
            raise ExpressionError(text, begin + 1, f"the text that begins here has no end {quote}")
        if here == quote:
            written = text[begin : at + 1]
            return Token(TokenKind.TEXT, written, begin + 1, "".join(made)), at + 1
        if here != "\\" or raw:
            made.append(here)
            at += 1
            continue
        found = _ESCAPE.match(text, at)
        character = None if found is None else _escaped(found)
        if found is None or character is None:
            reason = f'"{text[at : at + 2]}" is no escape'
            advice = 'Write \\\\ for a backslash, or r"…" for text without escapes.'
            raise ExpressionError(text, at + 1, reason, advice)
        made.append(character)
        at = found.end()


def _escaped(found: re.Match[str]) -> str | None:
    """The character that an escape stands for; None when there is none."""
    letter, byte, short, long, octal = found.groups()
    if letter:
        return _LETTERS.get(letter, letter)
    code = int(octal, 8) if octal else int(byte or short or long, 16)
    return None if code > 0x10FFFF or 0xD800 <= code < 0xE000 else chr(code)
