"""On what machine, and with what, is measured: no names and no paths."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

from runtime.engine.compiled import engine_is_compiled
from tests.benchmarks.performance.results import COMPILED_ENGINE, PLAIN_ENGINE, Machine
from tests.support.wasm.layers import native_extension


def load() -> float:
    """Processes that want to run, mean of the last minute."""
    return round(os.getloadavg()[0], 2)


def machine(load_before: float, seconds: float, *, quick: bool) -> Machine:
    """This one, after a run of so many seconds."""
    return Machine(
        when=time.strftime("%Y-%m-%d", time.gmtime()),
        processors=os.cpu_count() or 0,
        model=_model(),
        memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        system=f"{platform.system()} {platform.release()}, {platform.machine()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        wasmtime=version("wasmtime"),
        native=_native(),
        load_before=load_before,
        load_after=load(),
        seconds=round(seconds),
        quick=quick,
        engine=COMPILED_ENGINE if engine_is_compiled() else PLAIN_ENGINE,
    )


def _native() -> str:
    extension = native_extension()
    if extension is None:
        return "not installed"
    return f"{extension.__version__}, wasmtime {extension.WASMTIME_VERSION}"


def _model() -> str:
    try:
        rows = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((row.partition(": ")[2] for row in rows if row.startswith("model name")), "unknown")
