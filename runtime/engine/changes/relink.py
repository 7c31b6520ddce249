"""Relinking: another graph in place of the one that runs, with all that did not change kept.

The next calls are `teardown` of the nodes that are removed or begin again, in reverse order, then
`init` of those that begin, in order; then the flow goes on. An aggregator that is removed or
begins again is not flushed. Its counters and its number of the next element stay with a node that
begins again, unless it has another role.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from runtime.engine import failures, lifecycle, pressure, queues
from runtime.engine.flow_run import FlowRun, Stage, connect
from runtime.engine.records import EdgeRecord, NodeRecord
from runtime.engine.scheduling import readiness
from runtime.model.events import FlowState, Relinked
from runtime.model.linked import LinkedEdge, LinkedFlow, LinkedNode

RESTARTING = ("interface", "component", "config", "limits", "grants", "folders")
"""What of a `LinkedNode` cannot change without another instance."""


def relink(run: FlowRun, flow: LinkedFlow) -> str | None:
    """Go on with `flow`; the result says why nothing was changed, or is None."""
    if run.stage is Stage.ENDED:
        return f"the flow is {run.state.value}: another graph needs a restart"
    if run.stage is Stage.ENDING:
        return "the flow is being torn down: another graph needs a restart"
    change = _Change(run, flow)
    readiness.suspend(run)
    for edge in change.removed_edges:
        _remove_edge(run, edge)
    # What leaves may be among them; what stays is looked at when the flow flows again.
    run.closing.clear()
    for node in change.leaving:
        readiness.let_go(run, node)
    change.place()
    for node in change.restarted:
        _begin_anew(run, node)
    _reopen(run, change)
    run.events.append(change.event())
    for edge, link in change.configured:
        queues.configure(run, edge, link)
    _follow(run, change)
    return None


def _remove_edge(run: FlowRun, edge: EdgeRecord) -> None:
    queues.remove(run, edge)
    if edge.consumer.failing is edge:
        edge.consumer.clear_failure()
    run.gone.take_edge(edge)


def _begin_anew(run: FlowRun, node: NodeRecord) -> None:
    """The node's instance is to be rebuilt."""
    node.link = run.flow.by_name[node.name]
    failures.forgive(run, node)
    pressure.renewed(run, node)
    if node.crashed:
        node.live = node.crashed = False
    node.exhausted = node.is_source and run.drained
    node.done = node.final_due = node.final_given = False


def _reopen(run: FlowRun, change: _Change) -> None:
    """Find out in order which nodes are done still; who gets elements again is not."""
    for node in run.nodes:
        if node in change.fresh:
            node.exhausted = node.is_source and run.drained
        elif not node.is_source and any(
            edge.items or not edge.producer.done for edge in node.inputs
        ):
            if node.final_given:
                change.restarted.append(node)
                _begin_anew(run, node)
            elif node.final_due:
                node.final_due = False
                failures.forgive(run, node)
            node.done = False
        for edge in node.outputs:
            edge.closed = node.done


def _follow(run: FlowRun, change: _Change) -> None:
    """Have the state of the run be that of the new graph, and let it go on."""
    run.follow_links()
    run.undone = sum(not node.done for node in run.nodes)
    for node in (*run.nodes, *change.leaving):
        if node.failure is None or node in change.leaving:
            run.clear_stop(node)
    for node in change.leaving:
        run.gone.take(node)
    for node in run.nodes:
        if node.is_source:
            pressure.review(run, node)
    if run.stage is Stage.CREATED:
        return
    exhausted = all(node.exhausted for node in run.nodes if node.is_source)
    run.state = FlowState.DRAINING if exhausted else FlowState.RUNNING
    begins = {*run.inits, *change.fresh, *change.restarted}
    left = set(run.teardowns)
    run.teardowns += [node for node in change.to_tear_down() if node not in left]
    run.inits = [node for node in reversed(run.nodes) if node in begins]
    run.stage = Stage.STARTING
    lifecycle.flow_when_ready(run)


