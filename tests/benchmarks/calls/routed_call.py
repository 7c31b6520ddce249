"""What one routed call costs: through `WasmInvoker.invoke`, and through wasmtime-py's binding.

Run by hand: `python -m tests.benchmarks.calls.routed_call [calls per round] [rounds]`.

Both ways call the same component with the same elements in turns, in one process, with fuel
and epochs on. The invoker's figure has everything in it: a `Call` is made, an `Answer` with
its duration, copies and fuel comes back. The binding's figure has the call and its host
functions only.
"""

from __future__ import annotations

import hashlib
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from wasmtime import Engine

from runtime.model.call import Call, Export, Failed
from runtime.model.element import Buffer, Element
from runtime.model.linked import (
    LIFECYCLE_INTERFACE,
    ROLE_INTERFACES,
    LinkedFlow,
    LinkedNode,
    Role,
)
from runtime.wasm.direct.direct_layer import DirectLayer
from runtime.wasm.host import Host
from runtime.wasm.stock.stock_host import StockHost
from runtime.wasm.wasm_invoker import WasmInvoker
from tests.support.wasm.guests import ECHO, ROUTER, component

ROOT = Path(__file__).parents[3]
BUILD = ROOT / "sample_flows" / "fan-out" / ".torvyn" / "build"
PAYLOADS = (
    b'{"type":"metric","name":"cpu_usage","value":72.5}',
    b'{"type":"metric","name":"mem_used","value":4096.}',
)


def guests() -> list[tuple[str, bytes, Role, Export, bool, tuple[bytes, ...]]]:
    """Name, component, role, export, lifecycle, payloads."""
    routed = tuple(b"1" + payload[1:] for payload in PAYLOADS)
    found = [
        ("router in WAT", component(ROUTER, Role.ROUTER), Role.ROUTER, Export.ROUTE, False, routed),
        (
            "echo in WAT",
            component(ECHO, Role.PROCESSOR),
            Role.PROCESSOR,
            Export.PROCESS,
            False,
            PAYLOADS,
        ),
    ]
    for name, role, export in (
        ("event-router", Role.ROUTER, Export.ROUTE),
        ("metric-processor", Role.PROCESSOR, Export.PROCESS),
    ):
        path = BUILD / f"{name}.wasm"
        if path.exists():
            found.append((name, path.read_bytes(), role, export, True, PAYLOADS))
    return found


def elements(payloads: tuple[bytes, ...]) -> list[Element]:
    return [
        Element(n, n, "s", n, n, "application/json", Buffer(payloads[n % len(payloads)]))
        for n in range(16)
    ]


def direct(
    host: Host, data: bytes, role: Role, export: Export, lifecycle: bool, inputs: list[Element]
) -> tuple[WasmInvoker, Callable[[int], None]]:
    """An invoker of one node, and what makes n calls."""
    digest = hashlib.sha256(data).hexdigest()
    interface = f"{ROLE_INTERFACES[role]}@0.1.0"
    life = f"{LIFECYCLE_INTERFACE}@0.1.0" if lifecycle else None
    node = LinkedNode("node", role, interface, "guest", "", digest, life)
    flow = LinkedFlow("main", "Torvyn.toml", (node,), ())
    invoker = WasmInvoker(flow, host, compiled={digest: host.compile(data)})
    invoker.invoke(Call(0, "node", Export.INIT, argument="{}"))
    assert not isinstance(invoker.invoke(Call(1, "node", export, inputs[0])).outcome, Failed)

    def calls(count: int) -> None:
        invoke = invoker.invoke
        for number in range(count):
            invoke(Call(number, "node", export, inputs[number & 15]))

    return invoker, calls


def stock(
    engine: Engine, data: bytes, role: Role, export: Export, lifecycle: bool, inputs: list[Element]
) -> Callable[[int], None]:
    """What makes n calls the usual way."""
    life = f"{LIFECYCLE_INTERFACE}@0.1.0" if lifecycle else None
    instance = StockHost(engine, data, f"{ROLE_INTERFACES[role]}@0.1.0", life)
    if lifecycle:
        instance.call(Export.INIT, argument="{}")

    def calls(count: int) -> None:
        for number in range(count):
            instance.call(export, inputs[number & 15])

    return calls


def main() -> None:
    per_round = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 25
    layer = DirectLayer()
    host = Host(None, layer)
    print(f"{'component':<18} {'invoker':>10} {'binding':>10} {'ratio':>7}   us a call, medians")
    for name, data, role, export, lifecycle, payloads in guests():
        inputs = elements(payloads)
        invoker, fast = direct(host, data, role, export, lifecycle, inputs)
        slow = stock(layer.engine, data, role, export, lifecycle, inputs)
        took: dict[str, list[float]] = {"fast": [], "slow": []}
        for _ in range(rounds):
            for label, calls, count in (("fast", fast, per_round), ("slow", slow, per_round // 10)):
                began = time.perf_counter()
                calls(count)
                took[label].append((time.perf_counter() - began) / count * 1e6)
        quick, slower = statistics.median(took["fast"]), statistics.median(took["slow"])
        print(
            f"{name:<18} {quick:>10.1f} {slower:>10.1f} {slower / quick:>6.1f}x"
            f"   fastest {min(took['fast']):.1f} and {min(took['slow']):.1f}"
        )
        invoker.close()


if __name__ == "__main__":
    main()
