"""How a place is reached: along the ring, along a recording, or from where the flow stands."""

from __future__ import annotations

from enum import Enum

from runtime.execution.call_drivers import RecordedKind, RecordedRun
from runtime.model.lazy.dataclass import dataclass
from runtime.timetravel.branch_position import BranchPosition
from runtime.timetravel.checkpoints import CALLS_APART

NEAR_CALLS = 2 * CALLS_APART
"""To go on so many calls costs no more than to begin at a checkpoint."""


class RouteKind(Enum):
    """What is to be done to reach a place."""

    STAY = "stay"
    """It is shown already, or there is none."""
    TELL = "tell"
    """The recording has to be told up to there first."""
    END = "end"
    """It is the end of the branch, whose execution is there."""
    GO_ON = "go on"
    """What is shown repeats its recording up to there."""
    VIEW = "view"
    """An execution of its own is taken there."""


@dataclass(frozen=True, slots=True)
class SeekRoute:
    """How a place is reached."""

    kind: RouteKind
    target: int
    """Calls made at the place; may be another than was asked for."""
    changes: int = 0
    """Changes by hand after the last of them."""
    run: RecordedRun | None = None
    """With `VIEW`: what the execution repeats."""
    why_not: str = ""
    """Why not the place that was asked for."""


def kind_of(stands: BranchPosition, target: int) -> RecordedKind:
    """What an execution repeats that shows the place after `target` calls."""
    recording = stands.replay.part_with(target, stands.branch)
    return stands.branch.view_kind if recording is None else RecordedKind.FILE_VIEW


def route_to(stands: BranchPosition, target: int, changes: int = 0) -> SeekRoute:
    """How to reach the place after `target` calls, and so many changes by hand after those."""
    recording = stands.replay.part_with(target, stands.branch)
    if recording is not None and recording.length is not None:
        target = min(target, recording.length)
    # What was changed after a call is told with the call after it.
    if recording is not None and not recording.has_told(target + bool(changes)):
        return SeekRoute(RouteKind.TELL, target, changes)
    if recording is None and stands.branch.is_end(target, changes):
        if stands.past:
            return SeekRoute(RouteKind.END, target)
        goes_on = stands.exact and target > stands.shown.calls
        return SeekRoute(RouteKind.GO_ON if goes_on else RouteKind.STAY, target)
    if stands.past and stands.shown.kind is kind_of(stands, target):
        here, there = (stands.shown.calls, stands.shown.changes), (target, changes)
        if here <= there and target - stands.shown.calls <= NEAR_CALLS:
            kind = RouteKind.STAY if here == there else RouteKind.GO_ON
            return SeekRoute(kind, target, changes)
    if recording is not None:
        return SeekRoute(RouteKind.VIEW, target, changes, recording.view_of(target))
    return _back_to(stands, target, changes)


def _back_to(stands: BranchPosition, target: int, changes: int) -> SeekRoute:
    branch, earliest = stands.branch, stands.branch.earliest
    if target >= earliest:
        return SeekRoute(RouteKind.VIEW, target, changes, branch.view_of(target))
    kind = RouteKind.VIEW if stands.shown.calls > earliest else RouteKind.STAY
    return SeekRoute(kind, earliest, 0, branch.view_of(earliest), branch.why_no_earlier)
