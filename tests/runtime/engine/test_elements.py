"""Elements: numbers, lineage, path, shared payloads, and what each role does with them."""

from __future__ import annotations

from runtime.model.call import Export, FailureKind, Ports
from runtime.model.commands import Step
from runtime.model.element import Element, Hop
from runtime.model.events import (
    CallFinished,
    DropReason,
    ElementDropped,
    NodeFailed,
    Stopped,
    StopReason,
)
from runtime.model.linked import LinkedFlow, Role
from tests.support.engine import fakes
from tests.support.engine.fakes import FakeInvoker, finish, initialised, linear, of_type, started


def pushed(invoker: FakeInvoker, node: str = "sink") -> list[Element]:
    return [
        call.element
        for call in invoker.calls
        if call.node == node and call.export is Export.PUSH and call.element is not None
    ]


def routed_flow() -> LinkedFlow:
    return fakes.flow(
        {
            "source": Role.SOURCE,
            "router": Role.ROUTER,
            "first": Role.SINK,
            "second": Role.SINK,
            "third": Role.SINK,
        },
        [
            fakes.edge("source", "router"),
            fakes.edge("router", "first", port="a"),
            fakes.edge("router", "second", port="b"),
            fakes.edge("router", "third", port="b"),
        ],
    )


def test_a_processor_makes_a_new_element_of_the_same_lineage() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked, elements=2)
    finish(started(linked, invoker))
    second = pushed(invoker)[1]
    assert (second.id, second.lineage, second.source, second.sequence) == (4, 3, "source", 1)
    assert second.payload.data == b"source 1+"
    assert second.content_type == "text/plain"


def test_the_timestamp_is_the_wall_clock_when_the_source_gave_the_element() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked, elements=1, duration_ns=10)
    finish(started(linked, invoker))
    assert pushed(invoker)[0].timestamp_ns == fakes.WALL_NS + 40


def test_the_path_names_every_call_that_succeeded_with_its_time() -> None:
    linked = linear(Role.PROCESSOR, Role.FILTER)
    invoker = FakeInvoker(linked, elements=1, duration_ns=10)
    invoker.then("processor0", Export.PROCESS, fakes.failed())
    finish(started(linked, invoker))
    assert pushed(invoker)[0].path == (
        Hop("source", "pull", 5, 40, 10),
        Hop("processor0", "process", 7, 60, 10),
        Hop("filter1", "evaluate", 8, 70, 10),
    )


def test_filters_and_routers_forward_the_same_element_and_the_same_payload() -> None:
    linked = linear(Role.FILTER, Role.ROUTER)
    invoker = FakeInvoker(linked, elements=1)
    events = finish(started(linked, invoker))
    pulled = next(event for event in of_type(events, CallFinished) if event.outputs)
    arrived = pushed(invoker)[0]
    assert arrived.id == pulled.outputs[0].id
    assert arrived.payload is pulled.outputs[0].payload
    assert [hop.node for hop in arrived.path] == ["source", "filter0", "router1"]


def test_every_edge_of_a_fan_out_gets_the_same_element_object() -> None:
    roles = {"source": Role.SOURCE, **{f"sink{index}": Role.SINK for index in range(4)}}
    linked = fakes.flow(roles, [fakes.edge("source", f"sink{index}") for index in range(4)])
    invoker = FakeInvoker(linked, elements=1)
    finish(started(linked, invoker))
    arrived = [pushed(invoker, f"sink{index}")[0] for index in range(4)]
    assert all(element is arrived[0] for element in arrived)


def test_an_aggregators_outputs_begin_lineages_of_their_own() -> None:
    linked = linear(Role.AGGREGATOR)
    invoker = FakeInvoker(linked, elements=3)
    invoker.then("aggregator0", Export.INGEST, fakes.ABSORBED, fakes.emitted(b"two"))
    invoker.on("aggregator0", Export.INGEST, lambda call: fakes.ABSORBED)
    invoker.then("aggregator0", Export.FLUSH, fakes.emitted(b"one"))
    engine = started(linked, invoker)
    finish(engine)
    first, last = pushed(invoker)
    assert [(one.source, one.sequence, one.lineage == one.id) for one in (first, last)] == [
        ("aggregator0", 0, True),
        ("aggregator0", 1, True),
    ]
    assert [[hop.export for hop in one.path] for one in (first, last)] == [["ingest"], ["flush"]]
    node = engine.snapshot().nodes[1]
    assert (node.elements_in, node.elements_out, node.absorbed) == (3, 2, 2)


