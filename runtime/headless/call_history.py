"""A recorded call, with all that its instance was called with before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from runtime.headless.recorded_events import not_kept, recorded_events, unkept_outputs
from runtime.model.call import Call, Export, HostInput
from runtime.model.codes import Code
from runtime.model.commands import Relink, Swap
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.events import CallFinished
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import LinkedFlow, LinkedNode
from runtime.recording.file.reader import RecordingReader
from runtime.recording.file.recorded_flow import recorded_flow
from runtime.recording.format import CallLine
from runtime.recording.replay.steps import LineStep


@dataclass(frozen=True, slots=True)
class CallHistory:
    """One call and those before it that may have left a trace in its instance."""

    flow: LinkedFlow
    """As it was recorded, at that call."""
    node: LinkedNode
    """With the build and the configuration that the instance had."""
    init_inputs: tuple[HostInput, ...]
    """What the host answered in the `init` of the instance."""
    wall_ns: int
    """When the recording began."""
    calls: tuple[CallFinished, ...]
    """Since that `init`, which is not among them unless it is the call itself; the call is the
    last one."""

    @property
    def call(self) -> Call:
        """The call itself."""
        return self.calls[-1].call


def call_history(path: Path, number: int) -> CallHistory:
    """Call `number` of a recording, with what its instance was called with since its `init`.

    Raises:
        StudioError: the file cannot be read, is damaged, lost its beginning, does not hold the
            payloads of these calls (E0001), or has no such call (E0703).
    """
    with RecordingReader(path) as reader:
        reader.require_beginning()
        flow = recorded_flow(reader.header, str(path))
        wall_ns = reader.header.wall_ns
        last, name = 0, None
        for _, _, _, line in reader:
            if isinstance(line, CallLine):
                last = line.call
                if last == number:
                    name = line.node
                    break
    if name is None:
        raise StudioError([_no_call(path, number, last)])
    node, calls, inputs = flow.by_name.get(name), list[CallFinished](), tuple[HostInput, ...]()
    sizes: dict[int, int] = {}

    def note_unkept(step: LineStep) -> None:
        for output in unkept_outputs(step.line):
            if output.id is not None:
                sizes[output.id] = output.size

    for command, events in recorded_events(path, note_unkept, sizes_suffice=True):
        if isinstance(command, Relink):
            flow = command.flow
            node = flow.by_name.get(name, node)
        elif isinstance(command, Swap) and command.node == name and node is not None:
            node = replace(node, digest=command.digest)
            calls, inputs = [], command.host
        for event in events:
            if type(event) is not CallFinished or event.call.node != name:
                continue
            calls.append(event)
            if event.call.number == number:
                assert node is not None, f"{name} was called and is in no graph"
                _require_payloads(path, calls, sizes)
                return CallHistory(flow, node, inputs, wall_ns, tuple(calls))
            if event.call.export is Export.INIT and node is not None:
                node = replace(node, config=event.call.argument)
                calls, inputs = [], event.answer.host
    raise StudioError([_no_call(path, number, last)])


def _require_payloads(path: Path, calls: list[CallFinished], sizes: dict[int, int]) -> None:
    """`sizes` are those of the elements of which the recording holds no payload."""
    for event in calls:
        given = event.call.element
        for element in (*event.outputs, *(() if given is None else (given,))):
            if element.id in sizes:
                call = event.call
                what = (
                    f"the payload of element {element.id} ({sizes[element.id]:,} bytes) was not "
                    f"kept (call {call.number:,}, {call.node} {call.export.value})"
                )
                raise StudioError([not_kept(path, what)])


def _no_call(path: Path, number: int, last: int) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.INVALID_VALUE,
        f"the recording has no call {number:,}: it has {last:,}",
        "`torvyn-studio trace FILE` lists the calls of each element.",
        file=str(path),
    )
