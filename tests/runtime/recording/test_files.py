from __future__ import annotations

import errno
import json
import os
import stat
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from runtime.model.call import Answer, Call, Emitted, Export, Output
from runtime.model.commands import Drain, Start
from runtime.model.element import Buffer
from runtime.model.errors import StudioError
from runtime.model.events import CallFinished
from runtime.model.files.output_file import free_path
from runtime.recording.answers import answer_of
from runtime.recording.encoding import RecordingOptions
from runtime.recording.file.header import engine_options, header_of
from runtime.recording.file.reader import RecordingReader
from runtime.recording.file.versions import FormatReader, NewerFormatError
from runtime.recording.file.writer import FileWriter
from runtime.recording.format import FORMAT, CallLine, EndLine, encode
from tests.support.recording_flows import Components, facts_of, lines_of, linked_flow, record_to

KEPT = Path(__file__).parents[2] / "recordings"
PAYLOADS = [b"one", b"", b"\xff\x00\xfe", b'{"a":1}']


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "run.rec"
    record_to(path, Components(PAYLOADS))
    return path


def read_all(path: Path) -> tuple[list[object], tuple[str, ...]]:
    with RecordingReader(path) as reader:
        lines = [item.line for item in reader]
        return lines, tuple(item.message for item in reader.warnings)


def problem_of(path: Path) -> str:
    with pytest.raises(StudioError) as caught:
        read_all(path)
    assert caught.value.exit_code == 2
    assert [item.code for item in caught.value.diagnostics] == ["E0001"]
    return caught.value.diagnostics[0].render()


def test_a_recording_has_a_header_every_call_and_an_end(recording: Path) -> None:
    lines, warnings = read_all(recording)
    raw = lines_of(recording)
    assert warnings == ()
    assert [line["type"] for line in raw[:2]] == ["header", "command"]
    assert raw[-1]["type"] == "end"
    calls = [line for line in lines if isinstance(line, CallLine)]
    assert [line.call for line in calls] == list(range(1, len(calls) + 1))
    assert raw[-1]["calls"] == len(calls)
    assert raw[-1]["state"] == "completed"
    pulled = [answer_of(line).outcome for line in calls if line.export == "pull"]
    assert [item.outputs[0].payload.data for item in pulled[:-1]] == PAYLOADS


def test_the_header_names_nodes_edges_and_settings(recording: Path) -> None:
    header = lines_of(recording)[0]
    assert header["format"] == FORMAT
    assert [node["name"] for node in header["nodes"]] == [node.name for node in linked_flow().nodes]
    assert header["edges"][2] == {
        "from": "split",
        "from_port": "all",
        "to": "all-sink",
        "to_port": "input",
        "capacity": 4,
        "policy": "block-producer",
        "low_watermark_ratio": 0.5,
        "rate": None,
    }
    with RecordingReader(recording) as reader:
        assert engine_options(reader.header) == facts_of().options


