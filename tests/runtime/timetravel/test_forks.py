"""Leaving the past for a line of its own: edited elements, other builds, both lines compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.model.linked import Role
from runtime.protocol.branch_comparison import CallsBeyond, CompareBranches
from runtime.protocol.requests import (
    Continue,
    EditElement,
    Fork,
    InjectElement,
    JumpTo,
    Rollback,
    StepBack,
    TakeBranch,
)
from runtime.protocol.timeline import TimelineMark
from tests.support.narrow import present
from tests.support.session_driver import Driver, opened, rename_into_place
from tests.support.studio_projects import Project
from tests.support.wasm.guests import ECHO, component, printer
from tests.support.wasm.recorded_guests import counting_source

ELEMENTS = 6


def echo(build: int) -> bytes:
    """Builds that do the same and differ in their bytes."""
    return component(ECHO + f'(data (i32.const 2000) "build {build}")', Role.PROCESSOR)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    nodes = {
        "source": (Role.SOURCE, counting_source(ELEMENTS)),
        "mid": (Role.PROCESSOR, echo(0)),
        "sink": (Role.SINK, printer()),
    }
    return Project(tmp_path, nodes).write()


@pytest.fixture
def driver(manifest: Path) -> Iterator[Driver]:
    made = opened(manifest)
    yield made
    made.session.close()


def waiting_element(driver: Driver) -> int:
    """Steps until an element waits before the sink; its id."""
    edge = driver.session.execution.engine.flow.edges[1].index
    while not driver.session.execution.engine.queue(edge):
        driver.step()
    return driver.session.execution.engine.queue(edge)[0].id


def test_a_fork_goes_on_from_the_past_and_its_sources_do_too(driver: Driver) -> None:
    end = driver.run()
    whole = driver.output()
    driver.go(end.calls // 2)
    driver.ask(Fork())
    assert not driver.timeline.past
    assert driver.timeline.branch == 2
    assert driver.timeline.calls == end.calls // 2
    assert [
        (branch.number, branch.parent, branch.forked_at) for branch in driver.timeline.branches
    ] == [
        (1, None, 0),
        (2, 1, end.calls // 2),
    ]
    assert driver.timeline.cells[-1] & TimelineMark.FORK
    other = driver.run()
    assert other.state.ended
    assert (other.pulled, other.delivered) == (ELEMENTS, ELEMENTS)
    assert sorted(driver.output().splitlines()) == sorted(whole.splitlines())


def test_the_present_is_not_forked(driver: Driver) -> None:
    driver.step(4)
    driver.ask(Fork())
    assert driver.timeline.branch == 1
    assert "step back first" in driver.log[-1]


def test_an_element_edited_in_the_past_goes_on_in_a_line_of_its_own(driver: Driver) -> None:
    element = waiting_element(driver)
    at = driver.snapshot.calls
    driver.run()
    before = driver.output()
    driver.go(at)
    driver.ask(EditElement(element, b"edited"))
    assert driver.timeline.branch == 2
    assert not driver.timeline.past
    driver.run()
    assert "edited" in driver.output()
    assert "edited" not in before
    driver.ask(CompareBranches())
    compared = driver.wait_for_comparison()
    assert (compared.before, compared.after) == ("branch 1", "branch 2")
    assert compared.forked_at == at
    assert compared.total == 1
    assert sum(node.differ for node in compared.nodes) == 1
    assert "edited" in "\n".join(compared.differences[0].lines)
    call = present(compared.differences[0].call_before)
    driver.ask(TakeBranch(1, call))
    assert (driver.timeline.branch, driver.timeline.position) == (1, call)
    driver.ask(JumpTo(driver.timeline.calls + 1))
    assert driver.output() == before


def test_a_branch_that_merely_ends_earlier_differs_in_no_call(driver: Driver) -> None:
    driver.run()
    calls = driver.snapshot.calls
    driver.go(6)
    driver.ask(Fork())
    driver.step(1)
    driver.ask(CompareBranches())
    compared = driver.wait_for_comparison()
    assert (compared.total, compared.compared) == (0, 7)
    assert compared.beyond == (CallsBeyond(False, 8, calls - 7),)


def test_injected_and_edited_elements_are_part_of_their_line(driver: Driver) -> None:
    element = waiting_element(driver)
    driver.ask(EditElement(element, b"other"), InjectElement(1, b"guest", "text/plain"))
    driver.run()
    end, output = driver.snapshot, driver.output()
    assert "other" in output
    assert "guest" in output
    assert end.delivered == ELEMENTS + 1
    driver.go(2)
    driver.ask(JumpTo(end.calls))
    driver.ask(StepBack())
    assert driver.snapshot.calls == end.calls - 1
    assert driver.output() == output


def test_a_line_that_was_left_is_taken_up_again(driver: Driver) -> None:
    driver.step(8)
    driver.go(5)
    driver.ask(Fork())
    driver.step(2)
    driver.ask(TakeBranch(1))
    assert driver.timeline.branch == 1
    assert driver.snapshot.calls == 8
    assert not driver.timeline.past
    end = driver.run()
    assert end.state.ended
    assert end.pulled == ELEMENTS
    driver.ask(TakeBranch(2))
    assert driver.snapshot.calls == 7
    assert driver.run().pulled == ELEMENTS


def test_a_line_is_taken_with_what_was_changed_after_its_last_call(driver: Driver) -> None:
    driver.step(8)
    driver.go(5)
    driver.ask(Fork())
    driver.step(2)
    driver.ask(InjectElement(1, b"guest", "text/plain"))
    waiting = driver.queues()
    driver.ask(TakeBranch(1), TakeBranch(2))
    assert driver.snapshot.calls == 7
    assert driver.queues() == waiting
    end = driver.run()
    assert (end.injected, end.delivered) == (1, ELEMENTS + 1)
    driver.go(3)
    driver.ask(Fork())
    assert driver.timeline.branch == 3


def test_old_lines_go_but_never_the_one_that_was_left(driver: Driver) -> None:
    driver.step(10)
    for _ in range(6):
        driver.go(4)
        driver.ask(Fork())
        driver.step(3)
    numbers = [branch.number for branch in driver.timeline.branches]
    assert len(numbers) == 4
    assert numbers[-2:] == [6, 7]
    assert driver.timeline.branches[-1].parent == 6


def test_a_rebuild_waits_while_the_past_is_shown_and_is_taken_by_a_fork(manifest: Path) -> None:
    driver = opened(manifest, watch=True)
    try:
        driver.run()
        end = driver.snapshot.calls
        driver.go(6)
        digest = rename_into_place(manifest.parent / ".torvyn" / "build" / "mid.wasm", echo(1))
        driver.wait_for_reload()
        assert driver.timeline.waiting == ("mid",)
        assert driver.session.flow.by_name["mid"].digest != digest
        driver.ask(Fork())
        assert driver.timeline.waiting == ()
        assert driver.session.flow.by_name["mid"].digest == digest
        assert driver.session.execution.invoker.digest("mid") == digest
        assert driver.run().pulled == ELEMENTS
        driver.ask(TakeBranch(1))
        assert driver.snapshot.calls == end
    finally:
        driver.session.close()


def test_before_a_swap_the_old_build_runs_and_the_new_one_can_be_chosen(manifest: Path) -> None:
    driver = opened(manifest, watch=True)
    try:
        driver.step(6)
        old = driver.session.execution.invoker.digest("mid")
        artifact = manifest.parent / ".torvyn" / "build" / "mid.wasm"
        new = rename_into_place(artifact, echo(1))
        driver.wait_for_reload()
        assert driver.session.execution.invoker.digest("mid") == new
        assert driver.step(4).calls == 10
        assert driver.timeline.cells[5] & TimelineMark.RELOAD
        driver.go(4)
        assert driver.session.flow.by_name["mid"].digest == old
        driver.go(8)
        assert driver.session.flow.by_name["mid"].digest == new
        driver.go(4)
        driver.ask(Fork())
        assert driver.session.execution.invoker.digest("mid") == old
        driver.ask(Rollback("mid", new))
        assert driver.session.execution.invoker.digest("mid") == new
        driver.ask(Continue())
        assert driver.snapshot.pulled == ELEMENTS
    finally:
        driver.session.close()
