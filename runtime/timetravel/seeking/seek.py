"""Seeking: another place of a branch is reached by making its calls again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from enum import Enum

from runtime.execution.call_drivers import NotRestoredError, RecordedKind, RecordedRun
from runtime.execution.execution import Execution
from runtime.model.commands import Command
from runtime.model.events import Event
from runtime.model.lazy.dataclass import dataclass
from runtime.protocol.requests import SessionRequest
from runtime.protocol.timeline import SeekProgress
from runtime.recording.command_lines import is_change
from runtime.recording.describe import element_words
from runtime.recording.replay.divergence import Divergence
from runtime.recording.replay.replayer import OnEvents
from runtime.recording.replay.steps import CallStep
from runtime.timetravel.branches import Branch
from runtime.timetravel.recorded.replay_source import ReplaySource
from runtime.timetravel.seeking.going_on import NoWayError, Way, way_from_start

KEPT_CALLS = 5_000
"""Calls before the target that are kept for the event log and the inspector, at the most."""
BUDGET_CALLS = 200
"""Calls made again between two looks at the clock."""


class SeekPurpose(Enum):
    """What is done at the place that a seek leads to."""

    REPLAY = "replay"
    """The execution that is shown repeats its recording up to there."""
    VIEW = "view"
    """The place is shown."""
    FORK = "fork"
    """A branch of its own begins there."""
    BRANCH = "branch"
    """It is the end of a branch, which goes on from there."""
    LEAVE = "leave"
    """The execution at the end repeats its recording up to there, and then makes its own calls."""


@dataclass(frozen=True, slots=True)
class AwaitedPlace:
    """A place of a recording that is sought, and cannot be shown before it is told."""

    target: int
    begun: int
    """Calls told when it was asked for."""
    changes: int = 0
    """Changes by hand after the last of them."""


@dataclass(slots=True)
class Seek:
    """Takes an execution that repeats a recording to a later place."""

    branch: Branch
    execution: Execution
    target: int
    """Calls made at its end."""
    purpose: SeekPurpose
    then: SessionRequest | None = None
    """The pending command: what is asked of the new branch once it goes on."""
    way: Way | None = None
    """How its instances come there, where the flow goes on."""
    changes: int = 0
    """Changes by hand after the last of those calls that are made too."""
    begun: int = field(init=False)
    """Calls made where it begins."""

    def __post_init__(self) -> None:
        self.begun = self.execution.calls

    @property
    def progress(self) -> SeekProgress:
        """What the screen hears of it."""
        return SeekProgress(self.execution.calls, self.target, self.begun)

    def arrival_words(self, branch: Branch, old: Branch) -> str:
        """Where the flow goes on, on `branch`, and how it came there."""
        way = "" if self.way is None else self.way.words(self.execution.calls)
        if self.purpose is SeekPurpose.FORK:
            return f"branch {branch.number} leaves branch {old.number} here: {way}"
        return f"this is the end of branch {branch.number}: {way}"

    @property
    def changed(self) -> list[tuple[Command, list[Event]]]:
        """What was repeated after the last call, from the first change by hand on."""
        replayer = self.execution.replayer
        return [] if replayer is None else replayer.changed

    @property
    def in_place(self) -> bool:
        """Whether the execution is the one that is shown."""
        return self.purpose in (SeekPurpose.REPLAY, SeekPurpose.LEAVE)

    def leads_to(self, target: int, changes: int, kind: RecordedKind) -> bool:
        """Whether a place is further along what it repeats to show one; `kind` has the place."""
        execution = self.execution
        views = self.purpose is SeekPurpose.VIEW and execution.kind is kind
        return views and (execution.calls, execution.changes) <= (target, changes)

    def go_on(self, take: OnEvents) -> bool:
        """Make some calls; True when the place is reached, or nothing is repeated any more.

        Of an execution that is shown, `take` keeps every step. Raises `StudioError` and
        `LostBuildError` when a step cannot be read or made.
        """
        replayer = self.execution.replayer
        if replayer is None:
            return True
        if self.in_place:
            return replayer.forward(self.target, BUDGET_CALLS, take, self.changes)
        kept_from = self.target - KEPT_CALLS
        if self.execution.calls < kept_from:
            done = replayer.forward(kept_from, BUDGET_CALLS)
            return done and replayer.pending is None
        keep = self.execution.keep_step
        return replayer.forward(self.target, BUDGET_CALLS, keep, self.changes)


Repeating = Callable[[Branch, RecordedRun], Execution]
"""Makes an execution that repeats what it is given."""


def seek_by(
    way: Way,
    repeating: Repeating,
    target: int,
    purpose: SeekPurpose,
    then: SessionRequest | None,
    changes: int = 0,
) -> Seek:
    """Go a way; every call since the start is made where nothing can be restored on it.

    Raises `NoWayError`, `LostBuildError`, `StudioError`.
    """
    try:
        execution = repeating(way.branch, way.run())
    except NotRestoredError as error:
        way = way_from_start(way, f"what the components remembered cannot be restored: {error}")
        execution = repeating(way.branch, way.run())
    return Seek(way.branch, execution, target, purpose, then, way, changes)


def again_from_start(seek: Seek, repeating: Repeating) -> Seek:
    """Go to the same place by every call, after one that was restored did something else.

    Raises as `seek_by`; `NoWayError` also when it was every call that did something else.
    """
    way, replayer = seek.way, seek.execution.replayer
    assert replayer is not None
    assert replayer.divergence is not None
    words = divergence_words(replayer.divergence, seek.branch.source)
    if way is None or way.begin is None:
        raise NoWayError(f"it is not possible to go there: {words}")
    why = f"what was restored from call {way.begin.calls:,} does something else. {words}"
    from_start, purpose = way_from_start(way, why), seek.purpose
    return seek_by(from_start, repeating, seek.target, purpose, seek.then, seek.changes)


def change_is_next(shown: Execution) -> bool:
    """Whether somebody changed by hand what waited, before the next recorded call was made."""
    step = None if shown.replayer is None else shown.replayer.pending
    return step is not None and not isinstance(step, CallStep) and is_change(step)


def divergence_words(divergence: Divergence, source: ReplaySource | None) -> str:
    """A divergence in one line, and what is known of it; `source` is what was replayed.

    Without a `source` it was this session's own past, which had the same builds.
    """
    if source is not None:
        why = source.why_unlike(divergence)
    elif divergence.what == "call":
        why = ""
    else:
        why = f"{divergence.node} has the same build and the same input: it is not deterministic."
    place = f"{divergence.node}.{divergence.export}({divergence.element})"
    return (
        f"{why}{' ' if why else ''}Call {divergence.call:,}, {place}, {divergence.what}: "
        f"expected {divergence.expected}, got {divergence.got}"
    )


def step_words(step: CallStep) -> str:
    """A recorded call in a few words."""
    return f"{step.node}.{step.export}({element_words(step.element)})"
