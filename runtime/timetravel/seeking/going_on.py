"""Going on from a place in the past: with instances that stand where those of the past stood.

Nearest is a checkpoint that holds what the components remembered: fresh instances take that up, and
the calls from there to the place are made again and compared, with the fuel they take. Where there
is none, or what was taken up does something else, every call since the start is made again.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from runtime.execution.call_drivers import Detached, RecordedKind, RecordedRun
from runtime.execution.execution import Execution
from runtime.model.lazy.dataclass import dataclass
from runtime.model.text.plurals import counted
from runtime.recording.replay.steps import CallStep, ReplayStep
from runtime.recording.replayed_sources import networked_nodes, sources_of
from runtime.recording.ring.ring_steps import steps_since
from runtime.timetravel.branches import Branch
from runtime.timetravel.guest_checkpoints import GuestCheckpoint

COMPARED_CALLS = 256
"""Calls between a checkpoint and the place, at the least where the branch has them: what was taken
up is compared with the past in these before the flow goes on."""


ANOTHER_STATE = (
    "is not deterministic: it does not give again what it gave before, and goes on from another "
    "state"
)
"""Said of a source whose calls, made again, gave something else."""
BEGUN_AGAIN = (
    "has the network, so its calls were not made again: it begins again with `init`, and remembers "
    "nothing of before"
)
"""Said of a node with the network where the flow goes on from the past, or from a recording."""


class NoWayError(Exception):
    """The flow cannot go on from a place; the text says why."""


@dataclass(frozen=True, slots=True)
class Way:
    """How instances come to a place of a branch."""

    branch: Branch
    begin: GuestCheckpoint | None
    """Where they take up what was remembered; None makes every call since the start again."""
    why_start: str = ""
    """Why it is the start, where that is not because it is near."""

    def run(self) -> RecordedRun:
        """What an execution repeats on the way."""
        begin = self.begin
        if begin is None:
            return RecordedRun(self.branch.steps, self.branch.execution_kind)
        return RecordedRun(
            partial(steps_since, self.branch.ring, begin.entry),
            RecordedKind.EXECUTED,
            begin.checkpoint,
            begin.guests,
        )

    def words(self, calls: int) -> str:
        """Which way was taken, to a place after so many calls."""
        if self.begin is None:
            why = f", because {self.why_start}" if self.why_start else ""
            return f"executed from the start{why}"
        again = self.begin.guests.calls_again
        first = f", {_calls(again)} executed again first" if again else ""
        compared = _calls(calls - self.begin.calls)
        return f"restored from call {self.begin.calls:,}{first}; {compared} since then compared"

    def detach(self, shown: Execution, branch: Branch) -> Detached:
        """Have an execution that came this way make its own calls, at the end of `branch`.

        Raises `LostBuildError`, and `StudioError` when the branch cannot be read.
        """
        begin = self.begin
        if begin is None or _absent_sources(begin):
            return detach_from_start(shown, branch)
        flow, before = begin.checkpoint.flow, begin.checkpoint.pulls
        pulls = dict(before)
        for name, count in _pulls(steps_since(branch.ring, begin.entry), shown.calls).items():
            pulls[name] = pulls.get(name, 0) + count
        steps = _until(steps_since(branch.ring, begin.entry), shown.calls)
        return shown.detach(flow, steps, pulls)


def way_to(branch: Branch, calls: int) -> Way:
    """The shortest way to the place after so many calls. Raises `NoWayError`."""
    guests = branch.checkpoints.guests
    begin = guests.before(calls - COMPARED_CALLS)
    if branch.ring.repeatable:
        return Way(branch, begin, guests.why_none)
    begin = begin or guests.before(calls)
    if begin is None:
        raise NoWayError(_no_start(branch, _why_not_before(branch)))
    if absent := _absent_sources(begin):
        raise NoWayError(_no_start(branch, f"{absent} is answered by a recording"))
    return Way(branch, begin)


def way_from_start(way: Way, why: str) -> Way:
    """The way to the same place by every call since the start. Raises `NoWayError`."""
    if not way.branch.ring.repeatable:
        raise NoWayError(_no_start(way.branch, why))
    return Way(way.branch, None, why)


def why_no_way(branch: Branch, calls: int) -> str:
    """Why the flow cannot go on from the place after so many calls; empty when it can."""
    try:
        way_to(branch, calls)
    except NoWayError as error:
        return str(error)
    return ""


def detach_from_start(shown: Execution, branch: Branch) -> Detached:
    """Have an execution make its own calls; its sources make all calls of the branch again.

    Raises as `Way.detach`.
    """
    if not branch.ring.repeatable:
        return shown.detach(branch.flow, iter(()), dict(shown.pulls))
    steps = branch.steps(shown.calls)
    return shown.detach(branch.flow, steps, branch.pulls(shown.calls))


def _absent_sources(begin: GuestCheckpoint) -> str:
    """A source of which the checkpoint has no state, "" for none: its calls were not made then."""
    there = begin.guests.by_node
    flow = begin.checkpoint.flow
    made = sources_of(flow) - networked_nodes(flow)
    return next((name for name in made if name not in there), "")


def _why_not_before(branch: Branch) -> str:
    earliest = branch.checkpoints.guests.earliest
    if earliest is None:
        return branch.checkpoints.guests.why_none
    return f"the first place from which it can be restored is call {earliest.calls:,}"


def _no_start(branch: Branch, why: str) -> str:
    reason = f" ({why})" if why else ""
    return (
        "the start of this run is not in the ring any more, and to go on from this place every "
        f"call since the start is made again{reason}: give the ring more memory with --ring, or "
        "restart the flow"
    )


def _calls(count: int) -> str:
    return counted(count, "call")


def _until(steps: Iterator[ReplayStep], calls: int) -> Iterator[ReplayStep]:
    for step in steps:
        if isinstance(step, CallStep) and step.number > calls:
            return
        yield step


def _pulls(steps: Iterator[ReplayStep], calls: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for step in _until(steps, calls):
        if isinstance(step, CallStep) and step.export == "pull":
            found[step.node] = found.get(step.node, 0) + 1
    return found
