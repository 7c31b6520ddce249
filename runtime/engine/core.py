"""The engine: runs a linked flow one call at a time.

Deterministic: it reads no clock and draws no random number, so the same commands and the same
answers give equal events.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import assert_never

from runtime.engine import failures, lifecycle, queues
from runtime.engine.changes import edits, relink, surgery
from runtime.engine.flow_run import FlowRun, Stage, added
from runtime.engine.invoker import Invoker
from runtime.engine.options import EngineOptions
from runtime.engine.outcomes import HANDLERS, unexpected
from runtime.engine.records import CallContext, EdgeRecord, NodeRecord
from runtime.engine.scheduling import readiness, scheduler
from runtime.engine.scheduling.schedule_policies import build_schedule
from runtime.engine.state.checkpoint import EngineCheckpoint, capture
from runtime.engine.state.snapshots import edge_snapshot, flow_snapshot, node_snapshot
from runtime.model.call import NO_COPIES, Call, NextCall
from runtime.model.commands import (
    Advance,
    Cancel,
    Command,
    Discard,
    Drain,
    Duplicate,
    Edit,
    Empty,
    Hold,
    Inject,
    Move,
    Relink,
    Revive,
    SetQueue,
    SetSchedule,
    Skip,
    Start,
    Step,
    Swap,
)
from runtime.model.element import Element
from runtime.model.events import (
    CallFinished,
    Event,
    FlowState,
    ScheduleChanged,
    Stopped,
    StopReason,
)
from runtime.model.linked import LinkedFlow, SchedulePolicy
from runtime.model.named_tuples.constructors import new_call, new_finished
from runtime.model.snapshot import EdgeSnapshot, FlowSnapshot, NodeSnapshot


class Engine:
    """Runs one flow, from `Start` to `FlowEnded`. Not thread-safe: one caller at a time."""

    def __init__(self, flow: LinkedFlow, invoker: Invoker, options: EngineOptions) -> None:
        """Make an engine in the state `created`; no call is made before `Start`."""
        run = FlowRun(flow, options)
        self._run = run
        self._invoke = invoker.invoke
        self._context = CallContext()
        self._follow_graph(options.schedule)

    # ---- what it says of itself

    @property
    def state(self) -> FlowState:
        """State of the flow; `draining` while instances are torn down."""
        return self._run.state

    @property
    def flow(self) -> LinkedFlow:
        """The flow as it is: with the digests in use, and the settings the queues have."""
        return self._run.flow

    @property
    def calls(self) -> int:
        """Calls made so far."""
        return self._run.calls

    @property
    def last_id(self) -> int:
        """Element id given last, 0 before the first: a later element has a greater one."""
        return self._run.last_id

    @property
    def schedule(self) -> SchedulePolicy:
        """In which order calls are made."""
        return self._schedule.policy

    @property
    def stop(self) -> StopReason | None:
        """Why the flow stands still, None after a call that stopped nothing."""
        return self._run.stop

    def snapshot(self) -> FlowSnapshot:
        """The whole flow as it stands."""
        return flow_snapshot(self._run, self._schedule)

    def node(self, name: str) -> NodeSnapshot | None:
        """One node as it stands; None for another name."""
        found = self._run.by_name.get(name)
        return None if found is None else node_snapshot(self._run, found)

    def edge(self, index: int) -> EdgeSnapshot:
        """One queue as it stands."""
        return edge_snapshot(self._run, self._run.edges[index])

    def next_call(self) -> NextCall | None:
        """The call `step` would make; None before `Start` and after the end. Edits nothing."""
        return scheduler.next_call(self._run, self._schedule)

    def upcoming(
        self,
        node: str | None = None,
        lineage: int | None = None,
        among: Container[str] | None = None,
    ) -> Call | None:
        """The call that `Step(node, lineage)` makes now; None when it makes none.

        None too when it is of a node that is not `among` some.
        """
        run = self._run
        found = None
        if lineage is not None and not run.urgent:
            found = scheduler.by_lineage(run, lineage)
        named = None if node is None else run.by_name.get(node)
        if named is not None and named.ready:
            found = named, None
        chosen, edge = found or (scheduler.by_schedule(run, self._schedule), None)
        if chosen is None or (among is not None and chosen.name not in among):
            return None
        return self._call_of(chosen, edge)

    def _call_of(self, node: NodeRecord, edge: EdgeRecord | None) -> Call:
        run = self._run
        export = scheduler.due_export(run, node)
        number = run.calls + 1
        if not run.flowing or export is not node.work or node.is_source:
            return Call(number, node.name, export, None, scheduler.argument(node, export))
        edge = edge or node.next_input()
        return Call(number, node.name, export, edge.items[0], "", edge.index)

    def queue(self, edge_index: int) -> Sequence[Element]:
        """Elements waiting in an edge's queue, oldest first."""
        return tuple(self._run.edges[edge_index].items)

    def pending(self, edge_index: int) -> Sequence[Element]:
        """Elements the edge's producer holds until the edge has room, oldest first."""
        return tuple(self._run.edges[edge_index].pending)

    def in_flight(self) -> list[int]:
        """Lineages of all elements in the flow, one for each copy: in queues, pending, retried."""
        found: list[int] = []
        for edge in self._run.edges:
            for waiting in (edge.items, edge.pending):
                found += [element.lineage for element in waiting]
        return found

    def failed_nodes(self) -> tuple[str, ...]:
        """Nodes whose last call failed and is still to be made again."""
        return tuple(node.name for node in self._run.nodes if node.failure is not None)

    def held_words(self) -> str:
        """Which nodes are on hold with something to do, in one sentence; empty when none is."""
        return scheduler.held_words(self._run)

    def waits_ns(self) -> int:
        """Flow time until something may become ready, in nanoseconds.

        0 when a call can be made now or none will ever be made.
        """
        return scheduler.waits_ns(self._run)

    # ---- checkpoints

    def checkpoint(self) -> EngineCheckpoint:
        """Where the engine stands, between two calls; it can go on from there any time."""
        return capture(self._run, self._schedule)

    def restore(self, state: EngineCheckpoint) -> None:
        """Stand where an engine with the same options stood."""
        self._run, self._schedule = state.restored(self._run.options)
        self._find_handlers()

    # ---- commands

    def apply(self, command: Command) -> list[Event]:
        """Do what the command says; the events say what happened, in order.

        A command that can change nothing gives no event, or a `Stopped` that says why. Raises
        ValueError when `Advance` is given a negative time.

        After `Relink`, edges have the indices of its flow, and schedules begin their turns again.
        """
        if isinstance(command, Step):
            if command.edge is not None:
                return self._step_edge(command.edge)
            if command.node is not None:
                return self._step_node(command.node)
            return self.step() if command.lineage is None else self._step_lineage(command.lineage)
        run = self._run
        match command:
            case Start():
                if run.stage is Stage.CREATED:
                    lifecycle.start(run, command.wall_ns)
            case Advance():
                self._advance(command.elapsed_ns)
            case Skip():
                self._skip(command.node)
            case Revive():
                self._note(edits.revive(run, command), command.node)
            case SetSchedule():
                self._schedule = build_schedule(command.policy, run.flow.nodes)
                run.events.append(ScheduleChanged(command.policy))
            case Swap():
                self._note(edits.swap(run, command.node, command.digest), command.node)
            case SetQueue():
                self._note(edits.set_queue(run, command), None)
            case Inject():
                self._note(edits.inject(run, command), None)
            case Edit():
                self._note(edits.edit(run, command), None)
            case Discard():
                self._note(surgery.discard(run, command), None)
            case Duplicate():
                self._note(surgery.duplicate(run, command), None)
            case Move():
                self._note(surgery.move(run, command), None)
            case Empty():
                self._note(surgery.empty(run, command), None)
            case Hold():
                self._note(edits.hold(run, command), command.node)
            case Relink():
                self._note(relink.relink(run, command.flow), None)
                self._follow_graph(self._schedule.policy)
            case Drain():
                lifecycle.drain(run, command.reason)
            case Cancel():
                lifecycle.end(run, FlowState.CANCELLED, command.reason, StopReason.USER)
            case unknown:
                assert_never(unknown)
        if run.closing:
            lifecycle.settle(run)
        return run.take_events()

    def step(self) -> list[Event]:
        """Make the next call: the same as `apply(Step())`.

        Gives nothing when no call can be made: before `Start`, after the end, and while
        `waits_ns` says how much flow time must pass first.
        """
        run = self._run
        ready = run.ready
        if ready and not run.urgent:
            schedule = self._schedule
            node = run.nodes[schedule.peek(ready)]
            began_ns = run.now_ns
            events = self._call(node, None)
            schedule.charge(node.index, run.now_ns - began_ns)
            return events
        chosen = scheduler.by_schedule(run, self._schedule)
        return [] if chosen is None else self._call(chosen, None)

    # ---- the parts of it

    def _step_node(self, name: str) -> list[Event]:
        run = self._run
        node = run.by_name.get(name)
        if node is not None and (node.ready or self._is_able(node)):
            return self._call(node, None)
        chosen = scheduler.by_schedule(run, self._schedule)
        # A node that was removed, or has another role, is torn down under its name.
        if chosen is not None and chosen.name == name:
            return self._call(chosen, None)
        if node is None:
            return self._stand_still(f"the flow has no node {name}", None)
        return self._stand_still(scheduler.why_not(run, node), name)

    def _is_able(self, node: NodeRecord) -> bool:
        """Whether only the hold keeps it from being called."""
        return self._run.flowing and node.on_hold and readiness.able(node)

    def _step_edge(self, index: int) -> list[Event]:
        run = self._run
        edge = edits.edge_at(run, index)
        if edge is None:
            return self._stand_still(edits.no_edge(run, index), None)
        node = edge.consumer
        if not edge.items:
            return self._stand_still(f"{edge.link.label} is empty", node.name)
        failing = node.failing not in (None, edge)
        if failing or not (node.ready or self._is_able(node)):
            return self._stand_still(scheduler.why_not(run, node), node.name)
        return self._call(node, edge)

    def _step_lineage(self, lineage: int) -> list[Event]:
        run = self._run
        chosen = None if run.urgent else scheduler.by_lineage(run, lineage)
        if chosen is None:
            return self.step()
        return self._call(*chosen)

    def _stand_still(self, detail: str, node: str | None) -> list[Event]:
        run = self._run
        if not run.state.ended:
            run.stop = StopReason.USER
            run.stop_detail = detail
            run.stop_node = None
        return [Stopped(run.now_ns, StopReason.USER, detail, node)]

    def _call(self, node: NodeRecord, edge: EdgeRecord | None) -> list[Event]:
        """Make the node's next call, on the element at the head of `edge` if it is given."""
        run = self._run
        export = node.due
        element = None
        argument = ""
        came_by = None
        if run.flowing and export is node.work:
            handlers = self._work_handlers[node.index]
            if not node.is_source:
                edge = edge or node.single_input or node.next_input()
                element = edge.items[0]
                came_by = edge.index
        else:
            edge = None
            if not run.flowing:
                export = scheduler.due_export(run, node)
                readiness.close_account(run, node)
            handlers = HANDLERS[export]
            argument = scheduler.argument(node, export)
        run.calls = number = run.calls + 1
        call = new_call(Call, (number, node.name, export, element, argument, came_by))
        context = self._context
        context.node = node
        context.call = call
        context.edge = edge
        context.answer = answer = self._invoke(call)
        context.began_ns = began_ns = run.now_ns
        duration_ns = answer.duration_ns
        run.now_ns = now_ns = began_ns + duration_ns
        run.stop = None
        node.calls += 1
        node.busy_ns += duration_ns
        node.last = answer
        if answer.copies is not NO_COPIES:
            node.copies = added(node.copies, answer.copies)
        if run.timers and run.timers[0][0] <= now_ns:
            queues.wake(run)
        handler = handlers.get(type(answer.outcome), unexpected)
        elements, deliveries = handler(run, context)
        finished = new_finished(CallFinished, (call, answer, began_ns, elements, deliveries))
        if run.refused:
            failures.refused(run, call)
        if run.closing:
            lifecycle.settle(run)
        if run.events:
            return [finished, *run.take_events()]
        return [finished]

    def _advance(self, elapsed_ns: int) -> None:
        if elapsed_ns < 0:
            raise ValueError(f"flow time cannot go back by {-elapsed_ns} ns")
        self._run.now_ns += elapsed_ns
        queues.wake(self._run)

    def _skip(self, name: str) -> None:
        node = self._run.by_name.get(name)
        if node is None:
            self._note(f"the flow has no node {name}", name)
        else:
            self._note(failures.skip(self._run, node), name)

    def _note(self, refusal: str | None, node: str | None) -> None:
        """Tell why a command changed nothing, if it did not."""
        if refusal is not None:
            self._run.events.extend(self._stand_still(refusal, node))

    def _follow_graph(self, schedule: SchedulePolicy) -> None:
        """Look up what goes by the index of a node."""
        self._find_handlers()
        self._schedule = build_schedule(schedule, self._run.flow.nodes)

    def _find_handlers(self) -> None:
        self._work_handlers = [HANDLERS[node.work] for node in self._run.nodes]
