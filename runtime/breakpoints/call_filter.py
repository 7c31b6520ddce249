"""For which of many calls a condition may hold, found out with one look at each.

A condition is written as Python code over the few fields that are at hand for all calls: what it
says of other fields is taken to be met. A call that passes may do; the condition itself decides. A
part that has no value holds as little as its contrary does, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from runtime.expression.syntax import (
    Binary,
    Conditional,
    Invocation,
    Junction,
    ListLiteral,
    Literal,
    Name,
    SyntaxNode,
    Unary,
    has_choice,
    names_in,
)
from runtime.expression.value_types import ValueKind
from runtime.expression.vocabulary import ELEMENT_FIELDS
from runtime.model.lazy.dataclass import dataclass

SIZE_OF_OUTPUTS = "size(outputs)"
"""Stands among the fields for how many there are."""
_ALWAYS, _NEVER = "True", "False"
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_TESTS_OF_TEXT = {
    "contains": "({1} in {0})",
    "startsWith": "{0}.startswith({1})",
    "endsWith": "{0}.endswith({1})",
}


@dataclass(frozen=True)
class KnownFields:
    """How code reads what is known of a call."""

    code: Mapping[str, str]
    """By field: an expression that never fails where there is an element, and has the field's type.
    `SIZE_OF_OUTPUTS` may be one of them."""
    element: str
    """An expression that is true where there is an element."""
    gaps: frozenset[str] = frozenset()
    """Fields that are None where they are not known."""


def code_for_truth(condition: SyntaxNode | None, known: KnownFields) -> str:
    """Code that is true for every call for which the condition holds; None holds for all."""
    return _ALWAYS if condition is None else _may_be(condition, True, known)


def any_of_codes(codes: Iterable[str]) -> str:
    """Code that is true where one of several is."""
    return _joined("or", codes)


def all_of_codes(codes: Iterable[str]) -> str:
    """Code that is true where all of several are."""
    return _joined("and", codes)


def passes_all(code: str) -> bool:
    """Whether code is true whatever the call is."""
    return code == _ALWAYS


def passes_none(code: str) -> bool:
    """Whether code is false whatever the call is."""
    return code == _NEVER


def compiled(parameters: str, body: str, names: Mapping[str, object]) -> Callable[..., Any]:
    """A function of the parameters that gives the value of the body, which may use the names."""
    source = f"def asked({parameters}):\n    return {body}\n"
    found: dict[str, Any] = dict(names)
    # Only what is written here stands there: signs, names of columns, and escaped literals.
    exec(compile(source, "<call filter>", "exec"), found)
    made: Callable[..., Any] = found["asked"]
    return made


def _may_be(node: SyntaxNode, wanted: bool, known: KnownFields) -> str:
    """Code that is true where a part may have the wanted value."""
    match node:
        case Literal(value=bool(value)):
            return _ALWAYS if value is wanted else _NEVER
        case Unary(sign="!", operand=operand):
            return _may_be(operand, not wanted, known)
        case Junction(sign=sign, operands=operands):
            codes = (_may_be(operand, wanted, known) for operand in operands)
            return _joined("and" if (sign == "&&") is wanted else "or", codes)
        case Conditional(condition=condition, then=then, otherwise=otherwise):
            ways = (
                all_of_codes([_may_be(condition, choice, known), _may_be(value, wanted, known)])
                for choice, value in ((True, then), (False, otherwise))
            )
            return any_of_codes(ways)
    found = _test(node, known)
    if found is None:
        return known.element if _needs_element(node) else _ALWAYS
    return found if wanted else _contrary(node, known)


def _contrary(node: SyntaxNode, known: KnownFields) -> str:
    found = _test(node, known, "not ")
    assert found is not None
    return found


def _test(node: SyntaxNode, known: KnownFields, no: str = "") -> str | None:
    """A comparison or a test of text as code; None where it asks for what is not known."""
    code: str | None = None
    match node:
        case Binary(sign="in", left=left, right=ListLiteral(items=items)):
            values = [_value(item, known) for item in items]
            asked = _value(left, known)
            alike = all(_are_alike(left, item) for item in items)
            if asked is not None and alike and values and None not in values:
                code = f"({asked} in ({', '.join(map(str, values))},))"
        case Binary(sign=sign, left=left, right=right) if sign in _COMPARISONS:
            one, other = _value(left, known), _value(right, known)
            if one is not None and other is not None and _are_alike(left, right):
                code = f"({one} {sign} {other})"
        case Invocation(function=name, arguments=[text, Literal(value=str(part))]) if (
            name in _TESTS_OF_TEXT
        ):
            asked = _value(text, known)
            if asked is not None and text.type.kind is ValueKind.TEXT:
                code = _TESTS_OF_TEXT[name].format(asked, _literal(part))
    if code is None:
        return None
    names = names_in(node)
    unknown = [f"{known.code[name]} is None" for name in sorted(names & known.gaps)]
    code = _joined("or", [*unknown, f"{no}{code}"])
    return _joined("and", [known.element, code]) if names & ELEMENT_FIELDS else code


def _value(node: SyntaxNode, known: KnownFields) -> str | None:
    """A value as code that cannot fail; None where that is not so."""
    match node:
        case Name(name=name):
            return known.code.get(name)
        case Literal(value=str(text)):
            return _literal(text)
        case Literal(value=bool()):
            return None
        case Literal(value=int() | float() as number):
            return f"({number!r})" if abs(number) < 2**63 else None
        case Invocation(function="size", arguments=[Name(name="outputs")]):
            return known.code.get(SIZE_OF_OUTPUTS)
        case Binary(sign="%", left=Name() as left, right=Literal(value=int(divisor))):
            whole = _value(left, known) if left.type.kind is ValueKind.INT else None
            # No field is below 0: both languages give the same there.
            if whole is None or divisor <= 0 or left.name in known.gaps:
                return None
            return f"({whole} % {divisor})"
    return None


def _are_alike(left: SyntaxNode, right: SyntaxNode) -> bool:
    """Whether Python compares them as CEL does."""
    if left.type.is_number:
        return right.type.is_number
    return left.type.kind is right.type.kind is ValueKind.TEXT


def _needs_element(node: SyntaxNode) -> bool:
    """Whether a part has no value without an element."""
    return bool(names_in(node) & ELEMENT_FIELDS) and not has_choice(node)


def _joined(word: str, codes: Iterable[str]) -> str:
    decides = _NEVER if word == "and" else _ALWAYS
    other = _ALWAYS if word == "and" else _NEVER
    kept = [code for code in dict.fromkeys(codes) if code != other]
    if decides in kept:
        return decides
    if not kept:
        return other
    return kept[0] if len(kept) == 1 else f"({f' {word} '.join(kept)})"


def _literal(text: str) -> str:
    return ascii(text)
