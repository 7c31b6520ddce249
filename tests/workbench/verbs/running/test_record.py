"""`torvyn-studio record`, `run --record` and `run --input`, as a user types them."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.command_server import run, studio_process
from tests.support.studio_projects import ROOT, studio

SAMPLE = ROOT / "sample_flows" / "fan-out" / "Torvyn.toml"
EXPECTED = (SAMPLE.parent / "expected-output.txt").read_bytes()
NEEDS_FULL_DEVICE = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="the system has no /dev/full"
)


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def fed(data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return run(arguments, data=data)


@pytest.mark.parametrize("verb", [["record", "-o"], ["run", "--record"]])
def test_recording_prints_what_run_prints_and_keeps_it_all(verb: list[str], tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    done = studio(verb[0], str(SAMPLE), verb[1], str(path))
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == EXPECTED
    assert b"Recorded 31 calls" in done.stderr
    header, start, *calls, end = lines_of(path)
    assert (header["type"], header["flow"], header["format"]) == ("header", "main", 2)
    assert (path.parent / str(header["manifest"])).resolve() == SAMPLE.resolve()
    assert header["unpinned"] == []
    assert start["verb"] == "start"
    assert [call["call"] for call in calls] == list(range(1, 32))
    assert (end["state"], end["calls"], end["delivered"]) == ("completed", 31, 4)


def test_the_summary_in_json_tells_of_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    done = studio("record", str(SAMPLE), "-o", str(path), "--json")
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["recording"] == {
        "file": str(path),
        "calls": 31,
        "bytes": path.stat().st_size,
        "failed": None,
        "unredacted": [],
    }


@pytest.mark.parametrize("as_json", [False, True])
def test_an_existing_file_is_refused_before_anything_runs(tmp_path: Path, as_json: bool) -> None:
    path = tmp_path / "run.rec"
    path.write_text("precious")
    done = studio("record", str(SAMPLE), "-o", str(path), *(["--json"] if as_json else []))
    assert done.returncode == 2
    assert b"File exists" in done.stderr
    assert b"--overwrite" in done.stderr
    assert done.stdout == b""
    assert path.read_text() == "precious"


def test_an_existing_file_is_replaced_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    path.write_text("old" * 10_000)
    done = studio("run", str(SAMPLE), "--record", str(path), "--overwrite")
    assert (done.returncode, done.stdout) == (0, EXPECTED), done.stderr.decode()
    assert studio("replay", str(path), "--expect").returncode == 0
    done = studio("run", str(SAMPLE), "--overwrite")
    assert done.returncode == 2
    assert b"--overwrite needs a recording" in done.stderr


@NEEDS_FULL_DEVICE
def test_a_full_disk_is_loud_before_anything_runs() -> None:
    done = studio("run", str(SAMPLE), "--record", "/dev/full")
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.count(b"No space left on device") == 1


def test_a_folder_that_is_not_there_is_loud_too(tmp_path: Path) -> None:
    done = studio("run", str(SAMPLE), "--record", str(tmp_path / "no" / "run.rec"))
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"No such file" in done.stderr


def test_redacted_texts_are_nowhere_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    rules = ["--redact", "$.name", "--redact", r'(?:name|message)":"([^"]*)"']
    done = studio("record", str(SAMPLE), "-o", str(path), *rules)
    assert done.stdout == EXPECTED
    text = path.read_text()
    for secret in ("cpu_usage", "mem_used", "user login", "disk usage"):
        assert secret not in text
    header = lines_of(path)[0]
    assert header["redactions"] == [rules[1], rules[3]]
    assert b"Redaction: no JSON path could look into" in done.stderr
    assert b"nothing was found" not in done.stderr
    again = studio("replay", str(path))
    assert again.returncode == 0, again.stderr.decode()
    assert b'"name":"[redacted]"' in again.stdout
    told = b"redaction: no JSON path could look into"
    assert again.stderr.index(told) < again.stderr.index(b"Summary")
    for words in (["diff", str(path), str(path)], ["trace", str(path)]):
        assert told in studio(*words).stderr


def test_bad_rules_are_refused_before_anything_runs(tmp_path: Path) -> None:
    path = tmp_path / "run.rec"
    done = studio("record", str(SAMPLE), "-o", str(path), "--redact", "$.[", "--redact", "(")
    assert done.returncode == 2
    assert done.stderr.count(b"error[E0703]") == 2
    assert done.stdout == b""
    assert not path.exists()
    assert studio("run", str(SAMPLE), "--redact", "x").returncode == 2


def test_lines_of_a_file_or_of_stdin_replace_the_source(tmp_path: Path) -> None:
    data = b'{"type":"metric","value":1}\n{"type":"log"}'
    path = tmp_path / "events.ndjson"
    path.write_bytes(data)
    received = [
        b'[metric-sink] Received metric: {"type":"metric","value":1,'
        b'"processed_by":"metrics-pipeline"}',
        b'[log-sink] Received log: {"type":"log","processed_by":"log-pipeline"}',
    ]
    for option in (str(path), f"source={path}"):
        done = studio("run", str(SAMPLE), "--input", option)
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout.splitlines()[1:3] == received
    for end in (b"", b"\n"):
        assert fed(data + end, "run", str(SAMPLE), "--input", "-").stdout == done.stdout


def test_input_that_is_not_there_and_sources_that_are_not_there() -> None:
    missing = studio("run", str(SAMPLE), "--input", "nowhere.txt")
    assert missing.returncode == 2
    assert b"nowhere.txt" in missing.stderr
    twice = studio("run", str(SAMPLE), "--input", "source=-", "--input", "-")
    assert twice.returncode == 2
    assert b"has an input already" in twice.stderr


def test_a_run_on_lines_is_recorded_and_replayed(tmp_path: Path) -> None:
    path = tmp_path / "lines.rec"
    live = fed(b'{"type":"log"}\r\n\n', "record", str(SAMPLE), "--input", "-", "-o", str(path))
    assert live.returncode == 1  # the empty line goes to both branches, and is no JSON
    again = studio("replay", str(path))
    assert (again.returncode, again.stdout) == (1, live.stdout)
    assert b"diverges" not in again.stderr


def test_an_interrupt_ends_the_wait_for_input() -> None:
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with studio_process("run", SAMPLE, "--input", "-", **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b'{"type":"log"}\n')
        process.stdin.flush()
        assert process.stdout.readline().startswith(b"[torvyn] Running")
        assert process.stdout.readline().startswith(b"[log-sink] Received")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"1 events routed" in out
