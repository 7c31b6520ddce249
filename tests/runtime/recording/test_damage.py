"""Recordings whose bytes were changed: never read as if nothing had happened."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path

import pytest

from runtime.model.errors import StudioError
from runtime.recording.diff.compare import compare_recordings
from runtime.recording.file.reader import RecordingReader, end_of_recording
from tests.support.examples import all_are_tried
from tests.support.recording_flows import resealed
from tests.support.studio_projects import ROOT

SHIPPED = ROOT / "sample_flows" / "fan-out" / "four-events.rec"
OLD = ROOT / "tests" / "recordings" / "format-1.rec"
SEED = 20_261_125


def everything() -> bool:
    """Whether every bit of every byte is tried: with `make thorough`."""
    return all_are_tried()


def step() -> int:
    """Every so manieth byte is tried."""
    return 1 if everything() else 7


def told_of(path: Path) -> str:
    """What is said of a file, by its kind; empty when nothing is."""
    try:
        with RecordingReader(path) as reader:
            reader.check()
            told = "; ".join(item.message for item in reader.warnings)
    except StudioError as error:
        (problem,) = error.diagnostics
        told = "" if problem.line is None else problem.message
    kinds = ("no recording", "format version", "damaged", "cut off", "no end", "line feed")
    return next((kind for kind in kinds if kind in told), told)


def flips(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The file with one byte changed: to any other value, and by every bit."""
    chance = random.Random(SEED)
    for offset in range(chance.randrange(step()), len(data), step()):
        value = chance.randrange(1, 256)
        masks = [*(1 << bit for bit in range(8)), value] if everything() else [value]
        for mask in masks:
            changed = bytes([data[offset] ^ mask])
            yield offset, data[:offset] + changed + data[offset + 1 :]


def test_no_changed_byte_is_read_in_silence(tmp_path: Path) -> None:
    path, data = tmp_path / "flipped.rec", SHIPPED.read_bytes()
    kinds: Counter[str] = Counter()
    for offset, changed in flips(data):
        path.write_bytes(changed)
        told = told_of(path)
        assert told, f"byte {offset} of {data[offset : offset + 1]!r}"
        kinds[told] += 1
    assert set(kinds) <= {"damaged", "no recording", "format version", "cut off", "line feed"}
    assert kinds["damaged"] > 0.8 * kinds.total()


def test_no_cut_is_read_in_silence(tmp_path: Path) -> None:
    path, data = tmp_path / "cut.rec", SHIPPED.read_bytes()
    kinds: Counter[str] = Counter()
    for length in [*range(0, len(data), step()), len(data) - 1]:
        path.write_bytes(data[:length])
        told = told_of(path)
        assert told, length
        kinds[told] += 1
    assert kinds["line feed"] == 1
    assert set(kinds) <= {"no recording", "damaged", "cut off", "no end", "line feed"}
    path.write_bytes(data)
    assert told_of(path) == ""


Change = Callable[[list[bytes]], list[bytes]]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: [*lines[:8], *lines[9:]], 9),
        (lambda lines: [*lines[:8], lines[7], *lines[8:]], 9),
        (lambda lines: [*lines[:8], lines[9], lines[8], *lines[10:]], 9),
        (lambda lines: [*lines, lines[-1]], -1),
        (lambda lines: [*lines[:1], *lines[2:]], -1),
    ],
    ids=["a call is missing", "twice", "changed places", "two ends", "a command is missing"],
)
def test_lines_that_were_moved_are_damage(tmp_path: Path, change: Change, line: int) -> None:
    path = tmp_path / "moved.rec"
    lines = change(SHIPPED.read_bytes().splitlines(keepends=True))
    path.write_bytes(b"".join(lines))
    with RecordingReader(path) as reader, pytest.raises(StudioError, match="damaged") as caught:
        reader.check()
    assert caught.value.diagnostics[0].line == (line if line > 0 else len(lines))


def changed_line(path: Path, part: str, before: str, after: str) -> int:
    """Change a part of the first line that has `part`, in the way of somebody who knows the
    format; gives the line's number."""
    lines = path.read_bytes().splitlines()
    number, line = next(
        (number, line) for number, line in enumerate(lines, 1) if part.encode() in line
    )
    assert before.encode() in line
    lines[number - 1] = line.replace(before.encode(), after.encode(), 1)
    path.write_bytes(resealed(lines) if b'"crc"' in line else b"\n".join([*lines, b""]))
    return number


