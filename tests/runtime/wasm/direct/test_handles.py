"""Handles of buffers that a component hands over are given to it again."""

from __future__ import annotations

from runtime.model.call import Emitted, Export
from runtime.model.linked import Role
from runtime.wasm.direct.instance import ComponentInstance
from runtime.wasm.host import Host
from tests.support.wasm.flows import OneNode
from tests.support.wasm.guests import AGGREGATOR, ECHO, component


def _payloads(outcome: object) -> list[bytes]:
    assert isinstance(outcome, Emitted), outcome
    return [output.payload.data for output in outcome.outputs]


def _kept(node: OneNode) -> int:
    instance = node.invoker._instances["node"]
    assert isinstance(instance, ComponentInstance)
    assert instance.live_handles == 0
    return len(instance._handles.buffers_back)


def test_one_handle_serves_a_component_that_makes_a_buffer_in_each_call(direct_host: Host) -> None:
    with OneNode(direct_host, component(ECHO, Role.PROCESSOR), Role.PROCESSOR) as node:
        node.start()
        for number in range(20):
            data = b"x%d" % number
            assert _payloads(node.call(data=data).outcome) == [data]
            assert _kept(node) == 1


def test_a_component_that_hands_over_several_at_once_gets_them_all_right(
    direct_host: Host,
) -> None:
    with OneNode(direct_host, component(AGGREGATOR, Role.AGGREGATOR), Role.AGGREGATOR) as node:
        node.start()
        for number in range(6):
            sent = [b"%d-%d" % (number, index) for index in range(number + 1)]
            back: list[bytes] = []
            for data in sent:
                outcome = node.call(data=data).outcome
                back += _payloads(outcome) if isinstance(outcome, Emitted) else []
            back += _payloads(node.call(Export.FLUSH).outcome)
            assert sorted(back) == sorted(sent)
            assert _kept(node) <= 2
