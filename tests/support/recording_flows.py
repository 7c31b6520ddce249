"""A flow of six nodes whose components are Python functions, for the tests of recordings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any
from zlib import crc32

from runtime.engine.core import Engine
from runtime.engine.invoker import Invoker
from runtime.engine.options import EngineOptions
from runtime.model.call import (
    Answer,
    Call,
    Export,
    Failed,
    Failure,
    FailureKind,
    HostInput,
    Outcome,
    Ports,
    Printed,
    Verdict,
)
from runtime.model.commands import Advance, Command, Start, Step
from runtime.model.events import Event
from runtime.model.host_inputs import HostInputs
from runtime.model.linked import LinkedFlow, LinkedNode, Role
from runtime.recording.encoding import RecordingOptions
from runtime.recording.file.header import RunFacts, header_of
from runtime.recording.recorder import Recorder
from runtime.recording.replay.expectation import end_of
from runtime.recording.ring.ring import Ring
from tests.support.engine.fakes import (
    DISCARDED,
    EXHAUSTED,
    READY,
    WALL_NS,
    FakeInvoker,
    edge,
    emitted,
    flow,
)

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
    edges = [edge(source, target, capacity, port=port) for source, port, target in EDGES]
    return flow(ROLES, edges, manifest=manifest, node=_built)


def _built(node: LinkedNode) -> LinkedNode:
    """The node with a component of its own."""
    return replace(
        node,
        component=f"file://{node.name}.wasm",
        artifact=f"/project/{node.name}.wasm",
        digest=node.name.encode().hex().ljust(64, "0"),
        config='{"token":"s3cret"}' if node.name == "upper" else "{}",
    )


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


class Components(FakeInvoker):
    """The components as Python functions, each call longer than the one before.

    `process` emits, discards (None) or fails; with `stamps` it asks the `clock` and puts the
    answer behind what it emits.
    """

    def __init__(
        self,
        payloads: Iterable[bytes] = (),
        clock: HostInputs | None = None,
        process: Callable[[bytes], bytes | Failed | None] = bytes.upper,
        ports: Callable[[bytes], tuple[str, ...]] = lambda data: ("all", "some"),
        stamps: bool = False,
        says: bytes = b"got ",
        first_duration: int = 1000,
    ) -> None:
        super().__init__(linked_flow(), duration_ns=first_duration)
        self.clock = clock
        self.process = process
        self.route = ports
        self.stamps = stamps
        self.says = says
        self.sunk: dict[str, list[bytes]] = {}
        self._payloads = iter(payloads)

    def plainly(self, call: Call) -> Outcome | Answer:
        """See the class."""
        self.duration_ns += 13
        data = b"" if call.element is None else call.element.payload.data
        match call.export:
            case Export.PULL:
                payload = next(self._payloads, None)
                return EXHAUSTED if payload is None else emitted(payload)
            case Export.PROCESS:
                return self._process(call, data)
            case Export.ROUTE:
                return Ports(self.route(data))
            case Export.EVALUATE:
                assert call.element is not None
                return Verdict(call.element.sequence % 2 == 0)
            case Export.PUSH:
                self.sunk.setdefault(call.node, []).append(data)
                texts = (self.says + data, b"\n")
                printed = tuple(Printed("stdout", text, True) for text in texts)
                size = sum(map(len, texts))
                return Answer(READY, self.duration_ns, printed=printed, printed_bytes=size)
            case _:
                return super().plainly(call)

    def _process(self, call: Call, data: bytes) -> Outcome | Answer:
        result = self.process(data)
        if result is None:
            return DISCARDED
        if isinstance(result, Failed):
            return result
        if not self.stamps:
            return emitted(result)
        assert self.clock is not None
        value = self.clock.answer(call.node, call.number, CLOCK, "now", 0)
        assert isinstance(value, int)
        host = (HostInput(CLOCK, "now", value),)
        return Answer(emitted(result + b"@%d" % value), self.duration_ns, host=host)

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
    end = end_of(engine.snapshot(), engine.calls, WALL_NS)
    assert recorder.stop(end) is None
    return events


def other_builds(flow: LinkedFlow, *names: str) -> LinkedFlow:
    nodes = tuple(
        replace(node, digest="f" * 64) if node.name in names else node for node in flow.nodes
    )
    return replace(flow, nodes=nodes)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def resealed(lines: Iterable[bytes]) -> bytes:
    """A file of these lines, each with the `crc`, and the end with the digest, that belong there.

    So that a test can change what a recording says without damaging it. A line that is no JSON
    stays as it is.
    """
    made = b""
    for line in lines:
        try:
            raw = json.loads(line)
        except ValueError:
            made += line
            continue
        raw.pop("crc", None)
        if raw.get("type") == "end":
            raw["digest"] = blake2b(made, digest_size=16).hexdigest()
        data = json.dumps(raw, ensure_ascii=False, separators=(",", ":")).encode()
        made += b'%b,"crc":"%08x"}\n' % (data[:-1], crc32(data))
    return made


def compact_calls(ring: Ring) -> int:
    """Calls that are kept compact."""
    return sum(chunk.calls for chunk in ring.compact_chunks())
