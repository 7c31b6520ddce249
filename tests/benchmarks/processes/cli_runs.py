"""Many runs of one flow at once, on a busy machine: how often does a good run end badly?

Run by hand: `python -m tests.benchmarks.processes.cli_runs [runs] [at once]`; a thousand runs,
three at once, are what the way out of the process is judged by.

Every run prints what its components print and a summary, and ends. The table counts exit codes,
panics of native threads (`panicked` on standard error), tracebacks, and outputs that are not the
expected ones.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "sample_flows" / "fan-out"
EXPECTED = (SAMPLE / "expected-output.txt").read_bytes()
COMMAND = [sys.executable, "-m", "workbench.cli", "run", str(SAMPLE / "Torvyn.toml")]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


def run_once(_number: int) -> tuple[str, ...]:
    """One run, as what is counted of it."""
    done = subprocess.run(COMMAND, capture_output=True, check=False, cwd=ROOT, env=ENVIRONMENT)
    found = [f"exit code {done.returncode}"]
    if b"panicked" in done.stderr:
        found.append("a panic on standard error")
    if b"Traceback" in done.stderr:
        found.append("a traceback on standard error")
    if done.stdout != EXPECTED:
        found.append("another output")
    return tuple(found)


def main(runs: int, at_once: int) -> None:
    """Run, and print the table."""
    began, load = time.monotonic(), os.getloadavg()[0]
    counts: Counter[str] = Counter()
    with ThreadPoolExecutor(at_once) as pool:
        for number, found in enumerate(pool.map(run_once, range(runs)), start=1):
            counts.update(found)
            if number % 100 == 0:
                print(f"after {number:,} runs: {dict(counts)}", flush=True)
    minutes = (time.monotonic() - began) / 60
    loads = f"load {load:.1f} at the start, {os.getloadavg()[0]:.1f} at the end"
    print(f"{runs:,} runs, {at_once} at once, in {minutes:.0f} minutes; {loads}")
    for what, count in sorted(counts.items()):
        print(f"{count:>6,}  {what}")


if __name__ == "__main__":
    main(*(int(word) for word in (sys.argv[1:] + ["1000", "3"][len(sys.argv) - 1 :])))
