"""How long Python's collector holds up a run whose ring is full, and what it leaves; run by hand.

    python -m tests.benchmarks.timetravel.collector_pauses [CALLS]

The fan-out sample, with a source that never ends, runs in slices as in the child process; once with
the collector as Python runs it, once with `RunCollector`. Times are of the wall: a busy machine
makes them longer.
"""

from __future__ import annotations

import gc
import multiprocessing
import resource
import sys
import time

from runtime.child.gc_tuning import RunCollector, settle_collector
from tests.benchmarks.timetravel.going_back import MIB, flow_without_end, run_to

CALLS = 1_000_000
CALLS_A_SLICE = 400


def measure(tended: bool, calls: int) -> None:
    """Run, and print what the collector took."""
    settle_collector()
    travel = flow_without_end(64 * MIB)
    pauses: list[float] = []
    began = 0.0

    def look(phase: str, info: dict[str, int]) -> None:
        nonlocal began
        if phase == "start":
            began = time.perf_counter()
        else:
            pauses.append(time.perf_counter() - began)

    gc.callbacks.append(look)
    collector, seconds, half = RunCollector(), 0.0, 0
    for made in range(CALLS_A_SLICE, calls + 1, CALLS_A_SLICE):
        seconds += run_to(travel, made)
        if tended:
            collector.tend(travel.shown)
        if not half and made >= calls // 2:
            half = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{'RunCollector' if tended else 'as Python does it'}: {seconds / calls * 1e6:.1f} µs a "
        f"call, {len(pauses)} collections, the longest {max(pauses) * 1e3:.1f} ms, in all "
        f"{sum(pauses):.2f} s; most memory {half} MiB at half, {memory} MiB at the end"
    )
    gc.unfreeze()
    began = time.perf_counter()
    print(f"  garbage that was left: {gc.collect()} objects", flush=True)


def main() -> None:
    """Measure both, each in a process of its own."""
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else CALLS
    for tended in (False, True):
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(tended, calls))
        process.start()
        process.join()


if __name__ == "__main__":
    main()
