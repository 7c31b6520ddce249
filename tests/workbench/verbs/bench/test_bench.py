"""`torvyn-studio bench` as a user types it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime.bench.comparing import compare
from runtime.bench.measuring import Measured, measure
from runtime.bench.result import (
    END_TO_END,
    FORMAT,
    METRICS,
    BenchResult,
    Durations,
    call_metric,
)
from runtime.bench.workload import Workload
from runtime.engine.compiled import engine_kind
from runtime.model.errors import ExitCode
from runtime.model.linked import Role, SchedulePolicy
from tests.support.studio_projects import pair, row, sink, studio
from tests.support.wasm.guests import ELEMENT, FILTER, component
from workbench.cli import main
from workbench.verbs.bench.bench_report import Against, report_lines

TRAP = f"""(func (export "push") {ELEMENT} unreachable)
(func (export "complete") (result i32) (call $ok))"""
QUICK = ("--runs", "3", "--time", "1ms", "--warm-up", "0")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pair(tmp_path_factory.mktemp("project"), sink())


def test_a_flow_is_measured_saved_and_compared(manifest: Path) -> None:
    done = studio("bench", str(manifest), *QUICK, "--save", "before")
    assert done.returncode == 0, done.stderr.decode()
    text = done.stdout.decode()
    assert text.startswith("# Benchmark of flow 'main'\n")
    for words in ("elements a second", "engine a call", "\n| sink ", "\n| source -> sink "):
        assert words in text
    assert f" layer, {engine_kind()} engine.\n" in text
    assert "\n| call of " in text
    assert "\n| wait " in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {4, 8}
    saved = manifest.parent / ".torvyn" / "studio" / "bench" / "before.json"
    assert f"Saved to {saved}" in done.stderr.decode()
    # As if it had been a hundred times as fast before.
    found = json.loads(saved.read_text())
    found["samples"]["engine ns/call"] = [1.0, 1.0, 1.0]
    saved.write_text(json.dumps(found))
    slower = studio("bench", str(manifest), *QUICK, "--compare", "before")
    assert slower.returncode == 3
    assert "Compared with 'before': the same builds.\n" in slower.stdout.decode()
    assert "Slower: engine" in slower.stdout.decode()
    report = json.loads(studio("bench", str(manifest), *QUICK, "--json").stdout)
    assert (report["type"], report["runs"], report["comparison"]) == ("bench", 3, None)
    assert report["nodes"]["sink"]["p999_ns"] >= report["nodes"]["sink"]["p50_ns"] > 0


def test_a_run_that_fails_is_told_with_what_failed(tmp_path: Path) -> None:
    flow = pair(tmp_path, component(TRAP, Role.SINK))
    done = studio("bench", str(flow), *QUICK)
    assert done.returncode == 1
    assert b" 1 error;" in done.stdout
    assert b'component "sink" failed on element #0' in done.stderr
    assert b"| wait" not in done.stdout
    failed = studio("bench", str(flow), *QUICK, "--save", "failed")
    assert (failed.returncode, failed.stderr.count(b"Not saved, as it failed.")) == (1, 1)
    assert not list(tmp_path.rglob("failed.json"))


def test_the_same_components_run_through_the_binding_in_turns(manifest: Path) -> None:
    done = studio("bench", str(manifest), *QUICK, "--stock")
    assert done.returncode == 0, done.stderr.decode()
    assert b"wasmtime-py" in done.stdout
    report = json.loads(studio("bench", str(manifest), *QUICK, "--stock", "--json").stdout)
    assert report["stock"]["workload"]["call_layer"] == "wasmtime-py"
    assert report["stock"]["errors"] == 0
    # The same flow: as many calls, deliveries and copies for each element.
    for name in ("calls", "delivered", "copies"):
        own = report[name] / report["elements"]
        assert report["stock"][name] / report["stock"]["elements"] == pytest.approx(own), name


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--compare", "never"), "Saved are: before"),
        (("--save", "../x"), "is no name"),
        (("--save", ".."), "is no name"),
        (("--input", "source=-"), "give --input a file"),
    ],
)
def test_what_cannot_be_is_told(manifest: Path, arguments: tuple[str, ...], words: str) -> None:
    done = studio("bench", str(manifest), *QUICK, *arguments)
    assert done.returncode == 2
    assert words in done.stderr.decode()


def test_a_failed_call_ends_it_unless_a_policy_of_the_project_goes_on(tmp_path: Path) -> None:
    manifest = row(tmp_path, Role.FILTER, component(FILTER, Role.FILTER))
    lines = tmp_path / "lines.txt"
    lines.write_text("one\nUnavailable\ntwo\n")
    command = ("bench", str(manifest), *QUICK, "--input", str(lines), "--json")
    failed = studio(*command)
    assert failed.returncode == 1
    assert b'component "mid" failed' in failed.stderr
    settings = tmp_path / ".torvyn" / "studio" / "settings.toml"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text('[flow.main.on_error]\nmid = "skip"\n')
    done = studio(*command)
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert found["errors"] == found["passes"] > 0
    assert found["elements"] == 3 * found["passes"]


def test_a_comparison_with_other_work_is_refused_before_anything_is_measured(
    manifest: Path,
) -> None:
    assert studio("bench", str(manifest), *QUICK, "--save", "short").returncode == 0
    done = studio("bench", str(manifest), "--time", "1h", "--limit", "2", "--compare", "short")
    assert done.returncode == 2
    assert b"passes without a limit, this one of passes of 2 elements" in done.stderr
    assert done.stdout == b""


def test_a_terminal_gets_rows_that_fit_and_names_that_stay_apart() -> None:
    durations = Durations(12_345, 1_230, 4_560, 98_700, 1_290_000, 28_100_000)
    names = [f"the-orders-of-the-{part}-of-the-day" for part in ("first", "second")]
    metrics = (*METRICS, *map(call_metric, names), END_TO_END)
    result = BenchResult(
        format=FORMAT,
        workload=Workload.of("main", "native", SchedulePolicy.PRIORITY, None, {}),
        builds=dict.fromkeys(names, "sha256:1"),
        runs=1,
        passes=1,
        cut=0,
        elements=20_000,
        delivered=11_430,
        dropped=0,
        errors=0,
        calls=86_000,
        copies=114_000,
        copied_bytes=6_726_000,
        buffers=48_000,
        peak_memory_bytes=68 << 20,
        waits_ns=0,
        samples={metric: [1e5, 2e5, 3e5] for metric in metrics},
        yardstick_ns=[1e6, 1e6, 1e6],
        nodes=dict.fromkeys(names, durations),
        waits={f"{names[0]} -> {names[1]}": durations, f"{names[1]} -> sink": durations},
        end_to_end=durations,
        responses={},
    )
    slower = replace(result, samples={metric: [9e5, 8e5, 7e5] for metric in metrics})
    against = Against("before", result, compare(result, slower))
    narrow = report_lines(slower, against, result, columns=80)
    assert max(map(len, narrow)) <= 80, max(narrow, key=len)
    for line in ("1 run, 1 pass in all;", "Slower: processor/element"):
        assert any(row.startswith(line) for row in narrow), narrow
    heads = [at for at, row in enumerate(narrow) if row.startswith(("| call of ", "| wait "))]
    calls, waits = (
        [row.split("|")[1].strip() for row in narrow[at + 2 : at + 2 + count]]
        for at, count in zip(heads[:2], (2, 3), strict=True)
    )
    assert len({*calls, *waits}) == 5
    narrow = report_lines(slower, against, result, columns=60)
    assert max(map(len, narrow)) <= 60, max(narrow, key=len)
    tops = [row for row in narrow if row.startswith(("| call of ", "| median of "))]
    assert [[word.strip() for word in row.split("|")[2:-1]] for row in tops[:2]] == [
        ["p50", "p99", "longest"],
        ["studio", "wasmtime-py", "times as fast"],
    ]
    some = replace(result, nodes={"シンク": durations, "sink": durations}, idle=("a", "b"), cut=1)
    wide = report_lines(some)
    assert "Without an element in any pass: a, b." in wide
    assert any("Under priority a source that never ends may keep" in row for row in wide)
    assert f"| シンク  | {durations.count:,} |" in "\n".join(wide)
    same = replace(result, works=dict.fromkeys(names, "same"))
    later = replace(slower, works=same.works)
    told = report_lines(later, Against("before", same, compare(same, later)))
    assert any(row.startswith("Calls that do the same work as then take 4.00 ") for row in told)
    wide = report_lines(slower, against, result)
    assert f"| {names[0]}  |" in "\n".join(wide)
    assert "the same builds" in "\n".join(wide)


def test_what_was_measured_until_ctrl_c_is_told_and_nothing_is_saved(
    manifest: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[Measured] = []

    def interrupted(*arguments: Any) -> Measured:
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(measure(*arguments))
        return made[-1]

    monkeypatch.setattr("workbench.verbs.bench.bench_verb.measure", interrupted)
    command = ("bench", str(manifest), "--runs", "5", "--time", "1ms", "--save", "partly")
    assert main(command) == ExitCode.INTERRUPTED
    told = capsys.readouterr()
    assert "\n1 run, " in told.out
    assert "Interrupted after 1 run, nothing saved." in told.err
    assert not list(manifest.parent.rglob("partly.json"))


def test_a_source_that_a_file_stands_for_has_no_row(manifest: Path, tmp_path: Path) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("one\ntwo\n")
    done = studio("bench", str(manifest), *QUICK, "--input", str(lines))
    assert done.returncode == 0, done.stderr.decode()
    assert b"\n| source ->" in done.stdout
    assert b"\n| source " not in done.stdout.replace(b"| source ->", b"")


def test_without_an_element_nothing_is_measured_saved_or_compared(
    manifest: Path, tmp_path: Path
) -> None:
    lines = tmp_path / "lines.txt"
    lines.touch()
    done = studio("bench", str(manifest), *QUICK, "--input", str(lines), "--save", "none")
    assert done.returncode == 1
    assert b"\n0 elements, 0 delivered, 0 dropped, 0 errors.\n" in done.stdout
    assert b"No source gave an element. Give lines" in done.stderr
    assert b"Not saved, as nothing was measured." in done.stderr
    assert not list(manifest.parent.rglob("none.json"))


def test_a_result_that_cannot_be_saved_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    manifest = pair(tmp_path, sink())
    in_the_way = tmp_path / ".torvyn" / "studio"
    in_the_way.write_text("a file")
    done = studio("bench", str(manifest), *QUICK, "--save", "before")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"the result cannot be written: Not a directory" in done.stderr
    assert b"Nothing was run." in done.stderr
