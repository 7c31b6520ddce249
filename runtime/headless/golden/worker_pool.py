"""Tests in processes of this machine: a process that dies takes its own test with it, no other."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

import msgspec

from runtime.headless.golden.golden_test import GoldenResult, GoldenTest, GoldenVerdict

OnResult = Callable[[GoldenResult], None]


class GoldenProcess:
    """One process, started with its first job, and again after it died. For one thread."""

    def __init__(self, timeout_seconds: float | None = None) -> None:
        self.timeout_seconds = timeout_seconds
        """After this a test is ended; None lets it take as long as it does."""
        self._process: subprocess.Popen[bytes] | None = None
        self._late = False

    def run(self, test: GoldenTest) -> GoldenResult:
        """Run a test in it; a process that ends meanwhile is an error of that test."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        timer = self._timer(process)
        try:
            process.stdin.write(msgspec.json.encode(test) + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = b""
        finally:
            if timer is not None:
                timer.cancel()
        if line.endswith(b"\n"):
            return msgspec.json.decode(line, type=GoldenResult)
        return self._died(test, process)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._late = False
            self._process = subprocess.Popen(
                [sys.executable, "-m", "runtime.headless.golden.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        return self._process

    def _timer(self, process: subprocess.Popen[bytes]) -> threading.Timer | None:
        if self.timeout_seconds is None:
            return None

        def kill() -> None:
            self._late = True
            process.kill()

        timer = threading.Timer(self.timeout_seconds, kill)
        timer.daemon = True
        timer.start()
        return timer

    def _died(self, test: GoldenTest, process: subprocess.Popen[bytes]) -> GoldenResult:
        code = process.wait()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        why = f"its process ended with {how}"
        if self._late:
            why = f"it took longer than {self.timeout_seconds:g} s"
        self._close(process)
        self._process = None
        return GoldenResult(name=test.name, verdict=GoldenVerdict.ERROR, summary=why, text=why)

    def close(self) -> None:
        """End it after its job. Idempotent."""
        process, self._process = self._process, None
        if process is not None:
            self._close(process)

    def kill(self) -> None:
        """End it at once; for another thread than the one that waits for it."""
        process = self._process
        if process is not None:
            process.kill()

    def _close(self, process: subprocess.Popen[bytes]) -> None:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue
        process.wait()


class WorkerPool:
    """Several processes at once, kept for the next test."""

    def __init__(self, processes: Sequence[GoldenProcess]) -> None:
        """One or more; they are closed with the pool."""
        self._processes = processes
        self._stopped = False

    def run(self, tests: Iterable[GoldenTest], on_result: OnResult) -> None:
        """Run all; `on_result` is called for each as it ends, on the calling thread.

        Returns early after `stop`.
        """
        tests = list(tests)
        ended: SimpleQueue[Future[GoldenResult | None]] = SimpleQueue()
        free: SimpleQueue[GoldenProcess] = SimpleQueue()
        for process in self._processes:
            free.put(process)

        def work(test: GoldenTest) -> GoldenResult | None:
            process = free.get()
            try:
                return None if self._stopped else process.run(test)
            finally:
                free.put(process)

        with ThreadPoolExecutor(len(self._processes)) as threads:
            for test in tests:
                threads.submit(work, test).add_done_callback(ended.put)
            for _ in tests:
                if self._stopped:
                    break
                # Those that are not run end too: `stop` may come between two tests.
                result = ended.get().result()
                if result is not None:
                    on_result(result)

    def stop(self) -> None:
        """End every process at once; may be called from a signal handler."""
        self._stopped = True
        for process in self._processes:
            process.kill()

    def close(self) -> None:
        """End every process. Idempotent."""
        for process in self._processes:
            process.close()
