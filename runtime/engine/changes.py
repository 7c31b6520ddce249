"""Changes to a flow that runs: another build of a node, other settings of a queue."""

from __future__ import annotations

from dataclasses import replace

from runtime.engine.failures import Failures
from runtime.engine.pressure import Pressure
from runtime.engine.queues import Queues
from runtime.engine.readiness import Readiness
from runtime.engine.run import FlowRun, Stage
from runtime.model.commands import SetQueue
from runtime.model.events import Swapped


class Changes:
    """Applies `Swap` and `SetQueue`; a method's result says why nothing was changed, or is None."""

    __slots__ = ("_failures", "_pressure", "_queues", "_readiness", "_run")

    def __init__(
        self,
        run: FlowRun,
        readiness: Readiness,
        pressure: Pressure,
        queues: Queues,
        failures: Failures,
    ) -> None:
        self._run = run
        self._readiness = readiness
        self._pressure = pressure
        self._queues = queues
        self._failures = failures

    def swap(self, name: str, digest: str) -> str | None:
        """Note that the node has a new, initialised instance of another build.

        What the node failed on is tried again, counted from the first attempt. A source that
        was told to pause is told again before anything else, as the new instance does not know
        it; it stays unpulled throughout. A source that is done and a sink that asked for a
        pause stay so. After the node's `teardown` only the digest changes.
        """
        run = self._run
        node = run.by_name.get(name)
        if node is None:
            return f"the flow has no node {name}"
        previous = node.link.digest
        node.link = replace(node.link, digest=digest)
        run.follow_links()
        run.events.append(Swapped(run.now_ns, name, digest, previous))
        if run.stage is Stage.ENDED or (run.stage is Stage.ENDING and not node.live):
            return None
        node.swaps += 1
        self._failures.forgive(node)
        if node.live:
            if node.crashed and run.stage is Stage.ENDING:
                run.teardowns.insert(0, node)
            node.crashed = False
            self._pressure.renewed(node)
        self._readiness.refresh(node)
        return None

    def set_queue(self, command: SetQueue) -> str | None:
        """Give a queue other settings; see `SetQueue`."""
        run = self._run
        if not 0 <= command.edge < len(run.edges):
            return f"the flow has no edge {command.edge}: it has {len(run.edges)}"
        edge = run.edges[command.edge]
        link = replace(
            edge.link,
            capacity=command.capacity,
            policy=command.policy,
            low_watermark_ratio=command.low_watermark_ratio,
            rate=command.rate,
        )
        if link != edge.link:
            self._queues.configure(edge, link)
            run.follow_links()
        return None
