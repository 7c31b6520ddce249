"""Failures: what follows from a failed call: stop, fail, skip, or try again.

The element of a failed call stays at the head of its queue until it succeeds or is skipped. An
`init` cannot be skipped: under `skip` it fails the flow. A failed `teardown` is reported and
changes nothing.
"""

from __future__ import annotations

from typing import assert_never

from runtime.engine import lifecycle, pressure, queues
from runtime.engine.flow_run import FlowRun, Stage
from runtime.engine.options import MAX_SKIPPED_PULLS
from runtime.engine.records import CallContext, EdgeRecord, NodeRecord
from runtime.engine.scheduling import readiness
from runtime.model.call import Call, Export, Failure, FailureKind
from runtime.model.codes import Code
from runtime.model.element import Element
from runtime.model.events import (
    DropReason,
    ElementDropped,
    FlowState,
    NodeFailed,
    Stopped,
    StopReason,
)
from runtime.model.linked import ErrorPolicy
from runtime.model.measures.time_units import NS_PER_MS
from runtime.model.text.plurals import counted

SHOWN_NAME_CHARS = 80
"""Length to which a name that a component chose is cut in a message."""

STOP_REASONS: dict[FailureKind, StopReason] = {
    FailureKind.TRAP: StopReason.TRAP,
    FailureKind.LIMIT: StopReason.LIMIT,
    FailureKind.DEADLINE_EXCEEDED: StopReason.LIMIT,
    FailureKind.NO_SUCH_PORT: StopReason.NO_SUCH_PORT,
}
"""Why the flow stands still after a failure; every other kind is `StopReason.ERROR`."""


def failed(run: FlowRun, context: CallContext, failure: Failure) -> None:
    """The call failed: stop, fail, skip, or try again."""
    node, call = context.node, context.call
    node.count_error(failure)
    export = call.export
    if export is Export.TEARDOWN:
        node.failure = failure
        _report(run, node, call, None, failure, 1)
        return
    if failure.crashed:
        node.crashed = True
        readiness.refresh(run, node)
    if export is Export.INIT:
        node.live = False
        node.init_attempt += 1
        attempt = node.init_attempt
    else:
        node.attempt += 1
        attempt = node.attempt
        node.failing = context.edge
    node.failure = failure
    _report(run, node, call, call.element, failure, attempt)
    match _policy(run, node, failure, attempt):
        case ErrorPolicy.STOP:
            stop(run, node, failure)
        case ErrorPolicy.FAIL:
            _fail(run, node, failure)
        case ErrorPolicy.RETRY:
            if export in (node.work, node.final):
                _back_off(run, node, attempt)
        case ErrorPolicy.SKIP:
            _skip_call(run, node, call, failure)
        case unknown:
            assert_never(unknown)


def refused(run: FlowRun, call: Call) -> None:
    """Full edges with the policy `error` were to take what the call put out.

    The copies wait in the producer's hand. Under `stop` and `retry` they go into the
    queue as soon as it has room; under `skip` they are dropped.
    """
    edges = list(dict.fromkeys(run.refused))
    run.refused.clear()
    for edge in edges:
        node = edge.producer
        failure = queue_full(edge)
        node.count_error(failure)
        node.attempt = 1
        node.failing = None
        node.failure = failure
        _report(run, node, call, edge.pending[0], failure, 1)
        match _policy(run, node, failure, 1):
            case ErrorPolicy.STOP:
                stop(run, node, failure)
            case ErrorPolicy.FAIL:
                _fail(run, node, failure)
            case ErrorPolicy.RETRY:
                pass
            case ErrorPolicy.SKIP:
                queues.drop_pending(run, edge)
            case unknown:
                assert_never(unknown)


def skip(run: FlowRun, node: NodeRecord) -> str | None:
    """Give up what the node failed on; the result says why there is nothing to skip."""
    if run.stage is not Stage.FLOWING:
        return f"{node.name} has no failed element: only a flowing flow has one"
    if node.failure is None:
        return f"{node.name} has no failed element"
    if node.failure.kind is FailureKind.QUEUE_FULL and node.pending:
        for edge in node.outputs:
            if edge.pending and not edge.blocks_when_full:
                queues.drop_pending(run, edge)
        node.clear_failure()
    elif node.failing is not None:
        _drop_head(run, node, node.failing)
    else:
        _give_up(run, node)
    readiness.refresh(run, node)
    return None


def forgive(run: FlowRun, node: NodeRecord) -> None:
    """Forget what a former instance of the node failed on; it is tried again, and first.

    A full queue stays what it is, whatever instance its producer has.
    """
    failure = node.failure
    node.init_attempt = 0
    if failure is None or (failure.kind is FailureKind.QUEUE_FULL and node.pending):
        return
    if node.failing is not None:
        node.turn = node.inputs.index(node.failing)
    node.clear_failure()
    readiness.refresh(run, node)
    run.clear_stop(node)


