"""The lineage of an element, found in the ring of a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.lineage.element_traces import ElementTraces
from runtime.lineage.lineage_report import lineage_report
from runtime.model.commands import Command, Start, Step
from runtime.model.events import Event
from runtime.model.linked import Role
from runtime.protocol.lineage import Lineage
from runtime.protocol.requests import JumpTo, ReadLineage
from runtime.protocol.timeline import RING_BYTES
from runtime.session.recording_file import RecordingSettings
from runtime.timetravel.search import lineage_search
from runtime.timetravel.search.past_events import PastEvents, calls_backwards
from tests.support.engine.fakes import WALL_NS, FakeInvoker, linear
from tests.support.narrow import present
from tests.support.session_driver import Driver, opened
from tests.support.studio_projects import Project, sink
from tests.support.wasm.guests import AGGREGATOR, ECHO, component
from tests.support.wasm.recorded_guests import counting_source

SAMPLE = Path(__file__).parents[3] / "sample_flows" / "fan-out" / "Torvyn.toml"
ALL = 10**9


@pytest.fixture
def aggregated(tmp_path: Path) -> Iterator[Driver]:
    """A flow that was run to its end; its aggregator puts three elements together."""
    nodes = {
        "source": (Role.SOURCE, counting_source(600)),
        "group": (Role.AGGREGATOR, component(AGGREGATOR, Role.AGGREGATOR)),
        "sink": (Role.SINK, sink()),
    }
    driver = opened(Project(tmp_path, nodes).write())
    driver.run()
    yield driver
    driver.session.close()


def found(driver: Driver, lineage: int) -> Lineage:
    (reply,) = driver.ask(ReadLineage(lineage)).replies
    assert isinstance(reply, Lineage)
    assert reply.lineage == lineage
    return reply


def traced(driver: Driver) -> ElementTraces:
    """Every lineage of the branch, from its start."""
    time = driver.session._time
    past = PastEvents(time.branch, None, time._resources.options)
    traces = ElementTraces(time.branch.flow)
    while (done := past.step()) is not None:
        traces.record(*done)
    return traces


def test_a_lineage_from_a_checkpoint_is_that_from_the_start() -> None:
    driver = opened(SAMPLE)
    try:
        driver.run()
        traces = traced(driver)
        assert len(traces.traces) > 3
        for lineage, trace in traces.traces.items():
            reply = found(driver, lineage)
            assert reply == lineage_report(trace, driver.session.flow)
            assert reply.calls[0].export == "pull"
            assert reply.calls[-1].came_to == "= delivered"
            assert reply.delivered == sum(hop.export == "push" for hop in trace.hops)
            assert reply.edges
        driver.ask(JumpTo(20))
        assert found(driver, lineage).calls_in_all == len(trace.hops)  # it comes later
        assert found(driver, 10**6).why == "no call of this branch gave an element of this lineage"
    finally:
        driver.session.close()


def test_an_aggregate_knows_its_inputs_and_they_know_it(aggregated: Driver) -> None:
    traces = traced(aggregated)
    aggregates = [one for one in traces.traces.values() if one.source == "group"]
    assert len(aggregates) > 100
    for trace in (aggregates[0], aggregates[len(aggregates) // 2]):
        reply = found(aggregated, trace.lineage)
        made_of = present(reply.made_of)
        assert [one.lineage for one in made_of.inputs] == list(trace.came_from or ())
        assert made_of.inputs_in_all == len(made_of.inputs) > 0
        assert not made_of.cut
        assert reply.into == ()
        for one in made_of.inputs:
            of_input = found(aggregated, one.lineage)
            into = of_input.into[0]
            assert (into.node, into.lineage) == ("group", trace.lineage)
            assert [item.lineage for item in into.inputs] == list(trace.came_from or ())
            taken = next(call for call in of_input.calls if call.node == "group")
            assert taken.call == one.call
            assert taken.ran_ns == one.ran_ns
            assert taken.came_to in (f"kept, in #{trace.sequence}", "sink")


def test_what_the_ring_has_lost_is_told(tmp_path: Path) -> None:
    nodes = {"source": (Role.SOURCE, counting_source(1_500)), "sink": (Role.SINK, sink())}
    small = RecordingSettings(ring_bytes=60_000)
    driver = opened(Project(tmp_path, nodes).write(), recording=small)
    try:
        end = driver.run()
        assert not driver.session._time.branch.ring.repeatable
        lost = found(driver, 1)
        assert not lost.found
        assert "--ring" in lost.why
        assert found(driver, 1_499).calls[-1].came_to == "= delivered"
        assert driver.snapshot == end
    finally:
        driver.session.close()


def test_the_calls_of_the_past_are_told_backwards_in_full(tmp_path: Path) -> None:
    nodes = {"source": (Role.SOURCE, counting_source(1_500)), "sink": (Role.SINK, sink())}
    manifest = Project(tmp_path, nodes).write()
    for ring_bytes in (150_000, 400_000, RING_BYTES):
        driver = opened(manifest, recording=RecordingSettings(ring_bytes=ring_bytes))
        try:
            driver.run()
            time = driver.session._time
            parts = list(calls_backwards(time.branch, ALL, time._resources.options))
            calls = [event for part in parts[::-1] for event in part]
            numbers = [event.call.number for event in calls]
            assert numbers == list(range(time.branch.earliest + 1, driver.snapshot.calls + 1))
            kept = list(time.branch.ring.calls())
            assert calls[-len(kept) :] == kept
            assert all(event.call.element for event in calls if event.call.export == "push")
            middle = numbers[len(numbers) // 2]
            earlier = next(calls_backwards(time.branch, middle, time._resources.options))
            assert earlier[-1] == calls[numbers.index(middle) - 1]
        finally:
            driver.session.close()


def test_where_nothing_is_aggregated_one_lineage_alone_is_traced() -> None:
    flow = linear(Role.PROCESSOR)
    engine = Engine(flow, FakeInvoker(flow, 40), EngineOptions())
    every = ElementTraces(flow)
    one = ElementTraces(flow, target=lambda element: element.sequence == 25)
    start = Start(WALL_NS)
    done: list[tuple[Command, list[Event]]] = [(start, engine.apply(start))]
    while not engine.state.ended:
        done.append((Step(), engine.step()))
    for traces in (every, one):
        for command, events in done:
            traces.record(command, events)
    (kept,) = one.traces.values()
    assert kept == every.traces[kept.lineage]
    assert len(kept.hops) == 3
    assert (one.lineages, one.copies) == (every.lineages, every.copies)


def test_a_number_that_is_no_lineage_is_told_without_reading_to_the_end(tmp_path: Path) -> None:
    nodes = {
        "source": (Role.SOURCE, counting_source(300)),
        "echo": (Role.PROCESSOR, component(ECHO, Role.PROCESSOR)),
        "sink": (Role.SINK, sink()),
    }
    driver = opened(Project(tmp_path, nodes).write())
    driver.run()
    lineages = traced(driver).traces
    calls: list[int] = []

    class Noting(PastEvents):
        """Notes how far it is told."""

        def step(self) -> tuple[Command, list[Event]] | None:
            calls.append(self.calls)
            return super().step()

    number = next(one for one in range(1, 400) if one not in lineages)
    with patch.object(lineage_search, "PastEvents", Noting):
        assert found(driver, number).why
    assert max(calls) < driver.snapshot.calls / 2
    driver.session.close()
