"""How long the workbench takes to its first paint, to an open flow, and through its first step.

Run by hand: `python -m tests.benchmarks.processes.start_up [rounds]`.

The command line runs in a pseudo terminal of 120x36 on the fan-out sample, its byte code written
before, as pip does when it installs. The first step is asked for, with `s`, as soon as the flow is
shown as open, and is over when what it did is on the screen. An app of Textual with one line of
text is started in turn with it: no workbench that Textual draws can be there sooner. Times are of
the clock; processor time is that of both processes until then, which other programs disturb less.
"""

from __future__ import annotations

import compileall
import os
import statistics
import sys
import time
from pathlib import Path

from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "sample_flows" / "fan-out"
TICKS = os.sysconf("SC_CLK_TCK")
OPEN, STEPPED = b"PAUSED", b"init ok"
MOMENTS = ("first paint", "flow open", "first step")
FLOOR = "an app of one line"
ONE_LINE = """
from textual.app import App
from textual.widgets import Static

class OneLine(App):
    def compose(self):
        yield Static("1 Flow")

OneLine().run()
"""


def write_byte_code() -> None:
    """As pip does; where the environment forbids Python to write it, each start would compile."""
    for package in ("runtime", "workbench"):
        compileall.compile_dir(ROOT / package, quiet=1)


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
    try:
        found = [_at(terminal, began, b"1 Flow"), _at(terminal, began, OPEN)]
        since = len(terminal.shown)
        terminal.type(b"s")
        found.append(_at(terminal, began, STEPPED, since))
        terminal.type(b"Q")
        terminal.exit_code()
    finally:
        terminal.end()
    return found


def measure_one_line() -> tuple[float, float]:
    """The same of an app that shows one line and nothing else."""
    began = time.monotonic()
    terminal = Terminal([], SAMPLE, code=ONE_LINE)
    try:
        return _at(terminal, began, b"1 Flow")
    finally:
        terminal.end()


def _at(terminal: Terminal, began: float, text: bytes, since: int = 0) -> tuple[float, float]:
    terminal.wait_for(text, since)
    return time.monotonic() - began, processor_seconds(terminal.pid)


def main() -> None:
    """Print medians and the fastest."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    write_byte_code()
    measure()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in (FLOOR, *MOMENTS)}
    for _ in range(rounds):
        found[FLOOR].append(measure_one_line())
        for name, moment in zip(MOMENTS, measure(), strict=True):
            found[name].append(moment)
    print(f"{'until':<20} {'median, s':>10} {'fastest':>8} {'processors, s':>14} {'least':>6}")
    for name, values in found.items():
        clock, processor = zip(*values, strict=True)
        print(
            f"{name:<20} {statistics.median(clock):>10.3f} {min(clock):>8.3f}"
            f" {statistics.median(processor):>14.2f} {min(processor):>6.2f}"
        )


if __name__ == "__main__":
    main()
