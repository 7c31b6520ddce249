"""What happened in a recording: its calls are answered from it, no component is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import structs

from runtime.engine.core import Engine
from runtime.model.call import Answer, Call, Emitted, Output
from runtime.model.codes import Code
from runtime.model.commands import Command
from runtime.model.element import MAX_BUFFER_BYTES, Buffer
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.events import Event
from runtime.recording.answers import answer_of, output_of, refusal
from runtime.recording.file.header import engine_options
from runtime.recording.file.reader import RecordingReader
from runtime.recording.file.recorded_flow import recorded_flow
from runtime.recording.format import CallLine, OutputLine
from runtime.recording.payload_encoding import FULL_PAYLOAD_BYTES
from runtime.recording.replay.divergence import Divergence
from runtime.recording.replay.replayer import Replayer, ReplayInvoker
from runtime.recording.replay.steps import LineStep, ReplayStep, steps_of_file


class _NoComponents:
    """Stands where components would: the recording answers every call that it holds whole."""

    def invoke(self, call: Call) -> Answer:
        """Refuse it."""
        return refusal(f"the recording does not hold what {call.node} answered")


class _SizedStep(LineStep):
    """A call whose outputs are of the recorded sizes, where no more of them was kept."""

    def answer(self) -> Answer:
        """What it gave back, with zeros for payloads that were not kept."""
        line = self.line
        if not unkept_outputs(line):
            return answer_of(line)
        outputs = tuple(map(_sized_output, line.outputs))
        return answer_of(structs.replace(line, outputs=()))._replace(outcome=Emitted(outputs))


def unkept_outputs(line: CallLine) -> list[OutputLine]:
    """The outputs of a call of which the recording holds a digest and no payload."""
    return [one for one in line.outputs if one.text is None and one.base64 is None]


def _sized_output(line: OutputLine) -> Output:
    if line.text is not None or line.base64 is not None or line.size > MAX_BUFFER_BYTES:
        return output_of(line)
    buffer_type = line.content_type if line.buffer_type is None else line.buffer_type
    return Output(Buffer(bytes(line.size), buffer_type), line.content_type)


def recorded_events(
    path: Path,
    on_call: Callable[[LineStep], object] | None = None,
    on_engine: Callable[[Engine], object] | None = None,
    *,
    sizes_suffice: bool = False,
) -> Iterator[tuple[Command, list[Event]]]:
    """Each command of a recording with its events, elements with their payloads.

    With `sizes_suffice` payloads that the recording does not hold are zeros in their number:
    for whoever looks at sizes alone.

    `on_call` is given each call as the recording has it, before its events come. `on_engine` is
    given the engine that repeats the run, before the first command.

    Raises:
        StudioError: the file cannot be read, is damaged, lost its beginning, or does not hold
            its payloads (E0001), which is raised in place of the first call that lacks one.
    """
    with RecordingReader(path) as reader:
        reader.require_beginning()
        flow = recorded_flow(reader.header, str(path))
        options = engine_options(reader.header)
        invoker = ReplayInvoker(
            _NoComponents(),
            frozenset(node.name for node in flow.nodes),
            crashes_from_recording=True,
            all_from_recording=True,
        )
        steps = steps_of_file(reader)
        if sizes_suffice:
            steps = map(_sized, steps)
        told = steps if on_call is None else _telling(steps, on_call)
        engine = Engine(flow, invoker, options)
        replayer = Replayer(lambda: told, lambda _: engine, invoker)
        if on_engine is not None:
            on_engine(engine)
        for told_of in replayer.run():
            if replayer.divergence is not None:
                break
            yield told_of
    if replayer.divergence is not None:
        raise StudioError([_not_answered(path, replayer.divergence)])


def _sized(step: ReplayStep) -> ReplayStep:
    return _SizedStep(step.line) if type(step) is LineStep else step


def _telling(
    steps: Iterator[ReplayStep], on_call: Callable[[LineStep], object]
) -> Iterator[ReplayStep]:
    for step in steps:
        if isinstance(step, LineStep):
            on_call(step)
        yield step


def not_kept(path: Path, what: str) -> Diagnostic:
    """What is missing in a recording of which payloads are needed."""
    return Diagnostic(
        Severity.ERROR,
        Code.IO,
        f"the recording does not hold all that this needs: {what}",
        f"Of payloads above {FULL_PAYLOAD_BYTES:,} bytes that can be made again only the digest "
        "is kept: replay the recording, or take the manifest itself.",
        file=str(path),
    )


def _not_answered(path: Path, divergence: Divergence) -> Diagnostic:
    if divergence.what == "recording":
        where = f"call {divergence.call:,}, {divergence.node} {divergence.export}"
        return not_kept(path, f"{divergence.got} ({where})")
    return Diagnostic(
        Severity.ERROR,
        Code.IO,
        f"the recording cannot be told to its end: {divergence.render()}",
        "Take the manifest itself.",
        file=str(path),
    )
