"""Choosing: which node a step calls, and why a node cannot be called now."""

from __future__ import annotations

from runtime.engine.flow_run import FlowRun, Stage
from runtime.engine.records import EdgeRecord, NodeRecord
from runtime.engine.scheduling import readiness
from runtime.engine.scheduling.schedule_policies import Schedule
from runtime.model.call import Export, NextCall
from runtime.model.element import Element
from runtime.model.text.durations import spaced_duration
from runtime.model.text.plurals import counted

# Members of an enum are slow to reach by name, and these are needed for calls in every episode.
_INIT = Export.INIT
_NOTIFY = Export.NOTIFY_BACKPRESSURE
_TEARDOWN = Export.TEARDOWN


def by_schedule(run: FlowRun, schedule: Schedule) -> NodeRecord | None:
    """The node the next call goes to in the normal order, None when none is ready."""
    if run.urgent:
        return run.nodes[(run.urgent & -run.urgent).bit_length() - 1]
    if run.ready:
        return run.nodes[schedule.peek(run.ready)]
    if run.teardowns:
        return run.teardowns[-1]
    return run.inits[-1] if run.inits else None


def by_lineage(run: FlowRun, lineage: int) -> tuple[NodeRecord, EdgeRecord | None] | None:
    """The ready node whose call brings the lineage on, and the queue to take from.

    A node that has the lineage at the head of a queue comes before one that has it further
    back; within these, the node furthest downstream. None when neither is ready.
    """
    behind: tuple[NodeRecord, EdgeRecord | None] | None = None
    for node in reversed(run.nodes):
        if not node.ready:
            continue
        if node.failing is not None:
            edges: tuple[EdgeRecord, ...] = (node.failing,)
        else:
            edges = node.inputs
        for edge in edges:
            if edge.items and edge.items[0].lineage == lineage:
                return node, edge
        if behind is None:
            for edge in node.inputs:
                if any(element.lineage == lineage for element in edge.items):
                    behind = node, node.failing or edge
                    break
    return behind


def due_export(run: FlowRun, node: NodeRecord) -> Export:
    """The export the node is called with next."""
    if run.flowing:
        return node.due
    return _TEARDOWN if run.teardowns else _INIT


def argument(node: NodeRecord, export: Export) -> str:
    """What a call of the export is given besides an element: see `Call.argument`."""
    if export is _NOTIFY and node.signal is not None:
        return node.signal.value
    return node.link.config if export is _INIT else ""


def head_of(node: NodeRecord, export: Export) -> Element | None:
    """The element that a call of the export would work on."""
    if export is node.work and node.nonempty:
        return node.next_input().items[0]
    return None


def next_call(run: FlowRun, schedule: Schedule) -> NextCall | None:
    """What the next step calls; with `waits_ns` when flow time must pass first."""
    node = by_schedule(run, schedule)
    waits_ns = 0
    if node is None:
        waiting = _first_waiting(run)
        if waiting is None:
            return None
        at_ns, node, element = waiting
        waits_ns = at_ns - run.now_ns
        if element is not None:
            return NextCall(node.name, node.due, element.id, element.sequence, waits_ns)
    export = due_export(run, node)
    element = head_of(node, export)
    if element is None:
        return NextCall(node.name, export, None, None, waits_ns)
    return NextCall(node.name, export, element.id, element.sequence, waits_ns)


def waits_ns(run: FlowRun) -> int:
    """Flow time until something may become ready, 0 when something is or nothing will."""
    if run.ready:
        return 0
    waiting = _first_waiting(run)
    return 0 if waiting is None else waiting[0] - run.now_ns


def why_not(run: FlowRun, node: NodeRecord) -> str:
    """Why the node cannot be called now, in one sentence."""
    name = node.name
    if run.stage is Stage.STARTING:
        kind, turn = ("teardown", run.teardowns) if run.teardowns else ("init", run.inits)
        return (
            f"{name} waits until the flow is initialised; the next {kind} is that of "
            f"{turn[-1].name}"
        )
    if run.stage is Stage.ENDING:
        turn = run.teardowns
        return f"{name} gets no calls any more; the next teardown is that of {turn[-1].name}"
    if run.stage is Stage.ENDED:
        return f"{name} gets no calls any more: the flow is {run.state.value}"
    if run.stage is Stage.CREATED:
        return f"{name} waits for the flow to be started"
    if node.done:
        return f"{name} is done: it gets and gives no more elements"
    return _what_holds(run, node)


def held_words(run: FlowRun) -> str:
    """Which nodes are on hold with something to do, in one sentence; empty when none is."""
    held = [node for node in run.nodes if node.on_hold and readiness.able(node)]
    parts = []
    for node in held:
        count = sum(len(edge.items) for edge in node.inputs)
        waiting = f", {counted(count, 'waits', 'wait')} for it" if count else ""
        parts.append(f"{node.name} is on hold{waiting}")
    return "; ".join(parts)


def _what_holds(run: FlowRun, node: NodeRecord) -> str:
    name = node.name
    for edge in node.outputs:
        if edge.pending:
            count = len(edge.pending)
            waiting = f"{counted(count, 'element')} pending"
            return f"{name} has {waiting} for {state_of(run, edge)}"
    if node.paused:
        full = [state_of(run, edge) for edge in node.outputs if edge.full and edge.blocks_when_full]
        return f"{name} was told to pause, until the low mark is reached: {'; '.join(full)}"
    if not node.nonempty and not node.final_due and not node.is_source:
        return f"{name} has nothing to work on: its queues are empty"
    if node.asleep:
        wait = spaced_duration(node.paused_until_ns - run.now_ns)
        if node.backing_off:
            return (
                f"{name} failed, and tries again in {wait} of flow time: its error policy is retry"
            )
        return f"{name} asked for a pause, which lasts another {wait} of flow time"
    blocked = [state_of(run, edge) for edge in node.outputs if edge.blocked]
    if blocked:
        return f"{name} is blocked by {'; '.join(blocked)}"
    return f"{name} gives no more elements"


def state_of(run: FlowRun, edge: EdgeRecord) -> str:
    """The edge, how full it is, and when it takes an element if that is why it takes none."""
    depth = f"{len(edge.items)} of {edge.capacity}"
    if len(edge.items) < edge.capacity and edge.token_at_ns > run.now_ns:
        wait = spaced_duration(edge.token_at_ns - run.now_ns)
        return f"{edge.link.label} ({depth}, takes its next element in {wait})"
    return f"{edge.link.label} ({depth})"


def _first_waiting(run: FlowRun) -> tuple[int, NodeRecord, Element | None] | None:
    """When the first wait ends, the node to be called then, and the element it gets.

    The element is given when it is still in its producer's hand, else None.
    """
    if run.stage is not Stage.FLOWING:
        return None
    found: list[tuple[int, int, NodeRecord, Element | None]] = []
    for node in run.nodes:
        if node.asleep and _wants_call(node):
            found.append((node.paused_until_ns, node.index, node, None))
    for edge in run.edges:
        if edge.token_at_ns <= run.now_ns or len(edge.items) >= edge.capacity:
            continue
        producer = edge.producer
        if edge.pending:
            found.append((edge.token_at_ns, edge.consumer.index, edge.consumer, edge.pending[0]))
        elif _wants_call(producer):
            found.append((edge.token_at_ns, producer.index, producer, None))
    if not found:
        return None
    at_ns, _, node, element = min(found, key=lambda item: item[:2])
    return at_ns, node, element


def _wants_call(node: NodeRecord) -> bool:
    if node.done:
        return False
    if node.is_source:
        return not node.exhausted
    return node.nonempty > 0 or node.final_due
