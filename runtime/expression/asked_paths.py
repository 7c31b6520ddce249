"""The paths that an expression asks for: `node`, `json.user.name`, `queue("a -> b").depth`."""

from __future__ import annotations

import json

from runtime.expression.syntax import (
    Index,
    Invocation,
    Literal,
    Macro,
    Member,
    Name,
    SyntaxNode,
    children,
)
from runtime.expression.vocabulary import Vocabulary


def paths_in(node: SyntaxNode, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Each path once, in the order of the text; what depends on an item of a macro is left out."""
    found: dict[str, None] = {}
    _collect(node, vocabulary, frozenset(), found)
    return tuple(found)


def _collect(
    node: SyntaxNode, vocabulary: Vocabulary, items: frozenset[str], found: dict[str, None]
) -> None:
    path = _path(node, vocabulary, items)
    if path is not None:
        found[path] = None
        return
    if isinstance(node, Macro):
        _collect(node.operand, vocabulary, items, found)
        _collect(node.body, vocabulary, items | {node.variable}, found)
        return
    for child in children(node):
        _collect(child, vocabulary, items, found)


def _path(node: SyntaxNode, vocabulary: Vocabulary, items: frozenset[str]) -> str | None:
    match node:
        case Name(name=name):
            return None if name in items else name
        case Member(operand=operand, name=name):
            head = _path(operand, vocabulary, items)
            return None if head is None else f"{head}.{name}"
        case Index(operand=operand, index=Literal(value=value)):
            head = _path(operand, vocabulary, items)
            return None if head is None else f"{head}[{json.dumps(value)}]"
        case Invocation(function=name, arguments=[Literal(value=value)]):
            known = not node.is_method and vocabulary.lookup(name) is not None
            return f"{name}({json.dumps(value)})" if known else None
    return None
