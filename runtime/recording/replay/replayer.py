"""Replay: the same engine, with the recording in place of the sources."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Protocol

from runtime.engine.invoker import Invoker
from runtime.model.call import Answer, Call, Export, HostInput
from runtime.model.commands import Command, Relink, Step
from runtime.model.events import Event, FlowEnded, Stopped, StopReason
from runtime.model.host_inputs import HostInputs
from runtime.model.lazy.dataclass import dataclass
from runtime.recording.answers import refusal, with_duration
from runtime.recording.call_step import CallStep, ReplayStep, Unlike
from runtime.recording.command_lines import is_change
from runtime.recording.describe import element_words
from runtime.recording.replay.divergence import Divergence
from runtime.recording.replay.revivals import is_revived
from runtime.recording.replayed_sources import ReplayedSources, replayed_nodes

OnEvents = Callable[[Command, list[Event]], object]
"""Takes a command and what it led to."""

_INIT = Export.INIT
"""Members of an enum are slow to reach by name."""


class HostInputFeed(HostInputs, Protocol):
    """Where the sandbox takes clock and random from during a replay."""

    def begin(self, node: str, inputs: tuple[HostInput, ...]) -> None:
        """A call of `node` begins; `inputs` are its host inputs."""
        ...

    def problem(self) -> Unlike | None:
        """In what the call asked for something else than was recorded, or None."""
        ...


class Driven(Protocol):
    """What a replay needs of the engine."""

    def apply(self, command: Command) -> list[Event]:
        """Do what the command says."""
        ...

    def step(self) -> list[Event]:
        """The same as `apply(Step())`."""
        ...


class ReplayInvoker:
    """Answers for the sources from the recording; makes every other call and checks it.

    Flow time repeats too: each answer carries the duration that was recorded.
    """

    def __init__(
        self,
        real: Invoker,
        sources: frozenset[str],
        host: HostInputFeed | None = None,
        *,
        crashes_from_recording: bool = False,
        all_from_recording: bool = False,
        compares_fuel: bool = False,
        on_recorded: Callable[[Call, Answer], None] | None = None,
    ) -> None:
        """With `crashes_from_recording` a call that crashed its instance is not made again, but
        answered; it may have run into a limit of time, or have been interrupted.

        With `all_from_recording` every call is answered: to see what was, without instances that
        could go on from there. With `compares_fuel` a call must take the fuel that was recorded:
        builds and call layer are those of the recording. `on_recorded` is told each call that was
        answered and not made.
        """
        self._invoke = real.invoke
        self._answered = ReplayedSources(sources)
        self._host = host
        self._crashes = crashes_from_recording
        self._all = all_from_recording
        self._compares_fuel = compares_fuel
        self._on_recorded = on_recorded
        self.expected: CallStep | None = None
        """The recorded call that comes next; None once it was made."""
        self.revived = False
        """Whether it crashed, and its node was revived right after: then it is answered and not
        made, so that the instance stays as it was before."""
        self.divergence: Divergence | None = None
        """The first divergence."""
        self.live_ns = 0
        """Time inside the components of this replay, in nanoseconds."""

    @property
    def sources(self) -> frozenset[str]:
        """Nodes that are answered for. A change counts for a node from its next `init` on."""
        return self._answered.nodes

    @sources.setter
    def sources(self, nodes: frozenset[str]) -> None:
        self._answered.nodes = nodes

    def restart(self, sources: frozenset[str]) -> None:
        """Begin a replay again: nothing was called, and nothing diverged."""
        self._answered = ReplayedSources(sources)
        self.expected = self.divergence = None

    def invoke(self, call: Call) -> Answer:
        """Make the call, or answer it from the recording."""
        step = self.expected
        self.expected = None
        if step is None or not step.is_call(call):
            return self._refuse(step, call)
        node, answered = call.node, self._answered
        if call.export is _INIT:
            answered.begin(node)
        if self._all or node in answered.now or ((self._crashes or self.revived) and step.crashed):
            return self._recorded(step, call)
        host = self._host
        if host is not None:
            host.begin(node, step.host)
        answer = self._invoke(call)
        self.live_ns += answer.duration_ns
        if self.divergence is None:
            unlike = None if host is None else host.problem()
            unlike = unlike or step.unlike(answer)
            if unlike is None and self._compares_fuel:
                unlike = _unlike_fuel(step.answer(), answer)
            if unlike is not None:
                self._diverge(step, unlike)
        return with_duration(answer, step.duration_ns)

    def _recorded(self, step: CallStep, call: Call) -> Answer:
        try:
            answer = step.answer()
        except ValueError as error:
            self._diverge(step, Unlike("recording", "an answer", str(error)))
            return refusal(str(error))
        if self._on_recorded is not None:
            self._on_recorded(call, answer)
        return answer

    def missing_call(self, step: CallStep, reason: str) -> None:
        """The engine made no call where `step` was recorded."""
        self._diverge(step, Unlike("call", _call_words(step), f"no call: {reason}"))

    def _refuse(self, step: CallStep | None, call: Call) -> Answer:
        got = f"{call.node}.{call.export}({element_words(call.element)})"
        if step is not None:
            self._diverge(step, Unlike("call", _call_words(step), got))
        elif self.divergence is None:
            self.divergence = Divergence(
                call.number,
                call.node,
                call.export,
                element_words(call.element),
                "call",
                "no call",
                got,
            )
        return refusal(f"the recording has another call here than {got}")

    def _diverge(self, step: CallStep, unlike: Unlike) -> None:
        if self.divergence is None:
            self.divergence = Divergence(
                step.number, step.node, step.export, element_words(step.element), *unlike
            )


def _unlike_fuel(expected: Answer, got: Answer) -> Unlike | None:
    if expected.fuel == got.fuel:
        return None
    return Unlike("fuel", f"{expected.fuel:,}", f"{got.fuel:,}")


@dataclass(frozen=True, slots=True)
class ReplaySettings:
    """How a replay runs."""

    until: int | None = None
    """Number of the last call to make; 0 stops before the first, None makes all."""
    pace_from: int = 1
    """Calls before this one are made at full speed."""
    speed: float | None = None
    """1.0 is the original speed, 2.0 twice it; None is as fast as it goes."""
    calls: int = 0
    """Calls the engine has made before the first step."""
    same_engine: bool = False
    """True for a recording of this very process: the engine's own order is trusted, so that the
    flow can go on afterwards as it would have. False steps the recorded node each time."""


ALL_AT_ONCE = ReplaySettings()


class Replayer:
    """Drives an engine through a recording, one recorded line at a time."""

    def __init__(
        self,
        steps: Callable[[], Iterator[ReplayStep]],
        make_engine: Callable[[Invoker], Driven],
        invoker: ReplayInvoker,
        settings: ReplaySettings = ALL_AT_ONCE,
        *,
        before_command: Callable[[Command], None] | None = None,
    ) -> None:
        """`before_command` is called with each command that is no `Step`, before the engine gets
        it: instances are changed there. It may set `ReplayInvoker.sources`, which after a `Relink`
        are those of its flow.
        """
        self._open = steps
        self._make_engine = make_engine
        self._invoker = invoker
        self._sources = invoker.sources
        self.settings = settings
        self._before_command = before_command
        self.restart()

    def restart(self) -> None:
        """Begin again with a new engine; for a replay in a loop."""
        self._invoker.restart(self._sources)
        self.engine = self._make_engine(self._invoker)
        self._engine_step = self.engine.step
        self._steps = self._open()
        self._asked: Step | None = None
        self._node_steps: dict[str, Step] = {}
        self._paced_from_ns: int | None = None
        self.calls = self.settings.calls
        """Calls made."""
        self.stop: StopReason | None = None
        """Why the replay is over: end of replay, or divergence; None while it is not."""
        self.pending: ReplayStep | None = None
        """What comes next: a recorded call or a command; None when the replay is over."""
        self.changed: list[tuple[Command, list[Event]]] = []
        """Since the last call, from the first command by which somebody changed what waited."""
        self.changes = 0
        """How many of those are changes."""
        self._take(next(self._steps, None))

    def close(self) -> None:
        """Close what is repeated, where it is a file; nothing is repeated any more."""
        if isinstance(self._steps, Generator):
            self._steps.close()

    @property
    def divergence(self) -> Divergence | None:
        """Where the replay stopped being the recorded run, or None."""
        return self._invoker.divergence

    @property
    def due_ns(self) -> int:
        """When the pending call is due, in nanoseconds since the first paced one; 0 is at once."""
        speed, step = self.settings.speed, self.pending
        if speed is None or not isinstance(step, CallStep):
            return 0
        if step.number < self.settings.pace_from:
            return 0
        if self._paced_from_ns is None:
            self._paced_from_ns = step.at_ns
        return int((step.at_ns - self._paced_from_ns) / speed)

    def step(self) -> tuple[Command, list[Event]] | None:
        """Repeat what is pending; gives the command and its events, None when all is over."""
        step = self.pending
        return None if step is None else self._repeat(step)

    def forward(
        self, until: int, budget: int, on_events: OnEvents | None = None, changes: int = 0
    ) -> bool:
        """Repeat what is pending up to call `until` and the commands right after it.

        Of the commands by which somebody changed what waited after that call, `changes` are made:
        each has a place before it.
        Makes at most `budget` calls; False when there is more to do. True when the next call is
        a later one, or the replay is over. `on_events` is given every command and its events.
        """
        repeat = self._repeat
        while (step := self.pending) is not None:
            if isinstance(step, CallStep):
                if step.number > until:
                    return True
                if budget <= 0:
                    return False
                budget -= 1
            elif self.calls >= until and is_change(step) and self.changes >= changes:
                return True
            if on_events is None:
                repeat(step)
            else:
                on_events(*repeat(step))
        return True

    def run(self) -> Iterator[tuple[Command, list[Event]]]:
        """Repeat all that is left, without pacing."""
        while (done := self.step()) is not None:
            yield done

    def _repeat(self, step: ReplayStep) -> tuple[Command, list[Event]]:
        if not isinstance(step, CallStep):
            return step, self._apply(step)
        invoker, settings = self._invoker, self.settings
        invoker.expected = step
        invoker.revived = False
        if step.crashed:
            invoker.revived, self._steps = is_revived(step, self._steps)
        if settings.same_engine and self._asked is None:
            command, events = NEXT_IN_ORDER, self._engine_step()
        else:
            command = self._command_for(step)
            events = self.engine.apply(command)
        if invoker.expected is not None:
            invoker.expected = None
            invoker.missing_call(step, _reason(events))
        else:
            self.calls += 1
            if self.changes:
                self.changed, self.changes = [], 0
        if invoker.divergence is not None:
            self.pending, self.stop = None, StopReason.DIVERGENCE
        elif settings.until is None:
            following = next(self._steps, None)
            if isinstance(following, CallStep):
                self.pending = following
            else:
                self._take(following)
        elif step.number >= settings.until:
            self.pending, self.stop = None, StopReason.END_OF_REPLAY
        else:
            self._take(next(self._steps, None))
        return command, events

    def _apply(self, command: Command) -> list[Event]:
        if isinstance(command, Relink):
            self._invoker.sources = replayed_nodes(command.flow)
        if self._before_command is not None:
            self._before_command(command)
        events = self.engine.apply(command)
        if self.changes or is_change(command):
            self.changed.append((command, events))
            self.changes += is_change(command)
        self._take(next(self._steps, None))
        return events

    def _command_for(self, step: CallStep) -> Step:
        asked, self._asked = self._asked, None
        if self.settings.same_engine:
            return asked or NEXT_IN_ORDER
        element = step.element
        if asked is not None and asked.edge is not None:
            return asked
        if asked is not None and element is not None and asked.lineage == element.lineage:
            return asked  # of several inputs, the one that has the lineage
        command = self._node_steps.get(step.node)
        if command is None:
            command = self._node_steps[step.node] = Step(step.node)
        return command

    def _take(self, step: ReplayStep | None) -> None:
        """Have `step` come next, or what follows when it only asks for the next call."""
        while isinstance(step, Step):
            self._asked = step
            step = next(self._steps, None)
        until = self.settings.until
        if step is None or (
            until is not None and isinstance(step, CallStep) and step.number > until
        ):
            self.pending, self.stop = None, StopReason.END_OF_REPLAY
        else:
            self.pending = step


NEXT_IN_ORDER = Step()


def _call_words(step: CallStep) -> str:
    return f"{step.node}.{step.export}({element_words(step.element)})"


def _reason(events: list[Event]) -> str:
    details = [event.detail for event in events if isinstance(event, Stopped | FlowEnded)]
    return details[-1] if details else "the flow has nothing to do there"
