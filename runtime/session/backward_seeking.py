"""Going back to the last place at which a breakpoint would have been met."""

from __future__ import annotations

from collections.abc import Callable

from runtime.engine.options import EngineOptions
from runtime.expression.expression_error import ExpressionError
from runtime.protocol.break_places import BreakPlace, PlaceKind
from runtime.protocol.breakpoints import Breakpoint
from runtime.protocol.requests import BackToBreak, JumpTo
from runtime.protocol.timeline import SeekProgress
from runtime.session.session_breakpoints import SessionBreakpoints
from runtime.timetravel.search.backward_search import BackwardFind, BackwardSearch
from runtime.timetravel.time_travel import TimeTravel


class BackwardSeeking:
    """One search at a time, next to nothing else: the flow stands still meanwhile."""

    def __init__(
        self, time: TimeTravel, breakpoints: SessionBreakpoints, options: EngineOptions
    ) -> None:
        self._time = time
        self._breakpoints = breakpoints
        self._options = options
        self._search: BackwardSearch | None = None
        self._for_condition = False
        """Whether a condition was asked for that is no breakpoint."""

    @property
    def progress(self) -> SeekProgress | None:
        """How far the search is; None when there is none."""
        return None if self._search is None else self._search.progress

    def ask(self, asked: BackToBreak) -> None:
        """Begin to search; `work` goes on with it."""
        wanted = self._breakpoints.switched_on
        self._for_condition = bool(asked.condition)
        if asked.condition:
            wanted = (Breakpoint(0, BreakPlace(PlaceKind.CALL), asked.condition),)
        if not wanted:
            self._time.refuse("there is no breakpoint to go back to: b sets one")
            return
        shown = self._time.shown
        flow = shown.engine.flow
        try:
            self._search = BackwardSearch(
                self._time.branch, shown.calls, flow, wanted, self._options, self._time.replay.past
            )
        except ExpressionError as error:
            self._time.refuse(f"it is not possible to go back there: {error.reason}")

    def cancel(self) -> None:
        """Forget the search."""
        self._search = None

    def work(self, more_time: Callable[[], bool]) -> bool:
        """Go on with the search; True while there is more to look at."""
        if self._search is None:
            return False
        found = self._search.go_on(more_time)
        if found is None:
            return True
        self._search = None
        self._go(found)
        return False

    def _go(self, found: BackwardFind) -> None:
        if found.hit is None:
            why = f": {found.why}" if found.why else ""
            none = "the condition did not hold" if self._for_condition else "no breakpoint was met"
            self._time.refuse(f"{none} before, in {found.looked:,} calls that were looked at{why}")
            return
        self._breakpoints.led_back(found.place, found.hit)
        self._time.seek(JumpTo(found.place))
