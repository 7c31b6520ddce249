"""The part of a drawing that is in view: what it follows, what it hides, how it is cut."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from runtime.model.lazy.dataclass import dataclass
from workbench.graph.geometry import Box, Layout
from workbench.text.lines import Line, StyleRole, crop, line, plain

GOES_ON = "┄"
"""Where a row goes on outside of the view."""


class Hidden(NamedTuple):
    """Nodes out of view: those above and below, then those aside in the rows in view."""

    left: int
    right: int
    above: int
    below: int

    @property
    def words(self) -> str:
        """`◀ 36  ▶ 27  ▲ 35  ▼ 66 hidden`; empty when none is."""
        parts = [f"{sign} {number}" for sign, number in zip("◀▶▲▼", self, strict=True) if number]
        return f"{'  '.join(parts)} hidden" if parts else ""


class Away(NamedTuple):
    """How many columns and rows of nodes lie between the view and a node."""

    columns: int
    """To the right; negative to the left."""
    rows: int
    """Down; negative upwards."""

    @property
    def words(self) -> str:
        """`▶4 ▲2`."""
        across = f"{'▶' if self.columns > 0 else '◀'}{abs(self.columns)}" if self.columns else ""
        down = f"{'▼' if self.rows > 0 else '▲'}{abs(self.rows)}" if self.rows else ""
        return f"{across} {down}".strip()


@dataclass(frozen=True)
class Viewport:
    """A window of `width` x `height` cells onto a layout, scrolled by `x` and `y`."""

    layout: Layout
    width: int
    height: int
    x: int = 0
    y: int = 0
    trunk_x: int = 0
    """How far the row over the lanes is scrolled: it moves by itself."""

    @cached_property
    def _frozen(self) -> int:
        """Cells at the left that do not move."""
        return self.layout.frozen if self.layout.width > self.width else 0

    @property
    def _most_x(self) -> int:
        return max(self.layout.width - self.width, 0)

    @property
    def _most_y(self) -> int:
        return max(self.layout.height - self.height, 0)

    @cached_property
    def _stops(self) -> tuple[list[int], list[int]]:
        """Offsets at which a column and a row of nodes begins."""
        runs = [run for run in self.layout.runs if not (self._frozen and run.row == 0)]
        begin = {run.x - self._frozen for run in runs if run.x >= self._frozen}
        tops = {box.y for box in self.layout.boxes}
        return sorted({0, *begin}), sorted({0, *tops})

    @cached_property
    def _places(self) -> tuple[list[int], list[int]]:
        """Where columns and rows of nodes begin, by their boxes."""
        moving = [box for box in self.layout.boxes if not self._in_trunk(box)]
        return sorted({box.x for box in moving}), sorted({box.y for box in self.layout.boxes})

    def _in_trunk(self, box: Box) -> bool:
        return self._frozen > 0 and box.y == 0

    def moved_to(self, x: int, y: int) -> Viewport:
        """The same window elsewhere, as far as the drawing goes, at the beginning of a node."""
        columns, rows = self._stops
        return replace(
            self, x=_at_stop(x, self._most_x, columns), y=_at_stop(y, self._most_y, rows)
        )

    def moved(self, columns: int, rows: int) -> Viewport:
        """The same window some columns and rows of nodes further."""
        xs, ys = self._stops
        return self.moved_to(_step(xs, self.x, columns), _step(ys, self.y, rows))

    def showing(self, node: str) -> Viewport:
        """Moved by the least distance so that the node, its edges and its neighbours are seen."""
        box = next((box for box in self.layout.boxes if box.node == node), None)
        if box is None:
            return self
        xs, ys = self._places
        x, y = self.x, self.y
        if self._in_trunk(box):
            return replace(self, y=0, trunk_x=self._trunk_showing(box))
        room = self.width - self._frozen
        ends = _ends(self.layout.boxes, across=True)
        for low, high in _spans(xs, ends, box.x, box.x + box.width):
            if high - low <= room:
                x = _least_move(self.x, room, low - self._frozen, high - self._frozen)
                break
        ends = _ends(self.layout.boxes, across=False)
        for low, high in _spans(ys, ends, box.y, box.y + box.height):
            if high - low <= self.height:
                y = _least_move(self.y, self.height, low, high)
                break
        moved = self._aligned(x, y)
        return moved if moved.sees(box) else replace(self, x=box.x - self._frozen, y=box.y)

    def _trunk_showing(self, box: Box) -> int:
        """How far the trunk is scrolled so that a node of it and the next ones are seen."""
        trunk = [item for item in self.layout.boxes if item.y == 0]
        at = trunk.index(box)
        around = trunk[max(at - 1, 0) : at + 2]
        low, high = min(item.x for item in around), max(item.x + item.width for item in around)
        if high - low > self.width:
            low, high = box.x, box.x + box.width
        return _least_move(self.trunk_x, self.width, 0 if low <= 2 else low, high)

    def _aligned(self, x: int, y: int) -> Viewport:
        """At the beginning of a node, never less far than asked for."""
        xs, ys = self._stops
        return replace(self, x=_next_stop(x, self._most_x, xs), y=_next_stop(y, self._most_y, ys))

    def sees(self, box: Box) -> bool:
        """True when all of the box is in view."""
        return self._sees_row(box) and self._sees_column(box)

    def _sees_row(self, box: Box) -> bool:
        return self.y <= box.y and box.y + box.height <= self.y + self.height

    def _sees_column(self, box: Box) -> bool:
        if self._in_trunk(box):
            return self.trunk_x <= box.x and box.x + box.width <= self.trunk_x + self.width
        begin = box.x - self.x
        return self._frozen <= begin and begin + box.width <= self.width

    @property
    def hidden(self) -> Hidden:
        """How many nodes are out of view, each counted once."""
        left = right = above = below = 0
        for box in self.layout.boxes:
            if box.y < self.y:
                above += 1
            elif box.y + box.height > self.y + self.height:
                below += 1
            elif not self._sees_column(box):
                if box.x - self.x < self._frozen:
                    left += 1
                else:
                    right += 1
        return Hidden(left, right, above, below)

    def away(self, node: str) -> Away | None:
        """Where a node lies that is out of view; None when it is seen."""
        box = next((box for box in self.layout.boxes if box.node == node), None)
        if box is None or self.sees(box):
            return None
        xs, ys = self._places
        columns = 0
        if not self._sees_column(box):
            seen = [x for x in xs if self._frozen <= x - self.x < self.width]
            columns = _between(xs, box.x, seen)
        rows = 0
        if not self._sees_row(box):
            rows = _between(ys, box.y, [y for y in ys if self.y <= y < self.y + self.height])
        return Away(columns, rows)

    def cut(self, lines: Sequence[Line]) -> tuple[Line, ...]:
        """The lines of the drawing that are in view, as wide as the window."""
        return tuple(
            self._cut_row(row, lines[row])
            for row in range(self.y, min(self.y + self.height, len(lines)))
        )

    def at(self, x: int, y: int) -> tuple[int, int]:
        """The cell of the drawing under a cell of the window."""
        row = y + self.y
        if self._frozen and row == 0:
            return x + self.trunk_x, row
        return (x if x < self._frozen else x + self.x), row

    def _cut_row(self, row: int, spans: Line) -> Line:
        frozen = self._frozen
        if frozen and row == 0:
            return crop(spans, self.trunk_x, self.trunk_x + self.width)
        end = self._whole_end if frozen else self.width
        moving = crop(spans, frozen + self.x, self.x + end)
        head = crop(spans, 0, frozen)
        if frozen and self.x:
            head = line(*crop(spans, 0, frozen - 1), (GOES_ON, StyleRole.FAINT))
        behind = crop(spans, self.x + end, self.x + end + 1)
        if end < self.width and plain(behind).strip():
            moving = line(*moving, (GOES_ON, StyleRole.FAINT))
        return (*head, *moving)

    @cached_property
    def _whole_end(self) -> int:
        """Cells of the window up to where the last whole node ends."""
        ends = {box.x + box.width - self.x for box in self.layout.boxes if not self._in_trunk(box)}
        if max(ends, default=0) <= self.width:
            return self.width
        return max((end for end in ends if self._frozen < end < self.width), default=self.width)


def _ends(boxes: Sequence[Box], *, across: bool) -> dict[int, int]:
    """Where the widest box of each column ends, or the highest of each row."""
    made: dict[int, int] = {}
    for box in boxes:
        begin, size = (box.x, box.width) if across else (box.y, box.height)
        made[begin] = max(made.get(begin, 0), begin + size)
    return made


def _spans(
    places: Sequence[int], ends: dict[int, int], begin: int, end: int
) -> list[tuple[int, int]]:
    """What shall be seen of a node and what is next to it, the most first."""
    at = bisect_left(places, begin)
    before, after = places[max(at - 1, 0)], places[min(at + 1, len(places) - 1)]
    first = ends.get(before, begin) if before < begin else begin
    last = after if after > begin else end
    return [
        (min(before, begin), max(ends.get(after, end), end)),
        (min(first, begin), max(last, end)),
        (min(first, begin), end),
        (begin, end),
    ]


def _least_move(now: int, room: int, low: int, high: int) -> int:
    if low < now:
        return low
    return max(now, high - room)


def _at_stop(wanted: int, most: int, stops: Sequence[int]) -> int:
    wanted = min(max(wanted, 0), most)
    return stops[bisect_right(stops, wanted) - 1] if wanted < most else most


def _next_stop(wanted: int, most: int, stops: Sequence[int]) -> int:
    wanted = min(max(wanted, 0), most)
    at = bisect_left(stops, wanted)
    return min(stops[at], most) if at < len(stops) else most


def _step(stops: Sequence[int], now: int, steps: int) -> int:
    if not steps:
        return now
    at = bisect_right(stops, now) - 1 if steps > 0 else bisect_left(stops, now)
    return stops[min(max(at + steps, 0), len(stops) - 1)]


def _between(places: Sequence[int], target: int, seen: Sequence[int]) -> int:
    at = places.index(target) if target in places else bisect_left(places, target)
    if not seen:
        return 1
    first, last = places.index(seen[0]), places.index(seen[-1])
    return at - last if at > last else at - first
