"""To which place of a line a request leads."""

from __future__ import annotations

from runtime.protocol.requests import (
    JumpTo,
    JumpToElement,
    JumpToMark,
    JumpToStop,
    Request,
    StepBack,
    StepForward,
)
from runtime.protocol.timeline import TimelineMark
from runtime.timetravel.branches import Branch

_STOPS = (TimelineMark.STOP, TimelineMark.ERROR)


class NoTargetError(Exception):
    """There is no such place; the text says why, for the user."""


def destination(request: Request, line: Branch, at: int) -> int | None:
    """Calls made at the place that is wished for, seen from `at`; None for other requests.

    It may lie before the start or after the end of the line. Raises `NoTargetError`.
    """
    match request:
        case StepBack():
            return at - 1
        case StepForward():
            return at + 1
        case JumpTo(call):
            return call
        case JumpToElement(lineage):
            return _start_of(lineage, line)
        case JumpToStop(forward):
            return _stop_after(line, at) if forward else _stop_before(line, at)
        case JumpToMark(forward):
            return _mark(line, at, forward)
        case _:
            return None


def _start_of(lineage: int, line: Branch) -> int:
    place = line.start_of(lineage)
    if place is None:
        raise NoTargetError("the ring does not hold the call that gave this element any more")
    return place


def _stop_before(line: Branch, at: int) -> int:
    found = [place for kind in _STOPS if (place := line.places.before(kind, at)) is not None]
    return max(found, default=0)


def _stop_after(line: Branch, at: int) -> int:
    found = [place for kind in _STOPS if (place := line.places.after(kind, at)) is not None]
    return min(found, default=line.calls)


def _mark(line: Branch, at: int, forward: bool) -> int:
    marks = line.marks
    if not marks:
        raise NoTargetError("nothing is marked: m marks where the flow stands")
    if forward:
        return next((mark for mark in marks if mark > at), marks[0])
    return next((mark for mark in reversed(marks) if mark < at), marks[-1])
