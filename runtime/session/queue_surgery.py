"""Requests that change what waits in queues, what queues are, and who is called next."""

from __future__ import annotations

from collections.abc import Callable

from runtime.model.commands import (
    Command,
    Discard,
    Duplicate,
    Edit,
    Empty,
    Hold,
    Inject,
    Move,
    SetQueue,
    Step,
)
from runtime.model.events import StopReason
from runtime.protocol.logs.event_lines import CallMark
from runtime.protocol.requests import (
    ChangeQueue,
    DropElement,
    DuplicateElement,
    EditElement,
    EmptyQueue,
    HoldNodes,
    InjectElement,
    MoveElement,
    RunElement,
    SessionRequest,
)
from runtime.session.request_table import RequestTable
from runtime.session.run_loop import RunLoop
from runtime.timetravel.time_travel import TimeTravel


class QueueSurgery:
    """Does them at the end of a branch; `at_the_end` says whether that is where the flow stands.

    What waits is changed while the flow stands still: a run is paused first, and that is said. A
    queue's settings and holds are changed while it runs.
    """

    def __init__(
        self, time: TimeTravel, loop: RunLoop, at_the_end: Callable[[SessionRequest], bool]
    ) -> None:
        self._time = time
        self._loop = loop
        self._at_the_end = at_the_end

    def register(self, requests: RequestTable) -> None:
        """Take these requests from the table."""
        on = requests.on
        on(
            EditElement,
            lambda it: self._operate(it, Edit(it.element_id, it.payload, it.content_type)),
        )
        on(
            InjectElement,
            lambda it: self._operate(
                it, Inject(it.edge, it.payload, it.content_type, place=it.place)
            ),
        )
        on(DropElement, lambda it: self._operate(it, Discard(it.edge, it.element_id)))
        on(DuplicateElement, lambda it: self._operate(it, Duplicate(it.edge, it.element_id)))
        on(MoveElement, lambda it: self._operate(it, Move(it.edge, it.element_id, it.to)))
        on(EmptyQueue, lambda it: self._operate(it, Empty(it.edge)))
        on(RunElement, self._run_element)
        on(ChangeQueue, self._change_queue)
        on(HoldNodes, self._hold)

    def _operate(self, asked: SessionRequest, *commands: Command) -> bool:
        """Give the engine the commands, with the run paused; False when that comes later."""
        running = self._loop.running
        if not self._at_the_end(asked):
            return False
        self._time.detach()
        for command in commands:
            self._time.apply(command)
        if running:
            self._time.note(CallMark.NOTE, None, "the run was paused for this change")
        return True

    def _run_element(self, asked: RunElement) -> None:
        """Make the next call with a certain element, wherever in its queue it waits."""
        engine = self._time.shown.engine
        commands: list[Command] = []
        if 0 <= asked.edge < len(engine.flow.edges):
            waiting = engine.queue(asked.edge)
            if waiting and waiting[0].id != asked.element_id:
                commands.append(Move(asked.edge, asked.element_id, 0))
        self._operate(asked, *commands, Step(edge=asked.edge))

    # ---- what a run goes on with

    def _change_queue(self, asked: ChangeQueue) -> None:
        try:
            command = SetQueue(asked.edge, asked.capacity, asked.policy, rate=asked.rate)
        except ValueError as error:
            self._time.refuse(f"the queue stays as it is: {error}")
            return
        self._live(asked, command)

    def _hold(self, asked: HoldNodes) -> None:
        held = {node.name: node.on_hold for node in self._time.shown.snapshot().nodes}
        self._live(
            asked,
            *(Hold(node, asked.on) for node in asked.nodes if held.get(node) is not asked.on),
        )
        shown = self._time.shown
        if shown.stop_note is not None and shown.stop_note.reason is StopReason.USER:
            shown.stop_note = None  # it said what waits for which nodes, of which these are others

    def _live(self, asked: SessionRequest, *commands: Command) -> None:
        if self._loop.running and not self._time.past and not self._time.replaying:
            for command in commands:
                self._time.apply(command)
        else:
            self._operate(asked, *commands)
