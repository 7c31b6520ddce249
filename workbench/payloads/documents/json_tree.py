"""JSON as a tree that folds."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator
from typing import NamedTuple

from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.document import PayloadPlace
from workbench.payloads.documents.json_members import CHUNK, SCALAR, Members, decoded
from workbench.text.excerpt import excerpt
from workbench.text.lines import Line, StyleRole, fit, line, pad

INDENT = 2
KEY_CELLS = 24
"""Widest column of keys; longer ones push their value to the right."""

FEW = 12
"""An object or array with more members keeps them folded when it is opened by itself."""
OPENED_LEVELS = 2
"""Levels that are open from the start."""

MOST_OPENED = 20_000
"""Objects and arrays that "open all" opens."""

_ROLES = {"t": StyleRole.LITERAL, "f": StyleRole.LITERAL, "n": StyleRole.LITERAL}
_KINDS = {"t": "boolean", "f": "boolean", "n": "null", '"': "string", "{": "object", "[": "array"}

ROOT = -1
TRAILER = -2
"""Row after the members: that there are more, or why there are not."""


class Fold:
    """An object or array that is open, and what is open in it."""

    __slots__ = ("_before", "_opened", "_order", "depth", "index", "key_cells", "members", "parent")

    def __init__(self, members: Members, parent: Fold | None, index: int) -> None:
        self.members = members
        self.parent = parent
        self.index = index
        """Which member of `parent` this is."""
        self.depth: int = parent.depth + 1 if parent is not None else 0
        self._opened: dict[int, Fold] = {}
        self._order: list[int] = []
        self._before: list[int] | None = None
        self.key_cells = 0
        self.measure()

    def measure(self) -> None:
        """Take the width of the keys from the members that were read first."""
        members = self.members
        shown = range(min(len(members), CHUNK))
        if members.is_object:
            widest = max((len(self.key(index)) for index in shown), default=0)
        else:
            widest = len(str(max(len(shown) - 1, 0)))
        self.key_cells = min(widest, KEY_CELLS)

    def key(self, index: int) -> str:
        """A member's key as it is shown: without quotes where it needs none."""
        if not self.members.is_object:
            return str(index)
        return excerpt(self.members.key(index)[1:-1], 200)

    @property
    def has_trailer(self) -> bool:
        """True when a row after the members says more."""
        return not self.members.done or bool(self.members.fault)

    @property
    def rows(self) -> int:
        """Rows of the members, and of all that is open in them."""
        return len(self.members) + sum(self._sums()[-1:]) + self.has_trailer

    def opened(self, index: int) -> Fold | None:
        """The member, if it is open."""
        return self._opened.get(index)

    def folds(self) -> Iterator[Fold]:
        """What is open in it."""
        return iter(self._opened.values())

    def open(self, index: int, fold: Fold) -> None:
        """Open a member."""
        self._opened[index] = fold
        insort(self._order, index)
        self.changed()

    def close(self, index: int) -> None:
        """Fold a member."""
        del self._opened[index]
        self._order.remove(index)
        self.changed()

    def close_all(self) -> None:
        """Fold all members."""
        self._opened.clear()
        self._order.clear()
        self.changed()

    def changed(self) -> None:
        """Rows came or went."""
        fold: Fold | None = self
        while fold is not None:
            fold._before = None
            fold = fold.parent

    def _sums(self) -> list[int]:
        """Rows that opened members have more, up to and with each of them."""
        if self._before is None:
            total = 0
            sums = []
            for index in self._order:
                total += self._opened[index].rows
                sums.append(total)
            self._before = sums
        return self._before

    def row_of(self, index: int) -> int:
        """Row of a member, counted from the first member's."""
        place = bisect_right(self._order, index - 1)
        return index + (self._sums()[place - 1] if place else 0)

    def at(self, row: int) -> tuple[Fold, int]:
        """What stands in a row, counted from the first member's: a member, or `TRAILER`."""
        sums, order = self._sums(), self._order
        low, high = 0, len(order)
        while low < high:
            middle = (low + high) // 2
            above = sums[middle - 1] if middle else 0
            if order[middle] + above < row:
                low = middle + 1
            else:
                high = middle
        if low:
            index = order[low - 1]
            fold = self._opened[index]
            first = self.row_of(index) + 1
            if row < first + fold.rows:
                return fold.at(row - first)
            row -= sums[low - 1]
        return (self, row) if row < len(self.members) else (self, TRAILER)


