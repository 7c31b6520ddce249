"""Classes of terminal sizes, and which bars each has room for."""

from __future__ import annotations

from enum import StrEnum


class SizeClass(StrEnum):
    """How much of the workbench a terminal shows."""

    BARE = "bare"
    """The state, and that there is no room for more."""
    SINGLE = "single"
    """One pane without a frame."""
    COLUMN = "column"
    """The graph, and one pane below it."""
    TWO_COLUMNS = "two columns"
    THREE_QUARTERS = "two columns, inspector in full height"


BARE = (20, 6)
"""Below this width or height there is no room for a pane."""

SINGLE = (60, 16)
"""Below this width or height only the active pane is seen, without a frame."""

TWO_COLUMNS = 110
"""Cells from which on there are two columns."""

FULL_INSPECTOR = 160
"""Cells from which on the inspector has the full height."""

TIMELINE_ROWS = 20
"""Rows from which on there is a timeline."""

SECOND_STATUS_ROWS = 12
"""Rows from which on the status has two lines."""


def size_class(width: int, height: int) -> SizeClass:
    """The class of a terminal of that many cells and rows."""
    if width < BARE[0] or height < BARE[1]:
        return SizeClass.BARE
    if width < SINGLE[0] or height < SINGLE[1]:
        return SizeClass.SINGLE
    if width < TWO_COLUMNS:
        return SizeClass.COLUMN
    return SizeClass.TWO_COLUMNS if width < FULL_INSPECTOR else SizeClass.THREE_QUARTERS


def bar_rows(width: int, height: int) -> int:
    """Rows of header, timeline, status and footer."""
    if size_class(width, height) in (SizeClass.BARE, SizeClass.SINGLE):
        return 1 + status_rows(height)
    return 2 + status_rows(height) + (height >= TIMELINE_ROWS)


def status_rows(height: int) -> int:
    """Rows of the status."""
    return 2 if height >= SECOND_STATUS_ROWS else 1
