"""Reads expressions: the grammar of CEL's specification, of which this is a subset."""

from __future__ import annotations

from collections.abc import Callable

from runtime.expression.expression_error import ExpressionError
from runtime.expression.lexer import MAX_INT, Token, TokenKind, tokens
from runtime.expression.syntax import (
    Binary,
    Conditional,
    Has,
    Index,
    Invocation,
    Junction,
    ListLiteral,
    Literal,
    Macro,
    Member,
    Name,
    SyntaxNode,
    Unary,
    children,
)

MAX_CHARACTERS = 2_000
"""Longest expression."""
MAX_DEPTH = 32
"""Most parts above one another."""

MACROS = ("all", "exists", "exists_one", "filter", "map")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_CONSTANTS = {"true": True, "false": False, "null": None}
_WORDS = {"and": "&&", "or": "||", "not": "!", "is": "=="}


def parse(text: str) -> SyntaxNode:
    """The expression that the text is. Raises `ExpressionError` for the first mistake in it."""
    if len(text) > MAX_CHARACTERS:
        reason = f"the expression has {len(text):,} characters, at most {MAX_CHARACTERS:,} may be"
        raise ExpressionError(text, MAX_CHARACTERS + 1, reason)
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(tokens(text))
        self._at = 0
        self._open = 0

    def whole(self) -> SyntaxNode:
        if self._next.kind is TokenKind.END:
            raise self._error(self._next, "there is no expression")
        node = self._expression()
        token = self._next
        if token.kind is not TokenKind.END:
            raise self._error(token, self._unexpected(token))
        return node

    # ---- from the loosest to the tightest

    def _expression(self) -> SyntaxNode:
        self._open += 1
        if self._open > MAX_DEPTH:
            raise self._too_deep(self._next)
        node = self._junction("||", lambda: self._junction("&&", self._relation))
        if token := self._take("?"):
            then = self._junction("||", lambda: self._junction("&&", self._relation))
            self._need(":")
            node = self._made(Conditional(token.column, node, then, self._expression()))
        self._open -= 1
        return node

    def _junction(self, sign: str, operand: Callable[[], SyntaxNode]) -> SyntaxNode:
        first = operand()
        operands, column = [first], self._next.column
        while self._take(sign):
            operands.append(operand())
        return first if len(operands) == 1 else self._made(Junction(column, sign, operands))

    def _relation(self) -> SyntaxNode:
        node = self._sum()
        while True:
            token = self._take(*_COMPARISONS) or self._take_name("in")
            if token is None:
                return node
            node = self._made(Binary(token.column, token.text, node, self._sum()))

    def _sum(self) -> SyntaxNode:
        node = self._product()
        while token := self._take("+", "-"):
            node = self._made(Binary(token.column, token.text, node, self._product()))
        return node

    def _product(self) -> SyntaxNode:
        node = self._unary()
        while token := self._take("*", "/", "%"):
            node = self._made(Binary(token.column, token.text, node, self._unary()))
        return node

    def _unary(self) -> SyntaxNode:
        token = self._take("!", "-")
        if token is None:
            return self._member()
        self._open += 1
        if self._open > MAX_DEPTH:
            raise self._too_deep(token)
        number = self._next
        if token.text == "-" and number.kind is TokenKind.NUMBER:
            self._at += 1
            assert not isinstance(number.value, str)
            node = self._selected(self._made(Literal(token.column, -number.value)))
        else:
            node = self._made(Unary(token.column, token.text, self._unary()))
        self._open -= 1
        return node

    def _member(self) -> SyntaxNode:
        return self._selected(self._primary())

    def _selected(self, node: SyntaxNode) -> SyntaxNode:
        while True:
            if self._take("."):
                name = self._next
                if name.kind is not TokenKind.NAME:
                    raise self._error(name, "after . comes the name of a field or a function")
                self._at += 1
                if self._next.text == "(" and self._next.kind is TokenKind.SIGN:
                    node = self._method(node, name)
                else:
                    node = self._made(Member(name.column, node, name.text))
            elif token := self._take("["):
                index = self._expression()
                self._need("]")
                node = self._made(Index(token.column, node, index))
            else:
                return node

    def _primary(self) -> SyntaxNode:
        token = self._next
        if token.kind is TokenKind.END:
            raise self._error(token, "a value is missing here")
        self._at += 1
        if token.kind in (TokenKind.NUMBER, TokenKind.TEXT):
            if token.value == MAX_INT + 1 and isinstance(token.value, int):
                raise self._error(token, "a whole number is at most 9223372036854775807")
            return self._made(Literal(token.column, token.value))
        if token.kind is TokenKind.NAME:
            return self._named(token)
        if token.text == "(":
            node = self._expression()
            self._need(")")
            return node
        if token.text == "[":
            return self._made(ListLiteral(token.column, self._arguments("]")))
        raise self._error(token, f'a value is missing before "{token.text}"')

    def _named(self, token: Token) -> SyntaxNode:
        if token.text in _CONSTANTS:
            return self._made(Literal(token.column, _CONSTANTS[token.text]))
        if token.text == "not":
            raise self._error(token, self._unexpected(token))
        if token.text == "in":
            raise self._error(token, 'a value is missing before "in"')
        if not self._take("("):
            return self._made(Name(token.column, token.text))
        arguments = self._arguments(")")
        if token.text != "has":
            return self._made(Invocation(token.column, token.text, arguments, False))
        if len(arguments) != 1 or not isinstance(arguments[0], Member):
            reason = "has() asks for a field of something"
            raise self._error(token, reason, "Write has(json.level).")
        return self._made(Has(token.column, arguments[0].operand, arguments[0].name))

    def _method(self, operand: SyntaxNode, name: Token) -> SyntaxNode:
        self._need("(")
        arguments = self._arguments(")")
        if name.text not in MACROS:
            return self._made(Invocation(name.column, name.text, [operand, *arguments], True))
        if len(arguments) != 2 or not isinstance(arguments[0], Name):
            reason = f"{name.text}() takes a name, and what is asked of it"
            advice = f"Write json.items.{name.text}(i, i.price > 2)."
            raise self._error(name, reason, advice)
        variable = arguments[0].name
        return self._made(Macro(name.column, name.text, operand, variable, arguments[1]))

    def _arguments(self, end: str) -> list[SyntaxNode]:
        made: list[SyntaxNode] = []
        if self._take(end):
            return made
        while True:
            made.append(self._expression())
            if self._take(end):
                return made
            self._need(",", end)

    # ---- tokens

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self, *signs: str) -> Token | None:
        token = self._next
        if token.kind is not TokenKind.SIGN or token.text not in signs:
            return None
        self._at += 1
        return token

    def _take_name(self, name: str) -> Token | None:
        token = self._next
        if token.kind is not TokenKind.NAME or token.text != name:
            return None
        self._at += 1
        return token

    def _need(self, sign: str, or_else: str = "") -> None:
        if self._take(sign):
            return
        token = self._next
        if token.kind is TokenKind.END:
            raise self._error(token, f'"{or_else or sign}" is missing here')
        raise self._error(token, self._unexpected(token))

    def _unexpected(self, token: Token) -> str:
        if token.kind is TokenKind.NAME and token.text in _WORDS:
            return f'"{token.text}" is not known here; write {_WORDS[token.text]}'
        if token.kind is TokenKind.SIGN and token.text in ")]":
            return f'"{token.text}" closes nothing'
        return f'"{token.text}" cannot stand here: an operator is missing before it'

    def _made(self, node: SyntaxNode) -> SyntaxNode:
        node.depth = 1 + max((child.depth for child in children(node)), default=0)
        if node.depth > MAX_DEPTH:
            raise ExpressionError(self._text, node.column, _TOO_DEEP)
        return node

    def _too_deep(self, token: Token) -> ExpressionError:
        return self._error(token, _TOO_DEEP)

    def _error(self, token: Token, reason: str, advice: str = "") -> ExpressionError:
        return ExpressionError(self._text, token.column, reason, advice)


_TOO_DEEP = f"the expression is nested more than {MAX_DEPTH} deep"
