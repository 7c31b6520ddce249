"""What a user typed behind `/`: words, regular expressions, conditions over fields.

`word`, `"two words"` and `/regex/` look into the text that is seen; lower case finds both. Anything
with a comparison or a function in it, `depth > 20`, is a condition in the language of breakpoints.
`!` negates, `&` and `|` join, round brackets group.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import field
from functools import lru_cache
from typing import Protocol

from runtime.expression.expression import Condition
from runtime.expression.expression_error import ExpressionError
from runtime.expression.patterns import LinearPattern
from runtime.expression.value_types import BOOL
from runtime.expression.vocabulary import Vocabulary
from runtime.model.errors import StudioError
from runtime.model.lazy.dataclass import dataclass

LONGEST = 500
"""Characters of a query."""

DEEPEST = 30
"""Brackets and negations in each other."""


class QueryError(Exception):
    """What was typed says nothing; the text tells why, at which character."""


@dataclass(frozen=True, slots=True)
class TextTerm:
    """Text or a regular expression that is looked for."""

    pattern: LinearPattern

    def holds(self, text: str, record: object) -> bool:
        """True when the text has it."""
        return self.pattern.matches(text, whole=False)


@dataclass(frozen=True, slots=True)
class FieldsTerm:
    """A condition over the fields of what a row shows."""

    condition: Condition

    def holds(self, text: str, record: object) -> bool:
        """True when there are fields, and they are so."""
        return record is not None and self.condition.holds(record)


@dataclass(frozen=True, slots=True)
class NotTerm:
    """Everything else."""

    term: Term

    def holds(self, text: str, record: object) -> bool:
        """True when the term does not hold."""
        return not self.term.holds(text, record)


@dataclass(frozen=True, slots=True)
class JoinedTerms:
    """Several terms: all of them, or one at least."""

    terms: tuple[Term, ...]
    every: bool

    def holds(self, text: str, record: object) -> bool:
        """Asks no more terms than are needed."""
        if self.every:
            return all(term.holds(text, record) for term in self.terms)
        return any(term.holds(text, record) for term in self.terms)


class Term(Protocol):
    """A part of a query."""

    def holds(self, text: str, record: object) -> bool:
        """Whether it holds for a text that is seen, and the record behind it, if there is one."""
        ...


@dataclass(frozen=True)
class Query:
    """A query that was understood."""

    text: str
    term: Term
    fields: int = 0
    """Conditions over fields in it."""
    shown: tuple[LinearPattern, ...] = field(default=(), repr=False)
    """Patterns of what is looked for, not of what is excluded: they are highlighted."""

    def matches(self, text: str, record: Callable[[], object] | None = None) -> bool:
        """Whether a row is looked for; `record` is asked for only where fields are."""
        made = record() if self.fields and record is not None else None
        return self.term.holds(text, made)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where in a text something stands that is looked for, as characters, in order."""
        data = text.encode("utf-8", "surrogatepass")
        found = (span for pattern in self.shown for span in pattern.found_in(data))
        return sorted((_characters(data, start), _characters(data, end)) for start, end in found)

    @property
    def pattern(self) -> LinearPattern | None:
        """The one pattern that this query is; None when it is more, or other, than that."""
        return self.term.pattern if isinstance(self.term, TextTerm) else None


def parse_query(text: str, vocabulary: Vocabulary | None = None) -> Query:
    """The query, over records of that vocabulary; without one there are no fields.

    Raises `QueryError`.
    """
    if len(text) > LONGEST:
        raise QueryError(f"Up to {LONGEST} characters are searched for.")
    parser = _Parser(text, vocabulary)
    term = parser.parse()
    return Query(text, term, parser.fields, tuple(parser.shown))


def literal(words: str) -> LinearPattern:
    """What finds a text; in lower case it finds capitals too."""
    return _compiled(re.escape(words), words == words.lower())


@lru_cache(maxsize=64)
def _compiled(pattern: str, any_case: bool) -> LinearPattern:
    try:
        return LinearPattern(pattern, as_written=True, any_case=any_case)
    except StudioError as error:
        words = error.diagnostics[0].message.removeprefix("the rule ")
        raise QueryError(f"/{pattern}/ {words.partition(' ')[2]}.") from None


def _characters(data: bytes, offset: int) -> int:
    return len(data[:offset].decode("utf-8", "surrogatepass"))


_LIKE_A_CONDITION = re.compile(r"[=!<>]=|(?<![-=])>|<|\bin\b|\w\(|\w\.\w|\w\[")
"""A comparison, a function, a field of a field; no arrow."""

_COMPARES_A_NAME = re.compile(r"\s*[A-Za-z_]\w*(?:\.\w+|\[[^\]]*\])*\s*(?:[=!<>]=|(?<![-=])>|<)")
"""What begins so is meant as a condition, also where the name is no field."""

_FIRST_NAME = re.compile(r"\s*([A-Za-z_]\w*)")

