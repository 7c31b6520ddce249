"""Snapshots: the records of a run as frozen values."""

from __future__ import annotations

from functools import reduce

from runtime.engine.flow_run import FlowRun, added, copied
from runtime.engine.records import NEVER, EdgeRecord, NodeRecord
from runtime.engine.scheduling.schedule_policies import Schedule
from runtime.engine.scheduling.scheduler import next_call
from runtime.model.linked import Role
from runtime.model.snapshot import EdgeSnapshot, FlowSnapshot, NodeSnapshot, NodeState


def flow_snapshot(run: FlowRun, schedule: Schedule) -> FlowSnapshot:
    """The whole flow as it stands."""
    nodes = run.nodes
    gone = run.gone
    return FlowSnapshot(
        flow=run.flow.name,
        state=run.state,
        nodes=tuple(node_snapshot(run, node) for node in nodes),
        edges=tuple(edge_snapshot(run, edge) for edge in run.edges),
        calls=run.calls,
        at_ns=run.now_ns,
        schedule=schedule.policy,
        next_call=next_call(run, schedule),
        stop=run.stop,
        stop_detail=run.stop_detail if run.stop is not None else "",
        pulled=gone.pulled + sum(node.sequence for node in nodes if node.is_source),
        flushed=gone.flushed + sum(node.flushed for node in nodes),
        copied=copied(gone, nodes, run.edges),
        injected=run.injected,
        delivered=gone.delivered
        + sum(node.elements_out for node in nodes if node.role is Role.SINK),
        dropped=gone.dropped
        + sum(node.dropped for node in nodes)
        + sum(edge.dropped for edge in run.edges),
        filtered=gone.filtered + sum(node.filtered for node in nodes),
        absorbed=gone.absorbed + sum(node.absorbed for node in nodes),
        errors=gone.errors + sum(node.errors for node in nodes),
        copies=reduce(added, (node.copies for node in nodes), gone.copies),
    )


def node_snapshot(run: FlowRun, node: NodeRecord) -> NodeSnapshot:
    """One node as it stands."""
    blocked_ns = node.blocked_ns
    if node.blocked_since_ns != NEVER:
        blocked_ns += run.now_ns - node.blocked_since_ns
    last = node.last
    return NodeSnapshot(
        name=node.name,
        role=node.role,
        state=_state(node),
        calls=node.calls,
        errors=node.errors,
        elements_in=node.taken,
        elements_out=node.elements_out,
        dropped=node.dropped,
        filtered=node.filtered,
        absorbed=node.absorbed,
        pending=len({element.id for edge in node.outputs for element in edge.pending}),
        per_port=tuple((port, edges[0].sent) for port, edges in node.ports.items()),
        busy_ns=node.busy_ns,
        blocked_ns=blocked_ns,
        last_call_ns=0 if last is None else last.duration_ns,
        copies=node.copies,
        fuel_last=0 if last is None else last.fuel,
        memory_bytes=0 if last is None else last.memory_bytes,
        failure=node.failure,
        paused_until_ns=node.paused_until_ns if node.asleep else None,
        swaps=node.swaps,
        errors_by_kind=tuple(node.errors_by_kind.items()),
        pauses=node.pauses,
        pauses_in_row=node.pauses_in_row if node.last_paused_at == node.elements_out else 0,
        error_rule=run.options.rule_of(node.name),
        on_hold=node.on_hold,
        backing_off=node.backing_off,
    )


def edge_snapshot(run: FlowRun, edge: EdgeRecord) -> EdgeSnapshot:
    """One queue as it stands; an episode under way counts."""
    episodes_blocked_ns, paced_ns = edge.episodes_blocked_ns, edge.paced_ns
    held_now_ns = run.now_ns - edge.blocked_since_ns if edge.blocked_since_ns != NEVER else 0
    if edge.full:
        episodes_blocked_ns += edge.episode_blocked_ns + held_now_ns
    else:
        paced_ns += held_now_ns
    return EdgeSnapshot(
        index=edge.index,
        label=edge.link.label,
        depth=len(edge.items),
        capacity=edge.capacity,
        low_mark=edge.low_mark,
        policy=edge.policy,
        peak=edge.peak,
        enqueued=edge.enqueued,
        dequeued=edge.dequeued,
        dropped=edge.dropped,
        evicted=edge.evicted,
        injected=edge.injected,
        pending=len(edge.pending),
        full=edge.full,
        episodes=edge.episodes,
        episodes_blocked_ns=episodes_blocked_ns,
        done=edge.closed,
        paced_ns=paced_ns,
        paced=edge.token_at_ns > run.now_ns,
        drained=edge.drained_before + edge.drained,
        drops=tuple(edge.drops.items()),
        response=edge.response_spread(),
    )


def _state(node: NodeRecord) -> NodeState:
    if node.done:
        return NodeState.DONE
    if node.crashed and (node.live or node.failure is not None):
        return NodeState.CRASHED
    if node.failure is not None:
        return NodeState.FAILED
    if not node.live:
        return NodeState.NEW
    if node.on_hold:
        return NodeState.HELD
    if node.paused or node.asleep:
        return NodeState.PAUSED
    if node.ready:
        return NodeState.READY
    if node.blocked_since_ns != NEVER:
        return NodeState.BLOCKED
    return NodeState.IDLE
