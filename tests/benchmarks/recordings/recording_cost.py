"""What recording costs a call, and how fast recordings run again; with real components.

    python -m tests.benchmarks.recordings.recording_cost [ELEMENTS] [ROUNDS]

Two flows: the fan-out sample with a source that gives many events, and the same with sinks that
print nothing. Every way of running takes turns with the others, some calls at a time, so that
whatever else the machine does hits all alike. Times are of the processor, for one call of any
kind, and the median of the rounds; what a way takes of the time of a plain run is the median of
what it took in each round.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from runtime.child.gc_tuning import settle_collector
from runtime.engine.core import Engine
from runtime.engine.invoker import Invoker
from runtime.engine.options import EngineOptions
from runtime.model.commands import Start
from runtime.model.linked import LinkedFlow, Role
from runtime.opening.open import open_flow
from runtime.recording.encoding import RecordingOptions
from runtime.recording.file.header import header_of
from runtime.recording.file.reader import RecordingReader
from runtime.recording.recorder import Recorder
from runtime.recording.replay.replayer import Replayer, ReplayInvoker, ReplaySettings
from runtime.recording.replay.steps import ReplayStep, steps_of_file, steps_of_ring
from runtime.recording.replayed_sources import sources_of
from runtime.recording.ring.ring import Ring
from runtime.recording.ring.sizes import CALL_BYTES
from runtime.recording.run_facts import run_facts
from runtime.wasm.host import surfaces_of
from runtime.wasm.wasm_invoker import WasmInvoker
from tests.support.recording_flows import compact_calls
from tests.support.wasm.guests import SINK, component
from tests.support.wasm.recorded_guests import counting_source

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "sample_flows" / "fan-out" / "Torvyn.toml"
PLAIN = "plain run"
CALLS_A_TURN = 250
SMALL_BYTES = 4_000 * CALL_BYTES
COMPACT_BYTES = 220
"""A ring of so many bytes for each call holds them all, most of them compact."""
OPTIONS = EngineOptions()
FULL = RecordingOptions()
WALL_NS = 1_700_000_000_000_000_000


Run = Callable[[int], bool]
"""Makes so many calls; False when there is no more to do."""


@dataclass
class Way:
    """One way of running a flow to its end, a part at a time."""

    run: Run
    close: Callable[[], None]
    seconds: float = 0.0
    ended: bool = False

    def go_on(self) -> None:
        """Make some calls, and take the time."""
        began = time.process_time()
        self.ended = not self.run(CALLS_A_TURN)
        self.seconds += time.process_time() - began


class Measured:
    """A flow, the sample's unless another is named, with guests of ours in some places."""

    def __init__(self, guests: dict[Role, bytes], manifest: Path = SAMPLE) -> None:
        self.opened = open_flow(manifest)
        self.compiled = dict(self.opened.linking.compiled)
        nodes = []
        for node in self.opened.flow.nodes:
            if node.role in guests:
                made = self.opened.linking.host.compile(guests[node.role])
                self.compiled[made.digest] = made
                node = replace(node, digest=made.digest, lifecycle=None)
            nodes.append(node)
        self.flow: LinkedFlow = replace(self.opened.flow, nodes=tuple(nodes))
        self.sources = sources_of(self.flow)

    def live(self, recorder: Recorder | None = None) -> Way:
        """A run, recorded or not."""
        invoker = self._invoker()
        engine = Engine(self.flow, invoker, OPTIONS)
        start = Start(WALL_NS)
        events = engine.apply(start)
        if recorder is not None:
            recorder.record(start, events)

        def run(calls: int) -> bool:
            step = engine.step
            if recorder is None:
                for _ in range(calls):
                    step()
            else:
                stepped = recorder.stepped
                for _ in range(calls):
                    stepped(step())
            return not engine.state.ended

        return Way(run, invoker.close)

    def to_file(self, path: Path) -> Way:
        """As `live`, into the ring and into a file."""
        recorder = Recorder(Ring())
        facts = run_facts(self.flow, surfaces_of(self.compiled), self.opened.manifest_text, OPTIONS)
        recorder.keep(path, header_of(self.flow, facts, FULL, path), FULL)
        way = self.live(recorder)

        def close() -> None:
            way.close()
            assert recorder.stop(None) is None

        return Way(way.run, close)

    def again(self, steps: Callable[[], Iterator[ReplayStep]], *, same_engine: bool) -> Way:
        """A replay that checks everything."""
        real = self._invoker()
        invoker = ReplayInvoker(real, self.sources, crashes_from_recording=same_engine)

        def engine_for(given: Invoker) -> Engine:
            return Engine(self.flow, given, OPTIONS)

        replayer = Replayer(steps, engine_for, invoker, ReplaySettings(same_engine=same_engine))

        def run(calls: int) -> bool:
            return not replayer.forward(sys.maxsize, calls)

        def close() -> None:
            real.close()
            assert replayer.divergence is None, replayer.divergence.render()

        return Way(run, close)

    def recorded(self, ring: Ring) -> Ring:
        """`ring` with a whole run."""
        run_to_end(self.live(Recorder(ring)))
        return ring

    def _invoker(self) -> WasmInvoker:
        return WasmInvoker(
            self.flow, self.opened.linking.host, compiled=self.compiled, on_print=_ignore
        )


