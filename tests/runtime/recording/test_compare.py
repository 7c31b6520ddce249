from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.options import EngineOptions
from runtime.model.call import Failed
from runtime.model.errors import StudioError
from runtime.model.linked import ErrorPolicy, SchedulePolicy
from runtime.recording.diff.build_diff import BuildUnderTest, calls_of_node, compare_builds
from runtime.recording.diff.compare import compare_recordings
from runtime.recording.diff.differences import Ignore, payload_difference
from runtime.recording.diff.report import KEPT_DIFFERENCES, Report
from runtime.recording.encoding import OutputLevel, RecordingOptions
from runtime.recording.replay.recorded_host_inputs import ReplayedHostInputs
from tests.support.narrow import present
from tests.support.recording_flows import (
    Components,
    LiveClock,
    linked_flow,
    other_builds,
    record_to,
    trap,
)

PAYLOADS = [b"one", b"two", b"", b"\xff\x00", b'{"n":5,"t":1}', b"six"]
BY_WEIGHT = EngineOptions(schedule=SchedulePolicy.WEIGHTED_FAIR)


def compared(
    tmp_path: Path, before: Components, after: Components, *ignore: str, **options: Any
) -> Report:
    one, other = tmp_path / "a.rec", tmp_path / "b.rec"
    record_to(one, before)
    record_to(other, after, **options)
    return compare_recordings(one, other, Ignore(ignore))


# ---- payloads


def test_json_differs_by_path() -> None:
    found = payload_difference(
        b'{"a":[1,{"b":2}],"c":true,"d e":1}', b'{"a":[1,{"b":3},4],"c":1,"x":null}'
    )
    assert present(found).kind == "json"
    assert present(found).count == 5
    assert present(found).lines == (
        "- $.a[1].b: 2",
        "+ $.a[1].b: 3",
        "+ $.a[2]: 4",
        "- $.c: true",
        "+ $.c: 1",
        "- $['d e']: 1",
        "+ $.x: null",
    )


def test_text_differs_by_line() -> None:
    found = payload_difference(b"a\nb\nc\nd", b"a\nB\nc\nd\ne")
    assert present(found).kind == "text"
    assert [line for line in present(found).lines if line[:1] in "+-"] == ["- b", "+ B", "+ e"]
    assert present(found).lines[0] == "@@ line 2 @@"


def test_binary_differs_in_hexadecimal() -> None:
    found = payload_difference(bytes(range(200, 240)), bytes(range(200, 239)) + b"\x00!")
    assert present(found).kind == "binary"
    assert present(found).lines[0] == "@@ 40 bytes, 41 bytes @@"
    assert present(found).lines[1].startswith("- 00000020  e8 e9 ea eb ec ed ee ef")
    assert "ee 00 21" in present(found).lines[2]


def test_json_that_is_only_written_otherwise_is_equal_unless_bytes_count() -> None:
    before, after = b'{"a":1,"b":[1,2],"t":"x"}', b'{"b": [1, 2], "t": "x",\n "a": 1}'
    assert payload_difference(before, after) is None
    assert present(payload_difference(before, after, Ignore(exact=True))).kind == "text"
    assert payload_difference(b'got\n{"a":1,"b":2}\n', b'got\n{"b":2, "a":1}\n') is None
    assert present(payload_difference(b'{"a":1,"b":2}\nx', b'{"b":2,"a":1}\ny')).lines == (
        "@@ line 2 @@",
        '  {"a":1,"b":2}',
        "- x",
        "+ y",
    )
    assert present(payload_difference(b"[1]", b"[1.0]")).lines == ("- $[0]: 1", "+ $[0]: 1.0")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"[1.0]", b"[1.00]"),
        (b"[1e2]", b"[100.0]"),
        (b'{"a":1,"a":2}', b'{"a":2}'),
        (b"17", b" 17"),
        (b'"a"', b'"a" '),
    ],
)
def test_numbers_keys_and_texts_are_compared_as_they_are_written(
    before: bytes, after: bytes
) -> None:
    assert payload_difference(before, after) is not None


