"""Elements that are put into a queue from outside."""

from __future__ import annotations

import pytest

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.model.call import Export
from runtime.model.commands import (
    INJECTED,
    Advance,
    Cancel,
    Drain,
    Inject,
    Relink,
    SetQueue,
    Skip,
    Step,
)
from runtime.model.element import MAX_BUFFER_BYTES, Buffer, Element
from runtime.model.events import (
    BackpressureBegan,
    BackpressureEnded,
    Delivery,
    Event,
    FlowState,
    Injected,
    NodeFailed,
    Stopped,
    StopReason,
)
from runtime.model.linked import QueuePolicy, Role
from runtime.model.snapshot import NodeState
from tests.support.engine import fakes
from tests.support.engine.fakes import (
    FakeInvoker,
    edge,
    finish,
    flow,
    initialised,
    linear,
    of_type,
    started,
)
from tests.support.engine.reloads import running, three
from tests.support.narrow import only, present

NEW = Inject(0, b"new", "text/x-new")


def refusal(engine: Engine, command: Inject = NEW) -> str:
    """Why the engine does not inject; nothing else may follow from it."""
    before = engine.snapshot()
    events = engine.apply(command)
    assert [type(event) for event in events] == [Stopped]
    assert only(Stopped, events[0]).reason is StopReason.USER
    assert [one.depth for one in engine.snapshot().edges] == [one.depth for one in before.edges]
    assert engine.snapshot().injected == before.injected
    return only(Stopped, events[0]).detail


def test_it_gets_an_id_a_lineage_and_a_time_as_at_a_source() -> None:
    _, engine = running(three(), "source", "source")
    at_ns = engine.snapshot().at_ns
    events = engine.apply(NEW)
    element = Element(
        3, 3, INJECTED, 0, fakes.WALL_NS + at_ns, "text/x-new", Buffer(b"new", "text/x-new")
    )
    assert events == [Injected(at_ns, Delivery(0, element, 3))]
    assert engine.queue(0)[-1] == element
    assert engine.stop is None
    more = engine.apply(Inject(1, b""))
    assert only(Injected, more[0]).delivery.element[:4] == (4, 4, INJECTED, 1)
    engine.apply(Step(node="source"))
    assert (engine.queue(0)[-1].id, engine.queue(0)[-1].sequence) == (5, 2)


def test_it_goes_on_as_any_other_and_is_counted_apart() -> None:
    linked = three()
    invoker = FakeInvoker(linked, elements=1)
    engine = initialised(linked, invoker)
    engine.apply(NEW)
    engine.apply(Step(node="source"))
    finish(engine)
    assert fakes.delivered(invoker) == [b"new+", b"source 0+"]
    pushed = [call.element for call in invoker.calls if call.export is Export.PUSH]
    assert [(present(one).source, present(one).sequence) for one in pushed] == [
        (INJECTED, 0),
        ("source", 0),
    ]
    assert [hop.node for hop in present(pushed[0]).path] == ["middle"]
    snapshot = engine.snapshot()
    assert (snapshot.pulled, snapshot.injected, snapshot.delivered) == (1, 1, 2)
    assert [one.injected for one in snapshot.edges] == [1, 0]
    assert dict(snapshot.nodes[0].per_port) == {"output": 1}
    assert dict(snapshot.nodes[1].per_port) == {"output": 2}


def test_it_does_not_count_towards_the_limit_of_elements() -> None:
    linked = linear()
    invoker = FakeInvoker(linked)
    engine = initialised(linked, invoker, EngineOptions(element_limit=2))
    engine.apply(NEW)
    finish(engine)
    assert fakes.delivered(invoker) == [b"new", b"source 0", b"source 1"]


