"""Text coloured by a lexer and cut into rows."""

from __future__ import annotations

from pygments.lexer import Lexer
from pygments.token import Token, _TokenType

from workbench.payloads.deadline import Deadline
from workbench.text.excerpt import excerpt
from workbench.text.lines import Line, Span, StyleRole, line, wrap

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


def text_lines(text: str, lexer: Lexer | None, cells: int, deadline: Deadline) -> list[Line]:
    """The text in rows of at most `cells` cells; in colours where there is a lexer.

    Raises `TookTooLongError`.
    """
    if lexer is None or len(text) > COLOURED_CHARACTERS:
        return plain_lines(text, cells)
    rows = _coloured(text, lexer, deadline)
    return [piece for row in rows for piece in wrap(row, cells)]


def plain_lines(text: str, cells: int) -> list[Line]:
    """The text in rows of at most `cells` cells, without colours."""
    rows = (line(excerpt(row, len(row))) for row in text.split("\n"))
    return [piece for row in rows for piece in wrap(row, cells)]


def _coloured(text: str, lexer: Lexer, deadline: Deadline) -> list[Line]:
    rows: list[list[Span]] = [[]]
    for token, value in lexer.get_tokens(text):
        deadline.check()
        role = next((role for kind, role in TOKEN_ROLES if _is_kind(token, kind)), StyleRole.TEXT)
        for index, piece in enumerate(value.split("\n")):
            if index:
                rows.append([])
            if piece:
                rows[-1].append(Span(excerpt(piece, len(piece)), role))
    while len(rows) > 1 and not rows[-1]:
        rows.pop()
    return [tuple(row) for row in rows]


def _is_kind(token: _TokenType, kind: _TokenType) -> bool:
    return token[: len(kind)] == kind
