"""Durations as a reader wants them, in the log, on the screen and on the command line."""

from __future__ import annotations

from runtime.model.measures.time_units import NS_PER_MS, NS_PER_S


def spaced_duration(nanoseconds: int) -> str:
    """Three digits and a unit: 850 ns, 12.3 µs, 4.56 ms, 3.21 s, 2 min 5 s."""
    for unit, whole in (("ns", 1), ("µs", 1_000), ("ms", NS_PER_MS), ("s", NS_PER_S)):
        value = nanoseconds / whole
        if value < 999.5 and not (unit == "s" and value >= 119.5):
            return f"{value:.3g} {unit}"
    minutes, seconds = divmod(round(nanoseconds / NS_PER_S), 60)
    return f"{minutes} min {seconds} s"
