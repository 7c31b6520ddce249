"""Each element's way through a flow, put together from what the engine says happened."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from runtime.model.call import Accepted, Answer, Export, Failed, Ports, Signal, Verdict
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
from runtime.model.linked import LinkedFlow, Role

KEPT_TRACES = 10_000
"""Lineages whose way is kept, the first ones; the rest are counted."""
MOST_PARENTS = 1_000
"""Elements that one element of an aggregator is said to come from, at most."""


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


@dataclass(slots=True)
class ElementTrace:
    """One lineage: an element of a source or an aggregator, and all that became of it."""

    lineage: int
    source: str
    sequence: int
    hops: list[TracedHop] = field(default_factory=list)
    """In the order of the calls."""
    drops: list[TracedDrop] = field(default_factory=list)
    came_from: tuple[int, ...] | None = None
    """For an element of an aggregator: the lineages that it took in since its last one. What it
    kept from before is not known. None for an element of a source."""

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

    def __init__(self, flow: LinkedFlow, *, copies_known: bool = True) -> None:
        """`copies_known` is False for what is answered from a recording, which has no copies."""
        self._use(flow)
        self.traces: OrderedDict[int, ElementTrace] = OrderedDict()
        """By lineage, the first `KEPT_TRACES`."""
        self.lineages = 0
        """All of them, kept or not."""
        self.copies: int | None = 0 if copies_known else None
        self.copied_bytes: int | None = 0 if copies_known else None
        self.episodes = 0
        """Of back-pressure."""
        self._last_new = 0
        self._waiting: dict[tuple[int, str], tuple[int, int | None]] = {}
        """By element and the node it waits for: since when, and the hop that gave it."""
        self._made_by: dict[tuple[int, str], int] = {}
        """By element pending and its node: the hop."""
        self._taken: dict[str, list[int]] = {}
        """By aggregator: lineages since its last element."""

    def record(self, command: Command, events: list[Event]) -> None:
        """See `RunRecorder.record`."""
        for event in events:
            match event:
                case CallFinished():
                    self._called(event)
                case Released(node, at_ns, deliveries):
                    for item in deliveries:
                        self._deliver(item, at_ns, self._made_by.get((item.element.id, node)))
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

    def _use(self, flow: LinkedFlow) -> None:
        self._targets = [edge.target for edge in flow.edges]
        self._aggregators = {node.name for node in flow.nodes if node.role is Role.AGGREGATOR}

    def _called(self, event: CallFinished) -> None:
        call, answer = event.call, event.answer
        copies = answer.copies
        if self.copies is not None and self.copied_bytes is not None:
            self.copies += copies.reads + copies.writes
            self.copied_bytes += copies.read_bytes + copies.write_bytes
        if call.export in (Export.INIT, Export.TEARDOWN):
            return
        ended_ns = event.at_ns + answer.duration_ns
        element, made = call.element, event.outputs
        index: int | None = None
        if element is not None:
            index = self._hop(element, event)
            if call.node in self._aggregators and not isinstance(answer.outcome, Failed):
                taken = self._taken.setdefault(call.node, [])
                if len(taken) < MOST_PARENTS:
                    taken.append(element.lineage)
        begun = [item for item in made if element is None or item.lineage != element.lineage]
        if begun and call.node in self._aggregators:
            parents = tuple(self._taken.pop(call.node, ()))
            for item in begun:
                trace = self._trace_of(item)
                if trace is not None:
                    trace.came_from = parents
        for item in begun:
            own = self._hop(item, event)
            if own is not None:
                self._made_by[item.id, call.node] = own
        for item in made:
            if item not in begun and index is not None:
                self._made_by[item.id, call.node] = index
        for delivery in event.deliveries:
            given = self._made_by.get((delivery.element.id, call.node), index)
            self._deliver(delivery, ended_ns, given)

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
            )
        )
        return len(trace.hops) - 1

    def _deliver(self, delivery: Delivery, at_ns: int, given: int | None) -> None:
        if delivery.element.lineage in self.traces:
            target = self._targets[delivery.edge]
            self._waiting[delivery.element.id, target] = at_ns, given

    def _trace_of(self, element: Element) -> ElementTrace | None:
        found = self.traces.get(element.lineage)
        if found is not None:
            return found
        if element.lineage > self._last_new:
            self._last_new = element.lineage
            self.lineages += 1
            if len(self.traces) < KEPT_TRACES:
                found = ElementTrace(element.lineage, element.source, element.sequence)
                self.traces[element.lineage] = found
        return found


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
