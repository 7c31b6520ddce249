from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.options import EngineOptions
from runtime.model.call import Answer, Call, Failed, HostInput
from runtime.model.commands import Advance, Cancel, Command, Drain, SetSchedule, Skip, Start, Step
from runtime.model.events import CallFinished, Event, StopReason
from runtime.model.linked import ErrorPolicy, SchedulePolicy
from runtime.recording.encoding import OutputLevel, RecordingOptions
from runtime.recording.file.header import engine_options
from runtime.recording.file.reader import RecordingReader
from runtime.recording.recorder import Recorder
from runtime.recording.redaction import Redaction
from runtime.recording.replay.recorded_host_inputs import ReplayedHostInputs
from runtime.recording.replay.replayer import Replayer, ReplayInvoker, ReplaySettings
from runtime.recording.replay.steps import ReplayStep, steps_of_file, steps_of_ring
from runtime.recording.ring.ring import Ring
from runtime.recording.ring.ring_steps import EventStep
from tests.support.engine.fakes import DISCARDED, WALL_NS
from tests.support.examples import examples
from tests.support.narrow import present
from tests.support.recording_flows import (
    CLOCK,
    Components,
    LiveClock,
    engine_of,
    linked_flow,
    record_to,
    run_to_end,
    trap,
)

AT_ONCE = ReplaySettings()
SOURCES = frozenset({"source"})
PAYLOADS = [b"one", b"two", b"", b"\xff\x00", b'{"n":5}', b"six"]


def replayer_of(
    path: Path,
    components: Components,
    settings_: ReplaySettings = AT_ONCE,
    *,
    clock: LiveClock | None = None,
    redaction: Redaction | None = None,
) -> Replayer:
    with RecordingReader(path) as reader:
        options = engine_options(reader.header)
    host = None
    if clock is not None:
        host = ReplayedHostInputs(clock)
        components.clock = AsAsked(host)
    invoker = ReplayInvoker(components, SOURCES, host)

    def steps() -> Iterator[ReplayStep]:
        with RecordingReader(path) as reader:
            yield from steps_of_file(reader, redaction)

    return Replayer(
        steps, lambda given: engine_of(linked_flow(), given, options), invoker, settings_
    )


class AsAsked:
    """Host inputs in the place of a clock."""

    def __init__(self, host: ReplayedHostInputs) -> None:
        self.answer = host.answer
        self.wait_ns = host.wait_ns


def calls_of(events: Iterable[object]) -> list[CallFinished]:
    return [event for event in events if isinstance(event, CallFinished)]


def finished(replayer: Replayer) -> list[CallFinished]:
    events = [event for _, events in replayer.run() for event in events]
    return calls_of(events)


@pytest.mark.parametrize("level", OutputLevel)
def test_three_replays_give_equal_events_and_equal_sink_output(
    tmp_path: Path, level: OutputLevel
) -> None:
    path = tmp_path / "run.rec"
    live = Components(PAYLOADS, clock=LiveClock(), stamps=True)
    recorded = calls_of(record_to(path, live, options=RecordingOptions(level)))
    sunk = []
    for _ in range(3):
        components = Components(first_duration=77, stamps=True)
        replayer = replayer_of(path, components, clock=LiveClock())
        repeated = finished(replayer)
        assert replayer.stop is StopReason.END_OF_REPLAY
        assert repeated == recorded
        sunk.append(components.sunk)
    assert sunk[0] == sunk[1] == sunk[2] == live.sunk
    assert b"ONE@1007" in live.sunk["all-sink"]


def test_a_ring_is_replayed_and_the_flow_goes_on_as_it_would_have() -> None:
    options = EngineOptions(schedule=SchedulePolicy.WEIGHTED_FAIR)
    ring = Ring()
    live = run_to_end(engine_of(linked_flow(), Components(PAYLOADS), options), Recorder(ring))
    calls = calls_of(live)
    for until in (0, 1, 7, 20, len(calls)):
        invoker = ReplayInvoker(Components(), SOURCES)
        replayer = Replayer(
            lambda until=until: steps_of_ring(ring, until),
            lambda given: engine_of(linked_flow(), given, options),
            invoker,
            ReplaySettings(until=until, same_engine=True),
        )
        assert finished(replayer) == calls[:until]
        coming = replayer.engine.next_call()
        if until < len(calls):
            assert (coming.node, coming.export) == (
                calls[until].call.node,
                calls[until].call.export,
            )
        else:
            assert coming is None


def failing(data: bytes) -> bytes | Failed:
    """A processor that fails on some elements for good, so that a run stops until they go."""
    return trap("no") if data in (b"1", b"3") else data.upper()


