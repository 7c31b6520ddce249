"""Names of a flow cut to a width so that no two of them look equal."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise, takewhile

from rich.cells import cell_len

GAP = "…"
"""Stands where a part of a name was left out."""

LEAST_CELLS = 4
"""Below this no rule can tell two names apart; a narrower width counts as this one."""

TO = " -> "
"""Between the two ends of an edge's label."""

SEPARATORS = frozenset("-_.:/ ")
"""A tail that begins after one of these is preferred."""

JOINERS = frozenset("\u200d\ufe0f")


@lru_cache(maxsize=64)
def shorten(names: tuple[str, ...], width: int) -> Mapping[str, str]:
    """Each name in at most `width` cells, no two alike; names that fit stay whole.

    The result depends on names and width only. A name loses its middle; where another name could
    read the same, its gap moves, then there are two gaps around the place that tells them apart,
    and at last a number does.
    """
    width = max(width, LEAST_CELLS)
    distinct = tuple(dict.fromkeys(names))
    made = {name: name for name in distinct if cell_len(name) <= width}
    long = [name for name in distinct if name not in made]
    taken = set(made.values())
    one = {name: tuple(_one_gap_forms(name, width)) for name in long}
    one_owners = _owners(one.values())
    two: dict[str, tuple[str, ...]] = {}
    two_owners: Counter[str] = Counter()
    for name in long:
        pick = _free(one[name], taken, one_owners)
        if pick is None:
            if not two:
                alike = _alike(distinct)
                two = {item: tuple(_two_gap_forms(item, width, alike[item])) for item in long}
                two_owners = _owners(two.values())
            pick = _free(two[name], taken, two_owners)
        if pick is None:
            pick = _numbered(name, width, distinct, taken)
        made[name] = pick
        taken.add(pick)
    return made


@lru_cache(maxsize=64)
def shorten_edges(labels: tuple[str, ...], width: int) -> Mapping[str, str]:
    """Each `from:port -> to` in at most `width` cells, no two alike; those that fit stay whole.

    Both sides are cut, each to no less than a third of the room, so that where an edge leads is
    read in both.
    """
    sides = [label.partition(TO) for label in labels]
    lefts, rights = tuple(side[0] for side in sides), tuple(side[2] for side in sides)
    room = width - cell_len(TO)
    longest = max(map(cell_len, lefts), default=0), max(map(cell_len, rights), default=0)
    if room < 2 * LEAST_CELLS or not all(rights):
        return shorten(labels, width)
    share = room * longest[0] // max(sum(longest), 1)
    share = min(max(share, room // 3, LEAST_CELLS), room - max(room // 3, LEAST_CELLS))
    one, two = shorten(lefts, share), shorten(rights, room - share)
    made = {
        label: label if cell_len(label) <= width else f"{one[left]}{TO}{two[right]}"
        for label, left, right in zip(labels, lefts, rights, strict=True)
    }
    return made if len(set(made.values())) == len(made) else shorten(labels, width)


def _owners(forms: Iterable[Sequence[str]]) -> Counter[str]:
    """How many names could read as each form."""
    return Counter(text for texts in forms for text in set(texts))


def _free(texts: Sequence[str], taken: set[str], owners: Mapping[str, int]) -> str | None:
    return next((text for text in texts if text not in taken and owners[text] == 1), None)


def _one_gap_forms(name: str, width: int) -> Iterator[str]:
    """Head, gap, tail: splits near the middle first, those after a separator before others."""
    clusters = _clusters(name)
    half = width // 2

    def cost(tail: int) -> tuple[int, int]:
        begins_well = len(clusters) > tail and clusters[-tail - 1] in SEPARATORS
        return abs(tail - half) + (0 if begins_well else 3), -tail

    for tail in sorted(range(2, width - 2), key=cost):
        end, used = _take_end(clusters, tail)
        text = _take(clusters, width - 1 - used)[0] + GAP + end
        if cell_len(text) <= width:
            yield text


def _two_gap_forms(name: str, width: int, at: int) -> Iterator[str]:
    """Head, gap, where it differs from its nearest neighbour (`at`), gap, tail."""
    clusters = _clusters(name)
    for middle in range(max(3, width // 3), width - 4):
        left = max(1, (width - 2 - middle) // 2)
        right = max(1, width - 2 - middle - left)
        for start in (at, max(0, at - 1), max(0, at - 2)):
            head = _take(clusters[:start], left)[0]
            text = GAP.join(
                (head, _take(clusters[start:], middle)[0], _take_end(clusters, right)[0])
            )
            if cell_len(text) <= width:
                yield text


def _numbered(name: str, width: int, names: Sequence[str], taken: set[str]) -> str:
    """Head, gap, and the name's number among those that begin like it."""
    clusters = _clusters(name)
    before = names[: names.index(name)]
    number = 1 + sum(_clusters(other)[:2] == clusters[:2] for other in before)
    while True:
        tag = f"~{number}"
        text = _take(clusters, width - 1 - len(tag))[0] + GAP + tag
        if text not in taken:
            return text
        number += 1


def _alike(names: Sequence[str]) -> dict[str, int]:
    """How many clusters each name shares with the one that begins most like it."""
    ordered = sorted(names, key=_clusters)
    made = dict.fromkeys(names, 0)
    for one, two in pairwise(ordered):
        both = zip(_clusters(one), _clusters(two), strict=False)
        number = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], both))
        made[one], made[two] = max(made[one], number), max(made[two], number)
    return made


@lru_cache(maxsize=1024)
def _clusters(text: str) -> tuple[str, ...]:
    """Characters with what combines with them, so that no accent is cut off its letter."""
    if text.isascii():
        return tuple(text)
    made: list[str] = []
    for character in text:
        joins = unicodedata.combining(character) or character in JOINERS
        if made and (joins or made[-1].endswith("\u200d")):
            made[-1] += character
        else:
            made.append(character)
    return tuple(made)


def _take(clusters: Iterable[str], cells: int) -> tuple[str, int]:
    """The first clusters that fit in `cells`, and how many cells they take."""
    made: list[str] = []
    used = 0
    for cluster in clusters:
        size = max(map(cell_len, cluster))
        if used + size > cells:
            break
        made.append(cluster)
        used += size
    return "".join(made), used


def _take_end(clusters: Sequence[str], cells: int) -> tuple[str, int]:
    """The last clusters that fit in `cells`, in their order, and how many cells they take."""
    made: list[str] = []
    used = 0
    for cluster in reversed(clusters):
        size = max(map(cell_len, cluster))
        if used + size > cells:
            break
        made.append(cluster)
        used += size
    return "".join(reversed(made)), used
