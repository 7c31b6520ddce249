"""What a call costs natively, directly, through wasmtime-py's binding, and at least in C.

Run by hand: `python -m tests.benchmarks.calls.call_layers [rounds] [seconds a round]`.

All ways call the same component with the same elements in turns, in one process (the C host in one
of its own, between the rounds), with fuel and epochs on. A layer's figure has everything in it: a
`Call` is made, and an `Answer` comes back. Each line gives medians in microseconds of processor
time, with the least and the most of the rounds, and how many times the quickest way the others
take. After that: the fan-out flow, elements a second; a payload of 15 MiB, time and memory; and
the size of the extension.
"""

from __future__ import annotations

import gc
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import wasmtime

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.model.call import Call, Export, Failed
from runtime.model.commands import Start
from runtime.model.element import Buffer, Element
from runtime.model.linked import (
    LIFECYCLE_INTERFACE,
    ROLE_INTERFACES,
    Limits,
    LinkedFlow,
    LinkedNode,
    Role,
)
from runtime.model.named_tuples.constructors import new_call
from runtime.opening.open import open_flow
from runtime.wasm.abi import value_layout
from runtime.wasm.call_layer import CallLayer
from runtime.wasm.direct.direct_layer import DirectLayer
from runtime.wasm.host import Host
from runtime.wasm.stock.stock_host import StockHost
from runtime.wasm.wasm_invoker import WasmInvoker
from tests.support.wasm.guests import ECHO, ELEMENT, component, printer
from tests.support.wasm.layers import make_layer, native_extension
from tests.support.wasm.recorded_guests import counting_source

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "sample_flows" / "fan-out"
BUILD = SAMPLE / ".torvyn" / "build"
FLOOR = Path(__file__).parent / "call_floor.c"
JSON = b'{"type":"metric","name":"cpu_usage","value":72.5}'
NO_LIMITS = Limits(fuel=0, memory_bytes=64 << 20, call_timeout_ms=0)
ROUTE_ALL = f"""
  ;; reads its payload, and names one port
  (func (export "route") {ELEMENT}
    (call $load (local.get $payload))
    (call $release (local.get $payload) (local.get $context))
    (i32.store (i32.const 4) (i32.const 256))
    (i32.store (i32.const 8) (i32.const 1))
    (i32.store (i32.const 256) (i32.const 1024))
    (i32.store (i32.const 260) (i32.const 7))
    (call $ok))
  (data (i32.const 1024) "metrics")
"""
SIZES = (64, 4 << 10, 64 << 10, 1 << 20)
STOCK_MOST = 4 << 10
"""The binding takes seconds for more."""
Way = Callable[[int], None]
"""Makes so many calls."""


def layers() -> dict[str, CallLayer]:
    """Those that are installed."""
    found = {"direct": make_layer("direct")}
    return {"native": make_layer("native"), **found} if native_extension() else found


def way(
    layer: CallLayer, data: bytes, role: Role, export: Export, payload: bytes, lifecycle: bool
) -> Way:
    """Calls of one component through a layer."""
    host = Host(None, layer)
    compiled = host.compile(data)
    life = f"{LIFECYCLE_INTERFACE}@0.1.0" if lifecycle else None
    interface = f"{ROLE_INTERFACES[role]}@0.1.0"
    node = LinkedNode("node", role, interface, "guest", "", compiled.digest, life, limits=NO_LIMITS)
    invoker = WasmInvoker(
        LinkedFlow("main", "", (node,), ()), host, compiled={compiled.digest: compiled}
    )
    inputs = [Element(n, n, "s", n, n, "application/json", Buffer(payload, "")) for n in range(16)]
    config = '{"count": 1000000000}' if role is Role.SOURCE else "{}"
    invoker.invoke(Call(0, "node", Export.INIT, argument=config))
    first = invoker.invoke(Call(1, "node", export, inputs[0]))
    assert not isinstance(first.outcome, Failed), first

    def calls(count: int) -> None:
        invoke = invoker.invoke
        for number in range(count):
            # As the engine makes its calls.
            invoke(new_call(Call, (number, "node", export, inputs[number & 15], "", None)))

    return calls


