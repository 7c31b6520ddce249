"""Following a recording with components that may answer otherwise.

A strict replay ends where an answer differs. Following goes on: sources give what was recorded,
nodes are called in the recorded order as long as they have something to do, and what is left
over is run in the engine's own order. The new run can then be compared with the old one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from runtime.engine.invoker import Invoker
from runtime.model.call import Answer, Call, Exhausted, Export, Finished, NextCall
from runtime.model.commands import Advance, Command, Revive, Step
from runtime.model.events import CallFinished, Event, FlowState, Stopped
from runtime.recording.answers import refusal, with_duration
from runtime.recording.replay.replayer import HostInputFeed
from runtime.recording.replay.revivals import is_revived
from runtime.recording.replay.steps import CallStep, ReplayStep


class FollowedEngine(Protocol):
    """What following needs of the engine."""

    @property
    def state(self) -> FlowState:
        """State of the flow."""
        ...

    @property
    def calls(self) -> int:
        """Calls made."""
        ...

    def apply(self, command: Command) -> list[Event]:
        """Do what the command says."""
        ...

    def next_call(self) -> NextCall | None:
        """The call the next step would make."""
        ...


class FollowingInvoker:
    """Answers for the sources from the recording, whenever they are called; makes other calls."""

    def __init__(
        self, real: Invoker, sources: frozenset[str], host: HostInputFeed | None = None
    ) -> None:
        self._real = real
        self._sources = sources
        self._host = host
        self._given: dict[tuple[str, str], deque[CallStep]] = {}
        self._duration_ns = 0
        self._revived: CallStep | None = None

    @property
    def sources(self) -> frozenset[str]:
        """Nodes that are answered for; another graph has others."""
        return self._sources

    @sources.setter
    def sources(self, nodes: frozenset[str]) -> None:
        self._sources = nodes

    def offer(self, step: CallStep, *, revived: bool = False) -> None:
        """The recording comes to `step`: its answers may be used from now on.

        A call whose node was `revived` after it is answered, too.
        """
        self._duration_ns = step.duration_ns
        self._revived = step if revived else None
        if step.node in self._sources:
            self._given.setdefault((step.node, step.export), deque()).append(step)
        elif self._host is not None and step.host:
            self._host.begin(step.node, step.host)

    def invoke(self, call: Call) -> Answer:
        """Make the call, or answer it from the recording. Takes the recorded duration."""
        revived, self._revived = self._revived, None
        if revived is not None and (revived.node, revived.export) == (call.node, call.export):
            return revived.answer()
        if call.node not in self._sources:
            return with_duration(self._real.invoke(call), self._duration_ns)
        given = self._given.get((call.node, call.export))
        if given:
            try:
                return given.popleft().answer()
            except ValueError as error:
                return refusal(str(error))
        return Answer(Exhausted() if call.export is Export.PULL else Finished())


def follow(
    engine: FollowedEngine,
    invoker: FollowingInvoker,
    steps: Iterator[ReplayStep],
    *,
    to_the_end: Callable[[], bool],
) -> Iterator[tuple[Command, list[Event]]]:
    """Run the flow along the recording; gives commands with their events, as to be recorded.

    `to_the_end` is asked after the last recorded call whether to go on until no call can be
    made; a recording that was itself ended half way should not. An element on
    which the flow stands still ends the run.
    """
    at_edge: Step | None = None
    while (step := next(steps, None)) is not None:
        if not isinstance(step, CallStep):
            if isinstance(step, Revive):
                step = replace(step, call=engine.calls)
            if not isinstance(step, Step):
                yield step, engine.apply(step)
            elif step.edge is not None:
                at_edge = step
            continue
        revived = False
        if step.crashed:
            revived, steps = is_revived(step, steps)
        invoker.offer(step, revived=revived)
        command = at_edge or Step(step.node)
        at_edge = None
        events = engine.apply(command)
        if any(type(event) is CallFinished for event in events):
            yield command if command.edge is not None else Step(), events
    if to_the_end():
        yield from _rest(engine)


def _rest(engine: FollowedEngine) -> Iterator[tuple[Command, list[Event]]]:
    while not engine.state.ended and (coming := engine.next_call()) is not None:
        if coming.waits_ns:
            advance = Advance(coming.waits_ns)
            yield advance, engine.apply(advance)
            continue
        events = engine.apply(Step())
        yield Step(), events
        if any(isinstance(event, Stopped) for event in events):
            return
