"""The least that `process` of metric-processor takes through ctypes, with its six host functions.

They do only what wasmtime's C library asks of them: give borrows back, give the component its
handles, and hand over a payload that was laid out before. Nothing is checked, counted or
kept, and no `Call` or `Answer` is made. The direct layer calls the same functions of the library,
and so cannot take less.
"""

from __future__ import annotations

import ctypes
from typing import Any

from wasmtime import Engine
from wasmtime.component import Linker

from runtime.model.call import Export
from runtime.model.linked import LIFECYCLE_INTERFACE, ROLE_INTERFACES, Role
from runtime.wasm.abi import capi, value_layout
from runtime.wasm.abi.component_values import ByteLists, FixedValues
from runtime.wasm.abi.fuel import fuel_word
from runtime.wasm.abi.handles import BUFFER_TYPE, CONTEXT_TYPE, MUTABLE_TYPE, Handles
from runtime.wasm.abi.value_layout import (
    CONTENT,
    ENTRY_SIZE,
    ENTRY_VALUE,
    FIRST,
    RESOURCE,
    RESULT,
    SECOND,
    SIGNED,
    THIRD,
    WORDS,
    word,
)
from runtime.wasm.direct.calls import ElementParameter
from runtime.wasm.host_functions.boundary import IMPORTS, TYPES, split_version
from runtime.wasm.host_functions.call_state import CallState
from runtime.wasm.host_functions.capabilities import read_grants
from runtime.wasm.host_functions.host_inputs import LiveHostInputs
from runtime.wasm.host_functions.torvyn import Body, define_function, define_resource
from runtime.wasm.stock.stock_host import StockHost

_FUEL = 1 << 62
_NUMBER = 1
"""What every handle stands for."""


class LeastHost(StockHost):
    """A host whose functions do the least; the rest, `init` among it, is the stock binding's."""

    def __init__(self, engine: Engine, data: bytes, payload: bytes) -> None:
        self._kept: list[Any] = []
        self._payload = payload
        self._back = 0
        """The handle of the payload that the component handed over, once it did."""
        version = "0.1.0"
        super().__init__(
            engine,
            data,
            f"{ROLE_INTERFACES[Role.PROCESSOR]}@{version}",
            f"{LIFECYCLE_INTERFACE}@{version}",
        )
        self.call(Export.INIT, argument="{}")

    def calls(self, count: int) -> None:
        """Make so many calls; each answers with an element, whose payload's handle is taken."""
        handles, fixed = Handles(self.store), FixedValues()
        self._kept += [handles, fixed]
        parameter = ElementParameter(fixed, handles)
        parameter.set_content_type("application/json")
        given = capi.address(parameter.address)
        slot = fixed.value(value_layout.BOOL)
        slot_at = capi.address(slot)
        fuel = fuel_word(self.store)
        assert fuel is not None
        function = self.function(Export.PROCESS)
        function_at = capi.address(ctypes.addressof(function._func))
        context, one = handles.context, capi.ONE
        func_call = capi.func_call
        for _ in range(count):
            SIGNED[fuel] = -_FUEL
            error = func_call(function_at, context, given, one, slot_at, one)
            if error:
                raise capi.take_error(error)
            _left = SIGNED[fuel]
            # result<process-result> -> variant -> output-element -> payload
            record = WORDS[word(WORDS[word(slot + SECOND)] + THIRD)]
            fields = WORDS[word(record + SECOND)]
            place = word(fields + ENTRY_SIZE + ENTRY_VALUE + FIRST)
            # Taken out of the result, and given to the component again.
            self._back = WORDS[place]
            WORDS[place - 1] = value_layout.BOOL
        capi.value_delete(slot_at)
        for owned in parameter.owned:
            capi.any_delete(capi.address(owned))

    def _link(self, linker: Linker, imported: list[str]) -> None:
        state = CallState("node", read_grants(()), "", LiveHostInputs())
        handles = Handles(self.store)
        bodies = self._bodies(handles)
        self._kept += [state, handles]
        kinds = {
            "buffer": BUFFER_TYPE,
            "mutable-buffer": MUTABLE_TYPE,
            "flow-context": CONTEXT_TYPE,
        }
        with linker.root() as root:
            for imported_name in imported:
                name = split_version(imported_name)[0]
                with root.add_instance(imported_name) as instance:
                    if name == TYPES:
                        for resource, kind in kinds.items():
                            made = define_resource(instance, resource, kind, _dropped, state)
                            self._kept.append(made)
                    for function in IMPORTS[name]:
                        body = bodies.get(function, _not_called)
                        self._kept.append(define_function(instance, function, body, state))

    def _bodies(self, handles: Handles) -> dict[str, Body]:
        context, address = handles.context, capi.address
        any_drop, list_new, own_at = capi.any_drop, capi.list_new, handles.own_at
        fixed = FixedValues()
        boxed = fixed.value(RESOURCE)
        boxed_at, boxed_content = address(boxed), address(boxed + CONTENT)
        lists = ByteLists()
        given = fixed.value(value_layout.LIST)
        lists.write(given, self._payload)
        items, count = address(WORDS[word(given + SECOND)]), capi.number(len(self._payload))
        self._kept += [fixed, lists]

        def read_all(args: int, result: int) -> None:
            any_drop(context, address(WORDS[args >> 3]))
            list_new(address(result + FIRST), count, items)
            WORDS[(result >> 3) - 1] = value_layout.LIST

        def allocate(_args: int, result: int) -> None:
            WORDS[word(boxed)] = RESOURCE
            own_at(MUTABLE_TYPE, _NUMBER, boxed_content)
            index = result >> 3
            WORDS[index + 1] = capi.value_new(boxed_at)
            WORDS[index] = 1
            WORDS[index - 1] = RESULT

        def append(args: int, result: int) -> None:
            any_drop(context, address(WORDS[args >> 3]))
            index = result >> 3
            WORDS[index] = 1
            WORDS[index + 1] = 0
            WORDS[index - 1] = RESULT

        def set_content_type(args: int, _result: int) -> None:
            any_drop(context, address(WORDS[args >> 3]))

        def freeze(args: int, result: int) -> None:
            any_drop(context, address(WORDS[args >> 3]))
            index = result >> 3
            if self._back:
                WORDS[index] = self._back
            else:
                own_at(BUFFER_TYPE, _NUMBER, address(result + CONTENT))
            WORDS[index - 1] = RESOURCE

        return {
            "[method]buffer.read-all": read_all,
            "allocate": allocate,
            "[method]mutable-buffer.append": append,
            "[method]mutable-buffer.set-content-type": set_content_type,
            "[method]mutable-buffer.freeze": freeze,
        }


def _not_called(_args: int, _result: int) -> None:
    raise NotImplementedError("metric-processor does not call this")


def _dropped(_number: int) -> None:
    """Nothing stands behind a handle."""
