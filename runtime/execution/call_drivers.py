"""How an execution makes its calls: live, as they were recorded, or on the way between the two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import partial
from typing import NamedTuple, Protocol

from runtime.engine.core import Engine
from runtime.engine.invoker import Invoker
from runtime.execution.execution_checkpoint import ExecutionCheckpoint
from runtime.execution.output_buffer import OutputBuffer
from runtime.execution.resources import SessionResources
from runtime.hotreload.builds import LiveBuilds
from runtime.hotreload.swap import Swapper
from runtime.model.call import Answer, Call, Export
from runtime.model.commands import Command, Relink, Swap
from runtime.model.host_inputs import HostInputs
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.model.snapshot import FlowSnapshot, NodeState
from runtime.recording.replay.input_feed import Feed
from runtime.recording.replay.recorded_host_inputs import RepeatableInputs, ReplayedHostInputs
from runtime.recording.replay.replayer import Replayer, ReplayInvoker, ReplaySettings
from runtime.recording.replay.source_override import SourceOverride
from runtime.recording.replay.steps import CallStep, ReplayStep
from runtime.recording.replayed_sources import networked_nodes, replayed_nodes
from runtime.wasm.guest_memory import MadeCall, NotAvailable
from runtime.wasm.guest_states import GuestState, GuestStates
from runtime.wasm.host_functions.host_inputs import LiveHostInputs
from runtime.wasm.host_functions.printing import print_again
from runtime.wasm.wasm_invoker import WasmInvoker


class RecordedKind(Enum):
    """Where recorded steps come from, and what is wanted of them."""

    FILE = "file"
    """A recording of another session, whose builds may be others: every call is made and checked,
    and the flow can go on from there."""
    VIEW = "view"
    """This session's own past, every call answered: that shows what was, at little cost, but the
    flow cannot go on from there."""
    EXECUTED = "executed"
    """This session's own past, every call made again and checked: the flow can go on from there."""
    FILE_VIEW = "file view"
    """A recording of another session, every call answered."""

    @property
    def answers_all(self) -> bool:
        """Whether no component is called."""
        return self in (RecordedKind.VIEW, RecordedKind.FILE_VIEW)

    @property
    def own_past(self) -> bool:
        """Whether it is what this very process did."""
        return self in (RecordedKind.VIEW, RecordedKind.EXECUTED)


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """What an execution repeats."""

    steps: Callable[[], Iterator[ReplayStep]]
    """Opens it. Raises `StudioError`, also while it is read."""
    kind: RecordedKind
    start: ExecutionCheckpoint | None = None
    """Where the execution stands before the first step; None is before the first command."""
    guests: GuestStates | None = None
    """What the components remember there. Without it nothing can be executed from `start` on, only
    seen: no instance is there."""


_WITHOUT_INSTANCE = (NodeState.NEW, NodeState.CRASHED, NodeState.DONE)
"""Nodes in these states have none, or get one by the next call of theirs."""


class Detached(NamedTuple):
    """What became of components whose calls were answered, once the flow makes its own."""

    unlike: tuple[str, ...]
    """Sources that did not answer as they did."""
    begun_again: tuple[str, ...]
    """Nodes with the network, whose calls were not made again."""


class CallDriver(Protocol):
    """Makes the calls of an execution, and says what they get of the host."""

    @property
    def invoker(self) -> Invoker:
        """Makes a call, or answers it."""
        ...

    @property
    def host_inputs(self) -> HostInputs:
        """Answers what components ask of clocks and random."""
        ...

    @property
    def replayer(self) -> Replayer | None:
        """What is repeated; None when the flow makes its own calls."""
        ...

    @property
    def output_was_shown(self) -> bool:
        """Whether what components print is dropped, as it was shown before."""
        ...


class LiveCalls:
    """The calls of a flow that goes on by itself, on this machine."""

    replayer: Replayer | None = None
    output_was_shown = False

    def __init__(self, components: WasmInvoker, feeds: Mapping[str, Feed]) -> None:
        """`feeds` are given in place of the sources they are named after."""
        self.invoker: Invoker = SourceOverride(components, feeds) if feeds else components
        self.host_inputs: HostInputs = LiveHostInputs()


class RecordedCalls:
    """The calls of a recording, checked one by one, sources and host answered from it."""

    output_was_shown = False

    def __init__(
        self,
        run: RecordedRun,
        resources: SessionResources,
        engine: Engine,
        components: WasmInvoker,
        swapper: Swapper,
        builds: LiveBuilds,
        output: OutputBuffer,
    ) -> None:
        """The engine stands before the first step. Raises `StudioError`."""
        self.inputs = ReplayedHostInputs(RepeatableInputs())
        self.sources = replayed_nodes(engine.flow)
        """Nodes of the flow as it is that are answered."""
        self.networked = networked_nodes(engine.flow)
        """Those of them that have the network."""
        self._kind = run.kind
        self._resources = resources
        self._swapper = swapper
        self._builds = builds
        self._output = output
        own_past = run.kind.own_past
        self._invoker = ReplayInvoker(
            components,
            self.sources,
            self.inputs,
            crashes_from_recording=own_past,
            all_from_recording=run.kind.answers_all,
            compares_fuel=run.guests is not None,
            on_recorded=self._print_recorded,
        )
        self.replayer: Replayer | None = Replayer(
            run.steps,
            lambda _: engine,
            self._invoker,
            ReplaySettings(calls=engine.calls, same_engine=own_past),
            before_command=self._before,
        )

    @property
    def invoker(self) -> Invoker:
        """Answers for sources, makes other calls, and checks them."""
        return self._invoker

    @property
    def host_inputs(self) -> HostInputs:
        """What the host answered when the call was recorded."""
        return self.inputs

    def _print_recorded(self, call: Call, answer: Answer) -> None:
        """Show what was printed during a call that was answered and not made."""
        print_again(call, answer, self._output.printed)

    def _before(self, command: Command) -> None:
        """Change instances where the past did, before the engine hears of it."""
        if isinstance(command, Swap):
            known = self._resources.known.find(command.node, command.digest)
            if known is None and not self._kind.own_past:
                known = self._builds.current(command.node)
            build = known or self._resources.build(command.node, command.digest)
            begin = partial(self.inputs.begin, command.node, command.host)
            self._swapper.repeat(build, begin)
        elif isinstance(command, Relink):
            self._swapper.repeat_graph(command.flow, self._resources.compiled_for(command.flow))
            self.sources = replayed_nodes(command.flow)
            self.networked = networked_nodes(command.flow)


