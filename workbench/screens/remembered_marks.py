"""Marks of the timeline, kept for a project from one session to the next."""

from __future__ import annotations

from collections.abc import Callable

from runtime.protocol.requests import Request, SetMarks
from workbench.settings.project_memory import ProjectMemory
from workbench.view import View

SECTION = "marks"

MOST_MARKS = 1_000


class RememberedMarks:
    """Sets the marks of last time when a session begins, and keeps those that the user sets.

    A mark is a number of calls: it means the same place as long as the sources give the same.
    """

    def __init__(self, memory: ProjectMemory | None, send: Callable[[Request], None]) -> None:
        """Without a `memory` marks end with the session."""
        self._memory = memory
        self._send = send
        self._kept = () if memory is None else _marks(memory.recall(SECTION))
        self._shown: tuple[int, ...] = ()
        """Marks of the branch, as last heard."""
        self._asked: tuple[int, ...] | None = None
        """Marks the session was asked to set and has not told of yet."""

    def take(self, old: View, new: View) -> None:
        """What the session says now."""
        if self._memory is None or new.timeline is None or new.timeline is old.timeline:
            return
        marks = new.timeline.marks
        if _begins(old, new) and self._kept and marks != self._kept:
            self._asked = self._kept
            self._send(SetMarks(self._kept))
        elif self._asked is not None:
            if marks == self._asked:
                self._asked, self._shown = None, marks
        elif old.timeline is not None and old.timeline.branch != new.timeline.branch:
            self._shown = marks  # another branch has marks of its own: nobody took any away
        elif marks != self._shown:
            self._shown = marks
            self._kept = marks[:MOST_MARKS]
            self._memory.keep(SECTION, list(self._kept))


def _begins(old: View, new: View) -> bool:
    """True for the first timeline of a session, and of one that begins again."""
    assert new.timeline is not None
    if old.timeline is None:
        return True
    again = len(new.timeline.branches) <= 1 and new.timeline.calls < old.timeline.calls
    return again and not new.timeline.marks


def _marks(value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        return ()
    found = {item for item in value if type(item) is int and 0 <= item < 2**53}
    return tuple(sorted(found))[:MOST_MARKS]
