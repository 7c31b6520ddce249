"""`torvyn-studio replay` on real components, as a user types it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from runtime.model.linked import Role
from tests.support.command_server import run, studio_process
from tests.support.recording_flows import resealed
from tests.support.studio_projects import ROOT, Project, source, studio
from tests.support.wasm.guests import printer
from tests.support.wasm.recorded_guests import stamper

FAN_OUT = ROOT / "sample_flows" / "fan-out"
SHIPPED = FAN_OUT / "four-events.rec"
EXPECTED = (FAN_OUT / "expected-output.txt").read_bytes()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the fan-out sample, with its recording."""
    folder = tmp_path / "fan-out"
    shutil.copytree(FAN_OUT, folder)
    return folder


@pytest.fixture
def recording(project: Path) -> Path:
    return project / SHIPPED.name


def replace_build(project: Path, name: str, other: str) -> None:
    build = project / ".torvyn" / "build"
    shutil.copy(build / f"{other}.wasm", build / f"{name}.wasm")


def cut(path: Path, change: object) -> Path:
    """The recording with other lines, next to it."""
    lines = path.read_bytes().splitlines(keepends=True)
    other = path.with_name("other.rec")
    other.write_bytes(b"".join(change(lines)))  # type: ignore[operator]
    return other


# ---- the shipped recording


def test_the_shipped_recording_gives_the_same_bytes_three_times() -> None:
    for _ in range(3):
        done = studio("replay", str(SHIPPED))
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout == EXPECTED


def test_the_shipped_recording_is_met_by_the_shipped_components() -> None:
    done = studio("replay", str(SHIPPED), "--expect")
    assert done.returncode == 0, (done.stdout + done.stderr).decode()
    assert done.stdout.splitlines()[-1] == b"equal"
    assert b"build" not in done.stdout  # recorded with the very builds that are shipped


def test_the_shipped_recording_names_no_place_of_a_machine() -> None:
    header = json.loads(SHIPPED.read_text().splitlines()[0])
    assert header["manifest"] == "Torvyn.toml"
    assert str(ROOT) not in SHIPPED.read_text()


# ---- exactness


@pytest.fixture
def stamped(tmp_path: Path) -> Path:
    nodes = {
        "source": (Role.SOURCE, source()),
        "stamper": (Role.PROCESSOR, stamper()),
        "sink": (Role.SINK, printer()),
    }
    return Project(tmp_path, nodes).write()


def test_time_and_chance_are_those_of_the_recording(stamped: Path) -> None:
    path = stamped.with_name("stamped.rec")
    live = studio("record", str(stamped), "-o", str(path))
    assert live.returncode == 0, live.stderr.decode()
    assert studio("run", str(stamped)).stdout != live.stdout
    for _ in range(3):
        again = studio("replay", str(path))
        assert again.returncode == 0, again.stderr.decode()
        assert again.stdout == live.stdout
    assert studio("replay", str(path), "--expect").returncode == 0


def test_a_question_that_was_not_recorded_is_a_divergence(stamped: Path) -> None:
    path = stamped.with_name("stamped.rec")
    studio("record", str(stamped), "-o", str(path))
    lines = path.read_bytes().splitlines()
    index = next(number for number, line in enumerate(lines) if b'"host"' in line)
    line = json.loads(lines[index])
    del line["host"][1]
    lines[index] = json.dumps(line).encode()
    path.write_bytes(resealed(lines))
    done = studio("replay", str(path))
    assert done.returncode == 1
    assert b"stamper.process(source#0), clock or random" in done.stderr
    assert b"got:      wasi:random/random.get-random-u64" in done.stderr


def test_another_build_stops_the_replay_where_its_output_differs(
    project: Path, recording: Path
) -> None:
    replace_build(project, "metric-processor", "log-processor")
    done = studio("replay", str(recording))
    assert done.returncode == 1
    told = done.stderr.decode()
    assert "warning[E0412] ContractMismatch: node metric-proc, build: recorded" in told
    assert "metric-proc.process(source#0), output 0" in told
    expected, got = (line for line in told.splitlines() if line.startswith(("  exp", "  got")))
    assert "metrics-pipeline" in expected
    assert "log-pipeline" in got
    assert "metric-proc has another build than was recorded." in told
    assert b"Received" not in done.stdout
    summary = json.loads(studio("replay", str(recording), "--json").stdout.splitlines()[-1])
    assert summary["divergence"]["node"] == "metric-proc"
    assert summary["divergence"]["call"] == 9


# ---- what is shown, and how fast


