"""Elements traced through a recording: its calls are answered, no component is needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from runtime.engine.core import Engine
from runtime.headless.chosen_calls import ChosenLineages
from runtime.headless.recorded_events import recorded_events
from runtime.lineage.element_traces import ElementTraces
from runtime.model.element import Element
from runtime.model.linked import LinkedFlow
from runtime.recording.file.reader import RecordingReader, end_of_recording
from runtime.recording.file.recorded_flow import recorded_flow
from runtime.recording.replay.steps import LineStep

CALLS_AT_ONCE = 1_000
"""Calls read between two reports of progress, or two looks at whether there is more to come."""


def trace_recording(
    path: Path,
    chosen: ChosenLineages | None = None,
    target: Callable[[Element], bool] | None = None,
    on_progress: Callable[[int, int | None], object] | None = None,
    *,
    until_complete: bool = False,
) -> tuple[LinkedFlow, ElementTraces]:
    """The recorded flow as it began, and the way of each element; `chosen` hears of every call.

    For `target` see `ElementTraces`. Copies are known where the recording has the measures of all
    its calls. `on_progress` hears now and then how many calls were read, and of how many; None
    where the recording does not say. With `until_complete` nothing is read after what became of the
    target is known, and the figures of all elements are those up to there: for a target that is
    one element.

    Raises:
        StudioError: the file cannot be read, is damaged, lost its beginning, or does not hold
            payloads that the condition of `chosen` looks into (E0001).
    """
    with RecordingReader(path) as reader:
        reader.require_beginning()
        flow = recorded_flow(reader.header, str(path))
    end = None if on_progress is None else end_of_recording(path)
    in_all = None if end is None else end.calls
    traces = ElementTraces(flow, target=target)
    calls = None if chosen is None else chosen.of(flow)
    read = 0
    engines: list[Engine] = []

    def on_call(step: LineStep) -> None:
        nonlocal read
        read += 1
        if step.line.measures is None:
            traces.forget_copies()
        if on_progress is not None and not read % CALLS_AT_ONCE:
            on_progress(read, in_all)

    told_of = recorded_events(
        path,
        on_call,
        engines.append,
        sizes_suffice=chosen is None or not chosen.reads_payloads,
    )
    for told, (command, events) in enumerate(told_of, 1):
        traces.record(command, events)
        if calls is not None:
            calls.record(command, events)
        look = until_complete and not told % CALLS_AT_ONCE
        if look and traces.are_complete(engines[0].in_flight()):
            break
    return flow, traces
