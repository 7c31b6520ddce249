"""Where the processor's time goes in a run: which part of the program is found at work.

The process is looked at after each millisecond of its processor time. Python looks between two of
its own steps, so the time in the C library, and in a component, counts for the line that called it.
"""

from __future__ import annotations

import signal
import tempfile
import time
from collections import Counter
from pathlib import Path
from types import FrameType

from runtime.opening.open import open_flow
from runtime.recording.recorder import Recorder
from runtime.recording.ring.ring import Ring
from tests.benchmarks.performance.flows import NO_END, layers, running, sample_project
from tests.benchmarks.performance.results import Profile, Share
from tests.benchmarks.performance.rounds import Effort

CALLS = 200_000
WARM = 5_000
INTERVAL_S = 0.001
ENGINE = "engine"
RECORDING = "recording"
CALLING = "the call itself: libwasmtime, the component, and ctypes between"
ANSWERING = "host functions: payloads read and written"
PREPARING = "before and after a call: fuel, time, copies, the answer"
PRINTING = "what was printed, read and shown"
OTHER = "the rest"
_PARTS = (
    ("runtime/engine", ENGINE),
    ("runtime/recording", RECORDING),
    ("runtime/wasm/native/native_instance", PREPARING),
    ("runtime/wasm/direct/calls", CALLING),
    ("runtime/wasm/host_functions/printed_output", PRINTING),
    ("runtime/wasm/abi/file_mapping", PRINTING),
    ("runtime/wasm/host_functions", ANSWERING),
    ("runtime/wasm/abi", ANSWERING),
    ("runtime/wasm", PREPARING),
)
"""The first that fits the innermost frame of ours counts."""


def profiles(effort: Effort) -> list[Profile]:
    """The fan-out sample, its sinks printing, recorded as in the workbench, on each layer."""
    return [_profile(layer, effort) for layer in layers()]


def _profile(layer: str, effort: Effort) -> Profile:
    with tempfile.TemporaryDirectory(prefix="torvyn-studio-sample-") as folder:
        flow = running(open_flow(sample_project(Path(folder), NO_END)).flow, layer)
        recorder, step = Recorder(Ring()), flow.engine.step
        for _ in range(WARM):
            recorder.stepped(step())
        found: Counter[str] = Counter()

        def looked(_signal: int, frame: FrameType | None) -> None:
            found[_part(frame)] += 1

        calls = int(CALLS * effort.scale)
        before = signal.signal(signal.SIGPROF, looked)
        signal.setitimer(signal.ITIMER_PROF, INTERVAL_S, INTERVAL_S)
        began = time.process_time()
        try:
            for _ in range(calls):
                recorder.stepped(step())
        finally:
            took = time.process_time() - began
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)
        flow.close()
    samples = max(1, found.total())
    shares = [Share(part, round(100 * count / samples, 1)) for part, count in found.most_common()]
    return Profile(layer, round(took / calls * 1e6, 2), samples, shares)


def _part(frame: FrameType | None) -> str:
    while frame is not None:
        path = frame.f_code.co_filename
        for place, part in _PARTS:
            if place in path:
                return part
        frame = frame.f_back
    return OTHER