def test_the_manifest_is_named_relative_to_the_recording(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    path = tmp_path / "sub" / "run.rec"
    record_to(path, Components(), linked_flow(manifest=str(tmp_path / "Torvyn.toml")))
    assert lines_of(path)[0]["manifest"] == "../Torvyn.toml"


@pytest.mark.parametrize("cut", [1, 2, 30])
def test_a_last_line_that_was_cut_off_is_told_and_left_out(recording: Path, cut: int) -> None:
    whole, _ = read_all(recording)
    data = recording.read_bytes()
    recording.write_bytes(data[:-cut])
    lines, warnings = read_all(recording)
    if cut == 1:  # only the newline is gone: the line is whole
        assert lines == whole
        assert warnings == ("the last line feed is missing, and nothing else",)
    else:
        assert lines == whole[:-1]
        assert warnings == ("the last line was cut off and is left out",)


def test_every_length_of_the_file_is_read_up_to_its_last_whole_line(recording: Path) -> None:
    data = recording.read_bytes()
    header_end = data.index(b"\n") + 1
    body = data[header_end:]
    whole, _ = read_all(recording)
    for length in range(0, len(body), 97):
        recording.write_bytes(data[: header_end + length])
        lines, _ = read_all(recording)
        complete = body[:length].count(b"\n")
        assert lines[:complete] == whole[:complete]
        assert len(lines) <= complete + 1


def test_a_missing_end_line_is_told(recording: Path) -> None:
    lines = recording.read_bytes().splitlines(keepends=True)
    recording.write_bytes(b"".join(lines[:-1]))
    assert read_all(recording)[1] == (
        "the recording has no end line: its recorder was interrupted",
    )


@pytest.mark.parametrize(
    "damage", [b"garbage\n", b"\n", b'{"type":"call","call":"x"}\n', b"\xff\xfe\n", b"[1]\n"]
)
def test_damage_in_the_middle_names_file_and_line(recording: Path, damage: bytes) -> None:
    lines = recording.read_bytes().splitlines(keepends=True)
    lines[4] = damage
    recording.write_bytes(b"".join(lines))
    told = problem_of(recording)
    assert "damaged" in told
    assert f"{recording}:5" in told


def test_a_newer_format_says_which_release_reads_it(recording: Path) -> None:
    lines = recording.read_text().splitlines(keepends=True)
    header = json.loads(lines[0]) | {"format": FORMAT + 1, "studio": "9.8.7", "nodes": "new shape"}
    recording.write_text("".join([json.dumps(header) + "\n", *lines[1:]]))
    told = problem_of(recording)
    assert f"format version {FORMAT + 1}" in told
    assert "torvyn-studio 9.8.7 or newer" in told


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "empty"),
        (b"plain text\n", "no recording"),
        (b'{"a":1}\n', '"type": "header"'),
        (b'{"type":"header","format":"1"}\n', "integer format"),
        (b'{"type":"header","format":true}\n', "integer format"),
        (b'{"type":"header","format":0}\n', "no format version 0"),
        (b'{"type":"header","format":1}\n', "missing required field"),
        (b"\x00\x01\x02", "no recording"),
    ],
)
def test_what_is_no_recording_is_told(tmp_path: Path, content: bytes, part: str) -> None:
    path = tmp_path / "x.rec"
    path.write_bytes(content)
    assert part in problem_of(path)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    assert "No such file" in problem_of(tmp_path / "none.rec")
    assert "directory" in problem_of(tmp_path)


def test_a_line_can_be_read_again_while_iterating(recording: Path) -> None:
    with RecordingReader(recording) as reader:
        seen = []
        for item in reader:
            seen.append(item)
            assert reader.line_at(seen[0].number, seen[0].offset) == seen[0].line
        assert [item.number for item in seen] == list(range(2, len(seen) + 2))
        assert [item.line for item in reader] == [item.line for item in seen]


@pytest.mark.parametrize("version", range(1, FORMAT + 1))
def test_a_file_of_every_version_is_read_for_ever(version: int) -> None:
    with RecordingReader(KEPT / f"format-{version}.rec") as reader:
        lines = [item.line for item in reader]
        assert reader.warnings == ()
        assert reader.header.flow == "main"
        assert reader.header.unpinned[0].imports == ("wasi:sockets/tcp",)
        assert (reader.version, reader.header.format) == (version, FORMAT)
    calls = [line for line in lines if isinstance(line, CallLine)]
    pulled = [answer_of(line).outcome for line in calls if line.export == "pull"]
    assert [item.outputs[0].payload.data for item in pulled[:-1]] == PAYLOADS
    stamped = [line for line in calls if line.host]
    assert [(item.interface, item.value) for item in stamped[0].host] == [
        ("wasi:clocks/wall-clock", 1007)
    ]
    assert isinstance(lines[-1], EndLine)
    assert {line.answer for line in calls} >= {"emitted", "ports", "verdict", "accepted", "failed"}


def test_old_versions_go_through_every_converter_in_turn() -> None:
    def to_two(raw: dict[str, Any]) -> dict[str, Any]:
        return raw | {"studio": raw["studio"] + "+2"} if raw["type"] == "header" else raw

    def to_three(raw: dict[str, Any]) -> dict[str, Any]:
        if raw["type"] == "end":
            return {"type": "end", "state": raw["status"], "calls": raw["calls"]}
        return raw | {"flow": raw["flow"].upper()}

    first = (KEPT / "format-1.rec").read_bytes().splitlines()[0]
    reader = FormatReader({1: to_two, 2: to_three}, current=3)
    header = reader.header(first)
    assert (header.format, header.flow) == (3, "MAIN")
    assert header.studio.endswith("+2")
    old = b'{"type":"end","status":"completed","calls":3}'
    assert reader.body_decoder()(old) == EndLine(state="completed", calls=3)
    with pytest.raises(NewerFormatError):
        FormatReader({}, current=0).header(first)


