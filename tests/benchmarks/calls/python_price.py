"""What a Python component costs next to a compiled one, with and without readable memory.

    python -m tests.benchmarks.calls.python_price [CALLS] [COMPONENT]

The orders sample, with its enricher in Rust, then in Python, runs in a session as the workbench's
is, on the native call layer; each with code whose memory cannot be read (`--guest-debug off`) and
with code whose memory can (`all`), which checkpoints of what components remember need. The ways
take turns. COMPONENT is the enricher in Python; without it, componentize-py builds it. Times are of
the clock for a call, and of the processor else.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from runtime.build.toolchain import Toolchain
from runtime.child.gc_tuning import settle_collector
from runtime.execution.execution import Execution
from runtime.extension.installed import find_extension
from runtime.model.commands import Step
from runtime.model.events import CallFinished
from runtime.timetravel.guest_checkpoints import GuestCheckpoints
from runtime.wasm.guest_memory import GuestDebug
from tests.benchmarks.timetravel.guest_forks import MIB, ROOT, Timed, fork, run_to, started
from tests.support.studio_projects import studio

SAMPLE = ROOT / "sample_flows" / "event-driven"
NODE, COMPILED, PYTHON = "enricher", "order-enricher", "python-order-enricher"
LANGUAGES = ("Rust", "Python")
MODES = (GuestDebug.OFF, GuestDebug.ALL)
ROUNDS = 3
CALLS = 10_000
MEASURED_CALLS = 1_000


@dataclass(frozen=True, slots=True)
class Price:
    """What one way of running came to."""

    language: str
    readable: bool
    """The memory of its components can be read."""
    call_us: float
    """A call of the enricher, median of the medians of the rounds, by the clock."""
    checkpoints_us: float
    """Checkpoints of what components remember: for each call of the flow."""
    kept: int
    kept_mib: float
    fork_ms: float
    """Going on from the middle of the run."""
    way: str
    """How the fork came there."""


def prices(calls: int, component: Path) -> Iterator[Price]:
    """Rust and Python, each unreadable and readable."""
    with tempfile.TemporaryDirectory(prefix="torvyn-studio-python-") as name:
        manifests = dict(zip(LANGUAGES, _projects(Path(name), component), strict=True))
        ways = [(language, mode) for language in LANGUAGES for mode in MODES]
        times: dict[tuple[str, GuestDebug], list[float]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way in ways:
                language, mode = way
                times[way].append(_median_call_us(manifests[language], mode))
        for way in ways:
            language, mode = way
            yield _price(language, mode, manifests[language], calls, median(times[way]))


def _median_call_us(manifest: Path, mode: GuestDebug) -> float:
    travel = started(manifest, mode)
    run_to(travel, 200)
    taken = []
    for _ in range(MEASURED_CALLS):
        for event in travel.keep(Step(), travel.shown.engine.step()):
            if isinstance(event, CallFinished) and event.call.node == NODE:
                taken.append(event.answer.duration_ns / 1e3)
    travel.close()
    travel.shown.close()
    return median(taken)


def _price(language: str, mode: GuestDebug, manifest: Path, calls: int, call_us: float) -> Price:
    costs = Timed()
    travel = started(manifest, mode)
    with costs.take(Execution, "guest_states"), costs.take(GuestCheckpoints, "add"):
        run_to(travel, calls)
    guests = travel.branch.checkpoints.guests
    kept, kept_mib = len(guests), guests.bytes_used / MIB
    seconds, way = fork(travel, calls // 2)
    travel.close()
    travel.shown.close()
    readable = mode is not GuestDebug.OFF
    checkpoints_us = costs.seconds / calls * 1e6
    return Price(language, readable, call_us, checkpoints_us, kept, kept_mib, seconds * 1e3, way)


def _projects(folder: Path, component: Path) -> Iterator[Path]:
    """The manifests of the sample as it is, and with the enricher in Python."""
    for language in LANGUAGES:
        project = folder / language
        shutil.copytree(SAMPLE, project)
        if language == "Python":
            shutil.copy(component, project / ".torvyn" / "build" / f"{COMPILED}.wasm")
        yield project / "Torvyn.toml"


def built_component(folder: Path) -> Path | None:
    """The enricher in Python, built in `folder`; None where the tool is not there."""
    if Toolchain().find("componentize-py") is None:
        return None
    project = folder / "project"
    shutil.copytree(SAMPLE, project)
    built = studio("build", "python.toml", "--component", PYTHON, cwd=project)
    assert built.returncode == 0, built.stderr
    return project / ".torvyn" / "build" / f"{PYTHON}.wasm"


def told(price: Price) -> str:
    """The figures in a line."""
    return (
        f"{price.language}, memory {'readable' if price.readable else 'not readable'}: a call "
        f"{price.call_us:,.1f} µs; checkpoints {price.checkpoints_us:.2f} µs a call of the flow, "
        f"{price.kept} kept, {price.kept_mib:.1f} MiB; fork {price.fork_ms:,.0f} ms ({price.way})"
    )


def main() -> None:
    """Print a line for each way."""
    if find_extension().extension is None:
        sys.exit(f"the native call layer is needed: {find_extension().detail}")
    settle_collector()
    calls = int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else CALLS
    with tempfile.TemporaryDirectory(prefix="torvyn-studio-python-") as name:
        component = Path(sys.argv[2]) if len(sys.argv) > 2 else built_component(Path(name))
        if component is None:
            sys.exit("componentize-py is needed, or name the component that it built")
        began = time.monotonic()
        for price in prices(calls, component):
            print(told(price), flush=True)
        print(f"{time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main()