def test_a_part_of_the_calls_is_shown(recording: Path) -> None:
    received = [line for line in EXPECTED.splitlines() if b"Received" in line]
    late = studio("replay", str(recording), "--from", "14")
    assert [line for line in late.stdout.splitlines() if b"Received" in line] == received[1:]
    early = studio("replay", str(recording), "--until", "14")
    assert early.returncode == 0
    assert [line for line in early.stdout.splitlines() if b"Received" in line] == received[:2]
    assert b"--until 14" in early.stderr


@pytest.mark.parametrize("speed", ["max", "original", "10", "0.5x"])
def test_any_speed_gives_the_same_output(recording: Path, speed: str) -> None:
    done = studio("replay", str(recording), "--speed", speed)
    assert (done.returncode, done.stdout) == (0, EXPECTED)


def test_a_loop_goes_on_until_it_is_interrupted(recording: Path) -> None:
    pipes = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    with studio_process("replay", recording, "--loop", **pipes) as process:
        assert process.stdout is not None
        size = len(EXPECTED)
        assert process.stdout.read(2 * size) == EXPECTED + EXPECTED
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130


# ---- parts of a flow, and other inputs


def test_recorded_elements_enter_at_any_edge(recording: Path) -> None:
    lines = EXPECTED.splitlines()
    for edge in ("router:logs", "router:logs -> log-proc", "log-sink", "metric-proc->metric-sink"):
        kind = b"[log-sink]" if "log" in edge else b"[metric-sink]"
        done = studio("replay", str(recording), "--at", edge)
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout.splitlines()[1:-1] == [line for line in lines if line.startswith(kind)]
    whole = studio("replay", str(recording), "--at", "source")
    assert whole.stdout == EXPECTED


def test_an_edge_that_is_not_there_or_not_clear_lists_what_there_is(recording: Path) -> None:
    done = studio("replay", str(recording), "--at", "nowhere")
    assert done.returncode == 2
    assert b"'router:logs -> log-proc'" in done.stderr
    assert b"several edges" in studio("replay", str(recording), "--at", "router").stderr


def test_lines_replace_what_the_source_gave(project: Path, recording: Path) -> None:
    path = project / "lines"
    path.write_text('{"type":"log","n":1}')
    for words in ([str(recording)], [str(project)], [str(project / "Torvyn.toml"), "flow.main"]):
        done = studio("replay", *words, "--input", str(path))
        assert done.returncode == 0, done.stderr.decode()
        assert b"1 events routed: 0 to metrics, 1 to logs" in done.stdout


# ---- tests from recordings


def test_an_expectation_that_is_not_met_says_in_what(project: Path, recording: Path) -> None:
    replace_build(project, "log-processor", "metric-processor")
    junit = project / "out.xml"
    done = studio("replay", str(recording), "--expect", "--junit", str(junit))
    assert done.returncode == 1
    text = done.stdout.decode()
    assert "first difference: log-proc.process(source#1), call 13: output 0\n  - $.proc" in text
    assert "sink log-sink: 5 calls compared, 2 different" in text
    assert '- $.processed_by: "log-pipeline"\n  + $.processed_by: "metrics-pipeline"' in text
    suite = ElementTree.parse(junit).getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("6", "2")
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == ["processor log-proc", "sink log-sink"]
    ignoring = ["--ignore", "$.processed_by", "--ignore", "[a-z]+-pipeline"]
    assert studio("replay", str(recording), "--expect", *ignoring).returncode == 0


def test_new_outputs_are_accepted_into_a_new_file(project: Path, recording: Path) -> None:
    before = recording.read_bytes()
    assert studio("replay", str(recording), "--update").returncode == 0
    assert sorted(project.glob("*.rec")) == [recording]  # nothing differs
    replace_build(project, "log-processor", "metric-processor")
    done = studio("replay", str(recording), "--update")
    assert done.returncode == 0, done.stderr.decode()
    made = project / "four-events-2.rec"
    assert str(made).encode() in done.stderr
    assert recording.read_bytes() == before
    assert studio("replay", str(made), "--expect").returncode == 0
    assert studio("diff", str(recording), str(made)).returncode == 1
    taken = studio("replay", str(recording), "--update", "-o", str(made))
    assert (taken.returncode, taken.stdout) == (2, b"")
    assert b"File exists" in taken.stderr
    made.write_text("older")
    assert (
        studio("replay", str(recording), "--update", "-o", str(made), "--overwrite").returncode == 0
    )
    assert made.read_bytes().startswith(b'{"type":"header"')


