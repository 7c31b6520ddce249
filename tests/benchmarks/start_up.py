"""How long the workbench takes to its first paint, to an open flow, and to its first step.

Run by hand: `python -m tests.benchmarks.start_up [rounds]`.

The command line runs in a pseudo terminal of 120x36 on the fan-out sample, its code compiled
before. Times are of the clock; processor time is that of both processes until then, which other
programs disturb less.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path

from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample_flows" / "fan-out"
TICKS = os.sysconf("SC_CLK_TCK")
# Before the first step only `init(source)` is on screen, the call that is next.
MOMENTS = (("first paint", b"1 Flow"), ("flow open", b"PAUSED"), ("first step", b"init "))


def processor_seconds(pid: int) -> float:
    """Of a process and the children it has."""
    seconds = 0.0
    for one in (pid, *_children(pid)):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        seconds += (int(fields[11]) + int(fields[12])) / TICKS
    return seconds


def _children(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for one in threads for child in (one / "children").read_text().split()]


def measure() -> list[tuple[float, float]]:
    """Seconds by the clock and of processors, at each moment."""
    began = time.monotonic()
    terminal = Terminal([], SAMPLE)
    found = []
    try:
        for name, text in MOMENTS:
            since = len(terminal.shown) if name == "first step" else 0
            if since:
                terminal.type(b"s")
            terminal.wait_for(text, since)
            found.append((time.monotonic() - began, processor_seconds(terminal.pid)))
        terminal.type(b"Q")
        terminal.exit_code()
    finally:
        terminal.end()
    return found


def main() -> None:
    """Print medians and the fastest."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    measure()
    all_found = [measure() for _ in range(rounds)]
    for (name, _), values in zip(MOMENTS, zip(*all_found, strict=True), strict=True):
        clock, processor = zip(*values, strict=True)
        print(
            f"{name:<12} median {statistics.median(clock):.3f} s, fastest {min(clock):.3f} s; "
            f"processor time {statistics.median(processor):.2f} s, least {min(processor):.2f} s"
        )


if __name__ == "__main__":
    main()
