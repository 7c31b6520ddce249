"""Calls and elements as conditions see them: each field is made when it is asked for.

`seq`, `size`, `content_type`, `text` and `json` are those of the element that a call is given; of
a call that is given none, such as `pull`, those of the first that it put out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict

import msgspec

from runtime.expression.expression_error import MissingError
from runtime.model.call import Emitted, Export, Ports, Verdict
from runtime.model.element import Element
from runtime.model.events import CallFinished
from runtime.model.linked import USUAL_PORT, LinkedFlow
from runtime.model.measures.time_units import NS_PER_MS
from runtime.model.text.json_text import NO_JSON, json_value

_UNREAD = object()
_decode = msgspec.json.Decoder().decode
_FIRST_BYTES = frozenset(bytes((byte,)) for byte in b'{["-0123456789tfnNI \t\r\n\0\xef\xff\xfe')
"""Of JSON in UTF-8, UTF-16 and UTF-32, with a byte order mark or without."""


_LAST_BYTES = frozenset(bytes((byte,)) for byte in b'}]"0123456789elNy \t\r\n\0')
"""At the end of such text."""


def payload_text(data: bytes) -> str:
    """The payload as text; bytes that are no UTF-8 stand as U+FFFD."""
    return data.decode("utf-8", "replace")


def payload_json(data: bytes) -> Any:
    """The payload as JSON. Raises `MissingError` when it is none."""
    if data[:1] not in _FIRST_BYTES or data[-1:] not in _LAST_BYTES:
        raise MissingError("the payload is no JSON")
    try:
        return _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass  # the slower reader decides
    try:
        value = json_value(data)
    except RecursionError:
        raise MissingError("the payload is nested too deeply") from None
    if value is NO_JSON:
        raise MissingError("the payload is no JSON")
    return value


class _LastRead:
    """The payload that was read last: an element goes through several calls unchanged."""

    def __init__(self) -> None:
        self._kept: tuple[bytes, Any] = (b"", MissingError("the payload is no JSON"))

    def json(self, data: bytes) -> Any:
        """The payload as JSON, or the `MissingError` that it is none."""
        known, value = self._kept
        if known is not data:
            try:
                value = payload_json(data)
            except MissingError as error:
                value = error
            self._kept = data, value
        return value


_LAST_READ = _LastRead()


class ElementRecord:
    """An element at a node: on its way into it, or out of it."""

    __slots__ = ("_edge", "_json", "_port", "_text", "element", "export", "hits", "node")

    def __init__(
        self, node: str, export: str, element: Element | None, edge: str = "", port: str = ""
    ) -> None:
        self.node = node
        self.export = export
        self.element = element
        """None for a call that is given none."""
        self.hits = 0
        """Set by who counts them."""
        self._edge = edge
        self._port = port
        self._text: str | None = None
        self._json: Any = _UNREAD

    def renew(self) -> None:
        """Forget what was read of a payload: it is that of another element now."""
        self._text = None
        self._json = _UNREAD

    @property
    def has_element(self) -> bool:
        """Whether there is an element."""
        return self.element is not None

    @property
    def edge(self) -> str:
        """The label of the edge that it came by, or goes into; "" where there is none."""
        return self._edge

    @property
    def port(self) -> str:
        """The output port; "" where there is none."""
        return self._port

    @property
    def seq(self) -> int:
        """The element's number at its source."""
        return self._given.sequence

    @property
    def size(self) -> int:
        """Bytes of the payload."""
        return len(self._data)

    @property
    def content_type(self) -> str:
        """The element's content type."""
        return self._given.content_type

    @property
    def text(self) -> str:
        """The payload as text."""
        if self._text is None:
            self._text = payload_text(self._data)
        return self._text

    @property
    def json(self) -> Any:
        """The payload as JSON; it is read once, also when it is none."""
        value = self._json
        if value is _UNREAD:
            self._json = value = _LAST_READ.json(self._data)
        if type(value) is MissingError:
            raise value.with_traceback(None)
        return value

    def peek_json(self, missing: object) -> Any:
        """As `json`, but `missing` where there is none."""
        if self._json is _UNREAD and self.has_element:
            try:
                return self.json
            except MissingError:
                return missing
        value = self._json
        return missing if value is _UNREAD or type(value) is MissingError else value

    @property
    def _data(self) -> bytes:
        return self._given.payload.data

    @property
    def _given(self) -> Element:
        if self.element is None:
            raise MissingError(f"{self.export} has no element")
        return self.element


class PayloadRecord(ElementRecord):
    """One payload after the other, of elements of which nothing else is known."""

    __slots__ = ("_decode", "_payload")

    def __init__(self, members: Sequence[str] | None = None) -> None:
        """Of an object in JSON nothing is asked but these members; None is all of it."""
        super().__init__("", "", None)
        self._payload = b""
        self._decode = _decode
        if members is not None:
            read = TypedDict("read", dict.fromkeys(members, Any), total=False)  # type: ignore[misc]
            self._decode = msgspec.json.Decoder(read).decode

    def stand_at(self, payload: bytes, *, as_json: bool = False) -> None:
        """Be the element with this payload, and read it at once `as_json`."""
        self._payload = payload
        self._text = None
        self._json = _UNREAD
        if as_json:
            try:  # noqa: SIM105 - `suppress` takes longer than the decoding
                self._json = self._decode(payload)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                pass

    def peek_json(self, missing: object) -> Any:
        """As `ElementRecord.peek_json`, in fewer steps."""
        value = self._json
        if value is _UNREAD:
            try:
                value = self._decode(self._payload)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                try:
                    value = payload_json(self._payload)
                except MissingError as error:
                    value = error
            self._json = value
        return missing if type(value) is MissingError else value

    @property
    def has_element(self) -> bool:
        """There is one."""
        return True

    @property
    def _data(self) -> bytes:
        return self._payload


class CallRecord(ElementRecord):
    """A call that was made."""

    __slots__ = ("_flow", "_outputs", "event")

    def __init__(self, event: CallFinished, flow: LinkedFlow) -> None:
        """`flow` is the one that the call was made in."""
        call = event.call
        element = call.element or (event.outputs[0] if event.outputs else None)
        super().__init__(call.node, call.export, element)
        self.event = event
        self._flow = flow
        self._outputs: list[OutputRecord] | None = None

    @property
    def ms(self) -> float:
        """How long the call took, in milliseconds."""
        return self.event.answer.duration_ns / NS_PER_MS

    @property
    def fuel(self) -> int:
        """Fuel that it used; 0 when that is not measured."""
        return self.event.answer.fuel

    @property
    def edge(self) -> str:
        """The label of the edge its element came by; "" for a call without one."""
        edge = self.event.call.edge
        return "" if edge is None else self._flow.edges[edge].label

    @property
    def port(self) -> str:
        """The output port; of a router that named several, the first; "" where nothing is put out.

        `outputs` has all of them.
        """
        outputs = self.outputs
        return outputs[0].port if outputs else ""

    @property
    def outputs(self) -> list[OutputRecord]:
        """What the call put out."""
        if self._outputs is None:
            self._outputs = self._put_out()
        return self._outputs

    def _put_out(self) -> list[OutputRecord]:
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
