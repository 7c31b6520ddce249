"""The figures that are aimed at, measured one after the other."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from runtime.build.toolchain import Toolchain
from runtime.model.call import Export
from runtime.model.linked import Role, SchedulePolicy
from runtime.opening.open import open_flow
from runtime.wasm.direct.direct_layer import DirectLayer
from tests.benchmarks.calls.call_layers import BUILD, JSON, stock, way
from tests.benchmarks.calls.callback_floor import LeastHost
from tests.benchmarks.performance.flows import (
    DIRECT,
    LEAST,
    NO_END,
    SAMPLE,
    STOCK,
    layers,
    running,
    sample_project,
)
from tests.benchmarks.performance.flows import ways as ways_of_flows
from tests.benchmarks.performance.page.bounds import number
from tests.benchmarks.performance.results import Curve, Spread, Target
from tests.benchmarks.performance.rounds import Effort, Way, in_turns
from tests.benchmarks.processes import start_up
from tests.benchmarks.screen import key_to_paint
from tests.benchmarks.screen.screen_cost import SIZES, Run, fan_out, headless, watched
from tests.support.session_driver import Driver, opened, rename_into_place
from tests.support.studio_projects import studio
from tests.support.wasm.layers import make_layer

PAYLOAD = 64
KEYS = 30
MILLION = 1_000_000
PYTHON = "python-risk-router"


def sample_headless(effort: Effort) -> Target:
    """The fan-out sample, its sinks printing, its source one that does not end."""
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="torvyn-studio-sample-") as folder:
        linked = open_flow(sample_project(Path(folder), NO_END)).flow
        names = [name for name in ways_of_flows() if name != "engine alone"]
        flows = {name: running(linked, name) for name in names}
        calls = {name: 800 if name == STOCK else 20_000 for name in flows}
        for _ in range(effort.rounds):
            for name, flow in flows.items():
                began = time.process_time()
                flow.calls(int(calls[name] * effort.scale))
                took = time.process_time() - began
                rates.setdefault(name, []).append(calls[name] * effort.scale / 4 / took)
        for flow in flows.values():
            flow.close()
    return Target(
        "fan-out sample, headless, sinks print",
        "≥ 15,000, better 25,000",
        "elements a second",
        {name: Spread.of(rate) for name, rate in rates.items()},
        "An element is four calls. What is printed through the stock binding is lost.",
    )


def sample_with_screen(effort: Effort) -> Target:
    """The same by the clock, as the command line runs it, and with the workbench drawing.

    The command line makes calls in another order than the workbench does where the manifest names
    none, and one that takes less: what the screen costs is seen where both are in one order.
    """
    elements = int(100_000 * max(effort.scale, 0.1))
    columns, rows = SIZES[0]
    alone, ordered, shown = list[Run](), list[Run](), list[Run]()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        manifest, short = fan_out(Path(folder), elements), fan_out(Path(other), 1)
        started = headless(short, SchedulePolicy.WEIGHTED_FAIR).calling
        for _ in range(1 if effort.quick else 5):
            alone.append(headless(manifest, SchedulePolicy.CONSUMER_FIRST))
            ordered.append(headless(manifest, SchedulePolicy.WEIGHTED_FAIR))
            shown.append(watched(manifest, columns, rows))
    by_clock, by_default = (
        [100 * one.seconds / two.seconds for one, two in zip(runs, shown, strict=True)]
        for runs in (ordered, alone)
    )
    by_processor = [
        100 * (one.calling - started) / two.calling for one, two in zip(ordered, shown, strict=True)
    ]
    return Target(
        "fan-out sample, by the clock",
        "≥ 85 % of headless with the screen",
        "elements a second",
        {
            "headless": Spread.of([elements / run.seconds for run in alone]),
            "headless, weighted-fair": Spread.of([elements / run.seconds for run in ordered]),
            f"with the screen, {columns}x{rows}": Spread.of(
                [elements / run.seconds for run in shown]
            ),
        },
        f"With the screen {_of_headless(by_clock)} of headless in the same order of calls, on the "
        f"layer that is taken by default, until the end is shown; {_of_headless(by_processor)} by "
        "the processor time of the process that makes the calls. The workbench runs weighted-fair, "
        "so that queues fill as they would in parallel, the command line consumer-first, which "
        f"takes less: of that it is {_of_headless(by_default)}.",
    )


def _of_headless(shares: list[float]) -> str:
    return f"{statistics.median(shares):.0f} % ({min(shares):.0f}–{max(shares):.0f})"


def routed_call(curve: Curve) -> Target:
    """Of the curve of payloads: the call that reads 64 bytes, and the C host's."""
    figures = {
        line.name: point.y for line in curve.lines for point in line.points if point.x == PAYLOAD
    }
    return Target(
        "routed call that reads its payload",
        "≤ 2.5 times the C host",
        "microseconds",
        figures,
        "Of the first curve below: a payload of 64 bytes.",
    )


