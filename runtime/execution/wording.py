"""Engine events as lines of the event log."""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple, assert_never

from runtime.execution.event_log import LoggedEvent, Reported
from runtime.model.call import (
    Absorbed,
    Accepted,
    Discarded,
    Emitted,
    Exhausted,
    Export,
    Failed,
    Finished,
    Outcome,
    Ports,
    Signal,
    Verdict,
)
from runtime.model.component.failure_report import report_of
from runtime.model.element import Element
from runtime.model.events import (
    BackpressureBegan,
    BackpressureEnded,
    CallFinished,
    Edited,
    ElementDropped,
    FlowEnded,
    FlowStarted,
    HoldChanged,
    Injected,
    Moved,
    NodeDone,
    NodeFailed,
    NodeRebuilt,
    NodeRevived,
    QueueChanged,
    Released,
    Relinked,
    ScheduleChanged,
    SinkPaused,
    SourceSignalled,
    Stopped,
    Swapped,
)
from runtime.model.linked import LinkedEdge, LinkedFlow
from runtime.model.text.durations import spaced_duration
from runtime.protocol.logs.event_lines import CallMark, EventLine

SHOWN_DIGEST_CHARS = 12


def describe_outcome(outcome: Outcome, export: Export) -> str:
    """What a call answered, in a few words; also when nothing changed."""
    match outcome:
        case Emitted(outputs):
            return _emitted(export, len(outputs))
        case Exhausted():
            return "none: the source is done"
        case Discarded():
            return "drop: nothing goes on"
        case Absorbed():
            return "kept it, emitted 0"
        case Verdict(passes):
            return "passes" if passes else "held back"
        case Ports(names):
            return "to " + ", ".join(names) if names else "to no port"
        case Accepted(signal):
            return "accepted" if signal is Signal.READY else "accepted, asks for a pause"
        case Finished():
            return "ok"
        case Failed(failure):
            return f"failed: {failure.name} [{failure.code}]: {report_of(failure).headline}"


def _emitted(export: Export, count: int) -> str:
    if export is Export.FLUSH:
        return f"emitted {count} at its end"
    if export is Export.PULL:
        return "gave an element"
    return f"emitted {count}"


class _Labels(NamedTuple):
    """What the edges of a graph are called, by their index."""

    edges: tuple[str, ...]
    consumers: tuple[str, ...]
    """The end at which elements arrive."""


class EventWording:
    """Writes events of one flow as lines; the flow gives edges their names."""

    def __init__(self, flow: LinkedFlow) -> None:
        self._graphs = [_labels(flow)]
        self._relinked: list[int] = []
        """Numbers of the events since which the graphs but the first hold."""

    def relinked(self, number: int, flow: LinkedFlow) -> None:
        """Take the edges of events above `number`, which is that of a `Relinked`, from `flow`."""
        self._relinked.append(number)
        self._graphs.append(_labels(flow))

    def _label(self, number: int, edge: int) -> str:
        return _named(self._labels_at(number).edges, edge)

    def _labels_at(self, number: int) -> _Labels:
        return self._graphs[bisect_left(self._relinked, number)]

    def line(self, number: int, event: LoggedEvent, attempt: int = 1) -> EventLine:
        """The log line of one event; `attempt` is which try a failed call was, from 1."""
        match event:
            case CallFinished():
                return self._call(number, event, attempt)
            case Reported(at_ns, mark, node, text):
                return _line(number, mark, at_ns, node, text, None)
            case NodeFailed(at_ns, node, call, element, failure, tried):
                text = f"{failure.name} [{failure.code}]: {report_of(failure).headline}"
                text += _tried(tried)
                return _line(number, CallMark.ERROR, at_ns, node, text, element, call=call)
            case ElementDropped(at_ns, element, reason, node, edge):
                where = node if edge is None else self._label(number, edge)
                went = "lost" if reason.lost else "let go"
                text = f"#{element.sequence} {went} at {where}: {reason}"
                mark = CallMark.DROP if reason.lost else CallMark.LET_GO
                return _line(number, mark, at_ns, node, text, element, edge=edge)
            case Released(at_ns=at_ns, node=node, deliveries=deliveries):
                into = ", ".join(self._label(number, delivery.edge) for delivery in deliveries)
                text = f"has room again: {into}"
                return _line(number, CallMark.BACKPRESSURE, at_ns, node, text, None)
            case BackpressureBegan(at_ns, edge):
                text = f"{self._label(number, edge)} is full"
                return _line(number, CallMark.BACKPRESSURE, at_ns, None, text, None, edge=edge)
            case BackpressureEnded(at_ns, edge, began_ns, blocked_ns, drained, _):
                lasted, blocked = map(spaced_duration, (at_ns - began_ns, blocked_ns))
                text = (
                    f"{self._label(number, edge)} relieved after {lasted}: "
                    f"{drained} drained, producer blocked {blocked}"
                )
                return _line(number, CallMark.BACKPRESSURE, at_ns, None, text, None, edge=edge)
            case SourceSignalled(at_ns, node, signal):
                text = f"notified: {signal}"
                return _line(number, CallMark.BACKPRESSURE, at_ns, node, text, None)
            case SinkPaused(at_ns, node, until_ns):
                text = f"left alone for {spaced_duration(until_ns - at_ns)}: it answered pause"
                return _line(number, CallMark.BACKPRESSURE, at_ns, node, text, None)
            case Injected(at_ns, (edge, element, depth)):
                text = f"#{element.sequence} injected into {self._label(number, edge)} [{depth}]"
                return _line(number, CallMark.STATE, at_ns, None, text, element, edge=edge)
            case Moved(at_ns, edge, element, before, after, overtaken):
                where = f"from place {before + 1} to {after + 1} of {self._label(number, edge)}"
                text = f"#{element.sequence} moved {where}"
                if overtaken is not None:
                    side = "before" if after < before else "behind"
                    text += f", {side} #{overtaken.sequence}: order broken"
                return _line(number, CallMark.STATE, at_ns, None, text, element, edge=edge)
            case HoldChanged(at_ns, node, on):
                text = "on hold: it makes no calls" if on else "let go"
                return _line(number, CallMark.STATE, at_ns, node, text, None)
            case Edited(at_ns, element, edges):
                where = ", ".join(self._label(number, edge) for edge in edges)
                text = f"#{element.sequence} edited in {where}"
                return _line(number, CallMark.STATE, at_ns, None, text, element, edge=edges[0])
            case _:
                return _state_line(number, event)

    def _call(self, number: int, event: CallFinished, attempt: int) -> EventLine:
        call, answer, at_ns, outputs, deliveries = event
        number_of_call, node, export, element, argument, _ = call
        outcome = answer.outcome
        about = "" if element is None else f"(#{element.sequence})"
        if export is Export.NOTIFY_BACKPRESSURE:
            about = f"({argument})"
        text = f"{export}{about} {describe_outcome(outcome, export)}"
        if attempt > 1:
            text += _tried(attempt)
        kind = type(outcome)
        if deliveries and kind is not Ports:
            consumers = self._labels_at(number).consumers
            text += " -> " + ", ".join(
                [f"{_named(consumers, edge)} [{depth}]" for edge, _, depth in deliveries]
            )
        if outputs:
            element = outputs[0]
        return EventLine(
            number,
            CallMark.ERROR if kind is Failed else CallMark.CALL,
            at_ns,
            node,
            text,
            number_of_call,
            None,
            None if element is None else element.id,
            None if element is None else element.lineage,
            answer.duration_ns,
        )


