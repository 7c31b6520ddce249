"""The word in which a store keeps its fuel."""

from __future__ import annotations

import pytest
from wasmtime import Store

from runtime.model.linked import Limits, Role
from runtime.wasm.abi import capi
from runtime.wasm.abi.fuel import fuel_left, fuel_word
from runtime.wasm.abi.value_layout import SIGNED
from runtime.wasm.direct.direct_layer import DirectLayer
from runtime.wasm.host import Host
from runtime.wasm.sandbox import UNLIMITED_FUEL
from tests.support.wasm.flows import OneNode
from tests.support.wasm.guests import LOOP, SINK, component

WORD = "runtime.wasm.direct.instance.fuel_word"


def test_the_word_is_what_wasmtimes_functions_read_and_write() -> None:
    store = Store(DirectLayer().engine)
    context = capi.address(capi.pointer_value(store._context()))
    place = fuel_word(store)
    assert place is not None
    for fuel in (0, 1, 1_000_000, UNLIMITED_FUEL):
        capi.set_fuel(context, capi.u64(fuel))
        assert SIGNED[place] == -fuel
        SIGNED[place] = -(fuel // 3)
        assert fuel_left(context) == fuel // 3
    SIGNED[place] = 5
    assert fuel_left(context) == 0
    store.close()


def _used(limits: Limits, core: str) -> list[int]:
    guest = component(core, Role.SINK)
    with OneNode(Host(None, DirectLayer()), guest, Role.SINK, limits=limits) as node:
        node.start()
        return [node.call(data=b"x").fuel for _ in range(3)]


@pytest.mark.parametrize(
    ("core", "fuel"), [(SINK, 0), (SINK, 1_000), (LOOP, 50_000)], ids=["all", "some", "too little"]
)
def test_where_the_word_is_not_found_fuel_is_the_same(
    core: str, fuel: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = Limits(fuel=fuel)
    used = _used(limits, core)
    assert used[0] > 0
    monkeypatch.setattr(WORD, lambda _store: None)
    assert _used(limits, core) == used
