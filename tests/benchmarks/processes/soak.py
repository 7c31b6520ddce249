"""The workbench at full speed for a long time: memory of both processes, and key latency.

Run by hand: `python -m tests.benchmarks.processes.soak [minutes]`; an hour is what memory is
judged by.

The real workbench runs in a terminal of its own, on a source that does not end and a sink that
prints. Every minute gives a line: resident memory (RSS) of the screen's process and of the
runtime's, in KiB. Key latency is the time from `?` to the first words of the help, at the start
and at the end.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.support.terminal import Terminal, in_terminal

ROOT = Path(__file__).parents[3]
BUILD = ROOT / "sample_flows" / "backpressure" / ".torvyn" / "build"
MINUTE_S = 60.0
KEYS = 30
HELP = b"Help  "
WARM_UP_MINUTES = 5
"""Rings fill up until then; growth is counted from there."""

MANIFEST = """\
[torvyn]
name = "soak"
version = "0.1.0"
contract_version = "0.1.0"

[[component]]
name = "ticker"
path = "ticker"

[[component]]
name = "slow-sink"
path = "slow-sink"

[security.grants.sink]
capabilities = ["stdio:stdout"]

[flow.main.nodes.source]
component = "ticker"
interface = "torvyn:streaming/source"
config = '{"count": 1000000000000}'

[flow.main.nodes.sink]
component = "slow-sink"
interface = "torvyn:streaming/sink"
config = '{"work": 0}'

[[flow.main.edges]]
from = { node = "source", port = "output" }
to = { node = "sink", port = "input" }
"""


def write_project(folder: Path) -> Path:
    """Write the manifest and its built components; the manifest's path."""
    shutil.copytree(BUILD, folder / ".torvyn" / "build")
    manifest = folder / "Torvyn.toml"
    manifest.write_text(MANIFEST)
    return manifest


def rss_kib(pid: int) -> int:
    """Resident memory of a process, in KiB."""
    for row in Path(f"/proc/{pid}/status").read_text().splitlines():
        if row.startswith("VmRSS:"):
            return int(row.split()[1])
    raise ProcessLookupError(pid)


def child_of(pid: int) -> int:
    """The runtime's process: the child that the screen started."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


def read_for(terminal: Terminal, seconds: float) -> None:
    """Take in, and forget, what is drawn meanwhile."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        terminal.read(min(0.2, max(end - time.monotonic(), 0.01)))
        terminal.shown = terminal.shown[-100:]


def key_latency_ms(terminal: Terminal) -> list[float]:
    """Milliseconds from `?` until the help is drawn, `KEYS` times."""
    found = []
    for _ in range(KEYS):
        terminal.shown = b""
        began = time.perf_counter()
        terminal.type(b"?")
        terminal.wait_for(HELP)
        found.append((time.perf_counter() - began) * 1_000)
        terminal.type(b"\x1b")
        read_for(terminal, 0.4)
    return sorted(found)


def say_latency(when: str, found: list[float]) -> None:
    """One line of key latency."""
    p95 = found[int(len(found) * 0.95)]
    print(
        f"key to help {when}: p50 {statistics.median(found):.0f} ms, p95 {p95:.0f} ms", flush=True
    )


def main() -> None:
    """Run, and say what was seen."""
    minutes = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as folder:
        manifest = write_project(Path(folder))
        with in_terminal(manifest.name, folder=manifest.parent) as terminal:
            terminal.wait_for(b"PAUSED")
            terminal.type(b" ")
            terminal.wait_for(b"RUNNING")
            read_for(terminal, 5)
            runtime = child_of(terminal.pid)
            say_latency("at the start", key_latency_ms(terminal))
            seen: list[tuple[int, int]] = []
            print("minute  screen KiB  runtime KiB", flush=True)
            for minute in range(minutes + 1):
                if minute:
                    read_for(terminal, MINUTE_S)
                seen.append((rss_kib(terminal.pid), rss_kib(runtime)))
                print(f"{minute:6}  {seen[-1][0]:10,}  {seen[-1][1]:11,}", flush=True)
            say_latency("at the end", key_latency_ms(terminal))
            since = min(WARM_UP_MINUTES, len(seen) - 1)
            for name, index in (("screen", 0), ("runtime", 1)):
                first, last = seen[since][index], seen[-1][index]
                print(f"{name}: {100 * (last - first) / first:+.1f} % since minute {since}")


if __name__ == "__main__":
    main()
