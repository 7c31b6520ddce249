"""The direct calls answer what wasmtime-py's own binding answers, for every export."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from wasmtime import Engine

from runtime.model.call import Answer, Call, Export, Failed
from runtime.model.element import Buffer, Element
from runtime.model.linked import (
    LIFECYCLE_INTERFACE,
    ROLE_INTERFACES,
    Limits,
    LinkedFlow,
    LinkedNode,
    Role,
)
from runtime.wasm.direct.direct_layer import DirectLayer
from runtime.wasm.host import Host
from runtime.wasm.stock.stock_host import StockHost
from runtime.wasm.wasm_invoker import WasmInvoker
from tests.support.wasm.guests import (
    AGGREGATOR,
    ECHO,
    ECHO_IN_PARTS,
    FACTS,
    FILTER,
    LIFECYCLE,
    ROUTER,
    SINK,
    SOURCE,
    component,
)

BIG = bytes(range(256)) * 40_960
"""10 MiB."""


class Pair:
    """One component, called both ways."""

    def __init__(
        self, host: Host, engine: Engine, core: str, role: Role, lifecycle: bool = False
    ) -> None:
        data = component(core, role, lifecycle=lifecycle)
        interface = f"{ROLE_INTERFACES[role]}@0.1.0"
        self.lifecycle = f"{LIFECYCLE_INTERFACE}@0.1.0" if lifecycle else None
        node = LinkedNode(
            "node",
            role,
            interface,
            "guest",
            "",
            hashlib.sha256(data).hexdigest(),
            self.lifecycle,
            limits=Limits(fuel=0, call_timeout_ms=0),
        )
        flow = LinkedFlow("main", "Torvyn.toml", (node,), ())
        compiled = host.compile(data)
        self.direct = WasmInvoker(flow, host, compiled={compiled.digest: compiled})
        self.stock = StockHost(engine, data, interface, self.lifecycle)
        self.number = 0

    def same(self, export: Export, element: Element | None = None, argument: str = "") -> Answer:
        """Call both; the answers and the copies are equal."""
        self.number += 1
        answer = self.direct.invoke(Call(self.number, "node", export, element, argument))
        if export is Export.INIT and self.lifecycle is None:
            return answer
        expected = self.stock.call(export, element, argument)
        outcome: Any = answer.outcome
        if isinstance(outcome, Failed):
            assert len(expected) == 2, outcome
            outcome = (outcome.failure.kind, outcome.failure.message)
            expected = (expected[0], expected[1] or "deadline exceeded")
        assert outcome == expected
        assert answer.copies == self.stock.take_copies()
        return answer


@pytest.fixture(scope="module")
def engine() -> Engine:
    return DirectLayer().engine


@pytest.fixture
def pair(request: pytest.FixtureRequest, host: Host, engine: Engine) -> Iterator[Pair]:
    made = Pair(host, engine, *request.param)
    made.same(Export.INIT)
    yield made
    made.direct.close()
    made.stock.store.close()


def element(data: bytes, number: int = 7, kind: str = "application/json") -> Element:
    return Element(
        1, 1, "source", number, 1_234_567_890_123_456_789, kind, Buffer(data, "payload/type")
    )


FAILING = [b"Invalid", b"Unavailable \xc3\xbc", b"Not right", b"Deadline", b"Fatal"]


@pytest.mark.parametrize("pair", [(ECHO, Role.PROCESSOR)], indirect=True, ids=["echo"])
@pytest.mark.parametrize(
    "data", [b"", b"x", b"hello", bytes(range(256)) * 3, b"y" * 5_000, b"z" * 70_000]
)
def test_process_gives_back_what_it_was_given(pair: Pair, data: bytes) -> None:
    for kind in ("text/plain", "", "application/ü"):
        answer = pair.same(Export.PROCESS, element(data, kind=kind))
    assert pair.direct.live_handles("node") == 0
    assert answer.fuel > 0


@pytest.mark.parametrize("pair", [(FACTS, Role.PROCESSOR)], indirect=True)
@pytest.mark.parametrize(
    "data", [b"", b"ab", b"abcdef", b"q" * 300], ids=lambda data: f"{len(data)} bytes"
)
def test_every_resource_method_answers_the_same(pair: Pair, data: bytes) -> None:
    for number in (0, 2**64 - 1):
        answer = pair.same(Export.PROCESS, element(data, number))
    output = answer.outcome.outputs[0]  # type: ignore[union-attr]
    assert b"flow-1" in output.payload.data
    assert pair.direct.live_handles("node") == 0


@pytest.mark.parametrize("pair", [(SOURCE, Role.SOURCE)], indirect=True)
def test_pull_and_notify_backpressure_answer_the_same(pair: Pair) -> None:
    pair.same(Export.PULL)
    pair.same(Export.NOTIFY_BACKPRESSURE, argument="pause")
    paused = pair.same(Export.PULL)
    assert paused.outcome.outputs[0].payload.data == b"B"  # type: ignore[union-attr]
    pair.same(Export.NOTIFY_BACKPRESSURE, argument="ready")
    for _ in range(3):
        pair.same(Export.PULL)


@pytest.mark.parametrize("pair", [(FILTER, Role.FILTER)], indirect=True)
def test_evaluate_answers_the_same(pair: Pair) -> None:
    for data in (b"a", b"ab", b"", b"abc"):
        pair.same(Export.EVALUATE, element(data))


@pytest.mark.parametrize("pair", [(ROUTER, Role.ROUTER)], indirect=True)
def test_route_answers_the_same(pair: Pair) -> None:
    for data in (b"1", b"2", b"0", b"1", b"1 again"):
        pair.same(Export.ROUTE, element(data))


@pytest.mark.parametrize("pair", [(AGGREGATOR, Role.AGGREGATOR)], indirect=True)
def test_ingest_and_flush_answer_the_same_while_buffers_are_held(pair: Pair) -> None:
    for data in (b"one", b"two", b"three", b"four"):
        pair.same(Export.INGEST, element(data))
    assert pair.direct.live_handles("node") == 2
    pair.same(Export.FLUSH)
    assert pair.direct.live_handles("node") == 0
    pair.same(Export.FLUSH)


@pytest.mark.parametrize("pair", [(SINK, Role.SINK)], indirect=True)
def test_push_and_complete_answer_the_same(pair: Pair) -> None:
    pair.same(Export.COMPLETE)
    for data in (b"ready", b"pause", b"X"):
        pair.same(Export.PUSH, element(data))
    pair.same(Export.COMPLETE)


@pytest.mark.parametrize(
    ("pair", "export"),
    [
        ((ECHO, Role.PROCESSOR), Export.PROCESS),
        ((FILTER, Role.FILTER), Export.EVALUATE),
        ((ROUTER, Role.ROUTER), Export.ROUTE),
        ((AGGREGATOR, Role.AGGREGATOR), Export.INGEST),
        ((SINK, Role.SINK), Export.PUSH),
    ],
    indirect=["pair"],
)
def test_every_case_of_process_error_is_told(pair: Pair, export: Export) -> None:
    kinds = []
    for data in FAILING:
        answer = pair.same(export, element(data))
        assert isinstance(answer.outcome, Failed)
        kinds.append(answer.outcome.failure.kind)
        assert answer.outcome.failure.crashed == (data == b"Fatal")
    assert len(set(kinds)) == 5


@pytest.mark.parametrize("pair", [(SINK + LIFECYCLE, Role.SINK, True)], indirect=True)
def test_lifecycle_answers_the_same(pair: Pair) -> None:
    pair.same(Export.INIT, argument='{"a": "ü"}')
    pair.same(Export.PUSH, element(b"in between"))
    pair.same(Export.TEARDOWN)
    for data in FAILING:
        answer = pair.same(Export.INIT, argument=data.decode())
        assert isinstance(answer.outcome, Failed)
        assert answer.outcome.failure.code == "E0942"


def test_ten_mebibytes_go_both_ways(host: Host, engine: Engine) -> None:
    pair = Pair(host, engine, ECHO_IN_PARTS, Role.PROCESSOR)
    pair.same(Export.INIT)
    call = Call(1, "node", Export.PROCESS, element(BIG))
    answer = pair.direct.invoke(call)
    assert not isinstance(answer.outcome, Failed), answer.outcome
    assert answer.outcome.outputs[0].payload.data == BIG  # type: ignore[union-attr]
    assert answer.copies.read_bytes == answer.copies.write_bytes == len(BIG)
    small = pair.same(Export.PROCESS, element(b"and a small one"))
    assert small.copies.read_bytes == 15
    pair.direct.close()
