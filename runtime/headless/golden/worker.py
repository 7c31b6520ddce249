"""A process that runs tests: a job a line on stdin, a result a line on stdout."""

from __future__ import annotations

import os
import sys

import msgspec

from runtime.child.gc_tuning import settle_collector
from runtime.child.leaving import leave_process
from runtime.headless.golden.golden_test import GoldenTest
from runtime.headless.golden.run_test import run_test


def main() -> None:
    """Work until there are no more jobs."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    # Whatever else is written must not be taken for a result.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    settle_collector()
    for line in sys.stdin.buffer:
        result = run_test(msgspec.json.decode(line, type=GoldenTest))
        answers.write(msgspec.json.encode(result) + b"\n")
    leave_process(0)


if __name__ == "__main__":
    main()