def sample_calls(effort: Effort) -> list[Target]:
    """`push` and `process` of the sample's own components."""
    found = []
    for name, role, export, aim in (
        ("metric-sink", Role.SINK, Export.PUSH, "≤ 12"),
        ("metric-processor", Role.PROCESSOR, Export.PROCESS, "≤ 15"),
    ):
        data = (BUILD / f"{name}.wasm").read_bytes()
        made = {layer: make_layer(layer) for layer in layers()}
        ways: dict[str, Way] = {
            layer: way(made[layer], data, role, export, JSON, True) for layer in made
        }
        ways[STOCK] = stock(DirectLayer(), data, role, export, JSON, True)
        if export is Export.PROCESS:
            ways[LEAST] = LeastHost(DirectLayer().engine, data, JSON).calls
        figures = in_turns(ways, effort)
        note = "It prints a line." if role is Role.SINK else _with_host_functions(figures)
        found.append(Target(f"{export} of {name}", aim, "microseconds", figures, note))
    return found


def _with_host_functions(figures: dict[str, Spread]) -> str:
    least, direct = figures[LEAST].median, figures[DIRECT].median
    return (
        "One call, and six host functions that it calls. Directly each of those is a Python "
        "function that the C library calls through ctypes: where they do only what the library "
        f"asks of them, and nothing is checked, counted or kept, it takes {number(least)} µs, "
        f"{number(100 * least / direct)} % of the direct call. The rest is Python that keeps count "
        "of buffers, copies, fuel, time and what is printed."
    )


def starting(effort: Effort) -> list[Target]:
    """First paint and first step, from a warm cache."""
    start_up.write_byte_code()
    start_up.measure()
    rounds, floors = [], []
    for _ in range(2 if effort.quick else 10):
        floors.append(start_up.measure_one_line()[0])
        rounds.append(start_up.measure())
    aims = {"first paint": "≤ 0.35", "first step": "≤ 0.7"}
    found = []
    for name, times in zip(start_up.MOMENTS, zip(*rounds, strict=True), strict=True):
        clock, processor = zip(*times, strict=True)
        figures = {"clock": Spread.of(clock), "processor time": Spread.of(processor)}
        found.append(Target(f"workbench: {name}", aims.get(name, ""), "seconds", figures))
    found[0].figures[start_up.FLOOR] = Spread.of(floors)
    found[0].note = "The app of one line is Textual's, by the clock: the least it can be."
    return found


def keys_to_paint(effort: Effort) -> Target:
    """From a key to its line, 95 of 100."""
    found: dict[str, list[float]] = {}
    blocks = 1 if effort.quick else 3
    for state, taken in key_to_paint.latencies(blocks * (8 if effort.quick else KEYS)).items():
        size = len(taken) // blocks
        parts = [taken[at : at + size] for at in range(0, size * blocks, size)]
        found[state] = [statistics.quantiles(part, n=100, method="inclusive")[94] for part in parts]
    return Target(
        "key to paint, 95 of 100",
        "≤ 50 at full load",
        "milliseconds",
        {state: Spread.of(values) for state, values in found.items()},
        f"Each of {blocks} blocks of {KEYS if not effort.quick else 8} keys gives one figure.",
    )


_RUN = """
import sys, time
from pathlib import Path
from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.model.commands import Start
from runtime.opening.open import open_flow
from runtime.recording.recorder import Recorder
from runtime.recording.ring.ring import Ring
from runtime.wasm.wasm_invoker import WasmInvoker
early, late = int(sys.argv[2]), int(sys.argv[3])
opened = open_flow(Path(sys.argv[1]))
invoker = WasmInvoker(
    opened.flow, opened.linking.host, compiled=opened.linking.compiled, on_print=lambda *_: None
)
engine = Engine(opened.flow, invoker, EngineOptions())
engine.apply(Start(time.time_ns()))
def resident(elements):
    for _ in range(4 * elements):
        engine.step()
    fields = open("/proc/self/status").read().split("VmRSS:")[1].split()
    return int(fields[0]) / 1024
first = resident(early)
print(first, resident(late - early))
"""


