"""A moment of a flow: an engine with instances of its own, and what the screen saw of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from runtime.engine.core import Engine
from runtime.engine.invoker import Invoker
from runtime.engine.options import EngineOptions
from runtime.hotreload.builds import ComponentBuild, KnownBuilds, LiveBuilds
from runtime.hotreload.swap import Swapper
from runtime.model.call import Answer, Call, Export, NextCall
from runtime.model.commands import Command, Relink, Swap
from runtime.model.events import CallFinished, Event, Relinked, StopReason
from runtime.model.host_inputs import HostInputs
from runtime.model.linked import LinkedFlow
from runtime.model.snapshot import FlowSnapshot
from runtime.protocol.updates import CallMark
from runtime.recording.replay.input_feed import Feed, TextInput
from runtime.recording.replay.recorded_host_inputs import RepeatableInputs, ReplayedHostInputs
from runtime.recording.replay.replayer import Replayer, ReplayInvoker, ReplaySettings
from runtime.recording.replay.source_override import SourceOverride
from runtime.recording.replay.steps import CallStep, ReplayStep
from runtime.timetravel.event_log import EventLog, Reported
from runtime.timetravel.inspection import SessionInspector
from runtime.timetravel.output_buffer import OutputBuffer
from runtime.timetravel.recent_elements import RecentElements
from runtime.wasm.host import Compiled, Host
from runtime.wasm.host_functions.host_inputs import LiveHostInputs
from runtime.wasm.wasm_invoker import WasmInvoker

OpenFeeds = Callable[[], Mapping[str, Feed]]
"""Opens what is given in place of sources, from the start; by the source's name."""

Apply = Callable[[Command], list[Event]]


class LostBuildError(Exception):
    """A build that calls of the past were made with is not kept any more."""


@dataclass(frozen=True, slots=True)
class StopNote:
    """Why the flow stands still, where the engine can not know it."""

    reason: StopReason
    detail: str


@dataclass(frozen=True)
class SessionResources:
    """What every moment of one session is made of."""

    host: Host
    options: EngineOptions
    manifest_text: bytes
    known: KnownBuilds
    compiled: Mapping[str, Compiled]
    """By digest: the builds the session began with."""
    feeds: OpenFeeds | None = None
    """What is given in place of sources; None leaves every source to its component."""

    def compiled_for(self, flow: LinkedFlow) -> dict[str, Compiled]:
        """The builds of a flow, by digest. Raises `LostBuildError`."""
        found = {**self.compiled, **self.known.compiled(flow)}
        for node in flow.nodes:
            if node.digest not in found:
                raise LostBuildError(f"build {node.digest[:12]} of {node.name} is not kept")
        return found


