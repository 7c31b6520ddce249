"""What the screen hears of the past: branches, where the flow stands, and what is recorded.

Everything here is frozen and can be pickled: it crosses the pipe to the child process.
"""

from __future__ import annotations

from enum import IntFlag

from runtime.model.errors import Diagnostic
from runtime.model.lazy.dataclass import dataclass

RING_BYTES = 64 * 1024 * 1024
"""Default bound of the recording that is always on, in bytes."""

TIMELINE_CELLS = 240
"""Parts a branch is divided into for drawing."""


class TimelineMark(IntFlag):
    """What happened in a part of the branch; several at once are possible."""

    STOP = 1
    """The flow stood still by itself."""
    ERROR = 2
    DROP = 4
    RELOAD = 8
    """A node got another build, or the flow another graph."""
    CHANGE = 16
    """An element was injected, edited, moved, dropped or skipped, a node held, a queue set."""
    FORK = 32
    """This branch left another one here."""
    MARK = 64
    """Set by the user: in `Timeline.marks`, not in its cells."""
    BREAK = 128
    """A breakpoint was met."""


@dataclass(frozen=True, slots=True)
class BranchInfo:
    """A branch of calls: what the session did from its start on."""

    number: int
    """1 is the first; each fork begins another one."""
    calls: int
    parent: int | None = None
    """The branch it left, None for the first."""
    forked_at: int = 0
    """After how many calls."""


@dataclass(frozen=True, slots=True)
class SeekProgress:
    """The flow is being taken to another place of its past, or that is looked for."""

    done: int
    """Calls made where the way has led so far."""
    target: int
    """Calls made at its end."""
    begun: int = 0
    """Calls made where it began: at a checkpoint, or at the start."""
    searching: bool = False
    """True while a place is looked for backwards from `target`: `done` of as many calls."""


@dataclass(frozen=True, slots=True)
class ReplayInfo:
    """The recording that gives this session its inputs."""

    file: str
    calls: int | None
    """Calls it holds; None until they were counted."""
    exact: bool
    """True while every call is the recorded one and is checked; False from where the user or
    another build made it go its own way: from there on only the sources are answered for."""
    finished: bool = False
    """True when every recorded call was made again and was as recorded."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The branch that is shown, and where on it the flow stands."""

    position: int
    """Calls made where the flow stands."""
    calls: int
    """Calls of the whole branch; with an exact replay, those that are still to come too."""
    branch: int = 1
    branches: tuple[BranchInfo, ...] = ()
    """Every branch that is kept, in the order they began."""
    past: bool = False
    """True when the flow is shown as it was once, and calls no component."""
    changes_since: int = 0
    """In the past: changes by hand after that call, of those that stand there."""
    ahead: bool = False
    """True when `position` is a place of the recording that the replay has not come to: what is
    shown was recorded, and is not made again before the flow goes on from there."""
    cells: tuple[int, ...] = ()
    """`TimelineMark`s of equal parts of the branch, `TIMELINE_CELLS` of them or one a call."""
    marks: tuple[int, ...] = ()
    """Places the user marked, as calls made before them, in order."""
    changes: int = 0
    """Places where the user changed elements: edited, injected or skipped them."""
    seeking: SeekProgress | None = None
    earliest: int = 0
    """Calls made at the earliest place that can be shown."""
    refusal: str = ""
    """Why no earlier place than that can be; empty when it is the start."""
    fork_refusal: str = ""
    """Why the flow cannot go on from a place in its past; empty when it can."""
    waiting: tuple[str, ...] = ()
    """Nodes with another build that is taken at a fork or at the end of the branch."""
    replay: ReplayInfo | None = None


@dataclass(frozen=True, slots=True)
class RecordingStatus:
    """What is being recorded."""

    ring_bytes: int
    ring_limit: int
    """Bound of the ring, in bytes."""
    whole: bool
    """True while the ring holds the run from its start."""
    file: str | None = None
    """The file that is being written, or that was written last."""
    writing: bool = False
    file_bytes: int = 0
    file_calls: int = 0
    failed: Diagnostic | None = None
    """Why writing stopped by itself."""
