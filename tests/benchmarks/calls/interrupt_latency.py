"""How soon an endless loop in a component ends: when it is interrupted, and at its time limit.

    python -m tests.benchmarks.calls.interrupt_latency [TIMES]

On the call layers that are there. Milliseconds by the clock: from `interrupt`, on another thread,
to the answer of the call; and from the moment at which the limit was reached.
"""

from __future__ import annotations

import sys
import threading
import time

from runtime.model.linked import Limits, Role
from runtime.wasm.host import Host
from tests.support.wasm.flows import OneNode
from tests.support.wasm.guests import LOOP, component
from tests.support.wasm.layers import make_layer, native_extension

LIMIT_MS = 100


def interrupted(host: Host) -> float:
    """Milliseconds from `interrupt` to the answer."""
    asked: list[int] = []
    limits = Limits(fuel=0, call_timeout_ms=60_000)
    with OneNode(host, component(LOOP, Role.SINK), Role.SINK, limits=limits) as node:
        node.start()

        def interrupt() -> None:
            asked.append(time.monotonic_ns())
            node.invoker.interrupt()

        timer = threading.Timer(0.05, interrupt)
        timer.start()
        node.failure(data=b"x")
        return (time.monotonic_ns() - asked[0]) / 1e6


def out_of_time(host: Host) -> float:
    """Milliseconds from the limit to the answer."""
    limits = Limits(fuel=0, call_timeout_ms=LIMIT_MS)
    with OneNode(host, component(LOOP, Role.SINK), Role.SINK, limits=limits) as node:
        node.start()
        began = time.monotonic_ns()
        node.failure(data=b"x")
        return (time.monotonic_ns() - began) / 1e6 - LIMIT_MS


def main() -> None:
    """Print medians and the worst."""
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    for name in ("direct", "native") if native_extension() else ("direct",):
        host = Host(None, make_layer(name))
        for what, measure in (("interrupted", interrupted), ("at its limit", out_of_time)):
            found = sorted(measure(host) for _ in range(times))
            middle, last = found[times // 2], found[-1]
            print(f"{name:7} {what:13} median {middle:6.2f} ms, worst {last:6.2f} of {times}")


if __name__ == "__main__":
    main()
