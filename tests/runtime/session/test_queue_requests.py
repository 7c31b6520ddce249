"""Queue surgery and holds as a session does them: what is paused, what is said, what is undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.model.linked import QueuePolicy, Role
from runtime.model.snapshot import NodeState
from runtime.protocol.replies import QueueListing
from runtime.protocol.requests import (
    ChangeQueue,
    Continue,
    DropElement,
    EditElement,
    EmptyQueue,
    Fork,
    HoldNodes,
    InjectElement,
    JumpTo,
    ListQueue,
    MoveElement,
    RunElement,
    SessionRequest,
    StepBack,
    StepCall,
    StepElement,
    StepForward,
)
from runtime.protocol.timeline import TimelineMark
from tests.support.narrow import present
from tests.support.session_driver import Driver, opened
from tests.support.studio_projects import Project
from tests.support.wasm.guests import ECHO, component, printer
from tests.support.wasm.recorded_guests import counting_source


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[Driver]:
    nodes = {
        "source": (Role.SOURCE, counting_source(9)),
        "middle": (Role.PROCESSOR, component(ECHO, Role.PROCESSOR)),
        "sink": (Role.SINK, printer()),
    }
    made = opened(Project(tmp_path, nodes).write())
    yield made
    made.session.close()


def ids(driver: Driver) -> list[int]:
    return [element for element, _ in driver.queues()[0]]


def test_a_run_goes_on_around_a_held_node_and_says_when_all_waits_for_it(driver: Driver) -> None:
    driver.ask(HoldNodes(("middle",)))
    snapshot = driver.run()
    assert ids(driver) == list(range(1, 10))
    assert snapshot.stop_detail == "middle is on hold, 9 wait for it"
    assert snapshot.nodes[1].state is NodeState.HELD
    assert not driver.session.running
    driver.ask(StepCall("middle"))
    assert ids(driver) == list(range(2, 10))
    driver.ask(RunElement(0, 5))
    assert ids(driver) == [2, 3, 4, 6, 7, 8, 9]
    assert any("moved from place 4 to 1" in text and "order broken" in text for text in driver.log)
    driver.run()
    assert "on hold" in driver.snapshot.stop_detail
    driver.ask(HoldNodes(("middle", "sink"), on=False))
    assert driver.snapshot.stop_detail == ""
    assert driver.run().delivered == 9


def test_what_was_changed_by_hand_is_undone_one_by_one(driver: Driver) -> None:
    driver.ask(HoldNodes(("middle",)))
    driver.step(8)
    before, calls = ids(driver), driver.snapshot.calls
    driver.ask(DropElement(0, before[0]), MoveElement(0, before[-1], 0))
    driver.ask(ChangeQueue(0, 3, QueuePolicy.DROP_OLDEST))
    assert driver.snapshot.edges[0].policy is QueuePolicy.DROP_OLDEST
    assert not any(cell & TimelineMark.RELOAD for cell in driver.timeline.cells)
    assert ids(driver) == [before[-1], *before[1:-1]]

    def stands(request: SessionRequest) -> tuple[list[int], QueuePolicy, int]:
        driver.ask(request)
        return ids(driver), driver.snapshot.edges[0].policy, driver.snapshot.calls

    dropped, moved = before[1:], [before[-1], *before[1:-1]]
    plain = QueuePolicy.BLOCK_PRODUCER
    assert stands(StepBack()) == (moved, plain, calls)
    assert stands(StepBack()) == (dropped, plain, calls)
    assert stands(StepForward()) == (moved, plain, calls)
    assert stands(StepBack()) == (dropped, plain, calls)
    assert stands(StepBack()) == (before, plain, calls)
    assert stands(StepBack()) == (before[:-1], plain, calls - 1)
    assert stands(StepForward()) == (before, plain, calls)
    assert stands(StepForward()) == (dropped, plain, calls)
    driver.ask(StepForward(), StepForward())
    assert driver.snapshot.edges[0].policy is QueuePolicy.DROP_OLDEST
    driver.ask(StepCall("source"))
    assert stands(StepBack())[1:] == (QueuePolicy.DROP_OLDEST, calls)  # the call alone is undone
    driver.ask(JumpTo(calls))
    assert ids(driver) == before
    driver.ask(EmptyQueue(0))
    assert len(driver.timeline.branches) == 2
    assert ids(driver) == []
    # A listing says what was edited, and for how much flow time each waits.
    driver.ask(StepCall("source"), StepCall("source"), InjectElement(0, b"by hand"))
    driver.ask(EditElement(ids(driver)[0], b"edited"))
    (listing,) = driver.ask(ListQueue(0)).replies
    assert isinstance(listing, QueueListing)
    now_ns = driver.snapshot.at_ns
    assert [one.edited for one in listing.elements] == [True, False, False]
    first, second, injected = (present(one.waited_ns) for one in listing.elements)
    assert now_ns > first > second >= injected == 0


def test_the_flow_goes_on_from_between_two_changes(driver: Driver) -> None:
    driver.ask(HoldNodes(("middle",)))
    driver.step(8)
    before = ids(driver)
    driver.ask(DropElement(0, before[0]), DropElement(0, before[1]), StepBack(), Fork())
    assert (ids(driver), len(driver.timeline.branches)) == (before[1:], 2)
    driver.ask(StepBack())
    assert ids(driver) == before  # the change is one of the new branch, too
    driver.ask(StepForward(), HoldNodes(("middle",), on=False))
    assert driver.run().delivered == 8


def test_surgery_pauses_a_run_and_says_so_settings_and_holds_do_not(driver: Driver) -> None:
    driver.ask(*[StepCall("source")] * 4)
    driver.session.handle(Continue(calls_per_second=0.001))
    driver.session.work(1_000_000)
    driver.session.handle(ChangeQueue(0, 5, QueuePolicy.BLOCK_PRODUCER))
    driver.session.handle(HoldNodes(("middle",)))
    assert driver.session.running
    driver.session.handle(ChangeQueue(0, 0, QueuePolicy.BLOCK_PRODUCER))
    driver.session.handle(EmptyQueue(0))
    driver.poll()
    assert not driver.session.running
    assert "the run was paused for this change" in driver.log
    assert any(text.startswith("the queue stays as it is: capacity") for text in driver.log)
    assert driver.snapshot.edges[0].capacity == 5


def test_an_element_step_after_an_error_makes_the_failed_call_again(driver: Driver) -> None:
    driver.ask(*[StepCall()] * 3, StepCall("source"), StepCall("middle"))
    driver.ask(InjectElement(0, b"I fail"), StepCall("middle"))
    before = driver.snapshot
    assert before.nodes[1].state is NodeState.FAILED
    assert present(before.next_call).node == "sink"
    driver.ask(StepElement())
    after = driver.snapshot
    assert after.nodes[1].errors == before.nodes[1].errors + 1
    assert after.nodes[2].calls == before.nodes[2].calls
