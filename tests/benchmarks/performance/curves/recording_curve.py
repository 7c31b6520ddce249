"""How recording, replay, opening and jumping grow with the length of a recording."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from runtime.opening.recorded.open_replay import ReplayOpener
from runtime.protocol.requests import JumpTo, StepBack
from runtime.recording.file.reader import RecordingReader
from runtime.recording.replay.steps import steps_of_file
from tests.benchmarks.performance.flows import sample_project
from tests.benchmarks.performance.results import Curve, Line, Point, Spread
from tests.benchmarks.performance.rounds import Effort
from tests.benchmarks.recordings.recording_cost import Measured, run_to_end
from tests.support.session_driver import Driver

ROUNDS = {1_000: 7, 10_000: 3, 100_000: 2}
"""How often a recording of so many calls is made, and gone through."""
CALLS_AN_ELEMENT = 4
RECORD, REPLAY = "record into a file", "replay, every answer compared"
OPEN, THROUGH = "open the file in a session", "go through it to its end in the session"
MIDDLE, BACK = "from its end to its middle", "one call back from its end"


def recording_length(effort: Effort) -> Curve:
    """Milliseconds of processor time; the fan-out sample with a source of so many elements."""
    lines = {name: Line(name, []) for name in (RECORD, REPLAY, OPEN, THROUGH, MIDDLE, BACK)}
    notes = []
    layer = ""
    for calls, most in tuple(ROUNDS.items())[: 2 if effort.quick else None]:
        with tempfile.TemporaryDirectory(prefix="torvyn-studio-recorded-") as name:
            manifest = sample_project(Path(name), calls // CALLS_AN_ELEMENT)
            recorded = _Recorded(manifest)
            layer = recorded.measured.opened.linking.host.layer.name
            rounds = min(effort.rounds, most)
            for line, spread in recorded.measure(rounds).items():
                lines[line].points.append(Point(calls, spread))
            notes = [f"{calls:,} calls are {recorded.path.stat().st_size / 1e6:,.1f} MB of file."]
    return Curve(
        "recording-length",
        f"A recording of the fan-out sample ({layer} layer)",
        "calls recorded",
        "milliseconds",
        list(lines.values()),
        notes,
    )


class _Recorded:
    """One flow, and the file it is recorded into."""

    def __init__(self, manifest: Path) -> None:
        self.manifest = manifest
        self.path = manifest.with_name("made.rec")
        self.measured = Measured({}, manifest)

    def measure(self, rounds: int) -> dict[str, Spread]:
        """Milliseconds of each line, every round in the same order."""
        found: dict[str, list[float]] = {}
        for _ in range(rounds):
            self.path.unlink(missing_ok=True)
            found.setdefault(RECORD, []).append(self._recorded())
            found.setdefault(REPLAY, []).append(self._replayed())
            for line, took in self._in_session():
                found.setdefault(line, []).append(took)
        return {line: Spread.of(values) for line, values in found.items()}

    def _recorded(self) -> float:
        way = self.measured.to_file(self.path)
        run_to_end(way)
        return way.seconds * 1e3

    def _replayed(self) -> float:
        with RecordingReader(self.path) as reader:
            way = self.measured.again(lambda: steps_of_file(reader), same_engine=False)
            run_to_end(way)
        return way.seconds * 1e3

    def _in_session(self) -> list[tuple[str, float]]:
        opener = ReplayOpener(self.path, self.manifest)
        began = time.process_time()
        driver = Driver(opener)
        took = [(OPEN, (time.process_time() - began) * 1e3)]
        took.append((THROUGH, _milliseconds(driver.run)))
        end = driver.snapshot.calls
        took.append((BACK, _milliseconds(lambda: driver.ask(StepBack()))))
        assert driver.snapshot.calls == end - 1, driver.log[-3:]
        driver.go(end)
        took.append((MIDDLE, _milliseconds(lambda: driver.ask(JumpTo(end // 2)))))
        assert driver.snapshot.calls == end // 2, driver.log[-3:]
        driver.session.close()
        return took


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1e3
