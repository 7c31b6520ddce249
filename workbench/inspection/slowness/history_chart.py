"""The last five minutes of a queue or a node as a chart of three rows, with its axis."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.model.measures.time_units import NS_PER_S
from workbench.inspection.rows import section
from workbench.inspection.slowness.flow_history import LEVELS, FlowHistory, columns_of
from workbench.text.figures import age
from workbench.text.lines import Row, StyleRole, line

ROWS = 3
LEAST_CELLS = 24
"""Cells below which there is no chart."""
FEWEST = 2
"""Samples below which there is no chart."""


def queue_chart(
    history: FlowHistory, edge: int, label: str, capacity: int, cells: int
) -> list[Row]:
    """How deep a queue was; no row before there are samples of two seconds."""
    return _chart(history, history.depths(edge), capacity, label, "", cells)


def node_chart(history: FlowHistory, node: int, name: str, cells: int) -> list[Row]:
    """What part of the time a node was busy; no row before there are samples."""
    return _chart(history, history.busy_shares(node), 100, name, "%", cells)


def _chart(
    history: FlowHistory, values: Sequence[int], most: int, name: str, unit: str, cells: int
) -> list[Row]:
    if len(values) < FEWEST or cells < LEAST_CELLS or most <= 0:
        return []
    marks = (f"{most}{unit}", f"{most // 2}{unit}" if most > 1 else "", f"0{unit}")
    margin = max(map(len, marks))
    columns = columns_of(values, cells - margin - 4)
    note = f"mean {sum(values) / len(values):.3g}{unit}"
    rows = [section(f"{name}, {'busy, ' if unit else ''}last 5 min", note, cells)]
    for at, mark in enumerate(marks):
        axis = "┼" if at == ROWS - 1 else "┤"
        blocks = "".join(_block(value, most, ROWS - 1 - at) for value in columns)
        rows.append(
            Row(line((f" {mark:>{margin}} {axis}", StyleRole.FAINT), (blocks, StyleRole.GOOD)))
        )
    began = f"{age(history.began_s * NS_PER_S)} ago"
    gap = " " * max(len(columns) - len(began) - len("now"), 1)
    rows.append(Row(line((f" {'':>{margin}}  {began}{gap}now", StyleRole.FAINT))))
    return rows


def _block(value: int, most: int, row: int) -> str:
    """What of a column stands in a row, counted from below; what is not 0 is seen."""
    eighths = -(-min(value, most) * ROWS * len(LEVELS) // most) - row * len(LEVELS)
    if row == 0:
        eighths = max(eighths, 1)
    return LEVELS[min(eighths, len(LEVELS)) - 1] if eighths > 0 else " "
