"""From lines of a recording back to what components answered."""

from __future__ import annotations

from collections.abc import Callable

from runtime.model.call import (
    FAILURE_STDERR_BYTES,
    NO_COPIES,
    Absorbed,
    Accepted,
    Answer,
    CopyCount,
    Discarded,
    Emitted,
    Exhausted,
    Failed,
    Failure,
    FailureKind,
    Finished,
    HostInput,
    Outcome,
    Output,
    Ports,
    Printed,
    Signal,
    Verdict,
)
from runtime.model.codes import Code
from runtime.model.component.stack import StackFrame
from runtime.model.element import Buffer
from runtime.model.named_tuples.constructors import new_answer
from runtime.recording.format import CallLine, HostLine, OutputLine
from runtime.recording.payload_encoding import from_text


def payload_of(line: OutputLine) -> bytes | None:
    """The payload, or None when only its digest was kept. Raises `ValueError` for bad base64."""
    return from_text(line.text, line.base64)


def output_of(line: OutputLine) -> Output:
    """The output with its payload. Raises `ValueError` when the recording does not hold it."""
    data = payload_of(line)
    if data is None:
        raise ValueError(f"the payload of element {line.id} ({line.size:,} bytes) was not kept")
    buffer_type = line.content_type if line.buffer_type is None else line.buffer_type
    return Output(Buffer(data, buffer_type), line.content_type)


def host_inputs_of(lines: tuple[HostLine, ...]) -> tuple[HostInput, ...]:
    """Host inputs, in order. Raises `ValueError` for bad base64."""
    return tuple(HostInput(line.interface, line.function, _host_value(line)) for line in lines)


def answer_of(line: CallLine) -> Answer:
    """What the call gave back.

    Raises:
        ValueError: a payload is not in the recording, or the answer makes no sense.
    """
    read = _OUTCOMES.get(line.answer)
    if read is None:
        raise ValueError(f"no answer {line.answer!r}; there are {', '.join(_OUTCOMES)}")
    printed: tuple[Printed, ...] = ()
    if line.printed:
        printed = tuple(
            Printed(item.stream, from_text(item.text, item.base64) or b"", item.granted)
            for item in line.printed
        )
    measures = line.measures
    copies, fuel, memory_bytes = NO_COPIES, 0, 0
    if measures is not None:
        fuel, memory_bytes = measures.fuel, measures.memory_bytes
        if measures.reads or measures.writes:
            copies = CopyCount(
                measures.reads, measures.read_bytes, measures.writes, measures.write_bytes
            )
    return Answer(
        read(line),
        line.duration_ns,
        copies,
        printed,
        line.printed_bytes,
        host_inputs_of(line.host) if line.host else (),
        fuel,
        memory_bytes,
    )


def with_duration(answer: Answer, duration_ns: int) -> Answer:
    """`answer` as if it had taken `duration_ns`."""
    outcome, _, copies, printed, printed_bytes, host, fuel, memory_bytes = answer
    # Twice as fast as calling the class, and a replay does it for every call.
    return new_answer(
        Answer,
        (outcome, duration_ns, copies, printed, printed_bytes, host, fuel, memory_bytes),
    )


def refusal(message: str) -> Answer:
    """The answer to a call that the recording cannot answer."""
    return Answer(
        Failed(
            Failure.of(
                FailureKind.INTERNAL,
                message,
                Code.CONTRACT_MISMATCH,
                "Look at the divergence: the replay ends here.",
                False,
            )
        )
    )


def _host_value(line: HostLine) -> int | bytes:
    if line.value is not None:
        return line.value
    return from_text(None, line.base64) or b""


def _failed(line: CallLine) -> Outcome:
    if line.failure is None:
        raise ValueError("answer 'failed' without a failure")
    item = line.failure
    runs = [from_text(run.text, run.base64) or b"" for run in line.printed]
    stderr = b"".join(
        data for data, run in zip(runs, line.printed, strict=True) if run.stream == "stderr"
    )
    return Failed(
        Failure(
            FailureKind(item.kind),
            item.message,
            item.code,
            item.name,
            item.help,
            item.crashed,
            tuple(
                StackFrame(frame.function, frame.file, frame.line, frame.column, frame.runtime)
                for frame in item.frames
            ),
            stderr[-FAILURE_STDERR_BYTES:],
            len(stderr) > FAILURE_STDERR_BYTES or line.printed_bytes > sum(map(len, runs)),
        )
    )


def _accepted(line: CallLine) -> Outcome:
    if line.signal is None:
        raise ValueError("answer 'accepted' without a signal")
    return _ACCEPTED.get(line.signal) or Accepted(Signal(line.signal))


_ACCEPTED = {signal.value: Accepted(signal) for signal in Signal}
"""A member of an enum is slow to find by its value."""


def _emitted(line: CallLine) -> Outcome:
    outputs = line.outputs
    if len(outputs) == 1 and outputs[0].text is not None and outputs[0].buffer_type is None:
        only, content_type = outputs[0], outputs[0].content_type
        assert only.text is not None
        return Emitted((Output(Buffer(only.text.encode(), content_type), content_type),))
    return Emitted(tuple(map(output_of, outputs)))


_OUTCOMES: dict[str, Callable[[CallLine], Outcome]] = {
    "emitted": _emitted,
    "exhausted": lambda line: Exhausted(),
    "discarded": lambda line: Discarded(),
    "absorbed": lambda line: Absorbed(),
    "verdict": lambda line: Verdict(bool(line.passes)),
    "ports": lambda line: Ports(line.ports or ()),
    "accepted": _accepted,
    "finished": lambda line: Finished(),
    "failed": _failed,
}
