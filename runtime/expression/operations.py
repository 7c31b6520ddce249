"""What operators and functions do with values that are known only when they are evaluated.

One evaluation may look at so many items, and search so much text, and no more: an expression may
be a stranger's, as it comes with a project.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from runtime.expression.expression_error import (
    EvaluationError,
    MissingError,
    TooMuchWorkError,
)
from runtime.expression.lexer import MAX_INT
from runtime.expression.patterns import LinearPattern
from runtime.expression.value_types import ValueKind, kind_of
from runtime.model.errors import StudioError

BUDGET = 300_000
"""What one evaluation may spend: 1 for an item that is looked at or compared, and for so many
characters of text as follow."""
CHARACTERS = 64
"""Of text that is compared or searched for a text."""
PATTERN_WORK = 1024
"""Of text times the size of the pattern's program."""
MAX_PATTERNS = 100
"""Patterns kept compiled."""

MISSING: Final = object()
"""Stands for the value of what is not there."""

Thunk = Callable[[], Any]
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


class Operations:
    """Operators with a budget. Columns are those of the operator, for its error."""

    def __init__(self) -> None:
        self.left = BUDGET
        self._patterns: dict[str, LinearPattern | str] = {}

    def spend(self, steps: int, column: int) -> None:
        """Count work. Raises `TooMuchWorkError` when there was too much."""
        self.left -= steps
        if self.left < 0:
            raise TooMuchWorkError("it looks at too much of the payload", column)

    # ---- fields and items

    def field(self, record: Any, name: str, column: int) -> Any:
        """A field of the record."""
        try:
            return getattr(record, name)
        except MissingError as error:
            raise EvaluationError(f"{name}: {error.reason}", column, missing=True) from error

    def at(self, record: Any, *path: str) -> Any:
        """What the record's JSON has at a path; `MISSING` when it has nothing there."""
        value = record.peek_json(MISSING)
        for name in path:
            if type(value) is not dict:
                return MISSING
            value = value.get(name, MISSING)
        return value

    def order(self, left: Any, right: Any, column: int) -> bool:
        """False for what is missing, an error for what cannot be compared."""
        if left is MISSING:
            return False
        reason = f"{_what(left)} cannot be compared with {_what(right)}"
        raise EvaluationError(reason, column)

    def lookup(self, record: Any, name: str, key: str, column: int) -> Any:
        """What a lookup of the record gives."""
        try:
            return record.look_up(name, key)
        except MissingError as error:
            raise EvaluationError(error.reason, column, missing=True) from error

    def member(self, value: Any, name: str, column: int) -> Any:
        """`value.name`."""
        if not isinstance(value, Mapping):
            raise EvaluationError(f"{_what(value)} has no field {name}", column, missing=True)
        try:
            return value[name]
        except KeyError:
            raise EvaluationError(f"there is no field {name}", column, missing=True) from None
        except MissingError as error:
            raise EvaluationError(f"{name}: {error.reason}", column, missing=True) from error

    def has(self, value: Any, name: str, column: int) -> bool:
        """`has(value.name)`."""
        if not isinstance(value, Mapping):
            raise EvaluationError(f"{_what(value)} has no field {name}", column, missing=True)
        return name in value

    def item(self, value: Any, index: Any, column: int) -> Any:
        """`value[index]`."""
        if isinstance(value, Mapping):
            if not isinstance(index, str):
                reason = f"an object has no field {_what(index)}"
                raise EvaluationError(reason, column, missing=True)
            return self.member(value, index, column)
        if not isinstance(value, (list, tuple)):
            raise EvaluationError(f"{_what(value)} has no items", column, missing=True)
        if isinstance(index, bool) or not isinstance(index, (int, float)) or index % 1:
            raise EvaluationError(f"a list has no item {_what(index)}", column)
        if not 0 <= index < len(value):
            raise EvaluationError(f"there is no item {index:g}", column, missing=True)
        return value[int(index)]

    # ---- conditions

    def truth(self, value: Any, column: int) -> bool:
        """The value where a condition is wanted."""
        if isinstance(value, bool):
            return value
        raise EvaluationError(f"a condition is true or false, and this is {_what(value)}", column)

    def every(self, *operands: Thunk) -> bool:
        """`&&`: false when one is false, whatever became of the others."""
        return self._joined(operands, False)

    def some(self, *operands: Thunk) -> bool:
        """`||`: true when one is true, whatever became of the others."""
        return self._joined(operands, True)

    def _joined(self, operands: Sequence[Callable[[], object]], decides: bool) -> bool:
        failed: EvaluationError | None = None
        for operand in operands:
            try:
                if operand() is decides:
                    return decides
            except TooMuchWorkError:
                raise
            except EvaluationError as error:
                failed = failed or error
        if failed is not None:
            raise failed
        return not decides

    # ---- comparisons

    def equal(self, left: Any, right: Any, column: int) -> bool:
        """`==`; numbers are equal across their kinds, true and 1 are not."""
        if isinstance(left, str) and isinstance(right, str):
            self.spend(1 + len(left) // CHARACTERS, column)
            return left == right
        self.spend(1, column)
        one, other = kind_of(left), kind_of(right)
        numbers = (ValueKind.INT, ValueKind.DOUBLE)
        if one is not other and not (one in numbers and other in numbers):
            return False
        if one is ValueKind.LIST:
            if len(left) != len(right):
                return False
            pairs = zip(left, right, strict=True)
            return all(self.equal(a, b, column) for a, b in pairs)
        if one is ValueKind.OBJECT:
            if len(left) != len(right):
                return False
            return all(key in right and self.equal(left[key], right[key], column) for key in left)
        return bool(left == right)

    def less(self, left: Any, right: Any, column: int) -> bool:
        """`<`."""
        self._need_order(left, right, column)
        return bool(left < right)

    def at_most(self, left: Any, right: Any, column: int) -> bool:
        """`<=`."""
        self._need_order(left, right, column)
        return bool(left <= right)

    def _need_order(self, left: Any, right: Any, column: int) -> None:
        one, other = type(left), type(right)
        if one in (int, float) and other in (int, float):
            return
        if one is not other or one not in (str, bool):
            reason = f"{_what(left)} cannot be compared with {_what(right)}"
            raise EvaluationError(reason, column)
        if one is str:
            self.spend(min(len(left), len(right)) // CHARACTERS, column)

    def within(self, value: Any, among: Any, column: int) -> bool:
        """`value in among`."""
        if isinstance(among, Mapping):
            return isinstance(value, str) and value in among
        if not isinstance(among, (list, tuple)):
            raise EvaluationError(f"in looks into a list, and this is {_what(among)}", column)
        return any(self.equal(value, item, column) for item in among)

    # ---- calculations

    def add(self, left: Any, right: Any, column: int) -> Any:
        """`+`, also of texts and lists."""
        both = (str, str), (list, list), (tuple, list), (list, tuple)
        if (type(left), type(right)) in both:
            self.spend(1 + (len(left) + len(right)) // (1 if type(left) is list else 16), column)
            return left + right if isinstance(left, str) else [*left, *right]
        return self._number(lambda: left + right, left, right, "+", column)

    def subtract(self, left: Any, right: Any, column: int) -> Any:
        """`-`."""
        return self._number(lambda: left - right, left, right, "-", column)

    def multiply(self, left: Any, right: Any, column: int) -> Any:
        """`*`."""
        return self._number(lambda: left * right, left, right, "*", column)

    def divide(self, left: Any, right: Any, column: int) -> Any:
        """`/`; of whole numbers cut towards 0, of others infinite by 0."""
        if type(left) is float and type(right) is float and right == 0:
            if left == 0 or math.isnan(left):
                return math.nan
            return math.copysign(math.inf, left) * math.copysign(1.0, right)
        if type(left) is int:
            self._need_divisor(right, column)
            return self._number(lambda: _quotient(left, right), left, right, "/", column)
        return self._number(lambda: left / right, left, right, "/", column)

    def remainder(self, left: Any, right: Any, column: int) -> Any:
        """`%`, with the sign of the left side."""
        if type(left) is not int or type(right) is not int:
            raise EvaluationError(f"% takes whole numbers, not {_what(left)}", column)
        self._need_divisor(right, column)
        return left - right * _quotient(left, right)

    def negate(self, value: Any, column: int) -> Any:
        """`-value`."""
        return self._number(lambda: -value, value, value, "-", column)

    def _need_divisor(self, value: Any, column: int) -> None:
        if type(value) is int and value == 0:
            raise EvaluationError("there is nothing to divide by: 0", column)

    def _number(self, make: Thunk, left: Any, right: Any, sign: str, column: int) -> Any:
        kind = type(left)
        if kind not in (int, float) or type(right) is not kind:
            reason = f"{sign} takes two numbers of one kind, not {_what(left)} and {_what(right)}"
            raise EvaluationError(reason, column)
        made = make()
        if kind is int and not -MAX_INT - 1 <= made <= MAX_INT:
            raise EvaluationError("the number grows beyond 64 bits", column)
        return made

    # ---- functions

    def size(self, value: Any, column: int) -> int:
        """Characters of a text, items of a list, fields of an object."""
        if isinstance(value, (str, list, tuple, Mapping)):
            return len(value)
        raise EvaluationError(f"size() cannot be asked of {_what(value)}", column)

    def whole(self, value: Any, column: int) -> int:
        """`int(value)`: cut towards 0, or read from a text."""
        made: int | None = None
        if isinstance(value, str):
            made = int(value) if _WHOLE.fullmatch(value) else None
        elif type(value) is int or (type(value) is float and math.isfinite(value)):
            made = int(value)
        if made is None or not -MAX_INT - 1 <= made <= MAX_INT:
            raise EvaluationError(f"{_what(value)} is no whole number", column)
        return made

    def decimal(self, value: Any, column: int) -> float:
        """`double(value)`."""
        if isinstance(value, str):
            if len(value) < 100 and _DECIMAL.fullmatch(value):
                return float(value)
        elif type(value) in (int, float):
            return _nearest_double(value)
        raise EvaluationError(f"{_what(value)} is no number", column)

    def contains(self, text: Any, part: Any, column: int) -> bool:
        """`text.contains(part)`."""
        self._need_texts(text, part, "contains", column)
        return bool(part in text)

    def starts(self, text: Any, part: Any, column: int) -> bool:
        """`text.startsWith(part)`."""
        self._need_texts(text, part, "startsWith", column)
        return bool(text.startswith(part))

    def ends(self, text: Any, part: Any, column: int) -> bool:
        """`text.endsWith(part)`."""
        self._need_texts(text, part, "endsWith", column)
        return bool(text.endswith(part))

    def matches(self, text: Any, pattern: Any, column: int) -> bool:
        """`text.matches(pattern)`: anywhere in it."""
        self._need_texts(text, pattern, "matches", column)
        found = self._patterns.get(pattern)
        if found is None:
            if len(self._patterns) >= MAX_PATTERNS:
                self._patterns.clear()
            self.spend(1_000, column)
            try:
                found = LinearPattern(pattern, as_written=True)
            except StudioError as error:
                found = error.diagnostics[0].message
            self._patterns[pattern] = found
        if isinstance(found, str):
            raise EvaluationError(found, column)
        self.spend(len(text) * found.program_size // PATTERN_WORK, column)
        return found.matches(text, whole=False)

    def _need_texts(self, text: Any, part: Any, name: str, column: int) -> None:
        if not isinstance(text, str) or not isinstance(part, str):
            wrong = part if isinstance(text, str) else text
            raise EvaluationError(f"{name}() is for text, and this is {_what(wrong)}", column)
        looked_at = text if name in ("contains", "matches") else part
        self.spend(1 + len(looked_at) // CHARACTERS, column)

    # ---- macros

    def items(self, value: Any, column: int) -> Sequence[Any]:
        """What a macro goes through: items of a list, names of an object's fields."""
        if isinstance(value, Mapping):
            return list(value)
        if isinstance(value, (list, tuple)):
            return value
        raise EvaluationError(f"{_what(value)} has no items to go through", column)

    def every_item(self, value: Any, asked: Callable[[Any], bool], column: int) -> bool:
        """`value.all(i, asked)`."""
        return self._folded(value, asked, False, column)

    def some_item(self, value: Any, asked: Callable[[Any], bool], column: int) -> bool:
        """`value.exists(i, asked)`."""
        return self._folded(value, asked, True, column)

    def _folded(self, value: Any, asked: Callable[[Any], bool], decides: bool, column: int) -> bool:
        failed: EvaluationError | None = None
        for item in self.items(value, column):
            self.spend(1, column)
            try:
                if asked(item) is decides:
                    return decides
            except TooMuchWorkError:
                raise
            except EvaluationError as error:
                failed = failed or error
        if failed is not None:
            raise failed
        return not decides

    def one_item(self, value: Any, asked: Callable[[Any], bool], column: int) -> bool:
        """`value.exists_one(i, asked)`."""
        return len(self.chosen(value, asked, column)) == 1

    def chosen(self, value: Any, asked: Callable[[Any], bool], column: int) -> list[Any]:
        """`value.filter(i, asked)`."""
        items = self.items(value, column)
        return [item for item in items if self._counted(asked, item, column)]

    def made(self, value: Any, make: Callable[[Any], Any], column: int) -> list[Any]:
        """`value.map(i, make)`."""
        return [self._counted(make, item, column) for item in self.items(value, column)]

    def _counted(self, asked: Callable[[Any], Any], item: Any, column: int) -> Any:
        self.spend(1, column)
        return asked(item)


def _what(value: object) -> str:
    return kind_of(value).value


def _quotient(left: int, right: int) -> int:
    """Cut towards 0, where Python's `//` cuts downwards."""
    made = abs(left) // abs(right)
    return made if (left < 0) is (right < 0) else -made


def _nearest_double(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