@pytest.mark.parametrize("kept", [SHIPPED, OLD])
@pytest.mark.parametrize(
    ("part", "before", "after", "told"),
    [
        ('"pull"', '"text":"', '"text":"x', "its size says"),
        ('"size"', '"size":', '"size":1', "its size says"),
        ('"emitted"', '"outputs":[{"digest":"', '"outputs":[{"digest":"0', "not that of its dig"),
        ('"printed_digest"', '"printed_digest":"', '"printed_digest":"0', "what its digest says"),
        ('"printed_bytes"', '"printed_bytes":', '"printed_bytes":1', "bytes were printed"),
        ('"call":3', '"call":3', '"call":4', "call 4 follows call 2"),
        ('"type":"end"', '"calls":3', '"calls":4', "calls, and 3"),
        ('"type":"end"', '"last_call":3', '"last_call":4', "the last call was 4"),
        ('"type":"end"', '"state":"completed"', '"state":"\\u001b[31m"', "no flow has the state"),
        ('"export":"pull"', '"export":"pull"', '"export":"pall"', "no export is called"),
        ('"answer":"ports"', '"answer":"ports"', '"answer":"parts"', "no answer is called"),
        ('"signal":"ready"', '"signal":"ready"', '"signal":"reads"', "no signal is called"),
        ('"call":2', '"node":"', '"node":"x', "no node is called"),
    ],
)
def test_what_does_not_agree_is_damage_in_every_version(
    tmp_path: Path, kept: Path, part: str, before: str, after: str, told: str
) -> None:
    path = tmp_path / "changed.rec"
    path.write_bytes(kept.read_bytes())
    number = changed_line(path, part, before, after)
    with RecordingReader(path) as reader, pytest.raises(StudioError) as caught:
        list(reader)
    (problem,) = caught.value.diagnostics
    assert told in problem.message
    assert problem.line == number
    assert problem.render().isprintable() or "\x1b" not in problem.render()


def test_a_comparison_calls_no_damaged_recording_equal(tmp_path: Path) -> None:
    path = tmp_path / "one.rec"
    path.write_bytes(OLD.read_bytes())
    number = changed_line(path, '"export":"pull"', '"text":"one"', '"text":"onf"')
    with pytest.raises(StudioError, match="damaged") as caught:
        compare_recordings(path, OLD)
    assert caught.value.diagnostics[0].line == number


def test_a_version_2_header_does_not_pass_as_version_1(tmp_path: Path) -> None:
    path = tmp_path / "old.rec"
    path.write_bytes(SHIPPED.read_bytes().replace(b'"format":2', b'"format":1', 1))
    assert told_of(path) in ("no recording", "damaged")


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    for kept in (SHIPPED, OLD):
        path = tmp_path / kept.name
        path.write_bytes(b"\xef\xbb\xbf" + kept.read_bytes())
        assert told_of(path) == ""
        with RecordingReader(path) as one, RecordingReader(kept) as other:
            assert [item.line for item in one] == [item.line for item in other]


def test_line_ends_that_became_cr_lf_are_read_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "x.rec"
    data = SHIPPED.read_bytes()
    with RecordingReader(SHIPPED) as reader:
        wanted = [(one.number, one.line) for one in reader]
    path.write_bytes(data.replace(b"\n", b"\r\n"))
    with RecordingReader(path) as reader:
        reader.check()
        lines = list(reader)
        assert [(one.number, one.line) for one in lines] == wanted
        last = lines[-1]
        assert last.offset + last.size == path.stat().st_size
        assert reader.line_at(last.number, last.offset) == last.line
    assert end_of_recording(path) == last.line
    path.write_bytes(data.replace(b"\n", b"\r\n")[:-1])
    assert told_of(path) == "line feed"
    path.write_bytes(data.replace(b"\n", b"\r\n", 5))
    assert told_of(path) == "damaged", "some lines only: no tool does that"


@pytest.mark.parametrize(
    ("start", "told"),
    [
        (gzip.compress(b"{}"), "it is compressed (gzip)"),
        ("{}".encode("utf-16"), "it is UTF-16, not UTF-8"),
        (b"", "the file is empty"),
        (b"[]\n", 'the first line is no object with "type": "header"'),
    ],
)
def test_a_file_of_another_kind_is_told_as_that(tmp_path: Path, start: bytes, told: str) -> None:
    path = tmp_path / "x.rec"
    path.write_bytes(start)
    with pytest.raises(StudioError) as raised:
        RecordingReader(path)
    assert raised.value.diagnostics[0].message == f"this is no recording: {told}"


def test_the_digest_of_the_end_is_what_b2sum_prints() -> None:
    data = SHIPPED.read_bytes()
    last = data.splitlines(keepends=True)[-1]
    body = data.removesuffix(last)
    assert json.loads(last)["digest"] == blake2b(body, digest_size=16).hexdigest()
