"""How long it takes to go on from a place in the past, and what the checkpoints for it cost.

    python -m tests.benchmarks.timetravel.guest_forks [CALLS]...

Two samples run without an end, in a session as the workbench's is, on the native call layer: the
fan-out, and the orders, whose totals are a stateful aggregator. After CALLS calls and some more the
session goes back to there and forks. A fork's time is from the request to the flow's standing
there; 1,000 calls that follow are compared with the past: outcome, fuel, printed bytes. Where the
ring still has the start, the same fork is made by every call. All times are of the processor.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from runtime.child.gc_tuning import settle_collector
from runtime.engine.options import EngineOptions
from runtime.execution.execution import Execution
from runtime.execution.resources import SessionResources
from runtime.extension.installed import find_extension
from runtime.hotreload.builds import KnownBuilds
from runtime.model.commands import Start, Step
from runtime.model.events import CallFinished
from runtime.model.linked import Role
from runtime.opening.open import open_flow
from runtime.protocol.requests import JumpTo
from runtime.timetravel import time_travel
from runtime.timetravel.guest_checkpoints import GuestCheckpoints
from runtime.timetravel.seeking.going_on import way_from_start, way_to
from runtime.timetravel.time_travel import TimeTravel
from runtime.wasm.guest_memory import GuestDebug
from runtime.wasm.wasm_invoker import WasmInvoker
from tests.support.wasm.recorded_guests import counting_source

ROOT = Path(__file__).parents[3]
SAMPLES = ("fan-out", "event-driven")
FOUR_EVENTS = "event-source"
"""The component that gives four events, whatever it is told."""
NO_END = 2**31 - 1
MIB = 1024 * 1024
PLACES = (10_000, 1_000_000, 10_000_000)
FOLLOWING = 1_000
RING_MIB = 64
Calls = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class ForkFigures:
    """What a run to a place, and going on from there, came to."""

    sample: str
    place: int
    """Calls that were made before the place."""
    call_us: float
    """Microseconds a call of the run."""
    checkpoints_us: float
    """Of that, for checkpoints of what components remember."""
    longest_ms: float
    """The longest of them."""
    kept: int
    kept_mib: float
    fork_ms: float
    """From the request until the flow stands at the place, with instances of its own."""
    restore_us: float
    """Of that, for giving the instances their memory."""
    every_call_ms: float | None
    """The same by making every call again; None: the ring has lost the start."""
    way: str
    equal: bool
    """The calls that followed were those of the past: outcome, fuel, printed bytes."""
    early_mib: float
    """Memory of the process after a tenth of the calls."""
    late_mib: float
    """After all of them."""


class Timed:
    """Takes the processor's time of methods."""

    def __init__(self) -> None:
        self.seconds = self.longest = 0.0

    def take(self, owner: type, name: str) -> Any:
        """A patch under which the method's time is taken."""
        method = getattr(owner, name)

        def timed(*given: Any, **named: Any) -> Any:
            began = time.process_time()
            try:
                return method(*given, **named)
            finally:
                taken = time.process_time() - began
                self.seconds += taken
                self.longest = max(self.longest, taken)

        return patch.object(owner, name, timed)


def manifest_of(sample: str) -> Path:
    """The manifest of a sample."""
    return ROOT / "sample_flows" / sample / "Torvyn.toml"


def started(manifest: Path, debug: GuestDebug) -> TimeTravel:
    """The flow, before its first call, with a source that does not end."""
    opened = open_flow(manifest, guest_debug=debug)
    host, compiled = opened.linking.host, dict(opened.linking.compiled)
    nodes = []
    for node in opened.flow.nodes:
        if node.role is Role.SOURCE and Path(node.artifact).stem == FOUR_EVENTS:
            made = host.compile(counting_source(NO_END))
            compiled[made.digest] = made
            node = replace(node, digest=made.digest, lifecycle=None)
        elif node.role is Role.SOURCE:
            node = replace(node, config=f'{{"count": {NO_END}}}')
        nodes.append(node)
    flow = replace(opened.flow, nodes=tuple(nodes))
    resources = SessionResources(
        host, EngineOptions(), opened.manifest_text, KnownBuilds(), compiled
    )
    travel = TimeTravel(flow, resources, RING_MIB * MIB)
    travel.apply(Start(time.time_ns()))
    return travel


def run_to(travel: TimeTravel, calls: int) -> float:
    """Make calls until so many are made; the processor's seconds."""
    began = time.process_time()
    step, keep, shown, command = travel.shown.engine.step, travel.keep, travel.shown, Step()
    while shown.calls < calls:
        events = keep(command, step())
        assert events, (shown.calls, shown.snapshot().stop_detail)
        if shown.calls % 1000 == 0:
            shown.printed.take()
    return time.process_time() - began