def random_run(draw: st.DataObject) -> tuple[list[CallFinished], Recorder, EngineOptions]:
    """A run steered at random by every kind of command."""
    policy = draw.draw(st.sampled_from(SchedulePolicy))
    options = EngineOptions(schedule=policy)
    recorder = Recorder(Ring())
    components = Components([b"%d" % n for n in range(12)], process=failing)
    engine = engine_of(linked_flow(capacity=2), components, options)
    events: list[Event] = []

    def apply(command: Command) -> None:
        new = engine.apply(command)
        recorder.record(command, new)
        events.extend(new)

    apply(Start(WALL_NS))
    names = [node.name for node in linked_flow().nodes]
    commands = st.one_of(
        st.just(Step()),
        st.builds(Step, st.sampled_from(names)),
        st.builds(lambda number: Step(lineage=number), st.integers(1, 9)),
        st.builds(Advance, st.integers(0, 10**9)),
        st.builds(SetSchedule, st.sampled_from(SchedulePolicy)),
        st.builds(Skip, st.sampled_from(names)),
    )
    for command in draw.draw(st.lists(commands, max_size=80)):
        apply(command)
    if draw.draw(st.booleans()):
        apply(draw.draw(st.sampled_from([Drain("enough"), Cancel("stop")])))
        for _ in range(300):
            apply(Step())
    return calls_of(events), recorder, options


@examples(60)
@given(st.data())
def test_any_run_is_repeated_call_for_call(data: st.DataObject) -> None:
    calls, recorder, options = random_run(data)
    first = next(recorder.ring.entries())
    assert isinstance(first, Start)
    for same_engine in (False, True):
        replayer = Replayer(
            lambda: steps_of_ring(recorder.ring),
            lambda given: engine_of(linked_flow(capacity=2), given, options),
            ReplayInvoker(Components(process=failing), SOURCES),
            ReplaySettings(same_engine=same_engine),
        )
        assert finished(replayer) == calls
        assert replayer.stop is StopReason.END_OF_REPLAY


