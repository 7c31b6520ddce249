"""What the panes see: one frozen picture of the session, and what is selected in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from runtime.model.call import CallInProgress
from runtime.model.errors import Diagnostic, ExitCode, Severity
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow
from runtime.model.measures.call_times import NO_CALLS, CallTimes
from runtime.model.outline import FlowOutline, Lack, outline_of
from runtime.model.snapshot import FlowSnapshot, NodeSnapshot, NodeState
from runtime.protocol.breakpoints import BreakHit, BreakpointList
from runtime.protocol.builds.build_updates import (
    BuildComparison,
    BuildOutcome,
    BuildStatus,
    NodeBuild,
)
from runtime.protocol.time_window import WHOLE_RUN, WindowTimes
from runtime.protocol.timeline import RecordingStatus, Timeline
from runtime.protocol.updates import Health, Update
from workbench.graph.graph_diff import FlowChange, edge_key, flow_change


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


@dataclass(frozen=True, slots=True)
class CallRef:
    """A selected call, by its number."""

    call: int


@dataclass(frozen=True, slots=True)
class ChangeRef:
    """The difference between the flow's graph and the one before."""


@dataclass(frozen=True, slots=True)
class EarlierBuild:
    """A build that can be put in use again."""

    node: str
    digest: str


Selection = NodeRef | EdgeRef | ElementRef | CallRef | ChangeRef

News = BuildComparison | FlowChange
"""A difference the user has not looked at."""


NOTHING_BUILT = BuildStatus()
NO_BREAKPOINTS = BreakpointList()


