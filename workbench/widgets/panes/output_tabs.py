"""The tabs of the output pane, however many logs there are: nothing is cut without a mark."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from workbench.text.lines import Span, StyleRole
from workbench.text.short_names import shorten

NAME_CELLS = (40, 32, 26, 20, 16, 12, 10)
"""Widths of the longest names that are tried, one after the other."""

UNREAD = "*"


class Tab(NamedTuple):
    """A tab, and the log that a click on it brings up."""

    node: str
    span: Span


def output_tabs(
    names: Sequence[str], unread: Collection[str], active: str, cells: int
) -> tuple[Tab, ...]:
    """Tabs in at most `cells` cells: all of them where there is room, with short names if need be;
    else those around the active one, and how many there are at either side."""
    every = tuple(names)
    tabs: list[Tab] = []
    for most in NAME_CELLS:
        short = shorten(every, most)
        tabs = [_tab(name, short[name], name in unread, name == active) for name in every]
        if _cells(tabs) <= cells:
            return tuple(tabs)
    at = every.index(active) if active in every else 0
    first = last = at
    while True:
        shown = [
            *_others(every[:first], unread, "‹ {}", -1),
            *tabs[first : last + 1],
            *_others(every[last + 1 :], unread, "{} ›", 0),
        ]
        left = _cells(shown) + _cells(tabs[first - 1 : first]) <= cells and first > 0
        right = _cells(shown) + _cells(tabs[last + 1 : last + 2]) <= cells
        if left and (at - first <= last - at or last + 1 == len(every)):
            first -= 1
        elif right and last + 1 < len(every):
            last += 1
        elif left:
            first -= 1
        else:
            return tuple(shown)


def _tab(name: str, shown: str, unread: bool, active: bool) -> Tab:
    role = StyleRole.CHOSEN if active else StyleRole.DIM
    return Tab(name, Span(f" {shown}{UNREAD if unread else ''} ", role))


def _others(hidden: Sequence[str], unread: Collection[str], words: str, nearest: int) -> list[Tab]:
    """How many are hidden at a side; a click brings up the nearest one."""
    if not hidden:
        return []
    number = f"{len(hidden)}{UNREAD if any(name in unread for name in hidden) else ''}"
    return [Tab(hidden[nearest], Span(f" {words.format(number)} ", StyleRole.FAINT))]


def _cells(tabs: Sequence[Tab]) -> int:
    return sum(cell_len(tab.span.text) for tab in tabs)
