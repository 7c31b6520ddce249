"""Each element's way through a flow, put together from what the engine says happened."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import field

from runtime.model.call import (
    Accepted,
    Answer,
    Call,
    CopyCount,
    Export,
    Failed,
    Ports,
    Signal,
    Verdict,
)
from runtime.model.commands import Command, Relink
from runtime.model.element import Element
from runtime.model.events import (
    BackpressureBegan,
    CallFinished,
    Delivery,
    ElementDropped,
    Event,
    Injected,
    Released,
)
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow, Role

KEPT_TRACES = 10_000
"""Lineages whose way is kept, the first ones; the rest are counted."""
MOST_INPUTS = 10_000
"""Inputs of one element of an aggregator that are kept, the last ones; the rest are counted."""
LISTED_INPUTS = 1_000
"""The same, where every element is traced."""
MOST_INTO = 16
"""Elements of one call of an aggregator that are said to be made of an input, the first ones."""


@dataclass(slots=True)
class TracedHop:
    """One call that an element went through."""

    node: str
    export: str
    call: int
    """Number of the call."""
    began_ns: int
    """Flow time when the call began."""
    wait_ns: int
    """From when the element was put into the queue until then."""
    run_ns: int
    """Inside the call."""
    after: int | None
    """Index of the hop that gave the element to this one; None for the first."""
    outcome: str
    """What came of it where that is more than one output: "passed", "to a, b", the error."""
    failed: bool = False
    size_in: int | None = None
    """Payload bytes it was given; None for a call that begins the lineage."""
    size_out: int | None = None
    """Payload bytes of what it made of the element; None where that is nothing else."""
    edges: list[int] = field(default_factory=list)
    """Edges that the element went along from here, by index."""

    @property
    def ended_ns(self) -> int:
        """Flow time when the call ended."""
        return self.began_ns + self.run_ns


@dataclass(frozen=True, slots=True)
class TracedDrop:
    """Where an element, or a copy of it, left the flow."""

    node: str
    reason: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class TracedInput:
    """An element that an aggregator took in."""

    lineage: int
    source: str
    sequence: int
    call: int
    """The call that took it in."""
    wait_ns: int
    run_ns: int
    size: int
    """Payload bytes."""

    @classmethod
    def of(cls, event: CallFinished) -> TracedInput | None:
        """What a call of an aggregator took in; None for one that failed or was given nothing."""
        element, answer = event.call.element, event.answer
        if element is None or isinstance(answer.outcome, Failed):
            return None
        given = element.path[-1] if element.path else None
        wait_ns = 0 if given is None else event.at_ns - given.at_ns - given.duration_ns
        return cls(
            element.lineage,
            element.source,
            element.sequence,
            event.call.number,
            max(wait_ns, 0),
            answer.duration_ns,
            len(element.payload.data),
        )


@dataclass(frozen=True, slots=True)
class TracedAggregate:
    """An element that an aggregator made of this one, among others."""

    node: str
    lineage: int
    sequence: int
    call: int


@dataclass(slots=True)
class ElementTrace:
    """One lineage: an element of a source or an aggregator, and all that became of it."""

    lineage: int
    source: str
    sequence: int
    hops: list[TracedHop] = field(default_factory=list)
    """In the order of the calls."""
    drops: list[TracedDrop] = field(default_factory=list)
    inputs: tuple[TracedInput, ...] | None = None
    """For an element of an aggregator: what it took in since its last one, at most `MOST_INPUTS`.
    What it kept from before is not known. None for an element of a source."""
    inputs_in_all: int = 0
    """Those that are not kept included."""
    into: list[TracedAggregate] = field(default_factory=list)
    """What aggregators made of it."""

    @property
    def came_from(self) -> tuple[int, ...] | None:
        """The lineages of its inputs; None for an element of a source."""
        return None if self.inputs is None else tuple(item.lineage for item in self.inputs)

    @property
    def run_ns(self) -> int:
        """Time inside components."""
        return sum(hop.run_ns for hop in self.hops)

    @property
    def total_ns(self) -> int:
        """From when its first call began until its last one ended."""
        return max(hop.ended_ns for hop in self.hops) - self.hops[0].began_ns if self.hops else 0


class ElementTraces:
    """A `RunRecorder` that keeps the way of each element."""

    def __init__(
        self,
        flow: LinkedFlow,
        *,
        target: Callable[[Element], bool] | None = None,
    ) -> None:
        """With a `target` its element is kept wherever it comes, with what it was made of as far as
        that is among the last `KEPT_TRACES` before it. In a flow without an aggregator no other is
        traced then.
        """
        self._target = target
        self._use(flow)
        self._pinned: set[int] = set()
        self.traces: OrderedDict[int, ElementTrace] = OrderedDict()
        """By lineage, the first `KEPT_TRACES`, or the last ones and those of the target."""
        self.lineages = 0
        """All of them, kept or not."""
        self.copies: int | None = 0
        """Reads and writes of payloads in all; None where they are not known."""
        self.copied_bytes: int | None = 0
        self.episodes = 0
        """Of back-pressure."""
        self._last_new = 0
        self._waiting: dict[tuple[int, str], tuple[int, int | None]] = {}
        """By element and the node it waits for: since when, and the hop that gave it."""
        self._taken: dict[str, _Taken] = {}
        """By aggregator: its inputs since its last element."""

    def forget_copies(self) -> None:
        """They are not known: a recording does not have those of a call."""
        self.copies = self.copied_bytes = None

    def record(self, command: Command, events: list[Event]) -> None:
        """See `RunRecorder.record`."""
        for event in events:
            match event:
                case CallFinished() if self._alone and not self._is_of_target(event):
                    self._count_copies(event.answer.copies)
                case CallFinished():
                    self._called(event)
                case Released(_, at_ns, deliveries):
                    for item in deliveries:
                        path = item.element.path
                        self._deliver(item, at_ns, path[-1].call if path else None)
                case Injected(at_ns, delivery):
                    self._trace_of(delivery.element)
                    self._deliver(delivery, at_ns, None)
                case ElementDropped(at_ns, element, reason, node, edge):
                    trace = self._trace_of(element)
                    if edge is not None:
                        self._waiting.pop((element.id, self._targets[edge]), None)
                    if trace is not None:
                        trace.drops.append(TracedDrop(node, reason.value, at_ns))
                case BackpressureBegan():
                    self.episodes += 1
        if isinstance(command, Relink):
            self._use(command.flow)

    def are_complete(self, in_flight: Iterable[int]) -> bool:
        """Whether nothing more can become of the target, or of what it was made of.

        `in_flight` are the lineages of the elements that have not left the flow. What an aggregator
        took in has something to come as long as it gave nothing since.
        """
        pinned = self._pinned
        kept = (one.lineage for taken in self._taken.values() for one in taken.last)
        return bool(pinned) and pinned.isdisjoint(in_flight) and pinned.isdisjoint(kept)

    def _use(self, flow: LinkedFlow) -> None:
        self._targets = [edge.target for edge in flow.edges]
        self._aggregators = {node.name for node in flow.nodes if node.role is Role.AGGREGATOR}
        self._alone = self._target is not None and not self._aggregators

    def _is_of_target(self, event: CallFinished) -> bool:
        """Whether a call has to do with a lineage that is kept, or begins one that may be."""
        element = event.call.element
        if element is None:
            return bool(event.outputs)
        return element.lineage in self.traces or element.lineage > self._last_new

    def _count_copies(self, copies: CopyCount) -> None:
        if self.copies is not None and self.copied_bytes is not None:
            self.copies += copies.reads + copies.writes
            self.copied_bytes += copies.read_bytes + copies.write_bytes

    def _called(self, event: CallFinished) -> None:
        call, answer = event.call, event.answer
        self._count_copies(answer.copies)
        if call.export in (Export.INIT, Export.TEARDOWN):
            return
        ended_ns = event.at_ns + answer.duration_ns
        element, made = call.element, event.outputs
        index: int | None = None
        if element is not None:
            index = self._hop(element, event)
            if call.node in self._aggregators:
                taken = TracedInput.of(event)
                if taken is not None:
                    self._taken.setdefault(call.node, _Taken()).add(taken)
        begun = [item for item in made if element is None or item.lineage != element.lineage]
        if begun and call.node in self._aggregators:
            self._aggregated(call, begun)
        for item in begun:
            self._hop(item, event)
        if element is not None and index is not None and len(made) > len(begun):
            self.traces[element.lineage].hops[index].size_out = len(made[0].payload.data)
        for delivery in event.deliveries:
            self._deliver(delivery, ended_ns, call.number)

    def _aggregated(self, call: Call, begun: list[Element]) -> None:
        taken = self._taken.pop(call.node, _Taken())
        inputs = tuple(taken.last)
        for item in begun:
            trace = self._trace_of(item)
            pinned = item.lineage in self._pinned
            if trace is not None:
                trace.inputs = inputs if pinned else inputs[-LISTED_INPUTS:]
                trace.inputs_in_all = taken.count
            if pinned:
                self._pin(inputs)
        for item in begun[:MOST_INTO]:
            made = TracedAggregate(call.node, item.lineage, item.sequence, call.number)
            for one in inputs:
                of_input = self.traces.get(one.lineage)
                if of_input is not None:
                    of_input.into.append(made)

    def _pin(self, inputs: Iterable[TracedInput]) -> None:
        """Keep what the target was made of, and what that was made of."""
        waiting = list(inputs)
        while waiting:
            lineage = waiting.pop().lineage
            trace = self.traces.get(lineage)
            if trace is not None and lineage not in self._pinned:
                self._pinned.add(lineage)
                waiting += trace.inputs or ()

    def _hop(self, element: Element, event: CallFinished) -> int | None:
        trace = self._trace_of(element)
        call, answer = event.call, event.answer
        key = element.id, call.node
        if isinstance(answer.outcome, Failed):
            since = self._waiting.get(key)  # it may be tried again
        else:
            since = self._waiting.pop(key, None)
        if trace is None:
            return None
        waited_ns = 0 if since is None else max(event.at_ns - since[0], 0)
        trace.hops.append(
            TracedHop(
                call.node,
                call.export.value,
                call.number,
                event.at_ns,
                waited_ns,
                answer.duration_ns,
                None if since is None else since[1],
                _outcome(answer),
                isinstance(answer.outcome, Failed),
                len(element.payload.data) if call.element is element else None,
                None if call.element is element else len(element.payload.data),
            )
        )
        return len(trace.hops) - 1

    def _deliver(self, delivery: Delivery, at_ns: int, by_call: int | None) -> None:
        trace = self.traces.get(delivery.element.lineage)
        if trace is not None:
            target = self._targets[delivery.edge]
            hops = trace.hops
            last_first = range(len(hops) - 1, -1, -1)
            given = next((index for index in last_first if hops[index].call == by_call), None)
            self._waiting[delivery.element.id, target] = at_ns, given
            if given is not None:
                trace.hops[given].edges.append(delivery.edge)

    def _trace_of(self, element: Element) -> ElementTrace | None:
        found = self.traces.get(element.lineage)
        if found is not None:
            return found
        if element.lineage > self._last_new:
            self._last_new = element.lineage
            self.lineages += 1
            if self._room_for(element):
                found = ElementTrace(element.lineage, element.source, element.sequence)
                self.traces[element.lineage] = found
        return found

    def _room_for(self, element: Element) -> bool:
        if self._target is None:
            return len(self.traces) < KEPT_TRACES
        if self._target(element):
            self._pinned.add(element.lineage)
        elif self._pinned or self._alone:
            return False
        elif len(self.traces) >= KEPT_TRACES:
            oldest = next(one for one in self.traces if one not in self._pinned)
            del self.traces[oldest]
        return True


class _Taken:
    """What an aggregator took in since its last element."""

    def __init__(self) -> None:
        self.count = 0
        self.last: deque[TracedInput] = deque(maxlen=MOST_INPUTS)

    def add(self, one: TracedInput) -> None:
        self.count += 1
        self.last.append(one)


def _outcome(answer: Answer) -> str:
    match answer.outcome:
        case Verdict(passes):
            return "passed" if passes else "held back"
        case Ports(names):
            return f"to {', '.join(names)}" if names else "to no port"
        case Failed(failure):
            return f"error[{failure.code}] {failure.name}: {failure.message}"
        case Accepted(Signal.PAUSE):
            return "asked for a pause"
    return ""
