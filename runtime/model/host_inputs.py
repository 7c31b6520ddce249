"""Where the host takes what a component asks for and cannot compute: time and random numbers."""

from __future__ import annotations

from typing import Protocol


class HostInputs(Protocol):
    """Gives host inputs: this machine's, or recorded ones in a replay."""

    def answer(self, node: str, call: int, interface: str, function: str, size: int) -> int | bytes:
        """The answer to one question of `node` during call number `call`.

        `interface` has no version. Clocks (`now`) answer nanoseconds, `get-…-u64` a 64-bit
        number, `get-…-bytes` exactly `size` bytes, `insecure-seed` 16 bytes.
        """
        ...

    def wait_ns(self, node: str, call: int, requested_ns: int) -> int:
        """How long a component that asked to sleep really sleeps, in nanoseconds."""
        ...
