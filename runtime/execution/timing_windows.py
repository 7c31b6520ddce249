"""Figures of a part of a run: of the last ten seconds of flow time, and since the last mark."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from runtime.execution.call_timing import CallTiming, TimingBefore
from runtime.model.lazy.dataclass import dataclass
from runtime.model.measures.time_units import NS_PER_S
from runtime.model.snapshot import FlowSnapshot
from runtime.protocol.time_window import WHOLE_RUN, TimeWindow, WindowTimes

WINDOW_NS = 10 * NS_PER_S
"""Least flow time of the latest window."""
STEP_NS = 2 * NS_PER_S
"""Flow time between two places at which it can begin."""
KEPT_MARKS = 9
"""Marks with what the calls had come to there; the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class _Beginning:
    """Where a window can begin."""

    snapshot: FlowSnapshot
    timing: TimingBefore


class TimingWindows:
    """Keeps where windows can begin; costs a call nothing, as it looks at the flow when told to."""

    def __init__(self, timing: CallTiming) -> None:
        self._timing = timing
        self._steps: deque[_Beginning] = deque(maxlen=WINDOW_NS // STEP_NS + 1)
        self._marks: dict[int, _Beginning] = {}

    def look(self, snapshot: FlowSnapshot) -> None:
        """Take note of where the flow stands, unless it stood near there before."""
        last_ns = self._steps[-1].snapshot.at_ns if self._steps else 0
        if snapshot.at_ns - last_ns >= STEP_NS:
            self._steps.append(_Beginning(snapshot, self._timing.before()))

    def mark(self, snapshot: FlowSnapshot) -> None:
        """Have figures since here, as long as here is marked."""
        self._marks.pop(snapshot.calls, None)
        self._marks[snapshot.calls] = _Beginning(snapshot, self._timing.before())
        if len(self._marks) > KEPT_MARKS:
            del self._marks[next(iter(self._marks))]

    def times(
        self, window: TimeWindow, snapshot: FlowSnapshot, marks: Sequence[int]
    ) -> WindowTimes:
        """Figures from where the window begins to `snapshot`, which is now.

        `marks` are the calls after which the branch is marked, in order.
        """
        match window:
            case TimeWindow.WHOLE:
                return WHOLE_RUN
            case TimeWindow.LATEST:
                began = self._latest_beginning(snapshot)
                if began is None and snapshot.at_ns > WINDOW_NS + STEP_NS:
                    return _refused(
                        window, "the last 10 s are known at the end of the branch alone"
                    )
            case TimeWindow.MARK:
                before = [mark for mark in marks if mark <= snapshot.calls]
                if not before:
                    return _refused(window, "no place up to here is marked")
                began = self._marks.get(before[-1])
                if began is None and before[-1]:
                    words = f"call {before[-1]:,} is marked, and was made before its mark was set"
                    return _refused(window, words)
        if began is None:
            return WindowTimes(window, None, self._timing.times())
        return WindowTimes(window, began.snapshot, self._timing.times_since(began.timing))

    def _latest_beginning(self, snapshot: FlowSnapshot) -> _Beginning | None:
        begins = [one for one in self._steps if one.snapshot.at_ns <= snapshot.at_ns - WINDOW_NS]
        return begins[-1] if begins else None


def _refused(window: TimeWindow, why: str) -> WindowTimes:
    return WindowTimes(window, refusal=why)