def test_a_queue_that_it_fills_holds_the_producer_until_the_low_mark() -> None:
    linked = linear(capacity=2)
    invoker = FakeInvoker(linked)
    engine = initialised(linked, invoker)
    engine.apply(Step(node="source"))
    at_ns = engine.snapshot().at_ns
    events = engine.apply(NEW)
    assert [type(event) for event in events] == [Injected, BackpressureBegan]
    assert engine.snapshot().edges[0].full
    assert present(engine.next_call()).export is Export.NOTIFY_BACKPRESSURE
    following: list[Event] = [event for _ in range(2) for event in engine.step()]
    ended = of_type(following, BackpressureEnded)
    assert [(one.began_ns, one.drained) for one in ended] == [(at_ns, 1)]
    finish(engine)
    assert fakes.delivered(invoker)[:2] == [b"source 0", b"new"]
    assert engine.snapshot().edges[0].episodes >= 1


def test_what_waits_pending_does_not_let_it_pass() -> None:
    linked = flow(
        {"source": Role.SOURCE, "router": Role.ROUTER, "sink": Role.SINK},
        [edge("source", "router"), edge("router", "sink", 1)],
    )
    _, engine = running(linked, "source", "source", "router", "router")
    assert len(engine.pending(1)) == 1
    assert "no room in router -> sink (1 of 1)" in refusal(engine, Inject(1, b"new"))


@pytest.mark.parametrize(
    "policy", [policy for policy in QueuePolicy if policy is not QueuePolicy.RATE_LIMIT]
)
def test_a_full_queue_takes_nothing_from_outside_whatever_its_policy(policy: QueuePolicy) -> None:
    linked = flow({"source": Role.SOURCE, "sink": Role.SINK}, [edge("source", "sink", 2, policy)])
    _, engine = running(linked, "source", "source")
    assert refusal(engine) == "there is no room in source -> sink (2 of 2)"
    engine.apply(Step(node="sink"))
    assert of_type(engine.apply(NEW), Injected)


def test_a_limited_queue_takes_it_when_it_would_take_any_other() -> None:
    linked = flow(
        {"source": Role.SOURCE, "sink": Role.SINK},
        [edge("source", "sink", 4, QueuePolicy.RATE_LIMIT, rate=1000.0)],
    )
    _, engine = running(linked, "source")
    assert "source -> sink (1 of 4, takes its next element in 1 ms)" in refusal(engine)
    engine.apply(Advance(1_000_000))
    assert of_type(engine.apply(NEW), Injected)
    assert engine.waits_ns() == 0
    assert "source is blocked" in only(Stopped, engine.apply(Step(node="source"))[0]).detail


def test_it_is_refused_where_nothing_works_on_it() -> None:
    linked = linear()
    engine = Engine(linked, FakeInvoker(linked), EngineOptions())
    assert "has not started" in refusal(engine)
    _, engine = running(linked)
    assert refusal(engine, Inject(1, b"")) == "the flow has no edge 1: it has 1"
    assert refusal(engine, Inject(-1, b"")) == "the flow has no edge -1: it has 1"
    engine.apply(Cancel("enough"))
    assert "being torn down" in refusal(engine)
    finish(engine)
    events = engine.apply(NEW)
    assert [only(Stopped, event).detail for event in events] == [
        "the flow is cancelled: its elements go nowhere"
    ]


def test_it_is_refused_when_no_buffer_can_hold_it() -> None:
    _, engine = running(linear())
    largest = bytes(MAX_BUFFER_BYTES)
    assert "at most 16777216 bytes, not 16777217" in refusal(engine, Inject(0, largest + b"x"))
    assert "at most 63 bytes, not 64" in refusal(engine, Inject(0, b"", "ä" * 32))
    assert of_type(engine.apply(Inject(0, largest, "x" * 63)), Injected)


