"""A breakpoint as it is typed: a place, a condition, or `PLACE when CONDITION`."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.expression.expression import Condition
from runtime.model.linked import LinkedFlow
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


def typed_breakpoint(text: str, flow: LinkedFlow) -> Breakpoint:
    """The breakpoint that a text stands for; a condition alone is asked of any call.

    Raises:
        PlaceError: it begins like a place, and names none.
        ExpressionError: the condition is none, or asks for what is not known at the place.
    """
    made = _read(text, flow)
    if made.condition:
        Condition(made.condition, vocabulary_of(made.place))
    return made


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
