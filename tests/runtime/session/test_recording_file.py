"""Sessions on real components, recorded and run again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.headless.replay import HeadlessReplay, ReplayOptions
from runtime.headless.run import HeadlessRun, RunOptions, engine_options
from runtime.model.call import Output
from runtime.model.commands import (
    Advance,
    Cancel,
    Command,
    Drain,
    SetSchedule,
    Skip,
    Start,
    Step,
)
from runtime.model.component.surface import InterfaceSurface, Surface
from runtime.model.element import Buffer
from runtime.model.errors import Diagnostic, StudioError
from runtime.model.events import Event, FlowState, Stopped, StopReason
from runtime.model.linked import LinkedFlow, LinkedNode, SchedulePolicy
from runtime.opening.open import OpenedFlow, open_flow
from runtime.opening.recorded.recordings import open_recording
from runtime.recording.encoding import RecordingOptions
from runtime.recording.file.header import header_of
from runtime.recording.file.reader import RecordingReader
from runtime.recording.recorder import Recorder, save
from runtime.recording.replay.expectation import end_of
from runtime.recording.replay.input_feed import JSON_TYPE, OutputFeed
from runtime.recording.replay.replayer import Replayer, ReplayInvoker, ReplaySettings
from runtime.recording.replay.source_override import SourceOverride
from runtime.recording.replay.steps import ReplayStep, steps_of_file, steps_of_ring
from runtime.recording.ring.ring import Ring
from runtime.recording.run_facts import FileRecording, run_facts, unpinned_imports
from runtime.wasm.call_layer import Compiled
from runtime.wasm.host import surfaces_of
from runtime.wasm.wasm_invoker import Prepared, WasmInvoker
from tests.support.examples import examples
from tests.support.recording_flows import resealed
from tests.support.studio_projects import ROOT, pair, sink
from tests.support.wasm.layers import largest_file

SAMPLE = ROOT / "sample_flows" / "fan-out" / "Torvyn.toml"
SHIPPED = SAMPLE.with_name("four-events.rec")
OPTIONS = EngineOptions()
FULL = RecordingOptions()
WALL_NS = 1_700_000_000_000_000_000


@pytest.fixture(scope="module")
def opened() -> OpenedFlow:
    return open_flow(SAMPLE)


def nothing(*_chunk: object) -> None:
    """What components print is in their answers."""


# ---- any session is repeated


PAYLOADS = (
    b'{"type":"metric","value":1}',
    b'{"type":"log","level":"info"}',
    b"no JSON: both branches fail on it",
    b'{"type":"other"}',
)


class Session:
    """A session that is steered by commands, and recorded."""

    def __init__(self, opened: OpenedFlow, payloads: list[bytes]) -> None:
        feed = OutputFeed([Output(Buffer(data, JSON_TYPE), JSON_TYPE) for data in payloads])
        self.invoker = SourceOverride(opened.open_invoker(nothing), {"source": feed})
        self.engine = Engine(opened.flow, self.invoker, OPTIONS)
        self.recorder = Recorder(Ring())
        self.events: list[Event] = []
        self.apply(Start(WALL_NS))

    def apply(self, command: Command) -> None:
        events = self.engine.apply(command)
        self.recorder.record(command, events)
        self.events += events

    def run(self, calls: int) -> None:
        for _ in range(calls):
            events = self.engine.step()
            self.recorder.stepped(events)
            self.events += events
            if not events or self.engine.stop is not None:
                return


def happened(events: list[Event]) -> list[Event]:
    """Events but for stops: a step that could make no call is not recorded."""
    return [event for event in events if not isinstance(event, Stopped)]


def repeated(
    opened: OpenedFlow, steps: Callable[[], Iterator[ReplayStep]], *, same_engine: bool
) -> list[Event]:
    real = opened.open_invoker(nothing)
    try:
        replayer = Replayer(
            steps,
            lambda given: Engine(opened.flow, given, OPTIONS),
            ReplayInvoker(real, frozenset({"source"})),
            ReplaySettings(same_engine=same_engine),
        )
        events = [event for _, events in replayer.run() for event in events]
    finally:
        real.close()
    assert replayer.divergence is None, replayer.divergence.render()
    assert replayer.stop is StopReason.END_OF_REPLAY
    return happened(events)


NODES = ("source", "router", "metric-proc", "log-proc", "metric-sink", "log-sink")
COMMANDS = st.one_of(
    st.integers(1, 12),
    st.builds(Step, st.sampled_from(NODES)),
    st.builds(lambda lineage: Step(lineage=lineage), st.integers(1, 6)),
    st.builds(Skip, st.sampled_from(NODES)),
    st.builds(SetSchedule, st.sampled_from(SchedulePolicy)),
    st.builds(Advance, st.integers(0, 10**9)),
)


@examples(25)
@given(
    payloads=st.lists(st.sampled_from(PAYLOADS), max_size=8),
    commands=st.lists(COMMANDS, max_size=25),
    ends=st.sampled_from([None, Drain("enough"), Cancel("stop")]),
)
def test_any_session_on_the_sample_is_repeated_event_for_event(
    opened: OpenedFlow,
    tmp_path_factory: pytest.TempPathFactory,
    payloads: list[bytes],
    commands: list[int | Command],
    ends: Command | None,
) -> None:
    session = Session(opened, payloads)
    try:
        for command in commands:
            if isinstance(command, int):
                session.run(command)
            else:
                session.apply(command)
        if ends is not None:
            session.apply(ends)
            session.run(200)
    finally:
        session.invoker.close()
    ring, expected = session.recorder.ring, happened(session.events)
    for same_engine in (True, False):
        assert repeated(opened, lambda: steps_of_ring(ring), same_engine=same_engine) == expected

    path = tmp_path_factory.mktemp("session") / "session.rec"
    facts = run_facts(
        opened.flow, surfaces_of(opened.linking.compiled), opened.manifest_text, OPTIONS
    )
    end = end_of(session.engine.snapshot(), ring.calls_kept, WALL_NS)
    assert save(ring, path, header_of(opened.flow, facts, FULL, path), FULL, end) is None

    def steps() -> Iterator[ReplayStep]:
        with RecordingReader(path) as reader:
            yield from steps_of_file(reader)

    assert repeated(opened, steps, same_engine=False) == expected
    replayed = HeadlessReplay(open_recording(path, SAMPLE), ReplayOptions(), nothing).run()
    assert replayed.divergence is None
    assert replayed.calls == ring.calls_kept
    assert replayed.run.snapshot.edges == session.engine.snapshot().edges


# ---- headless


def test_a_failure_is_told_once_and_the_run_goes_on(tmp_path: Path) -> None:
    told: list[Diagnostic] = []
    options = RunOptions()
    path = tmp_path / "short.rec"
    with largest_file(1_000_000):
        opened = open_flow(pair(tmp_path, sink()))
        facts = run_facts(
            opened.flow,
            surfaces_of(opened.linking.compiled),
            opened.manifest_text,
            engine_options(options),
        )
        with pytest.raises(StudioError, match="Nothing was run"):
            FileRecording(tmp_path, opened.flow, facts, FULL, told.append)
        recording = FileRecording(path, opened.flow, facts, FULL, told.append)
        with largest_file(path.stat().st_size + 1000):
            invoker = opened.open_invoker(nothing)
            report = HeadlessRun(opened.flow, invoker, options, recording).run()
            result = recording.close(report.snapshot)
    assert report.snapshot.state is FlowState.COMPLETED
    assert told == [result.failed]
    assert told[0].code == "E0001"


def test_a_replay_ends_after_the_call_it_is_told(opened: OpenedFlow) -> None:
    recorded = open_recording(SHIPPED)
    for until in (1, 9, 30, 31, 500):
        report = HeadlessReplay(recorded, ReplayOptions(until=until), nothing).run()
        assert report.calls == min(until, 31)
        assert report.run.snapshot.state.ended is (until >= 31)
        assert report.run.stopped_because == (f"--until {until}" if until < 31 else "")


def test_an_interrupt_ends_a_replay_that_waits(opened: OpenedFlow) -> None:
    replay = HeadlessReplay(open_recording(SHIPPED), ReplayOptions(speed=1e-9), nothing)
    timer = threading.Timer(0.1, replay.interrupt)
    timer.start()
    report = replay.run()
    timer.join()
    assert report.run.interrupted
    assert report.calls < 31


def test_a_swap_begins_anew_with_an_instance(
    opened: OpenedFlow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The router is swapped for itself: replayed, its instance is another one afterwards."""
    lines = SHIPPED.read_bytes().splitlines()
    digest = opened.flow.by_name["router"].digest
    args = {"node": "router", "digest": digest}
    swap = {"type": "command", "verb": "swap", "after_call": 9, "args": args}
    path = tmp_path / "swapped.rec"
    path.write_bytes(resealed([*lines[:11], json.dumps(swap).encode(), *lines[11:]]))
    made: list[str] = []
    prepare = WasmInvoker.prepare

    def watched(self: WasmInvoker, node: LinkedNode, compiled: Compiled) -> Prepared:
        made.append(node.name)
        return prepare(self, node, compiled)

    monkeypatch.setattr(WasmInvoker, "prepare", watched)
    report = HeadlessReplay(open_recording(path, SAMPLE), ReplayOptions(), nothing).run()
    assert report.divergence is None
    assert report.calls == 31
    assert made == ["router"]


# ---- what cannot be pinned


SOCKETS = "wasi:sockets/tcp@0.2.3"
FILES = "wasi:filesystem/types@0.2.3"
CLOCK = "wasi:clocks/wall-clock@0.2.3"


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ((), {}),
        (("stdio:stdout", "clock:wall"), {}),
        (("network:tcp-connect:*",), {"router": (SOCKETS,)}),
        (("filesystem:read:data", "network:tcp-connect"), {"router": (SOCKETS, FILES)}),
    ],
)
def test_imports_that_can_not_be_recorded_are_named_where_they_are_granted(
    opened: OpenedFlow, grants: tuple[str, ...], expected: dict[str, tuple[str, ...]]
) -> None:
    node = replace(opened.flow.by_name["router"], grants=grants)
    flow: LinkedFlow = replace(opened.flow, nodes=(node,))
    imports = tuple(InterfaceSurface(name) for name in (SOCKETS, FILES, CLOCK))
    surfaces = {node.digest: Surface(node.digest, 1, imports)}
    assert unpinned_imports(flow, surfaces) == expected