def test_the_recording_is_written_over_only_when_asked(project: Path, recording: Path) -> None:
    replace_build(project, "log-processor", "metric-processor")
    assert studio("replay", str(recording), "--update", "--in-place").returncode == 0
    assert sorted(project.glob("*.rec")) == [recording]
    done = studio("replay", str(recording), "--expect")
    assert done.returncode == 0, done.stdout.decode()


def test_other_builds_with_equal_outputs_can_be_taken_over(stamped: Path) -> None:
    path = stamped.with_name("stamped.rec")
    studio("record", str(stamped), "-o", str(path))
    artifact = stamped.parent / ".torvyn" / "build" / "stamper.wasm"
    custom_section = b"\x00\x05\x04note"
    artifact.write_bytes(artifact.read_bytes() + custom_section)
    assert b"note: node stamper: build" in studio("replay", str(path), "--expect").stdout
    assert studio("replay", str(path), "--update", "--in-place").returncode == 0
    done = studio("replay", str(path), "--expect")
    assert (done.returncode, b"note" in done.stdout) == (0, False)


def test_a_file_accepted_in_another_folder_finds_its_manifest(
    project: Path, recording: Path, tmp_path: Path
) -> None:
    replace_build(project, "log-processor", "metric-processor")
    other = tmp_path / "accepted.rec"
    assert studio("replay", str(recording), "--update", "-o", str(other)).returncode == 0
    assert studio("replay", str(other), "--expect").returncode == 0


# ---- bad input


def test_a_last_line_that_was_cut_off_is_tolerated_and_told(recording: Path) -> None:
    other = cut(recording, lambda lines: [*lines[:-3], lines[-3][:40]])
    done = studio("replay", str(other))
    assert done.returncode == 0, done.stderr.decode()
    assert b"the last line was cut off" in done.stderr
    assert b"log-sink] Stream complete" in done.stdout


def test_a_missing_end_is_tolerated_and_told(recording: Path) -> None:
    done = studio("replay", str(cut(recording, lambda lines: lines[:-1])))
    assert (done.returncode, done.stdout) == (0, EXPECTED)
    assert b"no end line" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--expect"], ["--at", "log-sink"]])
def test_damage_in_the_middle_has_its_line_number(recording: Path, arguments: list[str]) -> None:
    other = cut(recording, lambda lines: [*lines[:9], b'{"type":"ca\n', *lines[10:]])
    done = studio("replay", str(other), *arguments)
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"damaged" in done.stderr
    assert b"other.rec:10" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_newer_format_names_the_release_that_reads_it(recording: Path) -> None:
    def newer(lines: list[bytes]) -> list[bytes]:
        header = json.loads(lines[0]) | {"format": 7, "studio": "3.1.4"}
        return [json.dumps(header).encode() + b"\n", *lines[1:]]

    done = studio("replay", str(cut(recording, newer)))
    assert done.returncode == 2
    assert b"torvyn-studio 3.1.4 or newer" in done.stderr


def test_another_flow_says_what_differs_and_can_be_forced(project: Path, recording: Path) -> None:
    manifest = project / "Torvyn.toml"
    text = manifest.read_text()
    manifest.write_text(text.replace("default_queue_depth = 64", "default_queue_depth = 1"))
    done = studio("replay", str(recording))
    assert done.returncode == 2
    assert b"edge log-proc:output -> log-sink:input, capacity: recorded 64, found 1" in done.stderr
    forced = studio("replay", str(recording), "--force")
    assert forced.returncode == 0, forced.stderr.decode()
    assert forced.stdout == EXPECTED
    assert b"capacity: recorded 64, found 1" in forced.stderr


def test_files_that_are_no_recordings_say_so(project: Path, recording: Path) -> None:
    plain = project / "plain.txt"
    plain.write_text("one\ntwo\n")
    done = studio("replay", str(plain))
    assert done.returncode == 2
    assert b"this is no recording" in done.stderr
    assert b"--input" in done.stderr
    assert studio("replay", str(project / "nowhere.rec")).returncode == 2
    (project / "Torvyn.toml").unlink()
    lonely = studio("replay", str(recording))
    assert lonely.returncode == 2
    assert b"manifest of the recording is not there" in lonely.stderr
    named = studio("replay", str(recording), str(FAN_OUT / "Torvyn.toml"))
    assert (named.returncode, named.stdout) == (0, EXPECTED)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["a.rec", "--expect", "--loop"],
        ["a.rec", "--at", "x", "--speed", "2"],
        ["a.rec", "--at", "x", "--input", "-"],
        ["a.rec", "--at", "x", "--expect"],
        ["a.rec", "--junit", "out.xml"],
        ["a.rec", "--expect", "--update", "--junit", "out", "--output", "out"],
        ["a.rec", "--in-place"],
        ["a.rec", "--update", "--in-place", "-o", "b.rec"],
        ["a.rec", "--speed", "fast"],
        ["a.rec", "--speed", "0"],
        ["a.rec", "--from", "0"],
        ["--at", "x"],
    ],
)
def test_options_that_make_no_sense_exit_with_2_and_one_message(arguments: list[str]) -> None:
    done = studio("replay", *arguments)
    assert done.returncode == 2
    assert b"Error: " in done.stderr
    assert b"Traceback" not in done.stderr
    assert done.stdout == b""


