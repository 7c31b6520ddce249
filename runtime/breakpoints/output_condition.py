"""What a condition over a call says of one of its outputs."""

from __future__ import annotations

from collections.abc import Callable

from runtime.expression.syntax import (
    Binary,
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
    has_choice,
    names_in,
)
from runtime.expression.vocabulary import OUTPUT_MEMBERS

_OUTPUTS = "outputs"
_IsOutput = Callable[[SyntaxNode], bool]


def of_some_output(condition: SyntaxNode | None) -> SyntaxNode | None:
    """A condition over an element at a port that one of the outputs meets where this one holds.

    None when it says no such thing.
    """
    match condition:
        case Junction(sign="&&", operands=operands):
            return next(filter(None, map(of_some_output, operands)), None)
        case Junction(column=column, operands=operands):
            parts = [of_some_output(operand) for operand in operands]
            known = [part for part in parts if part is not None]
            return Junction(column, "||", list(known)) if len(known) == len(parts) else None
        case Macro(macro="exists" | "exists_one", operand=Name(name="outputs")):
            body, variable = condition.body, condition.variable
            if names_in(body) != {variable}:
                return None
            return _rewritten(body, lambda node: _is_name(node, variable))
        case Binary() | Invocation() | Has() | Unary() if names_in(condition) == {_OUTPUTS}:
            if has_choice(condition):  # it may hold where the output is not there
                return None
            places: set[object] = set()

            def is_output(node: SyntaxNode) -> bool:
                match node:
                    case Index(operand=Name(name="outputs"), index=Literal(value=place)):
                        places.add(place)
                        return True
                return False

            made = _rewritten(condition, is_output)
            return made if len(places) == 1 else None
    return None


def _is_name(node: SyntaxNode, name: str) -> bool:
    return isinstance(node, Name) and node.name == name


def _rewritten(node: SyntaxNode, is_output: _IsOutput) -> SyntaxNode | None:
    """The same of an element's fields; None where an output is asked for in another way."""
    made: SyntaxNode
    match node:
        case Literal():
            return node
        case (
            Member(operand=operand, name=name)
            | Index(operand=operand, index=Literal(value=str(name)))
        ) if is_output(operand):
            if name not in OUTPUT_MEMBERS:
                return None
            made = Name(node.column, name)
        case Member(operand=operand, name=name) | Has(operand=operand, name=name):
            inner = _rewritten(operand, is_output)
            if inner is None or is_output(operand):
                return None
            made = type(node)(node.column, inner, name)
        case Index(operand=operand, index=index):
            parts = _all([operand, index], is_output)
            if parts is None or is_output(operand):
                return None
            made = Index(node.column, *parts)
        case Unary(sign=sign, operand=operand):
            inner = _rewritten(operand, is_output)
            if inner is None:
                return None
            made = Unary(node.column, sign, inner)
        case Binary(sign=sign, left=left, right=right):
            parts = _all([left, right], is_output)
            if parts is None:
                return None
            made = Binary(node.column, sign, *parts)
        case Junction(sign=sign, operands=operands):
            parts = _all(operands, is_output)
            if parts is None:
                return None
            made = Junction(node.column, sign, parts)
        case ListLiteral(items=items):
            parts = _all(items, is_output)
            if parts is None:
                return None
            made = ListLiteral(node.column, parts)
        case Invocation(function=function, arguments=arguments, is_method=is_method):
            parts = _all(arguments, is_output)
            if parts is None:
                return None
            made = Invocation(node.column, function, parts, is_method)
        case _:
            return None
    made.type = node.type
    return made


def _all(nodes: list[SyntaxNode], is_output: _IsOutput) -> list[SyntaxNode] | None:
    made = [_rewritten(node, is_output) for node in nodes]
    known = [one for one in made if one is not None]
    return known if len(known) == len(made) else None
