"""Where the time went at an earlier commit, looked at as `profiling` looks at this one.

The commit lies in a checkout of its own, with an environment in it, and runs the same components.
Its folders were named otherwise, so what is whose part stands here.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from tests.benchmarks.performance.flows import DIRECT, NO_END, sample_project
from tests.benchmarks.performance.profiles import profiling
from tests.benchmarks.performance.results import Profile, Share
from tests.benchmarks.performance.rounds import Effort

COMMIT = "a9fe405"
"""The commit before this work on speed began."""
_PARTS = (
    ("runtime/engine", profiling.ENGINE),
    ("runtime/recording", profiling.RECORDING),
    ("runtime/wasm/calls", profiling.CALLING),
    ("runtime/wasm/native", profiling.CALLING),
    ("runtime/wasm/wasi", profiling.PRINTING),
    ("runtime/wasm/imports", profiling.ANSWERING),
    ("runtime/wasm/buffers", profiling.ANSWERING),
    ("runtime/wasm/values", profiling.ANSWERING),
    ("runtime/wasm/handles", profiling.ANSWERING),
    ("runtime/wasm/layout", profiling.ANSWERING),
    ("runtime/wasm", profiling.PREPARING),
)
_PROGRAM = """
import json, signal, sys, time
from collections import Counter
from pathlib import Path
from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.model.commands import Start
from runtime.recording.recorder import Recorder
from runtime.recording.ring import Ring
from runtime.session.collector import settle_collector
from runtime.session.open import open_flow
from runtime.wasm.invoker import WasmInvoker

calls, warm, interval = int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
opened = open_flow(Path(sys.argv[1]))
invoker = WasmInvoker(
    opened.flow, opened.linking.host, compiled=opened.linking.compiled, on_print=lambda *_: None
)
engine = Engine(opened.flow, invoker, EngineOptions())
engine.apply(Start(time.time_ns()))
settle_collector()
recorder, step = Recorder(Ring()), engine.step
for _ in range(warm):
    recorder.stepped(step())
found = Counter()

def looked(_signal, frame):
    while frame is not None and "/runtime/" not in frame.f_code.co_filename:
        frame = frame.f_back
    found["" if frame is None else frame.f_code.co_filename] += 1

signal.signal(signal.SIGPROF, looked)
signal.setitimer(signal.ITIMER_PROF, interval, interval)
began = time.process_time()
for _ in range(calls):
    recorder.stepped(step())
took = time.process_time() - began
signal.setitimer(signal.ITIMER_PROF, 0)
print(json.dumps({"call_us": took / calls * 1e6, "files": found}))
"""


def profile_before(checkout: Path, effort: Effort) -> Profile:
    """The fan-out sample, its sinks printing, recorded, at the commit in that checkout.

    Raises `RuntimeError`: it is another commit, or it does not run.
    """
    head = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=checkout, capture_output=True, text=True
    ).stdout.strip()
    if not head.startswith(COMMIT):
        raise RuntimeError(f"{checkout} is at {head or 'no commit'}: check out {COMMIT} there")
    with tempfile.TemporaryDirectory(prefix="torvyn-studio-sample-") as folder:
        words = [
            str(sample_project(Path(folder), NO_END)),
            str(int(profiling.CALLS * effort.scale)),
        ]
        words += [str(profiling.WARM), str(profiling.INTERVAL_S)]
        done = subprocess.run(
            [checkout / ".venv" / "bin" / "python", "-c", _PROGRAM, *words],
            cwd=checkout,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise RuntimeError(f"the sample does not run at {COMMIT}: {done.stderr}")
    made = json.loads(done.stdout)
    found: Counter[str] = Counter()
    for path, count in made["files"].items():
        found[_part(path)] += count
    samples = max(1, found.total())
    shares = [Share(part, round(100 * count / samples, 1)) for part, count in found.most_common()]
    return Profile(DIRECT, round(made["call_us"], 2), samples, shares)


def _part(path: str) -> str:
    return next((part for place, part in _PARTS if place in path), profiling.OTHER)