def stock(
    layer: DirectLayer, data: bytes, role: Role, export: Export, payload: bytes, lifecycle: bool
) -> Way:
    """The same through wasmtime-py's own binding."""
    life = f"{LIFECYCLE_INTERFACE}@0.1.0" if lifecycle else None
    instance = StockHost(layer.engine, data, f"{ROLE_INTERFACES[role]}@0.1.0", life)
    instance.store.set_wasi(wasmtime.WasiConfig())
    if lifecycle:
        instance.call(Export.INIT, argument="{}")
    element = Element(1, 1, "s", 1, 1, "application/json", Buffer(payload, ""))
    given = None if export is Export.PULL else element

    def calls(count: int) -> None:
        for _ in range(count):
            instance.call(export, given)

    return calls


def floor(folder: Path, data: bytes, size: int) -> Callable[[float], float] | None:
    """What runs the C host for about so many seconds: microseconds of a call. None without cc."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    program, guest = folder / "call_floor", folder / f"{size}.wasm"
    if not program.exists():
        subprocess.run([compiler, "-O2", "-o", program, FLOOR, "-ldl"], check=True)
    guest.write_bytes(data)
    library = next(Path(wasmtime.__file__).parent.glob("*/_libwasmtime.*"))
    layout = value_layout
    kinds = [
        layout.U8, layout.LIST, layout.RECORD, layout.U64, layout.STRING, layout.RESOURCE
    ]  # fmt: skip

    def run(seconds: float) -> float:
        calls = max(1, int(seconds * 1e6 / (3 + size / 25)))
        words = [
            str(program),
            str(library),
            str(guest),
            str(calls),
            "1",
            str(size),
            *map(str, kinds),
        ]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        return float(done.stdout.split()[0])

    return run


def kinds(folder: Path) -> Iterator[tuple[str, dict[str, Way], Callable[[float], float] | None]]:
    """What is measured: a name, the ways, and the C host."""
    direct = DirectLayer()
    guests: list[tuple[str, bytes, Role, Export, bytes, bool]] = []
    for name, role, export in (
        ("event-router", Role.ROUTER, Export.ROUTE),
        ("metric-processor", Role.PROCESSOR, Export.PROCESS),
        ("metric-sink", Role.SINK, Export.PUSH),
    ):
        path = BUILD / f"{name}.wasm"
        if path.exists():
            guests.append((f"{export} of {name}", path.read_bytes(), role, export, JSON, True))
    pull = counting_source(1_000_000_000)
    guests.append(("pull of a source", pull, Role.SOURCE, Export.PULL, b"", False))
    guests.append(("push that prints", printer(), Role.SINK, Export.PUSH, JSON, False))
    for size in SIZES:
        payload = b"x" * size
        echo = component(ECHO, Role.PROCESSOR, pages=64)
        guests.append((f"echo of {size:,}", echo, Role.PROCESSOR, Export.PROCESS, payload, False))
    routing = component(ROUTE_ALL, Role.ROUTER, pages=32)
    for size in SIZES[:-1]:
        payload = b"1" * size
        guests.append((f"route of {size:,}", routing, Role.ROUTER, Export.ROUTE, payload, False))
    for name, data, role, export, payload, lifecycle in guests:
        ways = {
            label: way(layer, data, role, export, payload, lifecycle)
            for label, layer in layers().items()
        }
        if len(payload) <= STOCK_MOST and "print" not in name and export is not Export.PUSH:
            ways["stock"] = stock(direct, data, role, export, payload, lifecycle)
        lowest = floor(folder, routing, len(payload)) if data is routing else None
        yield name, ways, lowest


def measure(
    ways: dict[str, Way], lowest: Callable[[float], float] | None, rounds: int, seconds: float
) -> dict[str, list[float]]:
    """Microseconds of a call in each round."""
    counts = {}
    for label, calls in ways.items():
        count, took = 1, 0.0
        while took < seconds / 4:
            count *= 2
            began = time.process_time()
            calls(count)
            took = time.process_time() - began
        counts[label] = max(1, int(count * seconds / took))
    found: dict[str, list[float]] = {label: [] for label in ways}
    gc.disable()
    for _ in range(rounds):
        for label, calls in ways.items():
            began = time.process_time()
            calls(counts[label])
            found[label].append((time.process_time() - began) / counts[label] * 1e6)
        if lowest is not None:
            found.setdefault("C host", []).append(lowest(seconds))
    gc.enable()
    return found


def elements_a_second(layer: CallLayer, seconds: float) -> float:
    """The fan-out flow through the engine, its source one that does not end."""
    opened = open_flow(SAMPLE / "Torvyn.toml")
    host = Host(None, layer)
    compiled = {}
    nodes = []
    for node in opened.flow.nodes:
        source = node.role is Role.SOURCE
        data = counting_source(1_000_000_000) if source else Path(node.artifact).read_bytes()
        made = host.compile(data)
        compiled[made.digest] = made
        lifecycle = None if source else node.lifecycle
        nodes.append(replace(node, digest=made.digest, lifecycle=lifecycle))
    flow = replace(opened.flow, nodes=tuple(nodes))
    invoker = WasmInvoker(flow, host, compiled=compiled, on_print=lambda *_chunk: None)
    engine = Engine(flow, invoker, EngineOptions())
    engine.apply(Start(0))
    for _ in range(2_000):
        engine.step()

    def pulled() -> int:
        return sum(node.calls for node in engine.snapshot().nodes if node.role is Role.SOURCE)

    before, began = pulled(), time.process_time()
    while time.process_time() - began < seconds:
        for _ in range(2_000):
            engine.step()
    took = time.process_time() - began
    made_elements = pulled() - before
    invoker.close()
    return made_elements / took


_LARGE = """
import sys, time
from runtime.model.call import Call, Export, Failed
from runtime.model.element import Buffer, Element
from runtime.model.linked import Limits, Role
from runtime.wasm.host import Host
from tests.support.wasm.flows import OneNode
from tests.support.wasm.guests import ECHO, ECHO_IN_PARTS, component
from tests.support.wasm.layers import make_layer
name, size = sys.argv[1], 15 << 20
def peak():
    text = open("/proc/self/status").read()
    return int(text.split("VmHWM:")[1].split()[0])
