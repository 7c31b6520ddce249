"""What is told of a child that is in a call, or stopped, and how a call is ended."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.child.client import ProcessClient
from runtime.model.call import CallInProgress, Export
from runtime.model.linked import Role
from runtime.model.snapshot import NodeState
from runtime.protocol.requests import Continue, StepCall, StopCall
from runtime.protocol.updates import Update
from tests.support.narrow import present
from tests.support.process_sessions import is_open, process_link, wait_for
from tests.support.studio_projects import Project, source
from tests.support.wasm.guests import LOOP, component


@pytest.fixture
def link(tmp_path: Path) -> Iterator[ProcessClient]:
    """A sink whose `push` does not return for a minute."""
    nodes = {"source": (Role.SOURCE, source()), "sink": (Role.SINK, component(LOOP, Role.SINK))}
    project = Project(
        tmp_path,
        nodes,
        extra="[runtime]\ncall_timeout_ms = 60000\n",
        node_keys={"sink": "fuel_budget = 0\n"},
    )
    opened = process_link(project.write(), "main")
    wait_for(opened, is_open)
    yield opened
    opened.close()


def wait_for_call(link: ProcessClient, after_ns: int = 0) -> CallInProgress:
    update = wait_for(
        link, lambda update: update.call is not None and update.call.elapsed_ns >= after_ns
    )[-1]
    return present(update.call)


def failed(update: Update) -> bool:
    nodes = () if update.snapshot is None else update.snapshot.nodes
    return any(node.state is NodeState.CRASHED for node in nodes)


def test_a_call_that_takes_long_is_told_of_and_ended_on_request(link: ProcessClient) -> None:
    link.send(Continue())
    updates = wait_for(link, lambda update: update.call is not None)
    call = present(updates[-1].call)
    assert (call.node, call.export, call.sequence) == ("sink", Export.PUSH, 0)
    assert call.limit_ns == 60_000_000_000
    before = present([update.snapshot for update in updates if update.snapshot is not None][-1])
    assert before.calls == call.number - 1
    assert before.queued == 1
    assert NodeState.NEW not in {node.state for node in before.nodes}
    assert present(before.next_call).node == "sink"
    timeline = present([update.timeline for update in updates if update.timeline is not None][-1])
    assert (timeline.position, timeline.calls) == (before.calls, before.calls)
    lines = [line for update in updates for line in update.events]
    assert any(line.text.startswith("pull") for line in lines)
    after_ns = call.elapsed_ns + 500_000_000
    updates += wait_for(link, lambda update: present(update.call).elapsed_ns >= after_ns)
    assert present(updates[-1].call).number == call.number
    link.send(StopCall())
    updates += wait_for(link, failed)
    numbers = [line.number for update in updates for line in update.events]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "each is told once"
    stopped = updates[-1]
    assert stopped.call is None
    assert not stopped.running
    snapshot = present(stopped.snapshot)
    assert snapshot.queued == 1
    failure = present(next(node.failure for node in snapshot.nodes if node.name == "sink"))
    assert "interrupted" in failure.message


def test_calls_asked_for_during_one_that_is_ended_are_not_made(link: ProcessClient) -> None:
    link.send(Continue())
    wait_for_call(link)
    for _ in range(3):
        link.send(StepCall())
    link.send(StopCall())
    calls = present(wait_for(link, failed)[-1].snapshot).calls
    link.send(StopCall())
    link.send(StepCall("source"))
    update = wait_for(
        link, lambda update: update.snapshot is not None and update.snapshot.calls > calls
    )[-1]
    assert update.call is None
    assert present(update.snapshot).calls == calls + 1


def test_a_child_that_was_stopped_by_a_signal_is_named(link: ProcessClient) -> None:
    os.kill(link.pid, signal.SIGSTOP)
    try:
        said = wait_for(link, lambda update: bool(update.health_detail))[-1].health_detail
        assert f"kill -CONT {link.pid}" in said
    finally:
        os.kill(link.pid, signal.SIGCONT)
    link.send(StepCall())
    wait_for(link, lambda update: update.snapshot is not None and update.snapshot.calls > 0)
