"""What an action knows of the screen: the panes there are, and what is shown and selected."""

from __future__ import annotations

from enum import StrEnum

from runtime.model.lazy.dataclass import dataclass
from runtime.protocol.builds.build_updates import NodeBuild
from runtime.protocol.timeline import Timeline
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
    SLOW = "why slow"
    BREAKS = "breaks"


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
    place: int | None = None
    """Place in its queue of `element`, counted from 0; None when no queue is shown."""
    failed_inputs: tuple[int, int] | None = None
    """Ids of the elements on which the inspected call failed, and that its node took last."""
    tour: bool = False
    """True while there is a tour, whether it is in sight or left."""

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
    def node(self) -> str | None:
        """The selected node, else that of the next call."""
        if isinstance(self.selection, NodeRef):
            return self.selection.node
        upcoming = self.view.snapshot.next_call if self.view.snapshot is not None else None
        return None if upcoming is None else upcoming.node

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
