"""What an expression is made of."""

from __future__ import annotations

from dataclasses import field
from itertools import chain

from runtime.expression.value_types import ANY, ValueType
from runtime.model.lazy.dataclass import dataclass


@dataclass(slots=True)
class SyntaxNode:
    """A part of an expression; the checker notes what its value will be."""

    column: int
    """Of the sign or name that makes it what it is, counted from 1."""
    type: ValueType = field(default=ANY, init=False)
    depth: int = field(default=1, init=False)
    """Parts above one another in it, itself included."""


@dataclass(slots=True)
class Literal(SyntaxNode):
    """A value that stands in the text."""

    value: bool | int | float | str | None


@dataclass(slots=True)
class ListLiteral(SyntaxNode):
    """`[1, 2]`."""

    items: list[SyntaxNode]


@dataclass(slots=True)
class Name(SyntaxNode):
    """A field, or the variable of a macro."""

    name: str


@dataclass(slots=True)
class Member(SyntaxNode):
    """`operand.name`."""

    operand: SyntaxNode
    name: str


@dataclass(slots=True)
class Index(SyntaxNode):
    """`operand[index]`."""

    operand: SyntaxNode
    index: SyntaxNode


@dataclass(slots=True)
class Invocation(SyntaxNode):
    """`function(arguments)`; of `a.f(b)` the arguments are a and b."""

    function: str
    arguments: list[SyntaxNode]
    is_method: bool


@dataclass(slots=True)
class Unary(SyntaxNode):
    """`!` or `-`."""

    sign: str
    operand: SyntaxNode


@dataclass(slots=True)
class Binary(SyntaxNode):
    """A comparison, `in`, or a calculation."""

    sign: str
    left: SyntaxNode
    right: SyntaxNode


@dataclass(slots=True)
class Junction(SyntaxNode):
    """Operands joined by `&&`, or by `||`."""

    sign: str
    operands: list[SyntaxNode]


@dataclass(slots=True)
class Conditional(SyntaxNode):
    """`condition ? then : otherwise`."""

    condition: SyntaxNode
    then: SyntaxNode
    otherwise: SyntaxNode


@dataclass(slots=True)
class Macro(SyntaxNode):
    """`operand.exists(variable, body)`, and the like."""

    macro: str
    operand: SyntaxNode
    variable: str
    body: SyntaxNode


@dataclass(slots=True)
class Has(SyntaxNode):
    """`has(operand.name)`."""

    operand: SyntaxNode
    name: str


def children(node: SyntaxNode) -> list[SyntaxNode]:
    """The parts right below."""
    match node:
        case ListLiteral():
            return node.items
        case Member() | Has() | Unary():
            return [node.operand]
        case Index():
            return [node.operand, node.index]
        case Invocation():
            return node.arguments
        case Binary():
            return [node.left, node.right]
        case Junction():
            return node.operands
        case Conditional():
            return [node.condition, node.then, node.otherwise]
        case Macro():
            return [node.operand, node.body]
        case _:
            return []


def has_choice(node: SyntaxNode) -> bool:
    """Whether a part of it may have no value where all of it has one."""
    return isinstance(node, Junction | Macro | Conditional) or any(map(has_choice, children(node)))


def names_in(node: SyntaxNode) -> set[str]:
    """Fields that it asks for."""
    if isinstance(node, Name):
        return {node.name}
    found = set(chain.from_iterable(map(names_in, children(node))))
    return found - {node.variable} if isinstance(node, Macro) else found