core = ECHO if name == "native" else ECHO_IN_PARTS
limits = Limits(fuel=0, memory_bytes=128 << 20, call_timeout_ms=0)
data = component(core, Role.PROCESSOR, pages=8)
with OneNode(Host(None, make_layer(name)), data, Role.PROCESSOR, limits=limits) as node:
    node.start()
    payload = b"x" * size
    open("/proc/self/clear_refs", "w").write("5")
    before = peak()
    times = []
    for number in range(4):
        began = time.process_time()
        answer = node.call(data=payload)
        times.append(time.process_time() - began)
        assert answer.outcome.outputs[0].payload.data == payload, answer.outcome
    grown = peak() - before
    print(f"{min(times) * 1e3:.1f} {grown / 1024:.0f}")
"""


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 0.1
    print("microseconds of processor time a call: median (least - most), times the quickest")
    with tempfile.TemporaryDirectory(prefix="torvyn-studio-floor-") as folder:
        for name, ways, lowest in kinds(Path(folder)):
            found = measure(ways, lowest, rounds, seconds)
            quickest = min(map(statistics.median, found.values()))
            print(f"{name:<28}", end="")
            for label, took in found.items():
                median = statistics.median(took)
                print(
                    f"  {label} {median:,.2f} ({min(took):,.2f} - {max(took):,.2f})"
                    f" x{median / quickest:.2f}",
                    end="",
                )
            print(flush=True)
    if all((BUILD / f"{name}.wasm").exists() for name in ("event-router", "metric-sink")):
        rates: dict[str, list[float]] = {}
        for _ in range(3):
            for label, layer in layers().items():
                rates.setdefault(label, []).append(elements_a_second(layer, 10 * seconds))
        for label, rate in rates.items():
            median = statistics.median(rate)
            spread = f"{min(rate):,.0f} - {max(rate):,.0f}"
            print(f"fan-out, {label}: {median:,.0f} elements a second ({spread})")
    for label in layers():
        done = subprocess.run(
            [sys.executable, "-c", _LARGE, label], capture_output=True, text=True, check=True
        )
        milliseconds, grown = done.stdout.split()
        print(f"15 MiB there and back, {label}: {milliseconds} ms, {grown} MiB of memory more")
    extension = native_extension()
    if extension is not None:
        package = Path(extension.__file__).parent  # type: ignore[attr-defined]
        size = max(path.stat().st_size for path in package.glob("torvyn_studio_native*.so"))
        print(f"the extension: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
