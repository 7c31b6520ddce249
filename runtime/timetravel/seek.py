"""A way to another place of a branch: its calls made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runtime.recording.describe import element_words
from runtime.recording.replay.replayer import Divergence, OnEvents
from runtime.recording.replay.steps import CallStep
from runtime.timetravel.branches import Branch
from runtime.timetravel.execution import Execution
from runtime.timetravel.replay_source import ReplaySource

KEPT_CALLS = 10_000
"""So many calls before the place that is gone to are kept for the event log and the inspector."""
BUDGET_CALLS = 200
"""Calls made again between two looks at the clock."""


@dataclass(slots=True)
class Seek:
    """Takes a moment that follows a recording to a later place."""

    branch: Branch
    moment: Execution
    target: int
    """Calls made at its end."""
    in_place: bool
    """Whether the moment is the one that is shown."""
    arrived: Callable[[Execution], None] | None = None
    """What is done with the moment at the end; None shows it."""

    @property
    def is_view(self) -> bool:
        """Whether it leads to a place to be looked at."""
        return not self.in_place and self.arrived is None

    def go_on(self, take: OnEvents) -> bool:
        """Make some calls; True when the place is reached, or nothing is followed any more.

        Of a moment that is shown, `take` keeps every step. Raises `StudioError` and
        `LostBuildError` when a step can not be read or made.
        """
        replayer = self.moment.replayer
        if replayer is None:
            return True
        if self.in_place:
            return replayer.forward(self.target, BUDGET_CALLS, take)
        kept_from = self.target - KEPT_CALLS
        if self.moment.calls < kept_from:
            done = replayer.forward(kept_from, BUDGET_CALLS)
            return done and replayer.pending is None
        return replayer.forward(self.target, BUDGET_CALLS, self.moment.keep_step)


def divergence_words(divergence: Divergence, file: ReplaySource | None) -> str:
    """A divergence in one line, and what is known of it; `file` is what was followed.

    Without a `file` it was this session's own past, which had the same builds.
    """
    if file is not None:
        why = file.why_unlike(divergence)
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