def _shuffled(value: object, random: Random) -> object:
    if isinstance(value, dict):
        items = [(key, _shuffled(item, random)) for key, item in value.items()]
        random.shuffle(items)
        return dict(items)
    return [_shuffled(item, random) for item in value] if isinstance(value, list) else value


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=5)
    ),
)


@given(st.lists(JSON_VALUES, max_size=6), st.randoms(use_true_random=False))
def test_any_json_equals_itself_in_another_order(value: list[object], random: Random) -> None:
    before = json.dumps(value, separators=(",", ":"))
    after = json.dumps(_shuffled(value, random), indent=2)
    assert payload_difference(before.encode(), after.encode()) is None


@given(st.lists(JSON_VALUES, max_size=8), st.lists(JSON_VALUES, max_size=8))
def test_lists_are_equal_exactly_when_nothing_is_told_of_them(
    before: list[object], after: list[object]
) -> None:
    texts = json.dumps(before, sort_keys=True), json.dumps(after, sort_keys=True)
    found = payload_difference(texts[0].encode(), texts[1].encode())
    assert (found is None) == (texts[0] == texts[1])


def test_an_item_that_came_first_is_one_difference() -> None:
    before = [{"id": number} for number in range(40)]
    after = [{"id": "new"}, *before[:20], *before[21:]]
    found = present(payload_difference(json.dumps(before).encode(), json.dumps(after).encode()))
    assert found.lines == ('+ $[0]: {"id": "new"}', '- $[20]: {"id": 20}')


def test_nothing_of_a_component_controls_the_terminal() -> None:
    found = payload_difference(b"a\x1b[2J\nb", "a\nb\x07\u202e".encode())
    assert not any(
        "\x1b" in line or "\x07" in line or "\u202e" in line for line in present(found).lines
    )


@pytest.mark.parametrize(
    ("before", "after", "rules", "same"),
    [
        (b'{"t":1,"a":2}', b'{"t":5,"a":2}', ["$.t"], True),
        (b'{"t":1,"a":2}', b'{"a":2}', ["$.t"], True),
        (b'{"t":1,"a":2}', b'{"t":5,"a":3}', ["$.t"], False),
        (b'[{"t":1},{"t":2}]', b'[{"t":3},{"t":4}]', ["$[*].t"], True),
        (b'{"a":"at 12:00"}', b'{"a":"at 13:30"}', [r"\d+:\d+"], True),
        (b"at 12:00\nx", b"at 13:30\nx", [r"\d+:\d+"], True),
        (b"at 12:00\nx", b"at 13:30\ny", [r"\d+:\d+"], False),
    ],
)
def test_what_is_ignored_is_no_difference(
    before: bytes, after: bytes, rules: list[str], same: bool
) -> None:
    assert (payload_difference(before, after, Ignore(rules)) is None) is same


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_payloads_differ_exactly_when_their_bytes_do(before: bytes, after: bytes) -> None:
    found = payload_difference(before, after, Ignore(exact=True))
    assert (found is None) == (before == after)
    assert found is None or (found.count > 0 and found.lines)


def test_large_payloads_are_compared_in_bounded_lines() -> None:
    lines = [b"%d" % number for number in range(20_000)]
    found = payload_difference(b"\n".join(lines), b"\n".join(reversed(lines)))
    assert len(present(found).lines) < 100
    assert len(present(payload_difference(os.urandom(200_000), os.urandom(200_000))).lines) <= 102


# ---- recordings


def test_equal_runs_are_equal_whatever_their_times_and_order(tmp_path: Path) -> None:
    report = compared(
        tmp_path,
        Components(PAYLOADS * 5),
        Components(PAYLOADS * 5, first_duration=99_999),
        engine_options=BY_WEIGHT,
    )
    assert report.equal
    assert report.first is None
    assert report.render().endswith("equal")
    assert report.nodes["upper"].compared == 32


