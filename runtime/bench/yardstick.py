"""The yardstick: work that never changes, which tells how fast the machine is just now."""

from __future__ import annotations

import time

from runtime.model.measures.time_units import NS_PER_MS

EVERY_NS = 5 * NS_PER_MS
"""A piece is done each time that the flow has taken so long: half a percent of its time."""


def piece_ns() -> int:
    """Processor time of one piece, about 20 µs, in nanoseconds.

    It is work of the interpreter, as a flow's is. The median of many of them, done between a flow's
    calls, follows what other programs on the machine do to it: within a few percent where pieces of
    milliseconds, or those that wait for memory, differ by ten and more.
    """
    began = time.process_time_ns()
    table: dict[int, tuple[int, int]] = {}
    for number in range(400):
        table[number & 63] = (number, len(table))
    return time.process_time_ns() - began
