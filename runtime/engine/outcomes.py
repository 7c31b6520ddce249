"""Outcomes: what follows from each answer a call can have.

Conservation, in copies (a fan-out to n edges makes n copies of an element), whatever commands
came in between:

- every edge: sent by its port since the edge is there + injected = enqueued + in hand + dropped
  on the way in; enqueued = dequeued + depth + evicted (dropped from the queue, by `drop-oldest`
  only);
- every node but sources and aggregators: dequeued from its inputs = out + dropped, where a
  sink's out is what it accepted;
- aggregators: dequeued from its inputs = emitted by `ingest` + absorbed + dropped, and
  out = emitted by `ingest` + emitted by `flush`.
"""

from __future__ import annotations

from collections.abc import Callable

from runtime.engine.failures import Failures, no_such_port, unexpected_answer
from runtime.engine.flow_run import FlowRun
from runtime.engine.lifecycle import Lifecycle
from runtime.engine.pressure import Pressure
from runtime.engine.queues import Queues
from runtime.engine.readiness import Readiness
from runtime.engine.records import EdgeRecord, NodeRecord
from runtime.model.call import (
    Absorbed,
    Accepted,
    Answer,
    Call,
    Discarded,
    Emitted,
    Exhausted,
    Export,
    Failed,
    Failure,
    Finished,
    Outcome,
    Output,
    Ports,
    Signal,
    Verdict,
)
from runtime.model.element import Element, Hop
from runtime.model.events import (
    CallFinished,
    Delivery,
    DropReason,
    ElementDropped,
    SinkPaused,
)

NS_PER_MS = 1_000_000

# Members of an enum are slow to reach by name, and these are needed for each element.
_PAUSE = Signal.PAUSE
_FLUSH_NAME = Export.FLUSH.value

Handler = Callable[[NodeRecord, Call, Answer, EdgeRecord | None, int], CallFinished]
"""Takes the node, the call, its answer, the queue of its element, and when the call began."""