@pytest.mark.parametrize("level", OutputLevel)
def test_the_node_that_changed_is_told_from_those_behind_it(
    tmp_path: Path, level: OutputLevel
) -> None:
    def changed(data: bytes) -> bytes:
        return b"TWO!" if data == b"two" else data.upper()

    report = compared(
        tmp_path,
        Components(PAYLOADS),
        Components(PAYLOADS, process=changed),
        options=RecordingOptions(level),
    )
    first = report.first
    assert (first.node, first.element, first.what) == ("upper", "source#1", "output 0")
    assert report.nodes["upper"].different == 1
    sink = [item for item in report.differences if item.node == "all-sink"]
    assert [(item.what, item.element) for item in sink] == [("input", "source#1")]
    assert report.nodes["even-sink"].equal
    assert report.nodes["source"].equal
    if level is OutputLevel.FULL:
        assert first.lines[1:] == ("- TWO", "+ TWO!")
        assert sink[0].lines[1:] == ("- TWO", "+ TWO!")
    else:
        assert "payload not kept" in sink[0].after
    assert not report.equal


def test_ignored_fields_do_not_make_recordings_differ(tmp_path: Path) -> None:
    report = compared(
        tmp_path,
        Components([b'{"t":1,"a":2}'], process=lambda data: data, says=b""),
        Components([b'{"t":1,"a":2}'], process=lambda data: data.replace(b"1", b"7"), says=b""),
        "$.t",
    )
    assert report.equal


def test_elements_that_only_one_run_has_are_told(tmp_path: Path) -> None:
    report = compared(
        tmp_path,
        Components(PAYLOADS),
        Components(PAYLOADS[:-1], process=lambda data: None if data == b"one" else data.upper()),
    )
    kinds = {(item.node, item.what, item.element) for item in report.differences}
    assert ("upper", "answer", "source#0") in kinds
    assert ("all-sink", "missing", "source#0") in kinds
    assert ("all-sink", "missing", "source#5") in kinds
    assert report.nodes["all-sink"].missing == 2
    assert report.first.element == "source#0"
    again = compare_recordings(tmp_path / "b.rec", tmp_path / "a.rec")
    assert again.nodes["all-sink"].added == 2


def test_another_end_of_the_flow_is_a_difference(tmp_path: Path) -> None:
    def process(data: bytes) -> bytes | Failed:
        return trap("no") if data == b"six" else data.upper()

    failing = EngineOptions(on_error=ErrorPolicy.FAIL)
    one, other = tmp_path / "a.rec", tmp_path / "b.rec"
    record_to(one, Components(PAYLOADS), engine_options=failing)
    record_to(other, Components(PAYLOADS, process=process), engine_options=failing)
    report = compare_recordings(one, other)
    states = [item for item in report.differences if item.node == "flow"]
    assert [(item.what, item.before[:9], item.after[:6]) for item in states] == [
        ("state", "completed", "failed")
    ]


def test_other_builds_are_noted_and_are_no_difference(tmp_path: Path) -> None:
    report = compared(
        tmp_path,
        Components(PAYLOADS),
        Components(PAYLOADS),
        flow=other_builds(linked_flow(), "upper"),
    )
    assert report.equal
    assert report.notes == ["node upper: build 757070657200, then ffffffffffff"]


def test_retries_are_matched_in_turn(tmp_path: Path) -> None:
    retrying = EngineOptions(on_error=ErrorPolicy.RETRY)

    def flaky(times: int) -> Callable[[bytes], bytes | Failed]:
        tries = {"left": times}

        def process(data: bytes) -> bytes | Failed:
            if data == b"two" and tries["left"]:
                tries["left"] -= 1
                return trap("unlucky")
            return data.upper()

        return process

    one, other = tmp_path / "a.rec", tmp_path / "b.rec"
    record_to(one, Components(PAYLOADS, process=flaky(2)), engine_options=retrying)
    record_to(other, Components(PAYLOADS, process=flaky(2)), engine_options=retrying)
    assert compare_recordings(one, other).equal
    other.unlink()
    record_to(other, Components(PAYLOADS, process=flaky(1)), engine_options=retrying)
    assert not compare_recordings(one, other).equal


