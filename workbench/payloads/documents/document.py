"""What a whole payload offers to whoever shows it row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from workbench.payloads.deadline import Deadline
from workbench.text.lines import Line


class PayloadPlace(NamedTuple):
    """What stands in a row."""

    path: str
    """Where it is: `$.totals.net`, `line 12`, `offset 0x10`."""
    kind: str
    """What it is: `number`, `object`, `text`."""
    value: str
    """All of it as it is written; what `y` copies."""


class PayloadDocument(Protocol):
    """One way to look into a whole payload; row numbers begin with 0.

    Rows are made when they are asked for. Only `open_document`, `read_to`, `row_at` and `turn_all`
    may take long: they are for any thread, one at a time, and look at a deadline.
    """

    @property
    def name(self) -> str:
        """As the viewer is called that shows it."""
        ...

    @property
    def rows(self) -> int:
        """Rows there are so far, for the last width that was given."""
        ...

    @property
    def whole(self) -> bool:
        """False where there are more rows than `rows`: `read_to` finds them."""
        ...

    @property
    def data(self) -> bytes:
        """The bytes that offsets count, to be searched: the payload, or what is made of it."""
        ...

    @property
    def folds(self) -> bool:
        """True where there are rows that `turn` opens and folds."""
        ...

    def fit(self, cells: int, lines: int | None = None) -> None:
        """Make rows of that width from now on; `lines` are in sight, for what is sized to them."""
        ...

    def heading(self) -> tuple[Line, ...]:
        """Lines that stay above the rows."""
        ...

    def line(self, row: int) -> Line:
        """The row, in no more cells than were given; printable on a terminal."""
        ...

    def place(self, row: int) -> PayloadPlace:
        """What stands there."""
        ...

    def turn(self, row: int) -> bool:
        """Open what is folded there, or fold what is open; False where there is neither."""
        ...

    def turn_all(self, deadline: Deadline) -> None:
        """Open everything, or fold it again. Raises `TookTooLongError` when much was opened."""
        ...

    def across(self, row: int, step: int) -> int | None:
        """Go to the side in a row: the row to go to then; None where there is no side."""
        ...

    def read_to(self, row: int, deadline: Deadline) -> None:
        """Read on until that row is there, if there is one. Raises `TookTooLongError`."""
        ...

    def offset_of(self, row: int) -> int:
        """Where in `data` begins what the row shows."""
        ...

    def row_at(self, offset: int, deadline: Deadline) -> int:
        """The row that shows a byte of `data`; opens what is folded around it.

        Raises `TookTooLongError`.
        """
        ...

    def differences(self) -> Iterator[int]:
        """Rows at which a difference begins, for views that show one."""
        ...


class FlatDocument:
    """What is the same of all documents in which nothing folds; a subclass says what differs."""

    folds = False

    def heading(self) -> tuple[Line, ...]:
        """Nothing."""
        return ()

    def turn(self, row: int) -> bool:
        """Nothing folds."""
        return False

    def turn_all(self, deadline: Deadline) -> None:
        """Nothing folds."""

    def across(self, row: int, step: int) -> int | None:
        """There are no sides."""
        return None

    def differences(self) -> Iterator[int]:
        """None."""
        return iter(())
