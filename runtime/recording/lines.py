"""From what the engine says to lines of a recording, and back."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from runtime.model.call import (
    Absorbed,
    Accepted,
    Answer,
    Discarded,
    Emitted,
    Exhausted,
    Export,
    Failed,
    Failure,
    Finished,
    HostAnswer,
    Outcome,
    Output,
    Ports,
    Printed,
    Verdict,
)
from runtime.model.commands import Command
from runtime.model.element import Element
from runtime.model.events import CallFinished
from runtime.recording.commands import command_line
from runtime.recording.format import (
    CallLine,
    CommandLine,
    ElementLine,
    FailureLine,
    HostLine,
    OutputLine,
    PrintedLine,
)
from runtime.recording.payload import (
    FULL_PAYLOAD_BYTES,
    digest_of,
    digest_of_runs,
    to_text,
)

Entry = CallFinished | Command
"""What a recorder is given: calls as they finish, and the commands that changed the run."""

ANSWER_NAMES: dict[type[Outcome], str] = {
    Emitted: "emitted",
    Exhausted: "exhausted",
    Discarded: "discarded",
    Absorbed: "absorbed",
    Verdict: "verdict",
    Ports: "ports",
    Accepted: "accepted",
    Finished: "finished",
    Failed: "failed",
}
"""`CallLine.answer` of every outcome."""

DIGESTS_KEPT = 8192
"""Digests of recent elements, so that an element is not hashed again at every hop."""


class Redactor(Protocol):
    """Takes secrets out before anything is written."""

    def payload(self, data: bytes) -> bytes:
        """`data` without what the rules name; the same object when they name nothing in it."""
        ...

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules as the user wrote them."""
        ...


class OutputLevel(StrEnum):
    """What is written of payloads that can be computed again."""

    FULL = "full"
    """The payload, up to a size."""
    DIGEST = "digest"
    """Its digest."""


@dataclass(frozen=True, slots=True)
class RecordingOptions:
    """What a recording keeps. Source outputs are always kept in full."""

    outputs: OutputLevel = OutputLevel.FULL
    payload_limit: int = FULL_PAYLOAD_BYTES
    """With `FULL`: payloads above this many bytes are kept as digests."""
    redactor: Redactor | None = None


def printed_runs(printed: tuple[Printed, ...]) -> tuple[tuple[str, bytes], ...]:
    """Writes to one stream without a write to the other in between, joined."""
    runs: list[tuple[str, bytes]] = []
    for item in printed:
        if runs and runs[-1][0] == item.stream:
            runs[-1] = (item.stream, runs[-1][1] + item.data)
        else:
            runs.append((item.stream, item.data))
    return tuple(runs)


def cleaned_print(
    answer: Answer, clean: Callable[[bytes], bytes]
) -> tuple[tuple[tuple[str, bytes], ...], int]:
    """What a call printed, in runs and after redaction, and how many bytes that were in all."""
    runs = printed_runs(answer.printed)
    cleaned = tuple((stream, clean(data)) for stream, data in runs)
    grown = sum(len(data) for _, data in cleaned) - sum(len(data) for _, data in runs)
    return cleaned, answer.printed_bytes + grown


