"""The calls of a run for which a condition holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from runtime.execution.wording import EventWording
from runtime.expression.call_record import CallRecord
from runtime.expression.expression import Condition
from runtime.headless.run import RunRecorder
from runtime.model.commands import Command
from runtime.model.events import CallFinished, Event
from runtime.model.linked import LinkedFlow
from runtime.protocol.logs.event_lines import EventLine

OnCall = Callable[[CallRecord, EventLine], None]


class ChosenCalls:
    """Tells of each call for which the condition holds; see `RunRecorder`."""

    def __init__(self, condition: Condition, flow: LinkedFlow, on_call: OnCall) -> None:
        self._condition = condition
        self._flow = flow
        self._words = EventWording(flow)
        self._on_call = on_call
        self.count = 0
        """Calls told of."""

    def record(self, command: Command, events: list[Event]) -> None:
        """Take what happened."""
        for event in events:
            if isinstance(event, CallFinished):
                record = CallRecord(event, self._flow)
                record.hits = self.count
                if self._condition.holds(record):
                    self.count += 1
                    self._on_call(record, self._words.line(event.call.number, event))


class ChosenLineages:
    """Notes the lineages of the elements that had a call for which the condition holds."""

    def __init__(self, condition: Condition) -> None:
        self.lineages: set[int] = set()
        self._condition = condition

    @property
    def reads_payloads(self) -> bool:
        """Whether the condition may look into payloads, and not at their sizes alone."""
        return not self._condition.fields.isdisjoint({"text", "json", "outputs"})

    def of(self, flow: LinkedFlow) -> ChosenCalls:
        """What is to be told of the flow's calls."""
        return ChosenCalls(self._condition, flow, self._note)

    def _note(self, record: CallRecord, line: EventLine) -> None:
        event = record.event
        elements = event.outputs if event.call.element is None else (event.call.element,)
        self.lineages.update(element.lineage for element in elements)


class ChosenRecording:
    """Records the calls for which the condition holds, and leaves all others out."""

    def __init__(self, condition: Condition, flow: LinkedFlow, recording: RunRecorder) -> None:
        self._condition = condition
        self._flow = flow
        self._recording = recording
        self.count = 0
        """Calls recorded."""

    def record(self, command: Command, events: list[Event]) -> None:
        """Take what happened."""
        kept: list[Event] = []
        for event in events:
            if isinstance(event, CallFinished):
                record = CallRecord(event, self._flow)
                record.hits = self.count
                if not self._condition.holds(record):
                    continue
                self.count += 1
            kept.append(event)
        self._recording.record(command, kept)


class Recorders:
    """Several recorders as one."""

    def __init__(self, recorders: Sequence[RunRecorder]) -> None:
        self._recorders = tuple(recorders)

    def record(self, command: Command, events: list[Event]) -> None:
        """Take what happened."""
        for recorder in self._recorders:
            recorder.record(command, events)
