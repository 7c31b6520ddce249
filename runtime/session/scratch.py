"""A node's component tried on the side: an instance of its own, which the flow knows nothing of."""

from __future__ import annotations

import time
from collections.abc import Callable

from runtime.execution.execution import Execution
from runtime.execution.lone_component import LONE_SOURCE, LoneCall, LoneComponent, LonePrints
from runtime.execution.resources import LostBuildError, SessionResources
from runtime.model.call import CallInProgress, Emitted
from runtime.model.element import Buffer, Element
from runtime.model.linked import LinkedNode, Role
from runtime.protocol.components.node_tries import (
    TRIED_BYTES,
    NodeInput,
    NodeTry,
    ReadNodeInput,
    TriedExport,
    TryNode,
)
from runtime.session.request_table import RequestTable
from runtime.wasm.wasm_invoker import WasmInvoker


class Scratch:
    """One instance at a time, of the node that was tried last, in the build the flow runs.

    It is granted what the node is granted, its clock and random numbers are this machine's, and
    nothing of it is recorded.
    """

    def __init__(self, resources: SessionResources) -> None:
        self._resources = resources
        self._node: LinkedNode | None = None
        self._invoker: WasmInvoker | None = None
        self._lone: LoneComponent | None = None
        self._elements = 0

    def register(
        self,
        requests: RequestTable,
        execution: Callable[[], Execution],
        reply: Callable[[NodeInput | NodeTry], None],
    ) -> None:
        """Take its requests from the table; `execution` is the one that is shown."""
        requests.on(ReadNodeInput, lambda it: reply(self.suggestion(execution(), it.node)))
        requests.on(TryNode, lambda it: reply(self.try_node(execution(), it)))

    def suggestion(self, execution: Execution, node: str) -> NodeInput:
        """What to try a node on: what waits for its next call, else what it was given last."""
        linked = execution.flow.by_name.get(node)
        if linked is None:
            return NodeInput(node)
        engine = execution.engine
        waiting = [element for edge in linked.inputs for element in engine.queue(edge)[:1]]
        element = next(iter(waiting or execution.swapper.inputs.of(node)[-1:]), None)
        if element is None or len(element.payload.data) > TRIED_BYTES:
            return NodeInput(node)
        payload = element.payload.data
        return NodeInput(node, payload, element.content_type, element.sequence)

    def try_node(self, execution: Execution, asked: TryNode) -> NodeTry:
        """Give the instance one element, or pull one from a source; a new instance is made first
        when there is none of this build, or a fresh one is wanted."""
        node = execution.flow.by_name.get(asked.node)
        if node is None:
            return NodeTry(asked.node, "", refused=f"the flow has no node {asked.node}")
        try:
            made = self._instance(execution, node, fresh=asked.fresh)
        except LostBuildError as error:
            return NodeTry(node.name, node.digest, refused=str(error))
        assert self._lone is not None
        if not made or self._lone.usable:
            element = None if node.role is Role.SOURCE else self._element(asked)
            made += tuple(self._told(call) for call in self._lone.work(element))
            self._elements += 1
        return NodeTry(node.name, node.digest, made, self._elements)

    def _instance(
        self, execution: Execution, node: LinkedNode, *, fresh: bool
    ) -> tuple[TriedExport, ...]:
        """The calls that made one; none when there is one."""
        if self._lone is not None and not fresh and self._node == node:
            return ()
        self.close()
        flow = execution.flow
        compiled = self._resources.compiled_for(flow)
        self._node, self._elements = node, 0
        prints = LonePrints(TRIED_BYTES)
        self._invoker = WasmInvoker(flow, self._resources.host, compiled=compiled, on_print=prints)
        self._lone = LoneComponent(node, self._invoker, prints)
        made = self._told(self._lone.start())
        return (made,) if node.lifecycle is not None or not self._lone.usable else ()

    def _element(self, asked: TryNode) -> Element:
        number = self._elements + 1
        buffer = Buffer(asked.payload, asked.content_type)
        at_ns = time.time_ns()
        return Element(number, number, LONE_SOURCE, number - 1, at_ns, asked.content_type, buffer)

    def _told(self, made: LoneCall) -> TriedExport:
        answer = made.answer
        sizes: tuple[int, ...] = ()
        if isinstance(answer.outcome, Emitted):
            outputs = answer.outcome.outputs
            sizes = tuple(len(output.payload.data) for output in outputs)
            cut = tuple(
                output._replace(
                    payload=output.payload._replace(data=output.payload.data[:TRIED_BYTES])
                )
                for output in outputs
            )
            answer = answer._replace(outcome=Emitted(cut))
        answer = answer._replace(printed=())
        return TriedExport(made.call.export, answer, sizes, made.printed, made.order_known)

    def interrupt(self) -> None:
        """End the call in progress, if any. For another thread."""
        if self._invoker is not None:
            self._invoker.interrupt()

    def in_progress(self) -> CallInProgress | None:
        """The call that has not come back yet. For any thread."""
        return None if self._invoker is None else self._invoker.in_progress()

    def close(self) -> None:
        """Free the instance. Idempotent."""
        if self._invoker is not None:
            self._invoker.close()
        self._node = self._invoker = self._lone = None
