"""How long a jump takes in an opened recording of any length; real components.

    python -m tests.benchmarks.recordings.opened_recording [CALLS]...

The fan-out sample, with a source that gives events without an end, is recorded into a file, which
is then opened as the workbench opens it. All times are of the processor.
"""

from __future__ import annotations

import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from runtime.child.gc_tuning import settle_collector
from runtime.engine.options import EngineOptions
from runtime.execution.resources import SessionResources
from runtime.hotreload.builds import KnownBuilds
from runtime.model.commands import Start
from runtime.model.linked import Role
from runtime.opening.open import SessionOptions, open_flow
from runtime.opening.recorded.open_replay import ReplayOpener
from runtime.protocol.requests import JumpTo, SeekRequest, StepBack
from runtime.recording.encoding import RecordingOptions
from runtime.session.recording_file import RecordingFile
from runtime.session.session import FlowSession
from runtime.timetravel.time_travel import TimeTravel
from tests.benchmarks.timetravel.going_back import LENGTHS, MIB, NO_END, ROOT, SAMPLE, run_to
from tests.support.wasm.recorded_guests import counting_source

STEPS_BACK = 20
SLICE_NS = 20_000_000


def project_in(folder: Path) -> Path:
    """The sample's manifest and components, with a source that never ends."""
    build = folder / ".torvyn" / "build"
    build.mkdir(parents=True)
    for node in open_flow(SAMPLE).flow.nodes:
        artifact = build / Path(node.artifact).name
        if node.role is Role.SOURCE:
            artifact.write_bytes(counting_source(NO_END))
        else:
            shutil.copy(node.artifact, artifact)
    manifest = folder / "Torvyn.toml"
    manifest.write_text(SAMPLE.read_text().replace("../../components", str(ROOT / "components")))
    return manifest


def record(manifest: Path, calls: int, file: Path) -> None:
    """Record a run of so many calls."""
    opened = open_flow(manifest)
    resources = SessionResources(
        opened.linking.host,
        EngineOptions(),
        opened.manifest_text,
        KnownBuilds(),
        opened.linking.compiled,
    )
    travel = TimeTravel(opened.flow, resources, 8 * MIB)
    travel.apply(Start(time.time_ns()))
    written = RecordingFile(resources, RecordingOptions())
    written.start(travel.branch.recorder, travel.branch.flow, str(file))
    run_to(travel, calls)
    written.stop(travel.shown.snapshot())
    travel.close()
    travel.shown.close()


def seconds(do: Callable[[], object]) -> float:
    """Processor time that it takes."""
    began = time.process_time()
    do()
    return time.process_time() - began


def go(session: FlowSession, request: SeekRequest) -> None:
    """Ask for a place, and make the update that shows it."""
    session.handle(request)
    while session.update().timeline is None or session._time.seeking is not None:
        session.work(SLICE_NS)


def measure(calls: int, folder: Path) -> None:
    """Record, open, jump, and print what that took."""
    manifest = folder / "Torvyn.toml"
    file = folder / f"{calls}.rec"
    record(manifest, calls, file)
    size = file.stat().st_size / MIB
    opener = ReplayOpener(file, manifest, "main", SessionOptions(watch=False))
    began = time.process_time()
    session = opener.open(lambda: None)
    opening = time.process_time() - began
    first = seconds(lambda: go(session, JumpTo(calls // 2)))

    def read_on() -> None:
        while session.work(SLICE_NS) is not None:
            pass

    rest = seconds(read_on)
    to_the_end = seconds(lambda: go(session, JumpTo(calls))) * 1e3
    middle = seconds(lambda: go(session, JumpTo(calls // 2))) * 1e3
    back = [seconds(lambda: go(session, StepBack())) * 1e3 for _ in range(STEPS_BACK)]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    past = session._time.replay.past
    assert past is not None
    print(f"{calls:,} calls, {size:,.0f} MiB, opened and checked in {opening:.2f} s")
    print(
        f"  first jump to the middle at once {first:.2f} s; reading on to the end {rest:.2f} s "
        f"({(first + rest) / calls * 1e6:.1f} µs a call)"
    )
    print(
        f"  then to the end {to_the_end:.0f} ms, to the middle {middle:.0f} ms, "
        f"one call back {median(back):.0f} ms, longest {max(back):.0f} ms; "
        f"most memory of the process {memory:.0f} MiB"
    )
    session.close()
    file.unlink()


def main() -> None:
    """Measure every length."""
    settle_collector()
    with tempfile.TemporaryDirectory() as name:
        project_in(Path(name))
        for calls in [int(text) for text in sys.argv[1:]] or LENGTHS:
            measure(calls, Path(name))


if __name__ == "__main__":
    main()
