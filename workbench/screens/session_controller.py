"""What actions may ask of the session (`workbench.actions.target.SessionActions`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.protocol.builds.build_requests import StartBuild
from runtime.protocol.components.memory_report import MemoryReport
from runtime.protocol.components.node_tries import NodeInput, NodeTry
from runtime.protocol.components.saved_component import SavedComponent
from runtime.protocol.lineage import Lineage
from runtime.protocol.requests import (
    ChangeQueue,
    Continue,
    DropElement,
    DuplicateElement,
    EditElement,
    EmptyQueue,
    Fork,
    InjectElement,
    JumpTo,
    JumpToElement,
    JumpToMark,
    JumpToStop,
    MoveElement,
    Request,
    Restart,
    ReviveNode,
    SetComparing,
    SkipElement,
    StepBack,
    StepCall,
    StepElement,
    StepForward,
    TakeBranch,
)
from runtime.protocol.updates import Update
from workbench.actions.building import has_other_branch, is_looked_at
from workbench.actions.context import Context, PaneName
from workbench.actions.running import PACES
from workbench.bars.status_line import why_not
from workbench.graph.graph_diff import FlowChange
from workbench.inspection.empty_calls import empty_calls
from workbench.lineage.lineage_looking import LineageLooking
from workbench.screens.breaking.breakpoint_editing import BreakpointEditing
from workbench.screens.comparison_dialog import ComparisonDialog
from workbench.screens.panes import Panes
from workbench.screens.session_dialogs.memory_looking import MemoryLooking
from workbench.screens.session_dialogs.node_trying import NodeTrying
from workbench.screens.whole_payloads.payload_reading import PayloadReading
from workbench.view import ChangeRef, NodeRef, View

if TYPE_CHECKING:
    from workbench.screens.recording_dialog import RecordingDialog
    from workbench.screens.seek_dialogs import SeekDialogs
    from workbench.screens.session_dialogs.queue_dialogs import QueueDialogs
    from workbench.screens.whole_payloads.payload_editing import PayloadEditing

MOVING = (
    StepCall,
    StepElement,
    Continue,
    SkipElement,
    ReviveNode,
    Restart,
    StepBack,
    StepForward,
    JumpTo,
    JumpToElement,
    JumpToStop,
    JumpToMark,
    Fork,
    TakeBranch,
)
"""After these the graph goes along, wherever it was moved by hand."""

SURGERY = (
    DropElement,
    DuplicateElement,
    MoveElement,
    EmptyQueue,
    EditElement,
    InjectElement,
    ChangeQueue,
)
"""After these a queue that is shown is asked for again: its depth may be what it was."""

STEP_ANSWER_S = 0.4
"""A step that made no call after this time is explained."""


class SessionController:
    """Sends requests, and asks the user first for what they need."""

    def __init__(
        self, panes: Panes, reading: PayloadReading, send: Callable[[Request], None]
    ) -> None:
        self._panes = panes
        self._send = send
        self._sent = 0
        self._reading = reading
        self._comparison = ComparisonDialog(panes, self.send)
        self._trying = NodeTrying(panes, self.send)
        self._memory = MemoryLooking(panes, self.send)
        self._lineage = LineageLooking(panes, self.send)
        self.breakpoints = BreakpointEditing(panes, self.send)
        """Sets and asks for breakpoints and watches."""

    @property
    def _context(self) -> Context:
        return self._panes.context

    def send(self, request: Request) -> None:
        """Send a request; a step that makes no call is explained."""
        snapshot = self._context.view.snapshot
        self._sent += 1
        if isinstance(request, MOVING):
            self._panes.flow_pane.follow()
        if isinstance(request, StepCall) and snapshot is not None:
            explain = partial(self._explain, self._sent, snapshot.calls, request.node)
            self._panes.set_timer(STEP_ANSWER_S, explain)
        if request == StepCall():
            self._pass_empty_calls()
        self._send(request)
        if isinstance(request, SURGERY):
            self._panes.inspector.ask_again(changed=True)

    def _pass_empty_calls(self) -> None:
        """Calls without a function cost no step of the user's."""
        view = self._context.view
        if view.flow is not None and view.snapshot is not None:
            for _ in range(empty_calls(view.flow, view.snapshot.next_call)):
                self._send(StepCall())

    def _explain(self, sent: int, calls: int, node: str | None) -> None:
        view = self._context.view
        if sent != self._sent or not view.ready or view.running or view.snapshot is None:
            return
        if view.call is not None or view.detail:
            explain = partial(self._explain, sent, calls, node)
            self._panes.set_timer(STEP_ANSWER_S, explain)
            return
        if view.snapshot.calls == calls:
            self._panes.show_notice(why_not(view, node))

    # ---- dialogs, imported when they are opened first: the first paint waits for none

    @cached_property
    def _seek(self) -> SeekDialogs:
        from workbench.screens.seek_dialogs import SeekDialogs

        return SeekDialogs(self._panes, self.send)

    @cached_property
    def _recording(self) -> RecordingDialog:
        from workbench.screens.recording_dialog import RecordingDialog

        return RecordingDialog(self._panes, self.send)

    @cached_property
    def _payloads(self) -> PayloadEditing:
        from workbench.screens.whole_payloads.payload_editing import PayloadEditing

        return PayloadEditing(self._panes, self._reading, self.send)

    @cached_property
    def _queues(self) -> QueueDialogs:
        from workbench.screens.session_dialogs.queue_dialogs import QueueDialogs

        return QueueDialogs(self._panes, self.send)

    def ask_place(self) -> None:
        """Ask for a place of the branch, and go there."""
        self._seek.ask_place()

    def take_branch(self) -> None:
        """Go to the end of the other branch, or of the one that is chosen."""
        self._seek.take_branch()

    def record(self) -> None:
        """Record into a file, or end that."""
        self._recording.record()

    def edit_element(self) -> None:
        """Edit the payload of the element that is meant."""
        self._payloads.edit()

    def inject_element(self) -> None:
        """Make an element for the edge that is selected."""
        self._payloads.inject()

    def compare_with(self, recording: Path) -> None:
        """Compare the present branch with a recording."""
        self._comparison.open(recording)

    def take_comparison(self, update: Update, old: View) -> None:
        """Branches were compared; a flow that failed meanwhile is to be seen."""
        self._comparison.take(update.branch_comparison)
        failed = self._panes.view.failed_node
        if update.timeline is not None and not has_other_branch(self._context):
            self._comparison.branches_are_gone()
        if failed is not None and old.failed_node is None and not self._panes.view.running:
            self._comparison.give_way()

    def back_to_break(self) -> None:
        """Go back to the last hit of a breakpoint; without one, of a condition that is asked
        for."""
        self.breakpoints.go_back()

    def break_here(self) -> None:
        """Set a breakpoint where the cursor is, or take it away."""
        self.breakpoints.set_here()

    def empty_queue(self) -> None:
        """Drop all that waits in the queue that is shown, after a question."""
        self._queues.empty()

    def change_queue(self) -> None:
        """Ask for other settings of the queue that is shown."""
        self._queues.change()

    def try_node(self) -> None:
        """Open the scratch pane of the selected node."""
        self._trying.open()

    def take_try(self, reply: NodeInput | NodeTry) -> None:
        """A node was tried, or what to try it on was read."""
        self._trying.take(reply)

    def look_into_memory(self) -> None:
        """Open the memory pane of the selected node."""
        self._memory.open()

    def save_component(self) -> None:
        """Save what the selected node's component remembers as a component."""
        self._memory.save()

    def take_memory(self, reply: MemoryReport | SavedComponent) -> None:
        """A node's memory was read, or saved."""
        self._memory.take(reply)

    def show_lineage(self) -> None:
        """Look at the lineage of the element that the inspector shows."""
        self._lineage.open()

    def take_lineage(self, lineage: Lineage) -> None:
        """A lineage was looked for."""
        self._lineage.take(lineage)

    # ---- builds

    def build(self, component: str | None) -> None:
        """Build a component, or all, and bring the output up."""
        self.send(StartBuild(component))
        self._panes.bring_up(PaneName.BUILD, wanted=True)

    def show_difference(self) -> None:
        """Look at the latest difference; the one that is looked at is closed."""
        context, panes = self._context, self._panes
        view, selection = context.view, context.selection
        if view.news:
            *older, latest = view.news
            panes.view = replace(view, news=tuple(older))
            panes.selection = (
                ChangeRef() if isinstance(latest, FlowChange) else NodeRef(latest.node)
            )
        elif is_looked_at(context):
            if isinstance(selection, NodeRef):
                panes.view = view.without_comparison(selection.node)
            else:
                panes.selection = None
            return
        elif has_other_branch(context):
            self._comparison.open()
            return
        panes.focus_pane(PaneName.INSPECTOR)
        panes.inspector.jump(False)

    def toggle_comparing(self) -> None:
        """Compare the builds at each swap, or do not."""
        self._panes.comparing = not self._panes.comparing
        self.send(SetComparing(self._panes.comparing))
        what = "compares both builds" if self._panes.comparing else "compares nothing"
        self._panes.show_notice(f"A swap {what}.")

    def cycle_pace(self) -> None:
        """Take the next pace; a flow that runs takes it at once."""
        pace = self._panes.pace
        at = PACES.index(pace) if pace in PACES else -1  # the settings may name another one
        self._panes.pace = PACES[(at + 1) % len(PACES)]
        if self._context.view.running:
            self.send(Continue(self._panes.pace))
