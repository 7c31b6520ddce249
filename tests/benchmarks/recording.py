"""What recording costs a call, and how fast recordings run again; with real components.

    python tests/benchmarks/recording.py [ELEMENTS] [ROUNDS]

Two flows run side by side, in turns, in one process: the fan-out sample with a source that
gives many events, and the same with sinks that print nothing. Times are of the processor and
for one call of any kind; the smallest of all rounds is the one least disturbed by others.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

from recorded_guests import counting_source  # noqa: E402
from wasm_guests import SINK, component  # noqa: E402

from runtime.engine.core import Engine  # noqa: E402
from runtime.engine.invoker import Invoker  # noqa: E402
from runtime.engine.options import EngineOptions  # noqa: E402
from runtime.model.commands import Start  # noqa: E402
from runtime.model.linked import LinkedFlow, Role  # noqa: E402
from runtime.recording.header import header_of  # noqa: E402
from runtime.recording.lines import RecordingOptions  # noqa: E402
from runtime.recording.reader import RecordingReader  # noqa: E402
from runtime.recording.recorder import Recorder  # noqa: E402
from runtime.recording.replay import Replayer, ReplayInvoker, ReplaySettings  # noqa: E402
from runtime.recording.ring import Ring  # noqa: E402
from runtime.recording.sizes import CALL_BYTES  # noqa: E402
from runtime.recording.steps import ReplayStep, steps_of_file, steps_of_ring  # noqa: E402
from runtime.session.collector import settle_collector  # noqa: E402
from runtime.session.open import open_flow  # noqa: E402
from runtime.session.recorded import run_facts  # noqa: E402
from runtime.wasm.invoker import WasmInvoker  # noqa: E402

SAMPLE = TESTS.parent / "sample_flows" / "fan-out" / "Torvyn.toml"
OPTIONS = EngineOptions()
FULL = RecordingOptions()
WALL_NS = 1_700_000_000_000_000_000


class Measured:
    """The sample flow with guests of ours in some places."""

    def __init__(self, guests: dict[Role, bytes]) -> None:
        self.opened = open_flow(SAMPLE)
        self.compiled = dict(self.opened.linking.compiled)
        nodes = []
        for node in self.opened.flow.nodes:
            if node.role in guests:
                made = self.opened.linking.host.compile(guests[node.role])
                self.compiled[made.digest] = made
                node = replace(node, digest=made.digest, lifecycle=None)
            nodes.append(node)
        self.flow: LinkedFlow = replace(self.opened.flow, nodes=tuple(nodes))
        self.sources = frozenset(n.name for n in nodes if n.role is Role.SOURCE)

    def live(self, recorder: Recorder | None = None) -> tuple[float, int]:
        """Seconds of a run, and its calls."""
        invoker = self._invoker()
        engine = Engine(self.flow, invoker, OPTIONS)
        gc.collect()
        began = time.process_time()
        start = Start(WALL_NS)
        events = engine.apply(start)
        step, calls = engine.step, 0
        if recorder is None:
            while not engine.state.ended:
                step()
                calls += 1
        else:
            recorder.record(start, events)
            stepped = recorder.stepped
            while not engine.state.ended:
                stepped(step())
                calls += 1
        seconds = time.process_time() - began
        invoker.close()
        return seconds, calls

    def to_file(self, path: Path) -> tuple[float, int]:
        """As `live`, into the ring and into a file."""
        recorder = Recorder(Ring())
        facts = run_facts(self.flow, self.compiled, self.opened.manifest_text, OPTIONS)
        recorder.keep(path, header_of(self.flow, facts, FULL, path), FULL)
        measured = self.live(recorder)
        assert recorder.stop(None) is None
        return measured

    def replay(
        self, steps: Callable[[], Iterator[ReplayStep]], *, same_engine: bool
    ) -> tuple[float, int]:
        """Seconds of a replay that checks everything, and its calls."""
        real = self._invoker()
        invoker = ReplayInvoker(real, self.sources)

        def engine_for(given: Invoker) -> Engine:
            return Engine(self.flow, given, OPTIONS)

        settings = ReplaySettings(same_engine=same_engine)
        replayer = Replayer(steps, engine_for, invoker, settings)
        gc.collect()
        began = time.process_time()
        for _ in replayer.run():
            pass
        seconds = time.process_time() - began
        real.close()
        assert replayer.divergence is None, replayer.divergence.render()
        return seconds, replayer.calls

    def _invoker(self) -> WasmInvoker:
        return WasmInvoker(
            self.flow, self.opened.linking.host, compiled=self.compiled, on_print=_ignore
        )


def _ignore(*_chunk: object) -> None:
    """What components print goes nowhere."""


def one_round(measured: Measured, folder: Path, number: int) -> Iterator[tuple[str, float, int]]:
    """Every way once."""
    yield "live", *measured.live()
    ring = Ring()
    yield "live, ring filling", *measured.live(Recorder(ring))
    yield "again from the ring", *measured.replay(lambda: steps_of_ring(ring), same_engine=True)
    small = Ring(2_000 * CALL_BYTES)
    yield "live, ring full", *measured.live(Recorder(small))
    path = folder / f"{number}.rec"
    yield "live, ring and file", *measured.to_file(path)

    def steps() -> Iterator[ReplayStep]:
        with RecordingReader(path) as reader:
            yield from steps_of_file(reader)

    yield "replay of the file", *measured.replay(steps, same_engine=False)
    path.unlink()


def main() -> None:
    """Measure both flows, and print a table for each."""
    elements = int(sys.argv[1]) if len(sys.argv) > 1 else 12_500
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    source = counting_source(elements)
    flows = {
        "fan-out sample": Measured({Role.SOURCE: source}),
        "fan-out sample, silent sinks": Measured(
            {Role.SOURCE: source, Role.SINK: component(SINK, Role.SINK)}
        ),
    }
    settle_collector()
    times: dict[tuple[str, str], list[float]] = {}
    calls = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            for name, measured in flows.items():
                for way, seconds, calls in one_round(measured, Path(folder), number):
                    times.setdefault((name, way), []).append(seconds / calls * 1e6)
    for (name, way), found in times.items():
        live, best = min(times[name, "live"]), min(found)
        more = "" if way == "live" else f"  {best - live:+6.2f} µs, live / this {live / best:.2f}"
        print(f"{name:30} {way:20} {best:7.2f} µs/call, {calls} calls{more}")


if __name__ == "__main__":
    main()