class Execution:
    """Where a flow stands. One thread owns it; `interrupt` alone is for others.

    With `steps` it begins before the first of them and follows them, checked call by call,
    with sources, clock and random answered from them; `go_live` ends that.
    """

    def __init__(
        self,
        workshop: SessionResources,
        flow: LinkedFlow,
        apply: Apply,
        steps: Callable[[], Iterator[ReplayStep]] | None = None,
        *,
        recorded_elsewhere: bool = False,
        executed: bool = True,
    ) -> None:
        """`apply` gives the engine a command, and records it.

        Steps that were `recorded_elsewhere`, in a file, may be of another build. What is not
        `executed` is answered from the steps as far as they hold the answers: that shows what
        was, at little cost, but can not go on from there.

        Raises `LostBuildError`, and `StudioError` when what is given in place of sources can
        not be opened.
        """
        self._workshop = workshop
        self._sources = frozenset(flow.sources)
        self.printed = OutputBuffer()
        self.log = EventLog()
        self.recent = RecentElements()
        self.pulls: Counter[str] = Counter()
        """`pull` calls that were kept, by source."""
        self.standing: StopNote | None = None
        self._answers = _SwitchedAnswers()
        compiled = workshop.compiled_for(flow)
        self.invoker = WasmInvoker(
            flow,
            workshop.host,
            compiled=compiled,
            host_inputs=self._answers,
            on_print=self._print,
        )
        self._muted = False
        feeds = workshop.feeds if executed else None
        self._feeds: Mapping[str, Feed] = {} if feeds is None else feeds()
        self.builds = LiveBuilds(flow, compiled, workshop.known, time.time_ns())
        self.swapping = Swapper(flow, workshop.host, self.invoker, self.builds, apply, time.time_ns)
        self.replayer: Replayer | None = None
        """What is followed, or None when the flow goes its own way."""
        if steps is None:
            self.engine = Engine(flow, self._live(), workshop.options)
        else:
            self._follow(flow, steps, recorded_elsewhere, executed)
        self.inspector = SessionInspector(flow, self.engine, self.log, self.recent)

    def _follow(
        self,
        flow: LinkedFlow,
        steps: Callable[[], Iterator[ReplayStep]],
        recorded_elsewhere: bool,
        executed: bool,
    ) -> None:
        self._replayed = ReplayedHostInputs(RepeatableInputs())
        self._answers.now = self._replayed
        replayed = ReplayInvoker(
            self.invoker,
            self._sources,
            self._replayed,
            crashes_from_recording=not recorded_elsewhere,
            kept_from_recording=not executed,
            on_recorded=self._print_recorded,
        )
        self._switch = switch = _SwitchedInvoker(replayed)

        def make(_: Invoker) -> Engine:
            self.engine = Engine(flow, switch, self._workshop.options)
            return self.engine

        settings = ReplaySettings(same_engine=not recorded_elsewhere)
        self.replayer = Replayer(steps, make, replayed, settings)
        self.replayer.before_command = partial(self._before, recorded_elsewhere)

    @property
    def calls(self) -> int:
        """Calls made."""
        return self.engine.calls

    @property
    def flow(self) -> LinkedFlow:
        """The flow as it runs, with the builds in use."""
        return self.swapping.flow

    @property
    def pending(self) -> CallStep | None:
        """The call that is made next by what is followed."""
        step = None if self.replayer is None else self.replayer.pending
        return step if isinstance(step, CallStep) else None

    def snapshot(self) -> FlowSnapshot:
        """The flow as it stands."""
        snapshot = self.engine.snapshot()
        if self.replayer is not None:
            snapshot = replace(snapshot, next_call=self.next_call())
        standing = self.standing
        if standing is not None:
            snapshot = replace(snapshot, stop=standing.reason, stop_detail=standing.detail)
        return snapshot

    def next_call(self) -> NextCall | None:
        """The call that is made next."""
        pending = self.pending
        if pending is None:
            return self.engine.next_call()
        element = pending.element
        if element is None:
            return NextCall(pending.node, Export(pending.export), None, None)
        return NextCall(pending.node, Export(pending.export), element.id, element.sequence)

    # ---- keeping what happens

    def keep(self, events: Iterable[Event]) -> None:
        """Keep events for the screen, in the order they happened."""
        self.log.extend(events)
        for event in events:
            if type(event) is CallFinished:
                self._keep_call(event)
            elif type(event) is Relinked:
                self.inspector.follow(self.log.count, self.engine.flow)

    def remark(self, mark: CallMark, node: str | None, text: str) -> None:
        """Put a line of the session's own into the event log."""
        self.log.extend([Reported(self.engine.snapshot().at_ns, mark, node, text)])

    def keep_step(self, command: Command, events: Iterable[Event]) -> None:
        """Keep what a step of the past did."""
        self.keep(events)

    def _keep_call(self, event: CallFinished) -> None:
        call = event.call
        element = call.element
        if element is not None:
            self.recent.add(element)
            self.swapping.inputs.add(call.node, element)
            if event.answer.printed:
                self.printed.link(call.number, element.sequence)
        elif call.export is Export.PULL:
            self.pulls[call.node] += 1
        for delivery in event.deliveries:
            self.recent.add(delivery.element)
        for output in event.outputs:
            if self.recent.get(output.id) is None:
                self.recent.add(output)

    def _print(self, node: str, call: int, stream: str, data: bytes, granted: bool) -> None:
        if not self._muted:
            self.printed.printed(node, call, stream, data, granted)

    def _print_recorded(self, call: Call, answer: Answer) -> None:
        """Show what was printed during a call that was answered from the recording."""
        for item in answer.printed:
            self._print(call.node, call.number, item.stream, item.data, item.granted)

    # ---- following the past

    def _before(self, recorded_elsewhere: bool, command: Command) -> None:
        """Change instances where the past did, before the engine hears of it."""
        if isinstance(command, Swap):
            build = self._build(command, recorded_elsewhere)
            begin = partial(self._replayed.begin, command.node, command.host)
            self.swapping.repeat(build, begin)
        elif isinstance(command, Relink):
            compiled = self._workshop.compiled_for(command.flow)
            self.swapping.repeat_graph(command.flow, compiled)
            self._sources = frozenset(command.flow.sources)

    def _build(self, command: Swap, recorded_elsewhere: bool = False) -> ComponentBuild:
        build = self._workshop.known.find(command.node, command.digest)
        if build is None and recorded_elsewhere:
            return self.builds.current(command.node)
        if build is None:
            raise LostBuildError(
                f"build {command.digest[:12]} of {command.node} is not kept any more"
            )
        return build

    def go_live(
        self, start: LinkedFlow, steps: Iterable[ReplayStep], pulls: Mapping[str, int]
    ) -> tuple[str, ...]:
        """Follow nothing any more: sources go on from where they were.

        Sources that are components make their calls among `steps` again, which began with the
        flow `start`; of what is given in place of others, `pulls` elements are passed over.
        Gives the sources that did not answer as they did. Raises `LostBuildError`.
        """
        self.replayer = None
        if self.engine.state.ended:
            return ()
        self.invoker.adopt(start, self._workshop.compiled_for(start))
        self._muted = True
        unlike: dict[str, None] = {}
        for step in steps:
            if not isinstance(step, CallStep):
                self._repeat_on_sources(step)
            elif self._asks_component(step.node) and not self._same_again(step):
                unlike[step.node] = None
        self._muted = False
        for node, feed in self._feeds.items():
            for _ in range(pulls.get(node, 0)):
                feed.pull()
        self.invoker.adopt(self.flow, self._workshop.compiled_for(self.flow))
        self._answers.now = LiveHostInputs()
        self._switch.target = self._live().invoke
        return tuple(unlike)

    def _asks_component(self, node: str) -> bool:
        return node in self._sources and node not in self._feeds

    def _same_again(self, step: CallStep) -> bool:
        """Make a source's call again; whether it gave the same."""
        self._replayed.begin(step.node, step.host)
        export = Export(step.export)
        call = Call(step.number, step.node, export, None, step.argument)
        return self.invoker.invoke(call).outcome == step.answer().outcome

    def _repeat_on_sources(self, command: Command) -> None:
        if isinstance(command, Relink):
            self.invoker.adopt(command.flow, self._workshop.compiled_for(command.flow))
        elif isinstance(command, Swap) and command.node in self._sources:
            build = self._build(command)
            self._replayed.begin(command.node, command.host)
            if self.invoker.digest(command.node) is not None:
                prepared = self.invoker.prepare(build.node, build.compiled)
                if prepared.ready:
                    self.invoker.swap(prepared)

    def _live(self) -> Invoker:
        """Makes calls as a flow does that goes its own way."""
        return SourceOverride(self.invoker, self._feeds) if self._feeds else self.invoker

    # ---- the end

    def interrupt(self) -> None:
        """End the call in progress, if any. For another thread."""
        self.invoker.interrupt()

    def close(self) -> None:
        """Free every instance, without `teardown`, and close what is given. Idempotent."""
        self.invoker.close()
        for feed in self._feeds.values():
            if isinstance(feed, TextInput):
                feed.close()


class _SwitchedAnswers:
    """Answers from the past, later from this machine."""

    def __init__(self) -> None:
        self.now: HostInputs = LiveHostInputs()

    def answer(self, node: str, call: int, interface: str, function: str, size: int) -> int | bytes:
        """See `HostInputs.answer`."""
        return self.now.answer(node, call, interface, function, size)

    def wait_ns(self, node: str, call: int, requested_ns: int) -> int:
        """See `HostInputs.wait_ns`."""
        return self.now.wait_ns(node, call, requested_ns)


class _SwitchedInvoker:
    """Follows the past, later goes its own way."""

    __slots__ = ("target",)

    def __init__(self, first: Invoker) -> None:
        self.target = first.invoke

    def invoke(self, call: Call) -> Answer:
        """See `Invoker.invoke`."""
        return self.target(call)
