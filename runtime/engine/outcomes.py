"""Outcomes: what follows from each answer a call can have.

Conservation, in copies (a fan-out to n edges makes n copies of an element), whatever commands
came in between:

- every edge: sent by its port since the edge is there + injected = enqueued + pending + dropped
  on the way in; enqueued = dequeued + depth + evicted (dropped from the queue, by `drop-oldest`
  only);
- every node but sources and aggregators: dequeued from its inputs = out + filtered + dropped,
  where a sink's out is what it accepted;
- aggregators: dequeued from its inputs = emitted by `ingest` + absorbed + dropped, and
  out = emitted by `ingest` + emitted by `flush`.

Together: `FlowSnapshot.queued`.
"""

from __future__ import annotations

from collections.abc import Callable

from runtime.engine import failures, lifecycle, pressure
from runtime.engine.failures import no_such_port, unexpected_answer
from runtime.engine.flow_run import FlowRun
from runtime.engine.queues import deliver, take
from runtime.engine.records import CallContext, EdgeRecord, NodeRecord
from runtime.engine.scheduling import readiness
from runtime.model.call import (
    Absorbed,
    Accepted,
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
from runtime.model.events import Delivery, DropReason, ElementDropped, SinkPaused
from runtime.model.measures.time_units import NS_PER_MS
from runtime.model.named_tuples.constructors import new_element, new_hop
from runtime.model.text.plurals import counted

# Members of an enum are slow to reach by name, and these are needed for each element.
_PAUSE = Signal.PAUSE
_FLUSH_NAME = Export.FLUSH.value

Sent = tuple[tuple[Element, ...], tuple[Delivery, ...]]
"""The elements that a call made, and the copies of its elements that were queued at once."""

Handler = Callable[[FlowRun, CallContext], Sent]
"""Gives an answer its consequences."""

_NOTHING: Sent = ((), ())


def unexpected(run: FlowRun, context: CallContext) -> Sent:
    """The export cannot answer this."""
    name = type(context.answer.outcome).__name__
    return _fail(run, context, unexpected_answer(context.call, name))


# ---- lifecycle and signals


def _initialised(run: FlowRun, context: CallContext) -> Sent:
    lifecycle.initialised(run, context.node)
    return _NOTHING


def _signalled(run: FlowRun, context: CallContext) -> Sent:
    node = context.node
    if node.attempt:
        node.clear_failure()
    pressure.signalled(run, node)
    return _NOTHING


def _finalised(run: FlowRun, context: CallContext) -> Sent:
    node = context.node
    if node.attempt:
        node.clear_failure()
    lifecycle.finalised(run, node)
    return _NOTHING


def _torn_down(run: FlowRun, context: CallContext) -> Sent:
    lifecycle.torn_down(run, context.node)
    return _NOTHING


# ---- sources


def _pulled(run: FlowRun, context: CallContext) -> Sent:
    node = context.node
    outcome = context.answer.outcome
    assert type(outcome) is Emitted
    if len(outcome.outputs) != 1:
        return _wrong_count(run, context)
    if node.attempt:
        node.clear_failure()
    element = _begin_lineage(run, context, outcome.outputs[0], node.work_name)
    deliveries = deliver(run, element, node.outputs)
    run.given += 1
    if run.given == run.options.element_limit:
        lifecycle.limit_reached(run)
    return (element,), deliveries


def _exhausted(run: FlowRun, context: CallContext) -> Sent:
    node = context.node
    if node.attempt:
        node.clear_failure()
    lifecycle.exhaust(run, node)
    return _NOTHING


# ---- roles that work on an element


def _processed(run: FlowRun, context: CallContext) -> Sent:
    node = context.node
    outcome = context.answer.outcome
    assert type(outcome) is Emitted
    if len(outcome.outputs) != 1:
        return _wrong_count(run, context)
    old = _consume(run, context)
    payload, content_type = outcome.outputs[0]
    _, lineage, source, sequence, timestamp_ns, _, _, path = old
    run.last_id = number = run.last_id + 1
    path = (*path, _hop(context, node.work_name))
    element = new_element(
        Element,
        (number, lineage, source, sequence, timestamp_ns, content_type, payload, path),
    )
    node.elements_out += 1
    return (element,), deliver(run, element, node.outputs)


def _discarded(run: FlowRun, context: CallContext) -> Sent:
    _filter(run, context.node, _consume(run, context), DropReason.DISCARDED)
    return _NOTHING


def _evaluated(run: FlowRun, context: CallContext) -> Sent:
    node = context.node
    outcome = context.answer.outcome
    assert type(outcome) is Verdict
    element = _consume(run, context)
    if not outcome.passes:
        _filter(run, node, element, DropReason.FILTERED)
        return _NOTHING
    deliveries = _forward(run, context, element, node.outputs)
    return (), deliveries


def _routed(run: FlowRun, context: CallContext) -> Sent:
    node = context.node
    outcome = context.answer.outcome
    assert type(outcome) is Ports
    names = outcome.names
    edges: dict[EdgeRecord, None] = {}
    for name in names:
        named = node.ports.get(name)
        if named is None:
            return _fail(run, context, no_such_port(node, name))
        for output in named:
            edges[output] = None
    element = _consume(run, context)
    if not edges:
        _filter(run, node, element, DropReason.NO_PORT)
        return _NOTHING
    deliveries = _forward(run, context, element, tuple(edges))
    return (), deliveries


def _ingested(run: FlowRun, context: CallContext) -> Sent:
    node = context.node
    outcome = context.answer.outcome
    assert type(outcome) is Emitted
    if len(outcome.outputs) != 1:
        return _wrong_count(run, context)
    _consume(run, context)
    element = _begin_lineage(run, context, outcome.outputs[0], node.work_name)
    deliveries = deliver(run, element, node.outputs)
    return (element,), deliveries


def _absorbed(run: FlowRun, context: CallContext) -> Sent:
    _consume(run, context)
    context.node.absorbed += 1
    return _NOTHING


def _flushed(run: FlowRun, context: CallContext) -> Sent:
    node = context.node
    outcome = context.answer.outcome
    assert type(outcome) is Emitted
    if node.attempt:
        node.clear_failure()
    elements: list[Element] = []
    deliveries: list[Delivery] = []
    for output in outcome.outputs:
        element = _begin_lineage(run, context, output, _FLUSH_NAME)
        elements.append(element)
        deliveries.extend(deliver(run, element, node.outputs))
    node.flushed += len(elements)
    lifecycle.finalised(run, node)
    return tuple(elements), tuple(deliveries)


def _pushed(run: FlowRun, context: CallContext) -> Sent:
    node = context.node
    outcome = context.answer.outcome
    assert type(outcome) is Accepted
    _consume(run, context)
    node.elements_out += 1
    if outcome.signal is _PAUSE:
        _pause_sink(run, node)
    return _NOTHING


# ---- failures


def _failed(run: FlowRun, context: CallContext) -> Sent:
    outcome = context.answer.outcome
    assert type(outcome) is Failed
    return _fail(run, context, outcome.failure)


def _fail(run: FlowRun, context: CallContext, failure: Failure) -> Sent:
    failures.failed(run, context, failure)
    if context.call.export is Export.TEARDOWN:
        lifecycle.torn_down(run, context.node)
    return _NOTHING


def _wrong_count(run: FlowRun, context: CallContext) -> Sent:
    assert type(context.answer.outcome) is Emitted
    answered = f"{counted(len(context.answer.outcome.outputs), 'element')} in place of one"
    return _fail(run, context, unexpected_answer(context.call, answered))


# ---- what they share


def _consume(run: FlowRun, context: CallContext) -> Element:
    """Take the element of a call that succeeded from the head of its queue."""
    edge = context.edge
    node = context.node
    assert edge is not None
    if node.attempt:
        node.clear_failure()
    if node.single_input is None:
        node.turn = (node.inputs.index(edge) + 1) % len(node.inputs)
    return take(run, edge)


def _begin_lineage(run: FlowRun, context: CallContext, output: Output, export: str) -> Element:
    node = context.node
    run.last_id = number = run.last_id + 1
    node.sequence = following = node.sequence + 1
    node.elements_out += 1
    payload, content_type = output
    at_ns = run.wall_ns + run.now_ns
    path = (_hop(context, export),)
    return new_element(
        Element,
        (number, number, node.name, following - 1, at_ns, content_type, payload, path),
    )


def _hop(context: CallContext, export: str) -> Hop:
    number, node, _, _, _, _ = context.call
    return new_hop(Hop, (node, export, number, context.began_ns, context.answer.duration_ns))


def _forward(
    run: FlowRun, context: CallContext, element: Element, edges: tuple[EdgeRecord, ...]
) -> tuple[Delivery, ...]:
    """Send the same element on; only its path grows."""
    node = context.node
    number, lineage, source, sequence, timestamp_ns, content_type, payload, path = element
    path = (*path, _hop(context, node.work_name))
    forwarded = new_element(
        Element, (number, lineage, source, sequence, timestamp_ns, content_type, payload, path)
    )
    node.elements_out += 1
    return deliver(run, forwarded, edges)


def _filter(run: FlowRun, node: NodeRecord, element: Element, reason: DropReason) -> None:
    node.filtered += 1
    run.events.append(ElementDropped(run.now_ns, element, reason, node.name))


def _pause_sink(run: FlowRun, node: NodeRecord) -> None:
    until_ns = run.now_ns + run.flow.sink_pause_ms * NS_PER_MS
    # `elements_out` counts the element that is answered: the one before it is one less.
    follows = node.last_paused_at == node.elements_out - 1
    node.pauses += 1
    node.pauses_in_row = node.pauses_in_row + 1 if follows else 1
    node.last_paused_at = node.elements_out
    run.events.append(SinkPaused(run.now_ns, node.name, until_ns, node.pauses_in_row))
    if until_ns > run.now_ns:
        node.paused_until_ns = until_ns
        node.asleep = True
        run.set_timer(until_ns, node)
        readiness.refresh(run, node)


HANDLERS: dict[Export, dict[type[Outcome], Handler]] = {
    Export.INIT: {Finished: _initialised},
    Export.PULL: {Emitted: _pulled, Exhausted: _exhausted},
    Export.NOTIFY_BACKPRESSURE: {Finished: _signalled},
    Export.PROCESS: {Emitted: _processed, Discarded: _discarded},
    Export.EVALUATE: {Verdict: _evaluated},
    Export.ROUTE: {Ports: _routed},
    Export.INGEST: {Emitted: _ingested, Absorbed: _absorbed},
    Export.FLUSH: {Emitted: _flushed},
    Export.PUSH: {Accepted: _pushed},
    Export.COMPLETE: {Finished: _finalised},
    Export.TEARDOWN: {Finished: _torn_down},
}
"""One function for each pair of an export and an outcome it can have."""

for _handlers in HANDLERS.values():
    _handlers[Failed] = _failed
