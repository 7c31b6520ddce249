"""Recordings made and replayed in a session of the workbench."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.model.errors import StudioError
from runtime.model.events import StopReason
from runtime.model.linked import Role
from runtime.opening.open import FlowOpener, SessionOptions
from runtime.opening.recorded.open_replay import ReplayOpener
from runtime.protocol.branch_comparison import CompareBranches
from runtime.protocol.requests import (
    EditElement,
    Fork,
    InjectElement,
    SkipElement,
    StartRecording,
    StepBack,
    StepCall,
    StopRecording,
    TakeBranch,
)
from runtime.recording.encoding import RecordingOptions
from runtime.recording.file.reader import end_of_recording
from runtime.recording.redaction import Redaction
from runtime.session.recording_file import RecordingSettings
from tests.support.session_driver import Driver, opened, rename_into_place
from tests.support.studio_projects import Project, studio
from tests.support.wasm.guests import ECHO, component, printer
from tests.support.wasm.recorded_guests import counting_source, stamper

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "sample_flows" / "fan-out"
RECORDING = SAMPLE / "four-events.rec"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A flow whose processor writes the time and a random number into each element."""
    nodes = {
        "source": (Role.SOURCE, counting_source(8)),
        "mid": (Role.PROCESSOR, stamper()),
        "sink": (Role.SINK, printer()),
    }
    return Project(tmp_path, nodes).write()


@pytest.fixture
def replay() -> Iterator[Driver]:
    """The sample's recording, replayed."""
    opener = ReplayOpener(RECORDING, SAMPLE / "Torvyn.toml", "main", SessionOptions(watch=False))
    driver = Driver(opener)
    yield driver
    driver.session.close()


def test_what_a_session_did_is_recorded_and_replayed_headless(
    manifest: Path, tmp_path: Path
) -> None:
    driver = opened(manifest)
    driver.step(7)
    file = tmp_path / "kept.rec"
    driver.ask(StartRecording(str(file)))
    assert driver.recording.writing
    driver.step(3)
    driver.ask(InjectElement(1, b"guest", "text/plain"))
    driver.run()
    granted = [chunk.data for chunk in driver.printed if chunk.granted]
    driver.ask(StopRecording())
    assert not driver.recording.writing
    assert driver.recording.file == str(file)
    driver.session.close()
    replayed = studio("replay", str(file))
    assert replayed.returncode == 0, replayed.stderr
    assert b"".join(granted) in replayed.stdout


def test_a_file_named_at_the_start_has_everything(manifest: Path, tmp_path: Path) -> None:
    file = tmp_path / "all.rec"
    settings = RecordingSettings(file, options=RecordingOptions(redactor=Redaction(["cpu_usage"])))
    driver = opened(manifest, recording=settings)
    driver.run()
    driver.session.close()
    text = file.read_text()
    assert "cpu_usage" not in text.partition("\n")[2]
    assert '"type":"end"' in text


def test_what_is_redacted_is_not_in_a_comparison_of_lines_either(manifest: Path) -> None:
    options = RecordingOptions(redactor=Redaction(["cpu_usage"]))
    driver = opened(manifest, recording=RecordingSettings(options=options))
    while not driver.queues()[1]:
        driver.step()
    (element, payload), at = driver.queues()[1][0], driver.snapshot.calls
    driver.run()
    driver.go(at)
    driver.ask(EditElement(element, payload + b" of a guest"))
    driver.run()
    driver.ask(CompareBranches())
    compared = driver.wait_for_comparison()
    driver.session.close()
    told = "\n".join(f"{one.before} {one.after} {one.lines}" for one in compared.differences)
    assert "of a guest" in told
    assert "cpu_usage" not in told


def test_a_second_session_records_beside_the_first(manifest: Path, tmp_path: Path) -> None:
    file = tmp_path / "all.rec"
    for _ in range(2):
        driver = opened(manifest, recording=RecordingSettings(file))
        driver.step(2)
        driver.session.close()
    assert sorted(path.name for path in tmp_path.glob("*.rec")) == ["all-2.rec", "all.rec"]


def test_a_fork_is_recorded_into_a_file_of_its_own(manifest: Path, tmp_path: Path) -> None:
    file = tmp_path / "line.rec"
    driver = opened(manifest, recording=RecordingSettings(file))
    driver.step(12)
    driver.ask(StepBack(), StepBack(), Fork())
    driver.run()
    driver.session.close()
    for name in ("line.rec", "line-2.rec"):
        replayed = studio("replay", str(tmp_path / name), "--json")
        assert replayed.returncode == 0, replayed.stderr


