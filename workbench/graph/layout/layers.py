"""Where the nodes and edges of a flow belong: columns, order within them, and rows.

Nodes and edges are both items: nodes stand in even columns by the longest path that leads to
them, the edges between them in odd columns, so that every edge has a row of its own for its bar
and its counts. An edge that passes more columns has a thin item in each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise

from runtime.model.lazy.dataclass import dataclass
from workbench.graph.layout.graph_shape import Graph

ORDER_SWEEPS = 6
ROW_SWEEPS = 8

FARTHEST = 2
"""Layers up to which an edge is drawn through; a longer one, or one that runs back, is a stub."""


class StubEnd(StrEnum):
    """Which end of an edge that is not drawn through."""

    OUT = "out"
    IN = "in"


@dataclass(frozen=True, slots=True)
class Item:
    """A node, an edge where its label is drawn, or a place that an edge passes."""

    column: int
    node: str | None = None
    edge: int | None = None
    labelled: bool = False
    """True for the one item of an edge that shows its bar and counts."""
    stub: StubEnd | None = None
    """Set for the two items of an edge that is not drawn through."""


@dataclass(frozen=True, slots=True)
class Link:
    """A piece of an edge between items of neighbouring columns."""

    left: Item
    right: Item


@dataclass(frozen=True, slots=True)
class Layers:
    """All items in their columns, top to bottom, and what joins them."""

    columns: tuple[tuple[Item, ...], ...]
    links: tuple[Link, ...]


def ranks(graph: Graph) -> dict[str, int]:
    """Column of each node, counted in nodes: its longest path; sources stand next to a reader.

    An edge to a node that comes earlier in the graph's order runs back, and moves nothing.
    """
    rank: dict[str, int] = {}
    for node in graph.nodes:
        before = [rank.get(graph.edges[edge].source, -1) for edge in node.inputs]
        rank[node.name] = max(before, default=-1) + 1
    for node in graph.nodes:
        after = [rank[graph.edges[edge].target] for edge in node.outputs]
        if not node.inputs and after:
            rank[node.name] = max(min(after) - 1, 0)
    return rank


def layers(graph: Graph, within: range | None = None) -> Layers:
    """Items of the flow in columns, ordered so that few edges cross.

    With `within` those of these ranks only; an edge to another one is a stub, and where some come
    before, the first column is left to theirs.
    """
    rank = ranks(graph)
    chosen = range(max(rank.values(), default=0) + 1) if within is None else within
    lead = 1 if chosen.start else 0
    columns: list[list[Item]] = [[] for _ in range(2 * (len(chosen) + lead))]
    places: dict[str, Item] = {}
    for node in graph.nodes:
        if rank[node.name] in chosen:
            column = 2 * (rank[node.name] - chosen.start + lead)
            places[node.name] = Item(column, node=node.name)
            columns[column].append(places[node.name])
    links: list[Link] = []
    for edge in graph.edges:
        left, target = places.get(edge.source), places.get(edge.target)
        if left is None and target is None:
            continue
        if left is None or target is None:
            links += _stub(edge.index, left, target, columns)
            continue
        if not 0 < rank[edge.target] - rank[edge.source] <= FARTHEST:
            links += _stub(edge.index, left, target, columns)
            continue
        for column in range(left.column + 1, target.column):
            passed = Item(column, edge=edge.index, labelled=left is places[edge.source])
            columns[column].append(passed)
            links.append(Link(left, passed))
            left = passed
        links.append(Link(left, target))
    if not columns[-1]:
        del columns[-1]
    return Layers(_order(columns, links), tuple(links))


def _stub(
    edge: int, source: Item | None, target: Item | None, columns: Sequence[list[Item]]
) -> list[Link]:
    """Where an edge leaves, and where it comes again; into a node of the first column, nowhere."""
    made: list[Link] = []
    if source is not None:
        out = Item(source.column + 1, edge=edge, labelled=True, stub=StubEnd.OUT)
        columns[out.column].append(out)
        made.append(Link(source, out))
    if target is not None and target.column:
        into = Item(target.column - 1, edge=edge, stub=StubEnd.IN)
        columns[into.column].append(into)
        made.append(Link(into, target))
    return made


def _order(columns: list[list[Item]], links: Sequence[Link]) -> tuple[tuple[Item, ...], ...]:
    """The columns with the fewest crossings that a few barycentre sweeps find."""
    best = [list(column) for column in columns]
    fewest = _crossings(best, links)
    left_of, right_of = _neighbours(links)
    for sweep in range(ORDER_SWEEPS):
        forward = sweep % 2 == 0
        walk = columns if forward else columns[::-1]
        near = left_of if forward else right_of
        place = {item: index for column in columns for index, item in enumerate(column)}
        for column in walk:
            column.sort(key=_barycentre(place, near))
            place.update({item: index for index, item in enumerate(column)})
        found = _crossings(columns, links)
        if found < fewest:
            best, fewest = [list(column) for column in columns], found
    return tuple(map(tuple, best))


def _barycentre(
    place: Mapping[Item, int], near: Mapping[Item, list[Item]]
) -> Callable[[Item], float]:
    def mean(item: Item) -> float:
        places = [place[other] for other in near.get(item, [])]
        return sum(places) / len(places) if places else place[item]

    return mean


def _neighbours(links: Sequence[Link]) -> tuple[dict[Item, list[Item]], dict[Item, list[Item]]]:
    left_of: dict[Item, list[Item]] = {}
    right_of: dict[Item, list[Item]] = {}
    for link in links:
        left_of.setdefault(link.right, []).append(link.left)
        right_of.setdefault(link.left, []).append(link.right)
    return left_of, right_of


def _crossings(columns: Sequence[Sequence[Item]], links: Sequence[Link]) -> int:
    place = {item: index for column in columns for index, item in enumerate(column)}
    by_column: dict[int, list[tuple[int, int]]] = {}
    for link in links:
        pair = (place[link.left], place[link.right])
        by_column.setdefault(link.left.column, []).append(pair)
    return sum(
        (one[0] - two[0]) * (one[1] - two[1]) < 0
        for pairs in by_column.values()
        for index, one in enumerate(pairs)
        for two in pairs[index + 1 :]
    )


def settle(wanted: Sequence[float], gaps: Sequence[float]) -> list[float]:
    """Places nearest to the wanted ones with at least `gaps[i]` between i and i + 1.

    Least squares under the order of the items (isotonic regression by pooling neighbours).
    """
    offsets = [0.0]
    for gap in gaps:
        offsets.append(offsets[-1] + gap)
    pools: list[list[float]] = []
    for want, offset in zip(wanted, offsets, strict=False):
        pools.append([want - offset, 1.0])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, size = pools.pop()
            other, others = pools[-1]
            pools[-1] = [(mean * size + other * others) / (size + others), size + others]
    flat = [mean for mean, size in pools for _ in range(int(size))]
    return [place + offset for place, offset in zip(flat, offsets, strict=False)]


def rows(
    placed: Layers, above: Callable[[Item], int], below: Callable[[Item], int]
) -> dict[Item, int]:
    """The row of each item's wire, so that joined items lie level where they can.

    `above` and `below` say how many rows an item needs on either side of that row.
    """
    left_of, right_of = _neighbours(placed.links)
    gaps = [
        [below(one) + above(two) + 1.0 for one, two in pairwise(column)]
        for column in placed.columns
    ]
    at: dict[Item, float] = {}
    for column, gap in zip(placed.columns, gaps, strict=True):
        at.update(zip(column, settle([0.0] * len(column), gap), strict=True))
    order = list(range(len(placed.columns)))
    for sweep in range(ROW_SWEEPS):
        near = left_of if sweep % 2 == 0 else right_of
        for index in order if sweep % 2 == 0 else reversed(order):
            column = placed.columns[index]
            wanted = [_mean(at, near.get(item, []), at[item]) for item in column]
            at.update(zip(column, settle(wanted, gaps[index]), strict=True))
    return _whole(placed, at, gaps, above)


def _mean(at: Mapping[Item, float], near: Sequence[Item], own: float) -> float:
    return sum(at[item] for item in near) / len(near) if near else own


def _whole(
    placed: Layers,
    at: Mapping[Item, float],
    gaps: Sequence[Sequence[float]],
    above: Callable[[Item], int],
) -> dict[Item, int]:
    """Whole rows from 0 on, gaps kept."""
    top = min((at[item] - above(item) for item in at), default=0.0)
    whole: dict[Item, int] = {}
    for column, gap in zip(placed.columns, gaps, strict=True):
        least = 0
        for item, after in zip(column, [*gap, 0.0][: len(column)], strict=True):
            whole[item] = max(int(at[item] - top + 0.5), least)
            least = whole[item] + int(after)
    return whole