class RestoredGuests:
    """Makes instances that remember what others did, before anything else is called.

    What they print meanwhile was shown before, and is not again.
    """

    replayer: Replayer | None = None
    output_was_shown = True

    def __init__(self, components: WasmInvoker) -> None:
        self.invoker: Invoker = components
        self._inputs = ReplayedHostInputs(RepeatableInputs())
        self.host_inputs: HostInputs = self._inputs
        self._components = components

    def restore(self, guests: GuestStates) -> None:
        """Make the instances. Raises `NotRestoredError`."""
        _require(self._components.restore(guests, self._inputs.begin))

    def restore_node(self, node: str, state: GuestState | None, calls: Sequence[MadeCall]) -> None:
        """Make an instance that remembers the state, or nothing, and then what the calls did.

        Raises `NotRestoredError`.
        """
        _require(self._components.restore_node(node, state, calls, self._inputs.begin))


def _require(problem: NotAvailable | None) -> None:
    if problem is not None:
        raise NotRestoredError(problem.why)


class NotRestoredError(Exception):
    """Instances that remember what others did cannot be made; the text says why."""


class RepeatedSources:
    """Makes the recorded calls of sources, so that their components stand where they stood.

    Until then the sources were answered for. What they print was shown before, and is not again.
    """

    replayer: Replayer | None = None
    output_was_shown = True

    def __init__(
        self,
        recorded: RecordedCalls,
        fed: Iterable[str],
        resources: SessionResources,
        components: WasmInvoker,
    ) -> None:
        """`fed` sources are not components, and make no calls here; nor do nodes with the network,
        which begin again."""
        self.invoker: Invoker = components
        self.host_inputs: HostInputs = recorded.inputs
        self._inputs = recorded.inputs
        self._asked = recorded.sources.difference(fed, recorded.networked)
        self._resources = resources
        self._components = components

    def repeat(self, steps: Iterable[ReplayStep]) -> tuple[str, ...]:
        """Make the calls; gives the sources that did not answer as they did.

        Raises `LostBuildError`, and `StudioError` when a step cannot be read.
        """
        unlike: dict[str, None] = {}
        for step in steps:
            if not isinstance(step, CallStep):
                self._change(step)
            elif step.crashed:
                continue  # what comes after it is `init`, or the source went on as before it
            elif step.node in self._asked and not self._same_again(step):
                unlike[step.node] = None
        return tuple(unlike)

    def _same_again(self, step: CallStep) -> bool:
        """Make a source's call again; whether it gave the same."""
        self._inputs.begin(step.node, step.host)
        call = Call(step.number, step.node, Export(step.export), None, step.argument)
        return self._components.invoke(call).outcome == step.answer().outcome

    def _change(self, command: Command) -> None:
        components = self._components
        if isinstance(command, Relink):
            components.adopt(command.flow, self._resources.compiled_for(command.flow))
        elif isinstance(command, Swap) and command.node in self._asked:
            build = self._resources.build(command.node, command.digest)
            self._inputs.begin(command.node, command.host)
            if components.digest(command.node) is not None:
                prepared = components.prepare(build.node, build.compiled)
                if prepared.ready:
                    components.swap(prepared)


class Begun(Protocol):
    """An execution, as far as nodes are begun again in it."""

    invoker: WasmInvoker

    @property
    def flow(self) -> LinkedFlow:
        """The flow as it runs."""
        ...

    @property
    def calls(self) -> int:
        """Calls made."""
        ...

    def snapshot(self) -> FlowSnapshot:
        """The flow as it stands."""
        ...


def begin_networked(
    execution: Begun, fed: Iterable[str], resources: SessionResources
) -> tuple[str, ...]:
    """Make instances of the nodes with the network that were answered until now, and name them.

    `fed` are sources that are not components.
    """
    flow, components = execution.flow, execution.invoker
    networked = networked_nodes(flow).difference(fed)
    begun = []
    for node in execution.snapshot().nodes if networked else ():
        if node.name not in networked or node.state in _WITHOUT_INSTANCE:
            continue
        linked = flow.by_name[node.name]
        compiled = resources.compiled_for(flow)[linked.digest]
        prepared = components.prepare(linked, compiled, execution.calls)
        if prepared.ready:
            components.swap(prepared)
        begun.append(node.name)
    return tuple(begun)
