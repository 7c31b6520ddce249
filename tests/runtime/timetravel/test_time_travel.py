"""Going back and forth: every place of the past is as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.execution.event_log import Reported
from runtime.model.call import Emitted, Output
from runtime.model.element import Buffer
from runtime.model.events import CallFinished, ElementDropped, StopReason
from runtime.model.linked import QueuePolicy, Role
from runtime.model.snapshot import FlowSnapshot
from runtime.protocol.requests import (
    ChangeQueue,
    Continue,
    Fork,
    HoldNodes,
    JumpTo,
    JumpToElement,
    JumpToMark,
    JumpToStop,
    Pause,
    SkipElement,
    StepBack,
    StepCall,
    StepElement,
    StepForward,
    ToggleMark,
)
from runtime.protocol.timeline import TimelineMark
from runtime.session.recording_file import RecordingSettings
from runtime.timetravel.branches import SEEN_CALLS
from tests.support.narrow import present
from tests.support.session_driver import Driver, opened_and_closed
from tests.support.studio_projects import Project, sink
from tests.support.wasm.guests import ELEMENT, component, printer
from tests.support.wasm.recorded_guests import counting_source, stamper

SAMPLE = Path(__file__).parents[3] / "sample_flows" / "fan-out" / "Torvyn.toml"
TRAPS_ON_THIRD = f"""
  (global $n (mut i32) (i32.const 0))
  (func (export "push") {ELEMENT}
    (call $release (local.get $payload) (local.get $context))
    (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (if (i32.eq (global.get $n) (i32.const 3)) (then unreachable))
    (i32.store8 (i32.const 4) (i32.const 0))
    (call $ok))
  (func (export "complete") (result i32) (call $ok))
"""

Open = Callable[..., Driver]


@pytest.fixture
def open_flow() -> Iterator[Open]:
    """Opens sessions and closes them."""
    with opened_and_closed() as make:
        yield make


@pytest.fixture
def stamped(tmp_path: Path) -> Path:
    """A flow whose processor writes the time and a random number into each element."""
    nodes = {
        "source": (Role.SOURCE, counting_source(12)),
        "mid": (Role.PROCESSOR, stamper()),
        "sink": (Role.SINK, printer()),
    }
    return Project(tmp_path, nodes).write()


@pytest.fixture
def trapping(tmp_path: Path) -> Path:
    """A flow whose sink traps on its third element."""
    nodes = {
        "source": (Role.SOURCE, counting_source(6)),
        "sink": (Role.SINK, component(TRAPS_ON_THIRD, Role.SINK)),
    }
    return Project(tmp_path, nodes).write()


def pictures(driver: Driver) -> dict[int, tuple[FlowSnapshot, str, object]]:
    """Steps to the end, with what is seen before the first call and after each."""
    seen: dict[int, tuple[FlowSnapshot, str, object]] = {}
    while True:
        snapshot = driver.snapshot
        seen[snapshot.calls] = (snapshot, driver.output(), driver.queues())
        if snapshot.next_call is None:
            return seen
        driver.step()


def picture(driver: Driver) -> tuple[FlowSnapshot, str, object]:
    return driver.snapshot, driver.output(), driver.queues()


def test_every_place_of_a_stepped_run_is_as_it_was(open_flow: Open) -> None:
    driver = open_flow(SAMPLE)
    seen = pictures(driver)
    assert len(seen) > 30
    for calls in [*range(len(seen) - 1, -1, -5), *range(0, len(seen), 7), 3, 2, 1, 0]:
        driver.go(calls)
        assert picture(driver) == seen[calls]


def test_back_and_forth_call_by_call(open_flow: Open) -> None:
    driver = open_flow(SAMPLE)
    driver.step(10)
    seen = dict.fromkeys(range(11))
    before = picture(driver)
    for calls in range(9, -1, -1):
        driver.ask(StepBack())
        assert driver.snapshot.calls == calls
        assert driver.timeline.past
        assert driver.timeline.position == calls
        seen[calls] = picture(driver)
    driver.ask(StepBack())
    assert driver.snapshot.calls == 0
    for calls in range(1, 10):
        driver.ask(StepForward())
        assert picture(driver) == seen[calls]
    driver.ask(StepForward())
    assert not driver.timeline.past
    assert picture(driver) == before


def test_clock_and_random_of_the_past_are_those_of_the_past(stamped: Path, open_flow: Open) -> None:
    driver = open_flow(stamped)
    seen = pictures(driver)
    for calls in (20, 7, 30, 12):
        driver.go(calls)
        assert picture(driver) == seen[calls]


def test_the_end_of_the_line_is_the_same_flow_that_was_left(open_flow: Open) -> None:
    driver = open_flow(SAMPLE)
    driver.step(12)
    execution = driver.session.execution
    driver.go(4)
    assert driver.session.execution is not execution
    driver.ask(JumpTo(12))
    assert driver.session.execution is execution
    driver.go(4)
    driver.ask(Continue())
    assert driver.session.execution is execution
    assert not driver.timeline.past
    assert driver.run().state.ended


def test_a_run_at_full_speed_can_be_gone_back_into(open_flow: Open) -> None:
    """Its order of calls was another one than that of steps."""
    driver = open_flow(SAMPLE)
    driver.step(5)
    end = driver.run()
    assert end.state.ended
    whole = driver.output()
    calls = end.calls
    middle = driver.go(calls // 2)
    assert middle.next_call is not None
    assert driver.step().calls == calls // 2 + 1
    assert driver.lines[-1].call is not None
    driver.ask(JumpTo(calls))
    assert driver.snapshot == end
    assert driver.output() == whole


def test_stepping_in_the_past_makes_the_calls_of_the_line(open_flow: Open) -> None:
    driver = open_flow(SAMPLE)
    seen = pictures(driver)
    driver.go(6)
    for calls in range(7, 12):
        announced = driver.snapshot.next_call
        driver.ask(StepCall())
        assert picture(driver) == seen[calls]
        call = next(line for line in reversed(driver.lines) if line.call == calls)
        assert announced is not None
        assert call.node == announced.node
    driver.ask(StepElement())
    assert driver.snapshot.calls > 12
    assert driver.timeline.past


def test_another_node_is_not_stepped_in_the_past(open_flow: Open) -> None:
    driver = open_flow(SAMPLE)
    driver.step(20)
    driver.go(8)
    upcoming = driver.snapshot.next_call
    assert upcoming is not None
    other = next(node.name for node in driver.snapshot.nodes if node.name != upcoming.node)
    driver.ask(StepCall(other))
    assert driver.snapshot.calls == 8
    assert any(f"next call of this branch is {upcoming.node}." in text for text in driver.log)


def test_stops_and_what_was_done_about_them_are_part_of_the_line(
    trapping: Path, open_flow: Open
) -> None:
    driver = open_flow(trapping)
    stopped = driver.run()
    assert stopped.stop is StopReason.TRAP
    at = stopped.calls
    driver.ask(SkipElement("sink"))
    driver.run()
    end = driver.run() if not driver.snapshot.state.ended else driver.snapshot
    driver.go(at)
    assert driver.snapshot.stop is StopReason.TRAP
    assert replace(driver.snapshot, next_call=None) == replace(stopped, next_call=None)
    driver.ask(JumpTo(10**9))
    assert driver.snapshot == end
    driver.ask(JumpToStop())
    assert driver.snapshot.calls <= end.calls
    while driver.snapshot.calls > at:
        driver.ask(JumpToStop())
    assert driver.snapshot.calls == at
    driver.ask(JumpToStop())
    assert driver.snapshot.calls == 0
    driver.ask(JumpToStop(forward=True))
    assert driver.snapshot.calls == at


def test_the_timeline_marks_what_happened(trapping: Path, open_flow: Open) -> None:
    driver = open_flow(trapping)
    at = driver.run().calls
    driver.ask(SkipElement("sink"), Continue())
    timeline = driver.timeline
    assert timeline.calls == driver.snapshot.calls == len(timeline.cells)
    assert timeline.cells[at - 1] & TimelineMark.ERROR
    assert timeline.cells[at - 1] & TimelineMark.STOP
    assert timeline.cells[at - 1] & TimelineMark.CHANGE
    assert not timeline.cells[0]


def test_what_many_calls_of_a_run_led_to_is_marked_at_each_of_them(
    tmp_path: Path, open_flow: Open
) -> None:
    nodes = {"source": (Role.SOURCE, counting_source(40)), "sink": (Role.SINK, printer())}
    driver = open_flow(Project(tmp_path, nodes).write())
    driver.ask(ChangeQueue(0, 4, QueuePolicy.DROP_NEWEST), HoldNodes(("sink",)))
    driver.run()
    driver.ask(HoldNodes(("sink",), on=False), Continue())
    called, dropped = 0, set()
    for _, event in driver.session.live.log.since(0, 1_000)[0]:
        if isinstance(event, CallFinished):
            called = event.call.number
        elif isinstance(event, ElementDropped):
            dropped.add(called)
    assert len(dropped) == 36
    cells = driver.timeline.cells
    assert len(cells) == driver.timeline.calls
    assert {at for at, cell in enumerate(cells, 1) if cell & TimelineMark.DROP} == dropped


def test_marks_are_set_gone_to_and_taken_away(open_flow: Open) -> None:
    driver = open_flow(SAMPLE)
    driver.step(5)
    driver.ask(ToggleMark())
    driver.step(10)
    driver.ask(ToggleMark())
    driver.step(5)
    assert driver.timeline.marks == (5, 15)
    for expected in (15, 5, 15):
        driver.ask(JumpToMark())
        assert driver.snapshot.calls == expected
    driver.ask(ToggleMark())
    assert driver.timeline.marks == (5,)
    driver.ask(JumpToMark(forward=True))
    assert driver.snapshot.calls == 5


def test_an_element_is_followed_to_its_start(open_flow: Open) -> None:
    driver = open_flow(SAMPLE)
    driver.step(20)
    pulled = [
        event
        for event in driver.session.execution.log._events
        if isinstance(event, CallFinished) and event.call.export == "pull" and event.outputs
    ]
    second = pulled[1]
    driver.ask(JumpToElement(second.outputs[0].lineage))
    assert driver.snapshot.calls == second.call.number - 1
    assert driver.snapshot.next_call is not None
    assert driver.snapshot.next_call.export == "pull"


def test_a_way_can_be_given_up(open_flow: Open) -> None:
    driver = open_flow(SAMPLE)
    end = driver.run()
    driver.session.handle(JumpTo(30))
    assert driver.poll().timeline is not None
    assert driver.timeline.seeking is not None
    assert driver.timeline.seeking.target == 30
    driver.ask(Pause())
    assert driver.timeline.seeking is None
    assert not driver.timeline.past
    assert driver.snapshot == end


def test_keys_pressed_on_the_way_add_up(open_flow: Open) -> None:
    driver = open_flow(SAMPLE)
    driver.step(20)
    for _ in range(4):
        driver.session.handle(StepBack())
    driver.ask(StepForward())
    assert driver.snapshot.calls == 17


SMALL = RecordingSettings(ring_bytes=150_000)
"""A ring that loses the start of the sample."""


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """A flow of some thousand calls."""
    nodes = {
        "source": (Role.SOURCE, counting_source(1_500)),
        "mid": (Role.PROCESSOR, stamper()),
        "sink": (Role.SINK, sink()),
    }
    return Project(tmp_path, nodes).write()


def test_what_came_after_the_oldest_checkpoint_is_seen_although_the_start_is_lost(
    long: Path, open_flow: Open
) -> None:
    driver = open_flow(long, recording=SMALL)
    seen = pictures_of_a_run(driver)
    end = driver.snapshot
    branch = driver.session._time.branch
    earliest = driver.timeline.earliest
    assert not branch.ring.repeatable
    assert 0 < earliest < end.calls - 100
    assert branch.ring.bytes_used <= branch.ring.limit
    places = [calls for calls in seen if earliest <= calls < end.calls]
    assert len(places) > 3
    for calls in (*places, places[0]):
        assert (driver.go(calls), driver.queues()) == seen[calls]
        assert driver.timeline.past
    driver.go(earliest)
    driver.ask(JumpTo(end.calls))
    assert driver.snapshot == end


def pictures_of_a_run(driver: Driver) -> dict[int, tuple[FlowSnapshot, object]]:
    """Runs at full speed to the end, with what is seen now and then on the way."""
    seen: dict[int, tuple[FlowSnapshot, object]] = {}
    driver.session.handle(Continue())
    while not driver.snapshot.state.ended:
        driver.session.work(300_000)
        driver.poll()
        seen[driver.snapshot.calls] = driver.snapshot, driver.queues()
    return seen


def test_before_the_oldest_checkpoint_nothing_is_seen_and_nothing_is_forked(
    long: Path, open_flow: Open
) -> None:
    driver = open_flow(long, recording=SMALL)
    driver.run()
    earliest = driver.timeline.earliest
    driver.ask(JumpTo(3))
    assert driver.snapshot.calls == earliest
    assert f"the ring has what came after call {earliest:,}" in driver.timeline.refusal
    assert driver.timeline.refusal in [
        item.text for item in driver.session._time.end.log._events if isinstance(item, Reported)
    ]
    driver.ask(StepBack())
    assert driver.snapshot.calls == earliest
    driver.ask(Fork())
    assert driver.timeline.branch == 1
    assert "--ring" in driver.timeline.fork_refusal
    assert driver.log[-1] == driver.timeline.fork_refusal


def test_what_is_seen_from_a_checkpoint_is_what_is_seen_from_the_start(
    long: Path, open_flow: Open
) -> None:
    driver = open_flow(long)
    end = driver.run()
    branch = driver.session._time.branch
    assert len(branch.checkpoints) > 1
    last = end.calls - 20
    begun = present(branch.view_of(last).start)
    assert 2_000 < begun.calls <= last - SEEN_CALLS
    seen = driver.go(last), driver.queues()
    lines = [line.text for line in driver.lines]
    branch.checkpoints._kept.clear()
    driver.go(0)
    assert (driver.go(last), driver.queues()) == seen
    assert [line.text for line in driver.lines][-200:] == lines[-200:]
    assert len(lines) >= SEEN_CALLS


def test_a_ring_of_no_use_lets_nothing_be_undone(open_flow: Open) -> None:
    driver = open_flow(SAMPLE, recording=RecordingSettings(ring_bytes=1))
    end = driver.run()
    driver.ask(StepBack())
    assert not driver.timeline.past
    assert driver.timeline.earliest == end.calls
    assert "--ring" in driver.timeline.refusal
    assert any("--ring" in text for text in driver.log)


def test_a_node_that_answers_otherwise_is_named(open_flow: Open) -> None:
    driver = open_flow(SAMPLE)
    driver.step(20)
    entries = driver.session._time.branch.ring._open
    at, event = next(
        (index, entry)
        for index, entry in enumerate(entries)
        if isinstance(entry, CallFinished) and entry.call.export == "process"
    )
    payload = Buffer(b"what was", "text/plain")
    outcome = Emitted((Output(payload, "text/plain"),))
    entries[at] = event._replace(answer=event.answer._replace(outcome=outcome))
    driver.ask(StepBack())
    assert driver.timeline.past
    assert driver.snapshot.calls == 19
    driver.ask(Fork())
    assert driver.timeline.branch == 1
    assert driver.timeline.past
    said = driver.log[-1]
    assert said.startswith(f"it is not possible to go there: {event.call.node} has the same build")
    assert "not deterministic" in said
    assert "what was" in said


def test_the_panes_of_the_past_end_where_the_past_ends(open_flow: Open) -> None:
    driver = open_flow(SAMPLE)
    driver.run()
    whole = driver.output()
    driver.go(driver.snapshot.calls // 2)
    part = driver.output()
    assert whole.startswith(part) or part in whole
    assert 0 < len(part) < len(whole)
    calls = [line.call for line in driver.lines if line.call]
    assert max(calls) == driver.snapshot.calls


def test_sinks_that_print_nothing_of_their_own(tmp_path: Path, open_flow: Open) -> None:
    nodes = {"source": (Role.SOURCE, counting_source(3)), "sink": (Role.SINK, sink())}
    driver = open_flow(Project(tmp_path, nodes).write())
    seen = pictures(driver)
    driver.go(2)
    assert picture(driver) == seen[2]