def last_calls(travel: TimeTravel, first: int, count: int) -> Calls:
    """What calls of the branch gave and took."""
    made: Calls = []
    for event in travel.branch.ring.calls():
        if isinstance(event, CallFinished) and first < event.call.number <= first + count:
            call, answer = event.call, event.answer
            made.append((call.node, call.export, answer.outcome, answer.fuel, answer.printed))
    return made


@contextmanager
def from_the_start() -> Iterator[None]:
    """Forks make every call since the start again."""

    def every_call(*given: Any) -> Any:
        return way_from_start(way_to(*given), "that is measured")

    with patch.object(time_travel, "way_to", every_call):
        yield


def fork(travel: TimeTravel, place: int) -> tuple[float, str]:
    """Go back to the place and go on from there; the seconds that going on took, and its words."""
    travel.seek(JumpTo(place))
    while travel.seeking is not None:
        travel.work(lambda: True)
    assert travel.shown.calls == place, travel.shown.calls
    began = time.process_time()
    travel.fork()
    reached = None
    while travel.seeking is not None and reached is None:
        reached = travel.work(lambda: True)
    assert reached is not None
    travel.enter(reached)
    words = "" if reached.way is None else reached.way.words(place)
    return time.process_time() - began, words


def measure(sample: str, place: int) -> ForkFigures:
    """Run, go back, fork, and go on."""
    costs, restores = Timed(), Timed()
    travel = started(manifest_of(sample), GuestDebug.COMPILED)
    with costs.take(Execution, "guest_states"), costs.take(GuestCheckpoints, "add"):
        seconds = run_to(travel, place // 10)
        early = resident_mib()
        seconds += run_to(travel, place + FOLLOWING + 100)
    late = resident_mib()
    guests = travel.branch.checkpoints.guests
    expected = last_calls(travel, place, FOLLOWING)
    repeatable = travel.branch.ring.repeatable
    with restores.take(WasmInvoker, "restore"):
        taken, words = fork(travel, place)
    run_to(travel, place + FOLLOWING)
    again_s = None
    equal = last_calls(travel, place, FOLLOWING) == expected and len(expected) == FOLLOWING
    if repeatable:
        with from_the_start():
            again_s, _ = fork(travel, place)
        run_to(travel, place + FOLLOWING)
        equal = equal and last_calls(travel, place, FOLLOWING) == expected
    travel.close()
    travel.shown.close()
    return ForkFigures(
        sample,
        place,
        seconds / place * 1e6,
        costs.seconds / place * 1e6,
        costs.longest * 1e3,
        len(guests),
        guests.bytes_used / MIB,
        taken * 1e3,
        restores.seconds * 1e6,
        None if again_s is None else again_s * 1e3,
        words,
        equal,
        early,
        late,
    )


def told(found: ForkFigures) -> str:
    """The figures in a few lines."""
    again = found.every_call_ms
    return (
        f"{found.sample}, call {found.place:,}: {found.call_us:.2f} µs a call, of that checkpoints "
        f"{found.checkpoints_us:.3f} µs ({found.checkpoints_us / found.call_us:.2%}, the longest "
        f"{found.longest_ms:.1f} ms); {found.kept} kept, {found.kept_mib:.1f} MiB\n"
        f"  fork {found.fork_ms:.1f} ms, of that {found.restore_us:,.0f} µs for the instances "
        f"({found.way}); the next {FOLLOWING:,} calls {'equal' if found.equal else 'UNLIKE'}\n"
        f"  by every call: {'the ring has lost the start' if again is None else f'{again:,.1f} ms'}"
        f"\n  memory after {found.place // 10:,} calls {found.early_mib:,.0f} MiB, after all "
        f"{found.late_mib:,.0f} MiB"
    )


def resident_mib() -> float:
    """Memory of this process, in MiB."""
    fields = Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()
    return int(fields[0]) / 1024


def price_of_debug(sample: str) -> None:
    """What code costs whose memory can be read, in pairs."""
    pairs = []
    for _ in range(3):
        took = []
        for guest_debug in (GuestDebug.OFF, GuestDebug.COMPILED):
            travel = started(manifest_of(sample), guest_debug)
            took.append(run_to(travel, 20_000) / 20_000 * 1e6)
            travel.close()
            travel.shown.close()
        pairs.append(took)
    ratios = sorted(debug / plain for plain, debug in pairs)
    plain, debug = (min(pair[index] for pair in pairs) for index in (0, 1))
    print(
        f"{sample}: plain code {plain:.2f} µs a call, readable {debug:.2f}; "
        f"ratio {ratios[len(ratios) // 2]:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    )


def main() -> None:
    """Measure every place, each in a run of its own."""
    if find_extension().extension is None:
        sys.exit(f"the native call layer is needed: {find_extension().detail}")
    settle_collector()
    places = [int(word.replace("_", "")) for word in sys.argv[1:]] or PLACES
    for sample in SAMPLES:
        price_of_debug(sample)
    for sample in SAMPLES:
        for place in places:
            print(told(measure(sample, place)), flush=True)


if __name__ == "__main__":
    main()
