"""Recordings as tests: found, asserted about, run in processes, one of which dies."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

from runtime.headless.golden import run_test as run_test_module
from runtime.headless.golden.assertions import check_events, read_assertions
from runtime.headless.golden.bundle import bundle
from runtime.headless.golden.find_tests import find_tests
from runtime.headless.golden.golden_test import GoldenResult, GoldenTest, GoldenVerdict
from runtime.headless.golden.run_test import run_test
from runtime.headless.golden.worker_pool import GoldenProcess, WorkerPool
from runtime.headless.recorded_events import recorded_events
from runtime.model.errors import StudioError
from runtime.model.linked import LinkedFlow
from runtime.recording.file.reader import RecordingReader
from runtime.recording.file.recorded_flow import recorded_flow
from tests.support.studio_projects import ROOT, studio

SAMPLE = ROOT / "sample_flows" / "event-driven"
RECORDING = SAMPLE / "sixty-orders.rec"
SMALL = ROOT / "sample_flows" / "fan-out" / "four-events.rec"
LIKE = GoldenTest(recording="", name="")


@pytest.fixture(scope="module")
def flow() -> LinkedFlow:
    with RecordingReader(RECORDING) as reader:
        return recorded_flow(reader.header, str(RECORDING))


@pytest.fixture
def process() -> Iterator[GoldenProcess]:
    made = GoldenProcess()
    yield made
    made.close()


def project(folder: Path, *names: str) -> Path:
    """The sample with its recording under these names."""
    shutil.copytree(SMALL.parent, folder)
    for name in names:
        shutil.copy(folder / SMALL.name, folder / name)
    (folder / SMALL.name).unlink()
    return folder


# ---- assertions


@pytest.mark.parametrize(
    ("text", "holds", "why"),
    [
        ('no output from delivery: text.contains("password")', True, "20 outputs, 0 of them so"),
        ("no output from analytics", False, "7 outputs; the first that breaks it: call "),
        ('every output from enricher: json.region != ""', True, "52 outputs, 52 of them so"),
        ('every output from enricher: json.risk == "high"', False, "first that breaks it: call "),
        ("some output from totals: json.last == true", True, "6 lack what is asked for"),
        ("some output from totals: json.no == 1", False, "7 outputs, 0 of them so; 7 lack"),
        ("52 outputs from validator", True, "52 outputs"),
        ("51 outputs from validator", False, "52 outputs"),
        ('at most 30 outputs from router: port == "analytics"', False, "31 of them so"),
        ('at least 31 outputs from router: port == "analytics"', True, "62 outputs, 31 of them"),
        ("at most 1 output from orders: seq > 58", True, "60 outputs, 1 of them so"),
    ],
)
def test_an_assertion_says_what_it_saw(
    tmp_path: Path, flow: LinkedFlow, text: str, holds: bool, why: str
) -> None:
    path = tmp_path / "one.expect"
    path.write_text(f"# why\n\n{text}\n")
    (assertion,) = read_assertions(path, flow)
    for _, events in recorded_events(RECORDING):
        check_events([assertion], events, flow)
    result = assertion.result()
    assert (result.line, result.text, result.holds) == (3, text, holds)
    assert why in result.why


def test_every_output_of_a_node_that_put_out_nothing_does_not_hold(
    tmp_path: Path, flow: LinkedFlow
) -> None:
    path = tmp_path / "one.expect"
    path.write_text("every output from label: size > 0\n".replace("label", "labeler"))
    (assertion,) = read_assertions(path, flow)
    assert (assertion.result().holds, assertion.result().why) == (False, "0 outputs, 0 of them so")


def test_all_lines_that_are_no_assertion_are_told_with_their_place(
    tmp_path: Path, flow: LinkedFlow
) -> None:
    path = tmp_path / "bad.expect"
    path.write_text("hello\nno output from nobody\n  every output from totals: json.a = 1\n"
                    "every output from totals\nno output from totals: ms > 1\n")  # fmt: skip
    with pytest.raises(StudioError) as caught:
        read_assertions(path, flow)
    found = [(item.line, item.column) for item in caught.value.diagnostics]
    assert found == [(1, None), (2, None), (3, 36), (4, None), (5, 24)]
    path.write_text("# nothing\n")
    with pytest.raises(StudioError, match="nothing is tested"):
        read_assertions(path, flow)
    path.write_bytes(b"no output from totals\n# \xff\n")
    with pytest.raises(StudioError, match="byte 0xff of the assertions") as caught:
        read_assertions(path, flow)
    assert caught.value.diagnostics[0].line == 2
    with pytest.raises(StudioError, match="the assertions cannot be read") as caught:
        read_assertions(tmp_path / "none.expect", flow)
    assert caught.value.diagnostics[0].code == "E0700"


def test_assertions_may_come_from_an_editor_of_windows(tmp_path: Path, flow: LinkedFlow) -> None:
    path = tmp_path / "one.expect"
    path.write_bytes(b"\xef\xbb\xbfno output from totals\r\n\r\n3 outputs from totals\r\n")
    assert [assertion.line for assertion in read_assertions(path, flow)] == [1, 3]


# ---- tests


def test_recordings_are_found_once_with_their_assertions(tmp_path: Path) -> None:
    (tmp_path / "deep" / ".hidden").mkdir(parents=True)
    for name in ("b.rec", "deep/a.rec", "deep/.hidden/c.rec", "notes.txt", "b.expect"):
        (tmp_path / name).touch()
    found = find_tests([tmp_path, tmp_path / "b.rec"], LIKE)
    assert [Path(test.recording).name for test in found] == ["b.rec", "a.rec"]
    assert [test.assertions for test in found] == [str(tmp_path / "b.expect"), None]
    with pytest.raises(StudioError, match="no such recording"):
        find_tests([tmp_path / "no"], LIKE)
    with pytest.raises(StudioError, match="there is no recording"):
        find_tests([tmp_path / "deep" / ".hidden" / "x.d", tmp_path / "notes.txt"][:0], LIKE)


def test_a_folder_that_cannot_be_read_is_told_and_not_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.rec").touch()
    scan = os.scandir

    def refusing(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(StudioError, match="folder cannot be read: Permission denied") as told:
        find_tests([tmp_path], LIKE)
    assert told.value.diagnostics[0].file == str(tmp_path / "closed")


def test_a_test_fails_is_updated_and_then_passes(tmp_path: Path) -> None:
    folder = project(tmp_path / "project", "a.rec")
    build = folder / ".torvyn" / "build"
    shutil.copy(build / "log-processor.wasm", build / "metric-processor.wasm")
    (test,) = find_tests([folder], LIKE)
    failed = run_test(test)
    assert failed.verdict is GoldenVerdict.FAILED
    assert "differences, the first in metric-proc.process(source#0): output 0" in failed.summary
    assert [case.name for case in failed.cases if case.failure] == [
        "processor metric-proc",
        "sink metric-sink",
    ]
    asserted = folder / "a.expect"
    asserted.write_text("4 outputs from source\nno output from metric-sink\n")
    found = run_test(*find_tests([folder], LIKE))
    assert found.verdict is GoldenVerdict.FAILED
    assert found.summary.startswith("line 2, no output from metric-sink: 2 outputs")
    asserted.unlink()
    updated = find_tests([folder], GoldenTest(recording="", name="", update=True))
    assert run_test(*updated).verdict is GoldenVerdict.UPDATED
    assert run_test(test).verdict is GoldenVerdict.PASSED


def test_a_flow_that_is_set_otherwise_is_refused_and_taken_over_when_that_is_meant(
    tmp_path: Path,
) -> None:
    folder = project(tmp_path / "project", "a.rec")
    manifest = folder / "Torvyn.toml"
    text = manifest.read_text()
    table = "[flow.main.nodes.log-proc]\n"
    assert table in text
    manifest.write_text(text.replace(table, f"{table}config = '{{\"a\": 1}}'\n"))
    asked = folder / "a.expect"
    for assertions in ("", "4 outputs from source\n"):
        if assertions:
            asked.write_text(assertions)
            manifest.write_text(text)
        (test,) = find_tests([folder], LIKE)
        refused = run_test(test)
        assert refused.verdict is GoldenVerdict.ERROR
        assert "E0412" in refused.text
        assert "node log-proc, config" in refused.text
        assert "--force --update" in refused.text
        forced = msgspec.structs.replace(test, force=True)
        assert run_test(forced).verdict is GoldenVerdict.PASSED
        update = msgspec.structs.replace(forced, update=True)
        assert run_test(update).verdict is GoldenVerdict.UPDATED
        assert run_test(update).verdict is GoldenVerdict.PASSED
        assert run_test(test).verdict is GoldenVerdict.PASSED


def test_an_update_does_not_throw_recorded_inputs_away(tmp_path: Path) -> None:
    folder = project(tmp_path / "project", "a.rec")
    manifest = folder / "Torvyn.toml"
    table = "[flow.main.nodes.router]\n"
    manifest.write_text(manifest.read_text().replace(table, f"{table}fuel_budget = 1\n"))
    update = GoldenTest(recording="", name="", update=True, force=True)
    recording = (folder / "a.rec").read_bytes()
    for assertions in ("", "no output from source\n"):
        if assertions:
            (folder / "a.expect").write_text(assertions)
        found = run_test(*find_tests([folder], update))
        assert found.verdict is GoldenVerdict.FAILED
        assert found.summary.startswith("not updated: the flow ends before 5 of the recorded calls")
        assert found.summary in found.text
        assert any(case.failure for case in found.cases)
        assert (folder / "a.rec").read_bytes() == recording


def test_what_nobody_foresaw_and_a_full_disk_are_errors_of_their_test_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (test,) = find_tests([RECORDING], LIKE)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    found = run_test(test)
    assert (found.verdict, found.summary[:32]) == (
        GoldenVerdict.ERROR,
        "a temporary folder cannot be mad",
    )
    assert "TMPDIR" in found.text
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(run_test_module, "open_recording", lambda *_, **__: 1 / 0)
    found = run_test(test)
    assert found.verdict is GoldenVerdict.ERROR
    assert "failed unexpectedly (ZeroDivisionError: division by zero)" in found.summary
    (log,) = tmp_path.rglob("crash-*.log")
    assert str(log) in found.summary
    assert "Traceback" in log.read_text()


def test_a_process_that_dies_is_an_error_of_its_test_alone_and_each_result_is_told_once(
    tmp_path: Path, process: GoldenProcess
) -> None:
    damaged = tmp_path / "damaged.rec"
    damaged.write_bytes(SMALL.read_bytes()[:900])
    good, bad = sorted(
        find_tests([SMALL, damaged], LIKE), key=lambda test: test.name == str(damaged)
    )
    found: list[GoldenResult] = []
    WorkerPool([process]).run([good, bad], found.append)
    assert [(result.name, result.verdict) for result in found] == [
        (str(SMALL), GoldenVerdict.PASSED),
        (str(damaged), GoldenVerdict.ERROR),
    ]
    process.kill()
    died = process.run(good)
    assert (died.verdict, died.summary) == (GoldenVerdict.ERROR, "its process ended with signal 9")
    assert process.run(good).verdict is GoldenVerdict.PASSED


def test_a_bundle_is_the_test_without_its_machine(tmp_path: Path) -> None:
    contents: dict[str, bytes] = {}
    (test,) = find_tests([RECORDING], LIKE)
    packed = bundle(test, contents)
    assert set(packed.files.values()) == set(contents)
    unpacked = packed.unpack(tmp_path, contents)
    assert str(ROOT) not in f"{unpacked.recording} {unpacked.manifest}"
    assert run_test(unpacked).verdict is GoldenVerdict.PASSED
    digest = packed.files["test.rec"]
    with pytest.raises(ValueError, match=r"test\.rec arrived as another file"):
        packed.unpack(tmp_path / "again", contents | {digest: b"other"})


def test_the_verb_counts_and_writes_junit(tmp_path: Path) -> None:
    folder = project(tmp_path / "project", "good.rec", "bad.rec", "asked.rec")
    (folder / "bad.rec").write_bytes(b"{}\n")
    (folder / "asked.expect").write_text("no output from metric-sink\n4 outputs from source\n")
    out = tmp_path / "out.xml"
    done = studio("test", str(folder), "--junit", str(out), "--jobs", "1", "--json")
    assert done.returncode == 2, done.stderr.decode()
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {key: rows[-1][key] for key in ("passed", "failed", "updated", "error", "not_run")} == {
        "passed": 1, "failed": 1, "updated": 0, "error": 1, "not_run": 0,
    }  # fmt: skip
    assert sorted(row["verdict"] for row in rows[:-1]) == ["error", "failed", "passed"]
    suites = {
        Path(suite.attrib["name"]).name: [
            suite.attrib[key] for key in ("tests", "failures", "errors")
        ]
        for suite in ElementTree.parse(out).getroot()
    }
    assert suites == {
        "asked.rec": ["2", "1", "0"],
        "bad.rec": ["1", "0", "1"],
        "good.rec": ["6", "0", "0"],
    }
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("good.rec", "bad.rec"):
        shutil.copy(folder / name, elsewhere)
    done = studio("test", str(elsewhere), "--jobs", "1", "--manifest", str(folder / "Torvyn.toml"))
    assert done.returncode == 2
    assert done.stderr.endswith(b": 1 passed, 1 error\n"), done.stderr.decode()
