"""Elements that are given another payload while they wait."""

from __future__ import annotations

import pytest

from runtime.engine.core import Engine
from runtime.engine.options import EngineOptions
from runtime.model.call import Export, FailureKind
from runtime.model.commands import Cancel, Edit, Relink, Skip, Step
from runtime.model.element import MAX_BUFFER_BYTES, Buffer
from runtime.model.events import Edited, FlowState, NodeFailed, Released, Stopped, StopReason
from runtime.model.linked import ErrorPolicy, QueuePolicy, Role
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
    steps,
)
from tests.support.engine.reloads import running, three, with_branch
from tests.support.narrow import only, present


def refusal(engine: Engine, command: Edit) -> str:
    """Why the engine does not edit; nothing else may follow from it."""
    before = [(engine.queue(edge.index), engine.pending(edge.index)) for edge in engine.flow.edges]
    events = engine.apply(command)
    assert [(type(event), only(Stopped, event).reason) for event in events] == [
        (Stopped, StopReason.USER)
    ]
    assert before == [
        (engine.queue(edge.index), engine.pending(edge.index)) for edge in engine.flow.edges
    ]
    return only(Stopped, events[0]).detail


def test_only_the_payload_is_different_and_only_of_that_element() -> None:
    _, engine = running(three(), "source", "source", "source")
    before = engine.queue(0)
    snapshot = engine.snapshot()
    events = engine.apply(Edit(2, b"other"))
    edited = before[1]._replace(payload=Buffer(b"other", "text/plain"))
    assert events == [Edited(snapshot.at_ns, edited, (0,))]
    assert engine.queue(0) == (before[0], edited, before[2])
    assert engine.snapshot() == snapshot


@pytest.mark.parametrize(("given", "kept"), [(None, "text/plain"), ("", ""), ("text/x", "text/x")])
def test_the_content_type_is_kept_unless_one_is_given(given: str | None, kept: str) -> None:
    _, engine = running(linear(), "source")
    engine.apply(Edit(1, b"other", given))
    element = engine.queue(0)[0]
    assert (element.content_type, element.payload) == (kept, Buffer(b"other", kept))


def test_all_copies_in_queues_and_pending_share_the_new_payload() -> None:
    linked = flow(
        {"source": Role.SOURCE, "router": Role.ROUTER, "a": Role.SINK, "b": Role.SINK},
        [edge("source", "router"), edge("router", "a", 1, port="a"), edge("router", "b", port="b")],
    )
    invoker, engine = running(linked, "source", "source", "router", "router")
    assert [element.id for element in engine.pending(1)] == [2]
    events = engine.apply(Edit(2, b"other"))
    assert [only(Edited, event).edges for event in events] == [(1, 2)]
    assert engine.pending(1)[0].payload is engine.queue(2)[1].payload
    released = of_type(engine.apply(Step(node="a")), Released)
    assert released[0].deliveries[0].element.payload.data == b"other"
    finish(engine)
    assert fakes.delivered(invoker, "a")[:2] == [b"source 0", b"other"]
    assert fakes.delivered(invoker, "b")[:2] == [b"source 0", b"other"]


def test_copies_that_left_do_not_follow() -> None:
    invoker, engine = running(with_branch(), "source", "other")
    assert only(Edited, engine.apply(Edit(1, b"late"))[0]).edges == (1,)
    finish(engine)
    assert fakes.delivered(invoker, "other")[0] == b"source 1"
    assert b"late" not in fakes.delivered(invoker, "other")
    assert fakes.delivered(invoker, "sink")[0] == b"late+"


def test_a_failed_element_is_tried_again_as_edited_and_counted_anew() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked).on(
        "processor0",
        Export.PROCESS,
        lambda call: (
            fakes.failed() if b"source" in present(call.element).payload.data else fakes.DISCARDED
        ),
    )
    engine = initialised(linked, invoker)
    events = steps(engine, 3)
    assert [event.attempt for event in of_type(events, NodeFailed)] == [1, 2]
    engine.apply(Edit(1, b"a source of trouble"))
    snapshot = engine.snapshot()
    assert (snapshot.stop, snapshot.nodes[1].state) == (None, NodeState.READY)
    assert snapshot.errors == 2
    assert (
        only(Stopped, engine.apply(Skip("processor0"))[0]).detail
        == "processor0 has no failed element"
    )
    assert [event.attempt for event in of_type(engine.step(), NodeFailed)] == [1]
    engine.apply(Edit(1, b"mended"))
    engine.step()
    assert present(invoker.calls[-1].element).payload.data == b"mended"
    assert engine.snapshot().nodes[1].filtered == 1
    assert engine.failed_nodes() == ()


