"""What `try` prints: each call with all that came of it, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runtime.execution.lone_component import LoneCall
from runtime.headless.try_component import TryReport
from runtime.model.access import DeniedUse
from runtime.model.call import (
    NO_COPIES,
    Accepted,
    Answer,
    CopyCount,
    Emitted,
    Export,
    Failed,
    Failure,
    Output,
    Ports,
    Verdict,
)
from runtime.model.component.failure_report import frame_text, report_of
from runtime.model.element import Element
from runtime.model.linked import LinkedNode
from runtime.model.text.durations import spaced_duration
from runtime.model.text.plurals import counted
from runtime.model.text.printable import json_line, printable
from runtime.recording.payload_encoding import to_text
from workbench.command_line.messages import say, show_result
from workbench.text.answer_words import copy_words, outcome_words
from workbench.text.figures import short_digest, size
from workbench.text.printed_text import UNORDERED, stream_words

SHOWN_BYTES = 4 * 1024
"""Bytes of a payload that are shown to people; JSON has all of them."""
_CALL_CELLS = 28
_SIZE_CELLS = 16


class TryText:
    """Prints the calls of one component as they are made."""

    def __init__(self, node: LinkedNode, *, as_json: bool) -> None:
        self._node = node
        self._as_json = as_json
        self._denied: set[str] = set()

    def head(self) -> str:
        """What is tried, in one line."""
        node = self._node
        return (
            f"{node.role.value} {printable(node.name)}, build {short_digest(node.digest)}, "
            f"config {printable(node.config)}"
        )

    def take(self, tried: LoneCall) -> None:
        """Print one call."""
        if self._as_json:
            print(json_line(call_fields(tried)), flush=True)
        else:
            show_result("\n".join(call_lines(tried)))

    def take_denied(self, use: DeniedUse, count: int) -> None:
        """Say once of each capability that it was used without a grant."""
        if (
            use.interpreter
            or self._as_json
            or use.capability in self._denied
            or use.capability.startswith("stdio:")
        ):
            return
        self._denied.add(use.capability)
        say(
            printable(f"note: {use.sentence} (call {use.call}); --grant {use.capability} allows it")
        )

    def summary(self, report: TryReport) -> str:
        """The figures of all calls."""
        given = "pull" if self._node.role.value == "source" else "element"
        parts = [
            counted(report.inputs, given),
            counted(report.outputs, "output"),
            counted(report.errors, "error"),
            f"{counted(report.calls, 'call')} in {spaced_duration(report.in_calls_ns)}",
            f"{report.fuel:,} fuel",
            copy_words(report.copies),
        ]
        if report.memory_bytes:
            parts.append(f"memory {size(report.memory_bytes)}")
        because = f"\nStopped: {report.stopped_because}" if report.stopped_because else ""
        return f"{', '.join(parts)}{because}"

    def summary_fields(self, report: TryReport) -> dict[str, Any]:
        """The same as an object."""
        node = self._node
        return {
            "type": "summary",
            "node": node.name,
            "role": node.role.value,
            "digest": node.digest,
            "inputs": report.inputs,
            "outputs": report.outputs,
            "errors": report.errors,
            "calls": report.calls,
            "duration_ns": report.in_calls_ns,
            "fuel": report.fuel,
            "copies": _copy_fields(report.copies),
            "memory_bytes": report.memory_bytes,
            "stopped_because": report.stopped_because or None,
        }


def call_lines(tried: LoneCall) -> Iterator[str]:
    """One call for people."""
    call, answer = tried.call, tried.answer
    about = "" if call.element is None else f"(#{call.element.sequence})"
    name = f"{call.export.value}{about}"
    given = "" if call.element is None else f"{size(len(call.element.payload.data))} in"
    costs = [spaced_duration(answer.duration_ns), f"{answer.fuel:,} fuel"]
    if answer.copies != NO_COPIES:
        costs.append(copy_words(answer.copies))
    head = f"{name:<{_CALL_CELLS}}{given:<{_SIZE_CELLS}}{outcome_words(answer.outcome)}"
    yield f"{head.rstrip()}  {', '.join(costs)}"
    if isinstance(answer.outcome, Emitted):
        for output in answer.outcome.outputs:
            yield from _output_lines(output)
    if isinstance(answer.outcome, Failed):
        yield from _failure_lines(answer.outcome.failure)
    for item in tried.printed:
        yield f"  {stream_words(item, tried.order_known)}:"
        yield from (f"    {line}" for line in _shown(item.data))
    if not tried.order_known:
        yield f"  {UNORDERED}"


def _output_lines(output: Output) -> Iterator[str]:
    kind = printable(output.content_type) or "no type"
    yield f"  → {size(len(output.payload.data))}, {kind}"
    yield from (f"    {line}" for line in _shown(output.payload.data))


def _failure_lines(failure: Failure) -> Iterator[str]:
    told = report_of(failure)
    yield f"  error[{failure.code}] {failure.name}: {told.headline}"
    yield from (f"    --> {frame_text(frame)}" for frame in told.frames)
    if failure.help:
        yield f"    = help: {failure.help}"


def _shown(data: bytes) -> Iterator[str]:
    cut = data[:SHOWN_BYTES]
    text, _ = to_text(cut if len(cut) == len(data) else cut.decode("utf-8", "ignore").encode())
    if text is None:
        yield from _hexadecimal(cut)
    else:
        yield from printable(text, keep_lines=True).splitlines()
    if len(cut) < len(data):
        yield f"… {len(data) - len(cut):,} bytes more; --json has all of them"


def _hexadecimal(data: bytes) -> Iterator[str]:
    for at in range(0, len(data), 16):
        yield f"{at:08x}  {data[at : at + 16].hex(' ')}"


def call_fields(tried: LoneCall) -> dict[str, Any]:
    """One call as an object."""
    call, answer = tried.call, tried.answer
    return {
        "type": "call",
        "call": call.number,
        "export": call.export.value,
        "element": None if call.element is None else _element_fields(call.element),
        **({"config": call.argument} if call.export is Export.INIT else {}),
        **_outcome_fields(answer),
        "printed": [
            {
                "stream": item.stream,
                "granted": item.granted,
                **_payload_fields(item.data),
                **({} if tried.order_known else {"order_known": False}),
            }
            for item in tried.printed
        ],
        "duration_ns": answer.duration_ns,
        "fuel": answer.fuel,
        "copies": _copy_fields(answer.copies),
        "memory_bytes": answer.memory_bytes,
    }


def _element_fields(element: Element) -> dict[str, Any]:
    return {
        "sequence": element.sequence,
        "timestamp_ns": element.timestamp_ns,
        "content_type": element.content_type,
        "size": len(element.payload.data),
    }


def _outcome_fields(answer: Answer) -> dict[str, Any]:
    outcome = answer.outcome
    fields: dict[str, Any] = {"outcome": type(outcome).__name__.lower()}
    match outcome:
        case Emitted(outputs):
            fields["outputs"] = [
                {
                    "content_type": item.content_type,
                    "size": len(item.payload.data),
                    **_payload_fields(item.payload.data),
                }
                for item in outputs
            ]
        case Verdict(passes):
            fields["passes"] = passes
        case Ports(names):
            fields["ports"] = list(names)
        case Accepted(signal):
            fields["signal"] = signal.value
        case Failed(failure):
            told = report_of(failure)
            fields["error"] = {
                "kind": told.kind,
                "code": failure.code,
                "name": failure.name,
                "message": failure.message,
                "headline": told.headline,
                "help": failure.help,
                "crashed": failure.crashed,
            }
    return fields


def _payload_fields(data: bytes) -> dict[str, str]:
    text, encoded = to_text(data)
    return {"base64": encoded} if encoded is not None else {"text": text or ""}


def _copy_fields(copies: CopyCount) -> dict[str, int]:
    return dict(copies._asdict())
