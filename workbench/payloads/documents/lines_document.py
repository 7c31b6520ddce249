"""Any lines as a document, and a document's rows as lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workbench.payloads.deadline import Deadline
from workbench.payloads.documents.document import FlatDocument, PayloadDocument, PayloadPlace
from workbench.text.lazy_rows import LazyLines
from workbench.text.lines import Line, crop, plain, width_of


class LinesDocument(FlatDocument):
    """Lines that `make` gives for a width: the simplest document there is."""

    def __init__(self, name: str, make: Callable[[int], Sequence[Line]]) -> None:
        self._name = name
        self._make = make
        self._room: tuple[int, int | None] = (0, None)
        self._lines: Sequence[Line] = ()

    @property
    def name(self) -> str:
        """As its viewer is called."""
        return self._name

    @property
    def rows(self) -> int:
        """Lines there are."""
        return len(self._lines)

    @property
    def whole(self) -> bool:
        """True: they are all there."""
        return True

    def fit(self, cells: int, lines: int | None = None) -> None:
        """Make the lines for that room."""
        if (cells, lines) != self._room:
            self._room = cells, lines
            self._lines = self._make(cells)

    def line(self, row: int) -> Line:
        """One of the lines."""
        return self._lines[row]

    def place(self, row: int) -> PayloadPlace:
        """The line."""
        return PayloadPlace(f"line {row + 1:,}", "", plain(self._lines[row]))

    def read_to(self, row: int, deadline: Deadline) -> None:
        """All lines are there."""

    @property
    def data(self) -> bytes:
        """The lines, with a line feed between them."""
        return "\n".join(plain(one) for one in self._lines).encode("utf-8", "surrogateescape")

    def offset_of(self, row: int) -> int:
        """Where the line begins."""
        before = (plain(one) for one in self._lines[:row])
        return sum(1 + len(text.encode("utf-8", "surrogateescape")) for text in before)

    def row_at(self, offset: int, deadline: Deadline) -> int:
        """The line that holds a byte."""
        return self.data.count(b"\n", 0, offset)


class DocumentLines(LazyLines):
    """The first rows of a document, at most `most`, for a pane that only shows them."""

    def __init__(
        self, document: PayloadDocument, cells: int, most: int, deadline: Deadline
    ) -> None:
        """Raises `TookTooLongError`."""
        document.fit(cells)
        document.read_to(most, deadline)
        self._document = document
        self._heading = document.heading()
        super().__init__(min(document.rows, most) + len(self._heading), cells)

    def item_at(self, index: int) -> Line:
        """A line of the heading, then the rows."""
        above = len(self._heading)
        made = self._heading[index] if index < above else self._document.line(index - above)
        return made if width_of(made) <= self.cells else crop(made, 0, self.cells)

    def line_of(self, offset: int, deadline: Deadline) -> int:
        """The line that shows a byte of the document's data. Raises `TookTooLongError`."""
        return self._document.row_at(offset, deadline) + len(self._heading)

    def row(self, index: int) -> int | None:
        """The document's row in a line; None for its heading."""
        return index - len(self._heading) if index >= len(self._heading) else None
