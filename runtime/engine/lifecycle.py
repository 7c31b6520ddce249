"""The life of a flow: `init` in order, nodes becoming done, draining, and `teardown`."""

from __future__ import annotations

from runtime.engine.flow_run import FlowRun, Stage
from runtime.engine.pressure import Pressure
from runtime.engine.readiness import Readiness
from runtime.engine.records import NodeRecord
from runtime.model.call import FailureKind
from runtime.model.events import (
    FlowEnded,
    FlowStarted,
    FlowState,
    NodeDone,
    NodeRebuilt,
    Stopped,
    StopReason,
)


class Lifecycle:
    """Moves the flow from one stage to the next (docs/torvyn-facts.md#lifecycle)."""

    __slots__ = ("_pressure", "_readiness", "_run")

    def __init__(self, run: FlowRun, readiness: Readiness, pressure: Pressure) -> None:
        self._run = run
        self._readiness = readiness
        self._pressure = pressure

    def start(self, wall_ns: int) -> None:
        """Make the first `init` the next call."""
        run = self._run
        run.wall_ns = wall_ns
        run.inits = list(reversed(run.nodes))
        run.stage = Stage.STARTING
        run.state = FlowState.RUNNING
        run.events.append(FlowStarted(wall_ns))
        if run.options.element_limit == 0:
            self.limit_reached()

    def initialised(self, node: NodeRecord) -> None:
        """`init` of the node succeeded, for the first time or after a crash."""
        run = self._run
        rebuilt = node.crashed and run.flowing
        node.live = True
        node.crashed = False
        node.init_attempt = 0
        if rebuilt:
            if not node.attempt:
                node.clear_failure()
            run.events.append(NodeRebuilt(run.now_ns, node.name))
            self._pressure.renewed(node)
            self._readiness.refresh(node)
            return
        if node.failure is not None and node.failure.kind is not FailureKind.QUEUE_FULL:
            node.clear_failure()
        run.inits.pop()
        self.flow_when_ready()

    def flow_when_ready(self) -> None:
        """Let the flow flow if no `init`, and no `teardown` of a relink, is left to call."""
        run = self._run
        if run.stage is Stage.STARTING and not run.inits and not run.teardowns:
            run.stage = Stage.FLOWING
            self._readiness.begin()
            run.closing.extend(run.nodes)

    def exhaust(self, source: NodeRecord) -> None:
        """The source is not pulled any more."""
        run = self._run
        source.exhausted = True
        self._pressure.forget(source)
        run.closing.append(source)
        if all(node.exhausted for node in run.nodes if node.is_source):
            run.state = FlowState.DRAINING

    def limit_reached(self) -> None:
        """The sources have given as many elements as they may together."""
        self.drain(f"the limit of {self._run.options.element_limit} elements is reached")

    def drain(self, reason: str) -> None:
        """Exhaust every source; what is queued runs to its end."""
        run = self._run
        if run.stage in (Stage.ENDING, Stage.ENDED):
            return
        run.drained = True
        if run.stage is Stage.CREATED:
            self.end(FlowState.COMPLETED, reason, StopReason.END_OF_STREAM)
            return
        if run.state is FlowState.DRAINING:
            return
        run.state = FlowState.DRAINING
        run.ended_detail = reason
        for node in run.nodes:
            if node.is_source and not node.exhausted:
                node.clear_failure()
                self.exhaust(node)

    def finalised(self, node: NodeRecord) -> None:
        """The node was flushed or completed."""
        node.final_due = False
        node.final_given = True
        self._run.closing.append(node)
        self._readiness.refresh(node)

    def settle(self) -> None:
        """Find out which nodes became done; the flow ends with the last of them."""
        run = self._run
        if run.stage is not Stage.FLOWING:
            return
        # Grows while it is walked: a node that is done may let those after it be done.
        for node in run.closing:
            self._close(node)
        run.closing.clear()
        if not run.undone:
            self.end(run.ended_as, run.ended_detail, run.stop_reason_at_end)

    def end(self, state: FlowState, detail: str, reason: StopReason) -> None:
        """Tear down what is live, in reverse order; then the flow has ended as `state`."""
        run = self._run
        if run.stage in (Stage.ENDING, Stage.ENDED):
            return
        self._readiness.stop()
        run.closing.clear()
        run.ended_as = state
        run.ended_detail = detail
        run.stop_reason_at_end = reason
        run.stage = Stage.ENDING
        run.state = FlowState.DRAINING
        run.inits.clear()
        left = set(run.teardowns)
        usable = [node for node in run.nodes if node.live and not node.crashed]
        run.teardowns[:0] = [node for node in usable if node not in left]
        self._end_when_torn_down()

    def torn_down(self, node: NodeRecord) -> None:
        """`teardown` of the node was called; whether it failed makes no difference."""
        run = self._run
        node.live = False
        run.teardowns.pop()
        if run.by_name.get(node.name) is not node:
            run.gone.take(node)
        if run.stage is Stage.STARTING:
            self.flow_when_ready()
        else:
            node.done = True
            self._end_when_torn_down()

    def _end_when_torn_down(self) -> None:
        run = self._run
        if run.teardowns:
            return
        run.stage = Stage.ENDED
        run.state = run.ended_as
        run.stop = run.stop_reason_at_end
        run.stop_node = None
        run.stop_detail = run.ended_detail
        run.events.append(FlowEnded(run.now_ns, run.state, run.ended_detail))
        run.events.append(Stopped(run.now_ns, run.stop, run.ended_detail))

    def _close(self, node: NodeRecord) -> None:
        if node.done:
            return
        if node.is_source:
            if not node.exhausted:
                return
        elif not all(edge.closed and not edge.items for edge in node.inputs):
            return
        elif node.final is not None and not node.final_given:
            if not node.final_due:
                node.final_due = True
                self._readiness.refresh(node)
            return
        if not node.hand:
            self._done(node)

    def _done(self, node: NodeRecord) -> None:
        run = self._run
        node.done = True
        run.undone -= 1
        run.events.append(NodeDone(run.now_ns, node.name))
        self._readiness.refresh(node)
        for edge in node.outputs:
            edge.closed = True
            if not edge.items:
                run.closing.append(edge.consumer)