def test_it_has_all_retries_again() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked).on("processor0", Export.PROCESS, lambda call: fakes.failed())
    options = EngineOptions(on_error=ErrorPolicy.RETRY, max_retries=2)
    engine = initialised(linked, invoker, options)
    steps(engine, 3)
    engine.apply(Edit(1, b"other"))
    steps(engine, 2)
    assert not engine.state.ended
    finish(engine)
    assert engine.state is FlowState.FAILED
    assert invoker.made("processor0").count("process") == 5


def test_a_crashed_node_is_made_anew_before_it_gets_the_edited_element() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked).then("processor0", Export.PROCESS, fakes.failed(FailureKind.TRAP))
    engine = initialised(linked, invoker)
    steps(engine, 2)
    engine.apply(Edit(1, b"other"))
    assert engine.snapshot().nodes[1].state is NodeState.CRASHED
    steps(engine, 3)
    assert invoker.made("processor0") == ["process", "init", "process"]
    assert fakes.delivered(invoker) == [b"other+"]


def test_the_edited_element_comes_before_those_of_other_inputs() -> None:
    linked = flow(
        {"one": Role.SOURCE, "two": Role.SOURCE, "join": Role.PROCESSOR, "sink": Role.SINK},
        [edge("one", "join"), edge("two", "join"), edge("join", "sink")],
    )
    invoker = FakeInvoker(linked).then("join", Export.PROCESS, fakes.DISCARDED, fakes.failed())
    engine = initialised(linked, invoker)
    for node in ("one", "one", "two", "join", "join"):
        engine.apply(Step(node=node))
    assert engine.failed_nodes() == ("join",)
    failed = invoker.calls[-1].element
    engine.apply(Edit(present(failed).id, b"other"))
    engine.apply(Step(node="join"))
    assert invoker.calls[-1].element == present(failed)._replace(
        payload=Buffer(b"other", "text/plain")
    )


def test_a_failure_on_another_element_stays() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked).then("processor0", Export.PROCESS, fakes.failed())
    engine = initialised(linked, invoker)
    for node in ("source", "source", "processor0"):
        engine.apply(Step(node=node))
    engine.apply(Edit(2, b"other"))
    assert engine.failed_nodes() == ("processor0",)
    assert engine.stop is StopReason.ERROR


def test_an_element_that_waits_for_a_full_queue_still_waits() -> None:
    linked = flow(
        {"source": Role.SOURCE, "sink": Role.SINK}, [edge("source", "sink", 1, QueuePolicy.ERROR)]
    )
    invoker, engine = running(linked, "source", "source")
    assert engine.failed_nodes() == ("source",)
    assert only(Edited, engine.apply(Edit(2, b"other"))[0]).edges == (0,)
    assert engine.failed_nodes() == ("source",)
    finish(engine)
    assert fakes.delivered(invoker)[:2] == [b"source 0", b"other"]


def test_it_is_refused_when_no_such_element_waits() -> None:
    linked = linear()
    engine = Engine(linked, FakeInvoker(linked), EngineOptions())
    assert "has not started" in refusal(engine, Edit(1, b""))
    _, engine = running(linked, "source", "sink")
    waits = "no element with the id {} waits in a queue or is pending"
    for number in (0, 1, 2):
        assert refusal(engine, Edit(number, b"")) == waits.format(number)
    engine.apply(Step(node="source"))
    assert "at most 16777216 bytes" in refusal(engine, Edit(2, bytes(MAX_BUFFER_BYTES + 1)))
    assert "at most 63 bytes, not 64" in refusal(engine, Edit(2, b"", "x" * 64))
    engine.apply(Cancel("enough"))
    assert "being torn down" in refusal(engine, Edit(2, b""))
    finish(engine)
    assert "the flow is cancelled" in only(Stopped, engine.apply(Edit(2, b""))[0]).detail


def test_elements_can_be_edited_while_a_new_graph_is_initialised() -> None:
    invoker, engine = running(three(), "source")
    engine.apply(Relink(with_branch()))
    assert only(Edited, engine.apply(Edit(1, b"other"))[0]).edges == (1,)
    finish(engine)
    assert fakes.delivered(invoker, "sink")[0] == b"other+"
