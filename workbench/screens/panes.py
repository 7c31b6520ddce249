"""The panes of the main screen, and how they hear of each other."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.reactive import reactive
from textual.screen import Screen

from runtime.model.errors import Diagnostic
from runtime.protocol.requests import JumpTo, Request, Rollback
from runtime.protocol.updates import EventLine, Health
from workbench.actions.target import Context, PaneName
from workbench.screens import bars
from workbench.terminal.open_editor import edit
from workbench.view import (
    EarlierBuild,
    EdgeRef,
    ElementRef,
    NodeRef,
    Selection,
    View,
)
from workbench.widgets.build_pane import BuildPane
from workbench.widgets.events_pane import EventsPane
from workbench.widgets.flow_pane import FlowPane
from workbench.widgets.inspector import Inspector
from workbench.widgets.label import LineLabel
from workbench.widgets.line_view import LineView
from workbench.widgets.outputs_pane import Outputs
from workbench.widgets.pane_layout import CORNER, Body
from workbench.widgets.problems_pane import ProblemsPane
from workbench.widgets.queues_pane import QueuesPane
from workbench.widgets.timeline_bar import TimelineBar

GRID = (
    PaneName.FLOW,
    PaneName.INSPECTOR,
    PaneName.QUEUES,
    PaneName.OUTPUT,
    PaneName.EVENTS,
    PaneName.PROBLEMS,
    PaneName.BUILD,
)
"""The panes in the order in which they fill the grid."""


class Panes(Screen[None], inherit_bindings=False):
    """Hands the view to every pane and writes the bars. `MainScreen` adds the actions."""

    view: reactive[View] = reactive(View, repaint=False)
    selection: reactive[Selection | None] = reactive(None, repaint=False)
    pace: reactive[float | None] = reactive(None, repaint=False)
    active: reactive[PaneName] = reactive(PaneName.FLOW, repaint=False)
    zoomed: reactive[bool] = reactive(False, repaint=False)
    comparing: reactive[bool] = reactive(True, repaint=False)

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._notice = ""
        self.last: EventLine | None = None
        """What the last call did, as far as it is told."""
        self._footer_ids: list[str] = []
        self.flow_pane = FlowPane(id="flow", classes="pane")
        self.inspector = Inspector(id="inspector", classes="pane")
        self.queues = QueuesPane(id="queues", classes="pane")
        self.outputs = Outputs(id="output", classes="pane")
        self.event_log = EventsPane(id="events", classes="pane")
        self.problems = ProblemsPane(id="problems", classes="pane")
        self.build_log = BuildPane(id="build", classes="pane")
        self._header = LineLabel(id="header")
        self._banner = LineLabel(id="banner")
        self._timeline = TimelineBar(id="timeline")
        self._status = LineLabel(id="status")
        self._footer = LineLabel(id="footer")

    def compose(self) -> ComposeResult:
        """Bars around the body, which says which panes are seen."""
        yield self._header
        yield self._banner
        yield Body({name: self.pane(name) for name in GRID})
        yield self._timeline
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
        self.write_bars()

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
            if self.has_class("-narrow"):
                self.bring_up(PaneName.OUTPUT)
        if old.flow != new.flow:
            self._arrange()
        self.write_bars()

    def watch_selection(self, selection: Selection | None) -> None:
        """The graph shows it, the inspector looks into it."""
        self.flow_pane.selection = selection
        self.inspector.selection = selection
        self.write_bars()

    def watch_active(self) -> None:
        """Small terminals show the active pane only."""
        self._arrange()
        self.write_bars()

    def watch_zoomed(self) -> None:
        """One pane has the body, or all share it."""
        self._arrange()

    def watch_pace(self) -> None:
        """The pace is in the header and the footer."""
        self.write_bars()

    def on_resize(self, event: events.Resize) -> None:
        """Arrange for the new size."""
        self._arrange()
        self.write_bars()

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

    def write_bars(self) -> None:
        """Write header, timeline, status and footer anew."""
        if not self.is_mounted:
            return
        cells = self.size.width
        context = self.context
        self._header.lines = (bars.header(self.view, self._title, self.pace, cells),)
        self._timeline.timeline = self.view.timeline if self.view.flow is not None else None
        self._status.lines = bars.status(self.view, self.last, self._notice, cells)
        footer, self._footer_ids = bars.footer(context, cells)
        self._footer.lines = (footer,)
        banner = bars.banner(self.view, cells)
        self._banner.lines = banner
        self._banner.display = bool(banner)
        self._banner.styles.height = max(len(banner), 1)
        self.set_class(self.view.past or self.view.seeking, "-past")

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
            self.say(edit(self.app, target))
        elif isinstance(target, EarlierBuild):
            self.ask_session(Rollback(target.node, target.digest))
        elif isinstance(target, NodeRef | EdgeRef | ElementRef):
            self.selection = target
            if self.has_class("-narrow") and not isinstance(message.view, Inspector):
                self.focus_pane(PaneName.INSPECTOR)

    @on(TimelineBar.Chosen)
    def jump_clicked(self, message: TimelineBar.Chosen) -> None:
        """A place of the timeline was clicked."""
        timeline = self.context.timeline
        if timeline is None or message.call == timeline.position:
            return
        if message.call < timeline.position and timeline.refusal:
            self.say(timeline.refusal)
        else:
            self.ask_session(JumpTo(message.call))

    @on(LineLabel.Clicked, "#footer")
    def run_clicked(self, message: LineLabel.Clicked) -> None:
        """An action of the footer was clicked."""
        self.do(self._footer_ids[message.span])

    # ---- the panes as actions see them

    @property
    def context(self) -> Context:
        """The present context."""
        selection, element = self.selection, self.inspector.element
        if isinstance(selection, ElementRef) and selection.lineage is None:
            selection = element or selection
        return Context(
            self.view, selection, self.active, self.zoomed, self.pace, self.comparing, element
        )

    def pane(self, name: PaneName) -> FlowPane | LineView | Outputs:
        """The pane of that name."""
        panes: dict[PaneName, FlowPane | LineView | Outputs] = {
            PaneName.FLOW: self.flow_pane,
            PaneName.QUEUES: self.queues,
            PaneName.INSPECTOR: self.inspector,
            PaneName.OUTPUT: self.outputs,
            PaneName.EVENTS: self.event_log,
            PaneName.PROBLEMS: self.problems,
            PaneName.BUILD: self.build_log,
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
        self.write_bars()

    def bring_up(self, name: PaneName, *, wanted: bool = False) -> None:
        """Let a pane that shares its place be seen, without giving it the keys.

        Where the pane with the keys has that place, only one that is `wanted` takes both.
        """
        narrow = self.has_class("-narrow")
        taken = self.active is not PaneName.FLOW if narrow else self.active in CORNER
        if not taken and not self.zoomed:
            self.query_one(Body).bring_up(name)
            self._arrange()
        elif wanted:
            self.focus_pane(name)

    def focus_pane(self, name: PaneName) -> None:
        """Bring a pane up and give it the keys."""
        self.active = name
        self._arrange()
        target = self.target
        if target is not None:
            target.focus()
