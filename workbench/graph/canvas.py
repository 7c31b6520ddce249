"""A grid of cells on which wires join by themselves."""

from __future__ import annotations

from rich.cells import cell_len

from workbench.text.lines import Line, Span, StyleRole

NORTH, EAST, SOUTH, WEST = 1, 2, 4, 8

JOINTS = {
    0: " ",
    EAST: "─",
    WEST: "─",
    EAST | WEST: "─",
    NORTH: "│",
    SOUTH: "│",
    NORTH | SOUTH: "│",
    SOUTH | EAST: "╭",
    SOUTH | WEST: "╮",
    NORTH | EAST: "╰",
    NORTH | WEST: "╯",
    NORTH | SOUTH | EAST: "├",
    NORTH | SOUTH | WEST: "┤",
    EAST | WEST | SOUTH: "┬",
    EAST | WEST | NORTH: "┴",
    NORTH | EAST | SOUTH | WEST: "┼",
}
"""The sign of a cell by the sides its wires leave it on."""


class Canvas:
    """Characters and styles by row and column; drawing outside of it is ignored."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self._sides = [[0] * width for _ in range(height)]
        self._text = [[" "] * width for _ in range(height)]
        self._role = [[StyleRole.FAINT] * width for _ in range(height)]

    def wire(self, x1: int, y1: int, x2: int, y2: int) -> None:
        """A level or upright wire, both ends included; ends stay open."""
        for x in range(x1, x2):
            self._join(x, y1, EAST)
            self._join(x + 1, y1, WEST)
        for y in range(y1, y2):
            self._join(x1, y, SOUTH)
            self._join(x1, y + 1, NORTH)

    def touch(self, x: int, y: int, side: int) -> None:
        """Make the wire of a cell leave it on one more side."""
        self._join(x, y, side)

    def write(self, x: int, y: int, text: str, role: StyleRole) -> None:
        """Text over whatever is there; a wide character takes two cells."""
        if not 0 <= y < self.height:
            return
        if text.isascii() and x >= 0 and x + len(text) <= self.width:
            self._text[y][x : x + len(text)] = text
            self._role[y][x : x + len(text)] = [role] * len(text)
            return
        for character in text:
            cells = cell_len(character)
            if cells and x >= 0 and x + cells <= self.width:
                self._text[y][x] = character
                self._role[y][x] = role
                if cells == 2:
                    self._text[y][x + 1] = ""
                    self._role[y][x + 1] = role
            elif not cells and 0 < x <= self.width:
                self._text[y][x - 1] += character  # an accent, say: it stands on what is before
            x += cells

    def clear(self, x: int, y: int, cells: int) -> None:
        """Take the wires out of some cells of a row: blanks that are written there stay blank."""
        if 0 <= y < self.height:
            for column in range(max(x, 0), min(x + cells, self.width)):
                self._sides[y][column] = 0

    def lines(self) -> tuple[Line, ...]:
        """The rows, spans joined by role."""
        return tuple(self._row(y) for y in range(self.height))

    def _join(self, x: int, y: int, side: int) -> None:
        if 0 <= x < self.width and 0 <= y < self.height:
            self._sides[y][x] |= side

    def _row(self, y: int) -> Line:
        spans: list[Span] = []
        start = 0
        signs = [
            JOINTS[sides] if text == " " and sides else text
            for text, sides in zip(self._text[y], self._sides[y], strict=True)
        ]
        styles = self._role[y]
        for x in range(1, self.width + 1):
            if x == self.width or styles[x] != styles[start]:
                spans.append(Span("".join(signs[start:x]), styles[start]))
                start = x
        return tuple(spans)
