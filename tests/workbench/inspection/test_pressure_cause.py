"""The cause of back-pressure, found in flows that really ran."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.engine.options import EngineOptions
from runtime.model.call import Answer, Export, Outcome
from runtime.model.commands import Advance
from runtime.model.linked import ErrorPolicy, LinkedFlow, QueuePolicy, Role, SchedulePolicy
from runtime.model.snapshot import FlowSnapshot, NodeSnapshot, NodeState
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker, initialised, linear
from tests.support.narrow import present
from workbench.inspection.slowness.pressure_cause import Reason, blocking_edge, find_cause, shares

FAIR = EngineOptions(schedule=SchedulePolicy.WEIGHTED_FAIR)


def ran(linked: LinkedFlow, invoker: FakeInvoker, options: EngineOptions = FAIR) -> FlowSnapshot:
    engine = initialised(linked, invoker, options)
    while not engine.state.ended:
        if not engine.step():
            engine.apply(Advance(engine.waits_ns()))
    return engine.snapshot()


def slow(invoker: FakeInvoker, node: str, export: Export, took_ns: int) -> FakeInvoker:
    outcome: Outcome = fakes.READY if export is Export.PUSH else fakes.emitted(b"slow")
    return invoker.on(node, export, lambda call: Answer(outcome, took_ns))


def test_a_slow_sink_is_found_behind_what_waits_for_it() -> None:
    linked = linear(Role.PROCESSOR, Role.PROCESSOR, capacity=4)
    invoker = slow(FakeInvoker(linked, elements=60), "sink", Export.PUSH, 5_000)
    snapshot = ran(linked, invoker)
    cause = present(find_cause(linked, snapshot))
    assert (cause.waited, cause.reason, cause.node) == ("source", Reason.BUSY, "sink")
    assert cause.chain == (0, 1, 2)
    assert cause.sentence.startswith("source was blocked ")
    busy = 100 * snapshot.nodes[3].busy_ns / snapshot.at_ns
    assert cause.sentence.endswith(f"; the cause is sink, {busy:.0f}% busy")


def test_a_slow_stage_in_the_middle_is_the_cause_and_not_the_sink() -> None:
    linked = linear(Role.PROCESSOR, capacity=4)
    invoker = slow(FakeInvoker(linked, elements=60), "processor0", Export.PROCESS, 5_000)
    cause = present(find_cause(linked, ran(linked, invoker)))
    assert (cause.node, cause.chain) == ("processor0", (0,))


def test_nobody_is_named_when_nobody_waited() -> None:
    linked = linear(Role.PROCESSOR)
    snapshot = ran(linked, FakeInvoker(linked, elements=9), EngineOptions())
    assert find_cause(linked, snapshot) is None
    assert find_cause(linked, replace(snapshot, nodes=())) is None


def test_several_slow_branches_are_no_single_cause() -> None:
    names = [f"sink{index}" for index in range(4)]
    linked = fakes.flow(
        {"source": Role.SOURCE} | dict.fromkeys(names, Role.SINK),
        [fakes.edge("source", name, 2) for name in names],
    )
    invoker = FakeInvoker(linked, elements=60)
    for name in names:
        slow(invoker, name, Export.PUSH, 5_000)
    cause = present(find_cause(linked, ran(linked, invoker)))
    assert (cause.waited, cause.reason, cause.node) == ("source", Reason.SEVERAL, None)
    assert "no single cause: busy were sink" in cause.sentence


def test_a_sink_that_pauses_is_named_with_its_answers() -> None:
    linked = linear(capacity=2)
    invoker = FakeInvoker(linked, elements=8).on("sink", Export.PUSH, lambda call: fakes.PAUSE)
    cause = present(find_cause(linked, ran(linked, invoker)))
    assert (cause.waited, cause.reason, cause.node) == ("source", Reason.PAUSES, "sink")
    assert "answered pause to 8 of 8 elements" in cause.sentence


def test_a_rate_and_a_back_off_are_causes_of_their_own() -> None:
    link = replace(fakes.edge("source", "sink", 8), policy=QueuePolicy.RATE_LIMIT, rate=100.0)
    linked = fakes.flow({"source": Role.SOURCE, "sink": Role.SINK}, [link])
    cause = present(find_cause(linked, ran(linked, FakeInvoker(linked, elements=8))))
    assert (cause.reason, cause.node) == (Reason.RATE, None)
    assert "the rate of source -> sink, 100 elements a second" in cause.sentence
    linked = linear(Role.PROCESSOR, capacity=8)
    invoker = FakeInvoker(linked, elements=3).then("processor0", Export.PROCESS, fakes.failed())
    options = EngineOptions(on_error=ErrorPolicy.RETRY, back_off_ms=10)
    snapshot = ran(linked, invoker, options)
    cause = present(find_cause(linked, snapshot))
    assert (cause.reason, cause.node) == (Reason.BACK_OFF, "processor0")
    assert blocking_edge(linked, snapshot, snapshot.nodes[1]) is None
    linked = linear(capacity=2)
    invoker = FakeInvoker(linked, elements=8).then("sink", Export.PUSH, fakes.failed())
    cause = present(find_cause(linked, ran(linked, invoker, options)))
    assert (cause.reason, cause.node) == (Reason.BACK_OFF, "sink")
    assert "sink, which waits before it tries again, after 1 error" in cause.sentence


def test_a_wait_for_an_edge_that_is_gone_is_no_wait_before_another_try() -> None:
    linked = linear(Role.PROCESSOR, capacity=4)
    invoker = slow(FakeInvoker(linked, elements=60), "sink", Export.PUSH, 5_000)
    snapshot = ran(linked, invoker)
    first, *others = snapshot.edges
    blocked = snapshot.nodes[0].blocked_ns
    shorter = replace(snapshot, edges=(replace(first, episodes_blocked_ns=blocked // 3), *others))
    assert present(find_cause(linked, shorter)).node == "sink"
    gone = replace(snapshot, edges=(replace(first, episodes_blocked_ns=0), *others))
    assert find_cause(linked, gone) is None


TIMES = st.integers(0, 10**12)


@given(TIMES, TIMES, TIMES)
def test_shares_add_up_to_100(busy: int, idle: int, blocked: int) -> None:
    at_ns = busy + idle + blocked
    node = NodeSnapshot("node", Role.SINK, NodeState.IDLE, busy_ns=busy, blocked_ns=blocked)
    found = shares(node, at_ns)
    assert sum(found) == (100 if at_ns else 0)
    for share, part in zip(found, (busy, idle, blocked), strict=True):
        assert abs(share - 100 * part / max(at_ns, 1)) <= 1


@pytest.mark.parametrize(
    ("parts", "expected"), [((1, 1, 1), (34, 33, 33)), ((2, 0, 1), (67, 0, 33))]
)
def test_what_is_left_over_goes_to_what_was_cut_most(
    parts: tuple[int, int, int], expected: tuple[int, int, int]
) -> None:
    busy, idle, blocked = parts
    node = NodeSnapshot("node", Role.SINK, NodeState.IDLE, busy_ns=busy, blocked_ns=blocked)
    assert shares(node, busy + idle + blocked) == expected
