"""What the panes see: one frozen picture of the session, and what is selected in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from runtime.model.errors import Diagnostic
from runtime.model.linked import LinkedFlow
from runtime.model.snapshot import FlowSnapshot, NodeSnapshot, NodeState
from runtime.session.link import Health, Update


class NodeRef(NamedTuple):
    """A selected node."""

    node: str


class EdgeRef(NamedTuple):
    """A selected edge."""

    edge: int


class ElementRef(NamedTuple):
    """A selected element; `lineage` when it is known."""

    element_id: int
    lineage: int | None = None


Selection = NodeRef | EdgeRef | ElementRef


@dataclass(frozen=True, slots=True)
class View:
    """The session as the screen knows it."""

    health: Health = Health.STARTING
    detail: str = ""
    flow: LinkedFlow | None = None
    snapshot: FlowSnapshot | None = None
    running: bool = False
    problems: tuple[Diagnostic, ...] = ()

    def after(self, update: Update) -> View:
        """The view with what an update says; equal to this one when nothing changed."""
        flow = self.flow if update.flow is None else update.flow
        kept = self.snapshot if update.flow is None else None
        return replace(
            self,
            health=update.health,
            detail=update.health_detail,
            flow=flow,
            snapshot=kept if update.snapshot is None else update.snapshot,
            running=update.running,
            problems=self.problems if update.problems is None else update.problems,
        )

    @property
    def ready(self) -> bool:
        """True when calls can be asked for."""
        return self.health is Health.READY and self.snapshot is not None

    @property
    def failed_node(self) -> NodeSnapshot | None:
        """The first node whose last call failed and whose element waits."""
        nodes = self.snapshot.nodes if self.snapshot is not None else ()
        failed = (NodeState.FAILED, NodeState.CRASHED)
        return next((node for node in nodes if node.state in failed), None)

    def node(self, name: str) -> NodeSnapshot | None:
        """The node of that name."""
        nodes = self.snapshot.nodes if self.snapshot is not None else ()
        return next((node for node in nodes if node.name == name), None)