def test_each_line_that_is_taken_is_recorded_as_it_ends(manifest: Path, tmp_path: Path) -> None:
    driver = opened(manifest, recording=RecordingSettings(tmp_path / "line.rec"))
    driver.step(12)
    driver.go(6)
    driver.ask(Fork())
    driver.step(2)
    driver.ask(TakeBranch(1))
    assert driver.recording.writing
    driver.step(3)
    driver.session.close()
    ends = [end_of_recording(tmp_path / name) for name in ("line.rec", "line-2.rec")]
    assert [end.last_call for end in ends if end is not None] == [12, 8]
    last = end_of_recording(tmp_path / "line-2-2.rec")
    assert last is not None
    assert last.last_call == last.calls > 15
    for name, calls in (("line.rec", 12), ("line-2.rec", 8), ("line-2-2.rec", None)):
        replayed = studio("replay", str(tmp_path / name))
        assert replayed.returncode == 0
        because = f"Stopped because the recording ends after call {calls}, before its flow did"
        assert (because.encode() in replayed.stderr) is (calls is not None)
        assert (b"Flow 'main' did not end." in replayed.stdout) is (calls is not None)


def test_a_fork_is_refused_when_its_input_can_not_be_opened_again(tmp_path: Path) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("one\ntwo\n")
    options = SessionOptions(watch=False)
    driver = Driver(FlowOpener(SAMPLE / "Torvyn.toml", "main", options, (str(lines),)))
    driver.step(12)
    driver.go(9)
    lines.unlink()
    driver.ask(Fork())
    assert driver.timeline.branch == 1
    assert driver.timeline.past
    assert "lines.txt" in driver.log[-1]
    driver.session.close()


def test_a_recording_that_can_not_be_written_is_told_and_the_flow_goes_on(
    manifest: Path,
) -> None:
    driver = opened(manifest)
    driver.ask(StartRecording("/dev/full"))
    end = driver.run()
    assert end.state.ended
    driver.poll()
    assert driver.recording.failed is not None
    assert not driver.recording.writing
    assert any("recording stopped" in text for text in driver.log)
    driver.session.close()


def test_a_replay_makes_the_recorded_calls_one_by_one(replay: Driver) -> None:
    info = replay.timeline.replay
    assert info is not None
    assert info.exact
    assert info.file == RECORDING.name
    total = replay.timeline.calls
    assert total == info.calls
    assert replay.snapshot.calls == 0
    for calls in range(1, total + 1):
        upcoming = replay.snapshot.next_call
        assert upcoming is not None
        replay.ask(StepCall())
        assert replay.snapshot.calls == calls
        made = next(line for line in reversed(replay.lines) if line.call == calls)
        assert made.node == upcoming.node
    assert replay.snapshot.state.ended
    expected = (
        (SAMPLE / "expected-output.txt").read_text()
        if (SAMPLE / "expected-output.txt").exists()
        else None
    )
    if expected is not None:
        assert all(line in expected for line in replay.output().splitlines())


def test_a_replay_is_stepped_back_and_on(replay: Driver) -> None:
    replay.step(20)
    before = (replay.snapshot, replay.output())
    replay.go(5)
    assert replay.timeline.past
    assert replay.timeline.calls > 20
    replay.go(20)
    assert not replay.timeline.past
    assert (replay.snapshot, replay.output()) == before
    replay.go(25)
    assert replay.run().state.ended


def test_a_replay_that_goes_its_own_way_keeps_the_recorded_inputs(replay: Driver) -> None:
    replay.step(8)
    other = next(
        node.name
        for node in replay.snapshot.nodes
        if replay.snapshot.next_call and node.name != replay.snapshot.next_call.node
    )
    replay.ask(StepCall(other))
    info = replay.timeline.replay
    assert info is not None
    assert not info.exact
    end = replay.run()
    assert end.state.ended
    assert end.pulled == 4
    assert end.delivered == 4


def test_a_replay_forks_in_its_past(replay: Driver) -> None:
    replay.step(20)
    replay.go(10)
    replay.ask(Fork())
    assert replay.timeline.branch == 2
    end = replay.run()
    assert (end.pulled, end.delivered) == (4, 4)
    replay.ask(CompareBranches())
    compared = replay.wait_for_comparison()
    assert compared.before == "branch 1"
    assert compared.forked_at == 10


