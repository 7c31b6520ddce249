"""Checkpoints in a small ring: they reach as far back as the ring does, within their share."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from runtime.engine.core import Engine
from runtime.execution.execution_checkpoint import ExecutionCheckpoint
from runtime.model.commands import Command, Start, Step
from runtime.recording.recorder import Recorder
from runtime.recording.ring.ring import Ring
from runtime.timetravel.checkpoints import SHARE_OF_CHECKPOINTS, Checkpoints
from tests.support.engine.fakes import WALL_NS
from tests.support.recording_flows import Components, compact_calls, engine_of, linked_flow


def engine_with(elements: int, size: int, capacity: int) -> Engine:
    """An engine whose source gives payloads that cannot be compressed."""
    data = random.Random(1)
    payloads = [data.randbytes(size) for _ in range(elements)]
    return engine_of(linked_flow(capacity=capacity), Components(payloads))


def reach(engine: Engine, commands: Iterator[Command], limit: int) -> tuple[Ring, int, int, int]:
    """Do the commands; the ring, the calls that can be seen again, and memory of checkpoints.

    The memory is that at the end, and the most there was, in bytes.
    """
    ring = Ring(limit)
    recorder, checkpoints = Recorder(ring), Checkpoints(ring)
    recorder.record(Start(WALL_NS), engine.apply(Start(WALL_NS)))
    calls = most = 0
    for command in commands:
        events = engine.apply(command)
        if not events:
            continue
        recorder.record(command, events)
        calls = engine.snapshot().calls
        if calls >= checkpoints.look_at and checkpoints.due(calls):
            checkpoints.add(ExecutionCheckpoint(engine.checkpoint(), engine.flow, (), {}, {}))
            most = max(most, ring._reserved_bytes)
    first = checkpoints.earliest
    assert first is not None
    return ring, calls - first.calls, ring._reserved_bytes, most


@pytest.mark.parametrize("limit", [450_000, 600_000])
def test_what_is_kept_of_the_calls_can_be_seen_again(limit: int) -> None:
    engine = engine_with(250, 1000, 4)
    ring, seen, _, _ = reach(engine, (Step() for _ in range(1_500)), limit)
    kept = ring.calls_kept + compact_calls(ring)
    assert not ring.repeatable
    assert kept * 3 // 4 < seen <= kept
    assert ring.bytes_used <= limit


def test_checkpoints_with_much_in_the_queues_leave_the_ring_to_the_calls() -> None:
    limit, nodes = 400_000, ("source", "upper", "split", "all-sink", "even", "even-sink")
    waiting = [*[Step()] * len(nodes), *[Step("source")] * 40]
    commands = iter([*waiting, *(Step(node) for _ in range(100) for node in nodes)])
    ring, seen, _, most = reach(engine_with(200, 4_000, 40), commands, limit)
    assert not ring.repeatable
    assert most < limit // (SHARE_OF_CHECKPOINTS // 2)
    assert seen > 3 * ring.calls_kept // 4
