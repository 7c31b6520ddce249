"""What a recording has is shown at any place without making its calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from runtime.model.call import NO_COPIES, Answer, Printed
from runtime.model.events import CallFinished, StopReason
from runtime.model.linked import Role
from runtime.model.snapshot import FlowSnapshot
from runtime.opening.open import SessionOptions
from runtime.opening.recorded.open_replay import ReplayOpener
from runtime.protocol.lineage import Lineage
from runtime.protocol.requests import (
    EditElement,
    Fork,
    JumpTo,
    JumpToElement,
    JumpToStop,
    Pause,
    ReadLineage,
    RepeatTo,
    StepBack,
    StepCall,
    StepForward,
)
from runtime.recording.encoding import OutputLevel, RecordingOptions, printed_runs
from runtime.recording.file.reader import RecordingReader
from runtime.recording.format import CallLine, EndLine, encode
from runtime.session.recording_file import RecordingSettings
from runtime.timetravel.recorded import recorded_past
from tests.support.session_driver import Driver, opened
from tests.support.studio_projects import Project
from tests.support.wasm.guests import AGGREGATOR, component, printer
from tests.support.wasm.layers import LAYERS, use_layer
from tests.support.wasm.recorded_guests import counting_source, stamper

ALL = 10**9


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A flow with clock, random numbers and an aggregator."""
    nodes = {
        "source": (Role.SOURCE, counting_source(9)),
        "stamp": (Role.PROCESSOR, stamper()),
        "group": (Role.AGGREGATOR, component(AGGREGATOR, Role.AGGREGATOR)),
        "sink": (Role.SINK, printer()),
    }
    return Project(tmp_path_factory.mktemp("recorded"), nodes).write()


def recorded(manifest: Path, name: str, outputs: OutputLevel = OutputLevel.FULL) -> Path:
    """A recording of the flow in which an element was edited."""
    file = manifest.parent / name
    driver = opened(manifest, recording=RecordingSettings(file, options=RecordingOptions(outputs)))
    driver.step(12)
    queue = next(queue for queue in driver.queues() if queue)
    driver.ask(EditElement(queue[0][0], b"edited"))
    driver.run()
    driver.session.close()
    return file


@pytest.fixture(scope="module")
def recording(manifest: Path) -> Path:
    return recorded(manifest, "whole.rec")


def replaying(file: Path, manifest: Path) -> Driver:
    return Driver(ReplayOpener(file, manifest, "main", SessionOptions(watch=False)))


@pytest.fixture
def replay(recording: Path, manifest: Path) -> Iterator[Driver]:
    driver = replaying(recording, manifest)
    yield driver
    driver.session.close()


def picture(driver: Driver) -> tuple[FlowSnapshot, object, list[CallFinished]]:
    """The flow where it stands, what waits, and the last calls, but for how it was measured."""
    snapshot = replace(driver.snapshot, stop=None, stop_detail="", next_call=None)
    log: Any = driver.session.execution.log
    last = [event for event in log._events if isinstance(event, CallFinished)][-5:]
    return (
        snapshot,
        driver.queues(),
        [event._replace(answer=as_recorded(event.answer)) for event in last],
    )


def as_recorded(answer: Answer) -> Answer:
    """An answer without its time, and by stream what it printed: no recording has the order."""
    granted = {one.stream: one.granted for one in answer.printed}
    printed = tuple(
        Printed(stream, data, granted[stream]) for stream, data in printed_runs(answer.printed)
    )
    return answer._replace(duration_ns=0, printed=printed)


