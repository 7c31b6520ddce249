"""Elements put in and edited by hand, and the host inputs of a swap, in recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.options import EngineOptions
from runtime.model.call import Failed, HostInput
from runtime.model.commands import Command, Edit, Inject, SetQueue, Start, Step, Swap
from runtime.model.events import (
    CallFinished,
    Edited,
    Event,
    FlowState,
    Injected,
    Stopped,
    StopReason,
)
from runtime.model.linked import QueuePolicy, SchedulePolicy
from runtime.recording.command_lines import command_line, command_of
from runtime.recording.encoding import OutputLevel, RecordingOptions
from runtime.recording.file.header import header_of
from runtime.recording.file.reader import RecordingReader
from runtime.recording.format import CommandLine, decode_body, encode
from runtime.recording.recorder import Recorder
from runtime.recording.redaction import Redaction
from runtime.recording.replay.expectation import end_of
from runtime.recording.replay.replayer import Replayer, ReplayInvoker, ReplaySettings
from runtime.recording.replay.steps import ReplayStep, steps_of_file, steps_of_ring
from runtime.recording.ring.ring import Ring
from tests.support.engine.fakes import WALL_NS
from tests.support.examples import examples
from tests.support.recording_flows import (
    CLOCK,
    DEFAULTS,
    FULL,
    Components,
    engine_of,
    facts_of,
    lines_of,
    linked_flow,
    resealed,
    run_to_end,
    trap,
)

AT_ONCE = ReplaySettings()
SOURCES = frozenset({"source"})
PAYLOADS = [b"one", b"bad", b"three"]
BY_HAND: list[Command] = [
    *[Step()] * 7,
    Inject(0, b"from outside", "text/plain"),
    Inject(2, b"\xff\x00"),
    Inject(9, b"nowhere"),
    *[Step()] * 6,
    Step(node="source"),
    Step(node="upper"),
    Step(node="upper"),
    Edit(5, b"ed\xffited", "x/y"),
    Edit(99, b"nothing"),
]


def refuses_bad(data: bytes) -> bytes | Failed:
    return trap("no") if data == b"bad" else data.upper()


class Recorded:
    """A run with the commands after its start, then to its end, in a ring and a file."""

    def __init__(
        self, path: Path, commands: list[Command], options: RecordingOptions = FULL
    ) -> None:
        self.path = path
        self.components = Components(PAYLOADS, process=refuses_bad)
        engine = engine_of(linked_flow(), self.components)
        recorder = Recorder(Ring())
        header = header_of(linked_flow(), facts_of(), options, path)
        assert recorder.keep(path, header, options) is None
        self.events: list[Event] = []
        for command in [Start(WALL_NS), *commands]:
            events = engine.apply(command)
            recorder.record(command, events)
            self.events += events
        self.events += run_to_end(engine, recorder, limit=100)
        assert engine.state is FlowState.COMPLETED
        assert recorder.stop(end_of(engine.snapshot(), recorder.ring.calls_kept, WALL_NS)) is None
        self.ring = recorder.ring

    def from_ring(self) -> Iterator[ReplayStep]:
        return steps_of_ring(self.ring)

    def from_file(self) -> Iterator[ReplayStep]:
        with RecordingReader(self.path) as reader:
            yield from steps_of_file(reader)


def replayed(
    steps: Callable[[], Iterator[ReplayStep]],
    components: Components,
    replay: ReplaySettings = AT_ONCE,
    options: EngineOptions = DEFAULTS,
) -> list[Event]:
    replayer = Replayer(
        steps,
        lambda invoker: engine_of(linked_flow(), invoker, options),
        ReplayInvoker(components, SOURCES),
        replay,
    )
    events = [event for _, events in replayer.run() for event in events]
    assert replayer.divergence is None
    assert replayer.stop is StopReason.END_OF_REPLAY
    return events


@pytest.mark.parametrize("level", OutputLevel)
def test_elements_from_outside_and_edited_ones_are_repeated_event_for_event(
    tmp_path: Path, level: OutputLevel
) -> None:
    run = Recorded(tmp_path / "run.rec", BY_HAND, RecordingOptions(level))
    kinds = [type(event) for event in run.events]
    assert (kinds.count(Injected), kinds.count(Edited)) == (2, 1)
    refused = [event.detail for event in run.events if isinstance(event, Stopped)]
    assert "the flow has no edge 9: it has 5" in refused
    assert b"ED\xffITED" in run.components.sunk["all-sink"]
    assert b"BAD" not in run.components.sunk["all-sink"]
    assert b"\xff\x00" in run.components.sunk["all-sink"]
    for steps in (run.from_ring, run.from_file):
        components = Components(process=refuses_bad, first_duration=77)
        assert replayed(steps, components) == run.events
        assert components.sunk == run.components.sunk
    same = replayed(
        run.from_ring, Components(process=refuses_bad), ReplaySettings(same_engine=True)
    )
    assert same == run.events


def test_the_lines_hold_what_was_asked_for(tmp_path: Path) -> None:
    run = Recorded(tmp_path / "run.rec", BY_HAND)
    lines = [line for line in lines_of(run.path) if line.get("verb") in ("inject", "edit")]
    assert [(line["verb"], line["after_call"], line["args"]) for line in lines] == [
        (
            "inject",
            7,
            {"edge": 0, "payload": {"text": "from outside"}, "content_type": "text/plain"},
        ),
        ("inject", 7, {"edge": 2, "payload": {"base64": "/wA="}, "content_type": ""}),
        ("inject", 7, {"edge": 9, "payload": {"text": "nowhere"}, "content_type": ""}),
        (
            "edit",
            16,
            {"element_id": 5, "payload": {"base64": "ZWT/aXRlZA=="}, "content_type": "x/y"},
        ),
        ("edit", 16, {"element_id": 99, "payload": {"text": "nothing"}, "content_type": None}),
    ]


def test_payloads_given_by_hand_are_redacted() -> None:
    redaction = Redaction(["$..password", r"key=(\w+)"])
    for command in (Inject(0, b'{"password":"hunter2"}'), Edit(1, b'{"password":"hunter2"}')):
        written = encode(command_line(command, 3, redaction.payload))
        assert b"hunter2" not in written
        read = command_of(decode_body(written))
        assert read.payload == b'{"password":"[redacted]"}'
    assert b"abc" not in encode(command_line(Inject(0, b"key=abc"), 3, redaction.payload))


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
numbers = st.integers(0, 2**62)
answers = st.builds(HostInput, texts, texts, st.integers(0, 2**64 - 1) | st.binary(max_size=20))
commands = st.one_of(
    st.builds(Inject, numbers, st.binary(max_size=40), texts),
    st.builds(Edit, numbers, st.binary(max_size=40), st.none() | texts),
    st.builds(Swap, texts, texts, st.lists(answers, max_size=3).map(tuple)),
)


@given(commands, numbers)
def test_a_command_is_the_same_after_writing_and_reading(command: Command, after: int) -> None:
    line = decode_body(encode(command_line(command, after)))
    assert isinstance(line, CommandLine)
    assert command_of(line) == command


def test_a_swap_keeps_what_the_host_answered_its_init() -> None:
    swap = Swap("upper", "ab", (HostInput(CLOCK, "now", 7), HostInput("r", "bytes", b"\xff")))
    redaction = Redaction([r"(\w+)"])
    line = command_line(swap, 4, redaction.payload)
    assert line.args["host"] == [[CLOCK, "now", 7], ["r", "bytes", {"base64": "/w=="}]]
    assert command_of(decode_body(encode(line))).host == swap.host


def test_a_swap_without_host_inputs_is_written_as_before_there_were_any() -> None:
    written = resealed(
        [b'{"type":"command","verb":"swap","after_call":4,"args":{"node":"upper","digest":"ab"}}']
    )
    assert encode(command_line(Swap("upper", "ab"), 4)) == written
    assert command_of(decode_body(written)) == Swap("upper", "ab", ())


def test_the_engine_has_no_use_for_host_inputs() -> None:
    swapped = []
    for host in ((), (HostInput(CLOCK, "now", 7),)):
        engine = engine_of(linked_flow(), Components(PAYLOADS))
        for command in (Start(WALL_NS), *[Step()] * 8):
            engine.apply(command)
        events = engine.apply(Swap("upper", "ab", host))
        swapped.append((events, engine.snapshot(), engine.flow))
    assert swapped[0] == swapped[1]


@pytest.mark.parametrize(
    ("verb", "args", "part"),
    [
        ("inject", {"edge": 0}, "missing required field `payload`"),
        ("inject", {"edge": 0, "payload": "text"}, "Expected `bytes`"),
        ("edit", {"element_id": "one", "payload": {"text": ""}}, "Expected `int`"),
        ("swap", {"node": "a", "digest": "d", "host": [["i", "f"]]}, "host"),
        ("swap", {"node": "a", "digest": "d", "host": [["i", "f", "soon"]]}, "host"),
    ],
)
def test_a_damaged_command_says_what_is_wrong(
    verb: str, args: dict[str, object], part: str
) -> None:
    with pytest.raises(ValueError, match=part):
        command_of(CommandLine(verb=verb, args=args))


by_hand = st.one_of(
    st.just(Step()),
    st.just(Step()),
    st.builds(Step, st.sampled_from([node.name for node in linked_flow().nodes])),
    st.builds(Inject, st.integers(0, 5), st.sampled_from((b"bad", b"in", b"\xff"))),
    st.builds(Edit, st.integers(1, 12), st.sampled_from((b"bad", b"ed"))),
    st.builds(SetQueue, st.integers(0, 4), st.integers(1, 4), st.just(QueuePolicy.DROP_OLDEST)),
)


@examples(60)
@given(st.lists(by_hand, max_size=60), st.sampled_from(SchedulePolicy))
def test_any_run_with_elements_by_hand_is_repeated_call_for_call(
    asked: list[Command], policy: SchedulePolicy
) -> None:
    options = EngineOptions(schedule=policy)
    engine = engine_of(linked_flow(), Components(PAYLOADS * 3, process=refuses_bad), options)
    recorder = Recorder(Ring())
    calls: list[Event] = []
    for command in (Start(WALL_NS), *asked, *[Step()] * 60):
        events = engine.apply(command)
        recorder.record(command, events)
        calls += [event for event in events if isinstance(event, CallFinished)]
    for same_engine in (False, True):
        again = replayed(
            lambda: steps_of_ring(recorder.ring),
            Components(process=refuses_bad),
            ReplaySettings(same_engine=same_engine),
            options,
        )
        assert [event for event in again if isinstance(event, CallFinished)] == calls
