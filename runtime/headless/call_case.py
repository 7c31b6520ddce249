"""A recorded call as a case of its own: a folder that `replay` runs without the flow it is from.

The case is a flow of three nodes: a source that gives nothing, the component, and a sink that takes
everything. Its recording puts every element that the instance was given into the component's
queue, with the number and time it had, and holds what the component answered.

Next to it lies the same as one component that `wasmtime run` makes the calls with, for its
debugger.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import replace
from pathlib import Path, PurePosixPath

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.headless.call_history import CallHistory
from runtime.headless.case_read_me import READ_ME, debugging, read_me
from runtime.headless.replay import HeadlessReplay, ReplayOptions
from runtime.model.call import (
    Accepted,
    Answer,
    Call,
    Exhausted,
    Export,
    Finished,
    Outcome,
    Signal,
)
from runtime.model.codes import Code
from runtime.model.commands import Advance, Command, Inject, Start, Step
from runtime.model.errors import Diagnostic, Severity, StudioError
from runtime.model.events import Event
from runtime.model.files.input_file import read_input
from runtime.model.lazy.dataclass import dataclass
from runtime.model.linked import (
    DEFAULT_LIMITS,
    ROLE_INTERFACES,
    ErrorPolicy,
    LinkedNode,
    Role,
    SchedulePolicy,
)
from runtime.opening.open import OpenedFlow, open_flow
from runtime.opening.recorded.recordings import open_recording
from runtime.opening.trust.trust import Admit, require_trust
from runtime.recording.encoding import RecordingOptions
from runtime.recording.file.header import header_of
from runtime.recording.file.writer import FileWriter
from runtime.recording.recorder import entries_of
from runtime.recording.replay.expectation import end_of
from runtime.recording.run_facts import run_facts
from runtime.scaffold.new_files import remove_new, write_new
from runtime.wasm.debug_case.case_calls import CaseCalls
from runtime.wasm.debug_case.component_prefix import UnusualComponentError
from runtime.wasm.debug_case.compose import compose
from runtime.wasm.host import surfaces_of
from runtime.wasm.host_functions.capabilities import read_grants
from runtime.wasm.stand_ins import stand_in_sink, stand_in_source

RECORDING = "call.rec"
"""The recording of a case, next to its `Torvyn.toml`."""
DEBUG_COMPONENT = "debug.wasm"
"""The component of a case that makes the calls by itself."""
_COMPONENT = PurePosixPath(".torvyn/build/component.wasm")
_WHOLE = RecordingOptions(payload_limit=2**63)
_OPTIONS = EngineOptions(schedule=SchedulePolicy.CONSUMER_FIRST, on_error=ErrorPolicy.SKIP)
_STAND_IN_ANSWERS: dict[Export, Outcome] = {
    Export.PULL: Exhausted(),
    Export.PUSH: Accepted(Signal.READY),
}


@dataclass(frozen=True, slots=True)
class CallCase:
    """A case that was written."""

    folder: Path
    recording: Path
    node: LinkedNode
    call: Call
    """As it was recorded."""
    earlier: int
    """Calls of the instance before it, which are made again first."""
    digest: str
    """Of the build in the case."""
    difference: str
    """The first answer of that build that is not the recorded one; empty when there is none."""
    debug_component: Path | None
    """The component that makes the calls by itself; None when there is none."""
    not_composed: str
    """Why there is none."""
    debug_options: tuple[str, ...]
    """Options of `wasmtime run` for what the node was granted."""


def write_case(
    history: CallHistory, component: Path, folder: Path, *, admit: Admit = require_trust
) -> CallCase:
    """Write the case of a call into a new folder, with the component's file in it.

    Every call is made once with that component, to tell whether it answers as recorded.

    Raises:
        StudioError: the call is one of a source (E0703), a file cannot be read or written
            (E0700, E0001), or the component cannot be in the node's place.
    """
    node, call = history.node, history.call
    if node.role is Role.SOURCE:
        raise StudioError([_of_source(node, call)])
    if folder.exists() and any(folder.iterdir()):
        raise StudioError([_not_empty(folder)])
    write_new(folder, _files(history, component))
    try:
        opened = open_flow(folder / "Torvyn.toml", admit=admit)
        recording = folder / RECORDING
        _record(history, opened, recording)
        difference = _difference(recording, admit)
        not_composed = _compose(history, opened, folder)
        _explain(history, opened, folder, not_composed)
    except BaseException:
        remove_new(folder)
        raise
    return CallCase(
        folder,
        recording,
        node,
        call,
        len(history.calls) - 1,
        opened.flow.by_name[node.name].digest,
        difference,
        None if not_composed else folder / DEBUG_COMPONENT,
        not_composed,
        _wasmtime_options(node.grants),
    )


# ---- the flow


def _files(history: CallHistory, component: Path) -> dict[PurePosixPath, bytes]:
    node = history.node
    build = _COMPONENT.parent
    given, taken = _stand_in_names(node.name)
    files = {
        PurePosixPath("Torvyn.toml"): _manifest(history).encode(),
        _COMPONENT: read_input(
            component, "the component", "Name the recorded build with --component FILE.wasm."
        ),
        build / f"{given}.wasm": stand_in_source(),
    }
    if node.role is not Role.SINK:
        files[build / f"{taken}.wasm"] = stand_in_sink()
    return files


def _stand_in_names(node: str) -> tuple[str, str]:
    return (
        ("given", "taken")
        if node not in ("given", "taken")
        else ("stand-in-source", "stand-in-sink")
    )


def _manifest(history: CallHistory) -> str:
    """The case's manifest: limits, grants and configuration are those of the recording."""
    node, call = history.node, history.call
    given, taken = _stand_in_names(node.name)
    limits = node.limits
    depth = len(history.calls) + 1  # never full, so that nothing is told of pressure
    parts = [
        f"# Call {call.number} of {_text(node.name)}, and what its instance had been called with.",
        '[torvyn]\nname = "case"\nversion = "0.1.0"\ncontract_version = "0.1.0"\n',
        *(
            [f"[runtime]\ncall_timeout_ms = {limits.call_timeout_ms}\n"]
            if limits.call_timeout_ms != DEFAULT_LIMITS.call_timeout_ms
            else []
        ),
        *(f'[[component]]\nname = "{name}"\npath = "."\n' for name in (given, "component")),
        f'[flow.main.nodes.{given}]\ncomponent = "{given}"\n'
        f'interface = "{ROLE_INTERFACES[Role.SOURCE]}"\n',
        f"[flow.main.nodes.{_text(node.name)}]\n"
        f'component = "component"\ninterface = "{ROLE_INTERFACES[node.role]}"\n'
        f"config = {_text(node.config)}\nfuel_budget = {limits.fuel}\n"
        f'max_memory = "{limits.memory_bytes}B"\n',
        _edge(given, "output", node.name, f"queue_depth = {depth}\n"),
    ]
    if node.role is not Role.SINK:
        parts.append(f'[[component]]\nname = "{taken}"\npath = "."\n')
        parts.append(
            f'[flow.main.nodes.{taken}]\ncomponent = "{taken}"\n'
            f'interface = "{ROLE_INTERFACES[Role.SINK]}"\n'
        )
        ports = {edge.source_port for edge in history.flow.edges if edge.source == node.name}
        parts += [_edge(node.name, port, taken) for port in sorted(ports) or ["output"]]
    if node.grants:
        granted = ", ".join(map(_text, node.grants))
        parts.append(f"[security.grants.{_text(node.name)}]\ncapabilities = [{granted}]\n")
    return "\n".join(parts)


