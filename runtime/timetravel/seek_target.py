"""To which place of a branch a request leads."""

from __future__ import annotations

from typing import assert_never

from runtime.protocol.requests import (
    JumpTo,
    JumpToElement,
    JumpToMark,
    JumpToStop,
    SeekRequest,
    StepBack,
    StepForward,
)
from runtime.protocol.timeline import TimelineMark
from runtime.timetravel.branches import Branch

_STOPS = (TimelineMark.STOP, TimelineMark.ERROR, TimelineMark.BREAK)


class NoTargetError(Exception):
    """There is no such place; the text says why, for the user."""


def seek_target(request: SeekRequest, branch: Branch, at: int) -> int:
    """Calls made at the place that is asked for, seen from `at`.

    It may lie before the start or after the end of the branch. Raises `NoTargetError`.
    """
    match request:
        case StepBack():
            return at - 1
        case StepForward():
            return at + 1
        case JumpTo(call):
            return call
        case JumpToElement(lineage):
            return _start_of(lineage, branch)
        case JumpToStop(forward):
            return _stop_after(branch, at) if forward else _stop_before(branch, at)
        case JumpToMark(forward):
            return _mark(branch, at, forward)
        case _:
            assert_never(request)


def _start_of(lineage: int, branch: Branch) -> int:
    place = branch.start_of(lineage)
    if place is None:
        raise NoTargetError("the ring does not hold the call that gave this element any more")
    return place


def _stop_before(branch: Branch, at: int) -> int:
    found = [place for kind in _STOPS if (place := branch.places.before(kind, at)) is not None]
    return max(found, default=0)


def _stop_after(branch: Branch, at: int) -> int:
    found = [place for kind in _STOPS if (place := branch.places.after(kind, at)) is not None]
    return min(found, default=branch.calls)


def _mark(branch: Branch, at: int, forward: bool) -> int:
    marks = [mark for mark in branch.marks if mark <= branch.calls]
    if not marks and branch.marks:
        further = f"the next one is after call {branch.marks[0]:,}"
        raise NoTargetError(f"the flow has not come to a mark yet: {further}")
    if not marks:
        raise NoTargetError("nothing is marked: m marks where the flow stands")
    if forward:
        return next((mark for mark in marks if mark > at), marks[0])
    return next((mark for mark in reversed(marks) if mark < at), marks[-1])
