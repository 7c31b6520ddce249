"""Resource handles of one store: between wasmtime's pointers and our representations.

A resource a component gets or gives is a boxed `ResourceAny`. Borrows that reach a host
function must be dropped or converted there, or the call traps with "borrow handles still
remain at the end of the call".
"""

from __future__ import annotations

import ctypes
from typing import Any

from wasmtime import Store

from runtime.wasm.abi import capi

BUFFER_TYPE = 1
MUTABLE_TYPE = 2
CONTEXT_TYPE = 3
FOLDER_TYPE = 4
"""A folder in which nothing is permitted (`runtime.wasm.host_functions.denials`)."""
UNMADE_TYPE = 5
"""A resource of which there is never one."""
LENT = 0
"""Representation of the input payload and of the flow context, which the host lends."""

_address, _any_drop, _any_to_host = capi.address, capi.any_drop, capi.any_to_host
_host_to_any, _host_delete = capi.host_to_any, capi.host_delete


class Handles:
    """Makes and reads the handles of one store."""

    def __init__(self, store: Store) -> None:
        self.context = capi.address(capi.pointer_value(store._context()))
        """The store's context as an argument."""
        self._place: Any = ctypes.c_void_p()
        """Where wasmtime puts a pointer; as an argument, the pointer that stands there."""
        self._place_at = capi.address(ctypes.addressof(self._place))
        self._hosts: dict[int, list[Any]] = {
            kind: [] for kind in (BUFFER_TYPE, MUTABLE_TYPE, CONTEXT_TYPE, FOLDER_TYPE)
        }
        """Host resources kept for reuse, by type and representation; small and dense."""
        self.buffers_back: dict[int, int] = {}
        """Addresses of boxed handles by representation: frozen buffers that were handed over.

        The component is given each again, with the next buffer of that representation, so that
        none need be forgotten and made again.
        """

    def own(self, kind: int, representation: int) -> int:
        """Address of a new boxed handle that owns `representation`. Raises WasmtimeError."""
        self.own_at(kind, representation, self._place_at)
        made: int = self._place.value
        return made

    def own_at(self, kind: int, representation: int, place: Any) -> None:
        """Write the address of such a handle at `place`, an argument. Raises WasmtimeError."""
        hosts = self._hosts[kind]
        if len(hosts) <= representation:
            self._make_hosts(kind, representation)
        error = _host_to_any(self.context, hosts[representation], place)
        if error:
            raise capi.take_error(error)

    def _make_hosts(self, kind: int, last: int) -> None:
        hosts = self._hosts[kind]
        while len(hosts) <= last:
            made = capi.host_new(capi.boolean(True), capi.u32(len(hosts)), capi.u32(kind))
            hosts.append(capi.address(made))

    def drop_borrow(self, resource: int) -> None:
        """Give a borrow back whose identity is known. Raises WasmtimeError."""
        error = _any_drop(self.context, _address(resource))
        if error:
            raise capi.take_error(error)

    def representation(self, resource: int) -> int:
        """What a handle stands for; the store forgets the handle. Raises WasmtimeError."""
        error = _any_to_host(self.context, _address(resource), self._place_at)
        if error:
            raise capi.take_error(error)
        representation: int = capi.host_rep(self._place)
        _host_delete(self._place)
        return representation

    def close(self) -> None:
        """Free what was kept for reuse."""
        for hosts in self._hosts.values():
            for host in hosts:
                capi.host_delete(host)
            hosts.clear()
        for resource in self.buffers_back.values():
            capi.any_delete(_address(resource))
        self.buffers_back.clear()
