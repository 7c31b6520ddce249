"""The panes of the main screen, and how they hear of each other."""

from __future__ import annotations

import os
import subprocess

from textual import events, on
from textual.app import ComposeResult
from textual.reactive import reactive
from textual.screen import Screen

from runtime.model.errors import Diagnostic
from runtime.session.link import CallMark, EventLine, Health, Request, Update
from workbench import bars
from workbench.bench import Context, PaneName
from workbench.editor import editor_command
from workbench.view import EdgeRef, ElementRef, NodeRef, Selection, View
from workbench.widgets.body import Body
from workbench.widgets.events_pane import EventsPane
from workbench.widgets.flow_pane import FlowPane
from workbench.widgets.inspector import Inspector
from workbench.widgets.label import LineLabel
from workbench.widgets.line_view import LineView
from workbench.widgets.outputs import Outputs
from workbench.widgets.problems import ProblemsPane
from workbench.widgets.queues import QueuesPane

GRID = (
    PaneName.FLOW,
    PaneName.INSPECTOR,
    PaneName.QUEUES,
    PaneName.OUTPUT,
    PaneName.EVENTS,
    PaneName.PROBLEMS,
)
"""The panes in the order in which they fill the grid."""


class Panes(Screen[None], inherit_bindings=False):
    """Hands the view to every pane and writes the bars. `MainScreen` adds the actions."""

    view: reactive[View] = reactive(View, repaint=False)
    selection: reactive[Selection | None] = reactive(None, repaint=False)
    pace: reactive[float | None] = reactive(None, repaint=False)
    active: reactive[PaneName] = reactive(PaneName.FLOW, repaint=False)
    zoomed: reactive[bool] = reactive(False, repaint=False)

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._last: EventLine | None = None
        self._notice = ""
        self._footer_ids: list[str] = []
        self.flow_pane = FlowPane(id="flow", classes="pane")
        self.inspector = Inspector(id="inspector", classes="pane")
        self.queues = QueuesPane(id="queues", classes="pane")
        self.outputs = Outputs(id="output", classes="pane")
        self.event_log = EventsPane(id="events", classes="pane")
        self.problems = ProblemsPane(id="problems", classes="pane")
        self._header = LineLabel(id="header")
        self._banner = LineLabel(id="banner")
        self._status = LineLabel(id="status")
        self._footer = LineLabel(id="footer")

    def compose(self) -> ComposeResult:
        """Bars around the body, which says which panes are seen."""
        yield self._header
        yield self._banner
        yield Body({name: self.pane(name) for name in GRID})
        yield self._status
        yield self._footer

    def ask_session(self, request: Request) -> None:
        """Send a request to the session."""
        raise NotImplementedError

    def do(self, action_id: str) -> None:
        """Do an action of the table."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """The graph has the keys."""
        for number, name in enumerate(PaneName, start=1):
            self.pane(name).border_title = f"{number} {name.value.capitalize()}"
        self.flow_pane.focus()
        self._write_bars()

    # ---- from the session

    def take(self, update: Update) -> None:
        """Hand on what happened."""
        if update.flow is not None:
            self._begin_anew(update)
        self.view = self.view.after(update)
        if update.printed or update.printed_lost:
            self.outputs.take(update.printed, update.printed_lost)
        if update.events or update.events_lost:
            self.event_log.take(update.events, update.events_lost)
            self._remember(update.events)
        for reply in update.replies:
            self.inspector.take(reply)

    def _begin_anew(self, update: Update) -> None:
        assert update.flow is not None
        self.outputs.open_flow(update.flow)
        self.event_log.clear()
        self._last = None
        self._notice = ""
        self.selection = None

    def _remember(self, lines: tuple[EventLine, ...]) -> None:
        told = (CallMark.CALL, CallMark.ERROR, CallMark.DROP)
        self._last = next((one for one in reversed(lines) if one.mark in told), self._last)
        self._write_bars()

    # ---- reactions

    def watch_view(self, old: View, new: View) -> None:
        """Every pane sees the new view."""
        panes: tuple[FlowPane | QueuesPane | Inspector | ProblemsPane, ...] = (
            self.flow_pane,
            self.queues,
            self.inspector,
            self.problems,
        )
        for pane in panes:
            pane.view = new
        if new.health is Health.INVALID and old.health is not Health.INVALID:
            self.focus_pane(PaneName.PROBLEMS)
        elif old.health is Health.INVALID and new.health is Health.READY:
            self.focus_pane(PaneName.FLOW)
        if old.flow != new.flow:
            self._arrange()
        self._write_bars()

    def watch_selection(self, selection: Selection | None) -> None:
        """The graph shows it, the inspector looks into it."""
        self.flow_pane.selection = selection
        self.inspector.selection = selection
        self._write_bars()

    def watch_active(self) -> None:
        """Small terminals show the active pane only."""
        self._arrange()
        self._write_bars()

    def watch_zoomed(self) -> None:
        """One pane has the body, or all share it."""
        self._arrange()

    def watch_pace(self) -> None:
        """The pace is in the header and the footer."""
        self._write_bars()

    def on_resize(self, event: events.Resize) -> None:
        """Arrange for the new size."""
        self._arrange()
        self._write_bars()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The pane with the keys is the active one."""
        for name in PaneName:
            pane = self.pane(name)
            if event.widget is pane or pane in event.widget.ancestors:
                self.active = name

    def _arrange(self) -> None:
        if not self.is_mounted:
            return
        flow = self.view.flow
        self.query_one(Body).place_panes(
            self.size,
            self.active,
            zoomed=self.zoomed,
            flow_rows=self.flow_pane.wanted_rows,
            edges=len(flow.edges) if flow is not None else 0,
        )

    def _write_bars(self) -> None:
        if not self.is_mounted:
            return
        cells = self.size.width
        context = self.context
        self._header.lines = (bars.header(self.view, self._title, self.pace, cells),)
        self._status.lines = bars.status(self.view, self._last, self._notice, cells)
        footer, self._footer_ids = bars.footer(context, cells)
        self._footer.lines = (footer,)
        banner = bars.banner(self.view)
        self._banner.lines = (banner,)
        self._banner.display = bool(banner)

    # ---- messages of the panes

    @on(FlowPane.Chosen)
    def select(self, message: FlowPane.Chosen) -> None:
        """A node or an edge of the graph was selected."""
        self.selection = message.target

    @on(FlowPane.Opened)
    def inspect(self) -> None:
        """Look into the selection."""
        self.focus_pane(PaneName.INSPECTOR)

    @on(Inspector.Wanted)
    def ask(self, message: Inspector.Wanted) -> None:
        """The inspector asks the session."""
        self.ask_session(message.request)

    @on(LineView.Opened)
    def open_target(self, message: LineView.Opened) -> None:
        """A row was opened: select what it stands for, or edit the place of a problem."""
        target = message.target
        if isinstance(target, Diagnostic):
            self._edit(target)
        elif isinstance(target, NodeRef | EdgeRef | ElementRef):
            self.selection = target
            if self.has_class("-narrow") and not isinstance(message.view, Inspector):
                self.focus_pane(PaneName.INSPECTOR)

    @on(LineLabel.Clicked, "#footer")
    def run_clicked(self, message: LineLabel.Clicked) -> None:
        """An action of the footer was clicked."""
        self.do(self._footer_ids[message.span])

    # ---- the panes as actions see them

    @property
    def context(self) -> Context:
        """The present context."""
        selection = self.selection
        if isinstance(selection, ElementRef) and selection.lineage is None:
            selection = selection._replace(lineage=self.inspector.lineage)
        return Context(self.view, selection, self.active, self.zoomed, self.pace)

    def pane(self, name: PaneName) -> FlowPane | LineView | Outputs:
        """The pane of that name."""
        panes: dict[PaneName, FlowPane | LineView | Outputs] = {
            PaneName.FLOW: self.flow_pane,
            PaneName.QUEUES: self.queues,
            PaneName.INSPECTOR: self.inspector,
            PaneName.OUTPUT: self.outputs,
            PaneName.EVENTS: self.event_log,
            PaneName.PROBLEMS: self.problems,
        }
        return panes[name]

    @property
    def target(self) -> FlowPane | LineView | None:
        """What moves when a key moves: the active pane, or the active log in it."""
        pane = self.pane(self.active)
        return pane.target if isinstance(pane, Outputs) else pane

    def say(self, notice: str) -> None:
        """Tell something in the status line until the next action."""
        self._notice = notice
        self._write_bars()

    def focus_pane(self, name: PaneName) -> None:
        """Bring a pane up and give it the keys."""
        self.active = name
        self._arrange()
        target = self.target
        if target is not None:
            target.focus()

    def _edit(self, problem: Diagnostic) -> None:
        assert problem.file is not None
        command = editor_command(os.environ, problem.file, problem.line)
        if command is None:
            self.say("Set EDITOR to your editor to open the place from here.")
            return
        with self.app.suspend():
            subprocess.run(command, check=False)
