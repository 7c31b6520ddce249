"""In what two payloads differ, as rows: JSON by its values, text by its lines, else by bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from difflib import SequenceMatcher

from runtime.model.lazy.dataclass import dataclass
from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.json_members import SCALAR, Members
from workbench.text.excerpt import excerpt

ALIGNED_ITEMS = 4_000
"""Items of longer lists, and lines of longer texts, are compared place by place."""

FEW_ALIGNED_ITEMS = 500
"""As many, where most of them are alike."""

CANONICAL_BYTES = 1 << 20
"""Items of longer lists belong together only if they are written alike, blanks and all."""

MOST_ROWS = 20_000
"""Rows of a difference; then it is cut, and says so."""

EQUAL_RUN = 6
"""More equal members in a row are one row, which counts them."""

HEX_BYTES = 8
"""Bytes of a row where neither payload is text."""

VALUE_BYTES = 2_000
"""Bytes of a value that a row keeps."""


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One member, line or piece; None on the side where it is not."""

    depth: int
    key: str
    before: str | None
    after: str | None
    path: str
    equal: bool
    mark: str = " "
    """`▾` of what is opened for a difference in it, `▸` of what is folded."""


@dataclass(slots=True)
class Differences:
    """Rows, and what they come to."""

    rows: list[DiffRow] = field(default_factory=list)
    differ: int = 0
    equal: int = 0
    cut: bool = False
    """True when there are more than `MOST_ROWS`."""


def differences(before: bytes, after: bytes, deadline: Deadline) -> Differences:
    """In what two payloads differ. Raises `TookTooLongError`."""
    walk = _Walk(deadline)
    pair = _members(before), _members(after)
    if pair[0] is not None and pair[1] is not None and pair[0].is_object == pair[1].is_object:
        sub = walk.members(pair[0], pair[1], 1, "$")
        walk.add(DiffRow(0, "", pair[0].size, pair[1].size, "$", equal=True, mark="▾"))
        for row in sub:
            walk.add(row)
    elif _text(before) is not None and _text(after) is not None:
        walk.lines(_text(before) or "", _text(after) or "")
    else:
        walk.bytes(before, after)
    return walk.found


def _members(data: bytes) -> Members | None:
    """A whole JSON object or array; None for anything else."""
    text = data.decode("latin-1")
    start = len(text) - len(text.lstrip(" \t\r\n"))
    try:
        members = Members(text, start)
    except ValueError:
        return None
    members.read(1 << 40)
    return None if members.fault or text[members.end :].strip(" \t\r\n") else members


def _text(data: bytes) -> str | None:
    try:
        return None if b"\0" in data else data.decode("utf-8")
    except UnicodeDecodeError:
        return None


