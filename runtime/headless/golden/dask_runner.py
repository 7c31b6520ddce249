"""Tests on a Dask cluster. `dask.distributed` is an extra of its own: `torvyn-studio[cluster]`.

Every file travels once, as a task named by its digest that returns it: workers keep it, give it to
each other, and the scheduler makes it again when the worker that had it is gone. A test is a task
too, and runs in a child process of its worker. A worker that dies takes no result with it that was
given already; its tests are run again on another one, and each result is counted once, by test.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from runtime.headless.golden.bundle import GoldenBundle, bundle
from runtime.headless.golden.golden_test import GoldenResult, GoldenTest, GoldenVerdict
from runtime.headless.golden.worker_pool import GoldenProcess, OnResult
from runtime.model.codes import Code
from runtime.model.errors import Diagnostic, ExitCode, Severity, StudioError
from runtime.model.files.replaced_file import replace_file
from runtime.model.files.temporary_folder import temporary_folder

CONNECT_SECONDS = 10.0
"""How long the scheduler is waited for."""


class ClusterResult(msgspec.Struct, frozen=True):
    """What a worker gives back."""

    result: GoldenResult
    updated: bytes | None
    """The recording with the new outputs, when they were taken over."""


class DaskRunner:
    """A connection to a scheduler.

    Raises:
        StudioError: `dask.distributed` is not installed (E0010), or nobody answers there (E0001).
    """

    def __init__(self, address: str, timeout_seconds: float | None = None) -> None:
        self._timeout_seconds = timeout_seconds
        self._stopped = False
        try:
            import distributed
        except ImportError:
            raise StudioError([_not_installed()], ExitCode.ENVIRONMENT) from None
        self._distributed: Any = distributed
        try:
            self._client: Any = distributed.Client(
                address, timeout=CONNECT_SECONDS, set_as_default=False
            )
        except (OSError, ValueError) as error:
            raise StudioError([_no_scheduler(address, error)]) from None

    def run(self, tests: Iterable[GoldenTest], on_result: OnResult) -> None:
        """Run all; `on_result` is called once for each, as it ends. Returns early after `stop`.

        Recordings whose outputs are taken over are written here.
        """
        contents: dict[str, bytes] = {}
        waiting: dict[Any, GoldenTest] = {}
        files: dict[str, Any] = {}
        for test in tests:
            try:
                packed = bundle(test, contents)
            except StudioError as error:
                on_result(_not_run(test, error.diagnostics[0].message, str(error)))
                continue
            future = self._submit(packed, contents, files, test.name)
            waiting[future] = test
        contents.clear()
        completed = self._distributed.as_completed(list(waiting), loop=self._client.loop)
        for future in completed:
            if self._stopped:
                return
            test = waiting.pop(future)
            on_result(self._result(future, test))

    def _submit(
        self, packed: GoldenBundle, contents: dict[str, bytes], files: dict[str, Any], name: str
    ) -> Any:
        for digest in packed.files.values():
            if digest not in files:
                files[digest] = self._client.submit(
                    _file, contents[digest], key=f"torvyn-file-{digest}"
                )
        digests = sorted(set(packed.files.values()))
        return self._client.submit(
            run_bundle,
            msgspec.json.encode(packed),
            digests,
            [files[digest] for digest in digests],
            self._timeout_seconds,
            key=f"torvyn-test-{name}",
            pure=False,
        )

    def _result(self, future: Any, test: GoldenTest) -> GoldenResult:
        try:
            made = msgspec.msgpack.decode(future.result(), type=ClusterResult)
        except Exception as error:
            why = f"the cluster could not run it: {type(error).__name__}: {error}"
            return _not_run(test, why, why)
        if made.updated is not None:
            try:
                replace_file(Path(test.recording), made.updated)
            except OSError as error:
                why = f"the new outputs cannot be written: {error.strerror}"
                return _not_run(test, why, why)
        return msgspec.structs.replace(made.result, name=test.name)

    def stop(self) -> None:
        """Wait for nothing any more."""
        self._stopped = True

    def close(self) -> None:
        """Forget the tests that are not run yet, and end the connection. Idempotent."""
        self._client.close()


# ---- on the workers


_of_thread = threading.local()


def _process(timeout_seconds: float | None) -> GoldenProcess:
    kept: GoldenProcess | None = getattr(_of_thread, "process", None)
    if kept is None or kept.timeout_seconds != timeout_seconds:
        if kept is not None:
            kept.close()
        kept = _of_thread.process = GoldenProcess(timeout_seconds)
    return kept


def _file(data: bytes) -> bytes:
    return data


def run_bundle(
    packed: bytes, digests: list[str], contents: list[bytes], timeout_seconds: float | None
) -> bytes:
    """Run a packed test in a folder of its own; a packed `ClusterResult`.

    The process that runs it is kept for the next test of the same thread, and ends with the worker.
    """
    made = msgspec.json.decode(packed, type=GoldenBundle)
    with temporary_folder() as folder:
        test = made.unpack(folder, dict(zip(digests, contents, strict=True)))
        result = _process(timeout_seconds).run(test)
        updated = (
            Path(test.recording).read_bytes() if result.verdict is GoldenVerdict.UPDATED else None
        )
    return msgspec.msgpack.encode(ClusterResult(result, updated))


# ---- the rest


def _not_run(test: GoldenTest, summary: str, text: str) -> GoldenResult:
    return GoldenResult(name=test.name, verdict=GoldenVerdict.ERROR, summary=summary, text=text)


def _not_installed() -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.TOOLCHAIN_MISSING,
        "a scheduler needs dask.distributed, which is not installed",
        "Install it: pip install 'torvyn-studio[cluster]'.",
    )


def _no_scheduler(address: str, error: Exception) -> Diagnostic:
    return Diagnostic(
        Severity.ERROR,
        Code.IO,
        f"no Dask scheduler answers at {address}: {error}",
        "Start one with `dask scheduler`, and workers with `dask worker`; check the address.",
    )
