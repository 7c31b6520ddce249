"""What the host answers when a component asks for the time or for random numbers."""

from __future__ import annotations

import os
import time
from typing import Protocol

from runtime.wasm.host_functions.boundary import MONOTONIC_CLOCK, WALL_CLOCK


class HostInputs(Protocol):
    """Answers what a component can not compute; replaced by recorded answers in a replay."""

    def answer(self, node: str, call: int, interface: str, function: str, size: int) -> int | bytes:
        """The answer to one question of `node` during call number `call`.

        `interface` has no version. Clocks (`now`) answer nanoseconds, `get-…-u64` a 64-bit
        number, `get-…-bytes` exactly `size` bytes, `insecure-seed` 16 bytes.
        """
        ...

    def wait_ns(self, node: str, call: int, requested_ns: int) -> int:
        """How long a component that asked to sleep really sleeps, in nanoseconds."""
        ...


class LiveHostInputs:
    """The machine's own clocks and random numbers."""

    def answer(self, node: str, call: int, interface: str, function: str, size: int) -> int | bytes:
        """See `HostInputs.answer`."""
        if interface == WALL_CLOCK:
            return time.time_ns()
        if interface == MONOTONIC_CLOCK:
            return time.perf_counter_ns()
        data = os.urandom(size)
        return int.from_bytes(data, "little") if function.endswith("-u64") else data

    def wait_ns(self, node: str, call: int, requested_ns: int) -> int:
        """What was asked for."""
        return requested_ns
