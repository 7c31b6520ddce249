"""Breakpoints of a run without a screen: the first one that is met ends it."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.breakpoints.breakpoint_set import BreakpointSet
from runtime.engine.core import Engine
from runtime.expression.expression_error import ExpressionError
from runtime.model.access import DeniedUse
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.events import Event
from runtime.model.linked import LinkedFlow
from runtime.protocol.break_places import PlaceError, PlaceKind
from runtime.protocol.breakpoints import BreakHit
from runtime.protocol.typed_breakpoint import typed_breakpoint


class RunBreakpoints:
    """Asked before each call and after it; `hit` is the breakpoint that was met.

    Raises:
        StudioError: a text is neither a place nor a condition (E0703); every one is told.
    """

    def __init__(self, texts: Sequence[str], flow: LinkedFlow) -> None:
        """A text is a place, a condition of any call, or both with `when` between them."""
        self._set = BreakpointSet(flow)
        self._denied: list[DeniedUse] = []
        self.hit: BreakHit | None = None
        problems: list[Diagnostic] = []
        for text in texts:
            try:
                self._set.put(typed_breakpoint(text, flow))
            except ExpressionError as error:
                problems.append(error.diagnostic())
            except PlaceError as error:
                help_text = "Name a place, a condition, or: PLACE when CONDITION."
                problems.append(
                    Diagnostic(Severity.ERROR, Code.INVALID_VALUE, str(error), help_text)
                )
        if problems:
            raise StudioError(problems)

    def before(self, engine: Engine) -> bool:
        """Whether the run ends before the next call."""
        if not self._set.asks_before:
            return False
        call = engine.upcoming(among=self._set.nodes_before)
        return call is not None and self._take(self._set.before(call))

    def after(self, events: Sequence[Event], engine: Engine) -> bool:
        """Whether the run ends after what happened."""
        hits = self._set.after(events) if self._set.asks_after else []
        while self._denied:
            use = self._denied.pop(0)
            hits += self._set.happened(PlaceKind.DENIED, use.node, engine.calls, use.capability)
        return self._take(hits)

    def denied(self, use: DeniedUse, count: int) -> None:
        """Take the use of something that is not granted; called during the call."""
        if count == 1:
            self._denied.append(use)

    def problems(self) -> list[str]:
        """Conditions that had no value, with the reason, each in a sentence."""
        return [
            f"{row.breakpoint.words} had no value for a call: {row.problem}"
            for row in self._set.rows()
            if row.problem
        ]

    def _take(self, hits: list[BreakHit]) -> bool:
        if hits and self.hit is None:
            self.hit = hits[0]
        return self.hit is not None