@dataclass(frozen=True, slots=True)
class View:
    """The session as the screen knows it."""

    health: Health = Health.STARTING
    detail: str = ""
    layer: str = ""
    """See `Update.layer`."""
    native_problem: str = ""
    """See `Update.native_problem`."""
    engine: str = ""
    """See `Update.engine`."""
    flow: LinkedFlow | None = None
    outline: FlowOutline | None = None
    """The graph that is drawn while there is no flow."""
    snapshot: FlowSnapshot | None = None
    running: bool = False
    call: CallInProgress | None = None
    """The call that takes long."""
    problems: tuple[Diagnostic, ...] = ()
    builds: tuple[NodeBuild, ...] = ()
    build: BuildStatus = NOTHING_BUILT
    comparisons: tuple[BuildComparison, ...] = ()
    """The last one of each node, the latest last."""
    change: FlowChange | None = None
    """In what the graph differs from the one before, if it had another one."""
    news: tuple[News, ...] = ()
    """The latest last."""
    timeline: Timeline | None = None
    recording: RecordingStatus | None = None
    times: CallTimes = NO_CALLS
    """How long calls took."""
    window: WindowTimes = WHOLE_RUN
    """Of a part of the run, where one is asked for."""
    breaks: BreakpointList = NO_BREAKPOINTS

    def started_over(self) -> View:
        """The view without what belongs to the session's former start."""
        return replace(
            self,
            flow=None,
            snapshot=None,
            times=NO_CALLS,
            window=WHOLE_RUN,
            builds=(),
            comparisons=(),
            change=None,
            news=(),
        )

    def after(self, update: Update) -> View:
        """The view with what an update says; equal to this one when nothing changed."""
        base = self.started_over() if update.health is Health.INVALID else self
        last = self.outline
        if update.health is Health.INVALID and self.flow is not None:
            last = outline_of(self.flow)
        made = replace(
            base,
            health=self._health_after(update),
            outline=update.outline or last,
            detail=update.health_detail,
            layer=update.layer or self.layer,
            native_problem=update.native_problem if update.layer else self.native_problem,
            engine=update.engine or self.engine,
            running=update.running,
            call=update.call,
            problems=self.problems if update.problems is None else update.problems,
            builds=self.builds if update.builds is None else update.builds,
            build=self.build if update.build is None else update.build,
            times=self.times if update.times is None else update.times,
            window=self.window if update.window is None else update.window,
            timeline=update.timeline or self.timeline,
            recording=update.recording or self.recording,
            breaks=self.breaks if update.breakpoints is None else update.breakpoints,
        )
        return made._with_flow(update)._with_comparisons(update.comparisons)

    def _health_after(self, update: Update) -> Health:
        """A session that has nothing to say yet calls itself ready; without a flow it is not."""
        no_flow = self.flow is None and update.flow is None
        return self.health if update.health is Health.READY and no_flow else update.health

    def _with_flow(self, update: Update) -> View:
        """A flow whose graph the engine could not take waits: what runs is what is shown."""
        flow, snapshot = update.flow, update.snapshot
        if flow is None:
            return self if snapshot is None else replace(self, snapshot=snapshot)
        snapshot = snapshot or self.snapshot  # a build that is swapped in changes no count
        waits = snapshot is not None and not _fits(flow, snapshot)
        if self.flow is None or (update.rewound and not waits):
            return replace(self, flow=flow, snapshot=snapshot)
        change = flow_change(self.flow, flow, waits=waits)
        made = replace(self, snapshot=snapshot, flow=self.flow if waits else flow)
        if not change or change == self.change:
            return made
        older = tuple(item for item in self.news if not isinstance(item, FlowChange))
        return replace(made, change=change, news=(*older, change))

    def _with_comparisons(self, fresh: tuple[BuildComparison, ...]) -> View:
        if not fresh:
            return self
        nodes = {item.node for item in fresh}
        kept = tuple(item for item in self.comparisons if item.node not in nodes)
        news = tuple(item for item in self.news if getattr(item, "node", None) not in nodes)
        different = tuple(item for item in fresh if item.different)
        return replace(self, comparisons=(*kept, *fresh), news=(*news, *different))

    def without_comparison(self, node: str) -> View:
        """The view without the comparison of that node's builds."""
        kept = tuple(item for item in self.comparisons if item.node != node)
        return replace(self, comparisons=kept)

    @property
    def graph(self) -> LinkedFlow | FlowOutline | None:
        """What is drawn: the flow, else what its manifest says of it."""
        return self.flow or self.outline

    @property
    def unready(self) -> Mapping[str, Lack] | None:
        """What the component of each node lacks where the flow could not be opened."""
        if self.flow is not None or self.outline is None or self.health is not Health.INVALID:
            return None
        return {node.name: node.lack for node in self.outline.nodes}

    @property
    def ready(self) -> bool:
        """True when calls can be asked for."""
        return self.health is Health.READY and self.snapshot is not None

    @property
    def past(self) -> bool:
        """True when what is shown was followed by calls already."""
        return self.ready and self.timeline is not None and self.timeline.past

    @property
    def break_hit(self) -> BreakHit | None:
        """The breakpoint at which the flow stands."""
        return self.breaks.hit if self.ready and not self.running else None

    @property
    def seeking(self) -> bool:
        """True while the flow is being taken to another place of its past."""
        return self.ready and self.timeline is not None and self.timeline.seeking is not None

    @property
    def next_subject(self) -> Selection | None:
        """What is looked at when nothing is selected: the call that takes long; of a paused flow,
        what failed or comes next."""
        if self.call is not None:
            return CallRef(self.call.number)
        upcoming = self.snapshot.next_call if self.snapshot is not None else None
        if upcoming is None or self.running:
            return None
        if self.failed_node is not None:
            return NodeRef(self.failed_node.name)
        if upcoming.element_id is not None:
            return ElementRef(upcoming.element_id)
        return NodeRef(upcoming.node)

    @property
    def failed_node(self) -> NodeSnapshot | None:
        """The first node whose last call failed and whose element waits."""
        nodes = self.snapshot.nodes if self.snapshot is not None else ()
        failed = (NodeState.FAILED, NodeState.CRASHED)
        return next((node for node in nodes if node.state in failed), None)

    @property
    def retried(self) -> str | None:
        """The node whose failed call is made again by the next step; None where the next step is
        another: where calls are repeated, or none failed."""
        failed, timeline = self.failed_node, self.timeline
        if failed is None or not self.ready or self.running or self.past:
            return None
        exact = timeline is not None and timeline.replay is not None and timeline.replay.exact
        return None if exact else failed.name

    def node(self, name: str) -> NodeSnapshot | None:
        """The node of that name."""
        nodes = self.snapshot.nodes if self.snapshot is not None else ()
        return next((node for node in nodes if node.name == name), None)

    def build_of(self, name: str) -> NodeBuild | None:
        """The build that the node of that name runs."""
        return next((build for build in self.builds if build.node == name), None)

    def comparison_of(self, name: str) -> BuildComparison | None:
        """The last comparison of the node's builds."""
        return next((item for item in self.comparisons if item.node == name), None)

    @property
    def refused(self) -> tuple[Diagnostic, ...]:
        """Errors of contents that lie on disk while the flow runs without them."""
        if self.health is not Health.READY:
            return ()
        return tuple(item for item in self.problems if item.severity is Severity.ERROR)

    @property
    def recording_problems(self) -> tuple[Diagnostic, ...]:
        """Why a recording ended by itself, if the last one did."""
        failed = self.recording.failed if self.recording is not None else None
        return () if failed is None else (failed,)

    @property
    def failed_builds(self) -> tuple[BuildOutcome, ...]:
        """Outcomes of builds that made no component, the cancelled ones left out."""
        good = (ExitCode.OK, ExitCode.INTERRUPTED)
        return tuple(item for item in self.build.outcomes if item.verdict not in good)


def followed(selection: Selection | None, old: LinkedFlow, new: LinkedFlow) -> Selection | None:
    """The same thing in another graph; None when it is not there any more."""
    match selection:
        case NodeRef(node):
            return selection if node in new.by_name else None
        case EdgeRef(index) if index < len(old.edges):
            key = edge_key(old.edges[index])
            same = (edge.index for edge in new.edges if edge_key(edge) == key)
            found = next(same, None)
            return None if found is None else EdgeRef(found)
        case _:
            return selection


def _fits(flow: LinkedFlow, snapshot: FlowSnapshot) -> bool:
    names = [node.name for node in flow.nodes] == [node.name for node in snapshot.nodes]
    return names and [edge.label for edge in flow.edges] == [edge.label for edge in snapshot.edges]
