"""The panes of the main screen, and how they hear of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.reactive import reactive

from runtime.model.codes import Code
from runtime.model.errors import Diagnostic
from runtime.protocol.breakpoints import Breakpoint, Watch
from runtime.protocol.logs.event_lines import EventLine
from runtime.protocol.requests import JumpTo, Request, Rollback
from runtime.protocol.updates import Health
from workbench.actions.context import Context, PaneName
from workbench.arrangement.arrange import CORNER, LayoutName, Needs
from workbench.arrangement.remembered import RememberedLayouts
from workbench.bars.pane_titles import write_titles
from workbench.payload_view.chosen_viewers import ChosenViewers
from workbench.screens.frame import Frame
from workbench.settings.preferences import Preferences
from workbench.settings.project_memory import ProjectMemory
from workbench.view import (
    CallRef,
    EarlierBuild,
    EdgeRef,
    ElementRef,
    NodeRef,
    Selection,
    View,
)
from workbench.widgets.label import LineLabel
from workbench.widgets.line_view import LineView
from workbench.widgets.panes.breaks_pane import BreaksPane, BreakWish
from workbench.widgets.panes.build_pane import BuildPane
from workbench.widgets.panes.events_pane import EventsPane
from workbench.widgets.panes.flow_pane import FlowPane
from workbench.widgets.panes.inspector import Inspector
from workbench.widgets.panes.outputs_pane import Outputs
from workbench.widgets.panes.pane_layout import Body
from workbench.widgets.panes.problems_pane import ProblemsPane
from workbench.widgets.panes.queues_pane import QueuesPane
from workbench.widgets.panes.slow_pane import SlowPane
from workbench.widgets.timeline_bar import TimelineBar

if TYPE_CHECKING:
    from workbench.tour.tour import Tour


class Panes(Vertical, inherit_bindings=False):
    """All that is seen of a session: hands the view to every pane and writes the bars.

    `send` takes the requests that panes make by themselves. What the user changes about the layout
    is kept in `memory`.
    """

    class ActionChosen(Message):
        """An action of the table was clicked."""

        def __init__(self, action_id: str) -> None:
            super().__init__()
            self.action_id = action_id

    view: reactive[View] = reactive(View, repaint=False)
    selection: reactive[Selection | None] = reactive(None, repaint=False)
    pace: reactive[float | None] = reactive(None, repaint=False)
    active: reactive[PaneName] = reactive(PaneName.FLOW, repaint=False)
    zoomed: reactive[bool] = reactive(False, repaint=False)
    comparing: reactive[bool] = reactive(True, repaint=False)

    def __init__(
        self,
        send: Callable[[Request], None],
        ask_breakpoint: Callable[[BreakWish, Breakpoint | Watch | None], None],
        *,
        title: str,
        memory: ProjectMemory,
        preferences: Preferences,
        tour: Tour | None = None,
    ) -> None:
        super().__init__(id="panes")
        self._send = send
        self.memory = memory
        """What is remembered of the project."""
        self._tour_rows = 0
        self._frame = Frame(title, tour)
        self.prompt, self.commands = self._frame.prompt, self._frame.commands
        self.search_words: Callable[[PaneName, int], str] = lambda _name, _cells: ""
        self.flow_pane = FlowPane(id="flow", classes="pane")
        self.viewers = ChosenViewers(memory)
        """Which viewer was chosen for which payloads."""
        self.inspector = Inspector(self.viewers, id="inspector", classes="pane")
        self.queues = QueuesPane(id="queues", classes="pane")
        self.outputs = Outputs(id="output", classes="pane")
        self.event_log = EventsPane(id="events", classes="pane")
        self.problems = ProblemsPane(id="problems", classes="pane")
        self.build_log = BuildPane(id="build", classes="pane")
        self.slow = SlowPane(id="slow", classes="pane")
        self.breaks = BreaksPane(ask_breakpoint, id="breaks", classes="pane")
        self.set_reactive(Panes.pace, preferences.pace)
        remembered = RememberedLayouts(memory, preferences.layout)
        self._by_name: dict[PaneName, FlowPane | LineView | Outputs] = {
            PaneName.FLOW: self.flow_pane,
            PaneName.INSPECTOR: self.inspector,
            PaneName.QUEUES: self.queues,
            PaneName.OUTPUT: self.outputs,
            PaneName.EVENTS: self.event_log,
            PaneName.PROBLEMS: self.problems,
            PaneName.BUILD: self.build_log,
            PaneName.SLOW: self.slow,
            PaneName.BREAKS: self.breaks,
        }
        self._body = Body(self._by_name, remembered)

    def compose(self) -> ComposeResult:
        """Bars around the body, which says which panes are seen."""
        yield from self._frame.above
        yield self._body
        yield from self._frame.below

    def on_mount(self) -> None:
        """The graph has the keys."""
        self.flow_pane.focus()
        if self.view.outline is not None:
            self.watch_view(View(), self.view)
        self.write_bars()

    # ---- reactions

    def watch_view(self, old: View, new: View) -> None:
        """Every pane sees the new view."""
        panes: tuple[
            FlowPane | QueuesPane | Inspector | ProblemsPane | SlowPane | BreaksPane, ...
        ] = (
            self.flow_pane,
            self.queues,
            self.inspector,
            self.problems,
            self.slow,
            self.breaks,
        )
        for pane in panes:
            pane.view = new
        if new.health is Health.INVALID and old.health is not Health.INVALID:
            self.focus_pane(PaneName.PROBLEMS)
        elif old.health is Health.INVALID and new.health is Health.READY:
            self.focus_pane(PaneName.FLOW)
            self.bring_up(PaneName.OUTPUT if self.narrow else PaneName.EVENTS)
        if new.graph is not None and new.graph is not old.graph:
            self.event_log.names = tuple(node.name for node in new.graph.nodes)
        if old.flow != new.flow:
            self._arrange()
        self.write_bars()

    def watch_selection(self, selection: Selection | None) -> None:
        """The graph shows it, the inspector looks into it."""
        self.flow_pane.selection = selection
        self.inspector.selection = selection
        self.slow.selection = selection
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
        graph = self.view.graph
        needs = Needs(
            self.flow_pane.rows_wanted,
            queue_rows=1 + (len(graph.edges) if graph is not None else 0),
            output_empty=self.outputs.empty,
        )
        taken = self._tour_rows = self._frame.tour_rows
        zoomed = self.zoomed or (bool(taken) and self.narrow)
        self._body.place_panes(self.size, self.active, needs, zoomed=zoomed, taken=taken)
        self.write_titles()

    def write_titles(self) -> None:
        """Each pane's digit and name; the one below the graph names those that have no place."""
        unseen = self._body.unseen if self.narrow and not self.zoomed else ()
        write_titles(self._by_name, unseen, self.search_words, self.size.width)

    @on(Inspector.Retitled)
    def retitle(self) -> None:
        """The inspector shows something with a name of its own, or not any more."""
        self.write_titles()

    def arrange_again(self) -> None:
        """Arrange for what the panes need now."""
        self._arrange()

    def take_layout(self, name: LayoutName | None = None) -> None:
        """Take one of the three layouts, by its name or the next of them."""
        taken = self._body.take_layout(name)
        self._arrange()
        self.show_notice(f"Layout: {taken}. ctrl+arrows and the mouse move its borders.")

    def move_border(self, across: int, down: int) -> None:
        """Move the border of the pane with the keys."""
        if self.zoomed or not self._body.move_border(self.active, across, down):
            self.show_notice("This pane has no border to move that way.")
        self._arrange()

    @on(Body.Moved)
    def border_moved(self) -> None:
        """A border was dragged."""
        self._arrange()

    def write_bars(self) -> None:
        """Write header, timeline, status and footer."""
        if not self.is_mounted:
            return
        self._frame.write(self.context, self.size.width, self.size.height)
        if self._frame.tour_rows != self._tour_rows:
            self._arrange()
        self.screen.set_class(self.view.past or self.view.seeking, "-past")

    def note_action(self, action_id: str) -> None:
        """An action was done: the tour may go on."""
        if self._frame.tour is not None:
            self._frame.tour.did(action_id, self.context)
            self.write_bars()

    def toggle_tour(self) -> None:
        """Leave the tour, or come back to it."""
        if self._frame.tour is not None:
            self._frame.tour.shown = not self._frame.tour.shown
            self.write_bars()

    def show_last(self, last: EventLine | None) -> None:
        """Show in the status line what the last call did."""
        self._frame.last = last
        self.write_bars()

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
    @on(SlowPane.Wanted)
    def ask(self, message: Inspector.Wanted | SlowPane.Wanted) -> None:
        """A pane asks the session."""
        self._send(message.request)

    @on(LineView.Opened)
    def open_target(self, message: LineView.Opened) -> None:
        """A row was opened: select what it stands for, explain a code, or edit a place."""
        target = message.target
        if isinstance(target, Code):
            # Imported with the first one, as is the editor: the first paint waits for neither.
            from workbench.dialogs.explanation import ExplanationScreen

            self.app.push_screen(ExplanationScreen(target))
        elif isinstance(target, Diagnostic):
            from workbench.terminal.editor import open_in_editor

            self.show_notice(open_in_editor(self.app, target))
        elif isinstance(target, EarlierBuild):
            self._send(Rollback(target.node, target.digest))
        elif isinstance(target, NodeRef | EdgeRef | ElementRef | CallRef):
            self.selection = target
            if self.narrow and not isinstance(message.view, Inspector):
                self.focus_pane(PaneName.INSPECTOR)

    @on(LineView.Pointed)
    def select_pointed(self, message: LineView.Pointed) -> None:
        """The cursor of a list is the selection: the graph and the inspector go along."""
        lists = (self.queues, self.event_log, self.slow)
        if message.view in lists and isinstance(message.target, NodeRef | EdgeRef | ElementRef):
            self.selection = message.target

    @on(TimelineBar.Chosen)
    def jump_clicked(self, message: TimelineBar.Chosen) -> None:
        """A place of the timeline was clicked."""
        timeline = self.context.timeline
        if timeline is None or message.call == timeline.position:
            return
        if message.call < timeline.earliest:
            self.show_notice(timeline.refusal)
        if timeline.position > timeline.earliest or message.call > timeline.position:
            self._send(JumpTo(max(message.call, timeline.earliest)))

    @on(LineLabel.Clicked, "#footer")
    def run_clicked(self, message: LineLabel.Clicked) -> None:
        """An action of the footer was clicked."""
        self.post_message(self.ActionChosen(self._frame.footer.action_at(message.span)))

    # ---- the panes as actions see them

    @property
    def context(self) -> Context:
        """The present context."""
        selection, element = self.selection, self.inspector.element
        if isinstance(selection, ElementRef) and selection.lineage is None:
            selection = element or selection
        return Context(
            self.view, selection, self.active, self.zoomed, self.pace, self.comparing, element,
            self.inspector.place, self.inspector.failed_inputs,
            self._frame.tour is not None and not self._frame.tour.over,
        )  # fmt: skip

    def pane(self, name: PaneName) -> FlowPane | LineView | Outputs:
        """The pane of that name."""
        return self._by_name[name]

    @property
    def cursor_target(self) -> object:
        """What the cursor of the active pane is on: a line of the events, else what its row
        stands for."""
        pane = self.target
        if isinstance(pane, EventsPane):
            return pane.entry_at_cursor
        if isinstance(pane, LineView) and pane.cursor is not None and pane.cursor < len(pane.rows):
            return pane.rows[pane.cursor].target
        return None

    @property
    def narrow(self) -> bool:
        """True where the graph shares the body with one pane only."""
        return self._body.narrow

    @property
    def target(self) -> FlowPane | LineView | None:
        """What moves when a key moves: the active pane, or the active log in it."""
        pane = self.pane(self.active)
        return pane.target if isinstance(pane, Outputs) else pane

    @property
    def shared_pane(self) -> PaneName:
        """The pane that has the place which others share."""
        return self._body.shared_pane

    def show_notice(self, notice: str) -> None:
        """Show something in the status line until the next action."""
        self._frame.notice = notice
        self.write_bars()

    def bring_up(self, name: PaneName, *, wanted: bool = False) -> None:
        """Let a pane that shares its place be seen, without giving it the keys.

        Where the pane with the keys has that place, only one that is `wanted` takes both.
        """
        narrow = self.narrow
        taken = self.active is not PaneName.FLOW if narrow else self.active in CORNER
        if not taken and not self.zoomed:
            self._body.bring_up(name)
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
