"""`torvyn-studio run` and `check` on the fan-out sample, as a user types them."""

from __future__ import annotations

import base64
import io
import json
import os
import tomllib
from pathlib import Path

import pytest

from runtime.model.access import DeniedUse
from tests.support.studio_projects import ROOT, studio
from workbench.verbs.running.component_output import ComponentOutput

SAMPLE = ROOT / "sample_flows" / "fan-out" / "Torvyn.toml"
EXPECTED = (SAMPLE.parent / "expected-output.txt").read_bytes()


def test_run_prints_what_the_sample_says_byte_for_byte() -> None:
    done = studio("run", str(SAMPLE))
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == EXPECTED


def test_the_sample_has_no_grants_and_its_lines_are_discarded_as_torvyn_would() -> None:
    assert "security" not in tomllib.loads(SAMPLE.read_text())
    done = studio("run", str(SAMPLE), "--as-torvyn")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [EXPECTED.splitlines()[0], EXPECTED.splitlines()[-1]]
    printed = sum(len(line) + 1 for line in EXPECTED.splitlines()[1:-1])
    assert f"{printed} bytes that 'log-sink', 'metric-sink' printed" in done.stderr.decode()


def test_summary_goes_to_stderr_with_copies_and_bytes() -> None:
    done = studio("run", str(SAMPLE))
    summary = done.stderr.decode()
    assert "20 copies, 1,366 bytes" in summary
    assert "metric-sink 2, log-sink 2" in summary
    assert "router:metrics 2, router:logs 2" in summary
    assert "0 episodes" in summary


@pytest.mark.parametrize("arguments", [["flow.main"], ["--flow", "main"], ["--flow", "flow.main"]])
def test_a_flow_can_be_named_in_both_ways(arguments: list[str]) -> None:
    done = studio("run", str(SAMPLE), *arguments)
    assert done.stdout == EXPECTED


def test_a_folder_and_the_default_manifest_are_found() -> None:
    assert studio("run", str(SAMPLE.parent)).stdout == EXPECTED
    assert studio("run", cwd=SAMPLE.parent).stdout == EXPECTED


@pytest.mark.parametrize("schedule", ["consumer-first", "weighted-fair", "round-robin", "priority"])
def test_every_order_of_calls_delivers_every_element(schedule: str) -> None:
    done = studio("run", str(SAMPLE), "--schedule", schedule)
    assert done.returncode == 0
    assert sorted(done.stdout.splitlines()) == sorted(EXPECTED.splitlines())


def test_limit_stops_the_sources() -> None:
    done = studio("run", str(SAMPLE), "--limit", "1")
    assert done.returncode == 0
    assert done.stdout.count(b"Received") == 1
    assert b"1 events routed: 1 to metrics, 0 to logs" in done.stdout


def test_json_is_one_object_a_line_and_ends_with_the_summary() -> None:
    done = studio("run", str(SAMPLE), "--json")
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    printed = [item["text"] for item in objects if item["type"] == "output"]
    assert [line.encode() for line in printed] == EXPECTED.splitlines()[1:-1]
    summary = objects[-1]
    assert summary["copies"] == 20
    assert summary["copy_bytes"] == 1366
    assert summary["ports"] == {"router": {"metrics": 2, "logs": 2}}
    assert summary["flow_state"] == "completed"


def test_check_of_the_sample_is_clean() -> None:
    done = studio("check", str(SAMPLE))
    assert done.returncode == 0, done.stderr.decode()
    report = json.loads(studio("check", str(SAMPLE), "--json").stdout)
    assert report["all_passed"] is True
    assert report["error_count"] == 0


def test_unknown_flow_names_the_flows_there_are() -> None:
    done = studio("run", str(SAMPLE), "--flow", "mian")
    assert done.returncode == 2
    assert b"main" in done.stderr
    assert done.stdout == b""


def test_version_and_help_name_the_verbs() -> None:
    assert b"0.1.0" in studio("--version").stdout
    text = studio("--help").stdout.decode()
    for verb in ("run", "check", "open"):
        assert verb in text


def test_wrong_options_exit_with_2_and_one_message() -> None:
    for arguments in (["run", "--limit", "0"], ["run", "--timeout", "soon"], ["run", "a", "b"]):
        done = studio(*arguments)
        assert done.returncode == 2
        assert b"Traceback" not in done.stderr
        assert done.stderr.strip()


