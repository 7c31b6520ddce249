"""What happened in a recording: its calls are answered from it, no component is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from runtime.engine.core import Engine
from runtime.model.call import Answer, Call
from runtime.model.codes import Code
from runtime.model.commands import Command
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.events import Event
from runtime.recording.answers import refusal
from runtime.recording.file.header import engine_options
from runtime.recording.file.reader import RecordingReader
from runtime.recording.file.recorded_flow import recorded_flow
from runtime.recording.replay.replayer import Replayer, ReplayInvoker
from runtime.recording.replay.steps import LineStep, ReplayStep, steps_of_file


class _NoComponents:
    """Stands where components would: the recording answers every call that it holds whole."""

    def invoke(self, call: Call) -> Answer:
        """Refuse it."""
        return refusal(f"the recording does not hold what {call.node} answered")


def recorded_events(
    path: Path,
    on_call: Callable[[LineStep], object] | None = None,
    on_engine: Callable[[Engine], object] | None = None,
) -> Iterator[tuple[Command, list[Event]]]:
    """Each command of a recording with its events, elements with their payloads.

    `on_call` is given each call as the recording has it, before its events come. `on_engine` is
    given the engine that repeats the run, before the first command.

    Raises:
        StudioError: the file cannot be read, is damaged, lost its beginning, or does not hold
            its payloads (E0001).
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
        told = steps if on_call is None else _telling(steps, on_call)
        engine = Engine(flow, invoker, options)
        replayer = Replayer(lambda: told, lambda _: engine, invoker)
        if on_engine is not None:
            on_engine(engine)
        yield from replayer.run()
    if replayer.divergence is not None:
        raise StudioError([_not_answered(path, replayer.divergence.render())])


def _telling(
    steps: Iterator[ReplayStep], on_call: Callable[[LineStep], object]
) -> Iterator[ReplayStep]:
    for step in steps:
        if isinstance(step, LineStep):
            on_call(step)
        yield step


def _not_answered(path: Path, why: str) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.IO,
        f"the recording cannot be traced to its end: {why}",
        "Trace the manifest itself, or record with payloads.",
        file=str(path),
    )