_PIECE = re.compile(
    r"""
    (?P<blank>\s+)
    | (?P<or>\|\|?)
    | (?P<and>&&?)
    | (?P<not>!(?!=))
    | (?P<open>\()
    | (?P<close>\))
    | (?P<regex>/(?:[^/\\]|\\.)*(?P<end>/?))
    | (?P<words>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_NEGATES = re.compile("!(?!=)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?|\'(?:[^\'\\]|\\.)*\'?')


class _Parser:
    """Recursive descent: `|` binds least, then `&`, then `!`."""

    def __init__(self, text: str, vocabulary: Vocabulary | None) -> None:
        self._text = text
        self._vocabulary = vocabulary
        self._pieces = list(self._cut())
        self._at = 0
        self._excluded = 0
        self._depth = 0
        self.fields = 0
        self.shown: list[LinearPattern] = []

    def parse(self) -> Term:
        term = self._any()
        if self._kind() is not None:
            raise QueryError(f"Character {self._pieces[self._at][2] + 1}: `)` closes nothing.")
        return term

    def _kind(self) -> str | None:
        return self._pieces[self._at][0] if self._at < len(self._pieces) else None

    def _any(self) -> Term:
        terms = [self._every()]
        while self._kind() == "or":
            self._at += 1
            terms.append(self._every())
        return terms[0] if len(terms) == 1 else JoinedTerms(tuple(terms), every=False)

    def _every(self) -> Term:
        terms = [self._one()]
        while self._kind() in ("and", "words", "regex", "not", "open"):
            if self._kind() == "and":
                self._at += 1
            terms.append(self._one())
        return terms[0] if len(terms) == 1 else JoinedTerms(tuple(terms), every=True)

    def _one(self) -> Term:
        kind = self._kind()
        if kind is None:
            raise QueryError("Something to look for is missing at the end.")
        _, text, start = self._pieces[self._at]
        self._at += 1
        match kind:
            case "not" | "open":
                self._depth += 1
                if self._depth > DEEPEST:
                    raise QueryError(f"Up to {DEEPEST} brackets and ! stand in each other.")
                made = self._negated() if kind == "not" else self._bracketed(start)
                self._depth -= 1
                return made
            case "regex":
                return self._text_term(_compiled(text, text == text.lower()))
            case "words":
                return self._words(text, start)
            case _:
                raise QueryError(f"Character {start + 1}: something to look for is missing.")

    def _negated(self) -> Term:
        self._excluded += 1
        term = NotTerm(self._one())
        self._excluded -= 1
        return term

    def _bracketed(self, start: int) -> Term:
        made = self._any()
        if self._kind() != "close":
            raise QueryError(f"Character {start + 1}: `(` is not closed.")
        self._at += 1
        return made

    def _words(self, text: str, start: int) -> Term:
        if not self._is_condition(text):
            bare = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
            return self._text_term(literal(bare))
        if self._vocabulary is None:
            raise QueryError("There are no fields here: words and /regex/ are looked for.")
        try:
            condition = Condition(text, self._vocabulary)
        except ExpressionError as error:
            at = start + error.column
            ends = "" if error.reason.endswith("?") else "."
            why = f"Character {at}: {error.reason}{ends} {error.advice}"
            raise QueryError(why.rstrip()) from None
        self.fields += 1
        return FieldsTerm(condition)

    def _is_condition(self, text: str) -> bool:
        unquoted = _QUOTED.sub('""', text)
        if self._vocabulary is not None and self._vocabulary.field_type(text) == BOOL:
            return True
        if _LIKE_A_CONDITION.search(unquoted) is None:
            return False
        if _COMPARES_A_NAME.match(unquoted):
            return True
        name = _FIRST_NAME.match(unquoted)
        known = self._vocabulary
        return name is not None and known is not None and known.field_type(name[1]) is not None

    def _text_term(self, pattern: LinearPattern) -> TextTerm:
        if not self._excluded:
            self.shown.append(pattern)
        return TextTerm(pattern)

    def _cut(self) -> Iterator[tuple[str, str, int]]:
        """Pieces: their kind, their text, where they begin. Words that touch are one piece."""
        at = 0
        text = self._text
        while at < len(text):
            found = _PIECE.match(text, at)
            assert found is not None
            kind = found.lastgroup if found.lastgroup != "end" else "regex"
            if kind == "blank":
                at = found.end()
            elif kind == "regex":
                inner = found[0][1:-1] if found["end"] else found[0][1:]
                if inner:
                    yield "regex", inner, at
                at = found.end()
            elif kind == "words":
                end = self._end_of_words(at)
                yield "words", text[at:end].rstrip(), at
                at = end
            else:
                yield str(kind), found[0], at
                at = found.end()

    def _end_of_words(self, at: int) -> int:
        """Where words, or a condition, end: at what joins, or at a bracket that closes more."""
        depth = 0
        text = self._text
        while at < len(text):
            quoted = _QUOTED.match(text, at)
            if quoted is not None:
                at = quoted.end()
                continue
            sign = text[at]
            if sign in "([":
                depth += 1
            elif sign in ")]":
                if depth:
                    depth -= 1
                elif sign == ")":
                    return at
            elif (not depth and sign in "|&") or (
                not depth and sign == "!" and text[at + 1 : at + 2] != "="
            ):
                return at
            at += 1
        return at