def test_this_run_is_compared_with_the_recording(replay: Driver) -> None:
    replay.run()
    replay.ask(CompareBranches())
    compared = replay.wait_for_comparison()
    assert compared.before == RECORDING.name
    assert (compared.total, compared.beyond, compared.branch_before) == (0, (), None)
    assert compared.compared > 20
    replay.ask(CompareBranches(str(RECORDING.parent / "missing.rec")))
    assert "cannot be read: No such file" in replay.wait_for_comparison().failed


def test_another_build_ends_the_replay_where_it_answers_otherwise(tmp_path: Path) -> None:
    nodes = {
        "source": (Role.SOURCE, counting_source(5)),
        "mid": (Role.PROCESSOR, component(ECHO, Role.PROCESSOR)),
        "sink": (Role.SINK, printer()),
    }
    manifest = Project(tmp_path, nodes).write()
    file = tmp_path / "old.rec"
    driver = opened(manifest, recording=RecordingSettings(file))
    driver.run()
    driver.session.close()
    rename_into_place(tmp_path / ".torvyn" / "build" / "mid.wasm", stamper())
    driver = Driver(ReplayOpener(file, manifest, "main", SessionOptions(watch=False)))
    stopped = driver.run()
    assert stopped.stop is StopReason.DIVERGENCE
    assert "another build" in stopped.stop_detail
    assert driver.timeline.replay is not None
    assert not driver.timeline.replay.exact
    end = driver.run()
    assert end.state.ended
    assert (end.pulled, end.delivered) == (5, 5)
    driver.ask(CompareBranches())
    assert driver.wait_for_comparison().total > 0
    driver.session.close()


def test_a_rebuild_is_taken_in_the_middle_of_a_replay(tmp_path: Path) -> None:
    folder = tmp_path / "flow"
    nodes = {
        "source": (Role.SOURCE, counting_source(5)),
        "mid": (Role.PROCESSOR, component(ECHO, Role.PROCESSOR)),
        "sink": (Role.SINK, printer()),
    }
    folder.mkdir()
    manifest = Project(folder, nodes).write()
    file = tmp_path / "old.rec"
    driver = opened(manifest, recording=RecordingSettings(file))
    driver.run()
    driver.session.close()
    driver = Driver(ReplayOpener(file, manifest, "main", SessionOptions()))
    driver.step(6)
    digest = rename_into_place(folder / ".torvyn" / "build" / "mid.wasm", stamper())
    driver.wait_for_reload()
    assert driver.session.execution.invoker.digest("mid") == digest
    assert driver.run().stop is StopReason.DIVERGENCE
    assert driver.run().state.ended
    driver.session.close()


def test_damage_in_the_middle_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "damaged.rec"
    lines = RECORDING.read_bytes().splitlines(keepends=True)
    lines[20] = b"{nonsense\n"
    file.write_bytes(b"".join(lines))
    opener = ReplayOpener(file, SAMPLE / "Torvyn.toml", "main", SessionOptions(watch=False))
    with pytest.raises(StudioError, match=r"damaged.*\n.*damaged\.rec:21"):
        opener.open(lambda: None)


def test_a_file_that_was_cut_off_is_followed_to_its_last_whole_line(tmp_path: Path) -> None:
    file = tmp_path / "cut.rec"
    file.write_bytes(RECORDING.read_bytes()[:-900])
    driver = Driver(ReplayOpener(file, SAMPLE / "Torvyn.toml", "main", SessionOptions(watch=False)))
    driver.run()
    assert driver.snapshot.stop is StopReason.END_OF_REPLAY
    assert any("cut off" in text for text in driver.log)
    assert driver.run().state.ended
    driver.session.close()


def test_lines_of_a_file_take_the_place_of_a_source(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "flow", symlinks=True)
    lines = tmp_path / "lines.ndjson"
    lines.write_text('{"type":"log","message":"from a file"}\n{"type":"metric","value":1}')
    manifest = SAMPLE / "Torvyn.toml"
    driver = Driver(FlowOpener(manifest, "main", SessionOptions(watch=False), (str(lines),)))
    end = driver.run()
    assert (end.pulled, end.delivered) == (2, 2)
    assert "from a file" in driver.output()
    driver.go(end.calls // 2)
    driver.ask(Fork())
    assert driver.run().delivered == 2
    driver.session.close()


def test_skipping_leaves_the_recorded_order(replay: Driver) -> None:
    replay.step(6)
    replay.ask(SkipElement("router"))
    assert replay.timeline.replay is not None
    assert not replay.timeline.replay.exact