@pytest.mark.parametrize("layer", LAYERS)
def test_each_place_is_shown_as_making_the_calls_again_shows_it(
    recording: Path, manifest: Path, layer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_layer(layer, monkeypatch)  # the recording was made on one and the same
    replay = replaying(recording, manifest)
    monkeypatch.setattr(recorded_past, "CALLS_APART", 4)
    monkeypatch.setattr(recorded_past, "SEEN_CALLS", 6)
    monkeypatch.setattr(recorded_past, "CALLS_AT_ONCE", 3)
    seen = replaying(recording, manifest)
    length = seen.timeline.calls
    past: Any = seen.session._time.replay.past
    seen.go(length)
    assert len(past._kept) >= length // 6 - 1
    for calls in range(1, length + 1):
        replay.step()
        seen.ask(JumpTo(0))
        seen.go(calls)
        assert seen.timeline.ahead
        assert picture(seen) == picture(replay), calls
    assert not any(
        seen.session._time.end.invoker.digest(node.name) for node in seen.session.flow.nodes
    ), "a component was instantiated"
    seen.session.close()
    replay.session.close()


def test_measures_of_calls_are_those_that_were_recorded(replay: Driver) -> None:
    replay.ask(JumpTo(ALL))
    log: Any = replay.session.execution.log
    calls = [event for event in log._events if isinstance(event, CallFinished)]
    work = [event for event in calls if event.call.node == "stamp" and event.outputs]
    assert work
    assert all(event.answer.fuel > 0 and event.answer.copies != NO_COPIES for event in work)


def test_checkpoints_take_no_more_than_their_share(
    replay: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded_past, "CALLS_AT_ONCE", 1)
    past: Any = replay.session._time.replay.past
    past._apart, past._limit = 1, 20_000
    while not past.over:
        past._tell_some()
        assert past._kept_bytes <= past._limit
        assert past._kept_bytes == sum(one.checkpoint.bytes_used for one in past._kept)
    assert past._apart > 1
    assert past._kept


def test_from_a_place_ahead_one_steps_along_the_recording_to_its_end(replay: Driver) -> None:
    length = replay.timeline.calls
    replay.step(3)
    replay.go(length - 3)
    assert (replay.timeline.past, replay.timeline.ahead) == (True, True)
    replay.ask(StepForward(), StepCall())
    assert replay.snapshot.calls == length - 1
    replay.ask(StepBack())
    assert replay.snapshot.calls == length - 2
    replay.run()
    assert (replay.snapshot.calls, replay.snapshot.stop) == (length, StopReason.END_OF_REPLAY)
    assert "no call after call 3 was made again" in replay.snapshot.stop_detail
    replay.go(3)
    assert not replay.timeline.past
    replay.ask(StepForward())
    assert (replay.snapshot.calls, replay.timeline.past) == (4, False)


def test_what_happens_in_the_recording_is_marked_and_gone_to(replay: Driver) -> None:
    replay.ask(Pause())
    assert any(replay.timeline.cells), "the element that was edited"
    replay.ask(JumpToElement(3))
    before = replay.snapshot.calls
    assert replay.timeline.ahead
    replay.ask(StepForward())
    log: Any = replay.session.execution.log
    made = next(event for event in reversed(log._events) if isinstance(event, CallFinished))
    assert (made.call.number, made.outputs[0].lineage) == (before + 1, 3)
    replay.ask(JumpToStop(forward=True))
    assert replay.snapshot.calls == replay.timeline.calls


def test_a_fork_ahead_makes_the_calls_up_to_there_and_goes_its_own_way(replay: Driver) -> None:
    replay.go(20)
    replay.ask(Fork())
    assert replay.timeline.replay is not None
    assert (replay.snapshot.calls, replay.timeline.past) == (20, False)
    assert not replay.timeline.replay.exact
    assert replay.session.execution.invoker.digest("stamp")
    assert replay.run().pulled == 9


def test_a_change_ahead_is_made_once_the_calls_are_made(replay: Driver) -> None:
    replay.go(20)
    queue = next(queue for queue in replay.queues() if queue)
    replay.ask(EditElement(queue[0][0], b"changed ahead"))
    assert (replay.snapshot.calls, replay.timeline.past) == (20, False)
    assert any(payload == b"changed ahead" for queue in replay.queues() for _, payload in queue)


def test_a_recording_that_holds_digests_alone_is_made_again(manifest: Path) -> None:
    file = recorded(manifest, "digests.rec", OutputLevel.DIGEST)
    replay = replaying(file, manifest)
    replay.go(20)
    assert (replay.timeline.past, replay.timeline.ahead) == (False, False)
    replay.session.close()


def test_a_recording_that_no_engine_could_have_made_is_not_shown(
    recording: Path, manifest: Path
) -> None:
    with RecordingReader(recording) as reader:
        header = reader.header
        lines = [item.line for item in reader if not isinstance(item.line, EndLine)]
    forged = [
        msgspec.structs.replace(line, node="sink", export="complete")
        if isinstance(line, CallLine) and line.call == 15
        else line
        for line in lines
    ]
    file = recording.with_name("forged.rec")
    file.write_bytes(b"".join(map(encode, [header, *forged])))
    replay = replaying(file, manifest)
    replay.ask(JumpTo(20))
    assert (replay.snapshot.calls, replay.timeline.past) == (14, False)
    assert replay.snapshot.stop is StopReason.DIVERGENCE
    replay.session.close()


def test_repeating_to_a_call_makes_every_call(replay: Driver) -> None:
    replay.go(25)
    replay.ask(JumpTo(0), RepeatTo(10))
    assert (replay.snapshot.calls, replay.timeline.past) == (10, False)
    replay.go(20)
    replay.ask(RepeatTo(15))
    assert (replay.snapshot.calls, replay.timeline.ahead) == (15, True)
    replay.ask(JumpTo(10), StepForward(), StepForward(), StepForward())
    assert (replay.snapshot.calls, replay.timeline.past) == (13, False)


def test_a_lineage_is_read_ahead_as_it_is_in_calls_that_were_made(replay: Driver) -> None:
    replay.ask(JumpTo(ALL))
    (ahead,) = replay.ask(ReadLineage(3)).replies
    assert replay.timeline.ahead
    replay.ask(JumpTo(0), RepeatTo(ALL))
    (made,) = replay.ask(ReadLineage(3)).replies
    assert ahead == made
    assert isinstance(ahead, Lineage)
    assert ahead.calls
