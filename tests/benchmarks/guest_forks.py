"""How long it takes to go on from a place in the past, and what the checkpoints for it cost.

    python -m tests.benchmarks.guest_forks [CALLS]...

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
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from runtime.child.gc_tuning import settle_collector
from runtime.engine.options import EngineOptions
from runtime.execution.execution import Execution
from runtime.execution.resources import SessionResources
from runtime.hotreload.builds import KnownBuilds
from runtime.model.commands import Start, Step
from runtime.model.events import CallFinished
from runtime.model.linked import Role
from runtime.opening.open import open_flow
from runtime.protocol.requests import JumpTo
from runtime.timetravel import time_travel
from runtime.timetravel.going_on import way_from_start, way_to
from runtime.timetravel.guest_checkpoints import GuestCheckpoints
from runtime.timetravel.time_travel import TimeTravel
from runtime.wasm.guest_memory import GuestDebug
from runtime.wasm.native.extension import find_extension
from runtime.wasm.wasm_invoker import WasmInvoker
from tests.support.wasm.recorded_guests import counting_source

ROOT = Path(__file__).parents[2]
SAMPLES = ("fan-out", "event-driven")
NO_END = 2**31 - 1
MIB = 1024 * 1024
PLACES = (10_000, 1_000_000, 10_000_000)
FOLLOWING = 1_000
RING_MIB = 64
Calls = list[tuple[Any, ...]]


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


def started(sample: str, debug: GuestDebug) -> TimeTravel:
    """The sample, before its first call, with a source that does not end."""
    manifest = ROOT / "sample_flows" / sample / "Torvyn.toml"
    opened = open_flow(manifest, guest_debug=debug)
    host, compiled = opened.linking.host, dict(opened.linking.compiled)
    nodes = []
    for node in opened.flow.nodes:
        if node.role is Role.SOURCE and sample == "fan-out":
            # The sample's own gives four events, whatever it is told.
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
        assert events, shown.snapshot()
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


def measure(sample: str, place: int) -> None:
    """Run, go back, fork, go on, and print what that took."""
    costs, restores = Timed(), Timed()
    travel = started(sample, GuestDebug.COMPILED)
    with costs.take(Execution, "guest_states"), costs.take(GuestCheckpoints, "add"):
        seconds = run_to(travel, place + FOLLOWING + 100)
    guests = travel.branch.checkpoints.guests
    expected = last_calls(travel, place, FOLLOWING)
    repeatable = travel.branch.ring.repeatable
    print(
        f"{sample}, call {place:,}: {seconds / place * 1e6:.2f} µs a call, of that checkpoints "
        f"{costs.seconds / place * 1e6:.3f} µs ({costs.seconds / seconds:.2%}, the longest "
        f"{costs.longest * 1e3:.1f} ms); {len(guests)} kept, {guests.bytes_used / MIB:.1f} MiB"
    )
    with restores.take(WasmInvoker, "restore"):
        taken, words = fork(travel, place)
    run_to(travel, place + FOLLOWING)
    same = last_calls(travel, place, FOLLOWING) == expected
    print(
        f"  fork {taken * 1e3:.1f} ms, of that {restores.seconds * 1e6:,.0f} µs for the instances "
        f"({words}); the next {len(expected):,} calls {'equal' if same else 'UNLIKE'}"
    )
    if repeatable:
        with from_the_start():
            taken, _ = fork(travel, place)
        run_to(travel, place + FOLLOWING)
        same = last_calls(travel, place, FOLLOWING) == expected
        print(f"  by every call {taken * 1e3:,.1f} ms; {'equal' if same else 'UNLIKE'}")
    else:
        print("  by every call: the ring has lost the start")
    travel.close()
    travel.shown.close()


def price_of_debug(sample: str) -> None:
    """What code costs whose memory can be read, in pairs."""
    pairs = []
    for _ in range(3):
        took = []
        for guest_debug in (GuestDebug.OFF, GuestDebug.COMPILED):
            travel = started(sample, guest_debug)
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
            measure(sample, place)


if __name__ == "__main__":
    main()
