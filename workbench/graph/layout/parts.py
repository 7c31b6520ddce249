"""Collects what a layout is made of."""

from __future__ import annotations

from workbench.graph.geometry import (
    Arrow,
    Box,
    Form,
    Label,
    LaneSum,
    Layout,
    Run,
    Wire,
    wire_row,
)


class Parts:
    """Boxes, runs, wires, arrows and labels, in the order in which they were placed."""

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.runs: list[Run] = []
        self.wires: list[Wire] = []
        self.arrows: list[Arrow] = []
        self.labels: list[Label] = []
        self.sums: list[LaneSum] = []

    def join(self, edge: int, x: int, row: int, end: int, port: str = "", *, inline: bool) -> None:
        """An edge from `x` to its arrow at `end`, both on one row."""
        self.wires.append(Wire(x, row, end - 1, row))
        self.runs.append(Run(edge, x, row, end - x, port, inline))
        self.arrows.append(Arrow(end, row))

    def join_leftwards(self, edge: int, end: int, row: int, x: int, port: str = "") -> None:
        """An edge from `x` to its arrow at `end`, to its left."""
        self.wires.append(Wire(end + 1, row, x, row))
        self.runs.append(Run(edge, end + 1, row, x - end, port, inline=True))
        self.arrows.append(Arrow(end, row, leftwards=True))

    def turn(self, edge: int, x: int, row: int, right: int, under: int, tall: int) -> None:
        """An edge from `x` around the end of its row, and back to the beginning of the next."""
        into = wire_row(under + 1, tall)
        self.wires += [
            Wire(x, row, right, row),
            Wire(right, row, right, under),
            Wire(0, under, right, under),
            Wire(0, under, 0, into),
            Wire(0, into, 1, into),
        ]
        self.runs.append(Run(edge, 1, under, right - 1, inline=True))
        self.arrows.append(Arrow(2, into))

    def layout(
        self,
        form: Form,
        width: int,
        height: int,
        *,
        frozen: int = 0,
        lane_edge: int | None = None,
        note: str = "",
    ) -> Layout:
        """What was collected."""
        return Layout(
            form,
            width,
            height,
            tuple(self.boxes),
            tuple(self.runs),
            tuple(self.wires),
            tuple(self.arrows),
            tuple(self.labels),
            tuple(self.sums),
            frozen,
            lane_edge,
            note,
        )
