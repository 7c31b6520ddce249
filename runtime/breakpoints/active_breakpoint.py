"""A breakpoint at work: its compiled condition, and its counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from runtime.expression.call_record import ElementRecord
from runtime.expression.expression import Condition
from runtime.expression.expression_error import EvaluationError
from runtime.model.linked import LinkedFlow
from runtime.protocol.break_places import BEFORE, PlaceKind, vocabulary_of
from runtime.protocol.breakpoints import (
    VALUE_CHARACTERS,
    BreakHit,
    Breakpoint,
    BreakpointRow,
    Then,
)

_AFTER_FIELDS = frozenset({"port", "ms", "fuel", "outputs"})
"""What is known only when a call has been made."""


class ActiveBreakpoint:
    """Counts its hits, and says which of them act.

    Raises:
        ExpressionError: the condition is none, or asks for what is not known at the place.
    """

    def __init__(self, breakpoint: Breakpoint) -> None:
        self.breakpoint = breakpoint
        self.condition = (
            Condition(breakpoint.condition, vocabulary_of(breakpoint.place))
            if breakpoint.condition.strip()
            else None
        )
        self.hits = 0
        self.last_call: int | None = None

    @property
    def is_before(self) -> bool:
        """Whether it is asked before a call is made."""
        kind = self.breakpoint.place.kind
        if kind is PlaceKind.CALL:
            return self.condition is None or not self.condition.fields & _AFTER_FIELDS
        return kind in BEFORE

    def meets(self, record: ElementRecord, call: int) -> bool:
        """Whether the record is a hit that acts; every hit is counted."""
        condition = self.condition
        if condition is not None:
            record.hits = self.hits
            if not condition.holds(record):
                return False
        self.hits += 1
        self.last_call = call
        over = self.hits - self.breakpoint.first_hit
        return over >= 0 and over % self.breakpoint.every == 0

    def hit(self, record: ElementRecord, call: int) -> BreakHit:
        """What is told of a hit that acts."""
        element = record.element
        return BreakHit(
            self.breakpoint,
            self.hits,
            call,
            self.is_before,
            record.node,
            None if element is None else element.id,
            () if self.condition is None else seen_values(self.condition, record),
            record.edge,
        )

    def row(self, flow: LinkedFlow) -> BreakpointRow:
        """What the screen hears of it."""
        problem = self.problem()
        if not self.breakpoint.place.is_in(flow):
            problem = "the flow has no such place"
        return BreakpointRow(self.breakpoint, self.hits, self.last_call, problem)

    def problem(self) -> str:
        """Why its condition had no value, where that was no matter of something missing."""
        failure = None if self.condition is None else self.condition.first_failure
        return "" if failure is None else failure.reason


def switched_off_after(breakpoint: Breakpoint) -> bool:
    """Whether a hit that acts is its last one."""
    return breakpoint.then is Then.ONCE


def seen_values(condition: Condition, record: ElementRecord) -> tuple[tuple[str, str], ...]:
    """What the condition asked for, as paths, and their values as JSON."""
    found: list[tuple[str, str]] = []
    for asked in condition.asked:
        try:
            value = asked.evaluate(record)
        except EvaluationError:
            continue
        found.append((asked.text, value_text(value)))
    return tuple(found)


def value_text(value: Any) -> str:
    """A value as JSON in one line, cut to `VALUE_CHARACTERS`."""
    text = json.dumps(_plain(value), ensure_ascii=False)
    return text if len(text) <= VALUE_CHARACTERS else text[: VALUE_CHARACTERS - 1] + "…"


def _plain(value: Any) -> Any:
    """Without what can be no JSON; members that are not there are left out."""
    if isinstance(value, Mapping):
        made = {}
        for key in value:
            try:
                made[key] = _plain(value[key])
            except EvaluationError:
                continue
        return made
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
