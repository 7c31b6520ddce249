"""The recording a session replays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field
from pathlib import Path
from typing import NamedTuple, Protocol

from runtime.model.errors import Diagnostic
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.recording.file.line_check import LinePlace
from runtime.recording.replay.divergence import Divergence
from runtime.recording.replay.steps import PlacedStep, ReplayStep
from runtime.timetravel.recorded.branch_index import BranchIndex


class StepsFrom(Protocol):
    """Opens a recording at a place."""

    def __call__(self, begin: LinePlace | None, *, digests: bool) -> Iterator[PlacedStep]:
        """What it repeats from there on; without a place, from its start on.

        Without `digests` its payloads are not held against their digests. Raises `StudioError`,
        also while it is read.
        """
        ...


@dataclass(frozen=True, slots=True)
class ReplaySource:
    """A recording that is repeated call by call."""

    path: Path
    calls: int | None
    """Calls it holds; None when its end was cut off."""
    steps: Callable[[], Iterator[ReplayStep]]
    """Opens it. Raises `StudioError`, also while it is read."""
    steps_from: StepsFrom
    """Opens it at a place."""
    why_unlike: Callable[[Divergence], str]
    """What is known of a call that is not as it was recorded, in one sentence; may be empty."""
    warnings: list[Diagnostic] = field(default_factory=list)
    """What was tolerated, filled when the end is read."""
    others: RestorableBranches | None = None
    """The branches that were saved with it, and are to come back too."""


class RestorableBranch(NamedTuple):
    """A branch that was saved, its recording checked."""

    flow: LinkedFlow
    """The flow it began with."""
    source: ReplaySource
    lost: tuple[Diagnostic, ...]
    """What is known to be missing of it."""


@dataclass(frozen=True, slots=True)
class RestorableBranches:
    """The branches that were saved together."""

    index: BranchIndex
    open: Callable[[int], RestorableBranch]
    """Opens one by its number. Raises `StudioError`."""
    problem: Diagnostic | None = None
    """Why the index says less than was saved."""
