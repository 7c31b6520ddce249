"""Processor time of the engine's own work per element and hop, run by hand.

    python -m tests.benchmarks.engine.engine_hops [ELEMENTS]
    python -m tests.benchmarks.engine.engine_hops --both [ELEMENTS]

A hop is one call an element goes through (a pull and a push count as one each). The invoker
answers with ready-made answers; the time of calling it as often, alone, is subtracted. The second
form runs the first in turn with this checkout's engine and with the compiled one that
`make fast-tree` left in build/compiled, and prints the medians.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.model.call import (
    Accepted,
    Answer,
    Call,
    Emitted,
    Export,
    Finished,
    Output,
    Ports,
    Signal,
    Verdict,
)
from runtime.model.commands import Start
from runtime.model.element import Buffer
from runtime.model.linked import LinkedFlow, Role, SchedulePolicy
from tests.support.engine.fakes import WALL_NS, edge, flow, linear

OUTPUT = Emitted((Output(Buffer(b"x" * 64), "text/plain"),))
ROOT = Path(__file__).parents[3]
COMPILED = ROOT / "build" / "compiled" / "tree"
ROUNDS = 5
PORTS = tuple(f"p{index}" for index in range(4))


class ReadyAnswers:
    """Answers each export with the same object every time."""

    def __init__(self, payload: Buffer | None = None) -> None:
        emitted = OUTPUT if payload is None else Emitted((Output(payload, "text/plain"),))
        self.answers = {
            Export.INIT.value: Answer(Finished(), 1),
            Export.TEARDOWN.value: Answer(Finished(), 1),
            Export.COMPLETE.value: Answer(Finished(), 1),
            Export.NOTIFY_BACKPRESSURE.value: Answer(Finished(), 1),
            Export.PULL.value: Answer(emitted, 900),
            Export.PROCESS.value: Answer(emitted, 1_100),
            Export.EVALUATE.value: Answer(Verdict(True), 700),
            Export.ROUTE.value: Answer(Ports(PORTS), 800),
            Export.PUSH.value: Answer(Accepted(Signal.READY), 1_300),
        }
        self.count = 0

    def invoke(self, call: Call) -> Answer:
        """The ready-made answer of the export."""
        self.count += 1
        return self.answers[call[2]._value_]


def fan(middle: Role) -> LinkedFlow:
    """source -> one node -> four sinks, by ports of their own from a router."""
    roles = {"source": Role.SOURCE, "middle": middle}
    roles.update({f"sink{index}": Role.SINK for index in range(4)})
    ports = PORTS if middle is Role.ROUTER else ("output",) * 4
    edges = [edge("source", "middle")]
    edges += [edge("middle", f"sink{index}", port=port) for index, port in enumerate(ports)]
    return flow(roles, edges)


def measure(linked: LinkedFlow, schedule: SchedulePolicy, elements: int) -> tuple[float, float]:
    """Microseconds a hop: all in all, and without the invoker."""
    invoker = ReadyAnswers()
    options = EngineOptions(schedule=schedule, element_limit=elements)
    engine = Engine(linked, invoker, options)
    engine.apply(Start(WALL_NS))
    gc.collect()
    began = time.process_time()
    step = engine.step
    while not engine.state.ended:
        step()
    total = time.process_time() - began
    alone = _invoker_alone(invoker.invoke, invoker.count)
    return total / invoker.count * 1e6, (total - alone) / invoker.count * 1e6


def _invoker_alone(invoke: Callable[[Call], Answer], calls: int) -> float:
    call = Call(1, "node", Export.PROCESS)
    began = time.process_time()
    for _ in range(calls):
        invoke(call)
    return time.process_time() - began


def main() -> None:
    """Measure some shapes under each schedule."""
    both, words = "--both" in sys.argv, [word for word in sys.argv[1:] if word != "--both"]
    elements = int(words[0]) if words else 200_000
    if both:
        _measure_both(elements)
        return
    shapes = {
        "source-processor-sink": linear(Role.PROCESSOR),
        "source-filter-sink": linear(Role.FILTER),
        "source-processor-sink, capacity 1": linear(Role.PROCESSOR, capacity=1),
        "source-processor-4 sinks": fan(Role.PROCESSOR),
        "source-router-4 sinks": fan(Role.ROUTER),
    }
    for name, linked in shapes.items():
        for schedule in SchedulePolicy:
            whole, own = measure(linked, schedule, elements)
            print(f"{name:36} {schedule.value:15} {whole:6.2f} µs/hop, engine {own:6.2f}")


def _measure_both(elements: int) -> None:
    """Medians of the engine's own microseconds a hop, of rounds in which both take turns."""
    places = {"pure": ROOT, "compiled": COMPILED}
    if not COMPILED.is_dir():
        sys.exit("no compiled engine is there: make fast-tree")
    found: dict[str, dict[str, list[float]]] = {}
    for _ in range(ROUNDS):
        for name, place in places.items():
            command = [sys.executable, "-m", "tests.benchmarks.engine.engine_hops", str(elements)]
            done = subprocess.run(command, cwd=place, check=True, capture_output=True, text=True)
            for line in done.stdout.splitlines():
                shape, _, figure = line.partition("µs/hop, engine")
                rounds = found.setdefault(shape[:52], {"pure": [], "compiled": []})
                rounds[name].append(float(figure))
    for shape, rounds in found.items():
        pure, compiled = median(rounds["pure"]), median(rounds["compiled"])
        ratio = f"{compiled / pure:.2f}"
        print(f"{shape} pure {pure:5.2f} µs/hop, compiled {compiled:5.2f}, ratio {ratio}")


if __name__ == "__main__":
    main()
