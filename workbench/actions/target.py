"""What an action may ask for, by concern: of the session, of the panes, of the application."""

from __future__ import annotations

from typing import Protocol

from runtime.protocol.requests import Request
from workbench.actions.context import Context, PaneName


class SessionActions(Protocol):
    """Requests to the session, with what must be asked of the user first."""

    def send(self, request: Request) -> None:
        """Send a request to the session."""
        ...

    def build(self, component: str | None) -> None:
        """Build a component, or all, and bring the output up."""
        ...

    def show_difference(self) -> None:
        """Look at the latest difference; what is looked at already is closed.

        Without one, the line is compared with the one it left, or with its recording.
        """
        ...

    def toggle_comparing(self) -> None:
        """Compare the builds at each swap, or do not."""
        ...

    def cycle_pace(self) -> None:
        """Take the next pace of `PACES`."""
        ...

    def ask_place(self) -> None:
        """Ask for a place of the branch, and go there."""
        ...

    def take_branch(self) -> None:
        """Go to the end of the other branch, or of the one that is chosen."""
        ...

    def record(self) -> None:
        """Ask for a file and record into it; end that when it is being done."""
        ...

    def edit_element(self) -> None:
        """Edit the payload of `Context.editable`."""
        ...

    def empty_queue(self) -> None:
        """Drop all that waits at `Context.edge`, after a question."""
        ...

    def change_queue(self) -> None:
        """Ask for other settings of `Context.edge`."""
        ...

    def try_node(self) -> None:
        """Open the scratch pane of `Context.node`."""
        ...

    def look_into_memory(self) -> None:
        """Open the memory pane of `Context.node`."""
        ...

    def save_component(self) -> None:
        """Save what the component of `Context.node` remembers as a component."""
        ...

    def show_lineage(self) -> None:
        """Look at the lineage of `Context.element`."""
        ...

    def back_to_break(self) -> None:
        """Go back to the last hit of a breakpoint; without one, of a condition that is asked
        for."""
        ...

    def break_here(self) -> None:
        """Set a breakpoint where the cursor is, or take it away."""
        ...

    def inject_element(self) -> None:
        """Make an element for `Context.edge`."""
        ...


class PaneActions(Protocol):
    """Panes, and movement in the one with the keys."""

    def focus_pane(self, name: PaneName) -> None:
        """Bring a pane up and give it the keys."""
        ...

    def cycle_pane(self, step: int) -> None:
        """Go on to the next pane."""
        ...

    def next_layout(self) -> None:
        """Take the next of the three layouts."""
        ...

    def move_border(self, across: int, down: int) -> None:
        """Move the border of the pane with the keys."""
        ...

    def zoom(self, bigger: bool) -> None:
        """Give the whole body to the pane with the keys, or take it back."""
        ...

    def up(self) -> None:
        """Go up one level."""
        ...

    def move(self, across: int, down: int) -> None:
        """Move in the pane with the keys."""
        ...

    def page(self, pages: int) -> None:
        """Move by pages."""
        ...

    def jump(self, end: bool) -> None:
        """Go to the first or to the last line."""
        ...

    def sideways(self, step: int) -> None:
        """Scroll across, or show another part of a payload."""
        ...

    def open(self) -> None:
        """Look into what the cursor is on."""
        ...

    def look_into_payload(self) -> None:
        """Look into the whole payload of the element that the inspector shows."""
        ...

    def compare_inputs(self) -> None:
        """Compare `Context.failed_inputs`: what a call failed on with the last good input."""
        ...

    def find(self) -> None:
        """Search the pane with the keys."""
        ...

    def type_command(self) -> None:
        """Open the command line."""
        ...

    def go_to_match(self, step: int) -> None:
        """Go to the next match of the pane's search, or to the one before."""
        ...

    def follow(self) -> None:
        """Let the pane follow its end, or stop doing so."""
        ...

    def return_to_next(self) -> None:
        """Bring the node of the next call into view, and follow it again."""
        ...

    def toggle_map(self) -> None:
        """Show the flow as a map, one sign a node, or as it was."""
        ...

    def toggle_tour(self) -> None:
        """Leave the tour, or come back to it."""
        ...

    def toggle_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        ...

    def next_viewer(self) -> None:
        """Show another view: payloads with the next viewer, in pane 8 the next part of the run."""
        ...

    def copy(self) -> None:
        """Copy what the cursor is on."""
        ...


class ApplicationActions(Protocol):
    """Dialogs, the terminal, and the end of the program."""

    def toggle_mouse(self) -> None:
        """Take the mouse, or leave it to the terminal."""
        ...

    def choose_theme(self) -> None:
        """Let the user choose a theme."""
        ...

    def show_help(self) -> None:
        """Open the help."""
        ...

    def show_palette(self) -> None:
        """Open the command palette."""
        ...

    def suspend(self) -> None:
        """Put the workbench in the background."""
        ...

    def leave(self, at_once: bool) -> None:
        """Quit."""
        ...


class ActionTarget(Protocol):
    """Where an action turns to."""

    @property
    def context(self) -> Context:
        """The present context."""
        ...

    @property
    def session(self) -> SessionActions:
        """For requests to the session."""
        ...

    @property
    def panes(self) -> PaneActions:
        """For panes and movement in them."""
        ...

    @property
    def application(self) -> ApplicationActions:
        """For dialogs and the application."""
        ...