class _Walk:
    """Compares two payloads, and counts."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self.found = Differences()

    def add(self, row: DiffRow) -> None:
        if len(self.found.rows) < MOST_ROWS:
            self.found.rows.append(row)
        else:
            self.found.cut = True

    # ---- JSON

    def members(self, one: Members, two: Members, depth: int, path: str) -> list[DiffRow]:
        """Rows of the members of two objects, or of two arrays; equal ones in runs."""
        one.read(1 << 40, self._deadline)
        two.read(1 << 40, self._deadline)
        rows: list[DiffRow] = []
        run: list[int] = []
        for first, second in _pairs(one, two):
            if first is not None and second is not None and one.raw(first) == two.raw(second):
                run.append(first)
                continue
            self._deadline.check()
            made = self._member(one, first, two, second, depth, path)
            if first is not None and len(made) == 1 and made[0].equal:
                run.append(first)
                continue
            rows += self._equal(one, run, depth, path)
            run = []
            rows += made
            if len(rows) > MOST_ROWS:
                self.found.cut = True
                return rows
        return rows + self._equal(one, run, depth, path)

    def _equal(self, one: Members, run: list[int], depth: int, path: str) -> list[DiffRow]:
        """Rows of equal members; of many, the first, the last, and how many stand between."""
        self.found.equal += len(run)
        shown = run if len(run) <= EQUAL_RUN else [run[0], run[-1]]
        rows = []
        for at in shown:
            folded = one.count(at) != SCALAR
            text = one.size_of(at) if folded else one.value(at, VALUE_BYTES)
            key = one.step(at)
            mark = "▸" if folded else " "
            rows.append(DiffRow(depth, key.removeprefix("."), text, text, path + key, True, mark))
        if len(run) > EQUAL_RUN:
            rows.insert(1, _between(len(run) - 2, depth, path))
        return rows

    def _member(
        self,
        one: Members,
        first: int | None,
        two: Members,
        second: int | None,
        depth: int,
        path: str,
    ) -> list[DiffRow]:
        key = one.step(first) if first is not None else two.step(second or 0)
        where = path + key
        shown = key.removeprefix(".")
        if first is not None and second is not None:
            nested = one.count(first) != SCALAR and two.count(second) != SCALAR
            if nested and one.sign(first) == two.sign(second):
                return self._nested(one, first, two, second, depth, shown, where)
        before = None if first is None else one.value(first, VALUE_BYTES)
        after = None if second is None else two.value(second, VALUE_BYTES)
        self.found.differ += 1
        return [DiffRow(depth, shown, before, after, where, equal=False)]

    def _nested(
        self,
        one: Members,
        first: int,
        two: Members,
        second: int,
        depth: int,
        shown: str,
        where: str,
    ) -> list[DiffRow]:
        differ = self.found.differ
        sub = self.members(one.inside(first), two.inside(second), depth + 1, where)
        sizes = one.size_of(first), two.size_of(second)
        if self.found.differ == differ:  # only blanks, or the order of keys
            return [DiffRow(depth, shown, *sizes, where, True, "▸")]
        return [DiffRow(depth, shown, *sizes, where, True, "▾"), *sub]

    # ---- text and bytes

    def lines(self, before: str, after: str) -> None:
        """Rows of the lines of two texts."""
        one, two = before.split("\n"), after.split("\n")
        self._pieces(one, two, lambda at: f"line {at + 1:,}")

    def bytes(self, before: bytes, after: bytes) -> None:
        """Rows of a few bytes each, compared in their places."""
        one, two = _hex(before), _hex(after)
        self._pieces(one, two, lambda at: f"offset 0x{at * HEX_BYTES:x}", aligned=False)

    def _pieces(
        self,
        one: Sequence[str],
        two: Sequence[str],
        name: Callable[[int], str],
        *,
        aligned: bool = True,
    ) -> None:
        run: list[DiffRow] = []
        for first, second in _aligned(one, two, aligned=aligned):
            self._deadline.check()
            before = None if first is None else one[first]
            after = None if second is None else two[second]
            where = name(first if first is not None else second or 0)
            equal = before == after
            row = DiffRow(0, "", before, after, where, equal)
            if equal:
                self.found.equal += 1
                run.append(row)
                continue
            self.found.differ += 1
            for made in (*_folded(run, 0, ""), row):
                self.add(made)
            run = []
            if self.found.cut:
                return
        for made in _folded(run, 0, ""):
            self.add(made)


def _folded(run: list[DiffRow], depth: int, path: str) -> list[DiffRow]:
    """Equal rows in a row; of many, the first and the last, and how many stand between."""
    if len(run) <= EQUAL_RUN:
        return run
    return [run[0], _between(len(run) - 2, depth, path), run[-1]]


def _between(number: int, depth: int, path: str) -> DiffRow:
    words = f"⋮ {number:,} equal"
    return DiffRow(depth, "", words, words, path, True)


def _pairs(one: Members, two: Members) -> Iterator[tuple[int | None, int | None]]:
    """Members that belong together: by key, or by place in lists that are aligned."""
    if not one.is_object:
        if max(one.end - one.start, two.end - two.start) > CANONICAL_BYTES:
            first, second = ([side.raw(at) for at in range(len(side))] for side in (one, two))
        else:
            first, second = (
                [_canonical(side, at) for at in range(len(side))] for side in (one, two)
            )
        yield from _aligned(first, second)
        return
    by_key: dict[str, list[int]] = {}
    for at in range(len(two)):
        by_key.setdefault(two.key(at), []).append(at)
    left = set(range(len(two)))
    for at in range(len(one)):
        others = by_key.get(one.key(at))
        other = others.pop(0) if others else None
        if other is not None:
            left.discard(other)
        yield at, other
    for at in sorted(left):
        yield None, at


def _canonical(members: Members, index: int) -> str:
    """A text that values share which differ in blanks and in the order of keys alone."""
    raw = members.raw(index)
    if members.count(index) == SCALAR:
        return raw
    try:
        return json.dumps(_READ(raw), sort_keys=True)
    except (ValueError, RecursionError):
        return raw


def _number(digits: str) -> list[str]:
    """Numbers are compared as they are written."""
    return [digits]


_READ = json.JSONDecoder(parse_int=_number, parse_float=_number, parse_constant=_number).decode


def _aligned(
    one: Sequence[str], two: Sequence[str], *, aligned: bool = True
) -> Iterator[tuple[int | None, int | None]]:
    start = 0
    while start < min(len(one), len(two)) and one[start] == two[start]:
        yield start, start
        start += 1
    end = 0
    while end < min(len(one), len(two)) - start and one[-1 - end] == two[-1 - end]:
        end += 1
    stop, other_stop = len(one) - end, len(two) - end
    distinct = len({*one[start:stop], *two[start:other_stop]})
    most = max(stop, other_stop) - start
    # Many equal items make the search for the longest common part quadratic.
    if aligned and most <= (ALIGNED_ITEMS if 2 * distinct > most else FEW_ALIGNED_ITEMS):
        matcher = SequenceMatcher(None, one[start:stop], two[start:other_stop], False)
        for _, low, high, other_low, other_high in matcher.get_opcodes():
            yield from _in_place(start + low, start + high, start + other_low, start + other_high)
    else:
        yield from _in_place(start, stop, start, other_stop)
    for back in range(end, 0, -1):
        yield len(one) - back, len(two) - back


def _in_place(
    low: int, high: int, other_low: int, other_high: int
) -> Iterator[tuple[int | None, int | None]]:
    for step in range(max(high - low, other_high - other_low)):
        first, second = low + step, other_low + step
        yield (first if first < high else None), (second if second < other_high else None)


def _hex(data: bytes) -> list[str]:
    return [
        f"{data[at : at + HEX_BYTES].hex(' '):<{HEX_BYTES * 3}}"
        + excerpt(data[at : at + HEX_BYTES].decode("ascii", "replace").replace("\ufffd", "·"))
        for at in range(0, len(data), HEX_BYTES)
    ]
