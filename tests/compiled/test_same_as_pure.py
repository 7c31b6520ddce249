"""The compiled engine does what the pure one does: run by `make fast-test`, in a copy."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given

from runtime.engine.compiled import engine_is_compiled
from tests.compiled.compiled_tree import PURE_SOURCES, ROOT
from tests.support.engine.flows import Case
from tests.support.engine.reloads import reloaded_cases
from tests.support.examples import examples

PURE = Path(os.environ.get(PURE_SOURCES, ROOT))

pytestmark = pytest.mark.skipif(
    PURE_SOURCES not in os.environ, reason="the engine is not compiled here: make fast-test"
)


def said(where: Path, module: str, *words: str) -> str:
    command = [sys.executable, "-m", module, *words]
    done = subprocess.run(command, cwd=where, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_these_tests_run_on_the_compiled_engine() -> None:
    assert engine_is_compiled()
    assert "compiled engine" in said(ROOT, "workbench.cli", "--version")
    assert "compiled" not in said(PURE, "workbench.cli", "--version")
    assert "compiled by mypyc" in said(ROOT, "workbench.cli", "doctor")


def test_random_runs_and_their_recordings_are_the_same_byte_for_byte(tmp_path: Path) -> None:
    cases: list[Case] = []

    @examples(3_000)
    @given(reloaded_cases())
    def keep(case: Case) -> None:
        cases.append(case)

    keep()
    file = tmp_path / "cases"
    file.write_bytes(pickle.dumps(cases))
    compiled = said(ROOT, "tests.compiled.random_runs", str(file)).splitlines()
    pure = said(PURE, "tests.compiled.random_runs", str(file)).splitlines()
    assert (compiled[0], pure[0]) == ("compiled", "pure")
    assert len(pure) > 200
    assert compiled[1:] == pure[1:]


@pytest.mark.parametrize("records", ["compiled", "pure"])
def test_a_recording_that_one_engine_made_is_repeated_by_the_other(
    records: str, tmp_path: Path
) -> None:
    places = {"compiled": ROOT, "pure": PURE}
    recorder, replayer = places.pop(records), next(iter(places.values()))
    file = str(tmp_path / "run.jsonl")
    flow = "sample_flows/fan-out/Torvyn.toml"
    said(recorder, "workbench.cli", "record", flow, "-o", file, "--limit", "200")
    said(replayer, "workbench.cli", "replay", file, flow)
