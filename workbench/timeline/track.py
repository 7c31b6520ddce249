"""The branch drawn in one row: marks, where the flow stands, what lies after it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import groupby

from runtime.model.lazy.dataclass import dataclass
from runtime.protocol.timeline import SeekProgress, Timeline, TimelineMark
from workbench.text.glyphs import HERE, TIMELINE_SIGNS
from workbench.text.lines import Line, Span, StyleRole

START = "├"
DONE = "━"
UNREACHABLE = "─"
"""Done, and there is no way back to it."""
UNDONE = "╌"
"""Done once, after the place that is looked at."""
TO_COME = "·"
"""Recorded, and not made in this session."""

LEAST_CELLS = 3
"""Start, where the flow stands, and one column of calls."""

USER = int(TimelineMark.MARK)
"""The user's marks are drawn where `Timeline.marks` says, which is exact."""

SIGNS = [(int(mark), (sign, role)) for mark, (sign, _, role) in TIMELINE_SIGNS.items()]

Cell = tuple[str, StyleRole]


@dataclass(frozen=True, slots=True)
class Track:
    """The drawn branch."""

    spans: Line = ()
    places: tuple[int, ...] = ()
    """The place that each column stands for: calls made up to the last one it shows."""


def draw_track(timeline: Timeline, cells: int) -> Track:
    """Draw the branch in at most `cells` cells: one a call, as long as there is room for that.

    A column of its own stands for the start, and one for where the flow stands, so that it hides
    no mark: what is left of it was done before, what is right of it comes after.
    """
    if cells < LEAST_CELLS:
        return Track()
    position, calls = timeline.position, timeline.calls
    before, after = _columns(position, calls, cells - 2)
    left = [0, *_places(0, position, before)]
    right = _places(position, calls, after)
    marks = _marks(timeline, [*left, *right])
    gone, done = (UNREACHABLE, StyleRole.DIM), (DONE, StyleRole.ACCENT)
    made = [done if place > timeline.earliest else gone for place in left[1:]]
    beyond = (UNDONE, StyleRole.DIM) if timeline.past else (TO_COME, StyleRole.FAINT)
    begin = gone if timeline.earliest else done
    blank = [(START, begin[1]), *made, *[beyond] * after]
    row = [_sign(marks[x]) if x in marks else blank[x] for x in range(len(blank))]
    row.insert(len(left), (HERE, StyleRole.PAST if timeline.past else StyleRole.NEXT))
    return Track(_spans(row), (*left, position, *right))


def draw_progress(seeking: SeekProgress, cells: int) -> Line:
    """How far the way through the past is made."""
    room = max(cells - 1, 0)
    way = max(seeking.target - seeking.begun, 1)
    made = min((seeking.done - seeking.begun) * room // way, room)
    row = [
        (START, StyleRole.PAST),
        *[(DONE, StyleRole.PAST)] * made,
        *[(TO_COME, StyleRole.FAINT)] * (room - made),
    ]
    return _spans(row[:cells])


def _columns(position: int, calls: int, room: int) -> tuple[int, int]:
    """Columns before and after where the flow stands; none of the two sides vanishes."""
    if calls <= room:
        return position, calls - position
    least = 1 if position else 0
    most = room - 1 if position < calls else room
    before = min(max(round(position * room / calls), least), most)
    return before, room - before


def _places(first: int, last: int, columns: int) -> list[int]:
    """The last call of each of `columns` parts of the calls after `first`, up to `last`."""
    return [first - (-(x + 1) * (last - first) // columns) for x in range(columns)]


def _marks(timeline: Timeline, places: Sequence[int]) -> dict[int, int]:
    """What is marked in each column; each happening in one column only."""
    made: dict[int, int] = {}
    count, calls = len(timeline.cells), timeline.calls
    found = [
        ((k * calls // count + (k + 1) * calls // count + 1) // 2, bits & ~USER)
        for k, bits in enumerate(map(int, timeline.cells))
        if bits & ~USER
    ]
    found += [(place, USER) for place in timeline.marks if place <= calls]
    for place, bits in found:
        column = min(bisect_left(places, place), len(places) - 1)
        made[column] = made.get(column, 0) | bits
    return made


def _sign(bits: int) -> Cell:
    """Sign of the most important mark."""
    return next(cell for mark, cell in SIGNS if bits & mark)


def _spans(row: Iterable[Cell]) -> Line:
    grouped = groupby(row, key=lambda cell: cell[1])
    return tuple(Span("".join(sign for sign, _ in run), role) for role, run in grouped)