def _edge(start: str, port: str, end: str, more: str = "") -> str:
    return (
        f"[[flow.main.edges]]\nfrom = {{ node = {_text(start)}, port = {_text(port)} }}\n"
        f'to = {{ node = {_text(end)}, port = "input" }}\n{more}'
    )


def _text(value: str) -> str:
    """A TOML string: JSON's escapes are TOML's, but for DEL and characters beyond the BMP."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


# ---- its recording


class _AsRecorded:
    """Answers the component's calls as they were recorded, and the stand-ins' as they do."""

    def __init__(self, history: CallHistory) -> None:
        self._node = history.node.name
        self._init = Answer(Finished(), host=history.init_inputs)
        self._left = deque(history.calls)

    @property
    def done(self) -> bool:
        return not self._left

    def invoke(self, call: Call) -> Answer:
        if call.node != self._node:
            return Answer(_STAND_IN_ANSWERS.get(call.export, Finished()))
        if call.export is Export.INIT and self._left[0].call.export is not Export.INIT:
            return self._init
        return self._left.popleft().answer


def _record(history: CallHistory, opened: OpenedFlow, path: Path) -> None:
    flow = opened.flow
    facts = replace(
        run_facts(flow, surfaces_of(opened.linking.compiled), opened.manifest_text, _OPTIONS),
        wall_ns=history.wall_ns,
    )
    invoker = _AsRecorded(history)
    engine = Engine(flow, invoker, _OPTIONS)
    writer = FileWriter(path, header_of(flow, facts, _WHOLE, path), _WHOLE)

    def take(command: Command, events: list[Event]) -> None:
        writer.extend(entries_of(command, events))

    def apply(command: Command) -> None:
        take(command, engine.apply(command))

    apply(Start(wall_ns=history.wall_ns))
    for injection in _injections(history):
        apply(injection)
    while not invoker.done and not engine.state.ended:
        events = engine.step()
        if events:
            take(Step(), events)
        elif engine.waits_ns():
            apply(Advance(engine.waits_ns()))
        else:
            break
    failed = writer.close(end_of(engine.snapshot(), writer.calls, facts.wall_ns))
    if failed is not None:
        raise StudioError([failed])
    if not invoker.done:
        raise StudioError([_not_reached(history.call)])


def _injections(history: CallHistory) -> list[Inject]:
    elements = [item.call.element for item in history.calls if item.call.element is not None]
    return [
        Inject(
            0,
            element.payload.data,
            element.content_type,
            element.sequence,
            element.timestamp_ns,
            element.payload.content_type
            if element.payload.content_type != element.content_type
            else None,
        )
        for element in elements
    ]


def _difference(recording: Path, admit: Admit) -> str:
    """Where the component does not answer as recorded; empty when it does."""
    replay = HeadlessReplay(
        open_recording(recording, admit=admit), ReplayOptions(), lambda *_: None
    )
    divergence = replay.run().divergence
    return "" if divergence is None else divergence.render()


# ---- its component for a debugger


def _compose(history: CallHistory, opened: OpenedFlow, folder: Path) -> str:
    """Write it; gives why that cannot be, "" when it is written."""
    node = opened.flow.by_name[history.node.name]
    component = (folder / _COMPONENT).read_bytes()
    calls = [(one.call.export, call_title(one.call), one.call.element) for one in history.calls]
    if history.calls[0].call.export is not Export.INIT:
        calls.insert(0, (Export.INIT, f"{node.name} init", None))
    recorded = CaseCalls(node.config, node.grants, tuple(calls))
    surface = surfaces_of(opened.linking.compiled)[node.digest]
    try:
        composed = compose(component, surface, recorded)
    except UnusualComponentError as error:
        return str(error)
    write_new(folder, {PurePosixPath(DEBUG_COMPONENT): composed})
    return ""


def _explain(history: CallHistory, opened: OpenedFlow, folder: Path, not_composed: str) -> None:
    node = opened.flow.by_name[history.node.name]
    surface = surfaces_of(opened.linking.compiled)[node.digest]
    options = _wasmtime_options(history.node.grants)
    how = debugging(DEBUG_COMPONENT, options, surface, not_composed)
    text = read_me(call_title(history.call), len(history.calls) - 1, RECORDING, how)
    write_new(folder, {PurePosixPath(READ_ME): text.encode()})


def _wasmtime_options(grants: tuple[str, ...]) -> tuple[str, ...]:
    granted = read_grants(grants)
    options = [option for path, _ in granted.directories for option in ("--dir", path)]
    options += [option for name in sorted(granted.variables) for option in ("--env", name)]
    return (*options, "-S", "inherit-env") if granted.environment else tuple(options)


def call_title(call: Call) -> str:
    """`call 42, enricher process(#4)`."""
    about = "" if call.element is None else f"(#{call.element.sequence})"
    return f"call {call.number:,}, {call.node} {call.export.value}{about}"


# ---- refusals


def _of_source(node: LinkedNode, call: Call) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.INVALID_VALUE,
        f"call {call.number:,} is one of the source '{node.name}', for which a replay answers: "
        "there is nothing to make again",
        "Name a call of another node, or call the source with `torvyn-studio try`.",
    )


def _not_empty(folder: Path) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.IO,
        "the case needs a folder of its own, and this one is not empty",
        "Name another one with --output.",
        file=str(folder),
    )


def _not_reached(call: Call) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.CONTRACT_MISMATCH,
        f"call {call.number:,} is not reached again when its node stands alone",
        "Replay the whole recording up to it: `torvyn-studio replay FILE --until N`.",
    )
