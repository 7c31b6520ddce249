"""Edits to a flow that runs: another build, other settings of a queue, other elements."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from runtime.engine.failures import Failures
from runtime.engine.flow_run import FlowRun, Stage
from runtime.engine.pressure import Pressure
from runtime.engine.queues import Queues
from runtime.engine.readiness import Readiness
from runtime.engine.records import EdgeRecord, NodeRecord
from runtime.engine.scheduler import state_of
from runtime.model.commands import INJECTED, Edit, Inject, SetQueue
from runtime.model.element import MAX_BUFFER_BYTES, MAX_CONTENT_TYPE_BYTES, Buffer, Element
from runtime.model.events import Edited, Injected, Swapped


class Edits:
    """Applies `Swap`, `SetQueue`, `Inject` and `Edit`.

    A method's result says why nothing was changed, or is None.
    """

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
        edge = self._edge(command.edge)
        if edge is None:
            return self._no_edge(command.edge)
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

    def inject(self, command: Inject) -> str | None:
        """Put a new element into a queue; see `Inject`."""
        run = self._run
        edge = self._edge(command.edge)
        if edge is None:
            return self._no_edge(command.edge)
        refusal = (
            self._why_no_work()
            or _why_no_buffer(command.payload, command.content_type)
            or self._why_no_room(edge)
        )
        if refusal is not None:
            return refusal
        self._put_off_final(edge.consumer)
        run.last_id = number = run.last_id + 1
        element = Element(
            number,
            number,
            INJECTED,
            run.injected,
            run.wall_ns + run.now_ns,
            command.content_type,
            Buffer(command.payload, command.content_type),
        )
        run.injected += 1
        edge.injected += 1
        first = len(run.events)
        delivery = self._queues.put(edge, element)
        assert delivery is not None, f"{edge.link.label} had room"
        run.events.insert(first, Injected(run.now_ns, delivery))
        return None

    def edit(self, command: Edit) -> str | None:
        """Give an element that waits another payload; see `Edit`."""
        run = self._run
        refusal = self._why_no_work() or _why_no_buffer(command.payload, command.content_type or "")
        if refusal is not None:
            return refusal
        copies = [copy for edge in run.edges for copy in _copies(edge, command.element_id)]
        if not copies:
            return f"no element with the id {command.element_id} waits in a queue or in hand"
        _, waiting, place = copies[0]
        content_type, buffer_type = waiting[place].content_type, waiting[place].payload.content_type
        if command.content_type is not None:
            content_type = buffer_type = command.content_type
        payload = Buffer(command.payload, buffer_type)
        for edge, queue, at in copies:
            queue[at] = queue[at]._replace(content_type=content_type, payload=payload)
            if edge.consumer.failing is edge and queue is edge.items and at == 0:
                self._failures.forgive(edge.consumer)
        edges = tuple(dict.fromkeys(edge.index for edge, _, _ in copies))
        run.events.append(Edited(run.now_ns, waiting[place], edges))
        return None

    def _edge(self, index: int) -> EdgeRecord | None:
        edges = self._run.edges
        return edges[index] if 0 <= index < len(edges) else None

    def _no_edge(self, index: int) -> str:
        return f"the flow has no edge {index}: it has {len(self._run.edges)}"

    def _why_no_work(self) -> str | None:
        """Why no element will be worked on, or None."""
        run = self._run
        if run.stage is Stage.CREATED:
            return "the flow has not started: nothing waits in it"
        if run.stage is Stage.ENDING:
            return "the flow is being torn down: its elements go nowhere"
        if run.stage is Stage.ENDED:
            return f"the flow is {run.state.value}: its elements go nowhere"
        return None

    def _why_no_room(self, edge: EdgeRecord) -> str | None:
        """Why nothing can be put into the queue from outside, or None."""
        run = self._run
        consumer = edge.consumer
        if consumer.done or consumer.final_given:
            return f"{consumer.name} is done: it gets no more elements"
        if len(edge.items) >= edge.capacity or edge.token_at_ns > run.now_ns:
            return f"there is no room in {state_of(run, edge)}"
        return None

    def _put_off_final(self, node: NodeRecord) -> None:
        """A node that is to be flushed or completed gets an element before."""
        if node.final_due:
            node.final_due = False
            self._failures.forgive(node)
            self._readiness.refresh(node)


def _why_no_buffer(payload: bytes, content_type: str) -> str | None:
    """Why no buffer can hold the two, or None."""
    if len(payload) > MAX_BUFFER_BYTES:
        return f"a buffer holds at most {MAX_BUFFER_BYTES} bytes, not {len(payload)}"
    size = len(content_type.encode("utf-8", "replace"))
    if size > MAX_CONTENT_TYPE_BYTES:
        return f"a content type has at most {MAX_CONTENT_TYPE_BYTES} bytes, not {size}"
    return None


def _copies(edge: EdgeRecord, number: int) -> list[tuple[EdgeRecord, deque[Element], int]]:
    """Where the copies of an element wait at the edge: in its queue and in hand for it."""
    return [
        (edge, waiting, place)
        for waiting in (edge.items, edge.hand)
        for place, element in enumerate(waiting)
        if element.id == number
    ]
