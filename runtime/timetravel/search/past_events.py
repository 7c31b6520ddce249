"""What happened on a branch, told again by the engine along recorded answers; no call is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.execution.execution_checkpoint import ExecutionCheckpoint
from runtime.model.call import Answer, Call
from runtime.model.commands import Command
from runtime.model.events import CallFinished, Event
from runtime.model.linked import LinkedFlow
from runtime.recording.answers import refusal
from runtime.recording.call_step import ReplayStep
from runtime.recording.replay.replayer import Replayer, ReplayInvoker, ReplaySettings
from runtime.timetravel.branches import Branch
from runtime.timetravel.event_index import EventIndex


class _NoComponents:
    """Stands where components would: every call is answered."""

    def invoke(self, call: Call) -> Answer:
        """Refuse it."""
        return refusal(f"the past does not hold what {call.node} answered")


class PastBegin(Protocol):
    """A checkpoint from which a past can be told."""

    @property
    def calls(self) -> int:
        """Calls made before it."""
        ...

    @property
    def checkpoint(self) -> ExecutionCheckpoint:
        """Where the execution stood."""
        ...


Begin = TypeVar("Begin", bound=PastBegin)


class Past(Protocol[Begin]):
    """What was done: on a branch of this session, or in a recording of another one."""

    @property
    def flow(self) -> LinkedFlow:
        """The flow it began with."""
        ...

    @property
    def places(self) -> EventIndex:
        """What happened where, as far as it was told."""
        ...

    @property
    def is_own(self) -> bool:
        """Whether this very process did it, so that its order of calls needs not be looked at."""
        ...

    @property
    def why_no_earlier(self) -> str:
        """Why its first calls cannot be told; empty when they can."""
        ...

    def begins(self, before: int) -> Sequence[Begin | None]:
        """Where telling can begin before call `before`, the last place first; None is the start."""
        ...

    def begin_before_element(self, element_id: int) -> Begin | None:
        """The last place before an element was made; None when there is none but the start."""
        ...

    def steps_from(self, begin: Begin | None) -> Iterator[ReplayStep]:
        """What was done since then."""
        ...


class PastEvents:
    """A past from one of its checkpoints on, as it stands now: what comes later is not in it."""

    def __init__(self, past: Past[Begin], begin: Begin | None, options: EngineOptions) -> None:
        """Without a checkpoint it begins at the start of the run, which `past` has to have."""
        invoker = ReplayInvoker(_NoComponents(), frozenset(), all_from_recording=True)
        flow = past.flow if begin is None else begin.checkpoint.engine.flow
        self.engine = Engine(flow, invoker, options)
        """Where it stands; `flow` is that of what was told last."""
        if begin is not None:
            self.engine.restore(begin.checkpoint.engine)
        self._replayer = Replayer(
            lambda: past.steps_from(begin),
            lambda _: self.engine,
            invoker,
            ReplaySettings(calls=self.engine.calls, same_engine=past.is_own),
        )

    @property
    def calls(self) -> int:
        """Calls made where it stands."""
        return self._replayer.calls

    def close(self) -> None:
        """Close what is told, where it is a file."""
        self._replayer.close()

    def step(self) -> tuple[Command, list[Event]] | None:
        """The next command and what it led to; None at the end of the branch."""
        return self._replayer.step()


def calls_backwards(
    branch: Branch, before: int, options: EngineOptions
) -> Iterator[list[CallFinished]]:
    """The calls of a branch before call `before`, the last ones first, with their elements.

    Each list has consecutive calls in their order, and follows the list that is given after it. It
    ends where the ring has nothing more. Calls that are kept in full are not told again.
    """
    for chunk in branch.ring.calls_backwards():
        calls = [event for event in chunk if event.call.number < before]
        if calls:
            before = calls[0].call.number
            yield calls
    for begin in branch.begins(before):
        past = PastEvents(branch, begin, options)
        begun, calls = past.calls, []
        while past.calls < before - 1 and (done := past.step()) is not None:
            calls += [event for event in done[1] if isinstance(event, CallFinished)]
        if calls:
            yield calls
        before = begun + 1
