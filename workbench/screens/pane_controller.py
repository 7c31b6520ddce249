"""What actions may ask of the panes (`workbench.actions.target.PaneActions`)."""

from __future__ import annotations

from collections.abc import Callable

from workbench.actions.context import PaneName
from workbench.screens.panes import Panes
from workbench.screens.prompts.command_prompt import CommandPrompt
from workbench.screens.prompts.pane_search import PaneSearch
from workbench.screens.prompts.prompting import Prompting
from workbench.screens.whole_payloads.copying import Copying
from workbench.screens.whole_payloads.payload_looking import PayloadLooking
from workbench.widgets.line_view import LineView
from workbench.widgets.log_view import LogView
from workbench.widgets.panes.inspector import Inspector
from workbench.widgets.panes.queues_pane import QueuesPane

BORDER_CELLS = 2
"""Cells that a key moves a border to the side."""


class PaneController:
    """Moves between panes and within them.

    `stop_call` ends a call that takes long, and `cancel` the way through the past: the first things
    that `up` leaves.
    """

    def __init__(
        self,
        panes: Panes,
        copying: Copying,
        looking: PayloadLooking,
        search: PaneSearch,
        commands: CommandPrompt,
        prompting: Prompting,
        cancel: Callable[[], None],
        stop_call: Callable[[], None],
    ) -> None:
        self._panes = panes
        self._copying = copying
        self._looking = looking
        self._search = search
        self._commands = commands
        self._prompting = prompting
        self._cancel = cancel
        self._stop_call = stop_call

    def focus_pane(self, name: PaneName) -> None:
        """Bring a pane up and give it the keys."""
        self._panes.focus_pane(name)

    def cycle_pane(self, step: int) -> None:
        """Go on to the next pane."""
        names = list(PaneName)
        self.focus_pane(names[(names.index(self._panes.active) + step) % len(names)])

    def next_layout(self) -> None:
        """Take the next of the three layouts."""
        self._panes.take_layout()

    def move_border(self, across: int, down: int) -> None:
        """Move the border of the pane with the keys."""
        self._panes.move_border(across * BORDER_CELLS, down)

    def zoom(self, bigger: bool) -> None:
        """Give the whole body to the active pane, or take it back."""
        self._panes.zoomed = bigger

    def up(self) -> None:
        """Go up one level: a call that takes long, the way through the past, zoom, cursor, pane,
        selection."""
        target = self._panes.target
        if self._panes.view.call is not None:
            self._stop_call()
        elif self._panes.view.seeking:
            self._cancel()
        elif self._search.forget():
            pass
        elif self._panes.zoomed:
            self._panes.zoomed = False
        elif isinstance(target, LineView) and target.cursor is not None:
            target.cursor = None
            target.refresh()
        elif self._panes.active is not PaneName.FLOW:
            self.focus_pane(PaneName.FLOW)
        else:
            self._panes.selection = None

    def move(self, across: int, down: int) -> None:
        """Move in the active pane; across, the output pane goes to its next log."""
        if across and self._panes.active is PaneName.OUTPUT:
            self._panes.outputs.step(across)
        elif self._panes.target is not None:
            self._panes.target.move(across, down)
            self._panes.write_bars()  # what is under the cursor decides which keys act

    def page(self, pages: int) -> None:
        """Move by pages."""
        if self._panes.target is not None:
            self._panes.target.page(pages)
            self._panes.write_bars()

    def jump(self, end: bool) -> None:
        """Go to the first or the last line."""
        if self._panes.target is not None:
            self._panes.target.jump(end)
            self._panes.write_bars()

    def sideways(self, step: int) -> None:
        """Scroll across, or show another part of a payload."""
        if self._panes.target is not None:
            self._panes.target.sideways(step)

    def open(self) -> None:
        """Look into what the cursor is on; of an element, into its payload; of a queue, go to what
        waits in it."""
        target = self._panes.target
        if isinstance(target, Inspector) and target.on_payload:
            self._looking.look()
        elif isinstance(target, QueuesPane):
            if target.open_queue(self._panes.selection):
                self.focus_pane(PaneName.INSPECTOR)
        elif target is not None:
            target.open()

    def look_into_payload(self) -> None:
        """Look into the whole payload of the element that the inspector shows."""
        self._looking.look()

    def compare_inputs(self) -> None:
        """Compare what a call failed on with the last good input."""
        self._looking.compare_inputs()

    def find(self) -> None:
        """Search the active pane."""
        self._prompting.open(self._search)

    def type_command(self) -> None:
        """Open the command line."""
        self._prompting.open(self._commands)

    def go_to_match(self, step: int) -> None:
        """Go to the next match of the active pane's search, or to the one before."""
        self._search.go_on(step)

    def follow(self) -> None:
        """Let the log follow its end, or stop doing so."""
        if isinstance(self._panes.target, LogView):
            self._panes.target.following = not self._panes.target.following

    def return_to_next(self) -> None:
        """Bring the node of the next call into view, and follow it again."""
        self._panes.flow_pane.follow()

    def toggle_map(self) -> None:
        """Show the flow as a map, one sign a node, or as it was."""
        self._panes.flow_pane.toggle_map()
        self.focus_pane(PaneName.FLOW)

    def toggle_tour(self) -> None:
        """Leave the tour, or come back to it."""
        self._panes.toggle_tour()

    def toggle_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        if isinstance(self._panes.target, LogView):
            self._panes.target.wrapped = not self._panes.target.wrapped

    def next_viewer(self) -> None:
        """Show payloads with the next viewer; in pane 8, the next part of the run."""
        if self._panes.active is PaneName.SLOW:
            self._panes.slow.next_window()
        else:
            self._panes.inspector.next_viewer()

    def copy(self) -> None:
        """Copy the marked text, else what the active pane offers."""
        self._copying.copy()