# ---- damage and loss


def flipped(path: Path) -> Path:
    """The recording with one digit of a payload changed, as a bad disk would."""
    data = path.read_bytes()
    other = path.with_name("flipped.rec")
    place = data.index(b'\\"value\\":') + len(b'\\"value\\":')
    other.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    return other


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("words", [[], ["--expect"], ["--at", "router:metrics"], ["--update"]])
def test_damage_is_told_before_a_component_is_blamed(
    project: Path, recording: Path, words: list[str], old: bool
) -> None:
    if old:
        recording.write_bytes(as_version_1(recording.read_bytes()))
    done = studio("replay", str(flipped(recording)), *words)
    assert (done.returncode, done.stdout) == (2, b""), done.stderr.decode()
    assert b"damaged" in done.stderr
    assert b"flipped.rec:9\n" in done.stderr
    assert b"deterministic" not in done.stderr
    compared = studio("diff", str(recording), str(project / "flipped.rec"))
    assert (compared.returncode, compared.stdout) == (2, b"")
    assert sorted(project.glob("*.rec")) == sorted([recording, project / "flipped.rec"])


def as_version_1(data: bytes) -> bytes:
    """What an earlier release would have written."""
    lines = [json.loads(line) for line in data.splitlines()]
    for line in lines:
        for name in ("crc", "redacts_embedded_json"):
            line.pop(name, None)
    lines[0]["format"] = 1
    del lines[-1]["digest"]
    return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)


def only_the_end(lines: list[bytes]) -> list[bytes]:
    end = json.loads(lines[-1]) | {"calls": 0, "last_call": 0}
    return resealed([lines[0], json.dumps(end).encode()]).splitlines(keepends=True)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda lines: lines[:-1], b"no end line"),
        (lambda lines: lines[:1], b"holds no call"),
        (lambda lines: [*lines[:20], lines[20][:30]], b"was cut off"),
        (only_the_end, b"holds no call"),
    ],
    ids=["no end", "header only", "cut off", "header and end"],
)
def test_a_recording_that_lost_a_part_is_no_test(
    recording: Path, change: object, why: bytes, tmp_path: Path
) -> None:
    part, junit = cut(recording, change), tmp_path / "out.xml"
    done = studio("replay", str(part), "--expect", "--junit", str(junit))
    assert (done.returncode, done.stdout) == (2, b"")
    assert why in done.stderr
    assert b"--partial" in done.stderr
    suite = ElementTree.parse(junit).getroot()[0]
    assert (suite.get("errors"), suite.get("failures")) == ("1", "0")
    error = suite[0].find("error")
    assert error is not None
    assert why.decode() in str(error.get("message"))
    done = studio("replay", str(part), "--update")
    assert done.returncode == 2
    assert not (part.parent / "other-2.rec").exists()

    allowed = studio("replay", str(part), "--expect", "--partial")
    assert allowed.returncode == (change is only_the_end), allowed.stderr.decode()
    assert why in allowed.stderr
    assert b"Only what it holds is compared" in allowed.stderr
    replayed = studio("replay", str(part))
    assert replayed.returncode == 0
    assert change is only_the_end or b"E0001" in replayed.stderr


def test_a_partial_expectation_still_fails_where_outputs_differ(
    project: Path, recording: Path
) -> None:
    part = cut(recording, lambda lines: lines[:-1])
    replace_build(project, "log-processor", "metric-processor")
    assert studio("replay", str(part), "--expect", "--partial").returncode == 1
    assert b"--partial needs --expect" in studio("replay", str(part), "--partial").stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("where", [(), ("--in-place",)])
def test_an_update_that_cannot_be_written_is_told_before_anything_runs(
    recording: Path, where: tuple[str, ...]
) -> None:
    recording.chmod(0o400)
    recording.parent.chmod(0o500)
    done = studio("replay", str(recording), "--update", *where)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"the new recording cannot be written: Permission denied" in done.stderr


