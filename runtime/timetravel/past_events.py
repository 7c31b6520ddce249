"""What happened on a branch, told again by the engine along recorded answers; no call is made."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.model.call import Answer, Call
from runtime.model.commands import Command
from runtime.model.events import CallFinished, Event
from runtime.recording.answers import refusal
from runtime.recording.replay.replayer import Replayer, ReplayInvoker, ReplaySettings
from runtime.timetravel.branches import Branch
from runtime.timetravel.checkpoints import KeptCheckpoint


class _NoComponents:
    """Stands where components would: every call is answered."""

    def invoke(self, call: Call) -> Answer:
        """Refuse it."""
        return refusal(f"the past does not hold what {call.node} answered")


class PastEvents:
    """A branch from one of its checkpoints on, as it stands now: what comes later is not in it."""

    def __init__(
        self, branch: Branch, begin: KeptCheckpoint | None, options: EngineOptions
    ) -> None:
        """Without a checkpoint it begins at the start of the run, which the ring has to have."""
        invoker = ReplayInvoker(_NoComponents(), frozenset(), all_from_recording=True)
        flow = branch.flow if begin is None else begin.checkpoint.engine.flow
        self.engine = Engine(flow, invoker, options)
        """Where it stands; `flow` is that of what was told last."""
        if begin is not None:
            self.engine.restore(begin.checkpoint.engine)
        self._replayer = Replayer(
            lambda: branch.steps_from(begin),
            lambda _: self.engine,
            invoker,
            ReplaySettings(calls=self.engine.calls, same_engine=True),
        )

    @property
    def calls(self) -> int:
        """Calls made where it stands."""
        return self._replayer.calls

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
    begins: list[KeptCheckpoint | None] = [*branch.checkpoints.backwards(before)]
    if branch.ring.repeatable:
        begins.append(None)
    for begin in begins:
        past = PastEvents(branch, begin, options)
        begun, calls = past.calls, []
        while past.calls < before - 1 and (done := past.step()) is not None:
            calls += [event for event in done[1] if isinstance(event, CallFinished)]
        if calls:
            yield calls
        before = begun + 1
