"""Looking into queues, elements and calls of a flow that stands or runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from runtime.engine.core import Engine
from runtime.execution.event_log import LOG_EVENTS, EventLog, LoggedEvent
from runtime.execution.recent_elements import RecentElements
from runtime.execution.wording import EventWording
from runtime.model.call import Answer, Export, Failed, Printed
from runtime.model.element import Element
from runtime.model.events import CallFinished
from runtime.model.linked import LinkedFlow
from runtime.protocol.call_report import (
    REPORTED_OUTPUTS,
    REPORTED_PRINTED_BYTES,
    CallReport,
    CallRun,
    ReadCall,
)
from runtime.protocol.element_summary import INPUT_BYTES, CallElement, ElementSummary
from runtime.protocol.logs.event_lines import EventLine
from runtime.protocol.replies import (
    CallElements,
    ElementDetails,
    FailedCall,
    HopLine,
    NodeCalls,
    QueueListing,
    WholePayload,
)
from runtime.protocol.requests import FindCall, ReadPayload

PREVIEW_BYTES = 160
"""Payload bytes an `ElementSummary` shows."""


class SessionInspector:
    """Answers what the screen asks about one flow."""

    def __init__(
        self, flow: LinkedFlow, engine: Engine, log: EventLog, recent: RecentElements
    ) -> None:
        self._flow = flow
        self._engine = engine
        self._log = log
        self._recent = recent
        self._wording = EventWording(flow)

    def relinked(self, number: int, flow: LinkedFlow) -> None:
        """Events after `number`, which is that of a `Relinked`, are of another graph."""
        self._flow = flow
        self._wording.relinked(number, flow)

    def lines(self, events: Iterable[tuple[int, LoggedEvent]]) -> list[EventLine]:
        """Numbered events as lines of the event log."""
        return [self._line(number, event) for number, event in events]

    def _line(self, number: int, event: LoggedEvent) -> EventLine:
        return self._wording.line(number, event, self._log.attempt(event))

    def queue(self, edge: int, offset: int, count: int) -> QueueListing:
        """Elements waiting in an edge's queue, oldest first."""
        if not 0 <= edge < len(self._flow.edges):
            return QueueListing(edge, offset, 0, ())
        waiting = self._engine.queue(edge)
        last = min(len(waiting), offset + count)
        now_ns = self._engine.snapshot().at_ns
        shown = tuple(self._waiting(waiting[index], now_ns) for index in range(offset, last))
        return QueueListing(edge, offset, len(waiting), shown)

    def _waiting(self, element: Element, now_ns: int) -> ElementSummary:
        given_at = self._recent.given_at(element)
        return replace(
            element_summary(element),
            waited_ns=None if given_at is None else max(now_ns - given_at, 0),
            edited=self._recent.is_edited(element.id),
        )

    def find(self, element_id: int) -> Element | None:
        """The element as it stands in a queue, else as it was last seen."""
        for edge in self._flow.edges:
            for element in self._engine.queue(edge.index):
                if element.id == element_id:
                    return element
        return self._recent.get(element_id)

    def element(self, element_id: int, offset: int, length: int) -> ElementDetails:
        """One element with `length` payload bytes from `offset`."""
        element = self.find(element_id)
        if element is None:
            return ElementDetails(element_id, found=False)
        data = element.payload.data
        return ElementDetails(
            element_id=element_id,
            found=True,
            summary=element_summary(element),
            buffer_content_type=element.payload.content_type,
            path=self._path(element),
            offset=offset,
            payload=data[offset : offset + length],
        )

    def payload(self, asked: ReadPayload) -> WholePayload:
        """The whole payload of one element, if it is not larger than was asked for."""
        element = self.find(asked.element_id)
        if element is None:
            return WholePayload(asked)
        data = element.payload.data
        return WholePayload(
            asked,
            element_summary(element),
            element.payload.content_type,
            data if len(data) <= asked.most_bytes else None,
        )

    def call_of(self, asked: FindCall) -> CallElements:
        """What went into a call, and what came out of it."""
        found = self._log.call_of(asked.element_id)
        if found is None:
            return CallElements(asked)
        call, outputs = found.call, found.outputs
        out = next((one for one in outputs if one.id == asked.element_id), None)
        out = out or next(iter(outputs), None)
        return CallElements(
            asked,
            call.number,
            call.node,
            str(call.export),
            None if call.element is None else element_summary(call.element),
            None if out is None else element_summary(out),
        )

    def call(self, asked: ReadCall) -> CallReport:
        """One call, if the event log still keeps it."""
        found = self._log.call_numbered(asked.call)
        if found is None:
            return CallReport(asked.call)
        number, event = found
        call, answer = event.call, event.answer
        outcome = answer.outcome
        streams = ("stdout", "stderr")
        run = CallRun(
            call.node,
            call.export,
            self._line(number, event).text,
            event.at_ns,
            answer.duration_ns,
            call.argument,
            outcome.failure if isinstance(outcome, Failed) else None,
            _input(event),
            tuple(_told(call.number, one) for one in event.outputs[:REPORTED_OUTPUTS]),
            len(event.outputs),
            answer.copies,
            answer.fuel,
            answer.memory_bytes,
            tuple(one for stream in streams for one in _printed(answer, stream)),
            answer.printed_bytes,
        )
        return CallReport(asked.call, run)

    def _path(self, element: Element) -> tuple[HopLine, ...]:
        hops = [
            (hop.node, hop.export, hop.call, hop.at_ns, hop.duration_ns) for hop in element.path
        ]
        known = {hop.call for hop in element.path}
        latest = [
            (event.call.node, str(event.call.export), event.call.number, event.at_ns, duration)
            for event, duration in self._log.calls_with(element.id)
            if event.call.number not in known
        ]
        lines: list[HopLine] = []
        ended_ns: int | None = None
        for node, export, call, at_ns, duration_ns in hops + latest:
            waited = 0 if ended_ns is None else max(0, at_ns - ended_ns)
            lines.append(HopLine(node, export, call, waited, duration_ns))
            ended_ns = at_ns + duration_ns
        return tuple(lines)

    def calls(self, node: str, count: int) -> NodeCalls:
        """The node's last calls, newest first."""
        found = self._log.calls_of(node, count)
        lines = tuple(self._line(number, event) for number, event in found)
        return NodeCalls(node, lines, self._failed(node))

    def _failed(self, node: str) -> FailedCall | None:
        calls = self._log.calls_of(node, LOG_EVENTS)
        # A component that crashed is initialised again before it is called again.
        rebuilt = (Export.INIT, Export.TEARDOWN)
        made = (event for _, event in calls)
        last = next((one for one in made if _fails(one) or one.call.export not in rebuilt), None)
        if last is None or not _fails(last):
            return None
        good = next((event for _, event in calls if _is_good(event)), None)
        printed = _printed(last.answer, "stdout")
        return FailedCall(
            call=last.call.number,
            export=str(last.call.export),
            input=_input(last),
            last_good=None if good is None else _input(good),
            printed=printed[0].data if printed else b"",
        )


def _fails(event: CallFinished) -> bool:
    return isinstance(event.answer.outcome, Failed)


def _is_good(event: CallFinished) -> bool:
    return event.call.element is not None and not _fails(event)


def _input(event: CallFinished) -> CallElement | None:
    element = event.call.element
    return None if element is None else _told(event.call.number, element)


def _told(call: int, element: Element) -> CallElement:
    return CallElement(call, element_summary(element), element.payload.data[:INPUT_BYTES])


def _printed(answer: Answer, stream: str) -> tuple[Printed, ...]:
    """The end of what was written to a stream."""
    pieces = [one for one in answer.printed if one.stream == stream]
    data = b"".join(one.data for one in pieces)[-REPORTED_PRINTED_BYTES:]
    return (Printed(stream, data, pieces[0].granted),) if data else ()


def element_summary(element: Element) -> ElementSummary:
    """An element without its payload."""
    return ElementSummary(
        element_id=element.id,
        lineage=element.lineage,
        source=element.source,
        sequence=element.sequence,
        timestamp_ns=element.timestamp_ns,
        content_type=element.content_type,
        size=len(element.payload.data),
        preview=element.payload.data[:PREVIEW_BYTES],
    )
