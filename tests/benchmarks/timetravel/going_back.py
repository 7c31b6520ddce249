"""How long going back takes in runs of any length, and what it costs the run; real components.

    python -m tests.benchmarks.timetravel.going_back [RING_MIB] [CALLS]...

The fan-out sample, with a source that gives events without an end, runs in a session as the
workbench's does. Then the session is asked to step back, and to jump; a time is from the request
to the update that shows the place. All times are of the processor.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TypeVar
from unittest.mock import patch

from runtime.child.gc_tuning import settle_collector
from runtime.engine.options import EngineOptions
from runtime.execution.execution import Execution
from runtime.execution.execution_checkpoint import ExecutionCheckpoint
from runtime.execution.resources import SessionResources
from runtime.hotreload.builds import KnownBuilds
from runtime.model.commands import Start, Step
from runtime.model.linked import Role
from runtime.opening.open import open_flow
from runtime.protocol.requests import JumpTo, SeekRequest, StepBack
from runtime.timetravel.checkpoints import Checkpoints
from runtime.timetravel.time_travel import TimeTravel
from tests.support.recording_flows import compact_calls
from tests.support.wasm.recorded_guests import counting_source

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "sample_flows" / "fan-out" / "Torvyn.toml"
MIB = 1024 * 1024
NO_END = 2**31 - 1
LENGTHS = (50_000, 500_000, 5_000_000)
STEPS_BACK = 20
Value = TypeVar("Value")


class Clocked:
    """Takes the processor's time that checkpoints take of a run."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.made = 0
        self.longest = 0.0
        capture, add = Execution.checkpoint, Checkpoints.add

        def checkpoint(execution: Execution) -> ExecutionCheckpoint:
            return self._timed(lambda: capture(execution))

        def added(checkpoints: Checkpoints, one: ExecutionCheckpoint) -> None:
            self.made += 1
            self._timed(lambda: add(checkpoints, one))

        patch.object(Execution, "checkpoint", checkpoint).start()
        patch.object(Checkpoints, "add", added).start()

    def _timed(self, do: Callable[[], Value]) -> Value:
        began = time.process_time()
        value = do()
        taken = time.process_time() - began
        self.seconds += taken
        self.longest = max(self.longest, taken)
        return value


def flow_without_end(ring_bytes: int) -> TimeTravel:
    """The sample, started, with a source that never ends."""
    opened = open_flow(SAMPLE)
    host = opened.linking.host
    compiled = dict(opened.linking.compiled)
    nodes = []
    for node in opened.flow.nodes:
        if node.role is Role.SOURCE:
            made = host.compile(counting_source(NO_END))
            compiled[made.digest] = made
            node = replace(node, digest=made.digest, lifecycle=None)
        nodes.append(node)
    flow = replace(opened.flow, nodes=tuple(nodes))
    resources = SessionResources(
        host, EngineOptions(), opened.manifest_text, KnownBuilds(), compiled
    )
    travel = TimeTravel(flow, resources, ring_bytes)
    travel.apply(Start(time.time_ns()))
    return travel


def run_to(travel: TimeTravel, calls: int) -> float:
    """Make calls until so many are made; the processor's seconds."""
    began = time.process_time()
    step, keep, shown = travel.shown.engine.step, travel.keep, travel.shown
    command = Step()
    while shown.calls < calls:
        keep(command, step())
        if shown.calls % 1000 == 0:
            shown.printed.take()
    return time.process_time() - began


def seconds_to(travel: TimeTravel, request: SeekRequest) -> float:
    """Go there, and make what the screen is given of it."""
    began = time.process_time()
    travel.seek(request)
    while travel.seeking is not None:
        travel.work(lambda: True)
    shown = travel.shown
    shown.snapshot()
    lines, _ = shown.log.since(0, 2_000)
    shown.inspector.lines(lines)
    shown.printed.take_all()
    return time.process_time() - began


@dataclass(frozen=True, slots=True)
class Jumps:
    """What going to a place takes, and one call back from there, all in milliseconds."""

    place: int
    jump_ms: float
    back_ms: float
    longest_back_ms: float


@dataclass(frozen=True, slots=True)
class BackFigures:
    """What a run of a length, and going back in it, came to."""

    calls: int
    call_us: float
    """Microseconds a call of the run."""
    checkpoints_us: float
    """Of that, for checkpoints of the host's state."""
    checkpoints: int
    kept: int
    longest_checkpoint_ms: float
    ring_mib: float
    in_full: int
    """Calls that the ring holds in full; older ones are compact."""
    compact: int
    memory_mib: float
    """The most that the process had."""
    back_ms: float
    """One call back from the end, median."""
    longest_back_ms: float
    middle: Jumps
    earliest: Jumps


def measure(calls: int, ring_bytes: int) -> BackFigures:
    """Run, go back and jump."""
    clocked = Clocked()
    travel = flow_without_end(ring_bytes)
    seconds = run_to(travel, calls)
    ring, branch = travel.branch.ring, travel.branch
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    kept = len(branch.checkpoints)
    back = [seconds_to(travel, StepBack()) * 1e3 for _ in range(STEPS_BACK)]
    middle, earliest = (_jumps(travel, calls, place) for place in (calls // 2, branch.earliest))
    found = BackFigures(
        calls,
        seconds / calls * 1e6,
        clocked.seconds / calls * 1e6,
        clocked.made,
        kept,
        clocked.longest * 1e3,
        ring.bytes_used / MIB,
        ring.calls_kept,
        compact_calls(ring),
        memory,
        median(back),
        max(back),
        middle,
        earliest,
    )
    travel.close()
    travel.shown.close()
    return found


def _jumps(travel: TimeTravel, calls: int, place: int) -> Jumps:
    seconds_to(travel, JumpTo(calls))
    taken = seconds_to(travel, JumpTo(place)) * 1e3
    reached = travel.shown.calls
    back = [seconds_to(travel, StepBack()) * 1e3 for _ in range(min(STEPS_BACK, reached))]
    return Jumps(reached, taken, median(back or [0.0]), max(back or [0.0]))


def told(found: BackFigures) -> str:
    """The figures in a few lines."""
    lines = [
        f"{found.calls:,} calls, {found.call_us:.1f} µs a call",
        f"  {found.checkpoints} checkpoints, {found.checkpoints_us:.3f} µs a call "
        f"({found.checkpoints_us / found.call_us:.2%} of the run), "
        f"the longest {found.longest_checkpoint_ms:.1f} ms; {found.kept} kept",
        f"  ring {found.ring_mib:.1f} MiB: {found.in_full:,} calls in full, "
        f"{found.compact:,} compact; most memory of the process {found.memory_mib:.0f} MiB",
        f"  one call back: median {found.back_ms:.0f} ms, longest {found.longest_back_ms:.0f} ms",
    ]
    for name, jump in (("the middle", found.middle), ("the earliest place", found.earliest)):
        lines.append(
            f"  to {name}: {jump.jump_ms:.0f} ms, at call {jump.place:,}; one call back there: "
            f"median {jump.back_ms:.0f} ms, longest {jump.longest_back_ms:.0f} ms"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure every length."""
    ring_bytes = (int(sys.argv[1]) if len(sys.argv) > 1 else 64) * MIB
    settle_collector()
    for calls in [int(text) for text in sys.argv[2:]] or LENGTHS:
        print(told(measure(calls, ring_bytes)), flush=True)


if __name__ == "__main__":
    main()