def _ignore(*_chunk: object) -> None:
    """What components print goes nowhere."""


def run_to_end(way: Way) -> None:
    """Run one way by itself."""
    while not way.ended:
        way.go_on()
    way.close()


class Recorded:
    """A run of a flow in every form it is run again from."""

    def __init__(self, measured: Measured, path: Path, calls: int) -> None:
        self.measured = measured
        self.path = path
        run_to_end(measured.to_file(path))
        self.ring = measured.recorded(Ring())
        self.compact = measured.recorded(Ring(COMPACT_BYTES * calls))
        assert self.compact.repeatable
        assert compact_calls(self.compact) > calls // 2

    def ways(self, folder: Path) -> dict[str, Callable[[], Way]]:
        """Every way, by what it is called."""
        measured = self.measured
        return {
            PLAIN: measured.live,
            "ring filling": lambda: measured.live(Recorder(Ring())),
            "ring full": lambda: measured.live(Recorder(Ring(SMALL_BYTES))),
            "ring compacting": lambda: measured.live(Recorder(Ring(self.compact.limit))),
            "ring and file": lambda: measured.to_file(folder / "made.rec"),
            "again from the ring": lambda: measured.again(
                lambda: steps_of_ring(self.ring), same_engine=True
            ),
            "again from compact": lambda: measured.again(
                lambda: steps_of_ring(self.compact), same_engine=True
            ),
            "replay of the file": lambda: measured.again(self._steps, same_engine=False),
        }

    def one_round(self, folder: Path) -> dict[str, float]:
        """The seconds of every way, in turns with the others."""
        gc.collect()
        ways = {name: make() for name, make in self.ways(folder).items()}
        while left := [way for way in ways.values() if not way.ended]:
            for way in left:
                way.go_on()
        for way in ways.values():
            way.close()
        (folder / "made.rec").unlink()
        return {name: way.seconds for name, way in ways.items()}

    def _steps(self) -> Iterator[ReplayStep]:
        with RecordingReader(self.path) as reader:
            yield from steps_of_file(reader)


def longest_append_ms(recorded: Recorded) -> float:
    """Processor time of the longest `append` of a ring that makes old calls compact."""
    ring, longest = Ring(recorded.compact.limit), 0.0
    for event in recorded.ring.calls():
        began = time.process_time()
        ring.append(event)
        longest = max(longest, time.process_time() - began)
    return longest * 1e3


def main() -> None:
    """Measure both flows, and print a table for each."""
    elements = int(sys.argv[1]) if len(sys.argv) > 1 else 12_500
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    source = counting_source(elements)
    flows = {
        "fan-out sample": {Role.SOURCE: source},
        "fan-out sample, silent sinks": {
            Role.SOURCE: source,
            Role.SINK: component(SINK, Role.SINK),
        },
    }
    settle_collector()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, (flow, guests) in enumerate(flows.items()):
            recorded = Recorded(Measured(guests), folder / f"{number}.rec", 4 * elements)
            calls = recorded.ring.calls_kept
            found = [recorded.one_round(folder) for _ in range(rounds)]
            compact = recorded.compact
            print(f"{flow}, {calls} calls")
            for way in found[0]:
                micros = median(times[way] for times in found) / calls * 1e6
                part = median(times[way] / times[PLAIN] for times in found)
                print(f"  {way:20} {micros:7.2f} µs a call, {part:6.1%} of {PLAIN}")
            size = sum(chunk.bytes_used for chunk in compact.compact_chunks())
            print(f"  {size / compact_calls(compact):.1f} bytes for a compact call")
            print(f"  {longest_append_ms(recorded):.1f} ms for the longest append")


if __name__ == "__main__":
    main()
