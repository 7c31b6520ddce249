"""Turns a checked expression into a Python function of a record.

Each expression is written in two ways. The *quick* way leaves to Python what Python does as CEL
does, and fails with any exception where there is no value. The *exact* way is taken then: it says
at which column and why, and lets `&&` and `||` decide by the operands that do have a value.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

from runtime.expression.operations import BUDGET, MISSING, Operations
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
from runtime.expression.value_types import ValueKind

_OPERATIONS = {
    "==": "equal",
    "<": "less",
    "<=": "at_most",
    "in": "within",
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "%": "remainder",
}
_TURNED = {">": "<", ">=": "<="}
_FUNCTIONS = {
    "size": "size",
    "int": "whole",
    "double": "decimal",
    "contains": "contains",
    "startsWith": "starts",
    "endsWith": "ends",
    "matches": "matches",
}
_MACROS = {
    "all": "every_item",
    "exists": "some_item",
    "exists_one": "one_item",
    "filter": "chosen",
    "map": "made",
}
_DEAR = ("json", "text", "outputs")
"""Fields that are made when they are asked for, and are asked last for that."""

_NAMES = {
    name
    for name in dir(Operations)
    if not name.startswith("_") and callable(getattr(Operations, name))
}


def translate(
    node: SyntaxNode, operations: Operations, lookups: tuple[str, ...], *, exact: bool
) -> Callable[[Any], Any]:
    """A function of a record; it raises `EvaluationError`, if `exact`, where it has no value.

    `lookups` are the functions that are the record's.
    """
    writer = _Writer(lookups, exact)
    return _compiled(writer, writer.write(node), operations, BUDGET)


def translate_any(
    nodes: Sequence[SyntaxNode], operations: Operations, lookups: tuple[str, ...]
) -> Callable[[Any], bool]:
    """One function that says whether one of several conditions holds, in the quick way.

    What is not there in JSON costs no exception where a condition needs it to hold.
    """
    writer = _Writer(lookups, False)
    body = " or ".join(map(writer.needed, nodes))
    return _compiled(writer, body, operations, BUDGET * len(nodes))


def _compiled(
    writer: _Writer, body: str, operations: Operations, budget: int
) -> Callable[[Any], Any]:
    reset = f"    W.left = {budget}\n" if writer.spends else ""
    unread = "".join(f"    {name} = UNREAD\n" for name in writer.json_paths.values())
    source = f"def evaluate(r):\n{reset}{unread}    return {body}\n"
    names: dict[str, Any] = {name: getattr(operations, name) for name in _NAMES}
    names |= {"W": operations, "K": writer.constants}
    names |= {"UNREAD": object(), "MISSING": MISSING, "NUMBERS": (int, float), "TEXTS": (str,)}
    # Only what `_Writer` writes stands there: signs and names of its own, and escaped constants.
    exec(compile(source, "<expression>", "exec"), names)
    made: Callable[[Any], Any] = names["evaluate"]
    return made


class _Writer:
    def __init__(self, lookups: tuple[str, ...], exact: bool) -> None:
        self._lookups = lookups
        self._exact = exact
        self._variables: list[tuple[str, str]] = []
        self._count = 0
        self.constants: list[Any] = []
        self.json_paths: dict[str, str] = {}
        """Variables for what stands at paths of JSON: looked up once for all conditions."""
        self.spends = exact

    def write(self, node: SyntaxNode) -> str:
        match node:
            case Literal():
                return self._literal(node.value)
            case ListLiteral():
                return f"[{', '.join(map(self.write, node.items))}]"
            case Name():
                return self._name(node)
            case Member():
                return self._member(node)
            case Has():
                return self._do("has", self.write(node.operand), _quoted(node.name), node)
            case Index():
                return self._do("item", self.write(node.operand), self.write(node.index), node)
            case Invocation():
                return self._invocation(node)
            case Unary() if node.sign == "!":
                return f"(not {self.condition(node.operand)})"
            case Unary():
                return self._do("negate", self.write(node.operand), node)
            case Binary():
                return self._binary(node)
            case Junction():
                return self._junction(node)
            case Conditional():
                condition = self.condition(node.condition)
                then, otherwise = self.write(node.then), self.write(node.otherwise)
                return f"({then} if {condition} else {otherwise})"
            case Macro():
                return self._macro(node)
        raise AssertionError(node)

    def _do(self, operation: str, *parts: str | SyntaxNode) -> str:
        """A call of an operation; the last of the parts is the node, for its column."""
        self.spends = True
        written = [part if isinstance(part, str) else str(part.column) for part in parts]
        return f"{operation}({', '.join(written)})"

    def _literal(self, value: bool | int | float | str | None) -> str:
        if isinstance(value, str):
            return _quoted(value)
        if isinstance(value, float) and not math.isfinite(value):
            self.constants.append(value)
            return f"K[{len(self.constants) - 1}]"
        return repr(value) if isinstance(value, bool) or value is None else f"({value!r})"

    def _name(self, node: Name) -> str:
        for name, variable in reversed(self._variables):
            if name == node.name:
                return variable
        if self._exact:
            return self._do("field", "r", _quoted(node.name), node)
        return f"r.{node.name}"

    def _member(self, node: Member) -> str:
        operand = self.write(node.operand)
        if self._exact:
            return self._do("member", operand, _quoted(node.name), node)
        return f"{operand}[{_quoted(node.name)}]"

    def _invocation(self, node: Invocation) -> str:
        given = [self.write(argument) for argument in node.arguments]
        if node.function in self._lookups and not node.is_method:
            if self._exact:
                return self._do("lookup", "r", _quoted(node.function), *given, node)
            return f"r.look_up({_quoted(node.function)}, {given[0]})"
        if node.function == "size" and node.arguments[0].type.kind in (
            ValueKind.TEXT,
            ValueKind.LIST,
        ):
            return f"len({given[0]})"
        return self._do(_FUNCTIONS[node.function], *given, node)

    def condition(self, node: SyntaxNode) -> str:
        written = self.write(node)
        return written if node.type.kind is ValueKind.BOOL else self._do("truth", written, node)

    def needed(self, node: SyntaxNode) -> str:
        """A condition that counts as false where it has no value."""
        if isinstance(node, Junction) and node.sign == "&&":
            operands = sorted(node.operands, key=_is_dear)
            return f"({' and '.join(map(self.needed, operands))})"
        found = self._of_json(node)
        return self.condition(node) if found is None else found

    def _of_json(self, node: SyntaxNode) -> str | None:
        """A comparison of something in JSON with a literal; None for anything else."""
        match node:
            case Binary(sign=sign, left=left, right=Literal(value=value)):
                path = _json_path(left)
            case Invocation(function=sign, arguments=[left, Literal(value=value)], is_method=True):
                path = _json_path(left)
            case _:
                return None
        if path is None or sign == "in":
            return None
        known = self.json_paths.setdefault(", ".join(path), f"p{len(self.json_paths)}")
        look = f"({known} := {_looked_up(path)})"
        at = f"(t := {known} if {known} is not UNREAD else {look})"
        literal = self._literal(value)
        if sign in ("==", "!=") and not _is_number(value):
            same, other = ("==", "!=") if isinstance(value, str) else ("is", "is not")
            if sign == "==":
                return f"({at} {same} {literal})"
            return f"({at} is not MISSING and t {other} {literal})"
        kind = "NUMBERS" if _is_number(value) else "TEXTS"
        if sign in _FUNCTIONS:
            done = self._do(_FUNCTIONS[sign], "t", literal, node)
        elif sign in ("==", "!=") or isinstance(value, bool) or value is None:
            return None if sign != "==" else f"({at}.__class__ in NUMBERS and t == {literal})"
        elif sign in ("<", "<=", ">", ">="):
            done = f"t {sign} {literal}"
        else:
            return None
        wrong = self._do("order", "t", literal, node)
        return f"({done} if {at}.__class__ in {kind} else {wrong})"

    def _junction(self, node: Junction) -> str:
        operands = node.operands if self._exact else sorted(node.operands, key=_is_dear)
        written = [self.condition(operand) for operand in operands]
        if self._exact:
            operation = "every" if node.sign == "&&" else "some"
            self.spends = True
            return f"{operation}({', '.join(f'lambda: {one}' for one in written)})"
        return f"({(' and ' if node.sign == '&&' else ' or ').join(written)})"

    def _macro(self, node: Macro) -> str:
        operand = self.write(node.operand)
        variable = f"v{self._count}"
        self._count += 1
        self._variables.append((node.variable, variable))
        body = self.write(node.body) if node.macro == "map" else self.condition(node.body)
        self._variables.pop()
        return self._do(_MACROS[node.macro], operand, f"lambda {variable}: {body}", node)

    # ---- comparisons and calculations

    def _binary(self, node: Binary) -> str:
        sign, left, right = node.sign, node.left, node.right
        if not self._exact and (plain := self._plain(node)):
            return plain
        if sign == "!=":
            return f"(not {self._do('equal', self.write(left), self.write(right), node)})"
        if sign in _TURNED:
            sign, left, right = _TURNED[sign], right, left
        return self._do(_OPERATIONS[sign], self.write(left), self.write(right), node)

    def _plain(self, node: Binary) -> str | None:
        """The comparison as Python does it; None where Python does it otherwise, or too long."""
        sign, left, right = node.sign, node.left, node.right
        if sign == "in":
            return self._plain_in(left, right)
        if sign not in ("==", "!=", "<", "<=", ">", ">="):
            return None
        if left.type.is_number and right.type.is_number:
            return f"({self.write(left)} {sign} {self.write(right)})"
        known = right if isinstance(right, Literal) else left
        if not isinstance(known, Literal):
            return None
        other = left if known is right else right
        equality = sign in ("==", "!=")
        if known.value is None or isinstance(known.value, bool):
            if not equality:
                return None
            verb = "is" if sign == "==" else "is not"
            return f"({self.write(other)} {verb} {known.value})"
        if not isinstance(known.value, str):
            return None
        if isinstance(other, Literal) and not isinstance(other.value, str):
            return None
        return f"({self.write(left)} {sign} {self.write(right)})"

    def _plain_in(self, left: SyntaxNode, right: SyntaxNode) -> str | None:
        if not isinstance(right, ListLiteral) or not right.items:
            return None
        texts = [item.value for item in right.items if isinstance(item, Literal)]
        if len(texts) < len(right.items) or not all(isinstance(text, str) for text in texts):
            return None
        written = ", ".join(_quoted(str(text)) for text in texts)
        return f"({self.write(left)} in ({written},))"


def _looked_up(path: list[str]) -> str:
    """What the record's JSON has at a path."""
    if len(path) > 1:
        return f"at(r, {', '.join(path)})"
    in_object = f"j.get({path[0]}, MISSING)"
    return f"({in_object} if (j := r.peek_json(MISSING)).__class__ is dict else MISSING)"


def _json_path(node: SyntaxNode) -> list[str] | None:
    """The names and numbers that lead from `json` to a value; None for anything else."""
    match node:
        case Member(operand=Name(name="json"), name=name):
            return [_quoted(name)]
        case Index(operand=Name(name="json"), index=Literal(value=str(name))):
            return [_quoted(name)]
        case Member(operand=operand, name=name):
            before = _json_path(operand)
            return None if before is None else [*before, _quoted(name)]
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_dear(node: SyntaxNode) -> bool:
    """Whether a part of it is made only when it is asked for."""
    if isinstance(node, Name):
        return node.name in _DEAR
    if isinstance(node, Invocation | Macro):
        return True
    return any(map(_is_dear, children(node)))


def _quoted(text: str) -> str:
    """A Python literal in plain ASCII."""
    return json.dumps(text) if text.isascii() else ascii(text)
