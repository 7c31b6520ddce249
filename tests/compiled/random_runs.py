"""Runs random flows with the engine that is imported, and says what became of each.

    python -m tests.compiled.random_runs FILE

FILE holds the cases, pickled. The first line says which engine it was, each further one stands for
a run, with digests of its recording, and of all its events and its last snapshot. Two engines that
do the same print the same.
"""

from __future__ import annotations

import pickle
import sys
from hashlib import blake2b
from pathlib import Path

from runtime.engine.compiled import engine_is_compiled
from runtime.model.commands import Command
from runtime.model.events import Event
from runtime.recording.encoding import RecordingOptions
from runtime.recording.file.header import RunFacts, header_of
from runtime.recording.recorder import Recorder
from runtime.recording.replay.expectation import end_of
from runtime.recording.ring.ring import Ring
from tests.support.engine.accounts import Watched
from tests.support.engine.fakes import WALL_NS
from tests.support.engine.flows import Case

RECORDED_AT = Path("/project/run.jsonl")


class Recorded(Watched):
    """A run that is recorded into a file."""

    def __init__(self, case: Case, file: Path) -> None:
        super().__init__(case)
        self.recorder = Recorder(Ring())
        options = RecordingOptions()
        facts = RunFacts("0.1.0", WALL_NS, case.options)
        header = header_of(case.flow, facts, options, RECORDED_AT)
        assert self.recorder.keep(file, header, options) is None

    def told(self, command: Command) -> list[Event]:
        events = super().told(command)
        self.recorder.record(command, events)
        return events

    def close(self) -> None:
        end = end_of(self.engine.snapshot(), self.recorder.ring.calls_kept, WALL_NS)
        assert self.recorder.stop(end) is None


def main() -> None:
    """Run the cases of the file that is named."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    (file,) = sys.argv[1:]
    print("compiled" if engine_is_compiled() else "pure")
    for case in pickle.loads(Path(file).read_bytes()):
        print(_run(case, Path(f"{file}.recording")))


def _run(case: Case, file: Path) -> str:
    recorded = Recorded(case, file)
    for _ in recorded.run():
        pass
    recorded.close()
    recording = file.read_bytes()
    file.unlink()
    said = repr((recorded.events, recorded.engine.snapshot())).encode()
    return f"{recorded.engine.calls} {_digest(recording)} {_digest(said)}"


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=12).hexdigest()


if __name__ == "__main__":
    main()
