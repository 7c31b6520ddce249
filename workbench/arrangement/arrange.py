"""Where each pane stands: a pane gets what its content needs, the logs what is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from enum import StrEnum
from typing import NamedTuple

from runtime.model.lazy.dataclass import dataclass
from workbench.actions.context import PaneName
from workbench.arrangement.terminal_sizes import SizeClass

FRAME = 2
"""Rows, and columns, of a pane's border."""

LEAST_ROWS = 3 + FRAME
"""Rows below which a pane shows too little to be shown."""

FOLDED_ROWS = 1
"""Rows of a pane that is folded to its title."""

LEAST_CELLS = 24
"""Cells below which a border cannot be moved."""

FLOW_SHARE = 0.6
"""Most of the body that the graph takes by itself."""

QUEUES_SHARE = 1 / 3
"""Most of the body that the queues take."""

CORNER_SHARE = 1 / 3
"""What the events have of the right column."""

SIDE_BY_SIDE_ROWS = 18
"""Rows up to which output and events stand next to each other on a wide terminal."""


CORNER = (
    PaneName.EVENTS,
    PaneName.PROBLEMS,
    PaneName.BUILD,
    PaneName.SLOW,
    PaneName.BREAKS,
)
"""Panes that share one place on a large terminal."""


class LayoutName(StrEnum):
    """The layouts that `ctrl+l` goes through."""

    CONTENT = "by content"
    GRAPH = "graph"
    LOG = "log"


class Border(StrEnum):
    """A border that the user can move."""

    FLOW = "flow"
    """Below the graph."""
    QUEUES = "queues"
    """Below the queues."""
    RIGHT = "right"
    """Left of the right column."""
    CORNER = "corner"
    """Above the events."""


class PaneArea(NamedTuple):
    """The cells of a pane, its frame included."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Needs:
    """What the panes would show if they could."""

    flow_rows: Callable[[int, int], int]
    """Rows of the graph, for the inside of a pane that wide, and at most that many rows."""
    queue_rows: int
    output_empty: bool
    corner_rows: int | None = None
    """Rows of the pane in the corner; None for a log, which can use any number."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asks for."""

    active: PaneName = PaneName.FLOW
    zoomed: bool = False
    lower: PaneName = PaneName.OUTPUT
    """The pane below the graph where there is one column."""
    corner: PaneName = PaneName.EVENTS
    """The pane that has the place of the events."""
    layout: LayoutName = LayoutName.CONTENT
    moved: Mapping[str, int] = field(default_factory=dict)
    """By border: rows of the pane above it, or cells of the right column."""


Places = dict[PaneName, PaneArea]


