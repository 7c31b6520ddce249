"""What a replay repeats: recorded calls, from a ring or from a file, and commands."""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from typing import NamedTuple

from runtime.model.call import (
    Accepted,
    Answer,
    Call,
    Emitted,
    Failed,
    HostInput,
    Outcome,
    Output,
    Ports,
    Verdict,
)
from runtime.model.codes import Code
from runtime.model.commands import Command
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.text.plurals import counted
from runtime.recording.answers import answer_of, host_inputs_of, payload_of
from runtime.recording.call_step import CallStep, ReplayStep, Unlike
from runtime.recording.command_lines import command_of
from runtime.recording.describe import (
    line_words,
    outcome_words,
    output_words,
    payload_words,
    printed_words,
)
from runtime.recording.encoding import ANSWER_NAMES, Redactor, cleaned_print, printed_runs
from runtime.recording.file.line_check import LinePlace
from runtime.recording.file.reader import RecordingReader
from runtime.recording.format import CallLine, CommandLine, ElementLine, OutputLine
from runtime.recording.payload_encoding import digest_of, digest_of_runs
from runtime.recording.ring.ring_steps import CompactStep, EventStep, steps_of_ring

__all__ = [
    "CallStep",
    "CompactStep",
    "EventStep",
    "LineStep",
    "PlacedStep",
    "ReplayStep",
    "Unlike",
    "steps_from",
    "steps_of_file",
    "steps_of_ring",
]


class LineStep(CallStep):
    """A call read from a file."""

    __slots__ = ("_clean", "duration_ns", "line", "number")

    number: int
    duration_ns: int

    def __init__(self, line: CallLine, redactor: Redactor | None = None) -> None:
        self.number = line.call
        self.duration_ns = line.duration_ns
        self.line = line
        self._clean = redactor

    @property
    def node(self) -> str:
        """Node that was called."""
        return self.line.node

    @property
    def export(self) -> str:
        """The value of a `runtime.model.call.Export`."""
        return self.line.export

    @property
    def argument(self) -> str:
        """See `Call.argument`."""
        return self.line.argument

    @property
    def element(self) -> ElementLine | None:
        """The element it was given."""
        return self.line.element

    @property
    def at_ns(self) -> int:
        """Flow time when it began."""
        return self.line.at_ns

    @property
    def host(self) -> tuple[HostInput, ...]:
        """Its host inputs, in order."""
        return host_inputs_of(self.line.host) if self.line.host else ()

    @property
    def crashed(self) -> bool:
        """Whether it made its instance unusable."""
        return self.line.failure is not None and self.line.failure.crashed

    def answer(self) -> Answer:
        """What it gave back. Raises `ValueError` when the recording does not hold it all."""
        return answer_of(self.line)

    def is_call(self, call: Call) -> bool:
        """Whether `call` is this one again: same node, export and element."""
        line = self.line
        if line.node != call.node or line.export != call.export:
            return False
        before, after = line.element, call.element
        if before is None or after is None:
            return before is None and after is None
        return before.id == after.id and before.sequence == after.sequence

    def unlike(self, got: Answer) -> Unlike | None:
        """The first thing in which `got` is not what was recorded."""
        if self._clean is None and _is_plainly(self.line, got):
            return None
        line, outcome = self.line, got.outcome
        if not _same_answer(line, outcome):
            return Unlike("answer", line_words(line), outcome_words(outcome))
        if isinstance(outcome, Emitted):
            for index, (recorded, output) in enumerate(
                zip(line.outputs, outcome.outputs, strict=True)
            ):
                unlike = self._unlike_output(index, recorded, output)
                if unlike is not None:
                    return unlike
        if line.printed_bytes or got.printed_bytes:
            return self._unlike_printed(got)
        return None

    def _unlike_output(self, index: int, line: OutputLine, output: Output) -> Unlike | None:
        recorded_type = line.content_type
        recorded_buffer = recorded_type if line.buffer_type is None else line.buffer_type
        data, buffer_type = output.payload
        if recorded_type != output.content_type or recorded_buffer != buffer_type:
            return Unlike(
                f"content type of output {index}",
                f"{recorded_type!r}, buffer {recorded_buffer!r}",
                f"{output.content_type!r}, buffer {buffer_type!r}",
            )
        data = self._cleaned(data)
        recorded = payload_of(line)
        if recorded is None:
            same = line.size == len(data) and line.digest == digest_of(data)
        else:
            same = recorded == data
        if same:
            return None
        return Unlike(
            f"output {index}", output_words(line), payload_words(data, output.content_type)
        )

    def _unlike_printed(self, got: Answer) -> Unlike | None:
        line = self.line
        runs, total = cleaned_print(got, self._cleaned)
        if line.printed_bytes == total and (
            line.printed_digest == digest_of_runs(runs)
            # Older recordings hold in which order a call wrote to both streams.
            or (line.printed and printed_runs(answer_of(line).printed) == runs)
        ):
            return None
        expected = f"{counted(line.printed_bytes, 'byte')}"
        if line.printed:
            expected = printed_words(answer_of(line)) if not line.outputs else expected
        return Unlike("printed", expected, printed_words(got))

    def _cleaned(self, data: bytes) -> bytes:
        return data if self._clean is None else self._clean.payload(data)