def stop(run: FlowRun, node: NodeRecord, failure: Failure) -> None:
    """Report that the flow stands still for the failure."""
    run.stop = STOP_REASONS.get(failure.kind, StopReason.ERROR)
    run.stop_detail = f"{node.name}: {failure.message}"
    run.stop_node = node.name
    run.events.append(Stopped(run.now_ns, run.stop, run.stop_detail, node.name))


def _policy(run: FlowRun, node: NodeRecord, failure: Failure, attempt: int) -> ErrorPolicy:
    rule = run.options.rule_of(node.name)
    if failure.crashed and not run.options.rebuild:
        return ErrorPolicy.FAIL
    if rule.policy is ErrorPolicy.RETRY and attempt > rule.max_retries:
        return ErrorPolicy.FAIL
    return rule.policy


def _back_off(run: FlowRun, node: NodeRecord, attempt: int) -> None:
    """Leave the node alone for a while before what failed is tried again."""
    wait_ms = run.options.rule_of(node.name).back_off_after(attempt)
    if wait_ms:
        node.backing_off = node.asleep = True
        node.paused_until_ns = run.now_ns + wait_ms * NS_PER_MS
        run.set_timer(node.paused_until_ns, node)
        readiness.refresh(run, node)


def _report(
    run: FlowRun,
    node: NodeRecord,
    call: Call,
    element: Element | None,
    failure: Failure,
    attempt: int,
) -> None:
    number, export = call.number, call.export
    run.events.append(NodeFailed(run.now_ns, node.name, number, element, failure, attempt, export))


def _fail(run: FlowRun, node: NodeRecord, failure: Failure) -> None:
    reason = STOP_REASONS.get(failure.kind, StopReason.ERROR)
    lifecycle.end(run, FlowState.FAILED, f"{node.name}: {failure.message}", reason)


def _skip_call(run: FlowRun, node: NodeRecord, call: Call, failure: Failure) -> None:
    if call.export is Export.INIT:
        _fail(run, node, failure)
    elif node.failing is not None:
        _drop_head(run, node, node.failing)
    elif call.export is not Export.PULL:
        _give_up(run, node)
    elif node.attempt >= MAX_SKIPPED_PULLS:
        _fail(run, node, failure)


def _drop_head(run: FlowRun, node: NodeRecord, edge: EdgeRecord) -> None:
    node.clear_failure()
    node.dropped += 1
    element = queues.take(run, edge)
    run.events.append(ElementDropped(run.now_ns, element, DropReason.SKIPPED, node.name))


def _give_up(run: FlowRun, node: NodeRecord) -> None:
    """Go on without a signal, `flush` or `complete` that failed."""
    node.clear_failure()
    if node.signal is not None:
        pressure.give_up_signal(run, node)
    elif node.final_due:
        lifecycle.finalised(run, node)


def no_such_port(node: NodeRecord, name: str) -> Failure:
    """The failure of a router that named a port without an edge (docs/torvyn-facts.md#codes)."""
    shown = name if len(name) <= SHOWN_NAME_CHARS else name[:SHOWN_NAME_CHARS] + "…"
    ports = ", ".join(f'"{port}"' for port in node.ports)
    return Failure.of(
        FailureKind.NO_SUCH_PORT,
        f'router "{node.name}" named port "{shown}", which has no edge; '
        f"its ports with an edge: {ports or 'none'}",
        Code.UNKNOWN_ROUTER_PORT,
        f'Add an edge from port "{shown}" of "{node.name}", or have the component name one of '
        "the ports there are.",
        crashed=False,
    )


def queue_full(edge: EdgeRecord) -> Failure:
    """The failure of a producer whose element met a full queue with the policy `error`."""
    waiting = len(edge.pending)
    return Failure.of(
        FailureKind.QUEUE_FULL,
        f"edge {edge.link.label} is full ({len(edge.items)} of {edge.capacity}) and its policy "
        f"is error; {counted(waiting, 'element waits', 'elements wait')} for room",
        Code.QUEUE,
        "Raise the edge's queue_depth, or use the policy block-producer, drop-oldest or "
        "drop-newest.",
        crashed=False,
    )


def unexpected_answer(call: Call, answered: str) -> Failure:
    """The failure of an answer that the called export cannot give."""
    return Failure.of(
        FailureKind.CONTRACT,
        f"{call.export.value} of {call.node} gave an answer it cannot give: {answered}",
        Code.TYPE_MISMATCH,
        "Check that the component exports the interface the manifest declares for the node.",
        crashed=False,
    )
