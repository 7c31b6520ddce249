"""To which place of a branch a request leads."""

from __future__ import annotations

from typing import assert_never

from runtime.protocol.requests import (
    JumpTo,
    JumpToElement,
    JumpToMark,
    JumpToStop,
    RepeatTo,
    SeekRequest,
    StepBack,
    StepForward,
)
from runtime.protocol.timeline import TimelineMark
from runtime.timetravel.branches import Branch
from runtime.timetravel.event_index import EventIndex
from runtime.timetravel.recorded.recorded_past import RecordedPast

_STOPS = (TimelineMark.STOP, TimelineMark.ERROR, TimelineMark.BREAK)


EVERY_CHANGE = 2**62
"""As many changes by hand as were made after a call."""


class NoTargetError(Exception):
    """There is no such place; the text says why, for the user."""


def seek_target(
    request: SeekRequest,
    branch: Branch,
    at: tuple[int, int],
    recording: RecordedPast | None,
    change_is_next: bool = False,
) -> tuple[int, int]:
    """Calls made at the place that is asked for, and changes by hand after them, seen from `at`.

    `change_is_next` says that what follows `at` is such a change and no call. The place may lie
    after the end of the branch, where there may be a `recording`. Raises `NoTargetError`.
    """
    calls, changes = at
    changed = 0 < changes < EVERY_CHANGE
    after = calls + changed  # what lies at the end of that call lies before
    match request:
        case StepBack() if changed:
            return calls, changes - 1
        case StepBack():
            return (calls - 1, EVERY_CHANGE) if calls else (0, 0)
        case StepForward():
            return (calls, changes + 1) if change_is_next else (calls + 1, 0)
        case JumpTo(call) | RepeatTo(call):
            target = call
        case JumpToElement(lineage):
            target = _start_of(lineage, branch, recording)
        case JumpToStop(forward):
            places = [branch.places] if recording is None else [branch.places, recording.places]
            if forward:
                target = _stop_after(places, calls, _length(branch, recording))
            else:
                target = _stop_before(places, after)
        case JumpToMark(forward):
            target = _mark(branch, calls if forward else after, forward, _length(branch, recording))
        case _:
            assert_never(request)
    return max(target, 0), 0


def _length(branch: Branch, recording: RecordedPast | None) -> int:
    """Calls of the branch, with those of the recording that are still to come."""
    length = None if recording is None else recording.length
    return branch.calls if length is None else max(branch.calls, length)


def _start_of(lineage: int, branch: Branch, recording: RecordedPast | None) -> int:
    place = branch.start_of(lineage)
    if place is None and recording is not None:
        place = recording.start_of(lineage)
    if place is None:
        raise NoTargetError("the ring does not hold the call that gave this element any more")
    return place


def _stop_before(places: list[EventIndex], at: int) -> int:
    found = (index.before(kind, at) for kind in _STOPS for index in places)
    return max((place for place in found if place is not None), default=0)


def _stop_after(places: list[EventIndex], at: int, length: int) -> int:
    found = (index.after(kind, at) for kind in _STOPS for index in places)
    return min((place for place in found if place is not None), default=length)


def _mark(branch: Branch, at: int, forward: bool, length: int) -> int:
    marks = [mark for mark in branch.marks if mark <= length]
    if not marks and branch.marks:
        further = f"the next one is after call {branch.marks[0]:,}"
        raise NoTargetError(f"the flow has not come to a mark yet: {further}")
    if not marks:
        raise NoTargetError("nothing is marked: m marks where the flow stands")
    if forward:
        return next((mark for mark in marks if mark > at), marks[0])
    return next((mark for mark in reversed(marks) if mark < at), marks[-1])