def big_call(number: int, size: int) -> CallFinished:
    data = os.urandom(size // 2).hex().encode()
    output = Output(Buffer(data, "t"), "t")
    return CallFinished(Call(number, "source", Export.PULL), Answer(Emitted((output,))), 0)


def test_a_large_recording_is_written_and_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "big.rec"
    options = RecordingOptions()
    writer = FileWriter(path, header_of(linked_flow(), facts_of(), options, path), options)
    for number in range(1, 51):
        writer.append(big_call(number, 1024 * 1024))
    assert writer.close(EndLine(state="completed", calls=50)) is None
    assert path.stat().st_size > 50 * 1024 * 1024
    tracemalloc.start()
    try:
        with RecordingReader(path) as reader:
            count = sum(isinstance(item.line, CallLine) for item in reader)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 50
    assert peak < 8 * 1024 * 1024


def open_writer(path: Path) -> FileWriter:
    options = RecordingOptions()
    return FileWriter(path, header_of(linked_flow(), facts_of(), options, path), options)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_stops_the_recording_and_says_so() -> None:
    writer = open_writer(Path("/dev/full"))
    for number in range(200):
        writer.append(big_call(number, 4096))
    failed = writer.close(EndLine(state="completed", calls=200))
    assert failed is not None
    assert os.strerror(errno.ENOSPC) in failed.message
    assert failed.file == "/dev/full"
    writer.append(big_call(1, 10))
    assert writer.close(None) is failed


def test_a_folder_that_is_not_there_is_told_and_nothing_is_raised(tmp_path: Path) -> None:
    writer = open_writer(tmp_path / "none" / "x.rec")
    assert writer.failed is not None
    assert "No such file" in writer.failed.message
    writer.append(Start(1))
    writer.flush()
    assert writer.close(None) is writer.failed


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IREAD | stat.S_IEXEC)
    assert "Permission" in open_writer(tmp_path / "x.rec").failed.message


def test_an_existing_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    path.write_text("precious")
    writer = open_writer(path)
    assert "exists" in writer.failed.message
    assert path.read_text() == "precious"
    assert free_path(path) == tmp_path / "run-2.rec"
    free_path(path).touch()
    assert free_path(path) == tmp_path / "run-3.rec"
    assert free_path(tmp_path / "new.rec") == tmp_path / "new.rec"


def test_a_line_that_can_not_be_made_stops_the_recording_only(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    writer = open_writer(path)
    writer.append(Start(1))
    writer.append(Drain("\ud800"))
    writer.flush()
    assert "a line could not be made" in writer.failed.message
    writer.append(Start(3))
    assert writer.close(EndLine(state="completed", calls=0)) is writer.failed
    lines, _ = read_all(path)
    assert [line.args for line in lines] == [{"wall_ns": 1}]


def test_lines_reach_the_file_without_closing(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    writer = open_writer(path)
    writer.append(Start(1))
    deadline = 200
    while path.read_bytes().count(b"\n") < 2 and deadline:
        writer._thread.join(0.05)
        deadline -= 1
    assert path.read_bytes().count(b"\n") == 2
    writer.close(None)


def test_encode_gives_one_line_of_utf8() -> None:
    assert encode(EndLine(state="a\nb", calls=0, detail="é")) == (
        b'{"type":"end","state":"a\\nb","detail":"\xc3\xa9","calls":0,"crc":"79da0de7"}\n'
    )


def test_the_example_of_the_specification_is_taken_from_the_newest_file() -> None:
    document = (KEPT.parent.parent / "docs" / "recording-format.md").read_text()
    blocks = document.split("```json\n")[1:]
    lines = blocks[1].split("```")[0].splitlines()
    kept = (KEPT / f"format-{FORMAT}.rec").read_text().splitlines()
    assert len(lines) > 4
    assert [line for line in lines if line not in kept] == []
    raw = json.loads(kept[0])
    table = document.split("## `header`")[1].split("## `call`")[0]
    assert [name for name in raw if name not in ("type", "crc") and f"`{name}`" not in table] == []
