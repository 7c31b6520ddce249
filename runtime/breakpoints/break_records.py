"""What happens at a place of a flow, as the conditions of breakpoints see it."""

from __future__ import annotations

from runtime.expression.call_record import (
    CallRecord,
    ElementRecord,
    OutputRecord,
)
from runtime.expression.expression_error import MissingError
from runtime.model.call import Call
from runtime.model.element import Element
from runtime.model.linked import USUAL_PORT, LinkedFlow


class NextCallRecord(ElementRecord):
    """A call that is about to be made."""

    __slots__ = ("_flow", "_index")

    def __init__(self, call: Call, flow: LinkedFlow) -> None:
        super().__init__(call.node, call.export, call.element)
        self._index = call.edge
        self._flow = flow

    @property
    def edge(self) -> str:
        """The label of the edge its element comes by; "" for a call without one."""
        return "" if self._index is None else self._flow.edges[self._index].label


class DeliveryRecord(ElementRecord):
    """An element that was put out, at a port or into a queue."""

    __slots__ = ("_call",)

    def __init__(
        self,
        node: str,
        element: Element | None,
        *,
        edge: str = "",
        port: str = "",
        call: CallRecord | None = None,
    ) -> None:
        """`call` is the one that put it out, where it was one."""
        super().__init__(node, "" if call is None else call.export, element, edge, port)
        self._call = call

    @property
    def ms(self) -> float:
        """How long the call took, in milliseconds."""
        return self._made.ms

    @property
    def fuel(self) -> int:
        """Fuel that the call used."""
        return self._made.fuel

    @property
    def outputs(self) -> list[OutputRecord]:
        """All that the call put out."""
        return self._made.outputs

    @property
    def _made(self) -> CallRecord:
        if self._call is None:
            raise MissingError("no call of its own did this")
        return self._call


def put_out(call: CallRecord) -> list[DeliveryRecord]:
    """What a call put out, each element once for each port."""
    event = call.event
    given = event.call.element
    made = iter(event.outputs)
    return [
        DeliveryRecord(
            call.node,
            next(made, given) if output.port == USUAL_PORT else given,
            port=output.port,
            call=call,
        )
        for output in call.outputs
    ]
