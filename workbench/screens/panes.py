"""The panes of the main screen, and how they hear of each other."""

from __future__ import annotations

from textual import events, on
from textual.app import ComposeResult
from textual.reactive import reactive
from textual.screen import Screen

from runtime.model.errors import Diagnostic
from runtime.model.linked import LinkedFlow
from runtime.session.link import CallMark, EventLine, Health, Update
from runtime.session.requests import Request, Rollback, SetComparing
from workbench import bars
from workbench.bench import Context, PaneName
from workbench.build_words import outcome_words
from workbench.editing import edit
from workbench.inspection.builds import comparison_words
from workbench.view import (
    EarlierBuild,
    EdgeRef,
    ElementRef,
    NodeRef,
    Selection,
    View,
    followed,
)
from workbench.widgets.body import CORNER, Body
from workbench.widgets.build_pane import BuildPane
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
        self._last: EventLine | None = None
        self._last_number = 0
        self._notice = ""
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
        old = self.view
        if update.flow is not None and not self._goes_on(update):
            old = old.begun_anew()
            self._begin_anew(update.flow)
        self.view = old.after(update)
        if old.flow is not None and self.view.flow is not None and old.flow != self.view.flow:
            self._follow_flow(old.flow, self.view.flow)
        self._take_build(old, update)
        if update.printed or update.printed_lost:
            self.outputs.take(update.printed, update.printed_lost)
        if update.events or update.events_lost:
            self.event_log.take(update.events, update.events_lost)
            if update.events:
                self._remember(update.events)
        for reply in update.replies:
            self.inspector.take(reply)

    def _goes_on(self, update: Update) -> bool:
        """True for another build or graph of the same session: its event log goes on."""
        events = update.events
        return self.view.flow is not None and bool(events) and events[0].number > self._last_number

    def _follow_flow(self, old: LinkedFlow, new: LinkedFlow) -> None:
        self.outputs.follow_flow(new)
        self.selection = followed(self.selection, old, new)

    def _take_build(self, old: View, update: Update) -> None:
        if update.build is not None or update.build_lines or update.build_lines_lost:
            self.build_log.take(update.build, update.build_lines, update.build_lines_lost)
        new = self.view
        self._tell_errors(old, new)
        fresh = [item for item in new.build.outcomes if item not in old.build.outcomes]
        if fresh:
            self.say(outcome_words(fresh[-1])[0])
        elif new.build.refused and new.build.refused != old.build.refused:
            self.say(f"Nothing was built: {new.build.refused[0].message}")
        for comparison in update.comparisons:
            if not comparison.different:
                self.say(comparison_words(comparison))

    def _tell_errors(self, old: View, new: View) -> None:
        """Bring new problems into sight, and the events back when there are none any more."""
        errors, before = set(_errors(new)), set(_errors(old))
        if errors - before or new.news != old.news:
            self.say("")
        if errors - before and not self.has_class("-narrow"):
            self.bring_up(PaneName.PROBLEMS)
        elif before and not errors and self.problems.display and not self.has_class("-narrow"):
            self.bring_up(PaneName.EVENTS)

    def _begin_anew(self, flow: LinkedFlow) -> None:
        self.outputs.open_flow(flow)
        self.event_log.clear()
        self._last = None
        self._last_number = 0
        self._notice = ""
        self.selection = None
        if not self.comparing:
            self.ask_session(SetComparing(False))

    def _remember(self, lines: tuple[EventLine, ...]) -> None:
        self._last_number = max(self._last_number, *(one.number for one in lines))
        told = (CallMark.CALL, CallMark.ERROR, CallMark.DROP, CallMark.RELOAD)
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
            if self.has_class("-narrow"):
                self.bring_up(PaneName.OUTPUT)
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
            self.say(edit(self.app, target))
        elif isinstance(target, EarlierBuild):
            self.ask_session(Rollback(target.node, target.digest))
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
        return Context(self.view, selection, self.active, self.zoomed, self.pace, self.comparing)

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
        self._write_bars()

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


def _errors(view: View) -> tuple[Diagnostic, ...]:
    """Everything that the problems pane lists as an error of the session or of a build."""
    of_builds = (item for outcome in view.failed_builds for item in outcome.problems)
    return (*view.refused, *view.build.refused, *of_builds)
