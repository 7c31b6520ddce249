"""What an action knows of the screen, and what it may ask of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from runtime.protocol.requests import Request
from runtime.protocol.timeline import Timeline
from runtime.protocol.updates import NodeBuild
from workbench.view import EdgeRef, ElementRef, NodeRef, Selection, View


class PaneName(StrEnum):
    """The panes, in the order of their number keys."""

    FLOW = "flow"
    QUEUES = "queues"
    INSPECTOR = "inspector"
    OUTPUT = "output"
    EVENTS = "events"
    PROBLEMS = "problems"
    BUILD = "build"


@dataclass(frozen=True, slots=True)
class Context:
    """What decides whether an action can act now."""

    view: View
    selection: Selection | None = None
    pane: PaneName = PaneName.FLOW
    zoomed: bool = False
    pace: float | None = None
    comparing: bool = True
    element: ElementRef | None = None
    """What the inspector shows, if that is an element: the selected one, that of the next call,
    or one that waits in the queue that is shown."""

    @property
    def timeline(self) -> Timeline | None:
        """The branch that is shown; None before there is one."""
        return self.view.timeline if self.view.ready else None

    @property
    def editable(self) -> int | None:
        """Id of the element that `e` edits: what the inspector shows, or waits for the call of
        the selected node."""
        if self.element is not None:
            return self.element.element_id
        upcoming = self.view.snapshot.next_call if self.view.snapshot is not None else None
        if upcoming is None or self.selection != NodeRef(upcoming.node):
            return None
        return upcoming.element_id

    @property
    def edge(self) -> int | None:
        """The selected edge, or the only one into the selected node."""
        flow = self.view.flow
        match self.selection:
            case EdgeRef(edge):
                return edge
            case NodeRef(name) if flow is not None and name in flow.by_name:
                inputs = flow.by_name[name].inputs
                return inputs[0] if len(inputs) == 1 else None
            case _:
                return None

    @property
    def component(self) -> str | None:
        """The component of the selected node, as the manifest names it."""
        flow = self.view.flow
        if flow is None or not isinstance(self.selection, NodeRef):
            return None
        node = flow.by_name.get(self.selection.node)
        return None if node is None else node.component

    @property
    def live_build(self) -> NodeBuild | None:
        """The build that the selected node runs."""
        chosen = self.selection
        return self.view.build_of(chosen.node) if isinstance(chosen, NodeRef) else None

    @property
    def steppable(self) -> bool:
        """True when there is a call to make, and nothing is on its way through the past."""
        snapshot, ready = self.view.snapshot, self.view.ready and not self.view.seeking
        return ready and snapshot is not None and not snapshot.state.ended


class ActionTarget(Protocol):
    """What actions may ask of the main screen."""

    @property
    def context(self) -> Context:
        """The present context."""
        ...

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

    def inject_element(self) -> None:
        """Make an element for `Context.edge`."""
        ...

    def focus_pane(self, name: PaneName) -> None:
        """Bring a pane up and give it the keys."""
        ...

    def cycle_pane(self, step: int) -> None:
        """Go on to the next pane."""
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

    def follow(self) -> None:
        """Let the pane follow its end, or stop doing so."""
        ...

    def toggle_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        ...

    def next_form(self) -> None:
        """Show the payload in another form."""
        ...

    def copy(self) -> None:
        """Copy what the cursor is on."""
        ...

    def toggle_mouse(self) -> None:
        """Take the mouse, or leave it to the terminal."""
        ...

    def next_theme(self) -> None:
        """Change between the usual and the high-contrast theme."""
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
