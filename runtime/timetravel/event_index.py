"""After which calls of a branch something happened: for the timeline, and for going there."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right

from runtime.model.events import (
    BackpressureBegan,
    DropReason,
    Edited,
    ElementDropped,
    Event,
    HoldChanged,
    Injected,
    Moved,
    NodeFailed,
    QueueChanged,
    Relinked,
    Stopped,
    StopReason,
    Swapped,
)
from runtime.protocol.timeline import TIMELINE_CELLS, TimelineMark

KEPT_PLACES = 100_000
"""Places of one kind of event kept of a branch; the oldest half goes when there are more."""


NOT_SHOWN = TimelineMark(0)
"""Of back-pressure, which the timeline does not show."""


class EventIndex:
    """After which calls of a branch something happened."""

    def __init__(self) -> None:
        self._places: dict[TimelineMark, array[int]] = {}
        self._cut: set[TimelineMark] = set()
        """Kinds of which the oldest places are gone."""

    def note(self, event: Event, calls: int) -> None:
        """Note an event that is no call, after `calls` calls."""
        mark = _mark_of(event)
        if mark is not None:
            self.add(mark, calls)

    def add(self, mark: TimelineMark, calls: int) -> None:
        """Note something after `calls` calls, which never goes back."""
        places = self._places.setdefault(mark, array("q"))
        if not places or places[-1] != calls:
            places.append(calls)
            if len(places) > KEPT_PLACES:
                del places[: KEPT_PLACES // 2]
                self._cut.add(mark)

    def before(self, mark: TimelineMark, calls: int) -> int | None:
        """The last place of its kind before `calls`, or None."""
        places = self._places.get(mark, array("q"))
        at = bisect_left(places, calls)
        return places[at - 1] if at else None

    def after(self, mark: TimelineMark, calls: int) -> int | None:
        """The first place of its kind after `calls`, or None."""
        places = self._places.get(mark, array("q"))
        at = bisect_right(places, calls)
        return places[at] if at < len(places) else None

    def may_have(self, marks: TimelineMark, first: int, last: int) -> bool:
        """Whether something of these kinds may have happened from place `first` to `last`.

        Of what was noted long ago the places may be gone.
        """
        for mark, places in self._places.items():
            if mark & marks or mark == marks:
                at = bisect_left(places, first)
                if at < len(places) and places[at] <= last:
                    return True
                if mark in self._cut and first < places[0]:
                    return True
        return False

    def count(self, mark: TimelineMark) -> int:
        """Places of that kind that are kept."""
        return len(self._places.get(mark, ()))

    def until(self, calls: int) -> EventIndex:
        """A copy that ends with `calls`."""
        made = EventIndex()
        made._cut = self._cut.copy()
        for mark, places in self._places.items():
            made._places[mark] = places[: bisect_right(places, calls)]
        return made

    def cells(self, calls: int) -> tuple[int, ...]:
        """The marks of equal parts of a branch of so many calls; see `Timeline.cells`."""
        count = min(calls, TIMELINE_CELLS)
        cells = [0] * count
        for mark, places in self._places.items():
            bits = int(mark)
            if not bits:
                continue
            at = 0
            for cell in range(count):
                end = bisect_right(places, (cell + 1) * calls // count, at)
                if end > at:
                    cells[cell] |= bits
                at = end
        return tuple(cells)


def _mark_of(event: Event) -> TimelineMark | None:
    match event:
        case Stopped(reason=reason):
            return None if reason is StopReason.USER else TimelineMark.STOP
        case NodeFailed():
            return TimelineMark.ERROR
        case BackpressureBegan():
            return NOT_SHOWN
        case ElementDropped(reason=DropReason.SKIPPED | DropReason.BY_HAND):
            return TimelineMark.CHANGE
        case Injected() | Edited() | Moved() | HoldChanged() | QueueChanged():
            return TimelineMark.CHANGE
        case ElementDropped(reason=reason):
            return TimelineMark.DROP if reason.lost else None
        case Swapped() | Relinked():
            return TimelineMark.RELOAD
        case _:
            return None
