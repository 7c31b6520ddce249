"""Every request has a handler, and an update carries only what is new."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from runtime.model.linked import Role
from runtime.protocol.requests import (
    JumpTo,
    OwnerRequest,
    Request,
    SessionRequest,
    StepBack,
    StepCall,
    ToggleMark,
)
from runtime.protocol.time_window import ShowWindow, TimeWindow
from tests.support.narrow import present
from tests.support.session_driver import Driver, opened
from tests.support.studio_projects import Project, sink
from tests.support.wasm.recorded_guests import counting_source


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[Driver]:
    nodes = {"source": (Role.SOURCE, counting_source(12)), "sink": (Role.SINK, sink())}
    made = opened(Project(tmp_path, nodes).write())
    yield made
    made.session.close()


def test_every_request_is_done_by_the_session_or_by_its_owner() -> None:
    assert set(get_args(Request)) == {*get_args(SessionRequest), *get_args(OwnerRequest)}
    assert not {*get_args(SessionRequest)} & {*get_args(OwnerRequest)}


def test_the_table_has_a_handler_for_each_request_of_the_session(driver: Driver) -> None:
    assert driver.session.requests.kinds == {*get_args(SessionRequest)}


def test_an_update_carries_nothing_when_nothing_happened(driver: Driver) -> None:
    driver.ask(StepCall(), StepCall())
    update = driver.session.update()
    assert (update.flow, update.snapshot, update.problems, update.builds) == (None,) * 4
    assert (update.timeline, update.recording) == (None, None)
    assert not update.events
    assert not update.rewound


def test_an_update_carries_what_changed_and_nothing_else(driver: Driver) -> None:
    driver.ask(StepCall(), StepCall())
    driver.session.handle(ToggleMark())
    update = driver.session.update()
    assert update.timeline is not None
    assert update.timeline.marks == (2,)
    assert (update.flow, update.snapshot, update.builds) == (None,) * 3


def test_the_screen_begins_again_only_where_another_place_is_shown(driver: Driver) -> None:
    driver.ask(*[StepCall()] * 4)
    driver.session.handle(StepBack())
    while driver.session.work(1_000_000) is not None:
        pass
    update = driver.session.update()
    assert update.rewound
    assert update.snapshot is not None
    assert update.snapshot.calls == 3
    driver.ask(JumpTo(5))
    driver.ask(StepBack())
    assert driver.session.update().rewound is False
    driver.ask(JumpTo(4))
    # A mark that is set where the flow stands has figures from there on.
    driver.ask(ToggleMark(), ShowWindow(TimeWindow.MARK))
    window = present(driver.ask(StepCall(), StepCall()).window)
    assert present(window.began).calls == 4
    assert sum(own.count for _, own in window.times.nodes) == 2