class LineMaker:
    """Makes lines of entries; one for each file, in the order of the run."""

    def __init__(self, options: RecordingOptions) -> None:
        self._full = options.outputs is OutputLevel.FULL
        self._limit = options.payload_limit
        self._redactor = options.redactor
        self._digests: dict[int, str] = {}
        self._last_call = 0

    def line(self, entry: Entry) -> CallLine | CommandLine:
        """The line of one entry."""
        if isinstance(entry, CallFinished):
            return self._call(entry)
        return command_line(entry, self._last_call, self._clean)

    def _call(self, event: CallFinished) -> CallLine:
        call, answer = event.call, event.answer
        self._last_call = call.number
        outcome = answer.outcome
        name, detail = _outcome_fields(outcome)
        if isinstance(outcome, Emitted):
            detail["outputs"] = self._outputs(outcome, event)
        elif isinstance(outcome, Failed):
            detail["failure"] = self._failure(outcome.failure)
        if answer.printed:
            self._printed(answer, detail)
        if answer.host:
            detail["host"] = tuple(map(_host_line, answer.host))
        return CallLine(
            call=call.number,
            node=call.node,
            export=call.export.value,
            at_ns=event.at_ns,
            duration_ns=answer.duration_ns,
            element=None if call.element is None else self._element(call.element),
            argument=self._clean_text(call.argument),
            answer=name,
            **detail,
        )

    def _element(self, element: Element) -> ElementLine:
        digest = self._digests.get(element.id)
        if digest is None:
            digest = self._remember(element.id, self._clean(element.payload.data))
        return ElementLine(element.id, element.lineage, element.source, element.sequence, digest)

    def _remember(self, element_id: int, data: bytes) -> str:
        digest = digest_of(data)
        digests = self._digests
        if len(digests) >= DIGESTS_KEPT:
            del digests[next(iter(digests))]
        digests[element_id] = digest
        return digest

    def _outputs(self, outcome: Emitted, event: CallFinished) -> tuple[OutputLine, ...]:
        always = event.call.export is Export.PULL
        elements = event.outputs
        made = len(elements)
        return tuple(
            self._output(output, elements[index] if index < made else None, always)
            for index, output in enumerate(outcome.outputs)
        )

    def _output(self, output: Output, element: Element | None, always: bool) -> OutputLine:
        data = self._clean(output.payload.data)
        text = encoded = None
        if always or (self._full and len(data) <= self._limit):
            text, encoded = to_text(data)
        buffer_type = output.payload.content_type
        buffer_type_shown = None if buffer_type == output.content_type else buffer_type
        if element is None:
            return OutputLine(
                digest_of(data), len(data), output.content_type, buffer_type_shown, text, encoded
            )
        return OutputLine(
            self._remember(element.id, data),
            len(data),
            output.content_type,
            buffer_type_shown,
            text,
            encoded,
            element.id,
            element.lineage,
            element.source,
            element.sequence,
            element.timestamp_ns,
        )

    def _printed(self, answer: Answer, detail: dict[str, Any]) -> None:
        runs, total = cleaned_print(answer, self._clean)
        detail["printed_digest"] = digest_of_runs(runs)
        detail["printed_bytes"] = total
        if self._full:
            granted = {item.stream: item.granted for item in answer.printed}
            detail["printed"] = tuple(
                PrintedLine(stream, *to_text(data), granted=granted[stream])
                for stream, data in runs
            )

    def _failure(self, failure: Failure) -> FailureLine:
        return FailureLine(
            failure.kind.value,
            self._clean_text(failure.message),
            failure.code,
            failure.name,
            failure.help,
            failure.crashed,
        )

    def _clean(self, data: bytes) -> bytes:
        return data if self._redactor is None else self._redactor.payload(data)

    def _clean_text(self, text: str) -> str:
        return clean_text(text, self._redactor)


def clean_text(text: str, redactor: Redactor | None) -> str:
    """`text` after redaction."""
    if redactor is None or not text:
        return text
    return redactor.payload(text.encode("utf-8", "replace")).decode("utf-8", "replace")


def _host_line(answer: HostAnswer) -> HostLine:
    if isinstance(answer.value, bytes):
        encoded = base64.b64encode(answer.value).decode("ascii")
        return HostLine(answer.interface, answer.function, base64=encoded)
    return HostLine(answer.interface, answer.function, value=answer.value)


def _outcome_fields(outcome: Outcome) -> tuple[str, dict[str, Any]]:
    name = ANSWER_NAMES[type(outcome)]
    if isinstance(outcome, Verdict):
        return name, {"passes": outcome.passes}
    if isinstance(outcome, Ports):
        return name, {"ports": outcome.names}
    if isinstance(outcome, Accepted):
        return name, {"signal": outcome.signal.value}
    return name, {}
