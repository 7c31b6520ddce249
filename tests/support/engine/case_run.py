"""A random case from its first command to the end of its flow."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from runtime.engine.core import Engine
from runtime.model.commands import Advance, Command, Start, Step
from runtime.model.events import Event
from tests.support.engine import fakes
from tests.support.engine.flows import Case

STEPS_TO_THE_END = 3_000
"""Steps in which every flow ends."""


class CaseRun(ABC):
    """An engine that is given the commands of a case."""

    case: Case
    engine: Engine

    @abstractmethod
    def apply(self, command: Command) -> list[Event]:
        """Give the engine a command, and look at what it says."""

    def run(self) -> Iterator[list[Event]]:
        """All commands of the case, then steps to the end of the flow; events of each."""
        yield self.apply(Start(fakes.WALL_NS))
        for command in self.case.commands:
            yield self.apply(command)
        for _ in range(STEPS_TO_THE_END):
            if self.engine.state.ended:
                return
            yield self.go_on()
        raise AssertionError(f"no end: {self.engine.snapshot()}")

    def go_on(self) -> list[Event]:
        """A step, or as much time as the engine waits for."""
        events = self.apply(Step())
        if events or self.engine.state.ended:
            return events
        wait_ns = self.engine.waits_ns()
        assert wait_ns > 0, f"deadlock: {self.engine.snapshot()}"
        return self.apply(Advance(wait_ns))
