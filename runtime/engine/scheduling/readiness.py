"""Readiness: which nodes can be called, and how long the others are blocked.

Keeps `FlowRun.ready` and `FlowRun.urgent` true without looking at all nodes. A node *wants* a
call when it has something to work on, and is *blocked* when it wants one, or has pending output,
and cannot go on: a full output, a pause, a rate limit.
"""

from __future__ import annotations

from runtime.engine.flow_run import FlowRun
from runtime.engine.records import NEVER, EdgeRecord, NodeRecord
from runtime.model.call import Export

# Members of an enum are slow to reach by name, and these are needed on every change.
_INIT = Export.INIT
_NOTIFY = Export.NOTIFY_BACKPRESSURE


def refresh(run: FlowRun, node: NodeRecord) -> None:
    """Look at one node; to be called after anything that its next call depends on."""
    if not run.flowing:
        return
    if node.signal is not None:
        due, wants, able = _NOTIFY, True, True
    elif node.is_source:
        due = node.work
        wants = not node.exhausted
        able = wants and not (node.paused or node.pending or node.blocked_outputs or node.asleep)
    else:
        due = node.work
        wants = node.nonempty > 0
        if not wants and node.final_due and node.final is not None:
            due, wants = node.final, True
        able = wants and not (node.pending or node.blocked_outputs or node.asleep)
    node.due = _INIT if node.crashed else due
    ready = able and not node.on_hold
    if ready is not node.ready:
        node.ready = ready
        run.ready ^= node.bit
    if not able and (wants or node.pending):
        if node.blocked_since_ns == NEVER:
            node.blocked_since_ns = run.now_ns
        _account_edges(run, node)
    elif node.blocked_since_ns != NEVER:
        node.blocked_ns += run.now_ns - node.blocked_since_ns
        node.blocked_since_ns = NEVER
        _account_edges(run, node)


def able(node: NodeRecord) -> bool:
    """Whether the node could be called now if it was not on hold."""
    if node.is_source:
        waits = node.paused or node.exhausted
    else:
        waits = not (node.nonempty or (node.final_due and node.final is not None))
    return not (waits or node.pending or node.blocked_outputs or node.asleep)


def begin(run: FlowRun) -> None:
    """Look at every node: the flow begins to flow, or goes on."""
    run.flowing = True
    for node in run.nodes:
        if node.signal is not None:
            set_urgent(run, node, True)
        refresh(run, node)


def suspend(run: FlowRun) -> None:
    """No node is ready for the time being; accounts of blocked time go on."""
    run.flowing = False
    run.ready = run.urgent = 0
    for node in run.nodes:
        node.ready = False


def set_blocked(run: FlowRun, edge: EdgeRecord) -> None:
    """Note that the edge blocks its producer; a router is blocked by its hand instead."""
    if edge.blocked:
        return
    edge.blocked = True
    if not edge.producer.routes:
        edge.producer.blocked_outputs += 1
        refresh(run, edge.producer)


def set_open(run: FlowRun, edge: EdgeRecord) -> None:
    """Note that the edge takes elements again. The caller refreshes the producer."""
    if not edge.blocked:
        return
    edge.blocked = False
    if not edge.producer.routes:
        edge.producer.blocked_outputs -= 1


def set_urgent(run: FlowRun, node: NodeRecord, urgent: bool) -> None:
    """Put the node before all others, or no longer."""
    if not run.flowing:
        return
    if urgent:
        run.urgent |= node.bit
    else:
        run.urgent &= ~node.bit


def stop(run: FlowRun) -> None:
    """No node is to be called any more: close all accounts of blocked time."""
    suspend(run)
    for node in run.nodes:
        let_go(run, node)


def let_go(run: FlowRun, node: NodeRecord) -> None:
    """The node takes no part any more: close its account of blocked time."""
    node.signal = None
    close_account(run, node)
    node.paused = node.asleep = False


def close_account(run: FlowRun, node: NodeRecord) -> None:
    """The node is not blocked any more, for it is called: after a relink also one that was."""
    if node.blocked_since_ns != NEVER:
        node.blocked_ns += run.now_ns - node.blocked_since_ns
        node.blocked_since_ns = NEVER
        _account_edges(run, node)


def _account_edges(run: FlowRun, node: NodeRecord) -> None:
    """Keep the time for which each output blocks the node, in its episodes and outside."""
    now = run.now_ns
    node_blocked = node.blocked_since_ns != NEVER
    for edge in node.outputs:
        since_ns = edge.blocked_since_ns
        if node_blocked and (
            edge.pending
            or (edge.blocked and not node.routes)
            or (node.paused and edge.full and edge.blocks_when_full)
        ):
            if since_ns == NEVER:
                edge.blocked_since_ns = now
                if edge.full and edge.full_to_blocked_ns == NEVER:
                    edge.full_to_blocked_ns = now - edge.began_ns
        elif since_ns != NEVER:
            if edge.full:
                edge.episode_blocked_ns += now - since_ns
            else:
                edge.paced_ns += now - since_ns
            edge.blocked_since_ns = NEVER
