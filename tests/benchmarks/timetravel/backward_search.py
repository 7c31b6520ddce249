"""What looking backwards for a condition costs, run by hand.

    python -m tests.benchmarks.timetravel.backward_search [ELEMENTS] [RING_MIB]

A run of a source, a processor and a sink is kept in a ring; then conditions that hold nowhere are
looked for from its end, so that every call is looked at. A line tells the time for a million calls.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterator
from itertools import count
from typing import NamedTuple

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.model.call import Call, Emitted, Exhausted, Export, Outcome, Output
from runtime.model.commands import Start, Step
from runtime.model.element import Buffer
from runtime.model.linked import Role
from runtime.protocol.break_places import parse_place
from runtime.protocol.breakpoints import Breakpoint
from runtime.recording.recorder import Recorder
from runtime.recording.ring.ring import Ring
from runtime.timetravel.branches import Branch
from runtime.timetravel.search.backward_search import BackwardSearch
from tests.support.engine.fakes import WALL_NS, FakeInvoker, linear

JSON = "application/json"
CONDITIONS = (
    ("sink", "seq == 100000000"),
    ("any call", 'node == "nowhere"'),
    ("any call", 'export == "push" && seq > 100000000'),
    ("sink", "size > 100000000"),
    ("any call", "ms > 100000.0"),
    ("any call", "size > 100000000"),
    ("any call", 'text.contains("nowhere")'),
    ("any call", 'json.name == "nowhere"'),
    ("any call", 'json.name == "nowhere" && ms > 100000.0 || text.contains("nowhere")'),
    ("any call", "json.value > 100000000"),
    ("any call", "size(outputs) > 7"),
    ("any call", 'port == "nowhere"'),
    ("any call", "outputs[0].json.value > 100000000"),
    ("any call", "outputs.exists(one, one.size > 1000)"),
    ("any output", "size > 100000000"),
    ("source output", "json.value > 100000000"),
    ("processor0 -> sink", 'text.contains("nowhere")'),
    ("any error", ""),
    ("any drop", ""),
    ("any back-pressure", ""),
)


class Searched(NamedTuple):
    """One condition that holds nowhere, looked for in every call."""

    where: str
    condition: str
    looked: int
    """Calls that were looked at."""
    million_s: float
    """Processor seconds for a million calls."""


def searches(elements: int = 40_000, ring_mib: int = 64) -> Iterator[Searched]:
    """Each condition in turn, on one run."""
    flow, options = linear(Role.PROCESSOR), EngineOptions()
    branch = Branch(1, flow, Recorder(Ring(ring_mib * 1024 * 1024)))
    invoker = FakeInvoker(flow, elements)
    numbers = count()

    def give(call: Call) -> Outcome:
        number = next(numbers)
        if number == elements:
            return Exhausted()
        data = b'{"type":"metric","name":"cpu_usage","value":%d}' % number
        return Emitted((Output(Buffer(data, JSON), JSON),))

    def change(call: Call) -> Outcome:
        assert call.element is not None
        data = call.element.payload.data[:-1] + b',"by":"processor"}'
        return Emitted((Output(Buffer(data, JSON), JSON),))

    invoker.on("source", Export.PULL, give).on("processor0", Export.PROCESS, change)
    engine = Engine(flow, invoker, options)
    start = Start(WALL_NS)
    branch.recorder.record(start, engine.apply(start))
    while not engine.state.ended:
        branch.recorder.record(Step(), engine.step())
    branch.calls = engine.calls
    for where, condition in CONDITIONS:
        breakpoint = Breakpoint(1, parse_place(where, flow), condition)
        gc.collect()
        began = time.process_time()
        search = BackwardSearch(branch, branch.calls, flow, [breakpoint], options)
        found = search.go_on(lambda: True)
        while found is None:
            found = search.go_on(lambda: True)
        took = time.process_time() - began
        yield Searched(where, condition, found.looked, took / found.looked * 1e6)


def main(*sizes: int) -> None:
    """Print a line for each condition."""
    for found in searches(*sizes):
        print(
            f"{found.million_s:6.2f} s a million calls, {found.looked:>9,} looked at: "
            f"{found.where}, {found.condition}"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