def test_dropped_elements_say_why() -> None:
    linked = linear(Role.PROCESSOR, Role.FILTER, Role.ROUTER)
    invoker = FakeInvoker(linked, elements=3)
    invoker.then("processor0", Export.PROCESS, fakes.DISCARDED)
    invoker.then("filter1", Export.EVALUATE, fakes.HELD_BACK)
    invoker.then("router2", Export.ROUTE, Ports(()))
    engine = started(linked, invoker)
    drops = of_type(finish(engine), ElementDropped)
    assert [(drop.node, drop.reason, drop.element.sequence) for drop in drops] == [
        ("processor0", DropReason.DISCARDED, 0),
        ("filter1", DropReason.FILTERED, 1),
        ("router2", DropReason.NO_PORT, 2),
    ]
    snapshot = engine.snapshot()
    assert (snapshot.filtered, snapshot.dropped, snapshot.delivered) == (3, 0, 0)


def test_a_router_reaches_the_edges_of_the_ports_it_names_each_once() -> None:
    linked = routed_flow()
    invoker = FakeInvoker(linked, elements=3)
    invoker.then("router", Export.ROUTE, Ports(("a",)), Ports(("b", "b")), Ports(("b", "a")))
    engine = started(linked, invoker)
    finish(engine)
    arrived = {
        name: [element.sequence for element in pushed(invoker, name)]
        for name in ("first", "second", "third")
    }
    assert arrived == {"first": [0, 2], "second": [1, 2], "third": [1, 2]}
    assert engine.snapshot().nodes[1].per_port == (("a", 2), ("b", 2))


def test_an_unknown_port_delivers_nothing_and_names_the_ports_there_are() -> None:
    linked = routed_flow()
    invoker = FakeInvoker(linked, elements=1)
    invoker.then("router", Export.ROUTE, Ports(("a", "nowhere")))
    engine = initialised(linked, invoker)
    engine.step()
    events = engine.step()
    failure = of_type(events, NodeFailed)[0].failure
    assert (failure.kind, failure.code) == (FailureKind.NO_SUCH_PORT, "E0165")
    assert failure.name == "UnknownRouterPort"
    assert '"nowhere"' in failure.message
    assert '"a", "b"' in failure.message
    assert of_type(events, CallFinished)[0].deliveries == ()
    assert len(engine.queue(0)) == 1
    assert engine.queue(1) == ()
    assert of_type(events, Stopped)[0].reason is StopReason.NO_SUCH_PORT
    engine.step()
    assert len(engine.queue(0)) == 0


def test_a_long_port_name_is_cut_in_the_message() -> None:
    linked = routed_flow()
    invoker = FakeInvoker(linked, elements=1)
    invoker.then("router", Export.ROUTE, Ports(("x" * 10_000,)))
    engine = initialised(linked, invoker)
    engine.step()
    failure = of_type(engine.step(), NodeFailed)[0].failure
    assert len(failure.message) < 300
    assert "…" in failure.message


def test_answers_an_export_can_not_give_are_failures_of_the_contract() -> None:
    linked = linear(Role.PROCESSOR)
    invoker = FakeInvoker(linked, elements=1)
    invoker.then("processor0", Export.PROCESS, fakes.PASSES, fakes.emitted(b"1", b"2"))
    engine = initialised(linked, invoker)
    engine.step()
    wrong_type = of_type(engine.step(), NodeFailed)[0].failure
    wrong_count = of_type(engine.step(), NodeFailed)[0].failure
    assert wrong_type.kind is wrong_count.kind is FailureKind.CONTRACT
    assert "Verdict" in wrong_type.message
    assert "2 elements" in wrong_count.message
    assert len(engine.queue(0)) == 1


def test_in_flight_counts_the_copies_in_queues_and_pending() -> None:
    linked = fakes.flow(
        {"source": Role.SOURCE, "router": Role.ROUTER, "a": Role.SINK, "b": Role.SINK},
        [
            fakes.edge("source", "router"),
            fakes.edge("router", "a", 1, port="a"),
            fakes.edge("router", "b", port="b"),
        ],
    )
    invoker = FakeInvoker(linked, elements=2)
    engine = initialised(linked, invoker)
    for node in ("source", "source", "router", "router"):
        engine.apply(Step(node=node))
    first, second = 1, 2
    assert sorted(engine.in_flight()) == [first, first, second, second]
    assert [element.id for element in engine.pending(1)] == [second]
    engine.apply(Step(node="b"))
    assert sorted(engine.in_flight()) == [first, second, second]
