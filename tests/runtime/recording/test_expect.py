from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from runtime.engine.options import EngineOptions
from runtime.model.call import Failed
from runtime.model.errors import StudioError
from runtime.model.events import FlowState
from runtime.model.linked import ErrorPolicy, LinkedFlow, SchedulePolicy
from runtime.recording.diff.compare import compare_recordings
from runtime.recording.diff.junit import JunitFile
from runtime.recording.diff.report import Report
from runtime.recording.encoding import RecordingOptions
from runtime.recording.file.header import engine_options, header_of
from runtime.recording.file.reader import RecordingReader
from runtime.recording.recorder import Recorder, save
from runtime.recording.replay.expectation import accept, end_of, rerun
from runtime.recording.replay.recorded_host_inputs import QueuedHostInputs
from runtime.recording.ring.ring import Ring
from tests.support.engine.fakes import WALL_NS
from tests.support.narrow import present
from tests.support.recording_flows import (
    Components,
    LiveClock,
    engine_of,
    facts_of,
    lines_of,
    linked_flow,
    other_builds,
    record_to,
    run_to_end,
    trap,
)

PAYLOADS = [b"one", b"two", b"", b"\xff\x00", b'{"n":5}', b"six", b"seven", b"eight", b"nine"]
WEIGHTED = EngineOptions(schedule=SchedulePolicy.WEIGHTED_FAIR)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "run.rec"
    record_to(path, Components(PAYLOADS, clock=LiveClock(), stamps=True), engine_options=WEIGHTED)
    return path


def expected(
    recording: Path, flow: LinkedFlow | None = None, **components: Any
) -> tuple[Report, Path, FlowState]:
    made = recording.with_name("made.rec")
    made.unlink(missing_ok=True)
    clock = LiveClock()
    clock.now = 500_000
    host = QueuedHostInputs(clock)
    with RecordingReader(recording) as reader:
        facts = facts_of(engine_options(reader.header))
    snapshot = rerun(
        recording,
        made,
        flow or linked_flow(),
        Components(clock=host, stamps=True, first_duration=5, **components),
        facts,
        RecordingOptions(),
        host,
    )
    return compare_recordings(recording, made), made, snapshot.state


def test_unchanged_components_meet_the_recording_byte_for_byte(recording: Path) -> None:
    report, made, state = expected(recording)
    assert report.equal
    assert state is FlowState.COMPLETED
    assert made.read_bytes() == recording.read_bytes()


def test_a_changed_output_is_found_and_the_rest_still_runs(recording: Path) -> None:
    report, _, state = expected(
        recording,
        other_builds(linked_flow(), "upper"),
        process=lambda data: data.upper() if data != b"six" else b"sixty",
    )
    assert state is FlowState.COMPLETED
    assert report.nodes["upper"].different == 1
    assert report.nodes["all-sink"].different == 1
    assert report.nodes["all-sink"].compared == len(PAYLOADS) + 3
    assert present(report.first).lines[1:] == ("- SIX@1042", "+ sixty@1042")


def test_a_component_that_drops_changes_the_order_and_is_still_compared(recording: Path) -> None:
    flow = other_builds(linked_flow(), "split")
    report, _, state = expected(
        recording, flow, ports=lambda data: ("all",) if data.startswith(b"S") else ("all", "some")
    )
    assert state is FlowState.COMPLETED
    assert report.nodes["split"].different == 2
    assert report.nodes["even"].missing == 2
    assert report.nodes["all-sink"].equal
    assert report.nodes["even-sink"].missing == 1
    assert report.nodes["even-sink"].compared == 4 + 3


def test_a_component_that_fails_ends_the_run_and_not_the_comparison(recording: Path) -> None:
    report, _, state = expected(
        recording, process=lambda data: trap("no") if data == b"two" else data.upper()
    )
    assert not state.ended
    assert report.nodes["upper"].different > 0
    assert report.nodes["all-sink"].missing > 0
    assert any(item.after == "failed, trap: no" for item in report.differences)