def _tried(attempt: int) -> str:
    return f" (attempt {attempt})" if attempt > 1 else ""


_StateEvent = (
    FlowStarted
    | NodeRebuilt
    | NodeRevived
    | NodeDone
    | Stopped
    | FlowEnded
    | ScheduleChanged
    | Swapped
    | QueueChanged
    | Relinked
)


def _state_line(number: int, event: _StateEvent) -> EventLine:
    match event:
        case FlowStarted():
            return _line(number, CallMark.STATE, 0, None, "flow started", None)
        case NodeRebuilt(at_ns, node):
            return _line(number, CallMark.STATE, at_ns, node, "instance rebuilt", None)
        case NodeRevived(at_ns, node, call):
            text = f"as it was before call {call:,}, in which it crashed"
            return _line(number, CallMark.STATE, at_ns, node, text, None)
        case NodeDone(at_ns, node):
            return _line(number, CallMark.STATE, at_ns, node, "done", None)
        case Stopped(at_ns, reason, detail, node):
            text = f"stopped: {reason}" + (f" ({detail})" if detail else "")
            return _line(number, CallMark.STOP, at_ns, node, text, None)
        case FlowEnded(at_ns, state, detail):
            text = f"flow {state}" + (f": {detail}" if detail else "")
            return _line(number, CallMark.STATE, at_ns, None, text, None)
        case ScheduleChanged(policy):
            return _line(number, CallMark.STATE, 0, None, f"order of calls: {policy}", None)
        case Swapped(at_ns, node, digest, previous):
            text = (
                f"build {digest[:SHOWN_DIGEST_CHARS]} in place of {previous[:SHOWN_DIGEST_CHARS]}"
            )
            return _line(number, CallMark.RELOAD, at_ns, node, text, None)
        case QueueChanged(at_ns, edge, before, after):
            text = f"{after.label}: {_queue_changes(before, after)}"
            return _line(number, CallMark.STATE, at_ns, None, text, None, edge=edge)
        case Relinked(at_ns=at_ns):
            return _line(number, CallMark.RELOAD, at_ns, None, _graph_changes(event), None)
        case _:
            assert_never(event)


def _labels(flow: LinkedFlow) -> _Labels:
    edges = tuple(edge.label for edge in flow.edges)
    return _Labels(edges, tuple(label.split(" -> ")[-1] for label in edges))


def _named(labels: tuple[str, ...], edge: int) -> str:
    return labels[edge] if edge < len(labels) else f"edge {edge} of a former graph"


def _queue_changes(before: LinkedEdge, after: LinkedEdge) -> str:
    pairs = (
        ("capacity", before.capacity, after.capacity),
        ("policy", before.policy, after.policy),
        ("low watermark ratio", before.low_watermark_ratio, after.low_watermark_ratio),
        ("elements a second", before.rate or "any", after.rate or "any"),
    )
    return ", ".join(f"{what} {was} to {is_}" for what, was, is_ in pairs if was != is_)


def _graph_changes(event: Relinked) -> str:
    parts = (
        ("added", event.added),
        ("removed", event.removed),
        ("start over", event.restarted),
        ("edges added", event.edges_added),
        ("edges removed", event.edges_removed),
    )
    changes = "; ".join(f"{what}: {', '.join(names)}" for what, names in parts if names)
    return f"another graph; {changes}" if changes else "the graph is the same; nothing starts over"


def _line(
    number: int,
    mark: CallMark,
    at_ns: int,
    node: str | None,
    text: str,
    element: Element | None,
    *,
    call: int | None = None,
    edge: int | None = None,
) -> EventLine:
    return EventLine(
        number=number,
        mark=mark,
        at_ns=at_ns,
        node=node,
        text=text,
        call=call,
        edge=edge,
        element_id=None if element is None else element.id,
        lineage=None if element is None else element.lineage,
    )
