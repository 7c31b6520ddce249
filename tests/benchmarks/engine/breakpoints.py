"""What breakpoints cost that never stop, in a session with real components, run by hand.

    python -m tests.benchmarks.engine.breakpoints [ORDERS] [ROUNDS]

The event-driven sample runs from its start to its end, in turn without breakpoints and with each
set of ten; a line tells the processor time of a call, and how much of the speed is kept.
"""

from __future__ import annotations

import gc
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from runtime.model.linked import LinkedFlow
from runtime.protocol.break_places import parse_place
from runtime.protocol.breakpoints import Breakpoint, SetBreakpoint
from tests.support.session_driver import opened
from tests.support.studio_projects import ROOT

CHEAP = [f'node == "router" && size > {1_000_000 + index}' for index in range(10)]
JSON = [f'json.customer == "nobody-{index}"' for index in range(10)]
AFTER = [f"ms > {1_000 + index}.0 || fuel > {10**12 + index}" for index in range(10)]
SETS: dict[str, list[tuple[str, str]]] = {
    "none": [],
    "at one node, cheap fields": [("router input", text) for text in CHEAP],
    "at one node, json": [("router input", text) for text in JSON],
    "at every call, cheap fields": [("any call", text) for text in CHEAP],
    "after every call, ms and fuel": [("any call", text) for text in AFTER],
    "at every call, json": [("any call", text) for text in JSON],
    "an error, a drop, full queues, a port and an edge, twice": [
        (place, 'node == "nowhere"')
        for place in ("any error", "any drop", "any back-pressure", "router:delivery")
        for _ in (1, 2)
    ]
    + [("enricher -> router", "size < 0")] * 2,
}


def measured(manifest: Path, breakpoints: list[tuple[str, str]]) -> tuple[float, int]:
    """Processor time of the run in seconds, and its calls."""
    driver = opened(manifest)
    try:
        flow: LinkedFlow = driver.session.flow
        for place, condition in breakpoints:
            driver.session.handle(SetBreakpoint(Breakpoint(0, parse_place(place, flow), condition)))
        gc.collect()
        began = time.process_time()
        snapshot = driver.run()
        took = time.process_time() - began
        assert snapshot.state.ended, snapshot.stop_detail
        return took, snapshot.calls
    finally:
        driver.session.close()
        (manifest.parent / ".torvyn" / "studio" / "breakpoints.json").unlink(missing_ok=True)


def main(orders: int = 20_000, rounds: int = 3) -> None:
    """Print a line for each set."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "sample_flows" / "event-driven"
        shutil.copytree(ROOT / "sample_flows" / "event-driven", project)
        shutil.copytree(ROOT / "components", Path(folder) / "components")
        manifest = project / "Torvyn.toml"
        text = manifest.read_text()
        assert '"count": 60' in text
        manifest.write_text(text.replace('"count": 60', f'"count": {orders}'))
        times: dict[str, list[float]] = {name: [] for name in SETS}
        for _ in range(rounds):
            for name, breakpoints in SETS.items():
                took, calls = measured(manifest, breakpoints)
                times[name].append(took / calls * 1e6)
    plain = median(times["none"])
    for name, found in times.items():
        kept = plain / median(found)
        print(f"{median(found):7.2f} us a call  {kept:6.1%} of the speed   ten breakpoints: {name}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