def test_flow_time_and_timestamps_are_the_recorded_ones(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    recorded = calls_of(record_to(path, Components(PAYLOADS)))
    repeated = finished(replayer_of(path, Components(first_duration=10**6)))
    assert [event.at_ns for event in repeated] == [event.at_ns for event in recorded]
    stamps = [
        [element.timestamp_ns for event in events for element in event.outputs]
        for events in (recorded, repeated)
    ]
    assert stamps[0] == stamps[1]
    assert len(set(stamps[0])) == len(PAYLOADS)


def test_sources_are_never_called(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    record_to(path, Components(PAYLOADS))
    components = Components()
    finished(replayer_of(path, components))
    assert "source" not in {call.node for call in components.calls}
    assert len(components.sunk["all-sink"]) == len(PAYLOADS)


@pytest.mark.parametrize("level", OutputLevel)
def test_another_output_stops_the_replay_at_its_call(tmp_path: Path, level: OutputLevel) -> None:
    path = tmp_path / "run.rec"
    record_to(path, Components(PAYLOADS), options=RecordingOptions(level))
    changed = Components(process=lambda data: b"TWO!" if data == b"two" else data.upper())
    replayer = replayer_of(path, changed)
    made = finished(replayer)
    divergence = replayer.divergence
    assert replayer.stop is StopReason.DIVERGENCE
    assert (present(divergence).node, present(divergence).export) == ("upper", "process")
    assert (present(divergence).element, present(divergence).what) == ("source#1", "output 0")
    assert made[-1].call.number == present(divergence).call
    assert present(divergence).got == 'text/plain, 4 bytes, "TWO!"'
    if level is OutputLevel.FULL:
        assert present(divergence).expected == 'text/plain, 3 bytes, "TWO"'
    else:
        assert present(divergence).expected.startswith("text/plain, 3 bytes, digest ")
    assert replayer.step() is None
    assert "expected:" in present(divergence).render()


def test_an_answer_or_a_print_that_differs_is_named(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    record_to(path, Components(PAYLOADS))
    ports = replayer_of(path, Components(ports=lambda data: ("all",)))
    finished(ports)
    assert present(ports.divergence).what == "answer"
    assert (present(ports.divergence).expected, present(ports.divergence).got) == (
        "ports all, some",
        "ports all",
    )

    failing = replayer_of(path, Components(process=lambda data: trap("bad \x1b[31m")))
    finished(failing)
    assert present(failing.divergence).expected == "emitted 1"
    assert present(failing.divergence).got == "failed, trap: bad \\x1b[31m"

    class Louder(Components):
        def invoke(self, call: Call) -> Answer:
            answer = super().invoke(call)
            if call.node == "even-sink" and answer.printed:
                more = answer.printed[0]._replace(data=b"heard ")
                return answer._replace(printed=(more,), printed_bytes=6)
            return answer

    louder = replayer_of(path, Louder())
    finished(louder)
    assert (present(louder.divergence).node, present(louder.divergence).what) == (
        "even-sink",
        "printed",
    )
    assert '"heard "' in present(louder.divergence).got


def test_a_recorded_call_that_the_engine_does_not_make_is_the_divergence() -> None:
    ring = Ring()
    run_to_end(engine_of(linked_flow(), Components(PAYLOADS)), Recorder(ring))

    def steps() -> Iterator[ReplayStep]:
        """As if "upper" had answered otherwise than it did when what came of it was recorded."""
        for step in steps_of_ring(ring):
            if isinstance(step, EventStep) and (step.node, step.export) == ("upper", "process"):
                step = EventStep(step.event._replace(answer=Answer(DISCARDED)))
            yield step

    invoker = ReplayInvoker(Components(), SOURCES | {"upper"})
    replayer = Replayer(steps, lambda given: engine_of(linked_flow(), given), invoker, AT_ONCE)
    finished(replayer)
    assert replayer.stop is StopReason.DIVERGENCE
    assert present(replayer.divergence).what == "call"
    assert present(replayer.divergence).expected == "split.route(source#0)"
    assert "split has nothing to work on" in present(replayer.divergence).got


def test_a_component_that_asks_for_another_time_is_named(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    record_to(path, Components(PAYLOADS, clock=LiveClock(), stamps=True))

    class Curious(Components):
        def invoke(self, call: Call) -> Answer:
            if call.node == "split" and call.element is not None:
                present(self.clock).answer("split", call.number, CLOCK, "now", 0)
            return super().invoke(call)

    asks_more = replayer_of(path, Curious(stamps=True), clock=LiveClock())
    finished(asks_more)
    assert (present(asks_more.divergence).node, present(asks_more.divergence).what) == (
        "split",
        "clock or random",
    )
    assert present(asks_more.divergence).got == f"{CLOCK}.now"

    asks_less = replayer_of(path, Components(stamps=False), clock=LiveClock())
    finished(asks_less)
    assert present(asks_less.divergence).expected == f"{CLOCK}.now = 1007"
    assert present(asks_less.divergence).got == "the component did not ask"


def test_recorded_random_bytes_are_only_given_in_the_length_asked_for() -> None:
    class Zeros:
        def answer(self, node: str, call: int, interface: str, function: str, size: int) -> bytes:
            return bytes(size)

        def wait_ns(self, node: str, call: int, requested_ns: int) -> int:
            return 0

    host = ReplayedHostInputs(Zeros())
    host.begin("n", (HostInput("wasi:random/random", "get-random-bytes", b"abc"),))
    assert host.answer("n", 1, "wasi:random/random", "get-random-bytes", 2) == b"\0\0"
    assert present(host.problem()).got == "wasi:random/random.get-random-bytes of 2 bytes"
    host.begin("n", (HostInput("wasi:random/random", "get-random-bytes", b"abc"),))
    assert host.answer("n", 1, "wasi:random/random", "get-random-bytes", 3) == b"abc"
    assert host.problem() is None
    assert host.wait_ns("n", 1, 10**9) == 0


def test_failures_retries_and_rebuilt_instances_are_repeated(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    options = EngineOptions(on_error=ErrorPolicy.RETRY, max_retries=2)

    def flaky() -> Callable[[bytes], bytes | Failed]:
        tries = {"left": 2}

        def process(data: bytes) -> bytes | Failed:
            if data == b"two" and tries["left"]:
                tries["left"] -= 1
                return trap("unlucky")
            return data.upper()

        return process

    recorded = calls_of(
        record_to(path, Components(PAYLOADS, process=flaky()), engine_options=options)
    )
    assert sum(event.call.export == "init" for event in recorded) == 8
    replayer = replayer_of(path, Components(process=flaky()))
    assert finished(replayer) == recorded
    assert replayer.divergence is None


def test_a_replay_until_a_call_makes_no_further_one(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    recorded = calls_of(record_to(path, Components(PAYLOADS)))
    for until in (0, 1, 10):
        replayer = replayer_of(path, Components(), ReplaySettings(until=until))
        assert finished(replayer) == recorded[:until]
        assert replayer.stop is StopReason.END_OF_REPLAY


def test_pace_is_the_recorded_flow_time_by_speed(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    recorded = calls_of(record_to(path, Components(PAYLOADS)))
    replayer = replayer_of(path, Components(), ReplaySettings(speed=2.0, pace_from=5))
    due = {}
    while replayer.pending is not None:
        pending = replayer.pending
        if not isinstance(pending, Start):
            due[pending.number] = replayer.due_ns
        replayer.step()
    begin = recorded[4].at_ns
    assert [due[number] for number in range(1, 5)] == [0] * 4
    for event in recorded[4:]:
        assert due[event.call.number] == (event.at_ns - begin) // 2
    assert replayer_of(path, Components()).due_ns == 0


def test_a_replay_in_a_loop_begins_again(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    record_to(path, Components(PAYLOADS))
    replayer = replayer_of(path, Components())
    first = finished(replayer)
    replayer.restart()
    assert finished(replayer) == first


def test_a_redacted_recording_is_repeated_with_its_rules(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    redaction = Redaction(["(?i)secret"])
    live = Components([b"a secret", b"plain"], process=lambda data: data + b"+")
    record_to(path, live, options=RecordingOptions(redactor=redaction))
    components = Components(process=lambda data: data + b"+")
    replayer = replayer_of(path, components, redaction=redaction)
    finished(replayer)
    assert components.sunk["all-sink"] == [b"a [redacted]+", b"plain+"]
    assert replayer.stop is StopReason.END_OF_REPLAY
