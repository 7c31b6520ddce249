"""What the workbench takes of a flow's speed: the same flows without a screen and with one.

Run it as `python -m tests.benchmarks.screen.screen_cost` (`--rounds N`, `--flow NAME`). Each round
runs a flow three ways, one after the other:

- headless: `torvyn-studio run`, its standard output thrown away, in the order of calls that the
  workbench runs in (weighted-fair, where the manifest names none);
- unwatched: a session in a child process, as the workbench has it, that is asked only twice a
  second: what the session keeps for going back costs, and no screen does;
- screen: the workbench in a pseudo terminal, from `space` until the flow has ended.

Elements a second are by the clock. Microseconds an element are of processors: of the process that
makes the calls, and of the one that draws, which has a core of its own where there are two. The
share is that of the headless speed; all figures are medians over the rounds.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from runtime.model.events import FlowState
from runtime.model.linked import Role, SchedulePolicy
from runtime.protocol.requests import Continue
from tests.support.process_sessions import process_link
from tests.support.studio_projects import Project
from tests.support.terminal import Terminal
from tests.support.wasm.guests import ECHO, component
from tests.support.wasm.recorded_guests import counting_source

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "sample_flows"
TICKS = os.sysconf("SC_CLK_TCK")
SIZES = ((120, 36), (200, 60))
ASKED_S = 0.5
KEPT_BYTES = 1_000
PATIENCE_S = 120.0
CHAIN_NODES = 20


class Run(NamedTuple):
    """One run of a flow: seconds by the clock, and of the processors of both processes."""

    seconds: float
    calling: float
    drawing: float = 0.0


# ---- the flows


def fan_out(folder: Path, elements: int) -> Path:
    """The sample, with a source of so many elements in place of its four."""
    manifest = _sample("fan-out", folder)
    source = folder / ".torvyn" / "build" / "event-source.wasm"
    source.write_bytes(counting_source(elements))
    return manifest


def event_driven(folder: Path, elements: int) -> Path:
    """The sample, with so many orders in place of its sixty."""
    manifest = _sample("event-driven", folder)
    text = manifest.read_text()
    asked = '{"count": 60}'
    assert asked in text
    manifest.write_text(text.replace(asked, f'{{"count": {elements}}}'))
    return manifest


def chain(folder: Path, elements: int) -> Path:
    """Twenty nodes in a row, the last of which prints."""
    echo = component(ECHO, Role.PROCESSOR)
    nodes = {"source": (Role.SOURCE, counting_source(elements))}
    for number in range(1, CHAIN_NODES - 1):
        nodes[f"stage-{number:02}"] = (Role.PROCESSOR, echo)
    nodes["sink"] = (Role.SINK, (SAMPLES / "fan-out/.torvyn/build/metric-sink.wasm").read_bytes())
    return Project(folder, nodes).write()


def _sample(name: str, folder: Path) -> Path:
    build = SAMPLES / name / ".torvyn" / "build"
    shutil.copytree(build, folder / ".torvyn" / "build")
    # Components are named by the folder of their source, which is not wanted here.
    return Path(shutil.copy(SAMPLES / name / "Torvyn.toml", folder))


FLOWS: dict[str, tuple[Callable[[Path, int], Path], int]] = {
    "fan-out": (fan_out, 30_000),
    "event-driven": (event_driven, 20_000),
    "chain of 20": (chain, 6_000),
}
"""By name: what writes it, and how many elements it is run with."""


# ---- the ways to run one


def headless(manifest: Path, schedule: SchedulePolicy) -> Run:
    """`torvyn-studio run`; the processor time is that of the whole process."""
    command = [sys.executable, "-m", "workbench.cli", "run", str(manifest)]
    command += ["--schedule", schedule.value]
    # Standard error is short enough for its pipe: nobody needs to read while it runs.
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.stderr is not None
        summary = process.stderr.read()
    assert not process.returncode, summary
    duration = re.search(rb"Duration +([0-9.]+) s", summary)
    assert duration is not None, summary
    return Run(float(duration[1]), used.ru_utime + used.ru_stime)


def unwatched(manifest: Path) -> Run:
    """A session in a process of its own, seldom asked."""
    link = process_link(manifest)
    try:
        while (link.poll()).snapshot is None:
            time.sleep(0.01)
        calling = processor_seconds(link.pid)
        began = time.monotonic()
        link.send(Continue())
        state = FlowState.RUNNING
        while not state.ended:
            time.sleep(ASKED_S if state is FlowState.RUNNING else 0)
            snapshot = link.poll().snapshot
            state = state if snapshot is None else snapshot.state
            assert time.monotonic() - began < PATIENCE_S
        return Run(time.monotonic() - began, processor_seconds(link.pid) - calling)
    finally:
        link.close()


def watched(manifest: Path, columns: int, rows: int) -> Run:
    """The workbench, from the key to the end of the flow as it is shown."""
    terminal = Terminal([manifest.name], manifest.parent, columns=columns, rows=rows)
    try:
        terminal.wait_for(b"PAUSED")
        _read_for(terminal, 1.0)
        child = int(Path(f"/proc/{terminal.pid}/task/{terminal.pid}/children").read_text())
        calling, drawing = processor_seconds(child), processor_seconds(terminal.pid)
        began = time.monotonic()
        terminal.shown = b""
        terminal.type(b" ")
        while b"COMPLETED" not in terminal.shown:
            terminal.shown = terminal.shown[-KEPT_BYTES:]
            terminal.read()
            assert time.monotonic() - began < PATIENCE_S
        run = Run(
            time.monotonic() - began,
            processor_seconds(child) - calling,
            processor_seconds(terminal.pid) - drawing,
        )
        terminal.type(b"Q")
        terminal.exit_code()
        return run
    finally:
        terminal.end()


def _read_for(terminal: Terminal, seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        terminal.read(min(left, 0.2))


def processor_seconds(pid: int) -> float:
    """What a process and its threads have used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


# ---- the table


def measure(name: str, rounds: int) -> None:
    """Print the rows of one flow."""
    write, elements = FLOWS[name]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        manifest, short = write(Path(one), elements), write(Path(other), 1)
        schedule = SchedulePolicy.WEIGHTED_FAIR
        started = headless(short, schedule).calling
        ways: dict[str, Callable[[], Run]] = {"headless": lambda: headless(manifest, schedule)}
        ways["unwatched"] = lambda: unwatched(manifest)
        for columns, rows in SIZES:
            ways[f"screen {columns}x{rows}"] = partial(watched, manifest, columns, rows)
        found: dict[str, list[Run]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, run in ways.items():
                done = run()
                if way == "headless":
                    done = done._replace(calling=done.calling - started)
                found[way].append(done)
    alone = statistics.median(run.seconds for run in found["headless"])
    for way, runs in found.items():
        seconds, calling, drawing = map(statistics.median, zip(*runs, strict=True))
        print(
            f"{name:12} {way:14} {elements / seconds:10,.0f} {100 * alone / seconds:7.0f} %"
            f" {1e6 * calling / elements:10.1f} {1e6 * drawing / elements:10.1f}"
            f" {100 * drawing / seconds:7.0f} %",
            flush=True,
        )


def main() -> None:
    """The table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--flow", choices=FLOWS, action="append")
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    print(
        f"{'flow':12} {'way':14} {'elements/s':>10} {'share':>9} {'calls, µs':>10}"
        f" {'screen, µs':>10} {'of a core':>9}"
    )
    for name in asked.flow or FLOWS:
        measure(name, asked.rounds)
    print(f"load {load:.1f} at the start, {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
