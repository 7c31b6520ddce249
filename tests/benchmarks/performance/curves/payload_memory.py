"""What a payload takes of the host's memory at most, while a component is called with it.

Each is measured in a process of its own: how much more was resident at most (`VmHWM`, Linux) while
three calls were made than after one with a small payload. The component's own memory, into which
it reads the payload once, is taken off.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.performance.flows import DIRECT, STOCK, layers
from tests.benchmarks.performance.results import Memory
from tests.benchmarks.performance.rounds import Effort

MIB = 1 << 20
PAYLOADS = (MIB, 15 * MIB)
STOCK_MOST = MIB
READS = "reads it whole"
WAYS = ("passes it on unread", READS, "copies it whole", "copies it in parts of 16 KiB")

_CALLS = """
import json, sys
from runtime.model.call import Export, Failed
from runtime.model.linked import Limits, Role
from runtime.wasm.host import Host
from tests.benchmarks.calls.call_layers import ROUTE_ALL, stock
from tests.benchmarks.performance.curves.payload_curves import PASSED
from tests.support.wasm.flows import OneNode
from tests.support.wasm.guests import ECHO, ECHO_IN_PARTS, component
from tests.support.wasm.layers import make_layer
way, layer, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
role, core = {
    "passes it on unread": (Role.ROUTER, PASSED),
    "reads it whole": (Role.ROUTER, ROUTE_ALL),
    "copies it whole": (Role.PROCESSOR, ECHO),
    "copies it in parts of 16 KiB":
        (Role.PROCESSOR, ECHO_IN_PARTS.replace("1048576", "16384")),
}[way]
data = component(core, role, pages=4)
payload, small = b"x" * size, b"x" * 4096
guest = size if way != "passes it on unread" else 0
def peak():
    return int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) * 1024
def start_over():
    open("/proc/self/clear_refs", "w").write("5")
    return peak()
if layer == "stock binding":
    export = Export.ROUTE if role is Role.ROUTER else Export.PROCESS
    stock(make_layer("direct"), data, role, export, small, False)(1)
    calls = stock(make_layer("direct"), data, role, export, payload, False)
    before = start_over()
    calls(1)
    print(json.dumps([peak() - before - guest, ""]))
    sys.exit()
limits = Limits(fuel=0, memory_bytes=64 << 20, call_timeout_ms=0)
with OneNode(Host(None, make_layer(layer)), data, role, limits=limits) as node:
    node.start()
    node.call(data=small)
    before = start_over()
    refused = ""
    for _ in range(3):
        outcome = node.call(data=payload).outcome
        if isinstance(outcome, Failed):
            refused = f"{outcome.failure.code}: {outcome.failure.message}"
            break
        del outcome
    print(json.dumps([0 if refused else peak() - before - guest, refused]))
"""


def payload_memory(effort: Effort) -> list[Memory]:
    """Every way, on every layer, with each payload; in a quick run with the smaller one."""
    if not Path("/proc/self/clear_refs").exists():
        return []
    found = []
    for payload in PAYLOADS[: 1 if effort.quick else None]:
        for way in WAYS:
            for layer in (*layers(), STOCK):
                if layer == STOCK and (payload > STOCK_MOST or way != READS):
                    continue
                words = [sys.executable, "-c", _CALLS, way, layer, str(payload)]
                done = subprocess.run(words, capture_output=True, text=True, check=True)
                peak, refused = json.loads(done.stdout)
                # The payload itself is there before the calls; it belongs to the host as well.
                found.append(Memory(way, layer, payload, payload + peak, refused))
    return found


def most_times(memory: list[Memory], layer: str = DIRECT) -> float:
    """The most memory a payload took on a layer, in payloads."""
    return max((one.peak / one.payload for one in memory if one.layer == layer), default=0.0)
