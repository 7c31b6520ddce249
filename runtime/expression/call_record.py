"""Calls and elements as conditions see them: each field is made when it is asked for.

`seq`, `size`, `content_type`, `text` and `json` are those of the element that a call is given; of
a call that is given none, such as `pull`, those of the first that it put out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from runtime.expression.expression_error import MissingError
from runtime.model.call import Emitted, Export, Ports, Verdict
from runtime.model.element import Element
from runtime.model.events import CallFinished
from runtime.model.json_text import NO_JSON, json_value
from runtime.model.linked import LinkedFlow

USUAL_PORT = "output"
"""The output port of every node but a router."""


def payload_text(data: bytes) -> str:
    """The payload as text; bytes that are no UTF-8 stand as U+FFFD."""
    return data.decode("utf-8", "replace")


def payload_json(data: bytes) -> Any:
    """The payload as JSON. Raises `MissingError` when it is none."""
    try:
        value = json_value(data)
    except RecursionError:
        raise MissingError("the payload is nested too deeply") from None
    if value is NO_JSON:
        raise MissingError("the payload is no JSON")
    return value


class ElementRecord:
    """An element at a node: on its way into it, or out of it."""

    hits = 0
    """Set by who counts them."""

    def __init__(
        self, node: str, export: str, element: Element | None, edge: str = "", port: str = ""
    ) -> None:
        self.node = node
        self.export = export
        self.element = element
        """None for a call that is given none."""
        self.edge = edge
        self.port = port

    @property
    def seq(self) -> int:
        """The element's number at its source."""
        return self._element.sequence

    @property
    def size(self) -> int:
        """Bytes of the payload."""
        return len(self._element.payload.data)

    @property
    def content_type(self) -> str:
        """The element's content type."""
        return self._element.content_type

    @cached_property
    def text(self) -> str:
        """The payload as text."""
        return payload_text(self._element.payload.data)

    @cached_property
    def json(self) -> Any:
        """The payload as JSON."""
        return payload_json(self._element.payload.data)

    @property
    def _element(self) -> Element:
        if self.element is None:
            raise MissingError(f"{self.export} has no element")
        return self.element


class CallRecord(ElementRecord):
    """A call that was made."""

    def __init__(self, event: CallFinished, flow: LinkedFlow) -> None:
        """`flow` is the one that the call was made in."""
        self.event = event
        self._flow = flow
        call = event.call
        self.node = call.node
        self.export = call.export
        self.element = call.element or (event.outputs[0] if event.outputs else None)

    @property
    def ms(self) -> float:
        """How long the call took, in milliseconds."""
        return self.event.answer.duration_ns / 1e6

    @property
    def fuel(self) -> int:
        """Fuel that it used; 0 when that is not measured."""
        return self.event.answer.fuel

    @property
    def edge(self) -> str:  # type: ignore[override]
        """The label of the edge its element came by; "" for a call without one."""
        edge = self.event.call.edge
        return "" if edge is None else self._flow.edges[edge].label

    @property
    def port(self) -> str:  # type: ignore[override]
        """The output port; of a router that named several, the first; "" where nothing is put out.

        `outputs` has all of them.
        """
        outputs = self.outputs
        return outputs[0].port if outputs else ""

    @cached_property
    def outputs(self) -> list[OutputRecord]:
        """What the call put out."""
        outcome, element = self.event.answer.outcome, self.event.call.element
        match outcome:
            case Emitted():
                return [OutputRecord(USUAL_PORT, one) for one in self.event.outputs]
            case Ports(names) if element is not None:
                return [OutputRecord(name, element) for name in names]
            case Verdict(passes=True) if element is not None:
                return [OutputRecord(USUAL_PORT, element)]
        return []


class OutputRecord(Mapping[str, Any]):
    """One of `outputs`."""

    _NAMES = ("port", "seq", "size", "content_type", "text", "json")

    def __init__(self, port: str, element: Element) -> None:
        self.port = port
        self._record = ElementRecord("", Export.PROCESS, element, port=port)

    def __getitem__(self, name: str) -> Any:
        """A member. Raises `KeyError`, and `MissingError` for what the payload has not."""
        if name not in self._NAMES:
            raise KeyError(name)
        return getattr(self._record, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._NAMES)

    def __len__(self) -> int:
        return len(self._NAMES)