def test_a_consumer_that_is_done_gets_nothing_more() -> None:
    linked = flow(
        {"source": Role.SOURCE, "adder": Role.AGGREGATOR, "sink": Role.SINK},
        [edge("source", "adder"), edge("adder", "sink", 1)],
    )
    invoker = FakeInvoker(linked, elements=0)
    invoker.then("adder", Export.FLUSH, fakes.emitted(b"a", b"b"))
    engine = initialised(linked, invoker)
    engine.step()
    engine.apply(Step(node="adder"))
    assert len(engine.pending(1)) == 1  # flushed, and not done yet
    assert refusal(engine) == "adder is done: it gets no more elements"
    engine.apply(Step(node="sink"))
    assert engine.snapshot().nodes[1].state is NodeState.DONE
    assert refusal(engine) == "adder is done: it gets no more elements"


def test_a_processor_whose_source_is_done_gets_nothing_more_but_those_after_it_do() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked, elements=0)
    engine = initialised(linked, invoker)
    engine.step()
    assert engine.snapshot().nodes[1].state is NodeState.DONE
    assert refusal(engine) == "processor0 is done: it gets no more elements"
    engine.apply(Inject(1, b"late"))
    finish(engine)
    assert fakes.delivered(invoker) == [b"late"]


def test_a_consumer_that_is_to_be_flushed_works_on_it_before() -> None:
    linked = linear(Role.AGGREGATOR)
    invoker = FakeInvoker(linked, elements=0)
    engine = initialised(linked, invoker)
    engine.step()
    assert present(engine.next_call()).export is Export.FLUSH
    engine.apply(NEW)
    assert present(engine.next_call()).export is Export.INGEST
    finish(engine)
    assert invoker.made("aggregator0") == ["ingest", "flush", "teardown"]
    assert fakes.delivered(invoker) == [b"new+"]
    assert engine.state is FlowState.COMPLETED


def test_a_failed_end_is_forgotten_and_made_again_after_the_element() -> None:
    linked = linear()
    invoker = FakeInvoker(linked, elements=0)
    invoker.then("sink", Export.COMPLETE, fakes.failed(), fakes.failed())
    engine = initialised(linked, invoker)
    engine.step()
    engine.step()
    assert engine.failed_nodes() == ("sink",)
    engine.apply(NEW)
    assert engine.failed_nodes() == ()
    assert engine.stop is None
    assert only(Stopped, engine.apply(Skip("sink"))[0]).detail == "sink has no failed element"
    events = engine.step() + engine.step()
    assert [event.attempt for event in of_type(events, NodeFailed)] == [1]
    finish(engine)
    assert invoker.made("sink") == ["complete", "push", "complete", "complete", "teardown"]


def test_a_drained_flow_still_runs_what_is_put_in_to_its_end() -> None:
    linked = three()
    invoker, engine = running(linked, "source")
    engine.apply(Drain("enough"))
    engine.apply(Inject(1, b"late"))
    finish(engine)
    assert fakes.delivered(invoker) == [b"late", b"source 0+"]
    assert engine.state is FlowState.COMPLETED


def test_elements_can_come_before_the_nodes_are_initialised() -> None:
    linked = linear(capacity=1)
    invoker = FakeInvoker(linked, elements=1)
    engine = started(linked, invoker)
    engine.apply(NEW)
    engine.step()
    engine.step()
    assert present(engine.next_call()).export is Export.NOTIFY_BACKPRESSURE
    finish(engine)
    assert fakes.delivered(invoker) == [b"new", b"source 0"]


def test_counts_hold_when_the_queue_is_changed_or_goes() -> None:
    invoker, engine = running(three(), "source")
    engine.apply(NEW)
    engine.apply(SetQueue(0, 9, QueuePolicy.DROP_OLDEST))
    beside = flow(
        {"source": Role.SOURCE, "sink": Role.SINK},
        [edge("source", "sink")],
    )
    engine.apply(Relink(beside))
    finish(engine)
    snapshot = engine.snapshot()
    assert (snapshot.pulled, snapshot.injected) == (9, 1)
    assert (snapshot.delivered, snapshot.dropped) == (8, 2)
    assert snapshot.edges[0].injected == 0
    assert dict(snapshot.nodes[0].per_port) == {"output": 9}
    assert len(fakes.delivered(invoker)) == 8
