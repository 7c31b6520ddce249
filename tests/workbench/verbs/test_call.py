"""`torvyn-studio call`: one recorded call as a case that stands alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from runtime.headless.call_case import write_case
from runtime.headless.call_history import call_history
from runtime.headless.replay import HeadlessReplay, ReplayOptions
from runtime.model.call import Export
from runtime.model.errors import StudioError
from runtime.opening.recordings import open_recording
from tests.support.studio_projects import ROOT, studio

SAMPLE = ROOT / "sample_flows" / "event-driven"
RECORDING = SAMPLE / "sixty-orders.rec"
BUILD = SAMPLE / ".torvyn" / "build"


def recorded_call(node: str, export: str, *, last: bool = False) -> int:
    """The number of a node's first call of an export, or of its last."""
    rows = map(json.loads, RECORDING.read_bytes().splitlines())
    found = [row["call"] for row in rows if (row.get("node"), row.get("export")) == (node, export)]
    return int(found[-1 if last else 0])


def test_the_case_of_a_call_is_repeated_away_from_its_flow(tmp_path: Path) -> None:
    number = recorded_call("totals", "flush")
    made = studio("call", str(RECORDING), str(number), "-o", str(tmp_path / "case"))
    assert made.returncode == 0, made.stderr.decode()
    assert (
        "totals flush, after 31 calls of its instance, the recorded build" in made.stderr.decode()
    )
    case = shutil.move(tmp_path / "case", tmp_path / "elsewhere")
    done = studio("replay", str(Path(case) / "call.rec"), "--json", cwd=tmp_path)
    summary = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, summary["divergence"]) == (0, None)
    expected = studio("replay", str(Path(case) / "call.rec"), "--expect", "--partial", cwd=tmp_path)
    assert expected.returncode == 0, expected.stderr.decode()


def test_numbers_and_times_of_the_elements_are_those_that_the_call_found(tmp_path: Path) -> None:
    number = recorded_call("router", "route", last=True)
    history = call_history(RECORDING, number)
    case = write_case(history, BUILD / "risk-router.wasm", tmp_path / "case")
    assert (case.difference, case.earlier) == ("", len(history.calls) - 1)
    again = call_history(case.recording, _same_call(case.recording, number=len(history.calls)))
    for one, other in zip(history.calls, again.calls, strict=True):
        first, second = one.call.element, other.call.element
        assert first is not None
        assert second is not None
        assert (first.sequence, first.timestamp_ns, first.payload, first.content_type) == (
            second.sequence,
            second.timestamp_ns,
            second.payload,
            second.content_type,
        )
        assert one.answer.outcome == other.answer.outcome
    replay = HeadlessReplay(open_recording(case.recording), ReplayOptions(), lambda *_: None)
    assert replay.run().divergence is None


def _same_call(recording: Path, number: int) -> int:
    rows = map(json.loads, recording.read_bytes().splitlines())
    found = [row["call"] for row in rows if row.get("export") == Export.ROUTE]
    return int(found[number - 1])


def test_another_build_that_answers_otherwise_is_told_and_the_case_is_kept(tmp_path: Path) -> None:
    number = recorded_call("enricher", "process", last=True)
    other = BUILD / "shipping-labeler.wasm"
    arguments = ("call", str(RECORDING), str(number), "-o", str(tmp_path / "case"))
    done = studio(*arguments, "--component", str(other), "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["digest"] != told["recorded_digest"]
    assert "enricher" in told["difference"]
    again = studio("replay", str(tmp_path / "case" / "call.rec"))
    assert again.returncode == 1
    assert studio(*arguments).returncode == 2  # the folder is not empty


def test_what_is_no_case_says_why(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match=r"has no call 100,000: it has \d+"):
        call_history(RECORDING, 100_000)
    history = call_history(RECORDING, recorded_call("orders", "pull"))
    with pytest.raises(StudioError, match="one of the source 'orders'"):
        write_case(history, BUILD / "order-source.wasm", tmp_path / "case")
    history = call_history(RECORDING, recorded_call("router", "route"))
    with pytest.raises(StudioError, match="cannot be read"):
        write_case(history, tmp_path / "no.wasm", tmp_path / "case")
    assert not (tmp_path / "case").exists()
