"""Schedules: the order of calls."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from runtime.engine.options import EngineOptions
from runtime.engine.scheduling.schedule_policies import STRIDE_SCALE, Schedule, build_schedule
from runtime.model.call import Answer, Export
from runtime.model.commands import SetSchedule, Step
from runtime.model.events import ScheduleChanged
from runtime.model.linked import LinkedNode, Role, SchedulePolicy
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker, initialised, linear, steps
from tests.support.narrow import present


def nodes(*priorities: int) -> list[LinkedNode]:
    return [
        LinkedNode(f"n{index}", Role.SINK, "", "", "", "", None, priority=own)
        for index, own in enumerate(priorities)
    ]


def order(schedule: Schedule, ready: int, calls: int, durations: dict[int, int]) -> list[int]:
    made = []
    for _ in range(calls):
        index = schedule.peek(ready)
        assert schedule.peek(ready) == index
        schedule.charge(index, durations.get(index, 100))
        made.append(index)
    return made


def test_consumer_first_takes_the_node_furthest_downstream() -> None:
    schedule = build_schedule(SchedulePolicy.CONSUMER_FIRST, nodes(10, 1, 1))
    assert order(schedule, 0b111, 2, {}) == [2, 2]
    assert order(schedule, 0b011, 2, {}) == [1, 1]


def test_round_robin_goes_round_the_ready_nodes() -> None:
    schedule = build_schedule(SchedulePolicy.ROUND_ROBIN, nodes(1, 9, 5, 5))
    assert order(schedule, 0b1111, 5, {}) == [0, 1, 2, 3, 0]
    assert order(schedule, 0b1010, 3, {}) == [1, 3, 1]


def test_priority_takes_the_highest_and_ties_in_turn() -> None:
    schedule = build_schedule(SchedulePolicy.PRIORITY, nodes(3, 8, 8, 1))
    assert order(schedule, 0b1111, 4, {}) == [1, 2, 1, 2]
    assert order(schedule, 0b1001, 2, {}) == [0, 0]
    assert order(schedule, 0b1111, 1, {}) == [1]


def test_weighted_fair_gives_nodes_of_one_priority_equal_time() -> None:
    schedule = build_schedule(SchedulePolicy.WEIGHTED_FAIR, nodes(5, 5))
    made = Counter(order(schedule, 0b11, 1_100, {0: 100, 1: 1_000}))
    assert made[0] * 100 == pytest.approx(made[1] * 1_000, abs=1_000)


def test_weighted_fair_divides_time_by_priority() -> None:
    schedule = build_schedule(SchedulePolicy.WEIGHTED_FAIR, nodes(1, 4))
    made = Counter(order(schedule, 0b11, 1_000, {}))
    assert made == {0: 200, 1: 800}


def test_weighted_fair_earns_no_credit_for_idle_time() -> None:
    schedule = build_schedule(SchedulePolicy.WEIGHTED_FAIR, nodes(5, 5))
    order(schedule, 0b01, 1_000, {})
    made = Counter(order(schedule, 0b11, 100, {}))
    assert abs(made[0] - made[1]) <= 2


def test_weighted_fair_takes_turns_when_durations_are_not_known() -> None:
    schedule = build_schedule(SchedulePolicy.WEIGHTED_FAIR, nodes(5, 5, 5))
    made = Counter(order(schedule, 0b111, 30, dict.fromkeys(range(3), 0)))
    assert made == {0: 10, 1: 10, 2: 10}


def test_weighted_fair_calls_the_first_of_those_with_the_least_account() -> None:
    chance = random.Random(1)
    for count in (1, 2, 3, 7, 40):
        priorities = [chance.randint(1, 10) for _ in range(count)]
        schedule = build_schedule(SchedulePolicy.WEIGHTED_FAIR, nodes(*priorities))
        accounts, level = [0] * count, 0
        for _ in range(400):
            ready = chance.randrange(1, 1 << count)
            members = [index for index in range(count) if ready >> index & 1]
            chosen = min(members, key=accounts.__getitem__)
            assert schedule.peek(ready) == schedule.peek(ready) == chosen
            # Few durations, so that accounts are often equal.
            duration_ns = chance.choice((0, 1, 1, 50))
            schedule.charge(chosen, duration_ns)
            level = max(level, accounts[chosen])
            accounts[chosen] = level if accounts[chosen] < level else accounts[chosen]
            accounts[chosen] += max(duration_ns, 1) * STRIDE_SCALE // priorities[chosen]
            assert schedule.state() == (level, *accounts)
            if chance.random() < 0.05:
                other = build_schedule(SchedulePolicy.WEIGHTED_FAIR, nodes(*priorities))
                other.restore(schedule.state())
                schedule = other


def test_the_schedule_can_change_while_the_flow_runs() -> None:
    linked = linear(Role.PROCESSOR, capacity=4)
    invoker = FakeInvoker(linked, elements=100)
    engine = initialised(linked, invoker)
    steps(engine, 6)
    assert invoker.made() == ["source.pull", "processor0.process", "sink.push"] * 2
    changed = engine.apply(SetSchedule(SchedulePolicy.ROUND_ROBIN))
    assert changed == [ScheduleChanged(SchedulePolicy.ROUND_ROBIN)]
    assert engine.snapshot().schedule is SchedulePolicy.ROUND_ROBIN
    steps(engine, 6)
    assert invoker.made()[6:] == [
        "source.pull",
        "processor0.process",
        "sink.push",
        "source.pull",
        "processor0.process",
        "sink.push",
    ]


def test_priority_fills_the_queue_behind_a_favoured_source() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "sink": Role.SINK},
        [fakes.edge("source", "sink", 8)],
        priorities={"source": 9, "sink": 1},
    )
    engine = initialised(
        linked, FakeInvoker(linked, elements=100), EngineOptions(schedule=SchedulePolicy.PRIORITY)
    )
    steps(engine, 5)
    assert len(engine.queue(0)) == 5


def test_weighted_fair_gives_a_slow_and_a_quick_branch_the_same_time() -> None:
    linked = fakes.flow(
        {"a": Role.SOURCE, "b": Role.SOURCE, "slow": Role.SINK, "quick": Role.SINK},
        [fakes.edge("a", "slow", 4), fakes.edge("b", "quick", 4)],
    )
    invoker = FakeInvoker(linked, elements=10_000)
    invoker.on("slow", Export.PUSH, lambda call: Answer(fakes.READY, 1_000))
    options = EngineOptions(schedule=SchedulePolicy.WEIGHTED_FAIR)
    engine = initialised(linked, invoker, options)
    steps(engine, 3_000)
    busy = {node.name: node.busy_ns for node in engine.snapshot().nodes}
    # b and its sink share one account each, and every account gets the same time while ready.
    assert busy["quick"] == pytest.approx(busy["slow"], rel=0.2)


def test_a_chosen_node_costs_the_others_no_turn() -> None:
    linked = linear(Role.PROCESSOR, capacity=4)
    invoker = FakeInvoker(linked, elements=100)
    options = EngineOptions(schedule=SchedulePolicy.ROUND_ROBIN)
    engine = initialised(linked, invoker, options)
    engine.step()
    engine.apply(Step(node="source"))
    assert present(engine.next_call()).node == "processor0"
