from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from runtime.model.call import Emitted, Exhausted, Failed, Output
from runtime.model.element import MAX_BUFFER_BYTES
from runtime.model.errors import StudioError
from runtime.model.linked import LinkedEdge, LinkedFlow, Role
from runtime.recording.encoding import OutputLevel, RecordingOptions
from runtime.recording.replay.input_feed import (
    BYTE_ORDER_MARK,
    OutputFeed,
    TextInput,
    text_inputs,
    text_output,
)
from runtime.recording.replay.partial import flow_behind, recorded_elements
from runtime.recording.replay.source_override import SourceOverride
from tests.support.recording_flows import Components, engine_of, linked_flow, record_to, run_to_end

PAYLOADS = [b"one", b"two", b"", b"\xff\x00", b'{"n":5}', b"six"]


def pulled(feed: TextInput) -> list[tuple[bytes, str]]:
    found = []
    while isinstance(outcome := feed.pull(), Emitted):
        output = outcome.outputs[0]
        found.append((output.payload.data, output.content_type))
    assert isinstance(outcome, Exhausted)
    return found


def file_of(tmp_path: Path, data: bytes) -> TextInput:
    path = tmp_path / "input.txt"
    path.write_bytes(data)
    return TextInput(str(path))


def test_each_line_is_an_element_and_json_is_told_from_text(tmp_path: Path) -> None:
    data = b'plain\r\n{"a":1}\n\n [1, 2] \n{"broken\n12\n\xff\x00\nlast'
    assert pulled(file_of(tmp_path, data)) == [
        (b"plain", "text/plain"),
        (b'{"a":1}', "application/json"),
        (b"", "text/plain"),
        (b" [1, 2] ", "application/json"),
        (b'{"broken', "text/plain"),
        (b"12", "text/plain"),
        (b"\xff\x00", "text/plain"),
        (b"last", "text/plain"),
    ]


@given(
    st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"").rstrip(b"\r"))),
    st.sampled_from((b"\n", b"\r\n")),
    st.sampled_from((b"", BYTE_ORDER_MARK)),
)
@example([b"a\rb", BYTE_ORDER_MARK], b"\n", b"")
@example([BYTE_ORDER_MARK], b"\n", BYTE_ORDER_MARK)
def test_a_final_newline_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], end: bytes, mark: bytes
) -> None:
    assume(mark or not lines or not lines[0].startswith(BYTE_ORDER_MARK))
    path = tmp_path_factory.mktemp("input") / "lines"
    text = mark + end.join(lines)
    for data in (text + end, text) if lines and lines[-1] else (text + end,) if lines else (b"",):
        path.write_bytes(data)
        assert [line for line, _ in pulled(TextInput(str(path)))] == lines


def test_only_one_carriage_return_belongs_to_the_end_of_a_line(tmp_path: Path) -> None:
    read = pulled(file_of(tmp_path, b"a\r\r\r\nb\r\n\r\nc\r"))
    assert [line for line, _ in read] == [b"a\r\r", b"b", b"", b"c\r"]


def test_an_empty_file_gives_nothing(tmp_path: Path) -> None:
    assert pulled(file_of(tmp_path, b"")) == []


def test_a_line_above_the_largest_buffer_fails_and_the_next_one_comes(tmp_path: Path) -> None:
    feed = file_of(tmp_path, b"x" * (MAX_BUFFER_BYTES + 1) + b"\nnext\n")
    outcome = feed.pull()
    assert isinstance(outcome, Failed)
    assert "line 1" in outcome.failure.message
    assert (outcome.failure.code, outcome.failure.crashed) == ("E0308", False)
    assert pulled(feed) == [(b"next", "text/plain")]


def test_the_largest_buffer_passes_with_either_line_end(tmp_path: Path) -> None:
    largest = b"x" * MAX_BUFFER_BYTES
    feed = file_of(tmp_path, largest + b"\r\n" + largest + b"\n" + largest)
    assert [len(data) for data, _ in pulled(feed)] == [MAX_BUFFER_BYTES] * 3


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        buffer = io.BytesIO(b"a\nb")

    monkeypatch.setattr(sys, "stdin", Terminal())
    feed = TextInput("-")
    assert [data for data, _ in pulled(feed)] == [b"a", b"b"]
    assert not Terminal.buffer.closed


def test_inputs_are_given_to_the_source_they_name(tmp_path: Path) -> None:
    path = tmp_path / "a=b.txt"
    path.write_text("x\n")
    only = text_inputs([str(path)], ("only",))
    assert pulled(only["only"]) == [(b"x", "text/plain")]
    both = text_inputs([f"left={path}", f"right={path}"], ("left", "right"))
    assert sorted(both) == ["left", "right"]
    for feed in both.values():
        assert pulled(feed) == [(b"x", "text/plain")]


