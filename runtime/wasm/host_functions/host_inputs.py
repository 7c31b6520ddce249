"""Host inputs of this machine: its clocks and its random numbers."""

from __future__ import annotations

import os
import time

from runtime.wasm.host_functions.boundary import MONOTONIC_CLOCK, WALL_CLOCK


class LiveHostInputs:
    """The machine's own clocks and random numbers."""

    live = True
    """A call layer may take the machine's own without asking here."""

    def answer(self, node: str, call: int, interface: str, function: str, size: int) -> int | bytes:
        """See `runtime.model.host_inputs.HostInputs.answer`."""
        if interface == WALL_CLOCK:
            return time.time_ns()
        if interface == MONOTONIC_CLOCK:
            return time.perf_counter_ns()
        data = os.urandom(size)
        return int.from_bytes(data, "little") if function.endswith("-u64") else data

    def wait_ns(self, node: str, call: int, requested_ns: int) -> int:
        """What was asked for."""
        return requested_ns
