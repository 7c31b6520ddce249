from __future__ import annotations

import base64
import hashlib
import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.model.call import (
    FAILURE_STDERR_BYTES,
    Absorbed,
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
from runtime.model.commands import (
    Advance,
    Cancel,
    Command,
    Drain,
    Relink,
    SetQueue,
    SetSchedule,
    Skip,
    Start,
    Step,
    Swap,
)
from runtime.model.component.stack import StackFrame
from runtime.model.element import Buffer, Element
from runtime.model.events import CallFinished
from runtime.model.linked import (
    Limits,
    LinkedEdge,
    LinkedFlow,
    LinkedNode,
    QueuePolicy,
    Role,
    SchedulePolicy,
)
from runtime.recording.answers import answer_of
from runtime.recording.command_lines import COMMANDS, command_line, command_of
from runtime.recording.encoding import LineMaker, OutputLevel, RecordingOptions
from runtime.recording.file.versions import CONVERTERS
from runtime.recording.format import CallLine, CommandLine, EndLine, decode_body, encode
from runtime.recording.payload_encoding import digest_of, from_text, to_text

texts = st.text(max_size=20)
numbers = st.integers(0, 2**63 - 1)
payloads = st.one_of(st.binary(max_size=60), texts.map(str.encode))
outputs = st.builds(
    lambda data, kind, buffer_kind: Output(Buffer(data, buffer_kind), kind), payloads, texts, texts
)
frames = st.builds(StackFrame, texts, texts, numbers, numbers, st.booleans())
failures = st.builds(
    Failure,
    st.sampled_from(FailureKind),
    texts,
    texts,
    texts,
    texts,
    st.booleans(),
    st.lists(frames, max_size=3).map(tuple),
    st.just(b""),
    st.just(False),
)
outcomes = st.one_of(
    st.builds(lambda items: Emitted(tuple(items)), st.lists(outputs, max_size=3)),
    st.just(Exhausted()),
    st.just(Discarded()),
    st.just(Absorbed()),
    st.builds(Verdict, st.booleans()),
    st.builds(lambda names: Ports(tuple(names)), st.lists(texts, max_size=3)),
    st.builds(Accepted, st.sampled_from(Signal)),
    st.just(Finished()),
    st.builds(Failed, failures),
)
hosts = st.builds(
    HostInput, texts, texts, st.one_of(st.integers(0, 2**64 - 1), st.binary(max_size=20))
)
elements = st.builds(
    lambda id_, source, sequence, data: Element(
        id_, id_, source, sequence, 5, "t", Buffer(data, "t")
    ),
    numbers,
    texts,
    numbers,
    payloads,
)
flow_nodes = st.builds(
    LinkedNode,
    name=texts,
    role=st.sampled_from(Role),
    interface=texts,
    component=texts,
    artifact=st.just(""),
    digest=texts,
    lifecycle=st.none() | texts,
    config=texts,
    limits=st.builds(Limits, numbers, numbers, numbers),
    priority=st.integers(1, 10),
    grants=st.lists(texts, max_size=2).map(tuple),
    inputs=st.lists(numbers, max_size=2).map(tuple),
    outputs=st.lists(numbers, max_size=2).map(tuple),
)
flow_edges = st.builds(
    LinkedEdge,
    numbers,
    texts,
    texts,
    texts,
    texts,
    numbers,
    st.sampled_from(QueuePolicy),
    st.floats(0, 1),
    st.none() | st.floats(0.001, 1e9),
)
flows = st.builds(
    LinkedFlow,
    texts,
    st.just("Torvyn.toml"),
    st.lists(flow_nodes, max_size=2).map(tuple),
    st.lists(flow_edges, max_size=2).map(tuple),
    st.sampled_from(SchedulePolicy),
    numbers,
)
commands = st.one_of(
    st.builds(Start, numbers),
    st.builds(Step, st.none() | texts, st.none() | numbers),
    st.builds(Advance, numbers),
    st.builds(Skip, texts),
    st.builds(SetSchedule, st.sampled_from(SchedulePolicy)),
    st.builds(Drain, texts),
    st.builds(Cancel, texts),
    st.builds(Swap, texts, texts),
    st.builds(SetQueue, numbers, st.integers(1, 2**40), st.just(QueuePolicy.DROP_OLDEST)),
    st.builds(
        lambda edge, rate: SetQueue(edge, 9, QueuePolicy.RATE_LIMIT, 0.25, rate),
        numbers,
        st.floats(0.001, 1e9),
    ),
    st.builds(Relink, flows),
)


@given(outcomes, st.lists(hosts, max_size=3), st.none() | elements, numbers, numbers)
def test_a_call_is_the_same_after_writing_and_reading(
    outcome: Outcome, host: list[HostInput], element: Element | None, at_ns: int, duration: int
) -> None:
    call = Call(7, "node", Export.PROCESS, element, "argument")
    answer = Answer(outcome, duration, host=tuple(host))
    line = LineMaker(RecordingOptions()).line(CallFinished(call, answer, at_ns))
    data = encode(line)
    assert data.count(b"\n") == 1
    assert data.endswith(b"\n")
    read = decode_body(data)
    assert read == line
    assert answer_of(read) == answer
    assert read.at_ns == at_ns
    if element is not None:
        assert read.element.digest == digest_of(element.payload.data)
    json.loads(data)


@given(st.lists(st.tuples(st.sampled_from(["stdout", "stderr"]), payloads), max_size=5))
def test_what_a_call_printed_is_kept_by_stream_and_in_order(
    writes: list[tuple[str, bytes]],
) -> None:
    printed = tuple(Printed(stream, data, True) for stream, data in writes)
    total = sum(len(data) for _, data in writes)
    answer = Answer(Finished(), printed=printed, printed_bytes=total)
    call = CallFinished(Call(1, "n", Export.PUSH), answer, 0)
    line = decode_body(encode(LineMaker(RecordingOptions()).line(call)))
    read = answer_of(line)
    for stream in ("stdout", "stderr"):
        expected = b"".join(data for name, data in writes if name == stream)
        assert b"".join(item.data for item in read.printed if item.stream == stream) == expected
    assert read.printed_bytes == total
    streams = [item.stream for item in read.printed]
    assert all(one != other for one, other in pairwise(streams))


@pytest.mark.parametrize(
    ("written", "total", "kept", "cut"),
    [
        (b"it hurts\n", 13, b"it hurts\n", False),
        (b"it hurts\n", 99, b"it hurts\n", True),
        (b"x" * 9000, 9004, b"x" * FAILURE_STDERR_BYTES, True),
    ],
)
def test_the_stderr_of_a_failed_call_is_read_from_what_it_printed(
    written: bytes, total: int, kept: bytes, cut: bool
) -> None:
    failure = Failure(FailureKind.TRAP, "unreachable", "E0804", "Trap", "Look.", True)
    printed = (Printed("stdout", b"fine", True), Printed("stderr", written, False))
    answer = Answer(Failed(failure), printed=printed, printed_bytes=total)
    call = CallFinished(Call(1, "n", Export.PUSH), answer, 0)
    read = answer_of(decode_body(encode(LineMaker(RecordingOptions()).line(call))))
    assert read.outcome == Failed(failure._replace(stderr=kept, stderr_cut=cut))


@given(commands, numbers)
def test_a_command_is_the_same_after_writing_and_reading(command: Command, after: int) -> None:
    line = decode_body(encode(command_line(command, after)))
    assert isinstance(line, CommandLine)
    assert line.after_call == after
    assert command_of(line) == command


def test_every_command_has_a_verb() -> None:
    assert set(COMMANDS) == {
        "start",
        "step",
        "advance",
        "skip",
        "revive",
        "set-schedule",
        "drain",
        "cancel",
        "swap",
        "set-queue",
        "relink",
        "inject",
        "edit",
        "discard",
        "duplicate",
        "move",
        "empty",
        "hold",
    }


def test_a_graph_is_written_without_the_paths_of_the_machine() -> None:
    node = LinkedNode("a", Role.SOURCE, "i", "file://a.wasm", "/home/ann/a.wasm", "d", None)
    flow = LinkedFlow("main", "/home/ann/Torvyn.toml", (node,), (), build_dir="/home/ann/.torvyn")
    written = encode(command_line(Relink(flow), 3))
    assert b"/home" not in written
    read = command_of(decode_body(written))
    assert (read.flow.manifest, read.flow.build_dir) == ("Torvyn.toml", "")
    assert read.flow.nodes[0] == LinkedNode("a", Role.SOURCE, "i", "file://a.wasm", "", "d", None)


@pytest.mark.parametrize(
    ("line", "part"),
    [
        (CommandLine(verb="teleport"), "no command 'teleport'"),
        (CommandLine(verb="skip", args={"node": "a", "where": 1}), "takes no where"),
        (CommandLine(verb="advance", args={"elapsed_ns": "soon"}), "Expected `int`"),
        (CommandLine(verb="set-schedule", args={"policy": "random"}), "Invalid enum value"),
        (
            CommandLine(verb="set-queue", args={"edge": 0, "capacity": 0, "policy": "error"}),
            "capacity must be 1 or more",
        ),
    ],
)
def test_a_command_that_can_not_be_repeated_says_why(line: CommandLine, part: str) -> None:
    with pytest.raises(ValueError, match=part):
        command_of(line)


@given(st.binary(max_size=80))
def test_a_payload_is_text_exactly_when_it_is_utf8(data: bytes) -> None:
    text, encoded = to_text(data)
    assert from_text(text, encoded) == data
    try:
        assert data.decode("utf-8") == text
        assert encoded is None
    except UnicodeDecodeError:
        assert text is None
        assert base64.b64decode(encoded) == data


def test_a_digest_is_blake2b_of_128_bits_of_the_payload_alone() -> None:
    assert digest_of(b"one") == hashlib.blake2b(b"one", digest_size=16).hexdigest()
    assert digest_of(b"") == "cae66941d9efbd404e4d88758ea67670"


def test_damaged_base64_is_told() -> None:
    with pytest.raises(ValueError, match="not base64"):
        from_text(None, "a$b=")


def emitted_line(options: RecordingOptions, export: Export, data: bytes) -> CallLine:
    event = CallFinished(
        Call(1, "n", export), Answer(Emitted((Output(Buffer(data, "t"), "t"),))), 0
    )
    line = LineMaker(options).line(event)
    assert isinstance(line, CallLine)
    return line


@pytest.mark.parametrize("level", OutputLevel)
def test_source_outputs_are_always_whole(level: OutputLevel) -> None:
    line = emitted_line(RecordingOptions(level, payload_limit=3), Export.PULL, b"long text")
    assert line.outputs[0].text == "long text"


def test_other_outputs_are_whole_up_to_the_limit_and_digests_above() -> None:
    options = RecordingOptions(payload_limit=3)
    assert emitted_line(options, Export.PROCESS, b"abc").outputs[0].text == "abc"
    above = emitted_line(options, Export.PROCESS, b"abcd").outputs[0]
    assert (above.text, above.base64, above.size) == (None, None, 4)
    assert above.digest == digest_of(b"abcd")
    small = emitted_line(RecordingOptions(OutputLevel.DIGEST), Export.PROCESS, b"").outputs[0]
    assert small.text is None


def test_an_answer_without_its_payload_is_refused() -> None:
    line = emitted_line(RecordingOptions(OutputLevel.DIGEST), Export.PROCESS, b"abc")
    with pytest.raises(ValueError, match="3 bytes\\) was not kept"):
        answer_of(line)


def test_fields_of_a_later_release_are_passed_over() -> None:
    line = EndLine(state="completed", calls=1)
    data = json.loads(encode(line)) | {"mood": "good"}
    assert decode_body(json.dumps(data).encode()) == line


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"type":"call"}',
        b'{"type":"song"}',
        b'{"type":"end","calls":"x"}',
    ],
)
def test_what_is_no_line_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|Object|Expected|Invalid|truncated"):
        decode_body(data)


def test_where_a_trap_happened_is_told_as_now_in_what_version_1_says() -> None:
    before, now = "unreachable, in module!<wasm function 38>", "unreachable, in <wasm function 38>"
    failure = {"kind": "trap", "code": "E0301", "message": before}
    call = CONVERTERS[1]({"type": "call", "failure": failure})
    assert call == {"type": "call", "failure": failure | {"message": now}}
    assert CONVERTERS[1]({"type": "end", "detail": before})["detail"] == now
    reported = {"type": "call", "failure": {"kind": "error", "message": before}}
    assert CONVERTERS[1](reported) == reported
