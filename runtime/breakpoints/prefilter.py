"""What a payload needs for a condition over its call to hold, found out without the call.

First there are byte strings that must stand in it. Looking for them costs a fraction of decoding
the payload, and they can be looked for in many payloads at once. Then there is the part of the
condition that asks of nothing but the payload. A payload that has all of it may do: the condition
itself decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

from runtime.expression.call_record import PayloadRecord
from runtime.expression.expression import NO_VALUE
from runtime.expression.operations import Operations
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
    children,
    names_in,
)
from runtime.expression.translation import translate_any

PAYLOAD_FIELDS = frozenset({"text", "json"})
"""Fields that the payload alone tells."""


class _Clause(NamedTuple):
    needed: frozenset[bytes]
    """Byte strings of which one must stand in the payload."""
    of_name: bool = False
    """Whether it is a field's name, which most payloads may have."""

    @property
    def rank(self) -> tuple[bool, int]:
        """The higher, the fewer payloads are likely to have it."""
        return not self.of_name, min(map(len, self.needed - _UNUSUAL), default=0)


_ESCAPED = b"\\u00"
"""What the JSON escape of every ASCII character begins with; `"`, `\\`, `/` and control characters
have others."""
_WIDE = b'\0"\0'
"""In all JSON in UTF-16 or UTF-32 with a string in an object or array: a quote next to ASCII."""
_UNUSUAL = frozenset({_ESCAPED, _WIDE})
_TESTS_OF_TEXT = {"contains": ("", ""), "startsWith": ('"', ""), "endsWith": ("", '"')}
"""Methods that a text has to have a part for, and the quotes next to that part in JSON."""


class Prefilter:
    """Tells payloads for which one of several conditions may hold.

    The conditions are over calls. Not for two threads at a time.
    """

    def __init__(self, conditions: Sequence[SyntaxNode]) -> None:
        clauses = _one_of([_for_truth(node) for node in conditions])
        ranked = sorted(set(clauses), key=attrgetter("rank"), reverse=True)
        self._clauses = [sorted(one.needed, key=_UNUSUAL.__contains__) for one in ranked]
        self._only_names = all(one.of_name for one in ranked)
        """Whether nothing but names of fields is looked for, which most payloads may have."""
        parts = [_of_payload(node) for node in conditions]
        known = [part for part in parts if part is not None]
        self._holds = (
            translate_any(known, Operations(), ()) if known and len(known) == len(parts) else None
        )
        self._asks_json = "json" in set(chain.from_iterable(map(names_in, known)))
        self._record = PayloadRecord(_members_asked_for(known))

    @property
    def passes_all(self) -> bool:
        """Whether any payload may do."""
        return not self._clauses and self._holds is None

    def may_hold_within(self, data: bytes) -> bool:
        """False where a condition holds for no payload that stands in the data as it is."""
        for clause in self._clauses:
            for needed in clause:
                if needed in data:
                    break
            else:
                return False
        return True

    def passed(self, payloads: Mapping[int, bytes]) -> dict[int, bytes]:
        """Those of many for which a condition may hold when the element of its call has them."""
        within, holds = self.may_hold_within, self._holds
        if holds is None or not self._only_names:
            payloads = {number: data for number, data in payloads.items() if within(data)}
        if holds is None:
            return dict(payloads)
        record, as_json = self._record, self._asks_json
        stand_at = record.stand_at
        passed = {}
        for number, data in payloads.items():
            stand_at(data, as_json=as_json)
            try:
                if not holds(record):
                    continue
            except NO_VALUE:
                if not within(data):
                    continue
            passed[number] = data
        return passed


def _of_payload(condition: SyntaxNode) -> SyntaxNode | None:
    """The part that asks of nothing but the payload, and has to hold for all to hold."""
    operands = [condition]
    if isinstance(condition, Junction) and condition.sign == "&&":
        operands = condition.operands
    asked = [one for one in operands if names_in(one) <= PAYLOAD_FIELDS]
    return Junction(condition.column, "&&", asked) if asked else None


