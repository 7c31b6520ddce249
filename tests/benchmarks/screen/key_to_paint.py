"""From a key to its picture: in a real terminal, idle and while a flow runs at full speed.

Run it as `python -m tests.benchmarks.screen.key_to_paint` (`--keys N` for more of them). The flows
are those of `screen_cost`, without an end, and one that prints more than anybody can read. A key
that no action has is written into a pseudo terminal of 120 by 36; the clock stops when the status
line that names it has come back out. That is the way of every key: read, bound, drawn, written.
"""

from __future__ import annotations

import argparse
import random
import string
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles

from runtime.model.linked import Role
from tests.benchmarks.screen.screen_cost import chain, fan_out
from tests.support.studio_projects import Project
from tests.support.terminal import Terminal, in_terminal
from tests.support.wasm.guests import ECHO, component, printer
from tests.support.wasm.recorded_guests import counting_source
from workbench.actions.table import ACTIONS

ENDLESS = 2_000_000_000
REST_S = 0.13
"""Between two keys, at least."""
PICTURES_S = 0.1
"""And up to so much more, by chance: a key holds pictures back for a moment, so that keys at a
fixed distance would all meet a picture, or none."""


def free_keys() -> list[str]:
    """Letters that no action has."""
    taken = {key for action in ACTIONS for key in action.keys}
    return [letter for letter in string.ascii_letters if letter not in taken]


def measure(terminal: Terminal, keys: int) -> list[float]:
    """Milliseconds from each key to its line."""
    letters = free_keys()
    rests = random.Random(keys)
    taken = []
    for number in range(keys):
        letter = letters[number % len(letters)]
        since = len(terminal.shown)
        begun = time.perf_counter()
        terminal.type(letter.encode())
        terminal.wait_for(f"{letter} does nothing here".encode(), since)
        taken.append((time.perf_counter() - begun) * 1e3)
        rest(terminal, rests.uniform(REST_S, REST_S + PICTURES_S))
    return taken


def rest(terminal: Terminal, seconds: float) -> None:
    """Take in, and forget, what is drawn meanwhile."""
    rested = time.perf_counter() + seconds
    while (left := rested - time.perf_counter()) > 0:
        terminal.read(left)
    terminal.shown = b""


def told(name: str, taken: list[float]) -> str:
    """One line of the table."""
    cuts = quantiles(taken, n=100, method="inclusive")
    return f"{name:16} {len(taken):5} {cuts[49]:9.1f} {cuts[94]:9.1f} {max(taken):9.1f}"


def flood(folder: Path, elements: int) -> Path:
    """Three nodes, the last of which prints the more the longer it runs: text is thrown away."""
    nodes = {
        "source": (Role.SOURCE, counting_source(elements)),
        "middle": (Role.PROCESSOR, component(ECHO, Role.PROCESSOR)),
        "sink": (Role.SINK, printer()),
    }
    return Project(folder, nodes).write()


FLOWS = (("fan-out", fan_out), ("chain of 20", chain), ("flood", flood))


def latencies(keys: int) -> dict[str, list[float]]:
    """Milliseconds from so many keys to their lines: while a flow stands, and while flows run."""
    found: dict[str, list[float]] = {}
    for name, write in FLOWS:
        with tempfile.TemporaryDirectory() as folder:
            manifest = write(Path(folder), ENDLESS)
            with in_terminal(manifest.name, folder=manifest.parent) as terminal:
                terminal.wait_for(b"PAUSED")
                if "stands" not in found:
                    found["stands"] = measure(terminal, keys)
                terminal.type(b" ")
                terminal.wait_for(b"RUNNING")
                rest(terminal, 1)
                found[f"{name} runs"] = measure(terminal, keys)
                terminal.type(b"Q")
                terminal.exit_code()
    return found


def main() -> int:
    """The table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--keys", type=int, default=60)
    keys = parser.parse_args().keys
    print(f"{'flow':16} {'keys':>5} {'p50, ms':>9} {'p95, ms':>9} {'max, ms':>9}")
    for name, taken in latencies(keys).items():
        print(told(name, taken), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