def _is_plainly(line: CallLine, got: Answer) -> bool:
    """True for most answers that are the recorded one, at a fraction of what comparing costs."""
    outcome = got.outcome
    if line.printed_bytes != got.printed_bytes or (
        got.printed_bytes and not _prints_plainly(line, got)
    ):
        return False
    if type(outcome) is Accepted:
        return line.signal == outcome.signal
    if type(outcome) is Ports:
        return line.ports == outcome.names
    if type(outcome) is Verdict:
        return line.passes is outcome.passes
    if type(outcome) is not Emitted or len(outcome.outputs) != 1 or len(line.outputs) != 1:
        return False
    ((data, buffer_type), content_type), recorded = outcome.outputs[0], line.outputs[0]
    return (
        recorded.text is not None
        and recorded.text.encode() == data
        and recorded.content_type == content_type == buffer_type
        and recorded.buffer_type is None
    )


def _prints_plainly(line: CallLine, got: Answer) -> bool:
    if len(got.printed) != 1 or len(line.printed) != 1:
        return False
    written, recorded = got.printed[0], line.printed[0]
    return (
        recorded.stream == written.stream
        and recorded.text is not None
        and recorded.text.encode() == written.data
    )


def _same_answer(line: CallLine, outcome: Outcome) -> bool:
    """Whether the call ended as recorded; payloads are not looked at."""
    if line.answer != ANSWER_NAMES[type(outcome)]:
        return False
    if isinstance(outcome, Emitted):
        return len(line.outputs) == len(outcome.outputs)
    if isinstance(outcome, Accepted):
        return line.signal == outcome.signal
    if isinstance(outcome, Ports):
        return (line.ports or ()) == outcome.names
    if isinstance(outcome, Verdict):
        return line.passes is outcome.passes
    return not isinstance(outcome, Failed) or line_words(line) == outcome_words(outcome)


def steps_of_file(
    reader: RecordingReader, redactor: Redactor | None = None
) -> Iterator[ReplayStep]:
    """What a recording holds, from its start on; `redactor` is the one it was made with.

    Raises:
        StudioError: the file is damaged, or holds a command this release does not know (E0001).
    """
    return map(attrgetter("step"), steps_from(reader, None, redactor))


class PlacedStep(NamedTuple):
    """What a line of a recording repeats, and where the line stands."""

    number: int
    """Of the line."""
    offset: int
    """Where it begins, in bytes."""
    step: ReplayStep


def steps_from(
    reader: RecordingReader,
    begin: LinePlace | None = None,
    redactor: Redactor | None = None,
    *,
    digests: bool = True,
) -> Iterator[PlacedStep]:
    """What a recording holds from a place on, without one all of it; see `RecordingReader.lines`.

    Raises `StudioError` as `steps_of_file` does.
    """
    for number, offset, _, line in reader.lines(begin, digests=digests):
        if type(line) is CallLine:
            yield PlacedStep(number, offset, LineStep(line, redactor))
        elif type(line) is CommandLine:
            yield PlacedStep(number, offset, _command(reader, number, line))


def _command(reader: RecordingReader, number: int, line: CommandLine) -> Command:
    try:
        return command_of(line)
    except ValueError as error:
        raise StudioError(
            [
                Diagnostic(
                    Severity.ERROR,
                    Code.IO,
                    f"the recording cannot be repeated: {error}",
                    f"Open it with torvyn-studio {reader.header.studio} or newer.",
                    file=str(reader.path),
                    line=number,
                )
            ]
        ) from error