def test_lines_far_apart_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.recording.diff.compare.HELD_BYTES", 0)
    payloads = [b"%d" % number for number in range(40)]
    report = compared(
        tmp_path, Components(payloads), Components(payloads), engine_options=BY_WEIGHT
    )
    assert report.equal


def test_many_differences_are_counted_and_the_first_kept(tmp_path: Path) -> None:
    payloads = [b"%d" % number for number in range(600)]
    report = compared(
        tmp_path,
        Components(payloads),
        Components(payloads, process=lambda data: data + b"!", says=b"said "),
    )
    assert report.total > KEPT_DIFFERENCES == len(report.differences)
    assert report.first.position == min(item.position for item in report.differences)
    text = report.render(shown=3)
    assert f"… {report.total - 3:,} more differences" in text
    objects = [json.loads(line) for line in report.json_lines()]
    assert objects[-1] == {
        "type": "summary",
        "equal": False,
        "differences": report.total,
        "kept": KEPT_DIFFERENCES,
        "notes": [],
    }
    assert {item["type"] for item in objects} == {"node", "difference", "summary"}


def test_a_damaged_recording_is_no_difference_but_an_error(tmp_path: Path) -> None:
    one = tmp_path / "a.rec"
    record_to(one, Components(PAYLOADS))
    other = tmp_path / "b.rec"
    lines = one.read_bytes().splitlines(keepends=True)
    other.write_bytes(b"".join([*lines[:5], b"?\n", *lines[6:]]))
    with pytest.raises(StudioError, match="damaged"):
        compare_recordings(one, other)


# ---- builds


def build(**options: Any) -> BuildUnderTest:
    host = ReplayedHostInputs(LiveClock())
    return BuildUnderTest(Components(clock=host, **options), host)


def test_two_builds_are_compared_on_what_their_node_was_given(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    record_to(path, Components(PAYLOADS, clock=LiveClock(), stamps=True))
    flow = linked_flow()

    def report(**after: Any) -> Report:
        return compare_builds(
            calls_of_node(path, flow, "upper"),
            build(stamps=True),
            build(stamps=True, **after),
            "processor",
        )

    assert report().equal
    assert report().nodes["upper"].compared == len(PAYLOADS) + 2
    changed = report(process=lambda data: data.upper().replace(b"S", b"$"))
    assert [(item.element, item.lines[1:]) for item in changed.differences] == [
        ("source#5", ("- SIX@1042", "+ $IX@1042"))
    ]


def test_elements_reach_a_node_behind_a_router_and_a_filter(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    live = Components(PAYLOADS)
    record_to(path, live)
    calls = [item.call for item in calls_of_node(path, linked_flow(), "even-sink")]
    given_ = [call.element.payload.data for call in calls if call.element is not None]
    assert given_ == live.sunk["even-sink"]
    recorded = [call for call in live.calls if call.node == "even-sink"]
    assert [call.element._replace(path=()) for call in recorded if call.element] == [
        call.element for call in calls if call.element
    ]


def test_a_build_that_crashed_is_initialised_again(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    record_to(path, Components(PAYLOADS))
    before, after = build(), build(process=lambda d: trap("oh") if d == b"two" else d.upper())
    report = compare_builds(calls_of_node(path, linked_flow(), "upper"), before, after, "processor")
    assert [item.after for item in report.differences] == ["failed, trap: oh"]
    inits = [call for call in after.invoker.calls if call.export == "init"]
    assert [call.argument for call in inits] == ['{"token":"s3cret"}'] * 2