class _Change:
    """What becomes of the nodes and edges of a run when it follows another flow."""

    def __init__(self, run: FlowRun, flow: LinkedFlow) -> None:
        self._run = run
        self._flow = flow
        self._before = run.flow
        self._old_nodes = run.nodes
        self._kept_edges = _kept_edges(run.edges, flow.edges)
        kept = set(self._kept_edges.values())
        self.removed_edges = [edge for edge in run.edges if edge not in kept]
        self.leaving = [
            node
            for node in run.nodes
            if node.name not in flow.by_name or flow.by_name[node.name].role is not node.role
        ]
        """Records that are no longer part of the flow, of nodes that change role too."""
        self.restarted: list[NodeRecord] = [
            node
            for node in run.nodes
            if node not in self.leaving and _differs(node.link, flow.by_name[node.name])
        ]
        """Records that stay, of nodes whose instance is rebuilt."""
        self.fresh: list[NodeRecord] = []
        """Records that come, of nodes that change role too."""
        self.configured: list[tuple[EdgeRecord, LinkedEdge]] = []
        """Edges that stay and get other settings."""

    def place(self) -> None:
        """Have the records stand as the flow says."""
        run, flow = self._run, self._flow
        taken = {node: node.taken for node in run.nodes}
        sent = {
            node: {port: edges[0].sent for port, edges in node.ports.items()} for node in run.nodes
        }
        turns = {node: node.inputs[node.turn] for node in run.nodes if node.inputs}
        run.nodes = tuple(self._node(index, link) for index, link in enumerate(flow.nodes))
        run.by_name = {node.name: node for node in run.nodes}
        run.edges = tuple(self._edge(link) for link in flow.edges)
        run.flow = flow
        connect(run.nodes, run.edges)
        for node in run.nodes:
            node.taken_before += taken.get(node, 0) - node.taken
            for port, edges in node.ports.items():
                for edge in edges:
                    edge.sent_before += sent.get(node, {}).get(port, 0) - edge.sent
            turn = turns.get(node)
            node.turn = node.inputs.index(turn) if turn and turn in node.inputs else 0
            node.nonempty = sum(bool(edge.items) for edge in node.inputs)
            node.pending = sum(len(edge.pending) for edge in node.outputs)
            node.blocked_outputs = 0 if node.routes else sum(edge.blocked for edge in node.outputs)
        stay = {*run.nodes, *run.edges}
        run.keep_timers(stay.__contains__)

    def to_tear_down(self) -> list[NodeRecord]:
        """Those with an instance that is not wanted any more, in topological order."""
        ending = {*self.leaving, *self.restarted}
        return [
            node for node in self._old_nodes if node in ending and node.live and not node.crashed
        ]

    def event(self) -> Relinked:
        """What is told of it."""
        before, after = self._before.by_name, self._flow.by_name
        restarted = {node.name for node in (*self.restarted, *self.fresh)} & before.keys()
        kept = {link for link, edge in self._kept_edges.items()}
        return Relinked(
            self._run.now_ns,
            tuple(node.name for node in self._flow.nodes if node.name not in before),
            tuple(node.name for node in self._before.nodes if node.name not in after),
            tuple(node.name for node in self._flow.nodes if node.name in restarted),
            tuple(edge.label for edge in self._flow.edges if edge.index not in kept),
            tuple(edge.link.label for edge in self.removed_edges),
        )

    def _node(self, index: int, link: LinkedNode) -> NodeRecord:
        node = self._run.by_name.get(link.name)
        if node is None or node.role is not link.role:
            node = NodeRecord(index, link)
            self.fresh.append(node)
        elif node.live and node not in self.restarted:
            node.place(index, replace(link, digest=node.link.digest))
        else:
            node.place(index, link)
        return node

    def _edge(self, link: LinkedEdge) -> EdgeRecord:
        by_name = self._run.by_name
        edge = self._kept_edges.get(link.index)
        if edge is None:
            return EdgeRecord(link, by_name[link.source], by_name[link.target])
        settled = replace(edge.link, index=link.index)
        if settled != link:
            self.configured.append((edge, link))
        edge.index = link.index
        edge.link = settled
        edge.producer = by_name[link.source]
        edge.consumer = by_name[link.target]
        return edge


_Ends = tuple[str, str, str, str]


def _ends(link: LinkedEdge) -> _Ends:
    return link.source, link.source_port, link.target, link.target_port


def _kept_edges(edges: Iterable[EdgeRecord], links: Iterable[LinkedEdge]) -> dict[int, EdgeRecord]:
    """The records to go on with, by index in the new flow."""
    free: defaultdict[_Ends, list[EdgeRecord]] = defaultdict(list)
    for edge in edges:
        free[_ends(edge.link)].append(edge)
    kept: dict[int, EdgeRecord] = {}
    for link in links:
        if free[_ends(link)]:
            kept[link.index] = free[_ends(link)].pop(0)
    return kept


def _differs(before: LinkedNode, after: LinkedNode) -> bool:
    """Whether a node of the same role needs an instance of its own for `after`."""
    return any(getattr(before, name) != getattr(after, name) for name in RESTARTING)
