"""Comparing two builds of one component on what was recorded at its node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from runtime.engine.invoker import Invoker
from runtime.model.call import Answer, Call, Export, Failed, HostInput
from runtime.model.element import Element
from runtime.model.events import CallFinished
from runtime.model.linked import LinkedFlow
from runtime.recording.answers import host_inputs_of, output_of
from runtime.recording.describe import element_words
from runtime.recording.diff.call_differences import CallComparer
from runtime.recording.diff.differences import NOTHING_IGNORED, Ignore
from runtime.recording.diff.report import Difference, Report
from runtime.recording.encoding import LineMaker, RecordingOptions
from runtime.recording.file.reader import RecordingReader
from runtime.recording.format import CallLine, ElementLine
from runtime.recording.replay.partial import ElementWindow, makers_of, missing_payload
from runtime.recording.replay.replayer import HostInputFeed


class RecordedCall(NamedTuple):
    """A call that can be made again."""

    call: Call
    host: tuple[HostInput, ...]
    """Its host inputs, in order."""


class BuildUnderTest(NamedTuple):
    """One build of the component, ready to be called."""

    invoker: Invoker
    host: HostInputFeed | None = None
    """Where its clock and random come from."""


def calls_of_node(recording: Path, flow: LinkedFlow, node: str) -> Iterator[RecordedCall]:
    """The calls of one node with their elements, in order.

    Raises:
        StudioError: the file is damaged, or does not hold a payload (E0001).
    """
    linked = flow.by_name[node]
    window = ElementWindow(makers_of(flow, linked))
    with RecordingReader(recording) as reader:
        for number, _, _, line in reader:
            if not isinstance(line, CallLine):
                continue
            window.add(line)
            if line.node == node:
                element = None
                if line.element is not None:
                    element = _element(reader, number, window, line.element)
                argument = linked.config if line.export == Export.INIT else line.argument
                call = Call(line.call, node, Export(line.export), element, argument)
                yield RecordedCall(call, host_inputs_of(line.host))


def compare_builds(
    calls: Iterable[RecordedCall],
    before: BuildUnderTest,
    after: BuildUnderTest,
    role: str,
    ignore: Ignore = NOTHING_IGNORED,
) -> Report:
    """Make every call on both builds and compare what they answer.

    A build that crashed is initialised again before its next call, as the engine does.
    """
    report = Report()
    comparer = CallComparer(ignore)
    runs = _BuildRun(before), _BuildRun(after)
    for recorded in calls:
        call = recorded.call
        one, other = (run.line(recorded) for run in runs)
        report.count(call.node, role).compared += 1
        part = comparer.difference(one, other)
        if part is not None:
            report.add(
                Difference(
                    call.node,
                    call.export.value,
                    element_words(call.element),
                    call.number,
                    call.number,
                    *part,
                ),
                role,
            )
    report.finish()
    return report


class _BuildRun:
    """One build at work."""

    def __init__(self, build: BuildUnderTest) -> None:
        self._build = build
        self._maker = LineMaker(RecordingOptions(payload_limit=2**63))
        self._init: RecordedCall | None = None
        self._crashed = False

    def line(self, recorded: RecordedCall) -> CallLine:
        """What the build answers, as a line."""
        call = recorded.call
        if call.export is Export.INIT:
            self._init = recorded
        elif self._crashed and call.export is not Export.TEARDOWN and self._init is not None:
            self._answer(self._init)
        line = self._maker.line(CallFinished(call, self._answer(recorded), 0))
        assert isinstance(line, CallLine)
        return line

    def _answer(self, recorded: RecordedCall) -> Answer:
        if self._build.host is not None:
            self._build.host.begin(recorded.call.node, recorded.host)
        answer = self._build.invoker.invoke(recorded.call)
        outcome = answer.outcome
        self._crashed = isinstance(outcome, Failed) and outcome.failure.crashed
        return answer


def _element(
    reader: RecordingReader, number: int, window: ElementWindow, line: ElementLine
) -> Element:
    found = window.find(line.id)
    if found is None:
        raise missing_payload(reader, number, f"element {line.id}")
    try:
        output = output_of(found)
    except ValueError as error:
        raise missing_payload(reader, number, str(error)) from error
    return Element(
        line.id,
        line.lineage,
        line.source,
        line.sequence,
        found.timestamp_ns or 0,
        output.content_type,
        output.payload,
    )
