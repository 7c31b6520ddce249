"""The life of a flow: `init` in order, nodes becoming done, draining, and `teardown`."""

from __future__ import annotations

from runtime.engine import pressure
from runtime.engine.flow_run import FlowRun, Stage
from runtime.engine.records import NodeRecord
from runtime.engine.scheduling import readiness
from runtime.model.call import FailureKind
from runtime.model.events import (
    FlowEnded,
    FlowStarted,
    FlowState,
    NodeDone,
    NodeRebuilt,
    Stopped,
    StopReason,
)


def start(run: FlowRun, wall_ns: int) -> None:
    """Make the first `init` the next call."""
    run.wall_ns = wall_ns
    run.inits = list(reversed(run.nodes))
    run.stage = Stage.STARTING
    run.state = FlowState.RUNNING
    run.events.append(FlowStarted(wall_ns))
    if run.options.element_limit == 0:
        limit_reached(run)


def initialised(run: FlowRun, node: NodeRecord) -> None:
    """`init` of the node succeeded, for the first time or after a crash."""
    rebuilt = node.crashed and run.flowing
    node.live = True
    node.crashed = False
    node.init_attempt = 0
    if rebuilt:
        if not node.attempt:
            node.clear_failure()
        run.events.append(NodeRebuilt(run.now_ns, node.name))
        pressure.renewed(run, node)
        readiness.refresh(run, node)
        return
    if node.failure is not None and node.failure.kind is not FailureKind.QUEUE_FULL:
        node.clear_failure()
    run.inits.pop()
    flow_when_ready(run)


def flow_when_ready(run: FlowRun) -> None:
    """Let the flow flow if no `init`, and no `teardown` of a relink, is left to call."""
    if run.stage is Stage.STARTING and not run.inits and not run.teardowns:
        run.stage = Stage.FLOWING
        readiness.begin(run)
        run.closing.extend(run.nodes)


def exhaust(run: FlowRun, source: NodeRecord) -> None:
    """The source is not pulled any more."""
    source.exhausted = True
    pressure.forget(run, source)
    run.closing.append(source)
    if all(node.exhausted for node in run.nodes if node.is_source):
        run.state = FlowState.DRAINING


def limit_reached(run: FlowRun) -> None:
    """The sources have given as many elements as they may together."""
    drain(run, f"the limit of {run.options.element_limit} elements is reached")


def drain(run: FlowRun, reason: str) -> None:
    """Exhaust every source; what is queued runs to its end."""
    if run.stage in (Stage.ENDING, Stage.ENDED):
        return
    run.drained = True
    if run.stage is Stage.CREATED:
        end(run, FlowState.COMPLETED, reason, StopReason.END_OF_STREAM)
        return
    if run.state is FlowState.DRAINING:
        return
    run.state = FlowState.DRAINING
    run.ended_detail = reason
    for node in run.nodes:
        if node.is_source and not node.exhausted:
            node.clear_failure()
            exhaust(run, node)


def finalised(run: FlowRun, node: NodeRecord) -> None:
    """The node was flushed or completed."""
    node.final_due = False
    node.final_given = True
    run.closing.append(node)
    readiness.refresh(run, node)


def settle(run: FlowRun) -> None:
    """Find out which nodes became done; the flow ends with the last of them."""
    if run.stage is not Stage.FLOWING:
        return
    # Grows while it is walked: a node that is done may let those after it be done.
    for node in run.closing:
        _close(run, node)
    run.closing.clear()
    if not run.undone:
        end(run, run.ended_as, run.ended_detail, run.stop_reason_at_end)


def end(run: FlowRun, state: FlowState, detail: str, reason: StopReason) -> None:
    """Tear down what is live, in reverse order; then the flow has ended as `state`."""
    if run.stage in (Stage.ENDING, Stage.ENDED):
        return
    readiness.stop(run)
    run.closing.clear()
    run.ended_as = state
    run.ended_detail = detail
    run.stop_reason_at_end = reason
    run.stage = Stage.ENDING
    run.state = FlowState.DRAINING
    run.inits.clear()
    left = set(run.teardowns)
    usable = [node for node in run.nodes if node.live and not node.crashed]
    run.teardowns[:0] = [node for node in usable if node not in left]
    _end_when_torn_down(run)


def torn_down(run: FlowRun, node: NodeRecord) -> None:
    """`teardown` of the node was called; whether it failed makes no difference."""
    node.live = False
    run.teardowns.pop()
    if run.by_name.get(node.name) is not node:
        run.gone.take(node)
    if run.stage is Stage.STARTING:
        flow_when_ready(run)
    else:
        node.done = True
        _end_when_torn_down(run)


def _end_when_torn_down(run: FlowRun) -> None:
    if run.teardowns:
        return
    run.stage = Stage.ENDED
    run.state = run.ended_as
    run.stop = run.stop_reason_at_end
    run.stop_node = None
    run.stop_detail = run.ended_detail
    run.events.append(FlowEnded(run.now_ns, run.state, run.ended_detail))
    run.events.append(Stopped(run.now_ns, run.stop, run.ended_detail))


def _close(run: FlowRun, node: NodeRecord) -> None:
    if node.done:
        return
    if node.is_source:
        if not node.exhausted:
            return
    elif not all(edge.closed and not edge.items for edge in node.inputs):
        return
    elif node.final is not None and not node.final_given:
        if not node.final_due:
            node.final_due = True
            readiness.refresh(run, node)
        return
    if not node.pending:
        _done(run, node)


def _done(run: FlowRun, node: NodeRecord) -> None:
    node.done = True
    run.undone -= 1
    run.events.append(NodeDone(run.now_ns, node.name))
    readiness.refresh(run, node)
    for edge in node.outputs:
        edge.closed = True
        if not edge.items:
            run.closing.append(edge.consumer)
