"""Forks from checkpoints that hold what components remembered, and what happens where none is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runtime.extension.installed import REFUSED_VARIABLE
from runtime.model.events import StopReason
from runtime.model.linked import Role
from runtime.model.snapshot import NodeState
from runtime.protocol.requests import (
    Continue,
    Fork,
    ReviveNode,
    SkipElement,
    StepBack,
    StepCall,
    StepForward,
    TakeBranch,
)
from runtime.session.recording_file import RecordingSettings
from runtime.timetravel import guest_checkpoints
from runtime.timetravel.seeking import going_on
from tests.support.session_driver import Driver, opened_and_closed
from tests.support.studio_projects import Project
from tests.support.wasm.guests import AGGREGATOR, component, printer
from tests.support.wasm.layers import needs_native
from tests.support.wasm.recorded_guests import counting_source
from tests.support.wasm.remembering_guests import KEEPS_STDOUT, REMEMBERS
from workbench.cli import main

ELEMENTS = 400
APART = 100
"""Calls between checkpoints, in place of thousands."""
COMPARED = 20
RING_BYTES = 400_000
"""Less than the run takes, and room for several checkpoints: the schedule, and with it where they
lie, differs from run to run, since it follows how long calls took."""

Open = Callable[..., Driver]


@pytest.fixture
def open_flow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    monkeypatch.delenv(REFUSED_VARIABLE, raising=False)
    monkeypatch.setattr(guest_checkpoints, "CALLS_APART", APART)
    monkeypatch.setattr(guest_checkpoints, "BYTES_A_CALL", 1 << 20)
    monkeypatch.setattr(going_on, "COMPARED_CALLS", COMPARED)
    monkeypatch.setattr("runtime.timetravel.checkpoints.CALLS_APART", APART)
    with opened_and_closed() as make:
        yield make


def flow(folder: Path, core: str = REMEMBERS, elements: int = ELEMENTS) -> Path:
    nodes = {
        "source": (Role.SOURCE, counting_source(elements)),
        "mid": (Role.AGGREGATOR, component(core, Role.AGGREGATOR)),
        "sink": (Role.SINK, printer(body=KEEPS_STDOUT)),
    }
    return Project(folder, nodes).write()


def said(driver: Driver) -> str:
    """How the last branch began."""
    return [text for text in driver.log if "leaves branch" in text][-1]


def checkpoints(driver: Driver) -> list[int]:
    return [one.calls for one in driver.session._time.branch.checkpoints.guests._kept]


@needs_native
def test_a_fork_is_restored_from_the_nearest_checkpoint_and_goes_on_as_it_did(
    tmp_path: Path, open_flow: Open
) -> None:
    driver = open_flow(flow(tmp_path))
    end, whole = driver.run(), driver.output()
    kept = checkpoints(driver)
    assert len(kept) >= 5
    at = kept[-2] + COMPARED + 7
    driver.go(at)
    driver.ask(Fork())
    assert driver.timeline.branch == 2
    assert driver.timeline.calls == at
    assert said(driver) == (
        f"branch 2 leaves branch 1 here: restored from call {kept[-2]:,}, 1 call executed again "
        f"first; {COMPARED + 7} calls since then compared"
    )
    forked = driver.run()
    # How many calls that takes differs a little: the order of calls follows how long they took.
    assert (forked.pulled, forked.delivered) == (end.pulled, end.delivered)
    assert whole.endswith(driver.output())
    assert driver.output().count("\n") <= whole.count("\n")
    # The branch that was left is taken up from one of its checkpoints, too.
    driver.ask(TakeBranch(1))
    assert driver.timeline.calls == end.calls
    assert any("end of branch 1: restored from call" in text for text in driver.log)


@needs_native
def test_without_the_start_of_the_run_the_flow_goes_on_from_a_checkpoint(
    tmp_path: Path, open_flow: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guest_checkpoints, "SHARE_OF_RING", 2)
    manifest = flow(tmp_path, elements=6 * ELEMENTS)
    driver = open_flow(manifest, recording=RecordingSettings(ring_bytes=RING_BYTES))
    driver.run()
    branch = driver.session._time.branch
    assert not branch.ring.repeatable
    assert branch.checkpoints.guests.bytes_used <= RING_BYTES // 2
    earliest = branch.checkpoints.guests.earliest
    assert earliest is not None
    driver.go(earliest.calls - 1)
    assert f"restored is call {earliest.calls:,}" in driver.timeline.fork_refusal
    driver.ask(Fork())
    assert driver.timeline.branch == 1
    driver.go(earliest.calls + COMPARED + 3)
    assert driver.timeline.fork_refusal == ""
    driver.ask(StepCall(), Fork())
    assert driver.timeline.branch == 2
    assert f"restored from call {earliest.calls:,}" in said(driver)
    driver.ask(Continue())
    assert driver.snapshot.state.ended


@needs_native
def test_what_cannot_be_restored_is_executed_from_the_start_and_that_is_said(
    tmp_path: Path, open_flow: Open
) -> None:
    driver = open_flow(flow(tmp_path, AGGREGATOR))
    driver.run()
    driver.go(driver.timeline.calls // 2)
    driver.ask(Fork())
    assert "executed from the start, because what mid remembers is not kept: it holds" in said(
        driver
    )
    assert driver.timeline.branch == 2


@needs_native
def test_a_restored_instance_that_does_something_else_is_not_gone_on_with(
    tmp_path: Path, open_flow: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = open_flow(flow(tmp_path))
    whole = driver.run()
    output = driver.output()
    kept = driver.session._time.branch.checkpoints.guests._kept
    # The state of another moment stands for a component that the images do not hold all of.
    object.__setattr__(kept[-2], "guests", kept[-3].guests)
    at = kept[-2].calls + COMPARED
    driver.go(at)
    driver.ask(Fork())
    why = f"executed from the start, because what was restored from call {at - COMPARED:,}"
    assert why in said(driver)
    assert "expected" in said(driver)
    assert driver.timeline.branch == 2
    assert driver.run().delivered == whole.delivered
    assert output.endswith(driver.output())


def test_without_the_native_layer_a_fork_says_why_all_calls_are_made_again(
    tmp_path: Path, open_flow: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(REFUSED_VARIABLE, "1")
    driver = open_flow(flow(tmp_path, elements=APART))
    driver.run()
    driver.go(APART)
    driver.ask(Fork())
    assert said(driver) == (
        "branch 2 leaves branch 1 here: executed from the start, because what source remembers is "
        "not kept: the native call layer is not in use"
    )


CRASHES = REMEMBERS.replace(
    "(local.set $n (i32.add (i32.load (i32.const 4096)) (i32.const 1)))",
    "(local.set $n (i32.add (i32.load (i32.const 4096)) (i32.const 1)))"
    "(if (i32.eq (local.get $n) (i32.const 60)) (then unreachable))",
)
"""As `REMEMBERS`, and traps at its 60th element."""


def answers_of(driver: Driver, node: str) -> list[tuple[object, int]]:
    ring = driver.session._time.branch.ring
    return [
        (event.answer.outcome, event.answer.fuel)
        for event in ring.calls()
        if event.call.node == node
    ]


@pytest.mark.parametrize("layer", ["direct", pytest.param("native", marks=needs_native)])
def test_a_component_that_crashed_goes_on_with_what_it_remembered(
    layer: str, tmp_path: Path, open_flow: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    if layer == "direct":
        monkeypatch.setenv(REFUSED_VARIABLE, "1")
    recording = tmp_path / "made.rec"
    driver = open_flow(flow(tmp_path, CRASHES), recording=RecordingSettings(recording))
    driver.run()
    assert driver.snapshot.stop is StopReason.TRAP
    crash = driver.snapshot.calls
    before = answers_of(driver, "mid")
    driver.ask(ReviveNode("mid"))
    (note,) = [text for text in driver.log if text.startswith("revived: ")]
    assert ("from its last checkpoint" in note) == (layer == "native")
    # Its memory is what it was: the element at which it counts to 60 crashes it again.
    driver.ask(StepCall("mid"))
    assert answers_of(driver, "mid")[len(before) :][0] == before[-1]
    driver.ask(ReviveNode("mid"), SkipElement("mid"), Continue())
    assert driver.snapshot.stop is StopReason.TRAP, "the count was lost"
    # Begun again, empty, it goes on without a crash to its 60th element since.
    driver.ask(SkipElement("mid"), StepCall("mid"), Continue())
    end = driver.snapshot
    assert end.stop is StopReason.TRAP
    driver.ask(ReviveNode("mid"))
    at, answers = driver.snapshot.calls, answers_of(driver, "mid")
    driver.session.close()

    # A replay answers the calls after which the node was revived, and makes all others.
    for refused in {"1", "1" if layer == "direct" else ""}:
        monkeypatch.setenv(REFUSED_VARIABLE, refused)
        assert main(["replay", str(recording), "--expect"]) == 0
    assert crash < at
    assert answers


@needs_native
def test_a_past_with_a_revival_is_seen_forked_and_undone(tmp_path: Path, open_flow: Open) -> None:
    driver = open_flow(flow(tmp_path, CRASHES))
    driver.run()
    crash = driver.snapshot.calls

    def state() -> NodeState:
        return next(node for node in driver.snapshot.nodes if node.name == "mid").state

    driver.ask(ReviveNode("mid"))
    revived = state()
    assert revived is not NodeState.CRASHED
    driver.ask(SkipElement("mid"))
    assert state() is not revived
    # The skip is undone, then the revival.
    driver.ask(StepBack())
    assert (driver.snapshot.calls, state()) == (crash, revived)
    driver.ask(StepBack())
    assert (driver.snapshot.calls, state()) == (crash, NodeState.CRASHED)
    driver.ask(StepForward(), Fork())
    driver.ask(ReviveNode("source"))
    assert "cannot be revived" in driver.log[-1]
