"""What is wrong with an expression, at which column; and what went wrong when it was evaluated."""

from __future__ import annotations

import unicodedata

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.text.printable import printable


class ExpressionError(StudioError):
    """The text is no expression (E0703)."""

    def __init__(self, text: str, column: int, reason: str, advice: str = "") -> None:
        """`column` counts characters from 1; the one after the last is the end of the text."""
        self.text = text
        self.column = column
        """Counted from 1, in characters."""
        self.reason = reason
        """What is wrong, without an end sign: `"=" is not known here; equal is ==`."""
        self.advice = advice
        """What to do, in one sentence; "" where the reason says it."""
        super().__init__([self.diagnostic()])

    def diagnostic(self, file: str | None = None, line: int | None = None) -> Diagnostic:
        """The problem with its caret, for the command line; in a file, where it stands there."""
        shown, caret = caret_lines(self.text, self.column)
        return Diagnostic(
            Severity.ERROR,
            Code.INVALID_VALUE,
            f"{self.reason}\n    {shown}\n    {caret}",
            self.advice or 'Conditions are written as in CEL: json.level == "warn" && size > 100.',
            file=file,
            line=line,
            column=self.column if line is not None else None,
        )


class EvaluationError(Exception):
    """An expression has no value for this record."""

    def __init__(self, reason: str, column: int = 0, *, missing: bool = False) -> None:
        """`column` as in `ExpressionError`, 0 where it is not known."""
        self.reason = reason
        self.column = column
        self.missing = missing
        """True when something that it asks for is not there: a field, a key, an item."""
        super().__init__(reason)


class TooMuchWorkError(EvaluationError):
    """An evaluation spent what it may; nothing makes good for it."""


class MissingError(EvaluationError):
    """Raised by a record for a field that it does not have."""

    def __init__(self, reason: str) -> None:
        """`reason` says why it is not there: "the payload is no JSON"."""
        super().__init__(reason, missing=True)


def caret_lines(text: str, column: int) -> tuple[str, str]:
    """The text in one line, safe for a terminal, and a line with a caret below the column."""
    before = printable(text[: column - 1])
    return printable(text), " " * sum(map(_cells, before)) + "^"


def _cells(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
