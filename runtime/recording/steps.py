"""What a replay repeats: recorded calls, from a ring or from a file, and commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

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
from runtime.model.element import Element
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.events import CallFinished
from runtime.recording.answers import answer_of, host_answers_of, payload_of
from runtime.recording.commands import command_of
from runtime.recording.describe import (
    line_words,
    outcome_words,
    output_words,
    payload_words,
    printed_words,
)
from runtime.recording.format import CallLine, CommandLine, ElementLine, OutputLine
from runtime.recording.lines import ANSWER_NAMES, Redactor, cleaned_print, printed_runs
from runtime.recording.payload import digest_of, digest_of_runs
from runtime.recording.reader import RecordingReader
from runtime.recording.ring import Ring


class Unlike(NamedTuple):
    """In what an answer is not the recorded one."""

    what: str
    """E.g. "output 1" or "printed"."""
    expected: str
    got: str


class CallStep:
    """A recorded call."""

    __slots__ = ("at_ns", "duration_ns", "element", "export", "node", "number")

    number: int
    """Number of the call in its session."""
    node: str
    """Node that was called."""
    export: str
    """The value of a `runtime.model.call.Export`."""
    element: Element | ElementLine | None
    """The element it was given."""
    at_ns: int
    """Flow time when it began."""
    duration_ns: int
    """Time inside the component."""

    @property
    def host(self) -> tuple[HostAnswer, ...]:
        """What the host answered during it."""
        raise NotImplementedError

    def answer(self) -> Answer:
        """What it gave back. Raises `ValueError` when the recording does not hold it all."""
        raise NotImplementedError

    def unlike(self, got: Answer) -> Unlike | None:
        """The first thing in which `got` is not what was recorded."""
        raise NotImplementedError


ReplayStep = CallStep | Command


class EventStep(CallStep):
    """A call that is still in memory."""

    __slots__ = ("_answer",)

    def __init__(self, event: CallFinished) -> None:
        call, answer = event.call, event.answer
        self.number = call.number
        self.node = call.node
        self.export = call.export
        self.element = call.element
        self.at_ns = event.at_ns
        self.duration_ns = answer.duration_ns
        self._answer = answer

    @property
    def host(self) -> tuple[HostAnswer, ...]:
        """What the host answered during it."""
        return self._answer.host

    def answer(self) -> Answer:
        """What it gave back."""
        return self._answer

    def unlike(self, got: Answer) -> Unlike | None:
        """The first thing in which `got` is not what was recorded."""
        expected = self._answer
        if expected.outcome != got.outcome:
            return _unlike_outcome(expected, got)
        if expected.printed_bytes != got.printed_bytes or (
            got.printed and printed_runs(expected.printed) != printed_runs(got.printed)
        ):
            return Unlike("printed", printed_words(expected), printed_words(got))
        return None


class LineStep(CallStep):
    """A call read from a file."""

    __slots__ = ("_clean", "line")

    def __init__(self, line: CallLine, redactor: Redactor | None = None) -> None:
        self.number = line.call
        self.node = line.node
        self.export = line.export
        self.element = line.element
        self.at_ns = line.at_ns
        self.duration_ns = line.duration_ns
        self.line = line
        self._clean = redactor

    @property
    def host(self) -> tuple[HostAnswer, ...]:
        """What the host answered during it."""
        return host_answers_of(self.line.host) if self.line.host else ()

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


def _unlike_outcome(expected: Answer, got: Answer) -> Unlike:
    before, after = expected.outcome, got.outcome
    if (
        isinstance(before, Emitted)
        and isinstance(after, Emitted)
        and len(before.outputs) == len(after.outputs)
    ):
        pairs = zip(before.outputs, after.outputs, strict=True)
        index, (one, other) = next(
            (index, pair) for index, pair in enumerate(pairs) if pair[0] != pair[1]
        )
        return Unlike(f"output {index}", _output_words(one), _output_words(other))
    return Unlike("answer", outcome_words(before), outcome_words(after))


def _output_words(output: Output) -> str:
    return payload_words(output.payload.data, output.content_type)


def steps_of_ring(ring: Ring, until: int | None = None) -> Iterator[ReplayStep]:
    """What the ring kept, up to and with call `until`."""
    for entry in ring.entries(until):
        yield EventStep(entry) if isinstance(entry, CallFinished) else entry


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
