"""What a replay repeats: recorded calls, from a ring or from a file, and commands."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.model.call import (
    Accepted,
    Answer,
    Emitted,
    Failed,
    HostAnswer,
    Outcome,
    Output,
    Ports,
    Verdict,
)
from runtime.model.commands import Command
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.recording.answers import answer_of, host_answers_of, payload_of
from runtime.recording.call_step import CallStep, ReplayStep, Unlike
from runtime.recording.commands import command_of
from runtime.recording.describe import (
    line_words,
    outcome_words,
    output_words,
    payload_words,
    printed_words,
)
from runtime.recording.format import CallLine, CommandLine, ElementLine, OutputLine
from runtime.recording.lines import ANSWER_NAMES, Redactor, cleaned_print
from runtime.recording.payload import digest_of, digest_of_runs
from runtime.recording.reader import RecordingReader
from runtime.recording.ring_steps import CompactStep, EventStep, steps_of_ring

__all__ = [
    "CallStep",
    "CompactStep",
    "EventStep",
    "LineStep",
    "ReplayStep",
    "Unlike",
    "steps_of_file",
    "steps_of_ring",
]


class LineStep(CallStep):
    """A call read from a file."""

    __slots__ = (
        "_clean",
        "argument",
        "at_ns",
        "duration_ns",
        "element",
        "export",
        "line",
        "node",
        "number",
    )

    number: int
    node: str
    export: str
    argument: str
    element: ElementLine | None
    at_ns: int
    duration_ns: int

    def __init__(self, line: CallLine, redactor: Redactor | None = None) -> None:
        self.number = line.call
        self.node = line.node
        self.export = line.export
        self.argument = line.argument
        self.element = line.element
        self.at_ns = line.at_ns
        self.duration_ns = line.duration_ns
        self.line = line
        self._clean = redactor

    @property
    def host(self) -> tuple[HostAnswer, ...]:
        """What the host answered during it."""
        return host_answers_of(self.line.host) if self.line.host else ()

    @property
    def crashed(self) -> bool:
        """Whether it made its instance unusable."""
        return self.line.failure is not None and self.line.failure.crashed

    def answer(self) -> Answer:
        """What it gave back. Raises `ValueError` when the recording does not hold it all."""
        return answer_of(self.line)

    def unlike(self, got: Answer) -> Unlike | None:
        """The first thing in which `got` is not what was recorded."""
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
        if line.printed_bytes == total and line.printed_digest == digest_of_runs(runs):
            return None
        expected = f"{line.printed_bytes} bytes"
        if line.printed:
            expected = printed_words(answer_of(line)) if not line.outputs else expected
        return Unlike("printed", expected, printed_words(got))

    def _cleaned(self, data: bytes) -> bytes:
        return data if self._clean is None else self._clean.payload(data)


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
    """What a recording holds; `redactor` is the one it was made with.

    Raises:
        StudioError: the file is damaged, or holds a command this release does not know (E0001).
    """
    for number, _, _, line in reader:
        if isinstance(line, CallLine):
            yield LineStep(line, redactor)
        elif isinstance(line, CommandLine):
            yield _command(reader, number, line)


def _command(reader: RecordingReader, number: int, line: CommandLine) -> Command:
    try:
        return command_of(line)
    except ValueError as error:
        raise StudioError(
            [
                Diagnostic(
                    Severity.ERROR,
                    "E0001",
                    "IoError",
                    f"the recording can not be repeated: {error}",
                    f"Open it with torvyn-studio {reader.header.studio} or newer.",
                    file=str(reader.path),
                    line=number,
                )
            ]
        ) from error
