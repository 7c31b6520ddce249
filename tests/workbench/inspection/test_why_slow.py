"""The table of why a flow is slow, of flows that really ran."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.engine.options import EngineOptions
from runtime.execution.call_timing import CallTiming
from runtime.model.call import Answer, Export
from runtime.model.events import CallFinished
from runtime.model.linked import LinkedFlow, Role, SchedulePolicy
from runtime.model.measures.call_times import NO_CALLS, CallTimes
from runtime.model.snapshot import FlowSnapshot
from runtime.model.text.durations import spaced_duration
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker, finish, initialised, linear, of_type
from tests.support.narrow import present
from workbench.inspection.edge import edge_rows
from workbench.inspection.node import node_rows
from workbench.inspection.slowness.pressure_cause import shares
from workbench.inspection.slowness.why_slow import slow_rows
from workbench.text.lines import Row, width_of
from workbench.view import NodeRef

FAIR = EngineOptions(schedule=SchedulePolicy.WEIGHTED_FAIR)


def slow_flow() -> tuple[LinkedFlow, FlowSnapshot, CallTimes]:
    """A sink that takes 50 us for each of 60 elements, behind queues of 4."""
    linked = linear(Role.PROCESSOR, capacity=4)
    invoker = FakeInvoker(linked, elements=60)
    invoker.on("sink", Export.PUSH, lambda call: Answer(fakes.READY, 50_000))
    engine = initialised(linked, invoker, FAIR)
    timing = CallTiming()
    for event in of_type(finish(engine), CallFinished):
        timing.add(event)
    return linked, engine.snapshot(), timing.times()


def texts(rows: list[Row]) -> list[str]:
    return ["".join(span.text for span in row.spans) for row in rows]


@pytest.mark.parametrize("cells", [36, 64, 76, 118])
def test_the_cause_stands_first_and_every_node_has_its_shares(cells: int) -> None:
    flow, snapshot, times = slow_flow()
    rows = slow_rows(flow, snapshot, times, cells)
    lines = texts(rows)
    assert all(width_of(row.spans) <= cells for row in rows)
    assert lines[0].startswith(" ◆ source was blocked")
    assert all(width_of(row.spans) <= 32 for row in slow_rows(flow, snapshot, times, 32))
    table = [line for line in lines if line.startswith((" sink", " source", " pr"))]
    assert table[0].startswith(" sink ◆")
    assert f" {shares(snapshot.nodes[2], snapshot.at_ns)[0]}% " in table[0]
    for name, holder, node in (("source", "processor0", 0), ("processor0", "sink", 1)):
        blocked = shares(snapshot.nodes[node], snapshot.at_ns)[2]
        own = [line for line in table if line.startswith(f" {name[:2]}")]
        assert any(f" {holder} {blocked}%" in line for line in own)
    # 50 us to the nearest bucket.
    assert "49.7µs" in " ".join(lines)
    targets = [row.target for row in rows if isinstance(row.target, NodeRef)]
    assert {NodeRef("sink"), NodeRef("processor0"), NodeRef("source")} <= set(targets)


def test_elements_are_timed_from_end_to_end_with_the_share_of_waiting() -> None:
    flow, snapshot, times = slow_flow()
    ends = "\n".join(texts(slow_rows(flow, snapshot, times, 80))[-3:])
    assert "end to end" in ends
    assert "% of it, 60 elements" in ends
    once = replace(times, end_to_end=present(times.end_to_end)._replace(samples=1))
    assert any(
        row.endswith("% of it, 1 element") for row in texts(slow_rows(flow, snapshot, once, 80))
    )


def test_before_the_first_call_there_are_no_figures() -> None:
    linked = linear()
    engine = fakes.started(linked, FakeInvoker(linked))
    for snapshot in (None, engine.snapshot()):
        assert texts(slow_rows(linked, snapshot, NO_CALLS, 40))[0] == " No calls yet."


def test_a_flow_in_which_nobody_waits_says_so() -> None:
    linked = linear()
    engine = initialised(linked, FakeInvoker(linked, elements=3))
    finish(engine)
    rows = texts(slow_rows(linked, engine.snapshot(), NO_CALLS, 60))
    assert rows[0] == " Nobody waited for long."
    assert all("◆" not in row for row in rows)


def test_the_inspector_says_of_a_queue_what_it_did_to_its_producer() -> None:
    flow, snapshot, times = slow_flow()
    text = "\n".join(texts(edge_rows(flow, snapshot, times, 0, None, 60)))
    edge = snapshot.edges[0]
    assert f"was full   {edge.episodes}x, {edge.drained} drained" in text
    assert "state      done" in text
    wait = present(times.wait("source", "processor0"))
    assert (
        f"waited     p50 {spaced_duration(wait.p50_ns)}, max {spaced_duration(wait.max_ns)}" in text
    )
    assert "response   p50 10 ns, max " in text


def test_the_inspector_says_of_a_node_how_it_spent_its_time_and_what_follows_errors() -> None:
    flow, snapshot, _ = slow_flow()
    text = "\n".join(texts(node_rows(flow, snapshot, "source", None, 60)))
    assert "by processor0" in text
    assert "on error   stop" in text


def test_no_two_nodes_look_equal_however_long_their_names_are() -> None:
    flow, snapshot, times = slow_flow()
    names = ("a-very-long-name-number-one", "a-very-long-name-number-two", "処理-日本語-一")
    nodes = tuple(
        replace(node, name=name) for node, name in zip(snapshot.nodes, names, strict=True)
    )
    links = tuple(replace(link, name=name) for link, name in zip(flow.nodes, names, strict=True))
    other = replace(flow, nodes=links)
    calm = tuple(replace(node, blocked_ns=0) for node in nodes)
    rows = slow_rows(other, replace(snapshot, nodes=calm), times, 36)
    shown = [text(row)[:9] for row in rows if isinstance(row.target, NodeRef)]
    assert len(shown) == 6
    assert len(set(shown[:3])) == len(set(shown[3:])) == 3


def text(row: Row) -> str:
    return "".join(span.text for span in row.spans)
