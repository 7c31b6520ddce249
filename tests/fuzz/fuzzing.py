"""Runs hostile input, each command in a process with a time limit, and judges how it ended.

Run by hand as `make fuzz`, or as `python -m tests.fuzz.fuzzing`, which has `--help`.

A traceback, a hang, an end by a signal or an exit code that is not documented is a failure; its
input is kept in a folder that is named, with the command and what it wrote. A case is made of the
seed and its number alone, so that `--seed` tries the same ones.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from runtime.model.errors import ExitCode
from tests.fuzz.inputs import FUZZERS, ROOT
from tests.support.command_server import TIMEOUT_SECONDS, run

KEPT = ROOT / ".fuzz-failures"
DOCUMENTED = frozenset(int(code) for code in ExitCode if code is not ExitCode.INTERNAL)


@dataclass(frozen=True, slots=True)
class FuzzFailure:
    """A command that did not end as it should."""

    case: str
    command: tuple[str, ...]
    reason: str
    kept: Path
    """Where its input is."""


def fault(code: int, written: bytes) -> str:
    """What is wrong with how a command ended; empty when nothing is."""
    if code == -signal.SIGALRM:
        return f"no end after {TIMEOUT_SECONDS} s"
    if b"Traceback (most recent call last)" in written:
        return "a traceback"
    if b"panicked at" in written:
        return "a panic of native code"
    if code < 0:
        return f"ended by signal {-code}"
    if code == ExitCode.INTERNAL:
        return "a mistake of ours, with a traceback in a log file"
    return "" if code in DOCUMENTED else f"exit code {code}, which is not documented"


def fuzz(name: str, number: int, seed: int, kept: Path = KEPT) -> tuple[list[FuzzFailure], int]:
    """Try one case; its failures, and how many commands ran."""
    case_name = f"{name}-{seed}-{number}"
    failures = []
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        folder = Path(place)
        case = FUZZERS[name](folder, Random(case_name))
        for command in case.commands:
            done = run(command, folder)
            written = done.stdout + done.stderr
            reason = fault(done.returncode, written)
            if reason:
                goal = kept / case_name
                for file in case.files:
                    (goal / file).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(folder / file, goal / file)
                (goal / "written").write_bytes(written)
                failures.append(FuzzFailure(case_name, command, reason, goal))
    return failures, len(case.commands)


def fuzz_for(seconds: float, seed: int, names: Iterable[str]) -> list[FuzzFailure]:
    """Try cases of each fuzzer in turn until the time is over; prints failures and counts."""
    chosen = tuple(names)
    end = time.monotonic() + seconds
    failures: list[FuzzFailure] = []
    cases: Counter[str] = Counter()
    commands = number = 0
    while time.monotonic() < end:
        for name in chosen:
            found, ran = fuzz(name, number, seed)
            cases[name] += 1
            commands += ran
            failures += found
            for one in found:
                print(f"{one.case}: {' '.join(one.command)!a}: {one.reason}; kept in {one.kept}")
        number += 1
    counts = ", ".join(f"{count} {name}" for name, count in cases.items())
    print(f"seed {seed}: {counts}; {commands} commands, {len(failures)} failures")
    return failures


def main() -> int:
    """The command line of the fuzzers."""
    parser = argparse.ArgumentParser(description="Give hostile input to the command line.")
    parser.add_argument("fuzzers", nargs="*", metavar="FUZZER", help=", ".join(FUZZERS))
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    unknown = [name for name in given.fuzzers if name not in FUZZERS]
    if unknown:
        parser.error(f"no fuzzer {unknown[0]}; there are {', '.join(FUZZERS)}")
    failures = fuzz_for(given.seconds, given.seed, given.fuzzers or FUZZERS)
    return ExitCode.FAILED if failures else ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