class Outcomes:
    """One method for each pair of an export and an outcome it can have."""

    __slots__ = (
        "_failures",
        "_handlers",
        "_lifecycle",
        "_pressure",
        "_queues",
        "_readiness",
        "_run",
    )

    def __init__(
        self,
        run: FlowRun,
        readiness: Readiness,
        pressure: Pressure,
        queues: Queues,
        lifecycle: Lifecycle,
        failures: Failures,
    ) -> None:
        self._run = run
        self._readiness = readiness
        self._pressure = pressure
        self._queues = queues
        self._lifecycle = lifecycle
        self._failures = failures
        self._handlers: dict[Export, dict[type[Outcome], Handler]] = {
            Export.INIT: {Finished: self._initialised},
            Export.PULL: {Emitted: self._pulled, Exhausted: self._exhausted},
            Export.NOTIFY_BACKPRESSURE: {Finished: self._signalled},
            Export.PROCESS: {Emitted: self._processed, Discarded: self._discarded},
            Export.EVALUATE: {Verdict: self._evaluated},
            Export.ROUTE: {Ports: self._routed},
            Export.INGEST: {Emitted: self._ingested, Absorbed: self._absorbed},
            Export.FLUSH: {Emitted: self._flushed},
            Export.PUSH: {Accepted: self._pushed},
            Export.COMPLETE: {Finished: self._finalised},
            Export.TEARDOWN: {Finished: self._torn_down},
        }
        for handlers in self._handlers.values():
            handlers[Failed] = self._failed

    def handlers(self, export: Export) -> dict[type[Outcome], Handler]:
        """The handlers of an export, by the type of the outcome."""
        return self._handlers[export]

    def unexpected(
        self, node: NodeRecord, call: Call, answer: Answer, edge: EdgeRecord | None, at_ns: int
    ) -> CallFinished:
        """The export can not answer this."""
        name = type(answer.outcome).__name__
        return self._fail(node, call, answer, edge, at_ns, unexpected_answer(call, name))

    # ---- lifecycle and signals

    def _initialised(
        self, node: NodeRecord, call: Call, answer: Answer, edge: EdgeRecord | None, at_ns: int
    ) -> CallFinished:
        self._lifecycle.initialised(node)
        return CallFinished(call, answer, at_ns)

    def _signalled(
        self, node: NodeRecord, call: Call, answer: Answer, edge: EdgeRecord | None, at_ns: int
    ) -> CallFinished:
        if node.attempt:
            node.clear_failure()
        self._pressure.signalled(node)
        return CallFinished(call, answer, at_ns)

    def _finalised(
        self, node: NodeRecord, call: Call, answer: Answer, edge: EdgeRecord | None, at_ns: int
    ) -> CallFinished:
        if node.attempt:
            node.clear_failure()
        self._lifecycle.finalised(node)
        return CallFinished(call, answer, at_ns)

    def _torn_down(
        self, node: NodeRecord, call: Call, answer: Answer, edge: EdgeRecord | None, at_ns: int
    ) -> CallFinished:
        self._lifecycle.torn_down(node)
        return CallFinished(call, answer, at_ns)

    # ---- sources

    def _pulled(
        self, node: NodeRecord, call: Call, answer: Answer, edge: EdgeRecord | None, at_ns: int
    ) -> CallFinished:
        outcome = answer.outcome
        assert type(outcome) is Emitted
        if len(outcome.outputs) != 1:
            return self._wrong_count(node, call, answer, edge, at_ns)
        if node.attempt:
            node.clear_failure()
        element = self._begin_lineage(node, call, answer, at_ns, outcome.outputs[0], node.work_name)
        deliveries = self._queues.deliver(element, node.outputs)
        run = self._run
        run.given += 1
        if run.given == run.options.element_limit:
            self._lifecycle.limit_reached()
        return CallFinished(call, answer, at_ns, (element,), deliveries)

    def _exhausted(
        self, node: NodeRecord, call: Call, answer: Answer, edge: EdgeRecord | None, at_ns: int
    ) -> CallFinished:
        if node.attempt:
            node.clear_failure()
        self._lifecycle.exhaust(node)
        return CallFinished(call, answer, at_ns)

    # ---- roles that work on an element

    def _processed(
        self, node: NodeRecord, call: Call, answer: Answer, edge: EdgeRecord | None, at_ns: int
    ) -> CallFinished:
        outcome = answer.outcome
        assert type(outcome) is Emitted
        if len(outcome.outputs) != 1:
            return self._wrong_count(node, call, answer, edge, at_ns)
        old = self._consume(node, edge)
        payload, content_type = outcome.outputs[0]
        run = self._run
        run.last_id = number = run.last_id + 1
        element = Element(
            number,
            old.lineage,
            old.source,
            old.sequence,
            old.timestamp_ns,
            content_type,
            payload,
            (*old.path, Hop(node.name, node.work_name, call.number, at_ns, answer.duration_ns)),
        )
        node.elements_out += 1
        return CallFinished(
            call, answer, at_ns, (element,), self._queues.deliver(element, node.outputs)
        )

    def _discarded(
        self, node: NodeRecord, call: Call, answer: Answer, edge: EdgeRecord | None, at_ns: int
    ) -> CallFinished:
        self._drop(node, self._consume(node, edge), DropReason.DISCARDED)
        return CallFinished(call, answer, at_ns)

    def _evaluated(
        self, node: NodeRecord, call: Call, answer: Answer, edge: EdgeRecord | None, at_ns: int
    ) -> CallFinished:
        outcome = answer.outcome
        assert type(outcome) is Verdict
        element = self._consume(node, edge)
        if not outcome.passes:
            self._drop(node, element, DropReason.FILTERED)
            return CallFinished(call, answer, at_ns)
        deliveries = self._forward(node, call, answer, at_ns, element, node.outputs)
        return CallFinished(call, answer, at_ns, (), deliveries)

    def _routed(
        self, node: NodeRecord, call: Call, answer: Answer, edge: EdgeRecord | None, at_ns: int
    ) -> CallFinished:
        outcome = answer.outcome
        assert type(outcome) is Ports
        names = outcome.names
        edges: dict[EdgeRecord, None] = {}
        for name in names:
            named = node.ports.get(name)
            if named is None:
                failure = no_such_port(node, name)
                return self._fail(node, call, answer, edge, at_ns, failure)
            for output in named:
                edges[output] = None
        element = self._consume(node, edge)
        if not edges:
            self._drop(node, element, DropReason.NO_PORT)
            return CallFinished(call, answer, at_ns)
        deliveries = self._forward(node, call, answer, at_ns, element, tuple(edges))
        return CallFinished(call, answer, at_ns, (), deliveries)

    def _ingested(
        self, node: NodeRecord, call: Call, answer: Answer, edge: EdgeRecord | None, at_ns: int
    ) -> CallFinished:
        outcome = answer.outcome
        assert type(outcome) is Emitted
        if len(outcome.outputs) != 1:
            return self._wrong_count(node, call, answer, edge, at_ns)
        self._consume(node, edge)
        element = self._begin_lineage(node, call, answer, at_ns, outcome.outputs[0], node.work_name)
        deliveries = self._queues.deliver(element, node.outputs)
        return CallFinished(call, answer, at_ns, (element,), deliveries)

    def _absorbed(
        self, node: NodeRecord, call: Call, answer: Answer, edge: EdgeRecord | None, at_ns: int
    ) -> CallFinished:
        self._consume(node, edge)
        node.absorbed += 1
        return CallFinished(call, answer, at_ns)

    def _flushed(
        self, node: NodeRecord, call: Call, answer: Answer, edge: EdgeRecord | None, at_ns: int
    ) -> CallFinished:
        outcome = answer.outcome
        assert type(outcome) is Emitted
        if node.attempt:
            node.clear_failure()
        elements: list[Element] = []
        deliveries: list[Delivery] = []
        for output in outcome.outputs:
            element = self._begin_lineage(node, call, answer, at_ns, output, _FLUSH_NAME)
            elements.append(element)
            deliveries.extend(self._queues.deliver(element, node.outputs))
        self._lifecycle.finalised(node)
        return CallFinished(call, answer, at_ns, tuple(elements), tuple(deliveries))

    def _pushed(
        self, node: NodeRecord, call: Call, answer: Answer, edge: EdgeRecord | None, at_ns: int
    ) -> CallFinished:
        outcome = answer.outcome
        assert type(outcome) is Accepted
        self._consume(node, edge)
        node.elements_out += 1
        if outcome.signal is _PAUSE:
            self._pause_sink(node)
        return CallFinished(call, answer, at_ns)

    # ---- failures

    def _failed(
        self, node: NodeRecord, call: Call, answer: Answer, edge: EdgeRecord | None, at_ns: int
    ) -> CallFinished:
        outcome = answer.outcome
        assert type(outcome) is Failed
        return self._fail(node, call, answer, edge, at_ns, outcome.failure)

    def _fail(
        self,
        node: NodeRecord,
        call: Call,
        answer: Answer,
        edge: EdgeRecord | None,
        at_ns: int,
        failure: Failure,
    ) -> CallFinished:
        self._failures.failed(node, call, edge, failure)
        if call.export is Export.TEARDOWN:
            self._lifecycle.torn_down(node)
        return CallFinished(call, answer, at_ns)

    def _wrong_count(
        self, node: NodeRecord, call: Call, answer: Answer, edge: EdgeRecord | None, at_ns: int
    ) -> CallFinished:
        assert type(answer.outcome) is Emitted
        answered = f"{len(answer.outcome.outputs)} elements in place of one"
        return self._fail(node, call, answer, edge, at_ns, unexpected_answer(call, answered))

    # ---- what they share

    def _consume(self, node: NodeRecord, edge: EdgeRecord | None) -> Element:
        """Take the element of a call that succeeded from the head of its queue."""
        assert edge is not None
        if node.attempt:
            node.clear_failure()
        if node.single_input is None:
            node.turn = (node.inputs.index(edge) + 1) % len(node.inputs)
        return self._queues.take(edge)

    def _begin_lineage(
        self,
        node: NodeRecord,
        call: Call,
        answer: Answer,
        at_ns: int,
        output: Output,
        export: str,
    ) -> Element:
        run = self._run
        run.last_id = number = run.last_id + 1
        node.sequence = following = node.sequence + 1
        node.elements_out += 1
        payload, content_type = output
        hop = Hop(node.name, export, call.number, at_ns, answer.duration_ns)
        return Element(
            number,
            number,
            node.name,
            following - 1,
            run.wall_ns + run.now_ns,
            content_type,
            payload,
            (hop,),
        )

    def _forward(
        self,
        node: NodeRecord,
        call: Call,
        answer: Answer,
        at_ns: int,
        element: Element,
        edges: tuple[EdgeRecord, ...],
    ) -> tuple[Delivery, ...]:
        """Send the same element on; only its path grows."""
        number, lineage, source, sequence, timestamp_ns, content_type, payload, path = element
        hop = Hop(node.name, node.work_name, call.number, at_ns, answer.duration_ns)
        forwarded = Element(
            number, lineage, source, sequence, timestamp_ns, content_type, payload, (*path, hop)
        )
        node.elements_out += 1
        return self._queues.deliver(forwarded, edges)

    def _drop(self, node: NodeRecord, element: Element, reason: DropReason) -> None:
        node.dropped += 1
        run = self._run
        run.events.append(ElementDropped(run.now_ns, element, reason, node.name))

    def _pause_sink(self, node: NodeRecord) -> None:
        run = self._run
        until_ns = run.now_ns + run.flow.sink_pause_ms * NS_PER_MS
        run.events.append(SinkPaused(run.now_ns, node.name, until_ns))
        if until_ns > run.now_ns:
            node.paused_until_ns = until_ns
            node.asleep = True
            run.set_timer(until_ns, node)
            self._readiness.refresh(node)
