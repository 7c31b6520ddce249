"""From what the engine says to lines of a recording, and back."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Protocol

from msgspec import structs

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
    HostInput,
    Outcome,
    Output,
    Ports,
    Printed,
    Verdict,
)
from runtime.model.commands import Command, Relink
from runtime.model.element import Element
from runtime.model.events import CallFinished
from runtime.model.lazy.dataclass import dataclass
from runtime.recording.command_lines import command_line
from runtime.recording.format import (
    CallLine,
    CommandLine,
    ElementLine,
    FailureLine,
    FrameLine,
    HostLine,
    MeasuresLine,
    OutputLine,
    PrintedLine,
)
from runtime.recording.payload_encoding import (
    FULL_PAYLOAD_BYTES,
    digest_of,
    digest_of_runs,
    to_text,
)
from runtime.recording.replayed_sources import networked_nodes

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

_PULL = Export.PULL
"""Members of an enum are slow to reach by name."""

_NOTHING_PRINTED: tuple[str, int, tuple[PrintedLine, ...]] = ("", 0, ())

DIGESTS_KEPT = 8192
"""Digests of recent elements, so that an element is not hashed again at every hop."""


class Redactor(Protocol):
    """Takes secrets out before anything is written."""

    def payload(self, data: bytes) -> bytes:
        """`data` without what the rules name; the same object when they name nothing in it."""
        ...

    def limits(self) -> tuple[str, ...]:
        """What the rules did not reach so far, in sentences."""
        ...

    def fresh(self) -> Redactor:
        """The same rules, which have been given nothing yet."""
        ...

    @property
    def out_of_reach(self) -> int:
        """Texts without any JSON so far, into which no JSON path could look."""
        ...

    @property
    def unused_rules(self) -> tuple[int, ...]:
        """Rules that found nothing so far, counted from 0."""
        ...

    @property
    def embedded(self) -> bool:
        """Whether JSON paths look into JSON within a line of other text."""
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
    """What a recording keeps. Outputs of sources, and of nodes with the network, are always kept in
    full."""

    outputs: OutputLevel = OutputLevel.FULL
    payload_limit: int = FULL_PAYLOAD_BYTES
    """With `FULL`: payloads above this many bytes are kept as digests."""
    redactor: Redactor | None = None
    where: str = ""
    """The condition of the calls that are kept; "" keeps all. Whoever records leaves out the
    others; the header says so."""

    def fresh(self) -> RecordingOptions:
        """The same for another file, whose rules have been given nothing yet."""
        return self if self.redactor is None else replace(self, redactor=self.redactor.fresh())


def printed_runs(printed: tuple[Printed, ...]) -> tuple[tuple[str, bytes], ...]:
    """All that was written to each stream, stdout first; a stream that is empty is left out."""
    if len(printed) == 1:
        return ((printed[0].stream, printed[0].data),)
    text: dict[str, bytes] = {}
    for item in printed:
        text[item.stream] = text.get(item.stream, b"") + item.data
    return tuple((stream, text[stream]) for stream in ("stdout", "stderr") if text.get(stream))


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

    def __init__(self, options: RecordingOptions, networked: Iterable[str] = ()) -> None:
        """Outputs of nodes that are `networked` cannot be computed again, as those of sources."""
        self._full = options.outputs is OutputLevel.FULL
        self._limit = options.payload_limit
        self._redactor = options.redactor
        self._networked = frozenset(networked)
        self._digests: dict[int, str] = {}
        self._last_call = 0

    def line(self, entry: Entry) -> CallLine | CommandLine:
        """The line of one entry."""
        if isinstance(entry, CallFinished):
            return self._call(entry)
        if isinstance(entry, Relink):
            self._networked = networked_nodes(entry.flow)
        return command_line(entry, self._last_call, self._clean)

    def _call(self, event: CallFinished) -> CallLine:
        call, answer, at_ns, elements, _ = event
        number, node, export, element, argument, _ = call
        self._last_call = number
        outcome = answer.outcome
        kind = type(outcome)
        printed_digest, printed_bytes, printed = (
            self._printed(answer) if answer.printed else _NOTHING_PRINTED
        )
        # Given more than 15 fields at once, msgspec is four times as slow: rare ones come after.
        line = CallLine(
            call=number,
            node=node,
            export=export._value_,
            at_ns=at_ns,
            duration_ns=answer.duration_ns,
            element=None if element is None else self._element(element),
            argument=self._clean_text(argument) if argument else "",
            answer=ANSWER_NAMES[kind],
            outputs=(
                self._outputs(outcome, elements, export is _PULL or node in self._networked)
                if isinstance(outcome, Emitted)
                else ()
            ),
            ports=outcome.names if isinstance(outcome, Ports) else None,
            signal=outcome.signal._value_ if isinstance(outcome, Accepted) else None,
            printed_digest=printed_digest,
            printed_bytes=printed_bytes,
            printed=printed,
            measures=MeasuresLine(answer.fuel, answer.memory_bytes, *answer.copies),
        )
        if isinstance(outcome, Verdict):
            line = structs.replace(line, passes=outcome.passes)
        elif isinstance(outcome, Failed):
            line = structs.replace(line, failure=self._failure(outcome.failure))
        if answer.host:
            line = structs.replace(line, host=tuple(map(_host_line, answer.host)))
        return line

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

    def _outputs(
        self, outcome: Emitted, elements: tuple[Element, ...], always: bool
    ) -> tuple[OutputLine, ...]:
        made = len(elements)
        return tuple(
            [
                self._output(output, elements[index] if index < made else None, always)
                for index, output in enumerate(outcome.outputs)
            ]
        )

    def _output(self, output: Output, element: Element | None, always: bool) -> OutputLine:
        (data, buffer_type), content_type = output
        if self._redactor is not None:
            data = self._redactor.payload(data)
        text = encoded = None
        if always or (self._full and len(data) <= self._limit):
            text, encoded = to_text(data)
        buffer_type_shown = None if buffer_type == content_type else buffer_type
        if element is None:
            return OutputLine(
                digest_of(data), len(data), content_type, buffer_type_shown, text, encoded
            )
        element_id, lineage, source, sequence, timestamp_ns, _, _, _ = element
        return OutputLine(
            self._remember(element_id, data),
            len(data),
            content_type,
            buffer_type_shown,
            text,
            encoded,
            element_id,
            lineage,
            source,
            sequence,
            timestamp_ns,
        )

    def _printed(self, answer: Answer) -> tuple[str, int, tuple[PrintedLine, ...]]:
        runs, total = cleaned_print(answer, self._clean)
        if not self._full:
            return digest_of_runs(runs), total, ()
        granted = {item.stream: item.granted for item in answer.printed}
        lines = [PrintedLine(stream, *to_text(data), granted[stream]) for stream, data in runs]
        return digest_of_runs(runs), total, tuple(lines)

    def _failure(self, failure: Failure) -> FailureLine:
        return FailureLine(
            failure.kind.value,
            self._clean_text(failure.message),
            failure.code,
            failure.name,
            failure.help,
            failure.crashed,
            tuple(
                FrameLine(
                    self._clean_text(frame.function),
                    self._clean_text(frame.file),
                    frame.line,
                    frame.column,
                    frame.runtime,
                )
                for frame in failure.frames
            ),
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


def _host_line(answer: HostInput) -> HostLine:
    if isinstance(answer.value, bytes):
        encoded = base64.b64encode(answer.value).decode("ascii")
        return HostLine(answer.interface, answer.function, base64=encoded)
    return HostLine(answer.interface, answer.function, value=answer.value)
