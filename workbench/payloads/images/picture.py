"""A decoded image, drawn with half blocks: two pixels a cell, one above the other."""

from __future__ import annotations

from typing import NamedTuple

from runtime.model.lazy.dataclass import dataclass
from workbench.text.lazy_rows import LazyLines
from workbench.text.lines import Line, Pixels, Span

HALF = "▀"
"""Its foreground is the upper pixel, its background the lower one."""


class Level(NamedTuple):
    """The image at one size."""

    width: int
    height: int
    pixels: bytes
    """Red, green and blue, row by row."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image at several sizes."""

    levels: tuple[Level, ...]
    """The finest first, each with half the width and height of the one before."""
    note: str = ""
    """What is left out of it."""

    def size_in(self, cells: int, lines: int) -> tuple[int, int]:
        """Width and height in pixels that fit the room; a small image grows by whole steps."""
        width, height = self.levels[0].width, self.levels[0].height
        scale = min(cells / width, 2 * lines / height)
        if scale > 1:
            scale = int(scale)
        return max(int(width * scale), 1), max(int(height * scale), 1)


class PictureLines(LazyLines):
    """The picture as large as it may be in the room that is given."""

    def __init__(self, picture: Picture, cells: int, lines: int) -> None:
        self.width, self.height = picture.size_in(max(cells, 1), max(lines, 1))
        fine_enough = [one for one in picture.levels if one.width >= self.width]
        self._level = fine_enough[-1] if fine_enough else picture.levels[0]
        super().__init__(-(-self.height // 2), self.width)

    def item_at(self, index: int) -> Line:
        """Two rows of pixels; below the last one of an odd number is nothing."""
        above = self._pixels(2 * index)
        below = self._pixels(2 * index + 1) if 2 * index + 1 < self.height else None
        spans: list[Span] = []
        begun = 0
        for x in range(1, self.width + 1):
            there = x < self.width
            if there and above[x] == above[begun] and (not below or below[x] == below[begun]):
                continue
            colours = Pixels(above[begun], below[begun] if below else None)
            spans.append(Span(HALF * (x - begun), colours))
            begun = x
        return tuple(spans)

    def _pixels(self, y: int) -> list[int]:
        """Colours of one row of pixels, as 0xRRGGBB."""
        level = self._level
        row = (2 * y + 1) * level.height // (2 * self.height) * level.width
        colours = []
        for x in range(self.width):
            at = 3 * (row + (2 * x + 1) * level.width // (2 * self.width))
            colours.append(int.from_bytes(level.pixels[at : at + 3], "big"))
        return colours
