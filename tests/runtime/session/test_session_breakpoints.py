"""A session stops at breakpoints: running, stepping, in a replay, and in its past."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from runtime.model.events import StopReason
from runtime.model.linked import Role
from runtime.opening.open import SessionOptions
from runtime.opening.recorded.open_replay import ReplayOpener
from runtime.protocol.break_places import parse_place
from runtime.protocol.breakpoints import (
    BreakHit,
    Breakpoint,
    BreakpointList,
    BreakpointTrial,
    RemoveBreakpoint,
    SetBreakpoint,
    SetWatch,
    Then,
    TryBreakpoint,
    Watch,
)
from runtime.protocol.requests import Continue, JumpTo, JumpToStop, StepElement
from runtime.protocol.timeline import TimelineMark
from runtime.session.recording_file import RecordingSettings
from tests.support.session_driver import Driver, opened_and_closed
from tests.support.studio_projects import Project
from tests.support.wasm.guests import printer
from tests.support.wasm.recorded_guests import counting_source

Open = Callable[..., Driver]


@pytest.fixture
def open_flow(tmp_path: Path) -> Iterator[Open]:
    """Opens sessions of a flow that takes metrics and logs in turn to a sink, and closes them."""
    nodes = {"source": (Role.SOURCE, counting_source(8)), "sink": (Role.SINK, printer())}
    manifest = Project(tmp_path, nodes).write()
    with opened_and_closed() as make:
        yield partial(make, manifest)


def put(driver: Driver, where: str, condition: str = "", then: Then = Then.STOP) -> BreakpointList:
    """Set a breakpoint; what the screen hears of all."""
    place = parse_place(where, driver.session.flow)
    update = driver.ask(SetBreakpoint(Breakpoint(0, place, condition, then)))
    return update.breakpoints or driver.session._breakpoints.listing()


def stopped_at(driver: Driver) -> BreakHit:
    """Where the flow stands."""
    hit = driver.session.update().breakpoints
    listed = hit or driver.session._breakpoints.listing()
    assert listed.hit is not None
    return listed.hit


def test_one_that_is_there_already_is_said_and_switched_on(open_flow: Open) -> None:
    driver = open_flow()
    put(driver, "sink", "size > 1")
    put(driver, "sink", "size > 1")
    assert driver.log[-1] == "breakpoint 1 is there already: sink input, size > 1"
    (row,) = driver.session._breakpoints.listing().breakpoints
    driver.ask(SetBreakpoint(replace(row.breakpoint, on=False)))
    assert not driver.session._breakpoints.switched_on
    put(driver, "sink", "size > 1")
    assert driver.log[-1].endswith("sink input, size > 1; it is switched on")
    assert driver.session._breakpoints.switched_on == (row.breakpoint,)
    rows = put(driver, "sink", "size > 1", Then.LOG).breakpoints
    assert [one.breakpoint.then for one in rows] == [Then.STOP, Then.LOG]
    driver.ask(SetBreakpoint(replace(rows[1].breakpoint, then=Then.STOP)))
    assert driver.log[-1].startswith("breakpoint 1 is there already")
    assert driver.session._breakpoints.listing().breakpoints == rows


def test_a_run_stops_before_the_call_and_goes_on_from_there(open_flow: Open) -> None:
    driver = open_flow()
    put(driver, "sink", 'json.type == "log"')
    snapshot = driver.run()
    assert snapshot.stop is StopReason.BREAKPOINT
    assert snapshot.stop_detail == 'breakpoint 1: sink input, json.type == "log"'
    assert snapshot.next_call is not None
    assert (snapshot.next_call.node, snapshot.next_call.sequence) == ("sink", 1)
    hit = stopped_at(driver)
    assert (hit.hit, hit.call, hit.before) == (1, snapshot.calls + 1, True)
    assert hit.values == (("json.type", '"log"'),)
    driver.step()
    assert driver.snapshot.stop is not StopReason.BREAKPOINT
    first = snapshot.calls
    stops = 1
    while driver.run().stop is StopReason.BREAKPOINT:
        stops += 1
    assert stops == 4
    rows = driver.session._breakpoints.listing().breakpoints
    assert [row.hits for row in rows] == [4]
    assert any(cell & TimelineMark.BREAK for cell in driver.timeline.cells)
    for _ in range(4):
        driver.ask(JumpToStop())
    assert driver.snapshot.calls == first
    driver.ask(JumpTo(10_000))
    assert sum(text.startswith("stopped: breakpoint 1") for text in driver.log) == 4


def test_a_run_stops_after_a_call_whose_answer_is_asked_for(open_flow: Open) -> None:
    driver = open_flow()
    put(driver, "source output", "json.value > 72 && seq > 1")
    snapshot = driver.run()
    assert snapshot.stop is StopReason.BREAKPOINT
    assert snapshot.pulled == 3
    assert not stopped_at(driver).before
    driver.ask(RemoveBreakpoint(1))
    assert driver.run().state.ended


def test_a_step_makes_its_call_and_an_elements_steps_stop(open_flow: Open) -> None:
    driver = open_flow()
    put(driver, "sink")
    driver.step(4)
    assert driver.snapshot.delivered == 1
    assert driver.session._breakpoints.listing().breakpoints[0].hits == 1
    driver.ask(StepElement())
    assert driver.snapshot.stop is StopReason.BREAKPOINT
    assert driver.snapshot.delivered == 1


def test_once_mark_and_log_do_what_they_say(open_flow: Open) -> None:
    driver = open_flow()
    put(driver, "sink", "seq < 2", Then.LOG)
    put(driver, "sink", "seq == 2", Then.MARK)
    put(driver, "source", "seq == 5", Then.ONCE)
    assert driver.run().stop is StopReason.BREAKPOINT
    assert not driver.session._breakpoints.listing().breakpoints[2].breakpoint.on
    assert driver.run().state.ended
    assert "breakpoint 1: sink input, seq < 2, hit 2: seq 1" in driver.log


def test_breakpoints_come_back_with_the_project(open_flow: Open) -> None:
    driver = open_flow()
    put(driver, "sink", "seq == 3")
    driver.ask(SetWatch(Watch(0, 'node("sink").calls', stops=True)))
    driver.session.close()
    driver = open_flow()
    listing = driver.session._breakpoints.listing()
    assert [row.breakpoint.words for row in listing.breakpoints] == ["sink input, seq == 3"]
    assert listing.kept == ""
    assert driver.run().stop_detail == 'watch 1: node("sink").calls 0 → 1'


def test_a_breakpoint_that_is_none_is_refused_with_the_reason(open_flow: Open) -> None:
    driver = open_flow()
    place = parse_place("sink", driver.session.flow)
    driver.ask(SetBreakpoint(Breakpoint(0, place, "ms > 1.0")))
    assert "ms is known when the call has been made" in driver.log[-1]
    driver.ask(SetWatch(Watch(0, "1 +")))
    assert driver.log[-1] == "nothing is watched: a value is missing here"


def test_a_trial_is_answered(open_flow: Open) -> None:
    driver = open_flow()
    driver.run()
    place = parse_place("sink", driver.session.flow)
    asked = Breakpoint(0, place, "json.value > 1", Then.LOG)
    (trial,) = driver.ask(TryBreakpoint(asked)).replies
    assert isinstance(trial, BreakpointTrial)
    assert trial.breakpoint == asked  # by which whoever asked knows it again
    assert (trial.hits, len(trial.latest)) == (4, 3)
    assert trial.problem == ""


def test_a_trial_counts_the_call_before_which_the_flow_stands(open_flow: Open) -> None:
    driver = open_flow()
    put(driver, "sink", "json.value > 1")
    driver.run()
    asked = Breakpoint(0, parse_place("sink", driver.session.flow), "json.value > 1")
    (trial,) = driver.ask(TryBreakpoint(asked)).replies
    assert isinstance(trial, BreakpointTrial)
    assert trial.coming
    assert (trial.hits, trial.latest[-1].call) == (1, driver.snapshot.calls + 1)


def test_a_replay_and_the_past_stop_at_breakpoints_too(open_flow: Open, tmp_path: Path) -> None:
    recording = tmp_path / "a.rec"
    driver = open_flow(recording=RecordingSettings(path=recording))
    driver.run()
    end = driver.snapshot.calls
    driver.go(3)
    put(driver, "sink", "seq == 4")
    snapshot = driver.run()
    assert snapshot.stop is StopReason.BREAKPOINT
    assert snapshot.next_call is not None
    assert snapshot.next_call.sequence == 4
    assert driver.timeline.past
    driver.ask(Continue())
    assert driver.snapshot.calls == end
    driver.session.close()
    manifest = Path(driver.session.flow.manifest)
    replay = Driver(ReplayOpener(recording, manifest, "main", SessionOptions(watch=False)))
    snapshot = replay.run()
    assert snapshot.stop is StopReason.BREAKPOINT
    assert replay.timeline.replay is not None
    assert replay.timeline.replay.exact
    assert snapshot.next_call is not None
    assert snapshot.next_call.sequence == 4
    assert replay.run().calls == end
    replay.session.close()
