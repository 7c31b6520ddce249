"""Expressions and conditions: compiled once, asked for every call.

The language is CEL's, cut to what a condition over one call needs (docs/conditions.md): fields of
a record, JSON in them, comparisons, `&& || !`, calculations, `in`, `? :`, functions on text, and
`all`, `exists`, `exists_one`, `filter`, `map`. What it takes, it takes as CEL does; the tests hold
it against Google's implementation. Beyond CEL, a decimal number may be compared with a whole one.

- A field is made when the expression asks for it: a payload is parsed only for `json`.
- What is wrong with names and types is found when it is compiled, with its column. What JSON holds
  is known only when it is evaluated.
- Something that is not there (a field of a call without element, a key, an item), and a value of
  another type than is needed, leaves an expression without a value. `&&` is false all the same
  when another operand is false, and `||` true when another is true. A condition without a value
  does not hold; it keeps the first reason that is no matter of something missing, to be told once.
- An evaluation is bounded: by the length and depth of the text, by how many items it looks at and
  how much text it searches (`operations.BUDGET`), and patterns are searched in linear time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

from runtime.expression.asked_paths import paths_in
from runtime.expression.checker import check
from runtime.expression.expression_error import (
    EvaluationError,
    ExpressionError,
    MissingError,
    TooMuchWorkError,
)
from runtime.expression.operations import Operations
from runtime.expression.parser import parse
from runtime.expression.syntax import Junction, SyntaxNode, has_choice
from runtime.expression.translation import translate, translate_any
from runtime.expression.value_types import ValueKind, ValueType, kind_of
from runtime.expression.vocabulary import CALL, ELEMENT_FIELDS, Vocabulary

NO_VALUE = (EvaluationError, KeyError, TypeError, IndexError, RecursionError)
"""What the quick way fails with where there is no value."""


class Expression:
    """An expression over the records of one vocabulary. Not for two threads at a time.

    Raises:
        ExpressionError: the text is none; it says at which column and why.
    """

    def __init__(self, text: str, vocabulary: Vocabulary = CALL) -> None:
        self.text = text
        self.vocabulary = vocabulary
        self.node = parse(text)
        """What it is made of."""
        self.fields = check(text, self.node, vocabulary)
        """The fields and lookups that it asks for."""
        self._operations = Operations()
        self._quick = self._translated(exact=False)
        self._exact: Callable[[Any], Any] | None = None

    @property
    def type(self) -> ValueType:
        """What its values are, as far as that is known."""
        return self.node.type

    @property
    def column(self) -> int:
        """Of the part that gives the value."""
        return self.node.column

    @property
    def paths(self) -> tuple[str, ...]:
        """What it asks for, each as an expression of its own: `node`, `json.level`."""
        return paths_in(self.node, self.vocabulary)

    @cached_property
    def asked(self) -> tuple[Expression, ...]:
        """`paths` as expressions; a path that cannot stand alone is left out."""
        found = []
        for path in self.paths:
            with suppress(ExpressionError):
                found.append(Expression(path, self.vocabulary))
        return tuple(found)

    def evaluate(self, record: Any) -> Any:
        """Its value: None, a bool, int, float, str, list, or mapping.

        Raises:
            EvaluationError: it has none for this record.
        """
        try:
            return self._quick(record)
        except TooMuchWorkError:
            raise
        except NO_VALUE:
            return self._exactly(record)

    def _exactly(self, record: Any) -> Any:
        if self._exact is None:
            self._exact = self._translated(exact=True)
        try:
            return self._exact(record)
        except RecursionError:
            raise EvaluationError("the payload is nested too deeply") from None

    def _translated(self, *, exact: bool) -> Callable[[Any], Any]:
        lookups = tuple(one.name for one in self.vocabulary.lookups)
        return translate(self.node, self._operations, lookups, exact=exact)


class Condition(Expression):
    """An expression that holds or does not.

    Raises:
        ExpressionError: the text is no expression, or its value is neither true nor false.
    """

    def __init__(self, text: str, vocabulary: Vocabulary = CALL) -> None:
        super().__init__(text, vocabulary)
        if self.type.kind not in (ValueKind.BOOL, ValueKind.ANY):
            reason = f"a condition is true or false, and this is {self.type.kind.value}"
            raise ExpressionError(text, self.column, reason, _ADVICE.get(self.type.kind, ""))
        self._fails_whole = _fails_whole(self.node)
        self.needs_element = self._fails_whole and bool(self.fields & ELEMENT_FIELDS)
        """Whether it cannot hold without an element."""
        self.unanswered = 0
        """How often it had no value, and did not hold for that."""
        self.missing = 0
        """How often of these something was not there that it asked for."""
        self.first_failure: EvaluationError | None = None
        """Why it had no value the first time that this was no matter of something missing."""

    def holds(self, record: Any) -> bool:
        """Whether it holds for the record; never raises."""
        try:
            value = self._quick(record)
        except KeyError:
            value = _NOT_THERE if self._fails_whole else self._or_error(record)
        except TooMuchWorkError as error:
            value = error
        except EvaluationError as error:
            whole = error.missing and self._fails_whole
            value = _NOT_THERE if whole else self._or_error(record)
        except NO_VALUE:
            value = self._or_error(record)
        if value is True or value is False:
            return value
        return self._is_neither(value)

    def _or_error(self, record: Any) -> Any:
        try:
            return self._exactly(record)
        except EvaluationError as error:
            return error

    def _is_neither(self, value: Any) -> bool:
        self.unanswered += 1
        if not isinstance(value, EvaluationError):
            what = kind_of(value).value
            value = EvaluationError(f"its value is {what}, not true or false", self.column)
        if value.missing:
            self.missing += 1
        elif self.first_failure is None:
            self.first_failure = value
        return False


def any_of(conditions: Sequence[Condition]) -> Callable[[Any], bool]:
    """A function that is false where none of the conditions holds, and all have a value.

    Where it is true, or raises one of `NO_VALUE`, each is to be asked. They have one vocabulary,
    and a record has `peek_json`. What is missing is not counted.
    """
    lookups = tuple(one.name for one in conditions[0].vocabulary.lookups)
    return translate_any([one.node for one in conditions], Operations(), lookups)


def _fails_whole(node: SyntaxNode) -> bool:
    """Whether a condition cannot hold where a part of it has no value."""
    if isinstance(node, Junction) and node.sign == "&&":
        return all(map(_fails_whole, node.operands))
    return not has_choice(node)


_NOT_THERE = MissingError("something that it asks for is not there")
_ADVICE = {
    ValueKind.TEXT: 'Compare it: … == "…", or ask ….contains("…").',
    ValueKind.INT: "Compare it: … > 10.",
    ValueKind.DOUBLE: "Compare it: … > 10.0.",
    ValueKind.LIST: "Ask ….size() > 0, or ….exists(i, …).",
}