def test_the_workbench_without_a_terminal_says_what_to_do() -> None:
    done = studio(str(SAMPLE))
    assert done.returncode == 2
    assert b"torvyn-studio run" in done.stderr


def test_bytes_that_are_not_utf8_survive_json() -> None:
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    output = ComponentOutput(out, out, as_json=True)
    for data in (b"plain\n\xff\x00\xfe\n", "é".encode()[:1], "é".encode()[1:] + b"\n"):
        output.take("sink", 1, "stdout", data, True)
    output.finish()
    objects = [json.loads(line) for line in out.buffer.getvalue().splitlines()]
    assert [item.get("text") for item in objects] == ["plain", None, "é"]
    assert base64.b64decode(objects[1]["base64"]) == b"\xff\x00\xfe"


def test_what_an_interpreter_was_denied_when_it_started_is_not_told_as_the_components_use() -> None:
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    text, objects = ComponentOutput(out, out), ComponentOutput(out, out, as_json=True)
    use = DeniedUse("a", 1, "wasi:cli/environment", "environment:read", "read it", ())
    for output in (text, objects):
        for node in ("b", "a"):
            output.take_denied(use._replace(node=node, interpreter="Python"), 0)
        assert (output.denied, output.denied_note()) == ({}, None)
        if output is text:
            assert out.buffer.getvalue() == b""
    assert text.start_note() == (
        "note: Python found no environment variables when it started in 'a' and 'b': where the"
        " component's own code reads some, grant environment:read"
    )
    rows = [json.loads(line) for line in out.buffer.getvalue().splitlines()]
    assert [(row["node"], row["interpreter"]) for row in rows] == [("b", "Python"), ("a", "Python")]
    objects.take_denied(use, 1)
    assert objects.denied == {"a": {"environment:read": 1}}


def test_calls_whose_order_of_the_streams_is_not_known_are_told() -> None:
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    err = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    text, objects = ComponentOutput(out, err), ComponentOutput(out, err, as_json=True)
    for output in (text, objects):
        output.take("sink", 1, "stdout", b"alone\n", True)
        assert output.order_note() is None
        output.take("sink", 2, "stdout", b"both\nopen", True, False)
        output.take("sink", 2, "stderr", b"both\n", True, False)
        output.take("sink", 3, "stderr", b"begun\nrest", True)
        if output is text:
            assert out.buffer.getvalue() == b"alone\nboth\nopen"
            assert err.buffer.getvalue() == b"both\nbegun\nrest"
            out.buffer.truncate(0)
            out.buffer.seek(0)
    assert text.order_note() == (
        "note: the order in which 1 call wrote to stdout and stderr is not known:"
        " the native call layer keeps it, recordings do not"
    )
    objects.take("sink", 4, "stdout", b" ended\nknown\n", True)
    objects.take("sink", 5, "stdout", b"left", True, False)
    objects.finish()
    told = [json.loads(line) for line in out.buffer.getvalue().splitlines()]
    assert [(item["text"], item.get("order_known", True)) for item in told] == [
        ("alone", True),
        ("both", False),
        ("both", False),
        ("begun", True),
        ("open ended", False),
        ("known", True),
        ("rest", True),
        ("left", False),
    ]
    assert "order_known" not in told[0]
    assert objects.unordered == 2


def test_what_we_say_has_a_line_of_its_own(tmp_path: Path) -> None:
    with (
        (tmp_path / "out").open("w+") as out,
        (tmp_path / "err").open("w+") as err,
        os.fdopen(os.dup(out.fileno()), "w") as same,
    ):
        for data in (b"ended\n", b"open"):
            apart = ComponentOutput(out, err)
            apart.take("sink", 1, "stdout", data, True)
            apart.finish()
            apart.say("ours")
        apart.take("sink", 2, "stderr", b"open", True)
        apart.finish()
        assert (tmp_path / "out").read_text() == "ended\nours\nopen\nours\n"
        assert (tmp_path / "err").read_text() == "open\n"
        out.truncate(0)
        out.seek(0)
        shared = ComponentOutput(out, same)
        shared.take("sink", 3, "stdout", b"open", True)
        shared.finish()
        assert (tmp_path / "out").read_text() == "open\n"