def test_an_old_recording_is_rewritten_by_an_update(recording: Path) -> None:
    new = recording.read_bytes()
    recording.write_bytes(as_version_1(new))
    assert studio("replay", str(recording), "--expect").returncode == 0
    done = studio("replay", str(recording), "--update", "--in-place")
    assert b"in the format of this release" in done.stderr

    def without(data: bytes, **names: str) -> bytes:
        """The recording without these members of lines of these types."""
        lines = [json.loads(line) for line in data.splitlines()]
        for line in lines:
            line.pop(names.get(line["type"]), None)
        return resealed(json.dumps(line).encode() for line in lines)

    # Version 1 did not say when the run ended; measures are those of the calls made now.
    rewritten, others = recording.read_bytes(), {"end": "wall_ns", "call": "measures"}
    assert without(rewritten, **others) == without(new, **others)
    assert rewritten.count(b'"measures":') == rewritten.count(b'"type":"call"') == 31
    assert resealed(rewritten.splitlines()) == rewritten


def test_a_junit_file_that_cannot_be_written_is_told_before_anything_runs(recording: Path) -> None:
    junit = recording.parent / "none" / "out.xml"
    done = studio("replay", str(recording), "--expect", "--junit", str(junit))
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"JUnit file cannot be written" in done.stderr
    done = studio("replay", str(recording), "--expect", "--junit", str(recording))
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"replace it with --overwrite. Nothing was run." in done.stderr


# ---- rules of strangers


def with_rules(path: Path, rules: list[str], *, old: bool) -> None:
    """Give the recording other rules, as a stranger can."""
    lines = path.read_bytes().splitlines()
    header = json.loads(lines[0]) | {"redactions": rules}
    data = resealed([json.dumps(header).encode(), *lines[1:]])
    path.write_bytes(as_version_1(data) if old else data)


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (r"(?:.|.)+\x00", 0),
        ("(a+)+$", 0),
        ("$..[?search(@, '(.|.|.)+ZZ')]", 0),
        ("$..[?match(@.name, '(a|aa)+Z')]", 0),
        ("(.*)*x(?<=x)", 2),
        (r"(.)\1{20}", 2),
        ("$" + "[*,*]" * 40, 2),
    ],
    ids=["dots", "pluses", "search", "match", "look-behind", "reference", "wildcards"],
)
def test_no_rule_of_a_recording_stops_a_replay(
    recording: Path, rule: str, code: int, old: bool
) -> None:
    deep = json.loads("[" * 40 + "]" * 40)
    payload = json.dumps({"name": "a" * 64, "value": "." * 4096, "deep": deep})
    lines = recording.parent / "lines"
    lines.write_text("\n".join([payload] * 3) + "\n")
    made = recording.parent / "made.rec"
    source = str(recording.parent / "Torvyn.toml")
    assert studio("record", source, "--input", str(lines), "-o", str(made)).returncode == 0
    with_rules(made, [rule], old=old)
    done = studio("replay", str(made))
    assert done.returncode == code, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    if code:
        assert b"E0703" in done.stderr


# ---- recordings from a pipe


def from_pipe(folder: Path, data: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    return run(("replay", *words), folder, data)


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_a_recording_comes_through_a_pipe(project: Path, recording: Path, name: str) -> None:
    data = recording.read_bytes()
    recording.unlink()
    done = from_pipe(project, data, name)
    assert (done.returncode, done.stdout) == (0, EXPECTED), done.stderr.decode()
    assert from_pipe(project, data, name, "--expect").stdout.endswith(b"equal\n")
    assert from_pipe(project, data, name, "--at", "log-sink").returncode == 0
    # What cannot be one is not read to its end: a device may have none.
    done = from_pipe(project, b"\0" * (1 << 22), name)
    assert done.returncode == 2
    assert b"this is no recording" in done.stderr
    done = from_pipe(project, data[:-4000], name)
    assert done.returncode == 0
    assert b"cut off" in done.stderr
    done = from_pipe(project, data, name, "--update")
    assert done.returncode == 2
    assert b"give --output" in done.stderr
    done = from_pipe(project, data, name, "--input", "-")
    assert done.returncode == 2
    done = from_pipe(project.parent, data, name)
    assert done.returncode == 2
    assert b"the manifest of the recording is not there" in done.stderr
    done = from_pipe(project.parent, data, name, str(project))
    assert (done.returncode, done.stdout) == (0, EXPECTED)
