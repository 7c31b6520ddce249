"""`torvyn-studio bench` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.studio_projects import pair, sink, studio

QUICK = ("--runs", "3", "--time", "1ms", "--warm-up", "0")


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pair(tmp_path_factory.mktemp("project"), sink())


def test_a_flow_is_measured_saved_and_compared(manifest: Path) -> None:
    done = studio("bench", str(manifest), *QUICK, "--save", "before")
    assert done.returncode == 0, done.stderr.decode()
    text = done.stdout.decode()
    assert text.startswith("# Benchmark of flow 'main'\n")
    for words in ("elements a second", "engine a call", "| call of sink", "wait source -> sink"):
        assert words in text
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
    assert "Slower: engine" in slower.stdout.decode()
    report = json.loads(studio("bench", str(manifest), *QUICK, "--json").stdout)
    assert (report["type"], report["runs"], report["comparison"]) == ("bench", 3, None)
    assert report["nodes"]["sink"]["p999_ns"] >= report["nodes"]["sink"]["p50_ns"] > 0


def test_the_same_components_run_through_the_binding_in_turns(manifest: Path) -> None:
    done = studio("bench", str(manifest), *QUICK, "--stock")
    assert done.returncode == 0, done.stderr.decode()
    assert b"wasmtime-py" in done.stdout
    report = json.loads(studio("bench", str(manifest), *QUICK, "--stock", "--json").stdout)
    assert report["stock"]["call_layer"] == "wasmtime-py"
    assert report["stock"]["errors"] == 0
    # The same flow: as many calls, deliveries and copies for each element.
    for name in ("calls", "delivered", "copies"):
        own = report[name] / report["elements"]
        assert report["stock"][name] / report["stock"]["elements"] == pytest.approx(own), name


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--compare", "never"), "torvyn-studio bench --save NAME"),
        (("--save", "../x"), "is no name"),
        (("--input", "source=-"), "give --input a file"),
    ],
)
def test_what_cannot_be_is_told(manifest: Path, arguments: tuple[str, ...], words: str) -> None:
    done = studio("bench", str(manifest), *QUICK, *arguments)
    assert done.returncode == 2
    assert words in done.stderr.decode()
