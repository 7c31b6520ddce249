"""Commands: what the engine is asked to do. The same commands and answers give equal events."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.model.linked import SchedulePolicy


@dataclass(frozen=True, slots=True)
class Start:
    """Begin: the first `init` becomes the next call."""

    wall_ns: int
    """Wall clock at flow time 0, nanoseconds since the Unix epoch; base of all timestamps."""


@dataclass(frozen=True, slots=True)
class Step:
    """Make one call: the next in order, or the next of `node`, or the next that moves `lineage`."""

    node: str | None = None
    lineage: int | None = None


@dataclass(frozen=True, slots=True)
class Advance:
    """Let flow time pass without a call (a paused sink, a rate limit)."""

    elapsed_ns: int


@dataclass(frozen=True, slots=True)
class Skip:
    """Drop the element `node` failed on; it counts as dropped."""

    node: str


@dataclass(frozen=True, slots=True)
class SetSchedule:
    """Change the order of calls from now on."""

    policy: SchedulePolicy


@dataclass(frozen=True, slots=True)
class Drain:
    """Sources give nothing more; what is queued runs to its end, then the flow completes."""

    reason: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Make no call any more but `teardown`, in reverse order; queued elements stay queued."""

    reason: str


Command = Start | Step | Advance | Skip | SetSchedule | Drain | Cancel
