"""One measured run of a flow: made of as many passes from start to end as fill its time."""

from __future__ import annotations

import resource
import time
from collections import deque
from collections.abc import Callable
from dataclasses import field

from runtime.bench.yardstick import EVERY_NS, piece_ns
from runtime.engine.core import Engine
from runtime.engine.invoker import ClosableInvoker
from runtime.engine.options import EngineOptions
from runtime.execution.call_timing import CallTiming, Histograms
from runtime.model.call import Answer, Call, Export
from runtime.model.commands import Advance, Drain, Start
from runtime.model.events import CallFinished, FlowState, NodeFailed
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.model.measures.histogram import Histogram
from runtime.model.measures.time_units import NS_PER_S
from runtime.model.snapshot import FlowSnapshot

LONGEST_PASS_S = 5.0
"""A pass may take so much flow time; then the sources are asked for nothing more."""
FAILURES_KEPT = 20
"""Of a run: policies may have it go on after any number of them."""
OPENING_FACTOR = 2
"""So many times as long as a run's flow time may the making of its instances take."""
_LIFECYCLE = frozenset((Export.INIT, Export.TEARDOWN))
_now = time.perf_counter_ns


@dataclass(slots=True)
class Measured:
    """What the passes of one run came to. Times are in nanoseconds."""

    passes: int = 0
    cut: int = 0
    """Those of them that took too long; their sources were not asked for all that they have."""
    elements: int = 0
    """Given by sources."""
    delivered: int = 0
    """Accepted by sinks."""
    calls: int = 0
    """Without those that make and end instances."""
    flow_ns: int = 0
    """Time of the clock in the engine and in calls, and time that the flow asked to wait."""
    processor_ns: int = 0
    """Processor time of the same; of this process."""
    engine: Histogram = field(default_factory=Histogram)
    """What the engine adds to a call: all but the time from handing it over until the answer."""
    waits_ns: int = 0
    """Of `flow_ns`: waits for paused sinks and for rates. They are counted, not slept."""
    opening_ns: int = 0
    """Time of `init` and `teardown`, instances included."""
    copies: int = 0
    copied_bytes: int = 0
    buffers: int = 0
    """Payload buffers that components wrote into: all that forwarding elements allocates."""
    dropped: int = 0
    errors: int = 0
    failures: deque[NodeFailed] = field(default_factory=lambda: deque(maxlen=FAILURES_KEPT))
    """The last of these errors, in the order of calls."""
    failed: bool = False
    """True when an error ended the flow."""
    snapshot: FlowSnapshot | None = None
    """Of the last pass, at its end."""
    yardstick: Histogram = field(default_factory=Histogram)
    """Pieces of work that never changes, done between the calls; see `piece_ns`."""
    histograms: Histograms = field(default_factory=lambda: Histograms({}, {}, None))
    """Of all passes."""
    worked: set[str] = field(default_factory=set)
    """Nodes that gave, took or failed on an element in some pass."""

    @property
    def elements_per_second(self) -> float:
        """Elements of sources by time of the flow."""
        return self.elements * NS_PER_S / self.flow_ns if self.flow_ns else 0.0

    @property
    def processor_ns_per_element(self) -> float:
        """Processor time of an element, calls and engine."""
        return self.processor_ns / self.elements if self.elements else 0.0


class _TimedInvoker:
    """Adds up the time within calls of an invoker."""

    def __init__(self, invoker: ClosableInvoker) -> None:
        self._invoke = invoker.invoke
        self.elapsed_ns = 0

    def invoke(self, call: Call) -> Answer:
        """See `Invoker.invoke`."""
        began = _now()
        answer = self._invoke(call)
        self.elapsed_ns += _now() - began
        return answer


def measure(
    flow: LinkedFlow,
    open_invoker: Callable[[], ClosableInvoker],
    options: EngineOptions,
    seconds: float,
    pass_seconds: float = LONGEST_PASS_S,
) -> Measured:
    """Run the flow from start to end until `seconds` of flow time are full, once at least.

    It ends early when a pass gives no element, when the flow fails, and when making instances
    takes most of the time. After `pass_seconds` of a pass its sources give nothing more: a flow may
    be without an end.
    """
    found = Measured()
    timing = CallTiming()
    full_ns = seconds * NS_PER_S
    while found.flow_ns < full_ns and found.opening_ns < OPENING_FACTOR * full_ns:
        before = found.elements
        invoker = open_invoker()
        try:
            snapshot = _pass(flow, invoker, options, found, timing, int(pass_seconds * NS_PER_S))
        finally:
            invoker.close()
        found.snapshot = snapshot
        found.failed = snapshot.state is FlowState.FAILED
        if found.failed or found.elements == before:
            break
    found.histograms = timing.histograms()
    return found


def _pass(
    flow: LinkedFlow,
    invoker: ClosableInvoker,
    options: EngineOptions,
    found: Measured,
    timing: CallTiming,
    pass_ns: int,
) -> FlowSnapshot:
    timed = _TimedInvoker(invoker)
    engine = Engine(flow, timed, options)
    engine.apply(Start(wall_ns=time.time_ns()))
    step, processor = engine.step, time.process_time_ns
    last_ns, cut = found.flow_ns + pass_ns, False
    while not engine.state.ended:
        if found.flow_ns >= last_ns and not cut:
            cut = True
            engine.apply(Drain("the pass took long enough"))
        timed.elapsed_ns = 0
        used, began = processor(), _now()
        events = step()
        elapsed_ns, used_ns = _now() - began, processor() - used
        if not events:
            waits_ns = engine.waits_ns()
            if not waits_ns:
                break
            engine.apply(Advance(waits_ns))
            found.waits_ns += waits_ns
            found.flow_ns += waits_ns
            continue
        lifecycle = False
        for event in events:
            if type(event) is CallFinished:
                lifecycle = event.call.export in _LIFECYCLE
                if not lifecycle:
                    timing.add(event)
            elif type(event) is NodeFailed:
                found.failures.append(event)
        if lifecycle:
            found.opening_ns += elapsed_ns
            continue
        found.calls += 1
        found.flow_ns += elapsed_ns
        found.processor_ns += used_ns
        found.engine.add(max(elapsed_ns - timed.elapsed_ns, 0))
        if found.flow_ns >= found.yardstick.count * EVERY_NS:
            found.yardstick.add(piece_ns())
    snapshot = engine.snapshot()
    found.passes += 1
    found.cut += cut
    found.elements += snapshot.pulled
    found.delivered += snapshot.delivered
    found.dropped += snapshot.dropped
    found.errors += snapshot.errors
    for node in snapshot.nodes:
        if node.elements_in or node.elements_out or node.errors:
            found.worked.add(node.name)
    copies = snapshot.copies
    found.copies += copies.reads + copies.writes
    found.copied_bytes += copies.read_bytes + copies.write_bytes
    found.buffers += copies.writes
    return snapshot


def peak_memory_bytes() -> int:
    """The most memory that this process had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
