"""A flow of six nodes whose components are Python functions, for the tests of recordings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from runtime.engine.core import Engine
from runtime.engine.invoker import Invoker
from runtime.engine.options import EngineOptions
from runtime.model.call import (
    Accepted,
    Answer,
    Call,
    Discarded,
    Emitted,
    Exhausted,
    Export,
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
from runtime.model.commands import Advance, Command, Start, Step
from runtime.model.element import Buffer
from runtime.model.events import Event
from runtime.model.linked import ROLE_INTERFACES, LinkedEdge, LinkedFlow, LinkedNode, Role
from runtime.recording.encoding import RecordingOptions
from runtime.recording.file.header import RunFacts, header_of
from runtime.recording.recorder import Recorder
from runtime.recording.replay.expectation import end_of
from runtime.recording.ring.ring import Ring

WALL_NS = 1_700_000_000_000_000_000
CLOCK = "wasi:clocks/wall-clock"
DEFAULTS = EngineOptions()
FULL = RecordingOptions()

ROLES = {
    "source": Role.SOURCE,
    "upper": Role.PROCESSOR,
    "split": Role.ROUTER,
    "even": Role.FILTER,
    "all-sink": Role.SINK,
    "even-sink": Role.SINK,
}
EDGES = [
    ("source", "output", "upper"),
    ("upper", "output", "split"),
    ("split", "all", "all-sink"),
    ("split", "some", "even"),
    ("even", "output", "even-sink"),
]


def linked_flow(manifest: str = "/project/Torvyn.toml", capacity: int = 4) -> LinkedFlow:
    edges = tuple(
        LinkedEdge(index, source, port, target, "input", capacity=capacity)
        for index, (source, port, target) in enumerate(EDGES)
    )
    nodes = tuple(
        LinkedNode(
            name=name,
            role=role,
            interface=f"{ROLE_INTERFACES[role]}@0.1.0",
            component=f"file://{name}.wasm",
            artifact=f"/project/{name}.wasm",
            digest=name.encode().hex().ljust(64, "0"),
            lifecycle=None,
            config='{"token":"s3cret"}' if name == "upper" else "{}",
            inputs=tuple(edge.index for edge in edges if edge.target == name),
            outputs=tuple(edge.index for edge in edges if edge.source == name),
        )
        for name, role in ROLES.items()
    )
    return LinkedFlow("main", manifest, nodes, edges)


def text_output(data: bytes, content_type: str = "text/plain") -> Output:
    return Output(Buffer(data, content_type), content_type)


def trap(message: str) -> Failed:
    return Failed(
        Failure(FailureKind.TRAP, message, "E0804", "Trap", "Look at the component.", True)
    )


class LiveClock:
    """A clock that never tells the same time twice."""

    def __init__(self) -> None:
        self.now = 1000

    def answer(self, node: str, call: int, interface: str, function: str, size: int) -> int:
        self.now += 7
        return self.now

    def wait_ns(self, node: str, call: int, requested_ns: int) -> int:
        return 0


@dataclass
class Components:
    """The components; `duration` grows with every call, so that live runs are never alike."""

    payloads: Iterable[bytes] = ()
    clock: object = None
    process: Callable[[bytes], bytes | Failed | None] = bytes.upper
    ports: Callable[[bytes], tuple[str, ...]] = lambda data: ("all", "some")
    stamps: bool = False
    says: bytes = b"got "
    first_duration: int = 1000
    sunk: dict[str, list[bytes]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._left = iter(self.payloads)
        self._duration = self.first_duration

    def invoke(self, call: Call) -> Answer:
        self.calls.append(call)
        self._duration += 13
        host: tuple[HostInput, ...] = ()
        printed: tuple[Printed, ...] = ()
        outcome: Outcome = Finished()
        data = b"" if call.element is None else call.element.payload.data
        match call.export:
            case Export.PULL:
                payload = next(self._left, None)
                outcome = Exhausted() if payload is None else Emitted((text_output(payload),))
            case Export.PROCESS:
                result = self.process(data)
                if self.stamps and isinstance(result, bytes):
                    value = self.clock.answer(call.node, call.number, CLOCK, "now", 0)
                    host = (HostInput(CLOCK, "now", value),)
                    result = result + b"@%d" % value
                if result is None:
                    outcome = Discarded()
                elif isinstance(result, Failed):
                    outcome = result
                else:
                    outcome = Emitted((text_output(result),))
            case Export.ROUTE:
                outcome = Ports(self.ports(data))
            case Export.EVALUATE:
                outcome = Verdict(call.element.sequence % 2 == 0)
            case Export.PUSH:
                outcome = Accepted(Signal.READY)
                self.sunk.setdefault(call.node, []).append(data)
                printed = (
                    Printed("stdout", self.says + data, True),
                    Printed("stdout", b"\n", True),
                )
        return Answer(
            outcome,
            self._duration,
            printed=printed,
            printed_bytes=sum(len(item.data) for item in printed),
            host=host,
        )

    def interrupt(self) -> None:
        """No call of these takes time."""

    def close(self) -> None:
        """They hold no instances."""


def engine_of(flow: LinkedFlow, invoker: Invoker, options: EngineOptions = DEFAULTS) -> Engine:
    return Engine(flow, invoker, options)


def run_to_end(
    engine: Engine, recorder: Recorder | None = None, wall_ns: int = WALL_NS, limit: int = 10**9
) -> list[Event]:
    """Start the flow and step it until nothing is left; returns all events."""
    events: list[Event] = []

    def apply(command: Command) -> None:
        new = engine.apply(command)
        events.extend(new)
        if recorder is not None:
            recorder.record(command, new)

    apply(Start(wall_ns))
    for _ in range(limit):
        coming = engine.next_call()
        if coming is None:
            break
        if coming.waits_ns:
            apply(Advance(coming.waits_ns))
        else:
            apply(Step())
    return events


def facts_of(options: EngineOptions = DEFAULTS) -> RunFacts:
    return RunFacts("0.1.0", WALL_NS, options)


def record_to(
    path: Path,
    components: Invoker,
    flow: LinkedFlow | None = None,
    options: RecordingOptions = FULL,
    engine_options: EngineOptions = DEFAULTS,
) -> list[Event]:
    """Run the flow and record it into a new file."""
    flow = flow or linked_flow()
    engine = engine_of(flow, components, engine_options)
    recorder = Recorder(Ring())
    header = header_of(flow, facts_of(engine_options), options, path)
    assert recorder.keep(path, header, options) is None
    events = run_to_end(engine, recorder)
    end = end_of(engine.snapshot(), recorder.ring.calls_kept, WALL_NS)
    assert recorder.stop(end) is None
    return events


def other_builds(flow: LinkedFlow, *names: str) -> LinkedFlow:
    nodes = tuple(
        replace(node, digest="f" * 64) if node.name in names else node for node in flow.nodes
    )
    return replace(flow, nodes=nodes)


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]
