"""Measures how fast the program is and how it grows, and makes docs/performance.md of it.

    python -m tests.benchmarks.performance            # measure, keep the figures, draw, write
    python -m tests.benchmarks.performance --quick    # the same with few repetitions, to try it
    python -m tests.benchmarks.performance --draw     # draw and write again from what was kept
    python -m tests.benchmarks.performance --long forks   # one measurement that takes too long

`--long` is forks, going-back, searches, python or before; `--calls` gives it other numbers of calls
than its own. `--folder` writes to another folder than docs. `make performance` installs what the
plots want.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from runtime.child.gc_tuning import settle_collector
from tests.benchmarks.performance import targets
from tests.benchmarks.performance.curves import (
    flow_curves,
    payload_curves,
    recording_curve,
    screen_curve,
)
from tests.benchmarks.performance.curves.payload_memory import payload_memory
from tests.benchmarks.performance.long_runs import (
    MEASUREMENTS,
    Asked,
    keep_long_run,
    long_run,
    read_long_runs,
)
from tests.benchmarks.performance.machine import load, machine
from tests.benchmarks.performance.page import plots
from tests.benchmarks.performance.page.document import FOLDER, LONG_RUNS, document
from tests.benchmarks.performance.profiles import profiling
from tests.benchmarks.performance.results import Results, keep_results, read_results
from tests.benchmarks.performance.rounds import QUICK, WHOLE, Effort

DOCS = Path(__file__).parents[3] / "docs"
CURVES = (
    payload_curves.payload_read,
    payload_curves.payload_passed,
    flow_curves.chain_length,
    flow_curves.fan_out,
    flow_curves.queue_depth,
    screen_curve.nodes_on_screen,
    recording_curve.recording_length,
)
Value = TypeVar("Value")


def measure(effort: Effort) -> Results:
    """Everything, one after the other."""
    before, began = load(), time.monotonic()
    # As whatever runs a flow does; the modules of the measurements are many objects.
    settle_collector()

    def measured(what: Callable[[Effort], Value]) -> Value:
        name = what.__name__.replace("_", " ")
        print(f"{time.monotonic() - began:5.0f} s  {name}", file=sys.stderr, flush=True)
        return what(effort)

    found = [
        measured(targets.sample_headless),
        measured(targets.sample_with_screen),
        *measured(targets.sample_calls),
        *measured(targets.starting),
        measured(targets.keys_to_paint),
        measured(targets.memory_of_a_long_run),
        measured(targets.hot_reload),
        measured(targets.python_component),
    ]
    memory = measured(payload_memory)
    profiles = measured(profiling.profiles)
    curves = [measured(curve) for curve in CURVES]
    found.insert(2, targets.routed_call(curves[0]))
    about = machine(before, time.monotonic() - began, quick=effort.quick)
    return Results(about, found, curves, memory, profiles)


def main() -> int:
    """Measure or read, then draw and write."""
    parser = argparse.ArgumentParser(prog="make performance")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--quick", action="store_true", help="few repetitions, to try it")
    what.add_argument("--draw", action="store_true", help="measure nothing")
    what.add_argument("--long", choices=list(MEASUREMENTS), help="what takes long, alone")
    parser.add_argument("--calls", type=int, nargs="+", default=[], help="for --long")
    parser.add_argument("--component", type=Path, help="for --long python: a built enricher")
    parser.add_argument("--before", type=Path, help="for --long before: a checkout to compare with")
    parser.add_argument("--folder", type=Path, default=DOCS, help="instead of docs")
    given = parser.parse_args()
    kept, long_kept = (given.folder / FOLDER / name for name in ("results.json", LONG_RUNS))
    if given.long is not None:
        asked = Asked(tuple(given.calls), given.component, given.before)
        try:
            keep_long_run(given.long, long_run(given.long, asked), long_kept)
        except RuntimeError as error:
            parser.error(str(error))
    elif not given.draw:
        keep_results(measure(QUICK if given.quick else WHOLE), kept)
    results = read_results(kept)
    if given.long is None:
        plots.draw(results.curves, given.folder / FOLDER)
    (given.folder / "performance.md").write_text(document(results, read_long_runs(long_kept)))
    print(given.folder / "performance.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
