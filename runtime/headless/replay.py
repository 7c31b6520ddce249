"""Recordings run again without a screen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from itertools import takewhile

from runtime.engine.core import Engine
from runtime.engine.invoker import Invoker
from runtime.headless.run import INTERRUPTED, NO_OUTPUT, RunReport, RunTally
from runtime.model.commands import Relink, Swap
from runtime.model.errors import Diagnostic
from runtime.model.events import CallFinished, Event
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.model.measures.time_units import NS_PER_S
from runtime.model.snapshot import FlowSnapshot
from runtime.opening.recorded.recordings import RecordedFlow, recorded_steps
from runtime.recording.replay.divergence import Divergence
from runtime.recording.replay.recorded_host_inputs import (
    QueuedHostInputs,
    RepeatableInputs,
    ReplayedHostInputs,
)
from runtime.recording.replay.replayer import Replayer, ReplayInvoker, ReplaySettings
from runtime.recording.replay.steps import CallStep, ReplayStep
from runtime.recording.replay.tolerant import FollowingInvoker, follow
from runtime.recording.replayed_sources import replayed_nodes
from runtime.wasm.host_functions.denied_uses import OnDenied
from runtime.wasm.host_functions.printing import OnPrint, print_again
from runtime.wasm.wasm_invoker import WasmInvoker

LONGEST_SLEEP_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """How a recording is run again."""

    speed: float | None = None
    """1.0 is the original speed, 2.0 twice it; None is as fast as it goes."""
    first: int = 1
    """Calls before this one are made at full speed."""
    until: int | None = None
    """Number of the last call; None makes all."""


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a replay came to."""

    run: RunReport
    calls: int
    """Calls that were repeated."""
    divergence: Divergence | None
    """Where it stopped being the recorded run; None when it did not, or was not looked."""
    warnings: tuple[Diagnostic, ...]
    """What was tolerated in the file."""
    flow: LinkedFlow
    """The graph it ended with."""


