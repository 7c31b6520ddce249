"""An execution of a flow: an engine with instances of its own, and what the screen saw of it."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from runtime.engine.core import Engine
from runtime.execution.call_drivers import (
    Detached,
    LiveCalls,
    NotRestoredError,
    RecordedCalls,
    RecordedRun,
    RepeatedSources,
    RestoredGuests,
    begin_networked,
)
from runtime.execution.call_inputs import inputs_of_calls
from runtime.execution.call_switch import CallSwitch
from runtime.execution.call_timing import CallTiming
from runtime.execution.event_log import EventLog, Reported
from runtime.execution.execution_checkpoint import ExecutionCheckpoint
from runtime.execution.inspection import SessionInspector
from runtime.execution.output_buffer import OutputBuffer
from runtime.execution.recent_elements import RecentElements
from runtime.execution.resources import SessionResources
from runtime.execution.timing_windows import TimingWindows
from runtime.hotreload.builds import LiveBuilds
from runtime.hotreload.swap import Swapper
from runtime.model.access import DeniedUse, base_of
from runtime.model.call import CallInProgress, Export, NextCall
from runtime.model.commands import Command
from runtime.model.events import CallFinished, Edited, Event, Injected, Relinked, StopReason
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.model.snapshot import FlowSnapshot
from runtime.protocol.logs.event_lines import CallMark
from runtime.recording.replay.input_feed import Feed
from runtime.recording.replay.replayer import Replayer
from runtime.recording.replay.steps import CallStep, ReplayStep
from runtime.recording.ring.sizes import CALL_BYTES, SizedCalls, bytes_of_calls
from runtime.wasm.guest_memory import MadeCall, NotAvailable
from runtime.wasm.guest_states import GuestState, GuestStates
from runtime.wasm.wasm_invoker import WasmInvoker

Apply = Callable[[Command], list[Event]]

_BY_HAND = frozenset((Edited, Injected, Relinked))
"""Events of changes that are noted next to the event log."""


@dataclass(frozen=True, slots=True)
class StopNote:
    """Why the flow stands still, where the engine cannot know it."""

    reason: StopReason
    detail: str


class Execution:
    """Where a flow stands. One thread owns it; `interrupt` alone is for others.

    A recorded one begins before the first step of its recording, or at a checkpoint, and repeats
    it, until `detach` makes it live.
    """

    def __init__(
        self,
        resources: SessionResources,
        flow: LinkedFlow,
        apply: Apply,
        recorded: RecordedRun | None = None,
    ) -> None:
        """`apply` gives the engine a command, and records it.

        Raises `LostBuildError`, `NotRestoredError`, and `StudioError` when the recording or what
        is given in place of sources cannot be opened.
        """
        self._resources = resources
        self.printed = OutputBuffer()
        self._switch = CallSwitch(self.printed)
        self.log = EventLog()
        self.timing = CallTiming()
        self.windows = TimingWindows(self.timing)
        self.recent = RecentElements()
        self._gathered: list[Event] = []
        self._settled = 0
        """So many of them are kept."""
        self._denied: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self.new_denials: list[str] = []
        """Nodes that used something for the first time that they are not granted; whoever keeps
        them empties it."""
        self.first_denials: list[DeniedUse] = []
        """What it was; whoever acts on that empties it."""
        self.pulls: Counter[str] = Counter()
        """`pull` calls that were kept, by source."""
        self.stop_note: StopNote | None = None
        self._guests: GuestStates | None = None
        """What its components remembered last; the next states share memory with it."""
        self.kind = None if recorded is None else recorded.kind
        """What it repeats, as long as it does not make its own calls; None when it never did."""
        start = None if recorded is None else recorded.start
        flow = flow if start is None else start.flow
        compiled = resources.compiled_for(flow)
        self.invoker = WasmInvoker(
            flow,
            resources.host,
            compiled=compiled,
            host_inputs=self._switch,
            on_print=self.printed.printed,
            on_denied=self._deny,
        )
        view = recorded is not None and recorded.kind.answers_all
        self._feeds: Mapping[str, Feed] = {} if view else resources.open_feeds()
        self.builds = LiveBuilds(flow, compiled, resources.known, time.time_ns())
        self.swapper = Swapper(flow, resources.host, self.invoker, self.builds, apply, time.time_ns)
        live = LiveCalls(self.invoker, self._feeds)
        self._switch.use(live)
        if recorded is None:
            # Not through the switch: no call of this engine is ever made in another way.
            self.engine = Engine(flow, live.invoker, resources.options)
        else:
            self.engine = Engine(flow, self._switch, resources.options)
            if start is not None:
                self._begin_at(start)
            if recorded.guests is not None:
                self._restore(recorded.guests)
            self._switch.use(
                RecordedCalls(
                    recorded,
                    resources,
                    self.engine,
                    self.invoker,
                    self.swapper,
                    self.builds,
                    self.printed,
                )
            )
        self.inspector = SessionInspector(flow, self.engine, self.log, self.recent)

    def _begin_at(self, start: ExecutionCheckpoint) -> None:
        self.engine.restore(start.engine)
        self.builds.stand_as(start.builds)
        self.pulls.update(start.pulls)
        self.printed.begin_after(start.printed)

    def _restore(self, guests: GuestStates) -> None:
        restored = RestoredGuests(self.invoker)
        self._switch.use(restored)
        try:
            restored.restore(guests)
        except NotRestoredError:
            self.close()
            raise
        self._guests = guests

    def restore_node(self, node: str, state: GuestState | None, calls: Sequence[MadeCall]) -> None:
        """Put an instance in use that remembers the state, or nothing, and what the calls did.

        Raises `NotRestoredError`; the instance in use stays as it is then.
        """
        restored = RestoredGuests(self.invoker)
        with self._switch.using(restored):
            restored.restore_node(node, state, calls)

    def guest_states(self) -> GuestStates | NotAvailable:
        """What its components remember between two calls."""
        if self.kind is not None and self.kind.answers_all and self.replayer is not None:
            return NotAvailable("these calls were shown as they were recorded, and not made")
        states = self.invoker.guest_states(self._guests)
        if not isinstance(states, NotAvailable):
            self._guests = states
        return states

    def checkpoint(self) -> ExecutionCheckpoint:
        """Where it stands between two calls, but for what components have in their memory."""
        return ExecutionCheckpoint(
            self.engine.checkpoint(),
            self.flow,
            self.builds.shown(),
            dict(self.pulls),
            self.printed.totals(),
        )

    # ---- what components may not do

    def denied_to(self, node: str) -> tuple[tuple[str, int], ...]:
        """Each capability that the node used without having it, and how often."""
        return tuple(self._denied.get(node, {}).items())

    def _deny(self, use: DeniedUse, count: int) -> None:
        if count:  # 0 is what an interpreter did by itself when it started.
            self._denied[use.node][base_of(use.capability)] = count
        if count == 1:
            self.first_denials.append(use)
            self.new_denials.append(use.node)
            self.note(CallMark.DENIED, use.node, f"{use.sentence}; {use.advice}")

    # ---- where it stands

    @property
    def calls(self) -> int:
        """Calls made."""
        return self.engine.calls

    @property
    def flow(self) -> LinkedFlow:
        """The flow as it runs, with the builds in use."""
        return self.swapper.flow

    @property
    def replayer(self) -> Replayer | None:
        """What is repeated; None when the execution is live."""
        return self._switch.driver.replayer

    @property
    def changes(self) -> int:
        """Changes by hand since the last call, of what is repeated; 0 where nothing is."""
        return 0 if self.replayer is None else self.replayer.changes

    @property
    def pending(self) -> CallStep | None:
        """The recorded call that is made next."""
        replayer = self._switch.driver.replayer
        step = None if replayer is None else replayer.pending
        return step if isinstance(step, CallStep) else None

    def snapshot(self) -> FlowSnapshot:
        """The flow as it stands."""
        snapshot = self.engine.snapshot()
        if self.pending is not None:
            snapshot = replace(snapshot, next_call=self.next_call())
        note = self.stop_note
        if note is not None:
            snapshot = replace(snapshot, stop=note.reason, stop_detail=note.detail)
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

    def keep(self, events: Sequence[Event]) -> SizedCalls:
        """Keep events for the screen, in the order they happened; gives the calls among them."""
        if self._settled < len(self._gathered):
            self.settle()
        calls = [event for event in events if type(event) is CallFinished]
        size = bytes_of_calls(calls)
        self.log.extend(events, size)
        self._keep_calls(calls, size)
        if len(calls) < len(events) and not _BY_HAND.isdisjoint(map(type, events)):
            self._note_changes(events)
        return SizedCalls(calls, size)

    def _note_changes(self, events: Sequence[Event]) -> None:
        for event in events:
            if type(event) is Edited:
                self.recent.note_edited(event.element.id)
            elif type(event) is Injected:
                self.recent.note_injected(event.delivery.element.id, event.at_ns)
            elif type(event) is Relinked:
                self.inspector.relinked(self.log.count, self.engine.flow)

    def gather(self) -> list[Event]:
        """A list for events that are kept at the next `settle`, before anybody looks.

        Right after a call of a component, what it left in the processor's caches is not this
        program: keeping one event there costs three times what it does in a row of many.
        """
        self._gathered, self._settled = [], 0
        return self._gathered

    @property
    def gathered(self) -> Sequence[Event]:
        """What the next `settle` keeps."""
        return self._gathered[self._settled :]

    def settle(self) -> SizedCalls | None:
        """Keep what was gathered; gives its calls, unless a part of them was kept before."""
        whole = not self._settled
        events = self._gathered[self._settled :]
        self._settled += len(events)
        calls = self.keep(events)
        return calls if whole else None

    def note(self, mark: CallMark, node: str | None, text: str) -> None:
        """Put a line of the session's own into the event log."""
        self.settle()
        self.log.extend([Reported(self.engine.snapshot().at_ns, mark, node, text)])

    def keep_step(self, command: Command, events: Sequence[Event]) -> None:
        """Keep what a step of the past did."""
        self.keep(events)

    def _keep_calls(self, events: Sequence[CallFinished], size: int) -> None:
        self.timing.add_all(events)
        elements, sequences, pulls = inputs_of_calls(events)
        inputs = self.swapper.inputs.by_node
        for node, given in elements.items():
            inputs[node] += given
        self.pulls.update(pulls)
        self.swapper.inputs.made(size - CALL_BYTES * len(events))
        self.recent.add_calls(events, size)
        if sequences:
            self.printed.link(sequences)

    # ---- from recorded to live

    def detach(
        self, start: LinkedFlow, steps: Iterable[ReplayStep], pulls: Mapping[str, int]
    ) -> Detached:
        """Repeat nothing any more: sources go on from where they were.

        Sources that are components make their calls among `steps` again, which began with the
        flow `start`; of what is given in place of others, `pulls` elements are passed over.
        Nodes with the network begin again, with `init`. Raises `LostBuildError`.
        """
        recorded = self._switch.driver
        if recorded.replayer is not None:
            recorded.replayer.close()
        live = LiveCalls(self.invoker, self._feeds)
        unlike: tuple[str, ...] = ()
        if isinstance(recorded, RecordedCalls) and not self.engine.state.ended:
            repeated = RepeatedSources(recorded, self._feeds, self._resources, self.invoker)
            self._switch.use(repeated)
            self.invoker.adopt(start, self._resources.compiled_for(start))
            unlike = repeated.repeat(steps)
            for node, feed in self._feeds.items():
                for _ in range(pulls.get(node, 0)):
                    feed.pull()
            self.invoker.adopt(self.flow, self._resources.compiled_for(self.flow))
        self._switch.use(live)
        begun: tuple[str, ...] = ()
        if isinstance(recorded, RecordedCalls) and not self.engine.state.ended:
            begun = begin_networked(self, self._feeds, self._resources)
        return Detached(unlike, begun)

    # ---- the end

    def interrupt(self) -> None:
        """End the call in progress, if any. For another thread."""
        self.invoker.interrupt()

    def in_progress(self) -> CallInProgress | None:
        """The call that has not come back yet. For any thread."""
        return self.invoker.in_progress()

    def close(self) -> None:
        """Free every instance, without `teardown`, and close what is given. Idempotent."""
        if self.replayer is not None:
            self.replayer.close()
        self.invoker.close()
        for feed in self._feeds.values():
            feed.close()

    def discard(self) -> None:
        """Close it, and forget what was seen of it: it is not shown again.

        What it holds goes round in circles, so that the collector would find it late, at the cost
        of a look at the whole ring.
        """
        self.close()
        self.log.clear()
        self.recent.clear()
        self.printed.clear()
