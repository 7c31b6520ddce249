"""Tests on a Dask cluster of this machine, of which a worker is killed in the middle.

Needs the extra `cluster`; without it there is nothing to run here.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.headless.golden.dask_runner import DaskRunner
from runtime.headless.golden.find_tests import find_tests
from runtime.headless.golden.golden_test import GoldenResult, GoldenTest, GoldenVerdict
from runtime.headless.golden.worker_pool import GoldenProcess, WorkerPool
from tests.support.studio_projects import ROOT

distributed: Any = pytest.importorskip("distributed")
WORKERS, RECORDINGS, BEFORE_THE_DEATH = 3, 12, 3
SAMPLE = ROOT / "sample_flows" / "fan-out"


@pytest.fixture
def cluster() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=WORKERS,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        worker_dashboard_address=None,
        silence_logs=50,
    ) as made:
        yield made


def project(folder: Path) -> list[GoldenTest]:
    """Recordings of which one is of other outputs, one is damaged, and one is asserted about."""
    shutil.copytree(SAMPLE, folder)
    for number in range(RECORDINGS):
        shutil.copy(folder / "four-events.rec", folder / f"r{number:02}.rec")
    other = (folder / "r03.rec").read_bytes()
    (folder / "r05.rec").write_bytes(other[: len(other) // 2])
    (folder / "r07.expect").write_text("no output from metric-sink\n4 outputs from source\n")
    return find_tests([folder], GoldenTest(recording="", name=""))


@pytest.mark.filterwarnings("ignore")
def test_a_worker_that_is_killed_changes_no_verdict_and_nothing_is_counted_twice(
    tmp_path: Path, cluster: Any
) -> None:
    tests = project(tmp_path / "project")
    expected: list[GoldenResult] = []
    pool = WorkerPool([GoldenProcess(), GoldenProcess()])
    try:
        pool.run(tests, expected.append)
    finally:
        pool.close()
    verdicts = {result.name: result.verdict for result in expected}
    assert Counter(verdicts.values()) == {
        GoldenVerdict.PASSED: RECORDINGS - 1,
        GoldenVerdict.FAILED: 1,
        GoldenVerdict.ERROR: 1,
    }

    found: list[GoldenResult] = []
    killed: list[int] = []
    runner = DaskRunner(cluster.scheduler_address)
    with distributed.Client(cluster, set_as_default=False) as client:
        pids = client.run(os.getpid)

        def take(result: GoldenResult) -> None:
            found.append(result)
            if len(found) == BEFORE_THE_DEATH:
                busy = next(address for address, calls in client.processing().items() if calls)
                killed.append(pids[busy])
                os.kill(pids[busy], signal.SIGKILL)

        try:
            runner.run(tests, take)
        finally:
            runner.close()
        assert killed
        assert killed[0] not in client.run(os.getpid).values()
    assert len(found) == len(tests)
    assert {result.name: result.verdict for result in found} == verdicts
    by_name = {result.name: result for result in expected}
    for result in found:
        assert (result.calls, result.cases) == (
            by_name[result.name].calls,
            by_name[result.name].cases,
        )
