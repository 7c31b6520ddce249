"""Errors counted by kind, rules of single nodes, and the back-off between tries."""

from __future__ import annotations

import pytest

from runtime.engine.options import EngineOptions
from runtime.model.call import ErrorKind, Export, Failed, Failure, FailureKind
from runtime.model.codes import Code
from runtime.model.commands import Advance, Edit, Skip, Step
from runtime.model.events import FlowState, NodeFailed, Stopped
from runtime.model.linked import MAX_BACK_OFF_MS, ErrorPolicy, ErrorRule, Role
from runtime.model.snapshot import NodeState
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker, finish, initialised, linear, of_type, steps
from tests.support.narrow import only

MS = 1_000_000


def retrying(retries: int = 3, back_off_ms: int = 10) -> EngineOptions:
    return EngineOptions(on_error=ErrorPolicy.RETRY, max_retries=retries, back_off_ms=back_off_ms)


def limit(code: Code) -> Failed:
    return Failed(Failure.of(FailureKind.LIMIT, "too much", code, "use less", crashed=False))


def test_errors_are_counted_by_kind_with_limits_told_apart() -> None:
    linked = linear()
    kinds = [kind for kind in FailureKind if kind is not FailureKind.LIMIT]
    failures = [fakes.failed(kind) for kind in kinds]
    limits = (Code.FUEL, Code.MEMORY, Code.INVOCATION_TIMEOUT, Code.CAPACITY_EXCEEDED)
    failures += [limit(code) for code in limits]
    invoker = FakeInvoker(linked, elements=1).then("sink", Export.PUSH, *failures)
    engine = initialised(linked, invoker, retrying(len(failures), 0))
    finish(engine)
    sink = engine.snapshot().nodes[1]
    assert dict(sink.errors_by_kind) == dict.fromkeys(ErrorKind, 1)
    assert sink.errors == engine.snapshot().errors == len(ErrorKind)


def test_a_node_has_a_rule_of_its_own() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked, elements=3)
    invoker.then("processor0", Export.PROCESS, fakes.failed())
    invoker.then("sink", Export.PUSH, fakes.failed())
    rules = (("processor0", ErrorRule(ErrorPolicy.SKIP)),)
    options = EngineOptions(on_error=ErrorPolicy.FAIL, node_rules=rules)
    engine = initialised(linked, invoker, options)
    events = finish(engine)
    assert [event.node for event in of_type(events, NodeFailed)] == ["processor0", "sink"]
    assert engine.state is FlowState.FAILED
    assert engine.snapshot().nodes[1].dropped == 1


def test_back_off_doubles_in_flow_time_and_others_go_on_meanwhile() -> None:
    linked = linear(capacity=4)
    invoker = FakeInvoker(linked, elements=2).then("sink", Export.PUSH, *[fakes.failed()] * 3)
    engine = initialised(linked, invoker, retrying())
    steps(engine, 2)
    waits = []
    while not engine.state.ended:
        if not engine.step():
            waits.append(engine.waits_ns())
            detail = only(Stopped, engine.apply(Step(node="sink"))[0]).detail
            assert "tries again in" in detail
            assert engine.snapshot().nodes[1].backing_off
            engine.apply(Advance(engine.waits_ns()))
    # The source is called while the sink waits for the first time: 2 calls of 10 ns each.
    assert waits == [10 * MS - 20, 20 * MS, 40 * MS]
    snapshot = engine.snapshot()
    assert (snapshot.state, snapshot.delivered) == (FlowState.COMPLETED, 2)
    assert snapshot.nodes[1].blocked_ns == 70 * MS


def test_the_longest_back_off_is_bounded() -> None:
    rule = ErrorRule(ErrorPolicy.RETRY, 100, 10)
    assert [rule.back_off_after(attempt) for attempt in (1, 2, 3)] == [10, 20, 40]
    assert rule.back_off_after(100) == MAX_BACK_OFF_MS
    assert ErrorRule(ErrorPolicy.RETRY, 3, 0).back_off_after(3) == 0


@pytest.mark.parametrize("role", [Role.SOURCE, Role.PROCESSOR])
def test_sources_and_crashed_nodes_back_off_too(role: Role) -> None:
    linked = linear(Role.PROCESSOR)
    name, export = (
        ("source", Export.PULL) if role is Role.SOURCE else ("processor0", Export.PROCESS)
    )
    invoker = FakeInvoker(linked, elements=1)
    invoker.then(name, export, fakes.failed(FailureKind.TRAP))
    engine = initialised(linked, invoker, retrying())
    while engine.step():
        pass
    assert invoker.made(name)[-1] == export.value
    assert 0 < engine.waits_ns() <= 10 * MS
    assert engine.snapshot().nodes[role is not Role.SOURCE].state is NodeState.CRASHED
    finish(engine)
    assert invoker.made(name)[:3] == [export.value, "init", export.value]
    assert len(fakes.delivered(invoker)) == 1


def test_an_edited_or_skipped_element_ends_the_back_off() -> None:
    linked = linear(Role.PROCESSOR)
    for command in (Edit(1, b"other"), Skip("processor0")):
        invoker = FakeInvoker(linked, elements=1)
        invoker.then("processor0", Export.PROCESS, fakes.failed())
        engine = initialised(linked, invoker, retrying())
        steps(engine, 3)
        assert engine.snapshot().nodes[1].backing_off
        engine.apply(command)
        assert not engine.snapshot().nodes[1].backing_off
        assert engine.waits_ns() == 0
        finish(engine)
        assert engine.state is FlowState.COMPLETED


@pytest.mark.parametrize("wrong", [{"max_retries": -1}, {"back_off_ms": -1}])
def test_a_rule_refuses_negative_numbers(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be 0 or more"):
        ErrorRule(ErrorPolicy.RETRY, **wrong)
