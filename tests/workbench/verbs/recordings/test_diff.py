"""`torvyn-studio diff` on real components, as a user types it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from runtime.model.linked import Role
from tests.support.studio_projects import ROOT, Project, source, studio
from tests.support.wasm.guests import ECHO, LIFECYCLE, component, printer
from tests.support.wasm.recorded_guests import stamper

FAN_OUT = ROOT / "sample_flows" / "fan-out"
SHIPPED = FAN_OUT / "four-events.rec"
BUILD = FAN_OUT / ".torvyn" / "build"


def recorded(folder: Path, processor: bytes, name: str) -> Path:
    """A recording of source, this processor, sink."""
    nodes = {
        "source": (Role.SOURCE, source()),
        "middle": (Role.PROCESSOR, processor),
        "sink": (Role.SINK, printer()),
    }
    manifest = Project(folder, nodes).write()
    path = folder / name
    done = studio("record", str(manifest), "-o", str(path))
    assert done.returncode == 0, done.stderr.decode()
    return path


# ---- two recordings


def test_recordings_of_equal_runs_are_equal(tmp_path: Path) -> None:
    again = tmp_path / "again.rec"
    studio("record", str(FAN_OUT), "-o", str(again), "--schedule", "round-robin")
    done = studio("diff", str(SHIPPED), str(again))
    assert done.returncode == 0, done.stdout.decode()
    assert done.stdout.splitlines()[-1] == b"equal"


def test_the_first_difference_comes_first_then_all_others(tmp_path: Path) -> None:
    folder = tmp_path / "fan-out"
    shutil.copytree(FAN_OUT, folder)
    build = folder / ".torvyn" / "build"
    shutil.copy(build / "log-processor.wasm", build / "metric-processor.wasm")
    other = folder / "other.rec"
    studio("record", str(folder), "-o", str(other))
    done = studio("diff", str(SHIPPED), str(other))
    assert done.returncode == 1
    text = done.stdout.decode()
    assert "processor metric-proc: 4 calls compared, 2 different" in text
    assert "sink metric-sink: 5 calls compared, 2 different" in text
    assert "sink log-sink: 5 calls compared, equal" in text
    assert "first difference: metric-proc.process(source#0), call 9: output 0" in text
    assert '  - $.processed_by: "metrics-pipeline"\n  + $.processed_by: "log-pipeline"' in text
    for element in ("metric-sink.push(source#0)", "metric-proc.process(source#2)"):
        assert element in text
    ignoring = ["--ignore", "$.processed_by", "--ignore", '"processed_by":"[^"]*"']
    assert studio("diff", str(SHIPPED), str(other), *ignoring).returncode == 0
    rows = [
        json.loads(line)
        for line in studio("diff", str(SHIPPED), str(other), "--json").stdout.splitlines()
    ]
    assert [row["type"] for row in rows] == ["node"] * 6 + ["difference"] * 4 + ["summary"]
    assert rows[-1]["differences"] == 4
    assert rows[-1]["equal"] is False


def test_binary_payloads_are_compared_as_hexadecimal(tmp_path: Path) -> None:
    one = recorded(tmp_path, stamper(), "one.rec")
    manifest = tmp_path / "Torvyn.toml"
    other = tmp_path / "other.rec"
    assert studio("record", str(manifest), "-o", str(other)).returncode == 0
    done = studio("diff", str(one), str(other))
    assert done.returncode == 1
    assert b"@@ 17 bytes, 17 bytes @@\n  - 00000000  61 " in done.stdout


def test_a_recording_that_stopped_early_lacks_calls(tmp_path: Path) -> None:
    short = tmp_path / "short.rec"
    studio("record", str(FAN_OUT), "-o", str(short), "--limit", "2")
    done = studio("diff", str(SHIPPED), str(short))
    assert done.returncode == 1
    assert b"missing" in done.stdout


# ---- two builds


def test_builds_are_compared_on_what_was_recorded_at_their_node() -> None:
    old, new = BUILD / "metric-processor.wasm", BUILD / "log-processor.wasm"
    arguments = ["diff", str(SHIPPED), "--node", "metric-proc", "--old", str(old), "--new"]
    same = studio(*arguments, str(old))
    assert same.returncode == 0, same.stderr.decode()
    assert b"processor metric-proc: 4 calls compared, equal" in same.stdout
    differ = studio(*arguments, str(new))
    assert differ.returncode == 1
    assert b"4 calls compared, 2 different" in differ.stdout
    assert b'- $.processed_by: "metrics-pipeline"' in differ.stdout
    assert studio(*arguments, str(new), "--ignore", "$.processed_by").returncode == 0
    rows = [json.loads(line) for line in studio(*arguments, str(new), "--json").stdout.splitlines()]
    assert rows[-1]["differences"] == 2


def test_both_builds_get_the_recorded_time_and_chance(tmp_path: Path) -> None:
    path = recorded(tmp_path, stamper(), "run.rec")
    builds = [tmp_path / "old.wasm", tmp_path / "new.wasm"]
    for build in builds:
        build.write_bytes(stamper())
    arguments = ["--node", "middle", "--old", str(builds[0]), "--new", str(builds[1])]
    done = studio("diff", str(path), *arguments)
    assert done.returncode == 0, done.stdout.decode()


def test_a_build_with_a_lifecycle_takes_the_place_of_one_without(tmp_path: Path) -> None:
    path = recorded(tmp_path, component(ECHO, Role.PROCESSOR), "run.rec")
    old, new = tmp_path / "old.wasm", tmp_path / "new.wasm"
    old.write_bytes(component(ECHO, Role.PROCESSOR))
    new.write_bytes(component(ECHO + LIFECYCLE, Role.PROCESSOR, lifecycle=True))
    done = studio("diff", str(path), "--node", "middle", "--old", str(old), "--new", str(new))
    assert b"process" not in done.stdout.partition(b"first difference")[2]


# ---- bad input


def test_a_build_that_cannot_take_the_place_is_refused(tmp_path: Path) -> None:
    old = str(BUILD / "metric-processor.wasm")
    arguments = ["diff", str(SHIPPED), "--node", "metric-proc", "--old", old, "--new"]
    sink = studio(*arguments, str(BUILD / "log-sink.wasm"))
    assert sink.returncode == 2
    assert b"does not export torvyn:streaming/processor" in sink.stderr
    text = tmp_path / "text.wasm"
    text.write_text("no component")
    assert b"this is not WebAssembly" in studio(*arguments, str(text)).stderr
    assert studio(*arguments, str(tmp_path / "nowhere.wasm")).returncode == 2


def test_a_node_that_is_not_there_lists_those_that_are() -> None:
    old = str(BUILD / "metric-processor.wasm")
    done = studio("diff", str(SHIPPED), "--node", "nobody", "--old", old, "--new", old)
    assert done.returncode == 2
    assert b"log-proc" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a.rec"],
        ["a.rec", "b.rec", "c.rec"],
        ["a.rec", "--node", "n"],
        ["a.rec", "b.rec", "--node", "n", "--old", "a", "--new", "b"],
    ],
)
def test_arguments_that_make_no_sense_exit_with_2(arguments: list[str]) -> None:
    done = studio("diff", *arguments)
    assert done.returncode == 2
    assert b"Error: " in done.stderr
    assert b"Traceback" not in done.stderr


def test_files_that_are_not_there_and_bad_rules_exit_with_2() -> None:
    assert studio("diff", "a.rec", "b.rec").returncode == 2
    assert b"error[E0001] IoError: the recording cannot be read" in studio("diff", ".", ".").stderr
    bad = studio("diff", str(SHIPPED), str(SHIPPED), "--ignore", "(")
    assert bad.returncode == 2
    assert b"E0703" in bad.stderr


# ---- JSON that is only written otherwise


def writing(text: bytes) -> bytes:
    """A processor that emits this for every element."""
    data = "".join(f"\\{byte:02x}" for byte in text)
    payload = "(i32.load (i32.const 64)) (i32.load (i32.const 68)))\n"
    emitted = f"(i32.const 4096) (i32.const {len(text)}))\n"
    body = ECHO.replace(f"$made {payload}", f"$made {emitted}")
    return component(f'{body}\n(data (i32.const 4096) "{data}")', Role.PROCESSOR)


def test_json_in_another_order_is_equal_in_tests_and_diffs_unless_bytes_count(
    tmp_path: Path,
) -> None:
    before = recorded(tmp_path, writing(b'{"a":1,"b":[1,2],"t":"x"}'), "a.rec")
    after = recorded(tmp_path, writing(b'{"b": [1, 2], "t": "x",\n "a": 1}'), "b.rec")
    for arguments in (["diff", str(before), str(after)], ["replay", str(before), "--expect"]):
        done = studio(*arguments)
        assert done.returncode == 0, done.stdout.decode()
        assert done.stdout.splitlines()[-1] == b"equal"
        exact = studio(*arguments, "--exact")
        assert exact.returncode == 1
        assert b'- {"a":1,"b":[1,2],"t":"x"}' in exact.stdout
    assert b"--exact needs --expect" in studio("replay", str(before), "--exact").stderr
