"""Elements traced through a recording: its calls are answered, no component is needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from runtime.headless.chosen_calls import ChosenLineages
from runtime.headless.recorded_events import recorded_events
from runtime.lineage.element_traces import ElementTraces
from runtime.model.element import Element
from runtime.model.linked import LinkedFlow
from runtime.recording.file.reader import RecordingReader
from runtime.recording.file.recorded_flow import recorded_flow


def trace_recording(
    path: Path,
    chosen: ChosenLineages | None = None,
    target: Callable[[Element], bool] | None = None,
) -> tuple[LinkedFlow, ElementTraces]:
    """The recorded flow as it began, and the way of each element; `chosen` hears of every call.

    For `target` see `ElementTraces`.

    Raises:
        StudioError: the file cannot be read, is damaged, lost its beginning, or does not hold
            its payloads (E0001).
    """
    with RecordingReader(path) as reader:
        reader.require_beginning()
        flow = recorded_flow(reader.header, str(path))
    traces = ElementTraces(flow, copies_known=False, target=target)
    calls = None if chosen is None else chosen.of(flow)
    for command, events in recorded_events(path):
        traces.record(command, events)
        if calls is not None:
            calls.record(command, events)
    return flow, traces