def memory_of_a_long_run(effort: Effort) -> Target:
    """Resident memory after many elements, and after far more."""
    early, late = int(20_000 * effort.scale), int(MILLION * effort.scale)
    with tempfile.TemporaryDirectory(prefix="torvyn-studio-sample-") as folder:
        manifest = sample_project(Path(folder), NO_END)
        words = [sys.executable, "-c", _RUN, str(manifest), str(early), str(late)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    first, last = map(float, done.stdout.split())
    return Target(
        f"memory after {early:,} and after {late:,} elements",
        "flat",
        "MiB, resident",
        {f"{early:,}": Spread.of([first]), f"{late:,}": Spread.of([last])},
        "The fan-out sample headless; one run.",
    )


def hot_reload(effort: Effort) -> Target:
    """From the last byte of a build to the snapshot that has it."""
    taken = []
    with tempfile.TemporaryDirectory(prefix="torvyn-studio-sample-") as folder:
        manifest = sample_project(Path(folder), 1_000)
        artifact = manifest.parent / ".torvyn" / "build" / "metric-sink.wasm"
        plain = artifact.read_bytes()
        driver = opened(manifest, watch=True)
        driver.step(8)
        for number in range(2 if effort.quick else 7):
            # A custom section makes it another build of the same code.
            digest = rename_into_place(artifact, plain + b"\0\x06\x04mark" + bytes([number]))
            began = time.perf_counter()
            driver.wait_for_reload()
            _until_it_runs(driver, digest)
            taken.append((time.perf_counter() - began) * 1e3)
        driver.session.close()
    return Target(
        "hot reload after the last byte",
        "≤ 300",
        "milliseconds",
        {"clock": Spread.of(taken)},
        "A component of the sample, compiled again each time.",
    )


def _digests(driver: Driver) -> set[str]:
    return {node.digest for node in driver.session.execution.engine.flow.nodes}


def _until_it_runs(driver: Driver, digest: str) -> None:
    deadline = time.monotonic() + 30
    while digest not in _digests(driver):
        assert time.monotonic() < deadline, driver.log[-5:]
        driver.ask()
        time.sleep(0.002)


def python_component(effort: Effort) -> Target:
    """A component that componentize-py builds, opened without and with its compiled code kept."""
    target = Target("opening a Python component", "", "seconds", {})
    if effort.quick:
        target.note = "Not measured in a quick run."
        return target
    with tempfile.TemporaryDirectory(prefix="torvyn-studio-python-") as name:
        data = _built_python_component(Path(name))
        if data is None:
            target.note = "Not measured: componentize-py is not installed."
            return target
        path = Path(name) / "component.wasm"
        path.write_bytes(data)
        found: dict[str, list[float]] = {}
        for kind in ("cold", *["warm"] * 5):
            words = [sys.executable, "-c", _OPEN, str(path), f"{name}/cache"]
            done = subprocess.run(words, capture_output=True, text=True, check=True)
            found.setdefault(kind, []).append(float(done.stdout))
    target.figures = {kind: Spread.of(values) for kind, values in found.items()}
    target.note = f"{len(data) / 1e6:.0f} MB of WebAssembly, the interpreter included."
    return target


_OPEN = """
import sys, time
from pathlib import Path
from runtime.wasm.host import Host
data = Path(sys.argv[1]).read_bytes()
host = Host(Path(sys.argv[2]))
began = time.perf_counter()
host.compile(data)
print(time.perf_counter() - began)
"""


def _built_python_component(folder: Path) -> bytes | None:
    """One of the event-driven sample's, built; None where the tool is not there."""
    if Toolchain().find("componentize-py") is None:
        return None
    project = folder / "project"
    shutil.copytree(SAMPLE.with_name("event-driven"), project)
    built = studio("build", "python.toml", "--component", PYTHON, cwd=project)
    assert built.returncode == 0, built.stderr
    return (project / ".torvyn" / "build" / f"{PYTHON}.wasm").read_bytes()
