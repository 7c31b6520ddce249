"""JSON paths (RFC 9535), as redaction and ignore rules use them.

A path may be a stranger's, as a recording brings its rules. Its expressions are searched in
linear time, and it may look at a value of a payload a few times only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError
from jsonpath.filter import BaseExpression, FilterQuery
from jsonpath.function_extensions import ExpressionType, FilterFunction
from jsonpath.match import JSONPathMatch
from jsonpath.selectors import Filter

from runtime.expression.patterns import LinearPattern
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.recording.json_places import Parts

LOOKS_PER_BYTE = 2
"""How often a path may look at a value, for each byte of the payload: a path with one `..` and a
plain filter looks at each value a few times, and a value with its comma has two bytes at least."""

FEWEST_LOOKS = 10_000
"""How often it may look at any payload."""


class JsonPath:
    """A path such as `$..password`.

    Raises:
        StudioError: it is no JSON path (E0703).
    """

    def __init__(self, text: str) -> None:
        self.text = text
        environment = _Environment()
        self._budget = environment.budget
        try:
            compiled = environment.compile(text)
        except JSONPathError as error:
            problem = str(error).splitlines()[0]
            raise StudioError([_no_path(text, problem)]) from error
        assert isinstance(compiled, JSONPath)  # a strict environment knows no unions
        self._path = _CountedPath(compiled, environment)

    def places(self, value: Any, size: int) -> list[Parts]:
        """Where it points in `value`, which was read from `size` bytes.

        Raises:
            StudioError: it would look at the value too often (E0703).
            RecursionError: the value is nested too deeply.
        """
        budget = self._budget
        budget.left = FEWEST_LOOKS + LOOKS_PER_BYTE * size
        try:
            return [match.parts for match in self._path.finditer(value)]
        except _TooManyLooksError as error:
            raise StudioError([_too_costly(self.text, size)]) from error


class _TooManyLooksError(Exception):
    """A path used up what it may look at."""


class _Budget:
    """How often a path may still look at a value."""

    def __init__(self) -> None:
        self.left = 0

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise _TooManyLooksError


class _LinearFunction(FilterFunction):
    """`match` or `search`; as RFC 9535 has it, a bad expression matches nothing."""

    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012
    return_type = ExpressionType.LOGICAL

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self._compiled: dict[str, LinearPattern | None] = {}

    def __call__(self, value: object, pattern: object) -> bool:
        if not isinstance(value, str) or not isinstance(pattern, str):
            return False
        if pattern not in self._compiled:
            if len(self._compiled) >= 100:
                self._compiled.clear()
            self._compiled[pattern] = _linear(pattern)
        compiled = self._compiled[pattern]
        return compiled is not None and compiled.matches(value, whole=self._whole)


class _Environment(JSONPathEnvironment):
    """The standard's functions, counting what a path looks at."""

    def __init__(self) -> None:
        self.budget = _Budget()
        super().__init__(strict=True, filter_caching=False)

    def setup_function_extensions(self) -> None:
        """Replaces the functions that search with Python's `re`."""
        super().setup_function_extensions()
        self.function_extensions["match"] = _LinearFunction(whole=True)
        self.function_extensions["search"] = _LinearFunction(whole=False)

    def is_truthy(self, obj: object) -> bool:
        """Called once for every value a filter looks at."""
        self.budget.spend()
        return super().is_truthy(obj)


class _CountedMatch(JSONPathMatch):
    """A value that was looked at."""

    __slots__ = ("_budget",)

    def __init__(self, budget: _Budget, value: Any, parts: Parts, root: Any) -> None:
        budget.spend()
        super().__init__(filter_context={}, obj=value, parent=None, path="", parts=parts, root=root)
        self._budget = budget

    def new_child(self, obj: object, key: int | str) -> JSONPathMatch:
        """Called for every value below this one that is looked at."""
        return _CountedMatch(self._budget, obj, (*self.parts, key), self.root)

    def add_child(self, *children: JSONPathMatch) -> None:
        """Nobody asks for them."""


class _CountedPath(JSONPath):
    """A path, and the paths in its filters, that begin with a counted value."""

    __slots__ = ("_budget",)

    def __init__(self, path: JSONPath, environment: _Environment) -> None:
        super().__init__(env=environment, segments=path.segments)
        self._budget = environment.budget
        for segment in self.segments:
            for selector in segment.selectors:
                if isinstance(selector, Filter):
                    _count_in(selector.expression, environment)

    def finditer(
        self, data: Any, *, filter_context: Mapping[str, Any] | None = None
    ) -> Iterable[JSONPathMatch]:
        """As of any path; but a text is itself, and not JSON to be read."""
        matches: Iterable[JSONPathMatch] = [_CountedMatch(self._budget, data, (), data)]
        for segment in self.segments:
            matches = segment.resolve(matches)
        return matches


def _count_in(expression: BaseExpression, environment: _Environment) -> None:
    if isinstance(expression, FilterQuery):
        expression.path = _CountedPath(expression.path, environment)
        return
    for child in expression.children():
        _count_in(child, environment)


def _linear(pattern: str) -> LinearPattern | None:
    try:
        return LinearPattern(pattern)
    except StudioError:
        return None


def _no_path(text: str, problem: str) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.INVALID_VALUE,
        f"{text!r} is no JSON path: {problem}",
        "Write one as in RFC 9535, e.g. $.user.name, $.items[*].time or $..token.",
    )


def _too_costly(text: str, size: int) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.INVALID_VALUE,
        f"the JSON path {text!r} looks at the values of a payload of {size} bytes more than "
        f"{FEWEST_LOOKS + LOOKS_PER_BYTE * size} times",
        "Use .. once, and no .. within a filter.",
    )
