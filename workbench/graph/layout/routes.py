"""Lanes for the upright parts of edges, next to the column they leave or enter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runtime.model.lazy.dataclass import dataclass
from workbench.graph.layout.layers import Item, Layers


@dataclass(frozen=True, slots=True)
class Net:
    """What one item is joined to on one side, drawn as one upright with branches."""

    hub: Item
    hub_row: int
    rows: tuple[int, ...]
    """Rows of the other ends."""
    lane: int
    """Counted from the hub's column away."""

    @property
    def bent(self) -> bool:
        """True when it needs an upright."""
        return any(row != self.hub_row for row in self.rows)


@dataclass(frozen=True, slots=True)
class Channel:
    """The nets on one side of a column, and how many lanes they take."""

    nets: tuple[Net, ...]
    lanes: int


def channels(
    placed: Layers, row_of: Mapping[Item, int]
) -> tuple[dict[int, Channel], dict[int, Channel]]:
    """By column of nodes: the channel to its right, and the channel to its left.

    An edge bends where it leaves a node that has several, or where it enters one; the places
    between are level whenever the rows allow it.
    """
    leaving: dict[Item, list[Item]] = {}
    entering: dict[Item, list[Item]] = {}
    for link in placed.links:
        if link.left.column % 2 == 0:
            leaving.setdefault(link.left, []).append(link.right)
        else:
            entering.setdefault(link.right, []).append(link.left)
    return _by_column(leaving, row_of), _by_column(entering, row_of)


def _by_column(
    joined: Mapping[Item, Sequence[Item]], row_of: Mapping[Item, int]
) -> dict[int, Channel]:
    columns: dict[int, list[Item]] = {}
    for hub in joined:
        columns.setdefault(hub.column, []).append(hub)
    return {
        column: _channel(
            [(hub, row_of[hub], tuple(row_of[end] for end in joined[hub])) for hub in hubs]
        )
        for column, hubs in columns.items()
    }


def _channel(ends: Sequence[tuple[Item, int, tuple[int, ...]]]) -> Channel:
    """Give each bent net the first lane that keeps it apart from the others.

    A net whose branch runs along another net's own row stands further out than that one,
    so that the two never share a stretch of wire; where both ask for it, the first wins.
    """
    lanes: dict[Item, int] = {}
    waiting = [end for end in ends if any(row != end[1] for row in end[2])]
    lane = 0
    while waiting:
        free = [end for end in waiting if not _crowded(end, waiting)] or waiting[:1]
        taken: list[tuple[int, int]] = []
        for hub, row, others in free:
            span = (min(row, *others), max(row, *others))
            if all(span[1] < start or span[0] > end for start, end in taken):
                lanes[hub] = lane
                taken.append(span)
        waiting = [end for end in waiting if end[0] not in lanes]
        lane += 1
    nets = tuple(Net(hub, row, others, lanes.get(hub, 0)) for hub, row, others in ends)
    return Channel(nets, lane)


def _crowded(
    end: tuple[Item, int, tuple[int, ...]],
    waiting: Sequence[tuple[Item, int, tuple[int, ...]]],
) -> bool:
    """True when a branch of this net lies on the row of another that has no lane yet."""
    hub, _, others = end
    return any(row in others for other, row, _ in waiting if other is not hub)
