"""While a flow runs, an update carries what somebody looks at; the rest comes when it is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.model.linked import Role
from runtime.protocol.requests import Continue, Pause
from runtime.protocol.updates import ALL_SHOWN, ShownParts
from runtime.session.session import FlowSession
from runtime.session.update_builder import LINES_AGAIN, LINES_RUNNING
from tests.support.session_driver import opened
from tests.support.studio_projects import Project
from tests.support.wasm.recorded_guests import counting_source

ROOT = Path(__file__).parents[3]
SINK = (ROOT / "sample_flows/fan-out/.torvyn/build/metric-sink.wasm").read_bytes()
"""Prints a line for each element."""
NOTHING = ShownParts(events=False, printed=False, times=False)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[FlowSession]:
    nodes = {"source": (Role.SOURCE, counting_source(1_000_000)), "sink": (Role.SINK, SINK)}
    made = opened(Project(tmp_path, nodes).write()).session
    made.handle(Continue())
    yield made
    made.close()


def run(session: FlowSession, calls: int) -> None:
    """Go on for at least so many calls."""
    until = session.execution.calls + calls
    while session.execution.calls < until:
        session.work(1_000_000)


def test_what_nobody_looks_at_is_not_told(session: FlowSession) -> None:
    session.update()
    run(session, 50)
    update = session.update(NOTHING)
    assert (update.events, update.events_lost, update.printed, update.times) == ((), 0, (), None)
    assert update.snapshot is not None
    assert update.snapshot.calls == session.execution.calls


def test_what_was_held_back_comes_when_it_is_looked_at(session: FlowSession) -> None:
    first = session.update()
    begun = first.events[-1].number
    for _ in range(3):
        run(session, LINES_RUNNING)
        session.update(NOTHING)
    update = session.update()
    numbers = [line.number for line in update.events]
    assert numbers == list(range(begun + 1, begun + 1 + len(numbers))), "nothing is missing"
    assert 3 * LINES_RUNNING <= len(numbers) <= LINES_AGAIN
    assert not update.events_lost
    pushed = [line.call for line in update.events if line.text.startswith("push")]
    assert [chunk.call for chunk in update.printed] == pushed
    assert update.times is not None


def test_a_flow_that_stands_tells_everything(session: FlowSession) -> None:
    session.update()
    run(session, 50)
    session.update(NOTHING)
    session.handle(Pause())
    update = session.update(NOTHING)
    assert not update.running
    assert len(update.events) >= 50
    assert update.printed
    assert update.times is not None


def test_while_the_flow_runs_fewer_lines_are_told_and_the_others_are_counted(
    session: FlowSession,
) -> None:
    begun = session.update().events[-1].number
    run(session, 5 * LINES_RUNNING)
    update = session.update(ALL_SHOWN)
    assert len(update.events) == LINES_RUNNING
    assert update.events_lost == update.events[0].number - begun - 1