def _members_asked_for(conditions: Sequence[SyntaxNode]) -> list[str] | None:
    """Names of the members of an object in JSON that are asked for; None where all of it is."""
    found: set[str] = set()

    def collect(node: SyntaxNode) -> bool:
        match node:
            case (
                Member(operand=Name(name="json"), name=name)
                | Has(operand=Name(name="json"), name=name)
            ):
                found.add(name)
                return True
            case Index(operand=Name(name="json"), index=Literal(value=str(name))):
                found.add(name)
                return True
            case Name(name="json"):
                return False
        return all(map(collect, children(node)))

    return sorted(found) if all(map(collect, conditions)) else None


def _one_of(choices: Sequence[list[_Clause]]) -> list[_Clause]:
    """What is needed where one of the choices is: of each the clause that is likely met least."""
    if not choices or not all(choices):
        return []
    if len(choices) == 1:
        return choices[0]
    chosen = [max(clauses, key=attrgetter("rank")) for clauses in choices]
    needed = frozenset(chain.from_iterable(one.needed for one in chosen))
    return [_Clause(needed, any(one.of_name for one in chosen))]


def _for_truth(node: SyntaxNode) -> list[_Clause]:
    """What is needed for a part to be true."""
    match node:
        case Junction(sign="&&", operands=operands):
            return [*chain.from_iterable(map(_for_truth, operands))]
        case Junction(operands=operands):
            return _one_of([*map(_for_truth, operands)])
        case Has(operand=operand, name=name):
            found = _of_name(name) if _is_in_json(node) else []
            return _for_value(operand) + found
        case Binary(sign="==", left=left, right=Literal(value=str(text))):
            return _for_value(left) + _same(left, text)
        case Binary(sign="==", left=Literal(value=str(text)), right=right):
            return _for_value(right) + _same(right, text)
        case Binary(sign="in", left=Literal(value=str(text)), right=right):
            return _for_value(right) + (_same(right, text) if _is_in_json(right) else [])
        case Binary(sign="in", left=left, right=ListLiteral(items=items)):
            same = [
                _same(left, item.value)
                if isinstance(item, Literal) and isinstance(item.value, str)
                else []
                for item in items
            ]
            return _for_value(left) + _one_of(same)
        case Invocation(function=name, arguments=[text, Literal(value=str(part))]) if (
            name in _TESTS_OF_TEXT
        ):
            found = _of_json(part, *_TESTS_OF_TEXT[name]) if _is_in_json(text) else []
            return _for_value(text) + found + (_of_text(part) if _is_text(text) else [])
        case _:
            return _for_value(node)


def _for_value(node: SyntaxNode) -> list[_Clause]:
    """What is needed for a part to have any value: the names that lead to what it asks for."""
    match node:
        case Junction() | Conditional():
            return []
        case Macro(operand=operand):
            return _for_value(operand)
        case Member(operand=operand, name=name) if _is_in_json(node):
            return _for_value(operand) + _of_name(name)
        case Index(operand=operand, index=Literal(value=str(name))) if _is_in_json(node):
            return _for_value(operand) + _of_name(name)
        case _:
            return [*chain.from_iterable(map(_for_value, children(node)))]


def _same(node: SyntaxNode, text: str) -> list[_Clause]:
    if _is_text(node):
        return _of_text(text)
    return _of_json(text, '"', '"') if _is_in_json(node) else []


def _is_text(node: SyntaxNode) -> bool:
    return isinstance(node, Name) and node.name == "text"


def _is_in_json(node: SyntaxNode) -> bool:
    """Whether it is something in the payload's JSON, not that JSON itself."""
    if not isinstance(node, Member | Index | Has):
        return False
    operand = node.operand
    return _is_in_json(operand) or (isinstance(operand, Name) and operand.name == "json")


def _of_text(part: str) -> list[_Clause]:
    """Bytes that are no UTF-8 become U+FFFD in the text, and nothing else changes."""
    if not part or "\N{REPLACEMENT CHARACTER}" in part:
        return []
    try:
        return [_Clause(frozenset((part.encode(),)))]
    except UnicodeEncodeError:  # a lone surrogate
        return []


def _of_json(part: str, before: str, after: str) -> list[_Clause]:
    """A part of a string as JSON has it; none for what can be escaped in several ways."""
    plain = part.isascii() and part.isprintable() and not set(part) & set('"\\/')
    needed = f"{before}{part}{after}"
    return [_Clause(frozenset((needed.encode(), _ESCAPED, _WIDE)))] if plain and needed else []


def _of_name(name: str) -> list[_Clause]:
    return [one._replace(of_name=True) for one in _of_json(name, '"', '"')]