def arrange(kind: SizeClass, width: int, height: int, needs: Needs, wanted: Wanted) -> Places:
    """Places of the panes that are seen, in a body of that many cells and rows."""
    if kind is SizeClass.BARE or height <= 0 or width <= 0:
        return {}
    whole = PaneArea(0, 0, width, height)
    if wanted.zoomed or kind is SizeClass.SINGLE or height < 2 * LEAST_ROWS - 2:
        return {wanted.active: whole}
    if kind is SizeClass.COLUMN:
        return _column(whole, needs, wanted)
    right = _between(
        wanted.moved.get(Border.RIGHT, width - width * 2 // 3), LEAST_CELLS, width - LEAST_CELLS
    )
    left = PaneArea(0, 0, width - right, height)
    side = PaneArea(width - right, 0, right, height)
    if wanted.layout is LayoutName.LOG:
        return _logs(whole, needs, wanted)
    if wanted.layout is LayoutName.GRAPH:
        return _graph(left, side, needs, wanted)
    if kind is SizeClass.TWO_COLUMNS:
        return {**_stack(left, needs, wanted, PaneName.OUTPUT), **_side(side, needs, wanted)}
    return {**_wide_left(left, needs, wanted), PaneName.INSPECTOR: side}


def _flow_rows(
    place: PaneArea,
    needs: Needs,
    wanted: Wanted,
    least_below: int,
    *,
    more: bool,
    least: int | None = None,
) -> int:
    """Rows of the graph's pane: what it needs, up to its share; `more` lifts the share.

    `least_below` rows are left to what stands below, for the share itself only `least`.
    """
    most = place.height - least_below
    moved = wanted.moved.get(Border.FLOW)
    if moved is not None:
        return _between(moved, LEAST_ROWS, most)
    share = most if more else min(int(place.height * FLOW_SHARE), most)
    if least is not None:
        share = max(share, min(int(place.height * FLOW_SHARE), place.height - least))
    if wanted.layout is LayoutName.GRAPH:
        return max(int(place.height * FLOW_SHARE), LEAST_ROWS)
    if wanted.layout is LayoutName.LOG:
        share = LEAST_ROWS
    rows = needs.flow_rows(place.width - FRAME, max(share - FRAME, 1))
    return _between(rows + FRAME, LEAST_ROWS, max(share, LEAST_ROWS))


def _column(place: PaneArea, needs: Needs, wanted: Wanted) -> Places:
    nothing_printed = wanted.lower is PaneName.OUTPUT and needs.output_empty
    folds = wanted.active is not wanted.lower
    flow = _flow_rows(place, needs, wanted, LEAST_ROWS, more=nothing_printed)
    if folds and (nothing_printed or _moved_to_the_end(place, wanted)):
        flow = _unfolded(flow, _flow_rows(place, needs, wanted, FOLDED_ROWS, more=True), place)
    return {
        PaneName.FLOW: PaneArea(0, 0, place.width, flow),
        wanted.lower: PaneArea(0, flow, place.width, place.height - flow),
    }


def _moved_to_the_end(place: PaneArea, wanted: Wanted) -> bool:
    """Whether the user moved the graph's border so far down that nothing fits below."""
    return wanted.moved.get(Border.FLOW, 0) > place.height - LEAST_ROWS


def _unfolded(rows: int, more: int, place: PaneArea) -> int:
    """All but a title for the graph, where it can use that; else what leaves the rest a pane."""
    return place.height - FOLDED_ROWS if more > place.height - LEAST_ROWS else rows


def _stack(place: PaneArea, needs: Needs, wanted: Wanted, last: PaneName) -> Places:
    """Graph, queues, and what takes the rest."""
    flow, queues = _upper_rows(place, needs, wanted, LEAST_ROWS)
    rest = place.height - flow - queues
    upper = _upper(place, flow, queues)
    return {**upper, last: PaneArea(place.x, flow + queues, place.width, rest)}


def _upper(place: PaneArea, flow: int, queues: int) -> Places:
    """Graph and queues; without rows for them, no queues."""
    made = {PaneName.FLOW: PaneArea(place.x, 0, place.width, flow)}
    if queues > 0:
        made[PaneName.QUEUES] = PaneArea(place.x, flow, place.width, queues)
    return made


def _upper_rows(place: PaneArea, needs: Needs, wanted: Wanted, least: int) -> tuple[int, int]:
    low = place.height < 3 * LEAST_ROWS
    queues = FOLDED_ROWS if low else _queue_rows(place, needs, wanted)
    if low and (wanted.active is PaneName.QUEUES or place.height < 2 * LEAST_ROWS + FOLDED_ROWS):
        queues = 0
    least_queues = queues if low or Border.QUEUES in wanted.moved else LEAST_ROWS
    flow = _flow_rows(
        place, needs, wanted, queues + least, more=needs.output_empty, least=least_queues + least
    )
    rest = place.height - flow
    if rest >= queues + least or least_queues == queues:
        return flow, min(queues, rest - least)
    # The graph has its share before the queues have theirs, which can be scrolled.
    return flow, max(rest - least if needs.output_empty else rest // 2, LEAST_ROWS)


def _queue_rows(place: PaneArea, needs: Needs, wanted: Wanted) -> int:
    most = int(place.height * QUEUES_SHARE)
    moved = wanted.moved.get(Border.QUEUES)
    if moved is not None:
        return _between(moved, LEAST_ROWS, place.height - 2 * LEAST_ROWS)
    return _between(needs.queue_rows + FRAME, LEAST_ROWS, max(most, LEAST_ROWS))


def _side(place: PaneArea, needs: Needs, wanted: Wanted) -> Places:
    """The inspector, and the events or another pane below it, which has what it needs."""
    usual = int(place.height * CORNER_SHARE)
    if needs.corner_rows is not None:
        most = int(place.height * FLOW_SHARE) if wanted.active is wanted.corner else usual
        usual = min(needs.corner_rows + FRAME + 1, most)
    rows = wanted.moved.get(Border.CORNER, usual)
    corner = _between(rows, LEAST_ROWS, place.height - LEAST_ROWS)
    upper = place.height - corner
    return {
        PaneName.INSPECTOR: PaneArea(place.x, 0, place.width, upper),
        wanted.corner: PaneArea(place.x, upper, place.width, corner),
    }


def _wide_left(place: PaneArea, needs: Needs, wanted: Wanted) -> Places:
    """Graph and queues; output and events below each other, or next to each other."""
    flow, queues = _upper_rows(place, needs, wanted, LEAST_ROWS)
    rest = place.height - flow - queues
    top = flow + queues
    made = _upper(place, flow, queues)
    if rest <= SIDE_BY_SIDE_ROWS:
        half = place.width // 2
        made[PaneName.OUTPUT] = PaneArea(0, top, half, rest)
        made[wanted.corner] = PaneArea(half, top, place.width - half, rest)
        return made
    rows = wanted.moved.get(Border.CORNER, rest // 2)
    corner = _between(rows, LEAST_ROWS, rest - LEAST_ROWS)
    made[PaneName.OUTPUT] = PaneArea(0, top, place.width, rest - corner)
    made[wanted.corner] = PaneArea(0, top + rest - corner, place.width, corner)
    return made


def _graph(left: PaneArea, side: PaneArea, needs: Needs, wanted: Wanted) -> Places:
    """A large graph with its inspector."""
    rows = wanted.moved.get(Border.FLOW, int(left.height * FLOW_SHARE))
    flow = _between(rows, LEAST_ROWS, left.height - LEAST_ROWS)
    return {
        PaneName.FLOW: PaneArea(0, 0, left.width, flow),
        PaneName.OUTPUT: PaneArea(0, flow, left.width, left.height - flow),
        **(
            {PaneName.INSPECTOR: side}
            if wanted.active not in CORNER
            else _side(side, needs, wanted)
        ),
    }


def _logs(place: PaneArea, needs: Needs, wanted: Wanted) -> Places:
    """A low graph; output and events large."""
    flow = _flow_rows(place, needs, wanted, LEAST_ROWS, more=False)
    right = wanted.moved.get(Border.RIGHT, place.width // 2)
    right = _between(right, LEAST_CELLS, place.width - LEAST_CELLS)
    rest = place.height - flow
    return {
        PaneName.FLOW: PaneArea(0, 0, place.width, flow),
        PaneName.OUTPUT: PaneArea(0, flow, place.width - right, rest),
        wanted.corner: PaneArea(place.width - right, flow, right, rest),
    }


def border_of(places: Places, pane: PaneName, *, across: bool) -> tuple[Border, int] | None:
    """The border that belongs to a pane, and its size now; None when it has none to move."""
    if pane not in places or len(places) < 2:
        return None
    if across:
        side = [place for place in places.values() if place.x > 0]
        return (Border.RIGHT, side[0].width) if side else None
    if pane is PaneName.QUEUES:
        return Border.QUEUES, places[pane].height
    if pane in CORNER or (pane is PaneName.INSPECTOR and _has_below(places, pane)):
        corner = next((places[name] for name in CORNER if name in places), None)
        if corner is not None and any(_has_below(places, name) for name in places):
            return Border.CORNER, corner.height
    if PaneName.FLOW not in places:
        return None
    rows = places[PaneName.FLOW].height
    if any(place.y == rows and place.height == FOLDED_ROWS for place in places.values()):
        rows -= LEAST_ROWS - FOLDED_ROWS - 1  # one step up and it is open again
    return Border.FLOW, rows


def _has_below(places: Places, pane: PaneName) -> bool:
    """True when the pane stands right above one of the corner."""
    place = places[pane]
    return any(
        name in CORNER and other.x == place.x and other.y == place.y + place.height
        for name, other in places.items()
    )


def border_at(places: Places, x: int, y: int) -> Border | None:
    """The border under a cell of the body: the last row above a pane, the column before one."""
    for name, place in places.items():
        if place.x > 0 and x in (place.x - 1, place.x) and place.y <= y < place.y + place.height:
            upright = y not in (place.y, place.y + place.height - 1)
            if upright and name is not PaneName.FLOW:
                return Border.RIGHT
        within = place.x <= x < place.x + place.width
        if within and place.y > 0 and y in (place.y - 1, place.y):
            above = [
                other
                for other, found in places.items()
                if found.y + found.height == place.y and found.x <= x < found.x + found.width
            ]
            return _between_panes(above[0] if above else name, name)
    return None


def _between_panes(above: PaneName, below: PaneName) -> Border:
    if above is PaneName.FLOW:
        return Border.FLOW
    if above is PaneName.QUEUES:
        return Border.QUEUES
    return Border.CORNER if below in CORNER else Border.FLOW


def moved_border(border: Border, size: int, step: int) -> int:
    """The size after a step down or to the right; those at the end shrink by it."""
    return size + (-step if border in (Border.RIGHT, Border.CORNER) else step)


def _between(value: int, low: int, high: int) -> int:
    return max(min(value, high), low)