class TreeMember(NamedTuple):
    """A row of the tree."""

    fold: Fold
    number: int
    """Which member, from 0; or `ROOT` or `TRAILER`."""


class JsonTree:
    """A JSON object or array, of which the first members were read."""

    name = "tree"
    folds = True

    def __init__(self, members: Members) -> None:
        self._text = members.text
        self._cells = 80
        self.root = Fold(members, None, ROOT)
        if len(members) <= FEW:
            for index in range(len(members)):
                if 0 < members.count(index) <= FEW:
                    self._open(self.root, index)

    # ---- rows

    @property
    def rows(self) -> int:
        """The root's row, and those of all that is open."""
        return 1 + self.root.rows

    @property
    def whole(self) -> bool:
        """True when all members of what is open were read."""
        return self._unread() is None

    def fit(self, cells: int, lines: int | None = None) -> None:
        """Long values are cut at this width."""
        self._cells = cells

    def heading(self) -> tuple[Line, ...]:
        """Nothing."""
        return ()

    def member(self, row: int) -> TreeMember:
        """What stands in a row."""
        return TreeMember(self.root, ROOT) if row <= 0 else TreeMember(*self.root.at(row - 1))

    def row_of(self, fold: Fold, index: int) -> int:
        """The row of a member of what is open."""
        row = 0
        here: Fold | None = fold
        at = index
        while here is not None and at != ROOT:
            row += 1 + here.row_of(at)
            at, here = here.index, here.parent
        return row

    def line(self, row: int) -> Line:
        """Mark, key, value."""
        fold, index = self.member(row)
        if index == ROOT:
            return line(("▾ ", StyleRole.ACCENT), (self._size(fold), StyleRole.DIM))
        indent = " " * min(INDENT * (fold.depth + 1), self._cells // 2)
        if index == TRAILER:
            return line(indent, *_trailer(fold.members))
        members = fold.members
        count, start = members.count(index), members.span(index)[0]
        key = pad(fold.key(index), fold.key_cells) if fold.key_cells else ""
        if len(fold.key(index)) > fold.key_cells:
            key = fit(fold.key(index), max(self._cells - len(indent) - 12, 4))
        opened = fold.opened(index)
        mark = " " if count == SCALAR else "▾" if opened is not None else "▸"
        role = StyleRole.NAME if members.is_object else StyleRole.FAINT
        head = line(indent, (f"{mark} ", StyleRole.ACCENT), (key, role), "  ")
        if count != SCALAR:
            if opened is not None:
                return line(*head, (self._size(opened), StyleRole.DIM))
            return line(*head, (members.size_of(index), StyleRole.DIM))
        room = max(self._cells - len(indent) - 2 - len(key) - 2, 4)
        shown = fit(excerpt(members.value(index, room * 4), room * 2), room)
        if members.span(index)[1] - start > room * 4:
            shown = fit(shown + "…", room)
        return line(*head, (shown, _role(self._text[start])))

    def _size(self, fold: Fold) -> str:
        """How many members; of what is not read to its end, as whoever holds it knows."""
        parent = fold.parent
        return fold.members.size if parent is None else parent.members.size_of(fold.index)

    def place(self, row: int) -> PayloadPlace:
        """Path, kind and all of the value."""
        fold, index = self.member(row)
        if index == TRAILER:
            return PayloadPlace(self._path(fold), "", "")
        if index == ROOT:
            start, end = fold.members.start, fold.members.end
            if not fold.members.done:
                end = len(self._text)
            return PayloadPlace(
                "$", _kind(self._text[start]), decoded(self._text[start:end].rstrip())
            )
        start = fold.members.span(index)[0]
        path = self._path(fold) + fold.members.step(index)
        return PayloadPlace(path, _kind(self._text[start]), fold.members.value(index))

    def _path(self, fold: Fold) -> str:
        steps: list[str] = []
        here = fold
        while here.parent is not None:
            steps.append(here.parent.members.step(here.index))
            here = here.parent
        return "$" + "".join(reversed(steps))

    # ---- folding

    def turn(self, row: int) -> bool:
        """Open or fold the member; of a value that has none, nothing."""
        fold, index = self.member(row)
        if index == ROOT:
            fold.close_all()
            return True
        if index == TRAILER or fold.members.count(index) <= 0:
            return False
        if fold.opened(index) is not None:
            fold.close(index)
        else:
            self._open(fold, index)
        return True

    def _open(self, fold: Fold, index: int) -> Fold:
        members = fold.members.inside(index)
        members.read(CHUNK)
        opened = Fold(members, fold, index)
        fold.open(index, opened)
        return opened

    def turn_all(self, deadline: Deadline) -> None:
        """Open all that was read; when something below the root is open, fold that."""
        if any(True for _ in self.root.folds()):
            self.root.close_all()
            return
        left = MOST_OPENED
        waiting = [self.root]
        while waiting:
            fold = waiting.pop()
            for index in range(len(fold.members)):
                if fold.members.count(index) <= 0:
                    continue
                deadline.check()
                if not left:
                    return
                left -= 1
                waiting.append(self._open(fold, index))

    def across(self, row: int, step: int) -> int | None:
        """To the right into what is folded, to the left to what holds this row."""
        fold, index = self.member(row)
        if index == ROOT:
            return 0
        closed = index != TRAILER and fold.opened(index) is None
        if step > 0:
            if closed:
                self.turn(row)
                return row
            return row + 1
        if not closed and index != TRAILER:
            self.turn(row)
            return row
        return self.row_of(fold.parent, fold.index) if fold.parent is not None else 0

    # ---- reading on

    def _unread(self) -> Fold | None:
        waiting = [self.root]
        while waiting:
            fold = waiting.pop()
            if not fold.members.done:
                return fold
            waiting += fold.folds()
        return None

    def read_to(self, row: int, deadline: Deadline) -> None:
        """Read the members in which a row lies that is not there yet."""
        while True:
            fold, index = self.member(min(row, self.rows - 1))
            if fold.members.done or (index != TRAILER and row < self.rows - 1):
                return
            self.read_more(fold, deadline)

    def read_more(self, fold: Fold, deadline: Deadline) -> None:
        """Read the next members of what is open."""
        try:
            fold.members.read(max(len(fold.members) * 2, CHUNK), deadline)
        finally:
            fold.changed()

    @property
    def data(self) -> bytes:
        """The payload."""
        return self._text.encode("latin-1")

    def offset_of(self, row: int) -> int:
        """Where the member's key or value begins."""
        fold, index = self.member(row)
        if index == ROOT:
            return fold.members.start
        return fold.members.end if index == TRAILER else fold.members.begin(index)

    def row_at(self, offset: int, deadline: Deadline) -> int:
        """The member that holds a byte; what is folded around it is opened."""
        fold = self.root
        while True:
            members = fold.members
            while not members.done and members.end <= offset:
                self.read_more(fold, deadline)
            index = members.index_at(offset)
            if index < 0:
                return self.row_of(fold.parent, fold.index) if fold.parent is not None else 0
            start, end = members.span(index)
            if not start < offset < end or members.count(index) <= 0:
                return self.row_of(fold, index)
            fold = fold.opened(index) or self._open(fold, index)

    def differences(self) -> Iterator[int]:
        """None."""
        return iter(())


def _trailer(members: Members) -> Line:
    if members.fault:
        return line(("x ", StyleRole.BAD), (members.fault, StyleRole.BAD))
    return line(("⋮ more, read as you scroll", StyleRole.DIM))


def _role(sign: str) -> StyleRole:
    if sign == '"':
        return StyleRole.STRING
    return _ROLES.get(sign, StyleRole.NUMBER)


def _kind(sign: str) -> str:
    return _KINDS.get(sign, "number")