@pytest.mark.parametrize(
    ("options", "sources", "part"),
    [
        (["FILE"], ("a", "b"), "2 sources: a, b"),
        (["FILE"], (), "0 sources"),
        (["c=FILE"], ("a", "b"), "2 sources"),
        (["c=FILE"], ("a",), "no source 'c'.*its source is a"),
        (["FILE", "FILE"], ("a",), "has an input already"),
        (["none/such"], ("a",), "cannot be read"),
    ],
)
def test_inputs_that_make_no_sense_are_told(
    tmp_path: Path, options: list[str], sources: tuple[str, ...], part: str
) -> None:
    path = tmp_path / "input"
    path.write_text("x")
    given_options = [option.replace("FILE", str(path)) for option in options]
    with pytest.raises(StudioError, match=part) as caught:
        text_inputs(given_options, sources)
    assert caught.value.exit_code == 2


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    feed = file_of(tmp_path, b"\xef\xbb\xbf{}\n\xef\xbb\xbfb\n")
    assert pulled(feed) == [(b"{}", "application/json"), (b"\xef\xbb\xbfb", "text/plain")]


def test_a_flow_runs_on_a_file(tmp_path: Path) -> None:
    components = Components([b"never"])
    feed = file_of(tmp_path, b"a\nb\nc")
    run_to_end(engine_of(linked_flow(), SourceOverride(components, {"source": feed})))
    assert components.sunk == {"all-sink": [b"A", b"B", b"C"], "even-sink": [b"A", b"C"]}
    assert feed.lines == 3


def test_a_run_that_ends_early_leaves_no_input_open(tmp_path: Path) -> None:
    text, read = file_of(tmp_path, b"a\nb\n"), []

    def outputs() -> Iterator[Output]:
        try:
            yield text_output(b"a")
            yield text_output(b"b")
        finally:
            read.append("closed")

    recorded = OutputFeed(outputs())
    override = SourceOverride(Components([]), {"source": text, "other": recorded})
    assert isinstance(text.pull(), Emitted)
    assert isinstance(recorded.pull(), Emitted)
    override.close()
    override.close()
    with pytest.raises(ValueError, match="closed file"):
        text.pull()
    assert read == ["closed"]


def edge_to(target: str) -> tuple[LinkedFlow, LinkedEdge]:
    flow = linked_flow()
    return flow, next(edge for edge in flow.edges if edge.target == target)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("upper", PAYLOADS),
        ("split", [data.upper() for data in PAYLOADS]),
        ("all-sink", [data.upper() for data in PAYLOADS]),
        ("even", [data.upper() for data in PAYLOADS[3:]]),
        ("even-sink", [PAYLOADS[4].upper()]),
    ],
)
def test_what_went_into_an_edge_is_found(
    tmp_path: Path, target: str, expected: list[bytes]
) -> None:
    path = tmp_path / "run.rec"
    live = Components(
        PAYLOADS, ports=lambda data: ("all",) if data in (b"ONE", b"TWO", b"") else ("all", "some")
    )
    record_to(path, live)
    flow, edge = edge_to(target)
    assert [item.payload.data for item in recorded_elements(path, flow, edge)] == expected


@pytest.mark.parametrize("target", ["upper", "split", "even", "even-sink"])
def test_the_part_behind_an_edge_runs_alone_on_recorded_elements(
    tmp_path: Path, target: str
) -> None:
    path = tmp_path / "run.rec"
    live = Components(PAYLOADS)
    record_to(path, live)
    flow, edge = edge_to(target)
    part = flow_behind(flow, edge)
    assert part.flow.nodes[0].role is Role.SOURCE
    assert part.entries == {edge.source: edge}
    for node in part.flow.nodes:
        assert [part.flow.edges[index].target for index in node.inputs] == [node.name] * len(
            node.inputs
        )
        assert [part.flow.edges[index].source for index in node.outputs] == [node.name] * len(
            node.outputs
        )
    components = Components()
    invoker = SourceOverride(components, part.feeds(path, flow))
    run_to_end(engine_of(part.flow, invoker))
    reached = {node.name for node in part.flow.nodes}
    assert edge.source not in {call.node for call in components.calls}
    if "all-sink" in reached:
        assert components.sunk["all-sink"] == live.sunk["all-sink"]
    if target != "even-sink":
        assert components.sunk["even-sink"] == live.sunk["even-sink"]


def test_a_payload_that_was_not_kept_is_told_when_it_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    record_to(path, Components(PAYLOADS), options=RecordingOptions(OutputLevel.DIGEST))
    flow, edge = edge_to("split")
    with pytest.raises(StudioError, match="was not kept") as caught:
        list(recorded_elements(path, flow, edge))
    assert caught.value.diagnostics[0].line == 10
    components = Components()
    part = flow_behind(flow, edge)
    run_to_end(engine_of(part.flow, SourceOverride(components, part.feeds(path, flow))), limit=10)
    assert components.sunk == {}
