"""A breakpoint as it is typed: a place, a condition, or `PLACE when CONDITION`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runtime.expression.expression import Condition
from runtime.expression.expression_error import ExpressionError
from runtime.expression.vocabulary import CALL
from runtime.model.linked import LinkedFlow
from runtime.model.text.nearest import nearest
from runtime.protocol.break_places import (
    BreakPlace,
    PlaceError,
    PlaceKind,
    parse_place,
    vocabulary_of,
)
from runtime.protocol.breakpoints import Breakpoint

WHEN = (" when ", " if ")
"""Between a place and a condition: `router input when json.level == "warn"`."""
_NAME = re.compile(r"[A-Za-z_][\w-]*")


def typed_breakpoint(text: str, flow: LinkedFlow) -> Breakpoint:
    """The breakpoint that a text stands for; a condition alone is asked of any call.

    Raises:
        PlaceError: it begins like a place, and names none.
        ExpressionError: the condition is none, or asks for what is not known at the place.
    """
    made = _read(text, flow)
    if made.condition:
        try:
            Condition(made.condition, vocabulary_of(made.place))
        except ExpressionError as error:
            word = _NAME.match(made.condition)
            if made.condition != text.strip() or error.column > 1 or word is None:
                raise
            raise _no_such_word(text, word.group(), flow) from None
    return made


def _no_such_word(text: str, word: str, flow: LinkedFlow) -> ExpressionError:
    """A text begins with a word that is neither a node nor a field."""
    fields = [field.name for field in CALL.fields]
    near = nearest(word, ["any", *flow.by_name, *fields])
    reason = f'"{word}" is no node and no field' + (f"; did you mean {near}?" if near else "")
    advice = f"Nodes: {', '.join(flow.by_name)}. Fields: {', '.join(fields)}."
    return ExpressionError(text.strip(), 1, reason, advice)


def _read(text: str, flow: LinkedFlow) -> Breakpoint:
    fault: PlaceError | None = None
    for where, condition in _parted(text):
        try:
            return Breakpoint(0, parse_place(where, flow), condition.strip())
        except PlaceError as error:
            fault = fault or error
    first = text.split()[0].partition(":")[0] if text.strip() else ""
    if fault is not None and (not first or first in (*flow.by_name, "any")):
        raise fault
    return Breakpoint(0, BreakPlace(PlaceKind.CALL), text.strip())


def _parted(text: str) -> Iterator[tuple[str, str]]:
    """Every way to part it, as the words may stand in a text of the condition too."""
    for word in WHEN:
        at = text.find(word)
        while at >= 0:
            yield text[:at], text[at + len(word) :]
            at = text.find(word, at + 1)
    yield text, ""