class HeadlessReplay:
    """Runs a recording again. `interrupt` may be called from a signal handler.

    With the recorded graph the recorded calls are made one by one, and the replay stops at the
    first that differs. With another graph, which was forced, nodes are called in the recorded
    order as long as they have something to do, and nothing is compared.
    """

    def __init__(
        self,
        recorded: RecordedFlow,
        options: ReplayOptions,
        on_print: OnPrint,
        on_denied: OnDenied | None = None,
    ) -> None:
        self._recorded = recorded
        self._flow = recorded.flow
        self._sources = recorded.sources
        self._options = options
        self._on_print = on_print
        self._on_denied = on_denied
        self._interrupts = 0
        self._interrupted_by = INTERRUPTED
        self._acted_on = 0
        self._call_ended = False
        self._tally = RunTally()
        self._warnings: tuple[Diagnostic, ...] = ()
        self._invoker: WasmInvoker | None = None
        self._engine: Engine
        self._began_ns: int | None = None

    def interrupt(self) -> None:
        """Stop after the call in progress; the second time, end that call."""
        self._interrupts += 1
        if self._interrupts > 1 and self._invoker is not None:
            self._invoker.interrupt()

    def end_call(self, interrupts: int) -> None:
        """See `HeadlessRun.end_call`."""
        if self._acted_on < interrupts and self._invoker is not None:
            self._call_ended = True
            self._invoker.interrupt()

    def stop(self) -> None:
        """See `HeadlessRun.stop`."""
        if not self._interrupts:
            self._interrupted_by = NO_OUTPUT
        self._interrupts = max(self._interrupts, 1)

    def run(self) -> ReplayReport:
        """Make the calls. Frees the instances before it returns.

        Raises:
            StudioError: the recording is damaged, or cannot be repeated (E0001).
        """
        run = self._exactly if self._recorded.same_structure else self._as_far_as_possible
        return run()

    def _exactly(self) -> ReplayReport:
        recorded, options = self._recorded, self._options
        host = ReplayedHostInputs(RepeatableInputs())
        with closing(recorded.invoker(host, self._on_print, self._on_denied)) as real:
            self._invoker = real
            invoker = ReplayInvoker(real, recorded.sources, host)
            settings = ReplaySettings(options.until, options.first, options.speed)
            replayer = Replayer(self._steps, self._engine_for, invoker, settings)
            while (step := replayer.pending) is not None and self._wait_for(replayer):
                self._change(real, step)
                done = replayer.step()
                assert done is not None
                self._take(done[1])
        return self._report(replayer.calls, replayer.divergence)

    def _as_far_as_possible(self) -> ReplayReport:
        recorded, until = self._recorded, self._options.until
        host = QueuedHostInputs(RepeatableInputs())
        with closing(recorded.invoker(host, self._on_print, self._on_denied)) as real:
            self._invoker = real
            invoker = FollowingInvoker(real, recorded.sources, host)
            engine = self._engine_for(invoker)
            steps = takewhile(lambda step: not _is_after(step, until), self._steps())
            for _, events in follow(engine, invoker, steps, to_the_end=lambda: until is None):
                self._take(events)
                self._acted_on = self._interrupts
                if self._interrupts:
                    break
        return self._report(engine.snapshot().calls, None)

    def _engine_for(self, invoker: Invoker) -> Engine:
        recorded = self._recorded
        self._engine = Engine(recorded.flow, invoker, recorded.engine_options)
        return self._engine

    def _report(self, calls: int, divergence: Divergence | None) -> ReplayReport:
        snapshot = self._engine.snapshot()
        run = self._tally.report(
            snapshot,
            interrupted=self._interrupts > 0,
            stopped_because=self._why_stopped(snapshot, divergence),
            call_ended=self._call_ended,
        )
        if self._call_ended:
            divergence = None
        return ReplayReport(run, calls, divergence, self._warnings, self._flow)

    def _why_stopped(self, snapshot: FlowSnapshot, divergence: Divergence | None) -> str:
        until = self._options.until
        if self._interrupts:
            return self._interrupted_by
        if snapshot.state.ended:
            return ""
        if until is not None and snapshot.calls >= until:
            return f"--until {until}"
        if divergence is None and self._recorded.same_structure:
            return f"the recording ends after call {snapshot.calls:,}, before its flow did"
        return ""

    def _steps(self) -> Iterator[ReplayStep]:
        return recorded_steps(self._recorded, self._warn)

    def _warn(self, warnings: tuple[Diagnostic, ...]) -> None:
        self._warnings = warnings

    def _take(self, events: list[Event]) -> None:
        self._tally.add(events)
        sources = self._sources
        for event in events:
            if isinstance(event, CallFinished) and event.call.node in sources:
                print_again(event.call, event.answer, self._on_print)

    def _change(self, real: WasmInvoker, step: ReplayStep) -> None:
        """Change graph and instances where the recorded session did, with today's builds."""
        if isinstance(step, Relink):
            self._flow = step.flow
            self._sources = replayed_nodes(step.flow)
            real.adopt(step.flow, self._recorded.opened.linking.compiled)
        if not isinstance(step, Swap) or step.node in self._sources:
            return
        node = self._flow.by_name[step.node]
        compiled = self._recorded.opened.linking.compiled
        prepared = real.prepare(node, compiled.get(step.digest) or compiled[node.digest])
        if prepared.ready:
            real.swap(prepared)

    def _wait_for(self, replayer: Replayer) -> bool:
        """Sleep until the pending call is due; False when the replay was interrupted."""
        due_ns = replayer.due_ns
        if self._began_ns is None:
            step = replayer.pending
            if isinstance(step, CallStep) and step.number >= self._options.first:
                self._began_ns = time.monotonic_ns()
        elif due_ns:
            while not self._interrupts:
                left_ns = self._began_ns + due_ns - time.monotonic_ns()
                if left_ns <= 0:
                    break
                time.sleep(min(left_ns / NS_PER_S, LONGEST_SLEEP_SECONDS))
        self._acted_on = self._interrupts
        return not self._interrupts


def _is_after(step: ReplayStep, until: int | None) -> bool:
    return until is not None and isinstance(step, CallStep) and step.number > until
