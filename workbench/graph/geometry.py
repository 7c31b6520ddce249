"""What a laid out flow is made of: cells for nodes, edges, wires and fixed words."""

from __future__ import annotations

from enum import StrEnum

from runtime.model.lazy.dataclass import dataclass


class Form(StrEnum):
    """How closely a flow is drawn, the loosest first."""

    FULL = "full"
    """Boxes of four rows: name, state and calls, build."""
    COMPACT = "compact"
    """Boxes of three rows: sign and name, build."""
    FIGURES = "figures"
    """One row a node, with its calls; depth and capacity on the edge."""
    LINE = "line"
    """One row a node; the depth on the edge."""
    MAP = "map"
    """One cell a node."""

    @property
    def boxed(self) -> bool:
        """True where nodes have frames."""
        return self in (Form.FULL, Form.COMPACT)


BOX_ROWS = {Form.FULL: 4, Form.COMPACT: 3, Form.FIGURES: 1, Form.LINE: 1, Form.MAP: 1}


@dataclass(frozen=True, slots=True)
class Box:
    """A node's cells; its wires meet its second row where it has a frame, else its only one."""

    node: str
    x: int
    y: int
    width: int
    height: int
    label: str
    """The name as it is drawn: no two of a drawing are alike."""


@dataclass(frozen=True, slots=True)
class Run:
    """The level stretch of an edge that shows its bar and its figures."""

    edge: int
    x: int
    row: int
    cells: int
    port: str = ""
    """Name of the output port when it is not the usual one."""
    inline: bool = False
    """True: the figures stand in the wire. False: below it, the port above."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A plain level or upright piece of wire, both ends included."""

    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True, slots=True)
class Arrow:
    """Where an edge meets its node."""

    x: int
    y: int
    leftwards: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """Words that no state changes: the name of a lane, the number of a stub."""

    x: int
    y: int
    text: str
    of_lane: bool = False
    """True for the name of a lane, which stands next to the upright where lanes part."""


@dataclass(frozen=True, slots=True)
class LaneSum:
    """Where the elements that wait in some edges are counted."""

    x: int
    y: int
    edges: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A drawing without states: what stands where."""

    form: Form
    width: int
    height: int
    boxes: tuple[Box, ...]
    runs: tuple[Run, ...] = ()
    wires: tuple[Wire, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    labels: tuple[Label, ...] = ()
    sums: tuple[LaneSum, ...] = ()
    frozen: int = 0
    """Cells at the left that stay in sight when the rest is scrolled across."""
    lane_edge: int | None = None
    """Column in which the labels of lanes begin, where there are lanes."""
    note: str = ""
    """What the border says of it: `8 lanes · read fix rate bill out`."""

    def fits(self, width: int, height: int, slack: int = 0) -> bool:
        """True when all of it is seen in that room, with `slack` cells to spare on each side."""
        return self.width + slack <= width and self.height + slack <= height


def wire_row(y: int, height: int) -> int:
    """The row on which wires meet a box that begins at `y`."""
    return y + (height > 1)
