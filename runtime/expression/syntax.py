"""What an expression is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from runtime.expression.value_types import ANY, ValueType


@dataclass(slots=True)
class Node:
    """A part of an expression; the checker notes what its value will be."""

    column: int
    """Of the sign or name that makes it what it is, counted from 1."""
    type: ValueType = field(default=ANY, init=False)
    depth: int = field(default=1, init=False)
    """Parts above one another in it, itself included."""


@dataclass(slots=True)
class Literal(Node):
    """A value that stands in the text."""

    value: bool | int | float | str | None


@dataclass(slots=True)
class ListOf(Node):
    """`[1, 2]`."""

    items: list[Node]


@dataclass(slots=True)
class Name(Node):
    """A field, or the variable of a macro."""

    name: str


@dataclass(slots=True)
class Member(Node):
    """`operand.name`."""

    operand: Node
    name: str


@dataclass(slots=True)
class Index(Node):
    """`operand[index]`."""

    operand: Node
    index: Node


@dataclass(slots=True)
class Invocation(Node):
    """`function(arguments)`; of `a.f(b)` the arguments are a and b."""

    function: str
    arguments: list[Node]
    is_method: bool


@dataclass(slots=True)
class Unary(Node):
    """`!` or `-`."""

    sign: str
    operand: Node


@dataclass(slots=True)
class Binary(Node):
    """A comparison, `in`, or a calculation."""

    sign: str
    left: Node
    right: Node


@dataclass(slots=True)
class Junction(Node):
    """Operands joined by `&&`, or by `||`."""

    sign: str
    operands: list[Node]


@dataclass(slots=True)
class Conditional(Node):
    """`condition ? then : otherwise`."""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(slots=True)
class Macro(Node):
    """`operand.exists(variable, body)`, and the like."""

    macro: str
    operand: Node
    variable: str
    body: Node


@dataclass(slots=True)
class Has(Node):
    """`has(operand.name)`."""

    operand: Node
    name: str


def children(node: Node) -> list[Node]:
    """The parts right below."""
    match node:
        case ListOf():
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