def test_a_recording_that_was_ended_half_way_is_repeated_half_way(tmp_path: Path) -> None:
    path = tmp_path / "half.rec"
    recorder = Recorder(Ring())
    engine = engine_of(linked_flow(), Components(PAYLOADS, clock=LiveClock(), stamps=True))
    run_to_end(engine, recorder, limit=20)
    options = RecordingOptions()
    header = header_of(linked_flow(), facts_of(), options, path)
    end = end_of(engine.snapshot(), recorder.ring.calls_kept, WALL_NS)
    assert save(recorder.ring, path, header, options, end) is None
    report, made, state = expected(path)
    assert report.equal
    assert state is FlowState.RUNNING
    assert made.read_bytes() == path.read_bytes()


def test_a_failed_run_is_repeated_as_a_failed_run(tmp_path: Path) -> None:
    path = tmp_path / "failed.rec"

    def process(data: bytes) -> bytes | Failed:
        return trap("no") if data == b"two" else data.upper()

    options = EngineOptions(on_error=ErrorPolicy.FAIL)
    live = Components(PAYLOADS, process=process, clock=LiveClock())
    record_to(path, live, engine_options=options)
    host = QueuedHostInputs(LiveClock())
    snapshot = rerun(
        path,
        tmp_path / "made.rec",
        linked_flow(),
        Components(process=process),
        facts_of(options),
        RecordingOptions(),
        host,
    )
    assert snapshot.state is FlowState.FAILED
    assert compare_recordings(path, tmp_path / "made.rec").equal


def test_new_outputs_are_accepted_into_a_new_file_or_in_place_only(recording: Path) -> None:
    _, made, _ = expected(recording, process=lambda data: data)
    before = recording.read_bytes()
    with pytest.raises(StudioError, match="it exists"):
        accept(made, recording, replace=False)
    assert recording.read_bytes() == before
    new = recording.with_name("new.rec")
    accept(made, new, replace=False)
    assert new.read_bytes() == made.read_bytes()
    accept(made, recording, replace=True)
    assert recording.read_bytes() == made.read_bytes()
    assert expected(recording, process=lambda data: data)[0].equal
    assert sorted(item.name for item in recording.parent.iterdir()) == [
        "made.rec",
        "new.rec",
        "run.rec",
    ]


def test_a_rerun_never_writes_over_a_file(recording: Path) -> None:
    recording.with_name("there.rec").write_text("precious")
    with pytest.raises(StudioError, match="exists"):
        rerun(
            recording,
            recording.with_name("there.rec"),
            linked_flow(),
            Components(),
            facts_of(),
            RecordingOptions(),
        )
    assert recording.with_name("there.rec").read_text() == "precious"


def test_junit_has_a_case_for_each_node_and_the_difference_in_words(
    recording: Path, tmp_path: Path
) -> None:
    report, _, _ = expected(
        recording, process=lambda data: data.upper() if data != b"six" else b"s\x1b\x00x"
    )
    path = tmp_path / "out.xml"
    JunitFile(path).write(report, "main \x00 flow", 1.5)
    suite = ElementTree.parse(path).getroot().find("testsuite")
    cases = {case.get("name"): case for case in present(suite).findall("testcase")}
    assert set(cases) == {f"{node.role} {node.name}" for node in linked_flow().nodes}
    assert (present(suite).get("tests"), suite.get("failures")) == ("6", "2")
    failure = cases["processor upper"].find("failure")
    assert "1 of 11 calls differ" in present(failure).get("message")
    assert "source#5" in present(failure).text
    assert "\\x1b" in present(failure).text
    assert cases["source source"].find("failure") is None
    assert cases["router split"].find("failure") is None
    with pytest.raises(StudioError, match="cannot be written"):
        JunitFile(tmp_path / "none" / "out.xml")


def test_the_new_header_repeats_the_old_one(recording: Path) -> None:
    _, made, _ = expected(recording)
    assert lines_of(made)[0] == lines_of(recording)[0]
